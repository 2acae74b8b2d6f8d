//! Typed nested values end to end: real SQL, the driver's describe and casts, its decoder.

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Int64Type};
use athena_core::session::Connection;
use athena_sandbox::Sandbox;

use crate::support::{connect, query, sandbox, shown};

/// A connection that reads nested values typed, and what it is connected to.
fn typed(more: &str) -> (Sandbox, Connection) {
    let sandbox = sandbox(&[]);
    let connection = connect(&sandbox, &format!("ComplexTypes=typed;{more}"));
    (sandbox, connection)
}

/// Runs one query of all expressions; tells each column's type and value.
fn check(cases: &[(&str, &str, &str)]) {
    let (_sandbox, connection) = typed("");
    let columns: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(n, (expression, ..))| format!("{expression} AS col{n}"))
        .collect();
    let batch = query(&connection, &format!("SELECT {}", columns.join(", "))).unwrap();
    let schema = batch.schema();
    for (n, (expression, athena_type, value)) in cases.iter().enumerate() {
        let field = schema.field(n);
        assert_eq!(field.name(), &format!("col{n}"));
        assert_eq!(
            &field.metadata()["ATHENA:type"],
            athena_type,
            "{expression}"
        );
        assert_eq!(&shown(batch.column(n).as_ref(), 0), value, "{expression}");
    }
}

#[test]
fn nested_values_come_back_as_they_went_in() {
    check(&[
        ("1", "integer", "1"),
        (
            r#"ARRAY['a, b', '"q"', '', NULL, 'null', '[x]', '{a=1}', 'é𝄞\']"#,
            "array(varchar)",
            r#"[a, b, "q", , ∅, null, [x], {a=1}, é𝄞\]"#,
        ),
        (
            "ARRAY[ARRAY[1, NULL], ARRAY[], NULL]",
            "array(array(integer))",
            "[[1, ∅], [], ∅]",
        ),
        ("CAST(ARRAY[] AS array(bigint))", "array(bigint)", "[]"),
        ("CAST(NULL AS array(double))", "array(double)", "∅"),
        (
            "ARRAY[DECIMAL '12345678901234567890.0123456789', DECIMAL '-0.0000000001']",
            "array(decimal(30,10))",
            "[12345678901234567890.0123456789, -0.0000000001]",
        ),
        (
            "ARRAY[nan(), -infinity(), 1e20, -0.0]",
            "array(double)",
            "[NaN, -inf, 1e20, -0.0]",
        ),
        (
            "ARRAY[TIMESTAMP '2020-02-29 01:02:03.456789']",
            "array(timestamp(6))",
            "[2020-02-29T01:02:03.456789]",
        ),
        (
            "ARRAY[DATE '2020-02-29', NULL]",
            "array(date)",
            "[2020-02-29, ∅]",
        ),
        (
            "ARRAY[true, NULL, false]",
            "array(boolean)",
            "[true, ∅, false]",
        ),
    ]);
}

#[test]
fn maps_and_rows_come_back_as_they_went_in() {
    check(&[
        (
            "CAST(MAP(ARRAY['a=b', '', 'c'], ARRAY[1, NULL, 3]) AS map(varchar, integer))",
            "map(varchar, integer)",
            "{: ∅, a=b: 1, c: 3}",
        ),
        (
            "CAST(MAP(ARRAY[10, 9], ARRAY[ARRAY['x', NULL], NULL]) AS map(bigint, array(varchar)))",
            "map(bigint, array(varchar))",
            "{10: [x, ∅], 9: ∅}",
        ),
        (
            "CAST(ROW(1, 'a, b=c') AS row(z integer, a varchar))",
            "row(z integer, a varchar)",
            "{z: 1, a: a, b=c}",
        ),
        (
            "ROW(1, CAST('x' AS varchar), NULL)",
            "row(integer, varchar, unknown)",
            "{field0: 1, field1: x, field2: ∅}",
        ),
        (
            "ARRAY[CAST(ROW(1, ARRAY['x']) AS row(n integer, l array(varchar))), NULL]",
            "array(row(n integer, l array(varchar)))",
            "[{n: 1, l: [x]}, ∅]",
        ),
        ("CAST(NULL AS row(a integer))", "row(a integer)", "∅"),
    ]);
}

#[test]
fn what_the_cast_to_json_refuses_comes_back_too() {
    check(&[
        (
            "ARRAY[TIME '12:34:56.789']",
            "array(time(3))",
            "[12:34:56.789]",
        ),
        (
            "CAST(ROW(CAST('ab' AS char(4)), UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59') \
             AS row(c char(4), u uuid))",
            "row(c char(4), u uuid)",
            "{c: ab  , u: 12151fd2758611e98f9e2a86e4085a59}",
        ),
        (
            "MAP(ARRAY[DATE '2020-02-29'], ARRAY[1])",
            "map(date, integer)",
            "{2020-02-29: 1}",
        ),
        (
            "CAST(ARRAY[X'00ff', X''] AS array(varbinary))",
            "array(varbinary)",
            "[00ff, ]",
        ),
        (
            "MAP(ARRAY['k'], ARRAY[X'0a'])",
            "map(varchar, varbinary)",
            "{k: 0a}",
        ),
        (
            "ARRAY[CAST(ROW(X'01', 1) AS row(b varbinary, n integer)), NULL]",
            "array(row(b varbinary, n integer))",
            "[{b: 01, n: 1}, ∅]",
        ),
        (
            "CAST(ROW(INTERVAL '2' DAY, INTERVAL '3' MONTH) \
             AS row(d interval day to second, m interval year to month))",
            "row(d interval day to second, m interval year to month)",
            "{d: 2 days, m: 3 mons}",
        ),
    ]);
    let (_sandbox, connection) = typed("");
    let zoned = "SELECT ARRAY[TIMESTAMP '2001-08-22 03:04:05.321 America/Los_Angeles'] AS a";
    let batch = query(&connection, zoned).unwrap();
    let values = batch.column(0).as_list::<i32>().values();
    let values = arrow::compute::cast(values, &DataType::Int64).unwrap();
    assert_eq!(values.as_primitive::<Int64Type>().value(0), 998_474_645_321);
}

#[test]
fn rows_keep_the_order_the_query_asked_for() {
    let (_sandbox, connection) = typed("");
    let rows: Vec<String> = (0..500)
        .map(|n| format!("({n}, ARRAY[{}])", n % 7))
        .collect();
    let sql = format!(
        "WITH t(n, a) AS (VALUES {}) SELECT n % 10 AS digit, a, n FROM t \
         ORDER BY digit DESC, 3 LIMIT 200 -- the end",
        rows.join(", ")
    );
    let batch = query(&connection, &sql).unwrap();
    assert_eq!(batch.num_rows(), 200);
    let numbers: Vec<usize> = (0..200)
        .map(|row| shown(batch.column(2).as_ref(), row).parse().unwrap())
        .collect();
    let mut expected: Vec<usize> = (0..500).collect();
    expected.sort_by_key(|n| (std::cmp::Reverse(n % 10), *n));
    assert_eq!(numbers, expected[..200]);
    for (row, n) in numbers.iter().enumerate() {
        assert_eq!(shown(batch.column(1).as_ref(), row), format!("[{}]", n % 7));
    }
}
