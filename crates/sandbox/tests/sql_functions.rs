//! Trino functions that people use daily.
#![cfg(feature = "sql")]

mod sql_support;

use sql_support::engine;

#[tokio::test]
async fn scalar_functions_answer_as_in_trino() {
    let engine = engine();
    let mut wrong = Vec::new();
    for (expression, text) in [
        ("date_trunc('month', DATE '2020-02-29')", "2020-02-01"),
        (
            "date_trunc('hour', TIMESTAMP '2020-02-29 13:45:01.500')",
            "2020-02-29 13:00:00.000",
        ),
        ("date_trunc('week', DATE '2020-03-01')", "2020-02-24"),
        ("date_add('month', 1, DATE '2020-01-31')", "2020-02-29"),
        (
            "date_add('day', -1, TIMESTAMP '2020-03-01 00:00:00.000')",
            "2020-02-29 00:00:00.000",
        ),
        (
            "date_diff('day', DATE '2020-01-01', DATE '2020-03-01')",
            "60",
        ),
        (
            "date_diff('month', DATE '2020-01-31', DATE '2020-02-29')",
            "0",
        ),
        ("year(DATE '2020-02-29')", "2020"),
        ("month(TIMESTAMP '2020-02-29 13:45:01')", "2"),
        ("day_of_week(DATE '2020-03-01')", "7"),
        ("extract(doy FROM DATE '2020-03-01')", "61"),
        ("from_unixtime(0)", "1970-01-01 00:00:00.000 UTC"),
        ("to_unixtime(TIMESTAMP '1970-01-02 00:00:00')", "86400.0"),
        (
            "date_format(TIMESTAMP '2020-02-29 13:45:01', '%Y/%m/%d %H:%i:%s')",
            "2020/02/29 13:45:01",
        ),
        (
            "date_parse('2020-02-29 13', '%Y-%m-%d %H')",
            "2020-02-29 13:00:00.000",
        ),
        (
            "format_datetime(TIMESTAMP '2020-02-29 13:45:01', 'yyyy-MM-dd''T''HH:mm')",
            "2020-02-29T13:45",
        ),
        (
            "at_timezone(TIMESTAMP '2020-01-01 00:00:00 UTC', 'Asia/Tokyo')",
            "2020-01-01 09:00:00 Asia/Tokyo",
        ),
        (
            "TIMESTAMP '2020-01-01 00:00:00.000 UTC' AT TIME ZONE 'America/New_York'",
            "2019-12-31 19:00:00.000 America/New_York",
        ),
        ("last_day_of_month(DATE '2020-02-01')", "2020-02-29"),
        ("typeof(current_timestamp)", "timestamp(3) with time zone"),
        ("typeof(now())", "timestamp(3) with time zone"),
        ("typeof(current_date)", "date"),
        ("typeof(1)", "integer"),
        ("typeof(1.0)", "double"),
        ("typeof('abc')", "varchar(3)"),
        ("typeof(DECIMAL '1.50')", "decimal(3,2)"),
        ("typeof(ARRAY[1])", "array(integer)"),
        (
            "typeof(map(ARRAY['a'], ARRAY[1.5]))",
            "map(varchar, double)",
        ),
        (
            "typeof(CAST(ROW(1, 'x') AS ROW(a integer, b varchar)))",
            "row(a integer, b varchar)",
        ),
        ("typeof(NULL)", "unknown"),
        ("sequence(1, 3)", "[1, 2, 3]"),
        ("sequence(5, 1, -2)", "[5, 3, 1]"),
        (
            "sequence(DATE '2020-01-31', DATE '2020-03-31', INTERVAL '1' MONTH)",
            "[2020-01-31, 2020-02-29, 2020-03-31]",
        ),
        ("concat(ARRAY[1], ARRAY[2])", "[1, 2]"),
        ("concat('a', NULL)", "∅"),
        ("CAST(ROW(1, 'x') AS ROW(a integer, b varchar)).b", "x"),
        ("element_at(ARRAY['a', 'b'], -1)", "b"),
        ("element_at(ARRAY['a', 'b'], 3)", "∅"),
        ("element_at(map(ARRAY['a', 'b'], ARRAY[1, 2]), 'b')", "2"),
        ("ARRAY[7, 8][2]", "8"),
        ("map(ARRAY['a', 'b'], ARRAY[1, 2])['a']", "1"),
        ("cardinality(ARRAY[1, 2, 3])", "3"),
        ("contains(ARRAY[1, 2], 2)", "true"),
        ("array_join(ARRAY['a', 'b'], '-')", "a-b"),
        ("array_distinct(ARRAY[1, 1, 2])", "[1, 2]"),
        ("slice(ARRAY[1, 2, 3, 4], 2, 2)", "[2, 3]"),
        ("transform(ARRAY[1, 2], x -> x + 1)", "[2, 3]"),
        ("filter(ARRAY[1, 2, 3], x -> x > 1)", "[2, 3]"),
        ("split('a,b', ',')", "[a, b]"),
        ("split_part('a,b', ',', 2)", "b"),
        ("strpos('hello', 'l')", "3"),
        ("length('héllo')", "5"),
        ("substr('hello', 2, 3)", "ell"),
        ("upper('a') || 'b'", "Ab"),
        ("lpad('7', 3, '0')", "007"),
        ("replace('aXb', 'X', '-')", "a-b"),
        ("regexp_like('hello', 'l+')", "true"),
        ("regexp_extract('a12b', '[0-9]+')", "12"),
        ("regexp_extract('k=v', '(.)=(.)', 2)", "v"),
        ("regexp_replace('a1b2', '[0-9]', '#')", "a#b#"),
        (
            "json_extract_scalar('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]')",
            "2",
        ),
        ("json_extract('{\"a\":[1]}', '$.a')", "[1]"),
        ("json_format(JSON '{\"a\": 1}')", "{\"a\":1}"),
        ("if(1 > 2, 'x', 'y')", "y"),
        ("coalesce(NULL, 2)", "2"),
        ("nullif(1, 1)", "∅"),
        ("greatest(1, 3, 2)", "3"),
        ("round(2.567, 2)", "2.57"),
        ("mod(7, 3)", "1"),
        ("7 / 2", "3"),
        ("to_hex(X'0aff')", "0AFF"),
        (
            "to_hex(md5(to_utf8('a')))",
            "0CC175B9C0F1B6A831C399E269772661",
        ),
        (
            "from_iso8601_timestamp('2020-01-01T01:02:03Z')",
            "2020-01-01 01:02:03.000 UTC",
        ),
        ("1 IS DISTINCT FROM NULL", "true"),
        ("'b' BETWEEN 'a' AND 'c'", "true"),
        ("'abc' LIKE 'a%'", "true"),
    ] {
        match sql_support::run_query(
            &engine,
            &sql_support::query(&format!("SELECT {expression}")),
        )
        .await
        {
            Ok(answer) if answer.lines() == [text] => {}
            Ok(answer) => wrong.push(format!(
                "{expression}: {:?}, expected {text:?}",
                answer.lines()
            )),
            Err(failure) => wrong.push(format!("{expression}: {}", failure.reason)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn aggregates_and_unnest_answer_as_in_trino() {
    let engine = engine();
    let mut wrong = Vec::new();
    for (sql, lines) in [
        (
            "SELECT count_if(distance > 2000) FROM flights",
            vec!["51695"],
        ),
        (
            "SELECT max_by(dest, distance), min_by(dest, distance) FROM flights WHERE distance > 100",
            vec!["HNL|BDL"],
        ),
        ("SELECT arbitrary(x) FROM (VALUES 1) t(x)", vec!["1"]),
        (
            "SELECT approx_percentile(x, 0.5) FROM (VALUES (1.0), (2.0), (3.0)) t(x)",
            vec!["2.0"],
        ),
        (
            "SELECT map_agg(x, x * 2) FROM (VALUES 2, 1) t(x)",
            vec!["{1=2, 2=4}"],
        ),
        (
            "SELECT listagg(carrier, '-') WITHIN GROUP (ORDER BY carrier) FROM airlines WHERE carrier < 'B'",
            vec!["9E-AA-AS"],
        ),
        (
            "SELECT x, sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 1, 2, 3) t(x) ORDER BY 1",
            vec!["1|1", "2|3", "3|5"],
        ),
        ("SELECT approx_distinct(carrier) FROM airlines", vec!["16"]),
        (
            "SELECT array_agg(x ORDER BY x DESC) FROM (VALUES (1), (3), (2)) t(x)",
            vec!["[3, 2, 1]"],
        ),
        ("SELECT x FROM UNNEST(ARRAY[1, 2]) AS t(x)", vec!["1", "2"]),
        (
            "SELECT x, n FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t(x, n)",
            vec!["a|1", "b|2"],
        ),
        (
            "SELECT k, v FROM UNNEST(map(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v) ORDER BY k",
            vec!["a|1", "b|2"],
        ),
        (
            "SELECT id, x FROM (VALUES (1, ARRAY[10, 20]), (2, ARRAY[30])) AS t(id, xs) CROSS JOIN UNNEST(xs) AS u(x) ORDER BY x",
            vec!["1|10", "1|20", "2|30"],
        ),
        (
            "SELECT sum(x) FILTER (WHERE x > 1) FROM (VALUES (1), (2), (3)) t(x)",
            vec!["5"],
        ),
        (
            "SELECT x, row_number() OVER (ORDER BY x DESC) FROM (VALUES (1), (2)) t(x) ORDER BY x",
            vec!["1|2", "2|1"],
        ),
        (
            "SELECT x, lag(x, 1) OVER (ORDER BY x) FROM (VALUES (1), (2)) t(x) ORDER BY x",
            vec!["1|∅", "2|1"],
        ),
        (
            "SELECT x FROM (VALUES (2), (NULL), (1)) t(x) ORDER BY x DESC",
            vec!["2", "1", "∅"],
        ),
        (
            "SELECT year(time_hour), count(*) FROM flights GROUP BY year(time_hour) ORDER BY 1",
            vec!["2013|336688", "2014|88"],
        ),
        (
            "SELECT count(DISTINCT carrier), stddev(CAST(1 AS double)) FROM airlines",
            vec!["16|0.0"],
        ),
        (
            "SELECT a, sum(b) FROM (VALUES ('x', 1), ('y', 2)) t(a, b) GROUP BY ROLLUP (a) ORDER BY a",
            vec!["x|1", "y|2", "∅|3"],
        ),
        ("SELECT 1 UNION SELECT 1 INTERSECT SELECT 1", vec!["1"]),
        (
            "SELECT x FROM (VALUES (1), (2), (3)) t(x) ORDER BY x OFFSET 1 LIMIT 1",
            vec!["2"],
        ),
        (
            "SELECT x FROM (VALUES (1), (2), (3)) t(x) ORDER BY x FETCH FIRST 1 ROW ONLY",
            vec!["1"],
        ),
        (
            "SELECT name FROM airlines a WHERE EXISTS (SELECT 1 FROM flights f WHERE f.carrier = a.carrier AND f.dest = 'HNL') ORDER BY 1",
            vec!["Hawaiian Airlines Inc.", "United Air Lines Inc."],
        ),
        (
            "SELECT count(*) FROM flights WHERE carrier IN (SELECT carrier FROM airlines WHERE name LIKE 'Hawai%')",
            vec!["342"],
        ),
        (
            "SELECT id, x FROM (VALUES (1, ARRAY[10]), (2, ARRAY[]), (3, NULL)) AS t(id, xs) LEFT JOIN UNNEST(xs) AS u(x) ON true ORDER BY id",
            vec!["1|10", "2|∅", "3|∅"],
        ),
        (
            "SELECT id, x, n FROM (VALUES (1, ARRAY[10, 20])) AS t(id, xs), UNNEST(t.xs) WITH ORDINALITY AS u(x, n) ORDER BY n",
            vec!["1|10|1", "1|20|2"],
        ),
    ] {
        match sql_support::run_query(&engine, &sql_support::query(sql)).await {
            Ok(answer) if answer.lines() == lines => {}
            Ok(answer) => wrong.push(format!("{sql}: {:?}, expected {lines:?}", answer.lines())),
            Err(failure) => wrong.push(format!("{sql}: {}", failure.reason)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn lambdas_parts_of_values_and_json_casts_answer_as_in_trino() {
    let engine = engine();
    let mut wrong = Vec::new();
    for (expression, text) in [
        ("transform(ARRAY[1, NULL], x -> x + 1)", "[2, null]"),
        (
            "transform(ARRAY[ARRAY[1], ARRAY[2]], a -> transform(a, b -> b * 2))",
            "[[2], [4]]",
        ),
        (
            "transform(ARRAY[CAST(ROW(5) AS ROW(a integer))], x -> x.a + 1)",
            "[6]",
        ),
        (
            "transform(map_entries(MAP(ARRAY['a'], ARRAY[X'01'])), e -> CAST(ROW(e[1], to_hex(e[2])) AS ROW(k varchar, v varchar)))",
            "[{k=a, v=01}]",
        ),
        ("filter(ARRAY[1, NULL, 3], x -> x > 1)", "[3]"),
        ("any_match(ARRAY[1, NULL], x -> x = 1)", "true"),
        ("any_match(ARRAY[2, NULL], x -> x = 1)", "∅"),
        ("all_match(ARRAY[1, 2], x -> x > 0)", "true"),
        ("all_match(ARRAY[1, NULL, -1], x -> x > 0)", "false"),
        ("none_match(ARRAY[1, 2], x -> x > 5)", "true"),
        (
            "reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s * 2)",
            "150",
        ),
        ("reduce(ARRAY[], 7, (s, x) -> s + x, s -> s)", "7"),
        (
            "zip_with(ARRAY[1, 2], ARRAY['a'], (x, y) -> CAST(x AS varchar) || COALESCE(y, '-'))",
            "[1a, 2-]",
        ),
        (
            "transform_values(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> k || CAST(v AS varchar))",
            "{a=a1}",
        ),
        (
            "transform_keys(MAP(ARRAY['a'], ARRAY[1]), (k, v) -> upper(k))",
            "{A=1}",
        ),
        (
            "map_filter(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> v > 1)",
            "{b=2}",
        ),
        ("map_from_entries(ARRAY[ROW('a', 1)])", "{a=1}"),
        ("map_entries(MAP(ARRAY['a'], ARRAY[1]))", "[{a, 1}]"),
        ("ARRAY[3, 4][2]", "4"),
        ("MAP(ARRAY['a'], ARRAY[1])['a']", "1"),
        ("CAST(ROW(1, 'x') AS ROW(a integer, b varchar))[2]", "x"),
        ("CAST(ROW(1, 'x') AS ROW(a integer, b varchar)).a", "1"),
        ("to_hex(X'01ff')", "01FF"),
        ("CAST(ARRAY[1, NULL] AS JSON)", "[1,null]"),
        (
            "CAST(MAP(ARRAY['b', 'a'], ARRAY[1.5, 2]) AS JSON)",
            "{\"a\":2.0,\"b\":1.5}",
        ),
        (
            "CAST(CAST(ROW(1, 'x') AS ROW(z integer, a varchar)) AS JSON)",
            "{\"z\":1,\"a\":\"x\"}",
        ),
        ("CAST(ROW(1, 'x') AS JSON)", "{\"\":1,\"\":\"x\"}"),
        ("CAST(ARRAY[DECIMAL '1.50'] AS JSON)", "[1.50]"),
        (
            "CAST(ARRAY[TIMESTAMP '2020-01-01 00:00:00.123'] AS JSON)",
            "[\"2020-01-01 00:00:00.123\"]",
        ),
        (
            "CAST(ARRAY[nan(), -infinity(), 1e20] AS JSON)",
            "[\"NaN\",\"-Infinity\",1.0E20]",
        ),
        (
            "json_format(CAST(DATE '2020-01-01' AS JSON))",
            "\"2020-01-01\"",
        ),
    ] {
        let sql = format!("SELECT {expression}");
        match sql_support::run_query(&engine, &sql_support::query(&sql)).await {
            Ok(answer) if answer.lines() == [text] => {}
            Ok(answer) => wrong.push(format!("{sql}: {:?}, expected {text:?}", answer.lines())),
            Err(failure) => wrong.push(format!("{sql}: {}", failure.reason)),
        }
    }
    for (expression, reason) in [
        (
            "ARRAY[1, 2][3]",
            "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: 3 > 2",
        ),
        (
            "ARRAY[1][0]",
            "INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1",
        ),
        (
            "MAP(ARRAY['a'], ARRAY[1])['b']",
            "INVALID_FUNCTION_ARGUMENT: Key not present in map: b",
        ),
        (
            "CAST(ARRAY[X'01'] AS JSON)",
            "TYPE_MISMATCH: line 1:8: Cannot cast array(varbinary) to json",
        ),
    ] {
        let failure = sql_support::failure(&engine, &format!("SELECT {expression}")).await;
        if failure.reason != reason {
            wrong.push(format!("{expression}: {}", failure.reason));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn full_types_are_told_without_reading_data() {
    let engine = engine();
    let sql = "SELECT typeof(q.c1), typeof(q.c2), typeof(q.c3), typeof(q.c4), typeof(q.c5), typeof(q.c6), typeof(q.c7) \
               FROM (VALUES 1) t(one) LEFT JOIN (SELECT 'abc', CAST('x' AS char(2)), TIMESTAMP '2020-01-01 00:00:00.000', \
               DECIMAL '12345678.90', ARRAY[CAST(ROW(1) AS ROW(a integer))], MAP(ARRAY['a'], ARRAY[1]), JSON '1' \
               FROM flights ORDER BY dest) q(c1, c2, c3, c4, c5, c6, c7) ON false";
    let answer = sql_support::run(&engine, sql).await;
    assert_eq!(
        answer.lines(),
        [
            "varchar(3)|char(2)|timestamp(3)|decimal(10,2)|array(row(a integer))|map(varchar, integer)|json"
        ]
    );
    assert_eq!(answer.summary.data_scanned_in_bytes, 0);
}

/// Runs `expression => text` lines: rows joined by ` / `, cells by `|`, NULL as `∅`. A
/// text that ends in `...` is how the answer begins; a failure is its reason.
async fn check_lines(table: &str) {
    let engine = engine();
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in table.lines() {
        let Some((expression, expected)) = line.split_once(" => ") else {
            wrong.push(format!("{line}: not a line of the table"));
            continue;
        };
        let whole = ["SELECT ", "VALUES ", "WITH ", "(SELECT "];
        let sql = if whole.iter().any(|start| expression.starts_with(start)) {
            expression.to_owned()
        } else {
            format!("SELECT {expression}")
        };
        let query = sql_support::query(&sql);
        let got = match athena_sandbox::engine::Engine::classify(&engine, &query) {
            Err(refusal) => format!("REFUSED {}", refusal.message),
            Ok(_) => match sql_support::run_query(&engine, &query).await {
                Ok(answer) => answer.lines().join(" / "),
                Err(failure) => failure.reason,
            },
        };
        let right = match expected.strip_suffix("...") {
            Some(start) => got.starts_with(start),
            None => got == expected,
        };
        count += 1;
        if !right {
            wrong.push(format!(
                "{expression}\n   got      {got}\n   expected {expected}"
            ));
        }
    }
    assert!(count > 10, "a table of {count} lines");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn dates_and_times_are_trinos() {
    check_lines(include_str!("trino/datetime.txt")).await;
}

#[tokio::test]
async fn text_and_bytes_are_trinos() {
    check_lines(include_str!("trino/text.txt")).await;
}

#[tokio::test]
async fn numbers_casts_and_literals_are_trinos() {
    check_lines(include_str!("trino/numbers.txt")).await;
}

#[tokio::test]
async fn arrays_maps_and_json_are_trinos() {
    check_lines(include_str!("trino/collections.txt")).await;
}

#[tokio::test]
async fn queries_answer_as_in_trino() {
    check_lines(include_str!("trino/queries.txt")).await;
}

#[tokio::test]
async fn what_fails_fails_with_trinos_names() {
    check_lines(include_str!("trino/errors.txt")).await;
    // These would need another plan than the one there is.
    for form in ["TYPE VALIDATE", "TYPE IO", "FORMAT GRAPHVIZ"] {
        let sql = format!("EXPLAIN ({form}) SELECT 1");
        let failure = sql_support::failure(&engine(), &sql).await;
        assert_eq!(failure.error_type, 1200, "{sql}");
    }
}

#[tokio::test]
async fn names_are_shown_as_they_are_written() {
    let engine = engine();
    for (sql, names) in [
        ("SELECT \"Carrier\" FROM airlines LIMIT 1", vec!["Carrier"]),
        (
            "SELECT * FROM (SELECT \"Carrier\" FROM airlines) LIMIT 0",
            vec!["Carrier"],
        ),
        (
            "SELECT * FROM (SELECT 1 AS \"A\", 2 AS b) LIMIT 0",
            vec!["A", "b"],
        ),
        ("SELECT q.* FROM (SELECT 1 AS \"A\") q", vec!["A"]),
        ("SELECT * FROM (SELECT 1 AS \"A\") t(Z)", vec!["Z"]),
        (
            "WITH x AS (SELECT 1 AS \"Foo Bar\") SELECT * FROM x",
            vec!["Foo Bar"],
        ),
        ("SELECT * FROM (VALUES (1, 'a'))", vec!["_col0", "_col1"]),
        (
            "SELECT * FROM (VALUES (1, 'a')) t(\"X\", y)",
            vec!["X", "y"],
        ),
        (
            "SELECT * FROM UNNEST(ARRAY[CAST(ROW(1, 'a') AS ROW(n integer, s varchar))])",
            vec!["n", "s"],
        ),
        ("TABLE airlines", vec!["carrier", "name"]),
    ] {
        assert_eq!(sql_support::run(&engine, sql).await.names(), names, "{sql}");
    }
}
