//! What goes wrong while a result is read: the whole result after all, or one clear error.

use std::time::Duration;

use athena_core::ErrorKind;
use athena_core::error::Error;
use athena_core::session::Connection;
use athena_sandbox::FaultAction::{self, *};
use athena_sandbox::engine::Cell;
use athena_sandbox::{ChecksumType, Fault, Fixture, Sandbox};

use crate::support::{
    cell, columns, connect, connect_with, drain, one_column, query, random_rows, rows, sandbox,
    start,
};

/// One connection, so that requests can be counted.
const RANGES: &str = "DownloadPartBytes=1500;DownloadConnections=1;";
const PAGES: &str = "ResultFetcher=GetQueryResults;FetchSize=50;";
const ROWS: usize = 180;

/// Rows as the driver's are shown.
fn shown(rows: &[Vec<Cell>]) -> Vec<Vec<String>> {
    let text = |cell: &Cell| cell.clone().unwrap_or("∅".to_owned());
    rows.iter()
        .map(|row| row.iter().map(text).collect())
        .collect()
}

/// A sandbox with a result, and what must be read of it.
fn with_result() -> (Sandbox, Vec<Vec<String>>) {
    let sandbox = sandbox();
    let put_in = random_rows(11, ROWS);
    let list = columns(&[("n", "bigint"), ("v", "varchar"), ("l", "bigint")]);
    let expected = shown(&put_in);
    sandbox.fixture("SELECT r", Fixture::rows(list, put_in));
    (sandbox, expected)
}

/// Reads; what came before an error must be the beginning of what was put in.
fn read(connection: &Connection, expected: &[Vec<String>]) -> Result<(), Error> {
    let stream = query(connection, "SELECT r")?;
    let mut read = Vec::new();
    loop {
        match stream.next_batch() {
            Ok(Some(batch)) => read.extend(rows(&[batch])),
            Ok(None) => break,
            Err(error) => {
                assert!(expected.starts_with(&read), "{error}");
                let again = stream.next_batch().unwrap_err();
                assert_eq!(again.message(), error.message());
                return Err(error);
            }
        }
    }
    assert_eq!(read, expected);
    Ok(())
}

/// The requests that reading takes when nothing goes wrong.
fn undisturbed(operation: &str, more: &str) -> usize {
    let (sandbox, expected) = with_result();
    read(&connect_with(&sandbox, more).unwrap(), &expected).unwrap();
    let requests = sandbox.count(operation);
    assert!(requests >= 4, "{requests}");
    requests
}

/// A time limit where one is to be hit, and nowhere else: machines can be slow.
fn with_time_limit(more: &str, action: &FaultAction) -> String {
    match action {
        Stall(_) => format!("{more}ReadTimeout=1;"),
        _ => more.to_owned(),
    }
}

/// Faults that pass, on the second request and the `times - 1` that follow: read in full, with
/// so many requests more.
fn passes(operation: &str, more: &str, cases: &[FaultAction]) {
    const TIMES: u32 = 2;
    let requests = undisturbed(operation, more);
    for action in cases {
        let (sandbox, expected) = with_result();
        let connection = connect_with(&sandbox, &with_time_limit(more, action)).unwrap();
        sandbox.fault(Fault::on(operation, action.clone()).skip(1).times(TIMES));
        read(&connection, &expected).unwrap_or_else(|error| panic!("{action:?}: {error}"));
        let more = match action {
            SlowFirstByte(_) | Latency(_) | Bandwidth(_) => 0,
            _ => TIMES as usize,
        };
        assert_eq!(sandbox.count(operation), requests + more, "{action:?}");
    }
}

/// Faults that stay, from the second request on: one error of this kind, after so many
/// requests.
fn stays(operation: &str, more: &str, cases: &[(FaultAction, ErrorKind, usize)]) {
    for (action, kind, requests) in cases {
        let (sandbox, expected) = with_result();
        let more = with_time_limit(more, action) + "NumRetries=2";
        let connection = connect_with(&sandbox, &more).unwrap();
        sandbox.fault(Fault::on(operation, action.clone()).skip(1));
        let error = read(&connection, &expected).unwrap_err();
        assert_eq!(error.kind(), *kind, "{action:?}: {error}");
        assert!(error.query_execution_id().is_some(), "{action:?}: {error}");
        assert_eq!(
            sandbox.count(operation),
            1 + requests,
            "{action:?}: {error}"
        );
    }
}

