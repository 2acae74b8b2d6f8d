//! What is sent, and when UNLOAD is not used.

use athena_core::ErrorKind;
use athena_core::session::Value;
use athena_sandbox::engine::StatementType;
use athena_sandbox::{Fixture, Sandbox, WorkGroup};

use super::{
    batch, describe, described, files, int64, left_over, parquet, started, unloading, unloads,
};
use crate::support::{
    cell, columns, connect_without_location, drain, one_column, query, rows, start,
};

fn one_file() -> Fixture {
    files([parquet(&batch(vec![int64([1, 2, 3])]))])
}

#[test]
fn a_query_is_described_and_unloaded_once_and_tells_of_the_unload() {
    let sandbox = described("SELECT n FROM t", &[("n", "bigint")]);
    unloads(&sandbox, one_file().data_scanned(77));
    let connection = unloading(&sandbox, "");
    let statement = connection.statement();
    statement.set_sql("SELECT n FROM t; -- end").unwrap();
    let stream = statement.execute().unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["1"], ["2"], ["3"]]);
    let texts = started(&sandbox);
    assert_eq!(texts.len(), 2, "{texts:?}");
    let (head, tail) = texts[1].split_once("TO 's3://results/unload/").unwrap();
    assert_eq!(
        head,
        "UNLOAD (SELECT c0 FROM (SELECT n FROM t\n) AS q (c0)) "
    );
    let (id, tail) = tail.split_once('/').unwrap();
    assert_eq!(id.len(), 36, "{id}");
    assert_eq!(tail, "' WITH (format = 'PARQUET', compression = 'SNAPPY')");
    let execution = stream.execution();
    assert_eq!(execution.data_scanned_in_bytes, Some(77));
    assert_eq!(execution.substatement_type.as_deref(), Some("UNLOAD"));
    assert_eq!(execution.update_count, None);
    // Footer, then nothing: the file came with it. The manifest is the other one.
    assert_eq!(sandbox.count("GetObject"), 2);
    assert_eq!(
        (
            sandbox.count("ListObjectsV2"),
            sandbox.count("DeleteObjects")
        ),
        (1, 2)
    );
    assert_eq!(left_over(&sandbox), [""; 0]);
    // The next time, the columns are known.
    unloads(&sandbox, one_file());
    drain(&statement.execute().unwrap()).unwrap();
    let again = started(&sandbox);
    assert_eq!(again.len(), 3);
    assert_ne!(
        again[1], again[2],
        "every execution has a folder of its own"
    );
}

#[test]
fn parameters_are_bound_in_the_unload() {
    let sandbox = described("SELECT ?", &[("_col0", "bigint")]);
    unloads(&sandbox, files([parquet(&batch(vec![int64([5])]))]));
    let statement = unloading(&sandbox, "").statement();
    statement.set_sql("SELECT ?").unwrap();
    statement.bind(0, Value::Int64(5)).unwrap();
    let stream = statement.execute().unwrap();
    assert_eq!(stream.schema().field(0).name(), "_col0");
    assert_eq!(rows(&drain(&stream).unwrap()), [["5"]]);
    let unload = sandbox
        .requests()
        .into_iter()
        .filter_map(|request| request.body)
        .find(|body| {
            body["QueryString"]
                .as_str()
                .is_some_and(|sql| sql.starts_with("UNLOAD"))
        });
    assert_eq!(
        unload.unwrap()["ExecutionParameters"],
        serde_json::json!(["BIGINT '5'"])
    );
}

#[test]
fn an_ordered_query_is_read_as_it_is_unless_its_order_may_be_lost() {
    let sql = "SELECT n FROM t ORDER BY n";
    let sandbox = described(sql, &[("n", "bigint")]);
    sandbox.fixture(sql, one_column("n", "bigint", &[Some("1"), Some("2")]));
    unloads(&sandbox, one_file());
    let stream = query(&unloading(&sandbox, ""), sql).unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["1"], ["2"]]);
    assert_eq!(started(&sandbox)[1..], [sql]);
    sandbox.clear_requests();
    let stream = query(&unloading(&sandbox, "UnloadOrderedQueries=1"), sql).unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()).len(), 3);
    assert!(started(&sandbox)[1].starts_with("UNLOAD ("));
}

#[test]
fn statements_that_are_no_queries_run_as_they_are() {
    let sandbox = start(Sandbox::builder());
    sandbox.fixture(
        "SHOW TABLES",
        one_column("tab_name", "string", &[Some("a")]),
    );
    sandbox.fixture("EXECUTE p", one_column("n", "bigint", &[Some("4")]));
    sandbox.fixture("INSERT INTO t VALUES (1)", Fixture::count(3));
    sandbox.fixture(
        "CREATE DATABASE d",
        Fixture::rows(Vec::new(), Vec::new()).kind(StatementType::Ddl, "CREATE_DATABASE"),
    );
    sandbox.fixture(
        "UNLOAD (SELECT 1 a) TO 's3://mine/x/' WITH (format = 'PARQUET')",
        one_file(),
    );
    let connection = unloading(&sandbox, "");
    let stream = query(&connection, "SHOW TABLES").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["a"]]);
    let stream = query(&connection, "EXECUTE p").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["4"]]);
    let stream = query(&connection, "INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(stream.execution().update_count, Some(3));
    drain(&query(&connection, "CREATE DATABASE d").unwrap()).unwrap();
    let own = "UNLOAD (SELECT 1 a) TO 's3://mine/x/' WITH (format = 'PARQUET')";
    drain(&query(&connection, own).unwrap()).unwrap();
    assert_eq!(started(&sandbox).len(), 5);
    assert_eq!(
        sandbox.keys("mine").unwrap(),
        ["x/part-0"],
        "the caller's own files stay"
    );
}

