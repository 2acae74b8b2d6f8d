//! Classification, names, parameters, errors, SHOW and EXPLAIN.
#![cfg(feature = "sql")]

mod sql_support;

use std::time::{Duration, Instant};

use athena_sandbox::engine::{Engine as _, StatementType};
use sql_support::{Answer, engine, failure, query, run, run_query};

#[tokio::test]
async fn statements_are_classified_by_their_first_words() {
    let engine = engine();
    let kind = |sql: &str| {
        let kind = engine
            .classify(&query(sql))
            .unwrap_or_else(|refusal| panic!("{sql}: {}", refusal.message));
        let name = match kind.statement_type {
            StatementType::Ddl => "DDL",
            StatementType::Dml => "DML",
            StatementType::Utility => "UTILITY",
        };
        format!("{name} {}", kind.substatement_type)
    };
    for (sql, expected) in [
        ("SELECT 1", "DML SELECT"),
        ("-- why\n/* so */ SELECT 1;", "DML SELECT"),
        ("WITH t AS (SELECT 1 AS x) SELECT * FROM t", "DML SELECT"),
        ("VALUES (1)", "DML SELECT"),
        ("TABLE flights", "DML SELECT"),
        ("(SELECT 1)", "DML SELECT"),
        ("EXPLAIN SELECT 1", "DML EXPLAIN"),
        ("EXPLAIN ANALYZE SELECT 1", "DML EXPLAIN"),
        ("EXPLAIN (FORMAT JSON) SELECT 1", "DML EXPLAIN"),
        ("INSERT INTO t VALUES (1)", "DML INSERT"),
        ("UPDATE t SET a = 1", "DML UPDATE"),
        ("DELETE FROM t WHERE a = 1", "DML DELETE"),
        (
            "UNLOAD (SELECT 1) TO 's3://b/p/' WITH (format = 'PARQUET')",
            "DML UNLOAD",
        ),
        ("VACUUM t", "DML VACUUM_TABLE"),
        (
            "OPTIMIZE t REWRITE DATA USING BIN_PACK",
            "DDL CREATE_TABLE_AS_SELECT",
        ),
        (
            "CREATE TABLE t AS SELECT 1 AS a",
            "DDL CREATE_TABLE_AS_SELECT",
        ),
        (
            "CREATE TABLE t WITH (format = 'ORC') AS (SELECT 1 AS a)",
            "DDL CREATE_TABLE_AS_SELECT",
        ),
        (
            "CREATE EXTERNAL TABLE t (a int) LOCATION 's3://b/'",
            "DDL CREATE_TABLE",
        ),
        (
            "CREATE OR REPLACE VIEW v AS SELECT 1 AS a",
            "DDL CREATE_VIEW",
        ),
        ("CREATE DATABASE d", "DDL CREATE_DATABASE"),
        ("DROP TABLE IF EXISTS t", "DDL DROP_TABLE"),
        ("DROP SCHEMA d", "DDL DROP_DATABASE"),
        ("MSCK REPAIR TABLE t", "DDL MSCK_REPAIR"),
        (
            "ALTER TABLE d.t ADD IF NOT EXISTS PARTITION (p = 1)",
            "DDL ALTER_TABLE_ADD_PARTITION",
        ),
        (
            "ALTER TABLE t ADD COLUMNS (b int)",
            "DDL ALTER_TABLE_ADD_COLUMN",
        ),
        (
            "ALTER TABLE t DROP PARTITION (p = 1)",
            "DDL ALTER_TABLE_DROP_PARTITION",
        ),
        (
            "ALTER TABLE t SET TBLPROPERTIES ('a' = 'b')",
            "DDL ALTER_TABLE_PROPERTIES",
        ),
        ("SHOW TABLES IN flights", "UTILITY SHOW_TABLES"),
        ("SHOW SCHEMAS", "UTILITY SHOW_DATABASES"),
        ("SHOW CREATE TABLE t", "UTILITY SHOW_CREATE_TABLE"),
        ("SHOW CREATE VIEW v", "UTILITY SHOW_CREATE_VIEW"),
        ("SHOW PARTITIONS t", "UTILITY SHOW_PARTITIONS"),
        ("DESC flights", "UTILITY DESCRIBE_TABLE"),
    ] {
        assert_eq!(kind(sql), expected, "{sql}");
    }
}