#[test]
fn faults_of_the_object_that_pass_cost_requests_but_no_row() {
    passes(
        "GetObject",
        RANGES,
        &[
            Throttle,
            InternalError,
            ServiceUnavailable,
            Html(502),
            ResetBeforeHeaders,
            ResetAfter(0),
            ResetAfter(100),
            CutBody(0),
            CutBody(77),
            Stall(100),
            SlowFirstByte(Duration::from_millis(20)),
            Latency(Duration::from_millis(20)),
            Bandwidth(100_000),
        ],
    );
}

#[test]
fn faults_of_the_object_that_stay_are_one_error() {
    stays(
        "GetObject",
        RANGES,
        &[
            (Throttle, ErrorKind::Throttled, 3),
            (InternalError, ErrorKind::Service, 3),
            (Html(502), ErrorKind::Service, 3),
            (ResetBeforeHeaders, ErrorKind::Network, 3),
            (ResetAfter(10), ErrorKind::Network, 3),
            (CutBody(10), ErrorKind::Network, 3),
            (Stall(10), ErrorKind::ConnectionTimeout, 3),
            (Html(200), ErrorKind::Service, 1),
            (Html(403), ErrorKind::Unauthorized, 1),
            (AccessDenied, ErrorKind::Unauthorized, 1),
            (NotFound, ErrorKind::ResultNotFound, 1),
            (ExpiredToken, ErrorKind::Unauthenticated, 1),
            (ChangedObject, ErrorKind::ResultChanged, 1),
            (ShortObject(4_000), ErrorKind::ResultChanged, 1),
            (IgnoreRange, ErrorKind::Service, 1),
            (NoEtag, ErrorKind::ResultChanged, 1),
        ],
    );
}

#[test]
fn faults_of_pages_that_pass_cost_requests_but_no_row() {
    passes(
        "GetQueryResults",
        PAGES,
        &[
            Throttle,
            TooManyRequests,
            InternalError,
            ServiceUnavailable,
            Html(502),
            ResetBeforeHeaders,
            ResetAfter(0),
            ResetAfter(1000),
            CutBody(777),
            SlowFirstByte(Duration::from_millis(20)),
            Latency(Duration::from_millis(20)),
            Bandwidth(100_000),
        ],
    );
}

#[test]
fn faults_of_pages_that_stay_are_one_error() {
    stays(
        "GetQueryResults",
        PAGES,
        &[
            (Throttle, ErrorKind::Throttled, 3),
            (TooManyRequests, ErrorKind::TooManyQueries, 3),
            (InternalError, ErrorKind::Service, 3),
            (ServiceUnavailable, ErrorKind::Throttled, 3),
            (Html(502), ErrorKind::Service, 3),
            (ResetBeforeHeaders, ErrorKind::Network, 3),
            (ResetAfter(10), ErrorKind::Network, 3),
            (CutBody(10), ErrorKind::Network, 3),
            (Html(200), ErrorKind::Service, 1),
            (Html(403), ErrorKind::Service, 1),
            (AccessDenied, ErrorKind::Unauthorized, 1),
            (ExpiredToken, ErrorKind::Unauthenticated, 1),
        ],
    );
}

/// The first answer decides which object is read, so a fault of it is told apart.
#[test]
fn faults_of_the_first_answer_are_noticed_too() {
    for (action, kind) in [
        (Html(200), ErrorKind::ResultChanged),
        (ShortObject(0), ErrorKind::ResultChanged),
        (ShortObject(9), ErrorKind::ResultChanged),
        (ShortObject(3_000), ErrorKind::ResultChanged),
        (ChangedObject, ErrorKind::ResultChanged),
        (IgnoreRange, ErrorKind::Service),
        (NoEtag, ErrorKind::Service),
    ] {
        let (sandbox, expected) = with_result();
        let connection = connect_with(&sandbox, RANGES).unwrap();
        sandbox.fault(Fault::on("GetObject", action.clone()).times(1));
        let error = read(&connection, &expected).unwrap_err();
        assert_eq!(error.kind(), kind, "{action:?}: {error}");
        assert_eq!(
            sandbox.count("GetQueryResults"),
            1,
            "no other route is taken"
        );
    }
}

