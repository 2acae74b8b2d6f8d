//! Every type's ColumnInfo and text, as Athena gives them.
#![cfg(feature = "sql")]

mod sql_support;

use sql_support::{engine, run};

#[tokio::test]
async fn every_type_has_its_column_info_and_text() {
    let engine = engine();
    let mut wrong = Vec::new();
    for (expression, column, text) in [
        ("true", ("boolean", 0, 0, false), "true"),
        ("CAST(-5 AS tinyint)", ("tinyint", 3, 0, false), "-5"),
        ("CAST(300 AS smallint)", ("smallint", 5, 0, false), "300"),
        ("2147483647", ("integer", 10, 0, false), "2147483647"),
        ("-1", ("integer", 10, 0, false), "-1"),
        ("2147483648", ("bigint", 19, 0, false), "2147483648"),
        ("1 + 1", ("integer", 10, 0, false), "2"),
        ("CAST(0.1 AS real)", ("float", 17, 0, false), "0.1"),
        ("1.5", ("double", 17, 0, false), "1.5"),
        ("0.1 + 0.2", ("double", 17, 0, false), "0.30000000000000004"),
        ("1e20", ("double", 17, 0, false), "1.0E20"),
        ("1e-7", ("double", 17, 0, false), "1.0E-7"),
        ("nan()", ("double", 17, 0, false), "NaN"),
        ("-infinity()", ("double", 17, 0, false), "-Infinity"),
        ("DECIMAL '1.50'", ("decimal", 3, 2, false), "1.50"),
        ("DECIMAL '-0.05'", ("decimal", 2, 2, false), "-0.05"),
        (
            "CAST(1 AS decimal(38,10))",
            ("decimal", 38, 10, false),
            "1.0000000000",
        ),
        ("'abc'", ("varchar", 3, 0, true), "abc"),
        ("''", ("varchar", 0, 0, true), ""),
        ("concat('a', 'b')", ("varchar", 2147483647, 0, true), "ab"),
        (
            "CAST('abcdef' AS varchar(4))",
            ("varchar", 4, 0, true),
            "abcd",
        ),
        ("CAST('abc' AS char(5))", ("char", 5, 0, true), "abc  "),
        (
            "X'0102ff'",
            ("varbinary", 1_073_741_824, 0, false),
            "01 02 ff",
        ),
        (
            "to_utf8('123')",
            ("varbinary", 1_073_741_824, 0, false),
            "31 32 33",
        ),
        ("DATE '2017-01-02'", ("date", 0, 0, false), "2017-01-02"),
        ("TIME '12:34:56.789'", ("time", 3, 0, false), "12:34:56.789"),
        (
            "TIME '12:34:56.789 +09:00'",
            ("time with time zone", 3, 0, false),
            "12:34:56.789+09:00",
        ),
        (
            "TIME '12:34:56.789-09:30'",
            ("time with time zone", 3, 0, false),
            "12:34:56.789-09:30",
        ),
        (
            "TIMESTAMP '2017-01-01 00:00:00.000'",
            ("timestamp", 3, 0, false),
            "2017-01-01 00:00:00.000",
        ),
        (
            "TIMESTAMP '2017-01-01 00:00:00.123456'",
            ("timestamp", 6, 0, false),
            "2017-01-01 00:00:00.123456",
        ),
        (
            "TIMESTAMP '2017-01-01 00:00:00.123456789'",
            ("timestamp", 9, 0, false),
            "2017-01-01 00:00:00.123456789",
        ),
        (
            "CAST('2017-01-01' AS timestamp)",
            ("timestamp", 3, 0, false),
            "2017-01-01 00:00:00.000",
        ),
        (
            "TIMESTAMP '2001-08-22 03:04:05.321 America/Los_Angeles'",
            ("timestamp with time zone", 3, 0, false),
            "2001-08-22 03:04:05.321 America/Los_Angeles",
        ),
        (
            "TIMESTAMP '2001-08-22 03:04:05.321 UTC'",
            ("timestamp with time zone", 3, 0, false),
            "2001-08-22 03:04:05.321 UTC",
        ),
        (
            "TIMESTAMP '2001-08-22 03:04:05.321 +09:00'",
            ("timestamp with time zone", 3, 0, false),
            "2001-08-22 03:04:05.321 +09:00",
        ),
        (
            "INTERVAL '2' DAY",
            ("interval day to second", 0, 0, false),
            "2 00:00:00.000",
        ),
        (
            "INTERVAL '3' MONTH",
            ("interval year to month", 0, 0, false),
            "0-3",
        ),
        (
            "INTERVAL '1' YEAR",
            ("interval year to month", 0, 0, false),
            "1-0",
        ),
        ("ARRAY[1, 2]", ("array", 0, 0, false), "[1, 2]"),
        (
            "ARRAY['a, b', NULL]",
            ("array", 0, 0, false),
            "[a, b, null]",
        ),
        (
            "ARRAY[ARRAY[1.5], ARRAY[]]",
            ("array", 0, 0, false),
            "[[1.5], []]",
        ),
        (
            "map(ARRAY['k', 'j'], ARRAY[1, 2])",
            ("map", 0, 0, false),
            "{j=2, k=1}",
        ),
        (
            "map(ARRAY[10, 9], ARRAY['b', 'a'])",
            ("map", 0, 0, false),
            "{9=a, 10=b}",
        ),
        ("MAP()", ("map", 0, 0, false), "{}"),
        ("ROW(1, 'x')", ("row", 0, 0, false), "{1, x}"),
        (
            "CAST(ROW(1, 'x') AS ROW(a integer, b varchar))",
            ("row", 0, 0, false),
            "{a=1, b=x}",
        ),
        ("ARRAY[X'01']", ("array", 0, 0, false), "[[B@"),
        ("JSON '{\"a\": 1}'", ("json", 0, 0, false), "{\"a\":1}"),
        (
            "CAST('Hello Athena' AS JSON)",
            ("json", 0, 0, false),
            "\"Hello Athena\"",
        ),
        (
            "CAST(ARRAY[1, 2, NULL] AS JSON)",
            ("json", 0, 0, false),
            "[1,2,null]",
        ),
        (
            "CAST(map(ARRAY['a'], ARRAY[1]) AS JSON)",
            ("json", 0, 0, false),
            "{\"a\":1}",
        ),
        (
            "UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'",
            ("uuid", 0, 0, false),
            "12151fd2-7586-11e9-8f9e-2a86e4085a59",
        ),
        (
            "CAST('10.0.0.1' AS ipaddress)",
            ("ipaddress", 0, 0, false),
            "10.0.0.1",
        ),
    ] {
        let answer = run(&engine, &format!("SELECT {expression}")).await;
        let info = &answer.columns[0];
        let found = (
            info.type_name.as_str(),
            info.precision,
            info.scale,
            info.case_sensitive,
        );
        let cell = answer.cell().unwrap_or("∅");
        let same = if text == "[[B@" {
            cell.starts_with(text)
        } else {
            cell == text
        };
        if found != column || !same {
            wrong.push(format!(
                "{expression}: {found:?} {cell:?}, expected {column:?} {text:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn null_is_not_the_empty_string() {
    let engine = engine();
    let answer = run(
        &engine,
        "SELECT NULL, '', CAST(NULL AS varchar), CAST(NULL AS interval year to month),
                CAST(NULL AS interval day to second)",
    )
    .await;
    assert_eq!(answer.rows, [[None, Some(String::new()), None, None, None]]);
    let types: Vec<&str> = answer
        .columns
        .iter()
        .map(|column| column.type_name.as_str())
        .collect();
    assert_eq!(
        types,
        [
            "unknown",
            "varchar",
            "varchar",
            "interval year to month",
            "interval day to second"
        ]
    );
}

#[tokio::test]
async fn types_survive_subqueries_and_values() {
    let engine = engine();
    let answer = run(
        &engine,
        "WITH t AS (SELECT CAST('{}' AS json) AS j, CAST('ab' AS varchar(7)) AS v, DATE '2020-01-31' AS d)
         SELECT j, v, d + INTERVAL '1' MONTH AS next FROM t",
    )
    .await;
    let info: Vec<(&str, i32)> = answer
        .columns
        .iter()
        .map(|column| (column.type_name.as_str(), column.precision))
        .collect();
    assert_eq!(info, [("json", 0), ("varchar", 7), ("date", 0)]);
    assert_eq!(answer.lines(), ["\"{}\"|ab|2020-02-29"]);

    let answer = run(&engine, "VALUES (1, 'a'), (2, NULL)").await;
    assert_eq!(answer.names(), ["_col0", "_col1"]);
    assert_eq!(answer.lines(), ["1|a", "2|∅"]);
}

#[tokio::test]
async fn casts_round_and_read_as_trino_does() {
    let engine = engine();
    for (expression, text) in [
        ("CAST(1.7 AS integer)", "2"),
        ("CAST(DECIMAL '2.5' AS bigint)", "3"),
        ("CAST(' 12 ' AS integer)", "12"),
        ("TRY_CAST('x' AS integer)", "∅"),
        ("CAST('2020-02-29' AS date)", "2020-02-29"),
        (
            "CAST(TIMESTAMP '2020-02-29 13:00:00' AS date)",
            "2020-02-29",
        ),
        ("CAST(true AS varchar)", "true"),
        ("CAST(12 AS varchar)", "12"),
        ("CAST(DATE '2020-02-29' AS varchar)", "2020-02-29"),
        ("CAST(JSON '[1,2]' AS array(integer))", "[1, 2]"),
        ("CAST(JSON '\"x\"' AS varchar)", "x"),
        ("try(CAST('x' AS integer))", "∅"),
        ("try(1 / 0)", "∅"),
    ] {
        let answer = run(&engine, &format!("SELECT {expression}")).await;
        assert_eq!(answer.lines(), [text], "{expression}");
    }
}
