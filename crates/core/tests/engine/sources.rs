//! Each kind of result is read from the right source, and from no other.

use athena_core::ErrorKind;
use athena_core::session::{Connection, ResultStream, Statement};
use athena_sandbox::engine::StatementType;
use athena_sandbox::{Fault, FaultAction, Fixture, Policy, Sandbox};

use crate::support::{
    columns, connect, connect_with, drain, one_column, query, random_rows, rows, sandbox, start,
};

/// The default, and what never reads pages of a result that lies in an object.
const FETCHERS: [&str; 2] = ["", "ResultFetcher=S3;"];

#[test]
fn where_only_athena_may_read_the_bucket_it_does() {
    let policy = r#"{"Statement": [
        {"Effect": "Allow", "Action": ["athena:*", "glue:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
         "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}}]}"#;
    let policy = Policy::parse(policy).unwrap();
    let sandbox = start(
        Sandbox::builder()
            .credentials("test", "secret")
            .policy(policy),
    );
    let values = [Some("1"), None];
    sandbox.fixture("SELECT v", one_column("v", "integer", &values));
    let stream = query(&connect(&sandbox), "SELECT v").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["1"], ["∅"]]);
    assert_eq!(sandbox.count("GetObject"), 1, "it was tried");
    let strict = connect_with(&sandbox, "ResultFetcher=S3").unwrap();
    let error = query(&strict, "SELECT v").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    assert!(error.message().contains("s3:GetObject"), "{error}");
}

#[test]
fn text_results_are_read_as_pages() {
    let sandbox = sandbox();
    let explained = one_column(
        "Query Plan",
        "varchar",
        &[Some("Fragment 0"), Some("- Values")],
    );
    sandbox.fixture(
        "EXPLAIN SELECT 1",
        explained.kind(StatementType::Dml, "EXPLAIN"),
    );
    let tables = one_column("tab_name", "string", &[Some("tab_name"), Some("b")]);
    sandbox.fixture("SHOW TABLES", tables);
    for more in FETCHERS {
        let connection = connect_with(&sandbox, more).unwrap();
        for (sql, expected) in [
            ("EXPLAIN SELECT 1", ["Fragment 0", "- Values"]),
            ("SHOW TABLES", ["tab_name", "b"]),
        ] {
            let stream = query(&connection, sql).unwrap();
            let location = stream.execution().output_location.clone().unwrap();
            assert!(location.ends_with(".txt"), "{location}");
            let read: Vec<_> = rows(&drain(&stream).unwrap()).concat();
            assert_eq!(read, expected, "{more} {sql}");
        }
    }
    assert_eq!(sandbox.count("GetObject"), 0);
}

/// These report an object that is never written.
#[test]
fn statements_that_only_count_ask_for_no_object() {
    let sandbox = sandbox();
    for (sql, substatement) in [
        ("INSERT INTO t SELECT 1", "INSERT"),
        ("UPDATE t SET a = 1", "UPDATE"),
        ("DELETE FROM t", "DELETE"),
        (
            "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
            "MERGE",
        ),
        ("CREATE TABLE u AS SELECT 1 a", "CREATE_TABLE_AS_SELECT"),
    ] {
        sandbox.fixture(sql, Fixture::count(3));
        for more in FETCHERS {
            let stream = query(&connect_with(&sandbox, more).unwrap(), sql).unwrap();
            let execution = stream.execution();
            assert_eq!(execution.substatement_type.as_deref(), Some(substatement));
            let location = execution.output_location.clone().unwrap();
            let key = location.strip_prefix("s3://results/").unwrap();
            let keys = sandbox.keys("results").unwrap();
            assert!(!keys.contains(&key.to_owned()), "{sql} wrote {key}");
            assert_eq!(execution.update_count, Some(3), "{more} {sql}");
            assert_eq!(stream.schema().fields().len(), 0, "{sql}");
            assert!(drain(&stream).unwrap().is_empty(), "{sql}");
        }
    }
    assert_eq!(sandbox.count("GetObject"), 0);
}

/// Waits for the end of a query and not for its result.
fn finished(connection: &Connection, sql: &str) -> Statement {
    let statement = connection.statement();
    statement.set_sql(sql).unwrap();
    statement.submit().unwrap();
    while !statement.poll().unwrap().state.is_final() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    statement
}

fn delete_objects(sandbox: &Sandbox) {
    for key in sandbox.keys("results").unwrap() {
        sandbox.delete_object("results", &key).unwrap();
    }
}

#[test]
fn a_result_deleted_before_it_is_read_is_gone() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT v", one_column("v", "integer", &[Some("1")]));
    for more in ["", "ResultFetcher=S3", "ResultFetcher=GetQueryResults"] {
        let statement = finished(&connect_with(&sandbox, more).unwrap(), "SELECT v");
        delete_objects(&sandbox);
        let error = statement.wait().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResultNotFound, "{more}: {error}");
        assert!(error.query_execution_id().is_some(), "{more}: {error}");
        assert!(!error.is_retryable(), "{more}");
    }
}

#[test]
fn a_result_deleted_while_it_is_read_is_an_error_after_its_first_rows() {
    let sandbox = sandbox();
    let list = columns(&[("n", "bigint"), ("v", "varchar"), ("l", "bigint")]);
    sandbox.fixture("SELECT r", Fixture::rows(list, random_rows(3, 3_000)));
    for more in [
        "DownloadPartBytes=4096;DownloadConnections=1;FetchSize=20",
        "ResultFetcher=GetQueryResults;FetchSize=20",
    ] {
        let stream = query(&connect_with(&sandbox, more).unwrap(), "SELECT r").unwrap();
        let first = stream.next_batch().unwrap().unwrap();
        assert_eq!(rows(&[first])[0][0], "0");
        delete_objects(&sandbox);
        let error = drain(&stream).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ResultNotFound, "{more}: {error}");
    }
}

/// The numbers of the rows up to the error.
fn until_error(stream: &ResultStream) -> (Vec<String>, athena_core::Error) {
    let mut numbers = Vec::new();
    loop {
        match stream.next_batch() {
            Ok(batch) => {
                let read = rows(&[batch.expect("an error")]);
                numbers.extend(read.into_iter().map(|row| row[0].clone()));
            }
            Err(error) => return (numbers, error),
        }
    }
}

#[test]
fn a_page_that_leads_back_to_itself_is_an_error() {
    for skip in [0, 2] {
        let sandbox = sandbox();
        let list = columns(&[("n", "bigint"), ("v", "varchar"), ("l", "bigint")]);
        sandbox.fixture("SELECT r", Fixture::rows(list, random_rows(3, 180)));
        sandbox.fault(Fault::on("GetQueryResults", FaultAction::RepeatToken).skip(skip));
        let pages = "ResultFetcher=GetQueryResults;FetchSize=20";
        let stream = query(&connect_with(&sandbox, pages).unwrap(), "SELECT r").unwrap();
        let (numbers, error) = until_error(&stream);
        assert_eq!(error.kind(), ErrorKind::Service, "{error}");
        assert!(error.message().contains("does not end"), "{error}");
        let expected: Vec<String> = (0..numbers.len()).map(|n| n.to_string()).collect();
        assert_eq!(numbers, expected);
        assert_eq!(sandbox.count("GetQueryResults"), 2.max(skip as usize + 1));
    }
}
