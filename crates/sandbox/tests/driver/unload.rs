//! The driver's UNLOAD end to end, from real SQL: it reads what the other fetchers read.

use athena_sandbox::Sandbox;
use athena_sandbox::sql::Dataset;

use crate::support::{connect, shown, sorted};

fn sandbox() -> Sandbox {
    crate::support::sandbox(&[Dataset::Flights])
}

fn read(sandbox: &Sandbox, more: &str, sql: &str) -> arrow::array::RecordBatch {
    sorted(&connect(sandbox, more), sql)
}

fn unloads(sandbox: &Sandbox) -> usize {
    let texts = sandbox.requests().into_iter().filter_map(|request| {
        let text = request.body?["QueryString"].as_str()?.to_owned();
        text.starts_with("UNLOAD (").then_some(text)
    });
    texts.count()
}

fn without_data(sandbox: &Sandbox) {
    let keys = sandbox.keys("results").unwrap();
    let left: Vec<_> = keys
        .iter()
        .filter(|key| key.contains("unload/") || key.ends_with("-manifest.csv"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn every_type_is_the_same_from_unload_csv_and_pages() {
    let sandbox = sandbox();
    // Two values of each type; between them comes a NULL.
    let cases = [
        ("true", "false"),
        ("TINYINT '-128'", "TINYINT '127'"),
        ("SMALLINT '-32768'", "SMALLINT '32767'"),
        ("INTEGER '-2147483648'", "INTEGER '2147483647'"),
        (
            "BIGINT '-9223372036854775808'",
            "BIGINT '9223372036854775807'",
        ),
        ("REAL '1.17549435E-38'", "CAST('NaN' AS real)"),
        ("DOUBLE '-0.0'", "infinity()"),
        (
            "CAST(DECIMAL '-0.05' AS decimal(18,2))",
            "CAST(DECIMAL '9999999999999999.99' AS decimal(18,2))",
        ),
        (
            "DECIMAL '99999999999999999999999999999999999999'",
            "DECIMAL '-99999999999999999999999999999999999999'",
        ),
        ("CAST('ab' AS char(5))", "CAST('' AS char(5))"),
        ("VARCHAR ''", "VARCHAR 'a \"b\",\n, é𝄞 ∅ null'"),
        ("X'00FF20'", "X''"),
        ("DATE '0001-01-01'", "DATE '9999-12-31'"),
        ("TIME '00:00:00.000'", "TIME '23:59:59.999'"),
        ("TIME '00:00:00.000001'", "TIME '23:59:59.999999'"),
        (
            "TIMESTAMP '0001-01-01 00:00:00.000'",
            "TIMESTAMP '9999-12-31 23:59:59.999'",
        ),
        (
            "TIMESTAMP '1969-12-31 23:59:59.999999'",
            "TIMESTAMP '2500-01-01 00:00:00.000001'",
        ),
        (
            "TIMESTAMP '2001-08-22 03:04:05.321 America/Los_Angeles'",
            "TIMESTAMP '1969-12-31 23:59:59.999 UTC'",
        ),
        ("INTERVAL '3' MONTH", "INTERVAL '-15' MONTH"),
        ("INTERVAL '2' DAY", "INTERVAL '-3' SECOND"),
        ("JSON '{\"a\":[1,null,\"x\"]}'", "JSON '\"text\"'"),
        (
            "UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'",
            "UUID '00000000-0000-0000-0000-000000000000'",
        ),
        (
            "CAST('10.0.0.1' AS ipaddress)",
            "CAST('255.255.255.255' AS ipaddress)",
        ),
        ("NULL", "NULL"),
        ("ARRAY[1, NULL, 3]", "CAST(ARRAY[] AS array(integer))"),
        ("ARRAY['a, b', '', NULL, '\"q\"']", "ARRAY['null']"),
        (
            "ARRAY[TIME '01:02:03.004', NULL]",
            "ARRAY[TIME '00:00:00.000']",
        ),
        (
            "ARRAY[JSON '{\"a\":1}', NULL, JSON '\"s\"']",
            "ARRAY[JSON 'null']",
        ),
        (
            "ARRAY[ARRAY[DATE '2020-02-29', NULL], NULL]",
            "ARRAY[ARRAY[DATE '1969-12-31']]",
        ),
        (
            "ARRAY[UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59']",
            "ARRAY[UUID '00000000-0000-0000-0000-000000000000']",
        ),
        (
            "MAP(ARRAY['a=b'], CAST(ARRAY[NULL] AS array(integer)))",
            "MAP(ARRAY['x'], ARRAY[2])",
        ),
        (
            "MAP(ARRAY[TIME '01:02:03.004'], ARRAY[JSON '[1]'])",
            "MAP(ARRAY[TIME '00:00:00.000'], ARRAY[JSON '{}'])",
        ),
        (
            "CAST(ROW(1, 'x', NULL) AS row(a integer, b varchar, c date))",
            "CAST(ROW(NULL, '', DATE '2020-01-01') AS row(a integer, b varchar, c date))",
        ),
        ("ROW(1, TIME '01:02:03.004')", "ROW(2, TIME '00:00:00.000')"),
        (
            "ARRAY[TIMESTAMP '2001-08-22 03:04:05.321 America/Los_Angeles', NULL]",
            "ARRAY[TIMESTAMP '1969-12-31 23:59:59.999 UTC']",
        ),
    ];
    let list = |value: fn(&(&'static str, &'static str)) -> &'static str| {
        let named = cases.iter().enumerate();
        let named = named.map(|(n, case)| format!("{} AS x{n}", value(case)));
        named.collect::<Vec<_>>().join(", ")
    };
    let sql = format!(
        "SELECT * FROM (SELECT 1 AS id, {} UNION ALL SELECT 2, {} UNION ALL SELECT 3, {})",
        list(|case| case.0),
        list(|_| "NULL"),
        list(|case| case.1),
    );
    let unloaded = read(&sandbox, "ResultFetcher=unload", &sql);
    assert_eq!((unloads(&sandbox), unloaded.num_rows()), (1, 3));
    without_data(&sandbox);
    for more in ["", "ResultFetcher=GetQueryResults;"] {
        let typed = read(&sandbox, &format!("{more}ComplexTypes=typed"), &sql);
        for (n, (one, other)) in cases.iter().enumerate() {
            let shown = format!("{more} {one}, {other}");
            assert_eq!(
                unloaded.schema().field(n + 1),
                typed.schema().field(n + 1),
                "{shown}"
            );
            assert_eq!(unloaded.column(n + 1), typed.column(n + 1), "{shown}");
        }
    }
}

#[test]
fn rows_with_json_inside_are_put_together_anew() {
    let sandbox = sandbox();
    let sql = "SELECT id, x FROM (SELECT 1 AS id, ROW(JSON '{\"a\":1}', ARRAY[1, NULL]) AS x \
               UNION ALL SELECT 2, NULL UNION ALL SELECT 3, ROW(JSON '[]', ARRAY[2]))";
    let unloaded = read(&sandbox, "ResultFetcher=unload", sql);
    let values: Vec<String> = (0..3)
        .map(|row| shown(unloaded.column(1).as_ref(), row))
        .collect();
    assert_eq!(
        values,
        [
            "{field0: {\"a\":1}, field1: [1, ∅]}",
            "∅",
            "{field0: [], field1: [2]}"
        ]
    );
}

#[test]
fn columns_without_a_name_or_of_the_same_name_keep_theirs() {
    let sandbox = sandbox();
    let sql = "SELECT 1, 'x', 2 AS a, 3 AS a, TIME '01:02:03.004', 4 AS \"b c\"";
    let unloaded = read(&sandbox, "ResultFetcher=unload", sql);
    assert_eq!(unloaded, read(&sandbox, "", sql));
    assert_eq!(unloads(&sandbox), 1);
}

#[test]
fn tables_are_the_same_from_unload_and_csv() {
    let sandbox = sandbox();
    for (sql, rows) in [
        (
            "SELECT row_number() OVER (ORDER BY time_hour, origin) AS n, w.* FROM flights.weather w",
            20_000..,
        ),
        ("SELECT * FROM flights.airports WHERE faa = 'nowhere'", 0..),
        (
            "WITH a AS (SELECT faa, name, lat FROM flights.airports) SELECT * FROM a -- all",
            1000..,
        ),
        ("SELECT * FROM (VALUES (1, 'a'), (2, NULL)) t(n, v)", 2..),
        ("(SELECT * FROM flights.airlines)", 10..),
    ] {
        let unloaded = read(
            &sandbox,
            "ResultFetcher=unload;DownloadMemoryBytes=1048576",
            sql,
        );
        assert!(
            rows.contains(&unloaded.num_rows()),
            "{sql}: {}",
            unloaded.num_rows()
        );
        assert_eq!(unloaded, read(&sandbox, "", sql), "{sql}");
    }
    assert_eq!(unloads(&sandbox), 5);
    without_data(&sandbox);
}
