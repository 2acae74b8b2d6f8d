//! Submit, poll, cancel, time out, and what is sent on the way.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use athena_core::ErrorKind;
use athena_core::session::{Progress, QueryExecutionState, Value};
use athena_sandbox::engine::Failure;
use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox, State, WorkGroup};

use crate::support::{
    cell, columns, connect, connect_with, connect_without_location, drain, one_column, query, rows,
    sandbox, start,
};

fn slow() -> Fixture {
    one_column("n", "integer", &[Some("1")]).run_delay(Duration::from_secs(60))
}

fn bodies(sandbox: &Sandbox, operation: &str) -> Vec<serde_json::Value> {
    let requests = sandbox.requests().into_iter();
    requests
        .filter(|request| request.operation == operation)
        .filter_map(|r| r.body)
        .collect()
}

#[test]
fn a_query_is_started_polled_and_read_with_as_few_calls_as_it_takes() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT 1",
        one_column("n", "integer", &[Some("1")]).data_scanned(42),
    );
    let connection = connect(&sandbox);
    let stream = query(&connection, "SELECT 1").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["1"]]);
    let execution = stream.execution();
    assert_eq!(execution.state, QueryExecutionState::Succeeded);
    assert_eq!(execution.data_scanned_in_bytes, Some(42));
    assert_eq!(execution.update_count, None);
    for (operation, calls) in [
        ("GetWorkGroup", 1),
        ("StartQueryExecution", 1),
        ("GetQueryResults", 1),
        ("GetObject", 1),
        ("StopQueryExecution", 0),
        ("HeadObject", 0),
    ] {
        assert_eq!(sandbox.count(operation), calls, "{operation}");
    }
}

#[test]
fn nothing_is_sent_that_was_not_asked_for() {
    let sandbox = start(
        Sandbox::builder().work_group(WorkGroup::new("primary").output_location("s3://results/")),
    );
    sandbox.fixture("SELECT 1", one_column("n", "integer", &[Some("1")]));
    let connection = connect_without_location(&sandbox, "").unwrap();
    drain(&query(&connection, "SELECT 1").unwrap()).unwrap();
    let body = &bodies(&sandbox, "StartQueryExecution")[0];
    assert_eq!(body.get("ResultConfiguration"), None, "{body}");
    assert_eq!(body.get("ResultReuseConfiguration"), None);
    assert_eq!(body.get("ExecutionParameters"), None);
    assert_eq!(body.get("WorkGroup"), None);
}

#[test]
fn what_was_asked_for_is_sent() {
    let sandbox = start(Sandbox::builder().work_group(WorkGroup::new("reports")));
    sandbox.fixture("SELECT 1", one_column("n", "integer", &[Some("1")]));
    let connection = connect_with(
        &sandbox,
        "Catalog=AwsDataCatalog;Schema=sales;WorkGroup=reports;S3OutputEncOption=SSE_KMS;\
         S3OutputEncKMSKey=key-1;ExpectedBucketOwner=123456789012;AclOption=BUCKET_OWNER_FULL_CONTROL;\
         EnableResultReuse=1;AgeForResultReuse=30",
    )
    .unwrap();
    drain(&query(&connection, "SELECT 1").unwrap()).unwrap();
    let body = &bodies(&sandbox, "StartQueryExecution")[0];
    assert_eq!(body["QueryExecutionContext"]["Database"], "sales");
    assert_eq!(body["WorkGroup"], "reports");
    let result = &body["ResultConfiguration"];
    assert_eq!(result["OutputLocation"], "s3://results/");
    assert_eq!(
        result["EncryptionConfiguration"]["EncryptionOption"],
        "SSE_KMS"
    );
    assert_eq!(result["EncryptionConfiguration"]["KmsKey"], "key-1");
    assert_eq!(result["ExpectedBucketOwner"], "123456789012");
    assert_eq!(
        result["AclConfiguration"]["S3AclOption"],
        "BUCKET_OWNER_FULL_CONTROL"
    );
    let reuse = &body["ResultReuseConfiguration"]["ResultReuseByAgeConfiguration"];
    assert_eq!(
        (reuse["Enabled"].clone(), reuse["MaxAgeInMinutes"].clone()),
        (true.into(), 30.into())
    );
    let get = sandbox
        .requests()
        .into_iter()
        .find(|r| r.operation == "GetObject")
        .unwrap();
    assert_eq!(
        get.header("x-amz-expected-bucket-owner"),
        Some("123456789012")
    );
}

