//! The columns of a query without running it: what is asked, how often, and what comes of it.

use std::time::{Duration, Instant};

use athena_core::ErrorKind;
use athena_core::session::{Connection, Statement, Value};
use athena_core::types::Column;
use athena_sandbox::{Fixture, Sandbox};

use crate::support::{cell, columns, connect, connect_with, one_column, sandbox};

fn statement(connection: &Connection, sql: &str) -> Statement {
    let statement = connection.statement();
    statement.set_sql(sql).unwrap();
    statement
}

fn described(columns: &[Column]) -> Vec<(String, String)> {
    columns
        .iter()
        .map(|column| (column.name.clone(), column.athena_type.to_string()))
        .collect()
}

/// The texts of the queries started, and their parameters.
fn started(sandbox: &Sandbox) -> Vec<(String, serde_json::Value)> {
    let requests = sandbox.requests().into_iter();
    requests
        .filter(|request| request.operation == "StartQueryExecution")
        .filter_map(|request| request.body)
        .map(|body| {
            let sql = body["QueryString"].as_str().unwrap().to_owned();
            (sql, body["ExecutionParameters"].clone())
        })
        .collect()
}

fn no_rows(list: &[(&str, &str)]) -> Fixture {
    Fixture::rows(columns(list), Vec::new())
}

fn types(list: &[&str]) -> Fixture {
    let names: Vec<String> = (0..list.len()).map(|n| format!("_col{n}")).collect();
    let names: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), "varchar"))
        .collect();
    let row = list.iter().map(|text| cell(text)).collect();
    Fixture::rows(columns(&names), vec![row])
}

#[test]
fn plain_columns_cost_one_query_and_the_answer_is_remembered() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT * FROM (SELECT n, v FROM t) LIMIT 0",
        no_rows(&[("n", "bigint"), ("v", "varchar(3)")]).data_scanned(7),
    );
    let connection = connect(&sandbox);
    for sql in ["SELECT n, v FROM t", "SELECT n, v FROM t"] {
        let columns = statement(&connection, sql).describe().unwrap();
        let expected = [("n", "bigint"), ("v", "varchar(3)")];
        assert_eq!(
            described(&columns),
            expected.map(|(name, text)| (name.to_owned(), text.to_owned()))
        );
    }
    assert_eq!(started(&sandbox).len(), 1);
    let elsewhere = connect_with(&sandbox, "Schema=other").unwrap();
    statement(&elsewhere, "SELECT n, v FROM t")
        .describe()
        .unwrap();
    assert_eq!(
        started(&sandbox).len(),
        2,
        "each connection has its own memory"
    );
}

#[test]
fn nested_types_and_precisions_cost_a_second_query() {
    let sandbox = sandbox();
    let sql = "SELECT n, a, ts, r FROM t WHERE x = ?";
    sandbox.fixture(
        format!("SELECT * FROM ({sql}) LIMIT 0"),
        no_rows(&[
            ("n", "integer"),
            ("a", "array(integer)"),
            ("ts", "timestamp(3)"),
            ("r", "row(integer)"),
        ]),
    );
    sandbox.fixture(
        format!(
            "SELECT typeof(q.c2), typeof(q.c3), typeof(q.c4) FROM (VALUES 1) t(one) \
             LEFT JOIN ({sql}) q(c1, c2, c3, c4) ON false"
        ),
        types(&[
            "array(map(varchar(3), decimal(38,2)))",
            "timestamp(9)",
            "row(a integer, double)",
        ]),
    );
    let connection = connect(&sandbox);
    let statement = statement(&connection, &format!("  {sql} ; -- the end"));
    statement.bind(0, Value::Int64(5)).unwrap();
    let columns = statement.describe().unwrap();
    let texts: Vec<_> = described(&columns)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    assert_eq!(
        texts,
        [
            "integer",
            "array(map(varchar(3), decimal(38,2)))",
            "timestamp(9)",
            "row(a integer, double)"
        ]
    );
    let started = started(&sandbox);
    assert_eq!(started.len(), 2);
    for (sql, parameters) in started {
        assert_eq!(parameters, serde_json::json!(["BIGINT '5'"]), "{sql}");
    }
    // Another value of the same type has the same columns.
    statement.bind(0, Value::Int64(6)).unwrap();
    statement.describe().unwrap();
    statement.bind(0, Value::Int32(6)).unwrap();
    statement.describe().unwrap();
    assert_eq!(sandbox.count("StartQueryExecution"), 4);
}

#[test]
fn only_queries_are_described() {
    let sandbox = sandbox();
    let connection = connect(&sandbox);
    for sql in [
        "SHOW TABLES",
        "EXECUTE p",
        "EXPLAIN SELECT 1",
        "SELECT 1) t, (SELECT 2",
    ] {
        let error = statement(&connection, sql).describe().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotImplemented, "{sql}: {error}");
    }
    assert_eq!(sandbox.count("StartQueryExecution"), 0);
}

#[test]
fn what_athena_finds_wrong_is_told_and_not_remembered() {
    let sandbox = sandbox();
    let reason = "TABLE_NOT_FOUND: line 1:30: Table 't' does not exist";
    sandbox.fixture(
        "SELECT * FROM (SELECT * FROM t) LIMIT 0",
        Fixture::failed(reason, 1301),
    );
    let connection = connect(&sandbox);
    let statement = statement(&connection, "\n SELECT * FROM t");
    for _ in 0..2 {
        let error = statement.describe().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TableNotFound);
        // Where it stands in the caller's text.
        assert!(error.message().contains("line 2:16: "), "{error}");
        assert!(error.query_execution_id().is_some());
    }
    assert_eq!(sandbox.count("StartQueryExecution"), 2);
}

#[test]
fn types_nobody_can_read_name_the_column() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT * FROM (SELECT r FROM t) LIMIT 0",
        no_rows(&[("r", "row(integer)")]),
    );
    sandbox.fixture(
        "SELECT typeof(q.c1) FROM (VALUES 1) t(one) LEFT JOIN (SELECT r FROM t) q(c1) ON false",
        types(&["row(a:b integer)"]),
    );
    let error = statement(&connect(&sandbox), "SELECT r FROM t")
        .describe()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.message().starts_with("Column \"r\""), "{error}");
}

#[test]
fn a_describe_is_cancelled_and_runs_out_of_time_like_a_query() {
    let sandbox = sandbox();
    let slow = one_column("n", "integer", &[]).run_delay(Duration::from_secs(60));
    sandbox.fixture("SELECT * FROM (SELECT 1) LIMIT 0", slow);
    let connection = connect(&sandbox);
    let statement = statement(&connection, "SELECT 1");
    let started = Instant::now();
    std::thread::scope(|scope| {
        let describing = scope.spawn(|| statement.describe());
        while sandbox.count("GetQueryExecution") == 0 {
            std::thread::yield_now();
        }
        assert_eq!(
            statement.describe().unwrap_err().kind(),
            ErrorKind::InvalidState
        );
        statement.cancel().unwrap();
        let error = describing.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    statement
        .set_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    assert_eq!(statement.describe().unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(sandbox.count("StopQueryExecution"), 2);
    assert!(started.elapsed() < Duration::from_secs(30));
}