#[test]
fn nested_columns_are_typed_also_where_unload_is_not_used() {
    let sql = "SELECT n, a FROM t ORDER BY n";
    let sandbox = described(sql, &[("n", "bigint"), ("a", "array(bigint)")]);
    sandbox.fixture(
        "SELECT q.c1, CAST(q.c2 AS JSON) FROM (SELECT n, a FROM t) q(c1, c2) ORDER BY q.c1",
        Fixture::rows(
            columns(&[("c1", "bigint"), ("_col1", "json")]),
            vec![vec![cell("1"), cell("[7,null]")]],
        ),
    );
    let stream = query(&unloading(&sandbox, ""), sql).unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["1", "[7, ∅]"]]);
}

#[test]
fn columns_that_cannot_be_unloaded_are_read_as_ever_or_named() {
    let sandbox = start(Sandbox::builder());
    let sql = "SELECT shape FROM t";
    describe(&sandbox, sql, &[("shape", "geometry")]);
    sandbox.fixture(sql, one_column("shape", "geometry", &[Some("POINT (1 2)")]));
    let stream = query(&unloading(&sandbox, ""), sql).unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["POINT (1 2)"]]);
    let sql = "SELECT shapes FROM t";
    describe(&sandbox, sql, &[("shapes", "array(geometry)")]);
    let error = query(&unloading(&sandbox, ""), sql).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotImplemented);
    for part in ["\"shapes\"", "array(geometry)"] {
        assert!(error.message().contains(part), "{error}");
    }
    let texts = started(&sandbox);
    assert!(texts.iter().all(|text| !text.starts_with("UNLOAD")));
}

#[test]
fn files_go_where_results_go() {
    let group = WorkGroup::new("enforced")
        .output_location("s3://theirs/results/")
        .enforced();
    let sandbox = start(
        Sandbox::builder()
            .work_group(group)
            .work_group(WorkGroup::new("managed").managed_results()),
    );
    describe(&sandbox, "SELECT n FROM t", &[("n", "bigint")]);
    unloads(&sandbox, one_file());
    // What the workgroup says, not what the caller says, is where results go.
    let connection = unloading(&sandbox, "WorkGroup=enforced");
    let stream = query(&connection, "SELECT n FROM t").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()).len(), 3);
    assert!(started(&sandbox)[1].contains("TO 's3://theirs/results/unload/"));
    let managed = connect_without_location(&sandbox, "WorkGroup=managed;ResultFetcher=unload");
    let error = query(&managed.unwrap(), "SELECT n FROM t").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoOutputLocation, "{error}");
    assert!(error.message().contains("ResultFetcher=unload"), "{error}");
}

#[test]
fn a_statement_that_grows_too_long_is_not_sent() {
    let sql = format!("SELECT n FROM t -- {}\n", "x".repeat(262_144 - 20));
    let sandbox = described("SELECT n FROM t", &[("n", "bigint")]);
    let error = query(&unloading(&sandbox, ""), &format!("{sql}WHERE true")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StatementTooLong, "{error}");
    assert_eq!(started(&sandbox), [""; 0]);
}

#[test]
fn a_query_submitted_is_unloaded_too() {
    let sandbox = described("SELECT n FROM t", &[("n", "bigint")]);
    unloads(&sandbox, one_file());
    let statement = unloading(&sandbox, "").statement();
    statement.set_sql("SELECT n FROM t").unwrap();
    let id = statement.submit().unwrap();
    assert_eq!(statement.poll().unwrap().query_execution_id, id);
    let stream = statement.wait().unwrap();
    assert_eq!(stream.execution().query_execution_id, id);
    assert_eq!(rows(&drain(&stream).unwrap()), [["1"], ["2"], ["3"]]);
    assert_eq!(left_over(&sandbox), [""; 0]);
}

#[test]
fn what_athena_finds_wrong_with_the_query_is_told() {
    let sandbox = start(Sandbox::builder());
    sandbox.fixture(
        "SELECT * FROM (SELECT x FROM t) LIMIT 0",
        Fixture::failed(
            "COLUMN_NOT_FOUND: line 1:16: Column 'x' cannot be resolved",
            1006,
        ),
    );
    let error = query(&unloading(&sandbox, ""), "SELECT x FROM t").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ColumnNotFound, "{error}");
    assert_eq!(started(&sandbox).len(), 1);
}