#[tokio::test]
async fn malformed_statements_are_refused_where_they_go_wrong() {
    let engine = engine();
    for (sql, message) in [
        (
            "SELEC 1",
            "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'ANALYZE',",
        ),
        (
            "SELECT 1; SELECT 2",
            "Only one sql statement is allowed. Got: SELECT 1; SELECT 2",
        ),
        (
            "SELECT * FORM flights",
            "line 1:10: mismatched input 'FORM'. Expecting: ",
        ),
        (
            "SELECT (1",
            "line 1:10: mismatched input '<EOF>'. Expecting: ')'",
        ),
        (
            "SELECT\n  1 +",
            "line 2:6: mismatched input '<EOF>'. Expecting: <expression>",
        ),
        ("SELECT 'a", "line 1:8: "),
        (
            "CREATE NONSENSE x",
            "line 1:8: mismatched input 'NONSENSE'. Expecting: ",
        ),
        ("GRANT x TO y", "Queries of this type are not supported"),
        ("SELECT * FROM", "Queries of this type are not supported"),
        (
            "CREATE OR REPLACE TABLE t AS SELECT 1 AS a",
            "line 1:19: mismatched input 'TABLE'. Expecting: 'MATERIALIZED', 'MULTI', 'PROTECTED', 'VIEW'",
        ),
        ("", "line 1:1: mismatched input '<EOF>'. Expecting: "),
    ] {
        let refusal = engine.classify(&query(sql)).expect_err(sql);
        assert_eq!(refusal.code, "MALFORMED_QUERY", "{sql}");
        assert!(
            refusal.message.starts_with(message),
            "{sql}: {}",
            refusal.message
        );
    }
}

#[tokio::test]
async fn output_names_are_as_written_and_may_repeat() {
    let engine = engine();
    for (sql, names) in [
        ("SELECT 1, 1, 2 AS x", vec!["_col0", "_col1", "x"]),
        ("SELECT 1 AS a, 2 AS a, 3 AS \"A\"", vec!["a", "a", "A"]),
        (
            "SELECT carrier, carrier FROM airlines",
            vec!["carrier", "carrier"],
        ),
        (
            "SELECT a.carrier, b.carrier FROM airlines a JOIN airlines b ON a.carrier = b.carrier",
            vec!["carrier", "carrier"],
        ),
        (
            "SELECT *, carrier, 1 FROM airlines",
            vec!["carrier", "name", "carrier", "_col3"],
        ),
        (
            "SELECT a.*, upper(name) FROM airlines a",
            vec!["carrier", "name", "_col2"],
        ),
        (
            "SELECT count(*) FROM airlines UNION ALL SELECT 2",
            vec!["_col0"],
        ),
        ("SELECT * FROM (SELECT 1, 'x' AS y)", vec!["_col0", "y"]),
        (
            "SELECT carrier, count(*) FROM flights GROUP BY 1 ORDER BY 2 DESC LIMIT 3",
            vec!["carrier", "_col1"],
        ),
        ("TABLE airlines", vec!["carrier", "name"]),
    ] {
        assert_eq!(run(&engine, sql).await.names(), names, "{sql}");
    }
}

#[tokio::test]
async fn parameters_are_expressions_or_else_strings() {
    let engine = engine();
    for (parameter, text, type_name) in [
        ("'abc'", "abc", "varchar"),
        ("'it''s'", "it's", "varchar"),
        ("1+1", "2", "integer"),
        ("DATE '2020-01-01'", "2020-01-01", "date"),
        ("abc", "abc", "varchar"),
        ("it's", "it's", "varchar"),
        (
            "12151fd2-7586-11e9-8f9e-2a86e4085a59",
            "12151fd2-7586-11e9-8f9e-2a86e4085a59",
            "varchar",
        ),
        ("X'31'", "31", "varbinary"),
        ("-5", "-5", "integer"),
        ("NULL", "∅", "unknown"),
    ] {
        let mut query = query("SELECT ?");
        query.parameters = vec![parameter.to_owned()];
        let answer = run_query(&engine, &query).await.unwrap();
        assert_eq!(answer.lines(), [text], "{parameter}");
        assert_eq!(answer.columns[0].type_name, type_name, "{parameter}");
    }
    let mut ordered = query(
        "SELECT name FROM airlines WHERE carrier = ? OR carrier = ? ORDER BY carrier = ? DESC LIMIT ?",
    );
    ordered.parameters = ["'UA'", "AA", "'UA'", "1"].map(str::to_owned).to_vec();
    assert_eq!(
        run_query(&engine, &ordered).await.unwrap().lines(),
        ["United Air Lines Inc."]
    );

    let mut extra = query("SELECT 1");
    extra.parameters = vec!["2".to_owned()];
    assert_eq!(run_query(&engine, &extra).await.unwrap().lines(), ["1"]);

    let mut short = query("SELECT ?, ?");
    short.parameters = vec!["2".to_owned()];
    let failure = run_query(&engine, &short).await.unwrap_err();
    assert_eq!(
        failure.reason,
        "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 2 but found 1"
    );
    assert_eq!(failure.error_type, 1100);
}