#[test]
fn one_token_serves_all_retries_of_an_execute_and_no_other() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_column("n", "integer", &[Some("1")]));
    let connection = connect(&sandbox);
    sandbox.fault(Fault::on("StartQueryExecution", FaultAction::ResetBeforeHeaders).times(2));
    query(&connection, "SELECT 1").unwrap();
    query(&connection, "SELECT 1").unwrap();
    let tokens: Vec<String> = bodies(&sandbox, "StartQueryExecution")
        .iter()
        .map(|body| body["ClientRequestToken"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(tokens.len(), 4, "{tokens:?}");
    assert!(tokens[0] == tokens[1] && tokens[1] == tokens[2]);
    assert_ne!(tokens[2], tokens[3]);
    assert!((32..=128).contains(&tokens[0].len()));
}

#[test]
fn throttling_while_polling_is_no_failure() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_column("n", "integer", &[Some("1")]));
    let connection = connect_with(&sandbox, "NumRetries=0").unwrap();
    sandbox.fault(Fault::on("GetQueryExecution", FaultAction::Throttle).times(7));
    let stream = query(&connection, "SELECT 1").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["1"]]);
    assert_eq!(sandbox.count("GetQueryExecution"), 8);
}

#[test]
fn a_page_of_html_and_an_expired_token_are_looked_at_again() {
    for action in [
        FaultAction::Html(400),
        FaultAction::ExpiredToken,
        FaultAction::InternalError,
    ] {
        let sandbox = sandbox();
        sandbox.fixture("SELECT 1", one_column("n", "integer", &[Some("1")]));
        let connection = connect(&sandbox);
        sandbox.fault(Fault::on("GetQueryExecution", action.clone()).times(1));
        assert!(query(&connection, "SELECT 1").is_ok(), "{action:?}");
    }
}

#[test]
fn a_running_query_may_queue_again() {
    use State::{Queued, Running};
    let sandbox = sandbox();
    let states = [Queued, Running, Queued, Running];
    sandbox.fixture(
        "SELECT 1",
        one_column("n", "integer", &[Some("1")]).states(states),
    );
    let connection = connect(&sandbox);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let statement = connection.statement();
    statement.set_sql("SELECT 1").unwrap();
    let list = Arc::clone(&seen);
    statement
        .set_progress(Some(Arc::new(move |progress| {
            list.lock().unwrap().push(progress.state.name());
        })))
        .unwrap();
    statement.execute().unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        ["QUEUED", "RUNNING", "QUEUED", "RUNNING", "SUCCEEDED"]
    );
}

#[test]
fn a_panicking_callback_fails_its_query_which_is_stopped_and_no_other() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", slow());
    sandbox.fixture("SELECT 2", one_column("n", "integer", &[Some("2")]));
    let connection = connect(&sandbox);
    let statement = connection.statement();
    statement.set_sql("SELECT 1").unwrap();
    let callback = Arc::new(|_: &Progress| panic!("a bug of the caller's"));
    statement.set_progress(Some(callback)).unwrap();
    assert_eq!(statement.execute().unwrap_err().kind(), ErrorKind::Internal);
    assert_eq!(sandbox.count("StopQueryExecution"), 1);
    statement.set_progress(None).unwrap();
    statement.set_sql("SELECT 2").unwrap();
    let stream = statement.execute().unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["2"]]);
}

#[test]
fn callers_with_their_own_loop_submit_poll_and_wait() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT 1",
        one_column("n", "integer", &[Some("1")]).run_delay(Duration::from_millis(50)),
    );
    let connection = connect(&sandbox);
    let statement = connection.statement();
    assert_eq!(
        statement.poll().unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    assert_eq!(
        statement.wait().unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    assert_eq!(
        statement.submit().unwrap_err().kind(),
        ErrorKind::InvalidState,
        "no text yet"
    );
    statement.set_sql("SELECT 1").unwrap();
    let id = statement.submit().unwrap();
    assert_eq!(
        statement.submit().unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    assert_eq!(
        statement.set_sql("SELECT 2").unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    let deadline = Instant::now() + Duration::from_secs(10);
    while !statement.poll().unwrap().state.is_final() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(5));
    }
    let stream = statement.wait().unwrap();
    assert_eq!(stream.execution().query_execution_id, id);
    assert_eq!(rows(&drain(&stream).unwrap()), [["1"]]);
    assert!(statement.submit().is_ok(), "a statement may run again");
}

#[test]
fn cancel_from_another_thread_stops_the_query() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", slow());
    let connection = connect(&sandbox);
    let statement = connection.statement();
    assert_eq!(
        statement.cancel().unwrap_err().kind(),
        ErrorKind::InvalidState
    );
    statement.set_sql("SELECT 1").unwrap();
    let started = Instant::now();
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            while sandbox.count("GetQueryExecution") == 0 {
                std::thread::sleep(Duration::from_millis(10));
            }
            statement.cancel().unwrap();
        });
        statement.execute().unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.query_execution_id().is_some());
    assert!(started.elapsed() < Duration::from_secs(20));
    assert_eq!(sandbox.count("StopQueryExecution"), 1);
}

