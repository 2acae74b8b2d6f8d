//! What a caller is told when something is wrong, and that it is told soon.

use std::time::{Duration, Instant};

use athena_core::options::Options;
use athena_core::session::Connection;
use athena_core::{ErrorKind, Status};
use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox, WorkGroup};

use crate::support::{
    FAST, connect, connect_with, connect_without_location, one_column, query, sandbox, start,
};

fn open(text: &str) -> athena_core::Error {
    match Options::parse(text).and_then(Connection::open) {
        Ok(_) => panic!("{text} was accepted"),
        Err(error) => error,
    }
}

#[test]
fn connection_strings_are_refused_by_name_and_value() {
    for (text, kind, part) in [
        ("Region", ErrorKind::ConnectionString, "character 1"),
        (
            "Region=us-east-1;FetchSize=many",
            ErrorKind::InvalidOption,
            "FetchSize",
        ),
        (
            "Region=mars;User=a;Password=b",
            ErrorKind::InvalidOption,
            "mars",
        ),
        (
            "Region=us-east-1;User=a",
            ErrorKind::InvalidOption,
            "Password",
        ),
        (
            "Region=us-east-1;S3OutputLocation=http://x",
            ErrorKind::InvalidOption,
            "s3://",
        ),
        (
            "Region=us-east-1;Rgeion=x;StrictOptions=1",
            ErrorKind::UnknownOption,
            "Region",
        ),
        (
            "Region=us-east-1;CredentialsProvider=Okta",
            ErrorKind::NotImplemented,
            "Okta",
        ),
    ] {
        let error = open(text);
        assert_eq!(error.kind(), kind, "{text}: {error}");
        assert!(error.message().contains(part), "{text}: {error}");
    }
}

#[test]
fn refusals_of_the_service_have_kinds() {
    let sandbox = start(
        Sandbox::builder()
            .credentials("AKIDEXAMPLE", "right-secret")
            .work_group(WorkGroup::new("off").disabled())
            .work_group(WorkGroup::new("primary").output_location("s3://results/")),
    );
    let with = |more: &str| {
        let text = format!(
            "Region=eu-west-1;Endpoint={};User=AKIDEXAMPLE;Password=right-secret;{FAST}{more}",
            sandbox.url()
        );
        Options::parse(&text).and_then(Connection::open)
    };
    assert!(with("").is_ok());
    for (more, kind, status) in [
        (
            "Password=wrong-secret",
            ErrorKind::Unauthenticated,
            Status::Unauthenticated,
        ),
        (
            "User=AKIDUNKNOWN",
            ErrorKind::Unauthenticated,
            Status::Unauthenticated,
        ),
        ("WorkGroup=nowhere", ErrorKind::WorkGroup, Status::NotFound),
        ("WorkGroup=off", ErrorKind::WorkGroup, Status::NotFound),
    ] {
        let error = with(more).unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (kind, status),
            "{more}: {error}"
        );
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        if kind == ErrorKind::Unauthenticated {
            assert!(error.request_id().is_some(), "{error:?}");
        }
    }
    // Without the test at connect, the same errors come with the first query.
    let connection = with("WorkGroup=off;ConnectionTest=0").unwrap();
    assert_eq!(
        query(&connection, "SELECT 1").unwrap_err().kind(),
        ErrorKind::WorkGroup
    );
}

#[test]
fn statements_are_refused_before_or_by_athena() {
    let sandbox = sandbox();
    let message = "line 1:1: mismatched input 'SELEC'. Expecting: 'SELECT'";
    sandbox.fixture("SELEC 1", Fixture::refused("MALFORMED_QUERY", message));
    let connection = connect(&sandbox);
    let error = query(&connection, "SELEC 1").unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate()),
        (ErrorKind::Syntax, "42000")
    );
    assert_eq!(error.message(), message);
    let error = query(&connection, "  ;").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    let starts = sandbox.count("StartQueryExecution");
    let error = query(&connection, &format!("SELECT '{}'", "ß".repeat(140_000))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StatementTooLong);
    assert!(
        error.message().contains("262144") && error.message().len() < 400,
        "{error}"
    );
    assert_eq!(
        sandbox.count("StartQueryExecution"),
        starts,
        "nothing was sent"
    );
    let no_place = connect_without_location(&sandbox, "").unwrap();
    sandbox.fixture("SELECT 1", one_column("n", "integer", &[Some("1")]));
    let error = query(&no_place, "SELECT 1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoOutputLocation);
}

#[test]
fn a_server_that_is_gone_is_reported_soon() {
    let sandbox = sandbox();
    let connection = connect_with(&sandbox, "NumRetries=1").unwrap();
    let url = sandbox.url();
    drop(sandbox);
    let started = Instant::now();
    let error = query(&connection, "SELECT 1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(error.is_retryable());
    let host = url.trim_start_matches("http://");
    assert!(error.message().contains(host), "{error}");
    let error = open(&format!(
        "Region=eu-west-1;Endpoint={url};User=a;Password=b;NumRetries=1"
    ));
    assert_eq!(error.kind(), ErrorKind::Network, "{error}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_server_that_does_not_answer_is_a_timeout() {
    let sandbox = sandbox();
    let connection = connect_with(&sandbox, "NumRetries=0;SocketTimeout=1").unwrap();
    sandbox.fault(Fault::on(
        "StartQueryExecution",
        FaultAction::Latency(Duration::from_secs(30)),
    ));
    let error = query(&connection, "SELECT 1").unwrap_err();
    assert_eq!(
        (error.kind(), error.sqlstate()),
        (ErrorKind::ConnectionTimeout, "HYT01"),
        "{error}"
    );
    let host = sandbox.address().to_string();
    assert!(error.message().contains(&host), "{error}");
}

#[test]
fn too_many_queries_are_told_from_throttling() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_column("n", "integer", &[Some("1")]));
    let connection = connect_with(&sandbox, "NumRetries=0").unwrap();
    for (action, kind) in [
        (FaultAction::TooManyRequests, ErrorKind::TooManyQueries),
        (FaultAction::Throttle, ErrorKind::Throttled),
        (FaultAction::AccessDenied, ErrorKind::Unauthorized),
        (FaultAction::InternalError, ErrorKind::Service),
        (FaultAction::Html(400), ErrorKind::Service),
    ] {
        sandbox.fault(Fault::on("StartQueryExecution", action).times(1));
        assert_eq!(query(&connection, "SELECT 1").unwrap_err().kind(), kind);
    }
    assert!(query(&connection, "SELECT 1").is_ok());
}