#[tokio::test]
async fn failures_have_athenas_names_positions_and_numbers() {
    let engine = engine();
    for (sql, reason, error_type) in [
        (
            "SELECT * FROM nope",
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.flights.nope' does not exist",
            1301,
        ),
        (
            "SELECT *\nFROM other.t",
            "SCHEMA_NOT_FOUND: line 2:6: Schema 'other' does not exist",
            1301,
        ),
        (
            "SELECT * FROM c.d.t",
            "CATALOG_NOT_FOUND: line 1:15: Catalog 'c' does not exist",
            1006,
        ),
        (
            "SELECT x FROM flights",
            "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources",
            1006,
        ),
        (
            "SELECT 1, foo(2)",
            "FUNCTION_NOT_FOUND: line 1:11: Function 'foo' not registered",
            1303,
        ),
        ("SELECT 1 / 0", "DIVISION_BY_ZERO: Division by zero", 1001),
        (
            "SELECT distance / (distance - distance) FROM flights",
            "DIVISION_BY_ZERO: Division by zero",
            1001,
        ),
        (
            "SELECT CAST('abc' AS integer)",
            "INVALID_CAST_ARGUMENT: Cannot cast 'abc' to INT",
            1100,
        ),
        (
            "SELECT CAST(name AS bigint) FROM airlines",
            "INVALID_CAST_ARGUMENT: Cannot cast 'Endeavor Air Inc.' to BIGINT",
            1100,
        ),
        (
            "SELECT CAST('abc' AS date)",
            "INVALID_CAST_ARGUMENT: Value cannot be cast to date: abc",
            1100,
        ),
        (
            "SELECT date '2020-01-01' + true",
            "TYPE_MISMATCH: line 1:",
            1002,
        ),
        (
            "SELECT name FROM airlines WHERE carrier = 5",
            "TYPE_MISMATCH: line 1:8: Cannot apply operator: varchar = integer",
            1002,
        ),
        (
            "SELECT carrier, count(*) FROM flights",
            "EXPRESSION_NOT_AGGREGATE: line 1:8: 'carrier' must be an aggregate expression or appear in GROUP BY clause",
            1006,
        ),
        (
            "SELECT 1 FROM airlines TABLESAMPLE BERNOULLI (10 ROWS)",
            "NOT_SUPPORTED: TABLESAMPLE",
            1200,
        ),
        (
            "SELECT date_trunc('eon', DATE '2020-01-01')",
            "INVALID_FUNCTION_ARGUMENT: 'eon'",
            1106,
        ),
        (
            "VACUUM airlines",
            "NOT_SUPPORTED: awsdatacatalog.flights.airlines is a dataset",
            1200,
        ),
        (
            "OPTIMIZE airlines REWRITE DATA USING BIN_PACK",
            "NOT_SUPPORTED: awsdatacatalog.flights.airlines is a dataset",
            1200,
        ),
    ] {
        let failure = failure(&engine, sql).await;
        assert!(
            failure.reason.starts_with(reason),
            "{sql}: {}",
            failure.reason
        );
        assert_eq!(failure.error_type, error_type, "{sql}: {}", failure.reason);
        assert_eq!(
            (failure.error_category, failure.retryable),
            (2, false),
            "{sql}"
        );
    }
}