#[test]
fn the_time_limit_stops_the_query() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", slow());
    let connection = connect(&sandbox);
    let statement = connection.statement();
    statement.set_sql("SELECT 1").unwrap();
    statement
        .set_timeout(Some(Duration::from_millis(150)))
        .unwrap();
    let error = statement.execute().unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate()),
        (ErrorKind::Timeout, "HYT00")
    );
    assert!(error.message().contains("0.15 s"), "{error}");
    assert_eq!(sandbox.count("StopQueryExecution"), 1);
}

#[test]
fn an_abandoned_query_is_stopped() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", slow());
    let connection = connect(&sandbox);
    let statement = connection.statement();
    statement.set_sql("SELECT 1").unwrap();
    statement.submit().unwrap();
    drop(connection);
    drop(statement);
    assert_eq!(sandbox.count("StopQueryExecution"), 1);
}

#[test]
fn a_submitted_query_can_be_cancelled_and_its_wait_says_so() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", slow());
    let connection = connect(&sandbox);
    let statement = connection.statement();
    statement.set_sql("SELECT 1").unwrap();
    statement.submit().unwrap();
    statement.cancel().unwrap();
    assert_eq!(
        statement.poll().unwrap().state,
        QueryExecutionState::Cancelled
    );
    assert_eq!(statement.wait().unwrap_err().kind(), ErrorKind::Cancelled);
}

#[test]
fn failures_tell_reason_numbers_and_ids() {
    let sandbox = sandbox();
    let reason = "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.default.x' does not exist";
    sandbox.fixture("SELECT * FROM x", Fixture::failed(reason, 1301));
    let error = query(&connect(&sandbox), "SELECT * FROM x").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TableNotFound);
    assert_eq!(error.sqlstate(), "42S02");
    assert_eq!(error.message(), reason);
    assert_eq!(error.athena_error_category(), Some(2));
    assert_eq!(error.athena_error_type(), Some(1301));
    assert!(error.query_execution_id().is_some());
    assert!(!error.is_retryable());

    let throttled = Failure {
        reason: "HIVE_CANNOT_OPEN_SPLIT: Slow Down".to_owned(),
        message: None,
        error_category: 1,
        error_type: 1403,
        retryable: true,
    };
    sandbox.fixture(
        "SELECT 2",
        one_column("n", "integer", &[]).failure(throttled),
    );
    let error = query(&connect(&sandbox), "SELECT 2").unwrap_err();
    assert!(error.is_retryable());
}

#[test]
fn the_scan_limit_is_told_from_a_cancellation() {
    let group = WorkGroup::new("capped").bytes_scanned_cutoff(10_000_000);
    let sandbox = start(Sandbox::builder().work_group(group));
    sandbox.fixture(
        "SELECT 1",
        one_column("n", "integer", &[Some("1")]).data_scanned(20_000_000),
    );
    let connection = connect_with(&sandbox, "WorkGroup=capped").unwrap();
    let error = query(&connection, "SELECT 1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ScanLimit);
    assert!(error.message().contains("Bytes scanned limit"), "{error}");
}

#[test]
fn values_are_sent_as_typed_literals_and_counted_first() {
    let sandbox = sandbox();
    let sql = "SELECT ? AS a, '?' AS b -- ?";
    sandbox.fixture(
        sql,
        Fixture::rows(
            columns(&[("a", "varchar"), ("b", "varchar(1)")]),
            vec![vec![cell("now()"), cell("?")]],
        ),
    );
    let connection = connect(&sandbox);
    let statement = connection.statement();
    statement.set_sql(sql).unwrap();
    assert_eq!(statement.parameter_count().unwrap(), 1);
    let error = statement.execute().unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate()),
        (ErrorKind::ParameterCount, "07002")
    );
    assert_eq!(sandbox.count("StartQueryExecution"), 0);
    statement.bind(0, Value::Text("now()".to_owned())).unwrap();
    statement.execute().unwrap();
    let body = &bodies(&sandbox, "StartQueryExecution")[0];
    assert_eq!(body["ExecutionParameters"], serde_json::json!(["'now()'"]));
    statement.bind(2, Value::Null).unwrap();
    let error = statement.execute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ParameterCount);
    assert!(error.message().contains("parameter 2"), "{error}");
    statement.clear_bindings().unwrap();
    assert_eq!(
        statement.execute().unwrap_err().kind(),
        ErrorKind::ParameterCount
    );
}

#[test]
fn statements_run_side_by_side() {
    let sandbox = sandbox();
    for n in 0..8 {
        let text = n.to_string();
        let fixture =
            one_column("n", "integer", &[Some(&text)]).run_delay(Duration::from_millis(30));
        sandbox.fixture(format!("SELECT {n}"), fixture);
    }
    let connection = connect(&sandbox);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let connection = &connection;
            scope.spawn(move || {
                let stream = query(connection, &format!("SELECT {n}")).unwrap();
                assert_eq!(rows(&drain(&stream).unwrap()), [[n.to_string()]]);
            });
        }
    });
}