#[test]
fn a_whole_answer_to_a_range_that_covers_the_object_is_read() {
    let (sandbox, expected) = with_result();
    sandbox.fault(Fault::on("GetObject", IgnoreRange));
    read(&connect(&sandbox), &expected).unwrap();
}

#[test]
fn an_empty_last_page_ends_the_result() {
    let (sandbox, expected) = with_result();
    sandbox.fault(Fault::on("GetQueryResults", ExtraEmptyPage));
    let requests = undisturbed("GetQueryResults", PAGES);
    read(&connect_with(&sandbox, PAGES).unwrap(), &expected).unwrap();
    assert_eq!(sandbox.count("GetQueryResults"), requests + 1);
}

#[test]
fn the_object_beside_the_result_is_not_needed() {
    let (sandbox, expected) = with_result();
    for action in [NotFound, OpaqueMetadata] {
        sandbox.fault(Fault::on("GetObject", action).key(".metadata"));
    }
    read(&connect(&sandbox), &expected).unwrap();
}

#[test]
fn every_range_asks_for_the_version_of_the_first() {
    let (sandbox, expected) = with_result();
    read(&connect_with(&sandbox, RANGES).unwrap(), &expected).unwrap();
    let requests = sandbox.requests();
    let pins: Vec<_> = requests
        .iter()
        .filter(|request| request.operation == "GetObject")
        .map(|request| request.header("if-match"))
        .collect();
    assert!(pins.len() >= 4 && pins[0].is_none() && pins[1].is_some());
    assert!(pins[2..].iter().all(|pin| *pin == pins[1]), "{pins:?}");
}

/// Bytes that still make a value are values: only a checksum tells. S3 sends one where a range
/// covers the whole object, TLS has one for every record; without either, nobody can know.
#[test]
fn a_byte_that_flips_on_the_way_is_noticed_by_checksum_only() {
    let put_in = |sandbox: &Sandbox| {
        sandbox.fixture("SELECT v", one_column("v", "integer", &[Some("100")]));
        // The `1` behind the header `"v"\n` becomes a `d`, and a `d` of the text a `1`.
        sandbox.fixture("SELECT w", one_column("w", "varchar", &[Some("do")]));
        sandbox.fault(Fault::on("GetObject", CorruptByte(5)));
    };
    let sandbox = sandbox();
    put_in(&sandbox);
    let connection = connect(&sandbox);
    let error = drain(&query(&connection, "SELECT v").unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    let undetected = drain(&query(&connection, "SELECT w").unwrap()).unwrap();
    assert_eq!(rows(&undetected), [["1o"]]);

    let sandbox = start(Sandbox::builder().checksums(ChecksumType::FullObject));
    put_in(&sandbox);
    let connection = connect(&sandbox);
    let error = drain(&query(&connection, "SELECT w").unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResultChanged, "{error}");
    assert!(error.message().contains("checksum"), "{error}");
    sandbox.clear_faults();
    let intact = drain(&query(&connection, "SELECT w").unwrap()).unwrap();
    assert_eq!(rows(&intact), [["do"]]);
}

#[test]
fn a_checksum_of_parts_is_not_taken_for_one_of_the_bytes() {
    let sandbox = start(Sandbox::builder().checksums(ChecksumType::Composite));
    sandbox.fixture(
        "SELECT w",
        Fixture::rows(columns(&[("w", "varchar")]), vec![vec![cell("do")]]),
    );
    let read = drain(&query(&connect(&sandbox), "SELECT w").unwrap()).unwrap();
    assert_eq!(rows(&read), [["do"]]);
}