/// A NULL for each type of a list.
fn nulls_for(types: &str) -> String {
    let mut depth = 0;
    let commas = types.chars().filter(|character| {
        depth += match character {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        depth == 0 && *character == ','
    });
    let count = if types.is_empty() {
        0
    } else {
        commas.count() + 1
    };
    vec!["NULL"; count].join(", ")
}

#[tokio::test]
async fn show_functions_lists_what_is_there() {
    let engine = engine();
    let answer = run(&engine, "SHOW FUNCTIONS").await;
    assert_eq!(answer.names()[..2], ["Function", "Return Type"]);
    assert_eq!(answer.columns[4].type_name, "boolean");
    assert_eq!(answer.summary.update_count, Some(0));
    assert!(answer.rows.len() > 200 && answer.rows.iter().all(|row| row.len() == 6));
    let mut unknown = Vec::new();
    for row in &answer.rows {
        let name = row[0].as_deref().unwrap();
        let nulls = nulls_for(row[2].as_deref().unwrap());
        let call = query(&format!("SELECT {name}({nulls})"));
        // Some, such as trim, have a syntax of their own.
        if engine.classify(&call).is_ok()
            && let Err(failure) = run_query(&engine, &call).await
            && failure.reason.ends_with("not registered")
        {
            unknown.push(name);
        }
    }
    assert_eq!(unknown, [""; 0]);
    assert_eq!(
        run(&engine, "SHOW FUNCTIONS LIKE 'u_id'").await.lines(),
        ["uuid|uuid||scalar|false|Random UUID"]
    );
}

#[tokio::test]
async fn show_and_describe_read_as_hive_prints_them() {
    let engine = engine();
    assert_eq!(
        run(&engine, "SHOW DATABASES").await.lines(),
        ["default", "flights", "tpch"]
    );
    assert_eq!(
        run(&engine, "SHOW SCHEMAS LIKE 'f.*|tpch'").await.lines(),
        ["flights", "tpch"]
    );
    assert_eq!(
        run(&engine, "SHOW TABLES").await.lines(),
        ["airlines", "airports", "flights", "planes", "weather"]
    );
    assert_eq!(
        run(&engine, "SHOW TABLES IN tpch 'part*'").await.lines(),
        ["part", "partsupp"]
    );
    assert_eq!(
        run(&engine, "SHOW COLUMNS IN airlines").await.lines(),
        ["carrier             ", "name                "]
    );
    let answer = run(&engine, "DESCRIBE tpch.region").await;
    assert_eq!(answer.names(), ["col_name", "data_type", "comment"]);
    assert_eq!(
        answer.rows[0],
        [Some(
            "r_regionkey         \tbigint              \t                    ".to_owned()
        )]
    );
    let answer = run(&engine, "SHOW TABLES").await;
    assert_eq!(
        (
            answer.columns[0].name.as_str(),
            answer.columns[0].type_name.as_str()
        ),
        ("tab_name", "string")
    );
}

#[tokio::test]
async fn explain_tells_the_plan_line_by_line() {
    let engine = engine();
    let answer = run(&engine, "EXPLAIN SELECT count(*) FROM flights").await;
    assert_eq!(answer.names(), ["Query Plan"]);
    let length: usize = answer
        .rows
        .iter()
        .map(|row| row[0].as_ref().unwrap().chars().count() + 1)
        .sum();
    assert_eq!(
        usize::try_from(answer.columns[0].precision).unwrap(),
        length - 2
    );
    // The plan ends with an empty line, and its text with one more.
    let last: Vec<_> = answer.rows.iter().rev().take(3).collect();
    assert!(last.iter().all(|row| row[0].as_deref() == Some("")));
}

#[tokio::test]
async fn explain_analyze_runs_what_it_explains() {
    let engine = engine();
    let answer = run(&engine, "EXPLAIN ANALYZE SELECT count(*) FROM flights").await;
    assert_eq!(answer.columns[0].precision, i32::MAX);
    let told = answer.lines().join("\n");
    assert!(told.contains("output_rows=1"), "{told}");
    let failure = failure(&engine, "EXPLAIN ANALYZE SELECT 1 / 0").await;
    assert_eq!(failure.error_type, 1001);
}

#[tokio::test]
async fn information_schema_lists_the_catalog() {
    let engine = engine();
    let answer = run(
        &engine,
        "SELECT column_name, data_type FROM information_schema.columns
         WHERE table_schema = 'flights' AND table_name = 'flights' AND ordinal_position IN (1, 10, 19)
         ORDER BY ordinal_position",
    )
    .await;
    assert_eq!(
        answer.lines(),
        ["year|integer", "carrier|varchar", "time_hour|timestamp(3)"]
    );
    let answer = run(
        &engine,
        "SELECT schema_name FROM information_schema.schemata ORDER BY 1",
    )
    .await;
    assert_eq!(
        answer.lines(),
        ["default", "flights", "information_schema", "tpch"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_future_stops_the_work() {
    let engine = engine();
    let slow = query(
        "SELECT count(*) FROM flights a CROSS JOIN flights b WHERE a.distance * b.distance < 0",
    );
    let mut answer = Answer::default();
    let started = Instant::now();
    let ended = tokio::time::timeout(
        Duration::from_millis(1500),
        engine.run(&slow, &sql_support::host(), &mut answer),
    )
    .await;
    assert!(ended.is_err(), "the query is too fast to be cancelled");
    assert!(
        started.elapsed() < Duration::from_secs(15),
        "{:?}",
        started.elapsed()
    );
    // Work left behind would slow this down.
    assert_eq!(run(&engine, "SELECT 1").await.lines(), ["1"]);
}

#[tokio::test]
async fn files_of_a_folder_are_tables() {
    let folder = std::env::temp_dir().join(format!("athena-sandbox-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("shop/orders")).unwrap();
    std::fs::write(folder.join("shop/Customers.csv"), "id,name\n1,Ada\n2,\n").unwrap();
    std::fs::write(folder.join("shop/orders/a.csv"), "id,price\n1,1.5\n").unwrap();
    std::fs::write(folder.join("shop/orders/b.csv"), "id,price\n2,2.5\n").unwrap();
    let engine = athena_sandbox::sql::SqlEngine::builder()
        .data_dir(&folder)
        .build()
        .unwrap();
    let answer = run(&engine, "SELECT id, name FROM shop.customers ORDER BY id").await;
    assert_eq!(answer.lines()[0], "1|Ada");
    assert_eq!(
        run(&engine, "SELECT sum(price) FROM shop.orders")
            .await
            .lines(),
        ["4.0"]
    );
    std::fs::remove_dir_all(&folder).unwrap();
    let missing = athena_sandbox::sql::SqlEngine::builder()
        .data_dir(&folder)
        .build()
        .unwrap_err();
    assert!(missing.to_string().contains("data folder"), "{missing}");
}

#[tokio::test]
async fn statements_too_deep_to_walk_are_refused() {
    let engine = engine();
    for sql in [
        format!("SELECT {}1{}", "(".repeat(2000), ")".repeat(2000)),
        format!("SELECT {}", vec!["1"; 3000].join(" + ")),
        format!("SELECT 1 WHERE {}", vec!["1 = 1"; 3000].join(" OR ")),
        format!("SELECT 1 WHERE {} true", "NOT ".repeat(3000)),
        vec!["SELECT 1, 2"; 3000].join(" UNION ALL "),
        format!(
            "SELECT * FROM ({}SELECT 1{})",
            "SELECT * FROM (".repeat(60),
            ")".repeat(60)
        ),
        format!("SELECT ARRAY[1]{}", "[1]".repeat(3000)),
    ] {
        let refusal = engine.classify(&query(&sql)).expect_err(&sql);
        assert!(
            refusal.message.starts_with("statement is too large"),
            "{}",
            refusal.message
        );
    }
    let list: Vec<String> = (0..3000).map(|n| format!("'{n}'")).collect();
    let long = format!(
        "SELECT count(*) FROM airlines WHERE carrier IN ({})",
        list.join(", ")
    );
    assert_eq!(run(&engine, &long).await.lines(), ["0"]);
}

#[tokio::test]
async fn a_plan_can_be_had_as_json() {
    let sql = "EXPLAIN (FORMAT JSON) SELECT carrier, count(*) FROM airlines GROUP BY carrier";
    let answer = run(&engine(), sql).await;
    assert_eq!(answer.names(), ["Query Plan"]);
    let text = answer.lines().join("\n");
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let root = &plan["0"];
    assert_eq!(root["outputs"][0]["symbol"], "carrier");
    assert_eq!(root["outputs"][1]["type"], "bigint");
    assert!(root["children"][0]["name"].is_string(), "{text}");
}
