//! Faults on demand, one by one, and the control endpoint that asks for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use athena_sandbox::engine::Failure;
use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox, State, column};
use serde_json::json;
use support::*;

fn with_object() -> Sandbox {
    let sandbox = sandbox();
    sandbox.put_object("bucket", "k", &[b'x'; 1000]).unwrap();
    sandbox
}

fn try_get(sandbox: &Sandbox) -> std::io::Result<Response> {
    send(
        sandbox,
        "GET",
        "/bucket/k",
        &[("authorization", AUTHORIZATION)],
        b"",
    )
}

#[test]
fn athena_errors_come_on_the_chosen_call() {
    let sandbox = sandbox();
    for (action, status, error_type) in [
        (FaultAction::Throttle, 400, "ThrottlingException"),
        (
            FaultAction::TooManyRequests,
            400,
            "TooManyRequestsException",
        ),
        (FaultAction::InternalError, 500, "InternalServerException"),
        (FaultAction::ServiceUnavailable, 503, "ServiceUnavailable"),
        (FaultAction::AccessDenied, 403, "AccessDeniedException"),
        (FaultAction::ExpiredToken, 403, "ExpiredTokenException"),
    ] {
        sandbox.fault(Fault::on("ListWorkGroups", action).skip(1).times(1));
        ok(&sandbox, "ListWorkGroups", json!({}));
        let response = athena(&sandbox, "ListWorkGroups", json!({}));
        assert_eq!(
            (response.status, response.json()["__type"].as_str()),
            (status, Some(error_type))
        );
        ok(&sandbox, "ListWorkGroups", json!({}));
    }
    sandbox.fault(Fault::on("ListWorkGroups", FaultAction::Html(400)).times(1));
    let html = athena(&sandbox, "ListWorkGroups", json!({}));
    assert_eq!((html.status, html.header("x-amzn-requestid")), (400, None));
    assert!(html.text().starts_with("<html>"));
}

#[test]
fn object_errors_have_their_codes() {
    let sandbox = with_object();
    for (action, status, code) in [
        (FaultAction::Throttle, 503, "SlowDown"),
        (FaultAction::ServiceUnavailable, 503, "SlowDown"),
        (FaultAction::InternalError, 500, "InternalError"),
        (FaultAction::AccessDenied, 403, "AccessDenied"),
        (FaultAction::NotFound, 404, "NoSuchKey"),
        (FaultAction::ExpiredToken, 400, "ExpiredToken"),
    ] {
        sandbox.fault(Fault::on("GetObject", action).times(1));
        let response = try_get(&sandbox).unwrap();
        assert_eq!(response.status, status);
        assert!(
            response.text().contains(&format!("<Code>{code}</Code>")),
            "{}",
            response.text()
        );
    }
    assert_eq!(try_get(&sandbox).unwrap().status, 200);
}

#[test]
fn connections_break_where_asked() {
    let sandbox = with_object();
    for (action, kind) in [
        (FaultAction::ResetBeforeHeaders, ErrorKind::ConnectionReset),
        (FaultAction::ResetAfter(100), ErrorKind::ConnectionReset),
        (FaultAction::CutBody(100), ErrorKind::UnexpectedEof),
    ] {
        sandbox.fault(Fault::on("GetObject", action.clone()).times(1));
        assert_eq!(try_get(&sandbox).unwrap_err().kind(), kind, "{action:?}");
    }
    assert_eq!(try_get(&sandbox).unwrap().body.len(), 1000);
}

#[test]
fn a_cut_body_delivers_what_comes_before() {
    use std::io::{Read, Write};
    let sandbox = with_object();
    sandbox.fault(Fault::on("GetObject", FaultAction::CutBody(100)));
    let mut stream = std::net::TcpStream::connect(sandbox.address()).unwrap();
    write!(
        stream,
        "GET /bucket/k HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION}\r\n\r\n"
    )
    .unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let text = String::from_utf8(all).unwrap();
    assert!(
        text.to_lowercase().contains("content-length: 1000"),
        "{text}"
    );
    assert_eq!(text.split_once("\r\n\r\n").unwrap().1.len(), 100);
}

#[test]
fn objects_change_where_asked() {
    let sandbox = with_object();
    let etag = try_get(&sandbox)
        .unwrap()
        .header("etag")
        .unwrap()
        .to_owned();
    sandbox.fault(Fault::on("GetObject", FaultAction::ShortObject(10)).times(1));
    assert_eq!(try_get(&sandbox).unwrap().body.len(), 10);
    sandbox.fault(Fault::on("GetObject", FaultAction::CorruptByte(7)).times(1));
    let corrupt = try_get(&sandbox).unwrap().body;
    assert_eq!(
        corrupt
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte != b'x')
            .map(|(i, _)| i)
            .collect::<Vec<_>>(),
        [7]
    );
    sandbox.fault(Fault::on("GetObject", FaultAction::ChangedObject).times(1));
    assert_eq!(
        get_object(&sandbox, "/bucket/k", &[("if-match", &etag)]).status,
        412
    );
    sandbox.fault(
        Fault::on("GetObject", FaultAction::OpaqueMetadata)
            .key("k")
            .times(1),
    );
    let opaque = try_get(&sandbox).unwrap();
    assert_eq!((opaque.body.len(), &opaque.body[..2]), (312, &b"AW"[..]));
}

#[test]
fn slow_answers_are_slow() {
    let sandbox = with_object();
    for (action, least) in [
        (FaultAction::Latency(Duration::from_millis(150)), 150),
        (FaultAction::SlowFirstByte(Duration::from_millis(150)), 150),
        (FaultAction::Bandwidth(5000), 150),
    ] {
        sandbox.fault(Fault::on("GetObject", action.clone()).times(1));
        let begin = Instant::now();
        assert_eq!(try_get(&sandbox).unwrap().body.len(), 1000);
        assert!(
            begin.elapsed() >= Duration::from_millis(least),
            "{action:?}: {:?}",
            begin.elapsed()
        );
    }
}

#[test]
fn a_stalled_body_never_ends() {
    use std::io::{Read, Write};
    let sandbox = with_object();
    sandbox.fault(Fault::on("GetObject", FaultAction::Stall(100)));
    let mut stream = std::net::TcpStream::connect(sandbox.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    write!(
        stream,
        "GET /bucket/k HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION}\r\n\r\n"
    )
    .unwrap();
    let mut all = Vec::new();
    assert_eq!(
        stream.read_to_end(&mut all).unwrap_err().kind(),
        ErrorKind::WouldBlock
    );
    assert!(all.ends_with(&[b'x'; 100]) && !all.ends_with(&[b'x'; 101]));
}

#[test]
fn the_last_page_can_be_followed_by_an_empty_one() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT 1",
        Fixture::rows(vec![column("n", "integer")], vec![vec![cell("1")]]),
    );
    let id = start(&sandbox, "SELECT 1");
    finish(&sandbox, &id);
    sandbox.fault(Fault::on("GetQueryResults", FaultAction::ExtraEmptyPage));
    let first = ok(&sandbox, "GetQueryResults", json!({"QueryExecutionId": id}));
    let second = ok(
        &sandbox,
        "GetQueryResults",
        json!({"QueryExecutionId": id, "NextToken": first["NextToken"]}),
    );
    assert_eq!(second["ResultSet"]["Rows"], json!([]));
    assert_eq!(second.get("NextToken"), None);
}

#[test]
fn a_token_can_lead_back_to_its_own_page() {
    let sandbox = sandbox();
    let rows = vec![vec![cell("1")], vec![cell("2")], vec![cell("3")]];
    sandbox.fixture(
        "SELECT 1",
        Fixture::rows(vec![column("n", "integer")], rows),
    );
    let id = start(&sandbox, "SELECT 1");
    finish(&sandbox, &id);
    sandbox.fault(Fault::on("GetQueryResults", FaultAction::RepeatToken));
    let page = |token: Option<&serde_json::Value>| {
        let mut input = json!({"QueryExecutionId": id, "MaxResults": 2});
        if let Some(token) = token {
            input["NextToken"] = token.clone();
        }
        ok(&sandbox, "GetQueryResults", input)
    };
    let first = page(None);
    let second = page(first.get("NextToken"));
    assert_eq!(second["NextToken"], first["NextToken"]);
    assert_eq!(page(second.get("NextToken")), second);

    sandbox.fault(Fault::on("ListObjectsV2", FaultAction::RepeatToken));
    let list = |more: &str| {
        let target = format!("/results?list-type=2&max-keys=1{more}");
        let page = s3(&sandbox, "GET", &target, &[], b"").text();
        xml_text(&page, "NextContinuationToken")
    };
    let token = list("");
    let again = format!("&continuation-token={}", token.replace('=', "%3D"));
    assert_eq!(list(&again), token);
}

#[test]
fn the_control_endpoint_does_what_the_handle_does() {
    let sandbox = sandbox();
    let post = |what: &str, body: serde_json::Value| {
        send(
            &sandbox,
            "POST",
            &format!("/_sandbox/{what}"),
            &[],
            body.to_string().as_bytes(),
        )
        .unwrap()
    };
    let fixture = json!({"sql": "SELECT n", "columns": [{"name": "n", "type": "varchar(3)"}],
                         "rows": [["abc"], [null]], "states": ["QUEUED"], "data_scanned": 9});
    assert_eq!(post("fixtures", fixture).status, 200);
    let id = start(&sandbox, "SELECT n");
    assert_eq!(state(&execution(&sandbox, &id)), "QUEUED");
    assert_eq!(finish(&sandbox, &id)["Statistics"]["DataScannedInBytes"], 9);
    assert_eq!(
        sandbox.object("results", &format!("out/{id}.csv")).unwrap(),
        b"\"n\"\n\"abc\"\n\n"
    );
    assert_eq!(
        post(
            "faults",
            json!({"operation": "ListWorkGroups", "action": "throttle", "times": 1})
        )
        .status,
        200
    );
    assert_eq!(athena(&sandbox, "ListWorkGroups", json!({})).status, 400);
    ok(&sandbox, "ListWorkGroups", json!({}));
    for bad in [
        json!({"operation": "x", "action": "explode"}),
        json!({"action": "throttle"}),
        json!([]),
        json!({"operation": "x", "action": "throttle", "time": 1}),
        json!({"operation": "x", "action": "throttle", "times": "1"}),
        json!({"operation": "x", "action": "throttle", "key": 1}),
        json!({"operation": "x", "action": "stall"}),
        json!({"operation": "x", "action": "fail_query"}),
        json!({"operation": "x", "action": "states", "states": ["SLEEPING"]}),
    ] {
        assert_eq!(post("faults", bad).status, 400);
    }
    let all = send(&sandbox, "GET", "/_sandbox/requests", &[], b"")
        .unwrap()
        .json();
    assert_eq!(all["requests"][0]["operation"], "StartQueryExecution");
    assert_eq!(all["requests"][0]["body"]["QueryString"], "SELECT n");
    let browser = send(
        &sandbox,
        "GET",
        "/_sandbox/requests",
        &[("origin", "http://evil.example")],
        b"",
    )
    .unwrap();
    assert_eq!(browser.status, 403);
}

#[test]
fn any_query_can_be_made_to_fail_or_to_wait() {
    let sandbox = sandbox();
    let one = || Fixture::rows(vec![column("n", "integer")], vec![vec![cell("1")]]);
    sandbox.fixture("SELECT 1", one());
    let failure = Failure {
        reason: "HIVE_CANNOT_OPEN_SPLIT: Slow Down".to_owned(),
        message: None,
        error_category: 1,
        error_type: 1403,
        retryable: true,
    };
    let on_start = |action| Fault::on("StartQueryExecution", action).times(1);
    sandbox.fault(on_start(FaultAction::FailQuery(failure)));
    let failed = finish(&sandbox, &start(&sandbox, "SELECT 1"));
    assert_eq!(
        failed["Status"]["AthenaError"],
        json!({"ErrorCategory": 1, "ErrorType": 1403, "Retryable": true,
               "ErrorMessage": "HIVE_CANNOT_OPEN_SPLIT: Slow Down"})
    );
    assert_eq!(
        sandbox.keys("results").unwrap_or_default(),
        Vec::<String>::new()
    );
    let script = vec![State::Running, State::Queued];
    sandbox.fault(on_start(FaultAction::States(script)));
    let id = start(&sandbox, "SELECT 1");
    let seen = [(); 2].map(|()| state(&execution(&sandbox, &id)));
    assert_eq!(seen, ["RUNNING", "QUEUED"]);
    assert_eq!(state(&finish(&sandbox, &id)), "SUCCEEDED");
}

#[test]
fn every_fault_can_be_asked_for_over_http() {
    let sandbox = sandbox();
    let failure = json!({"reason": "r", "category": 3, "type": 9999, "retryable": true});
    for action in [
        "throttle",
        "too_many_requests",
        "internal_error",
        "service_unavailable",
        "access_denied",
        "not_found",
        "expired_token",
        "html",
        "reset_before_headers",
        "reset_after",
        "cut_body",
        "short_object",
        "corrupt_byte",
        "stall",
        "slow_first_byte",
        "latency",
        "bandwidth",
        "changed_object",
        "ignore_range",
        "no_etag",
        "opaque_metadata",
        "extra_empty_page",
        "repeat_token",
        "fail_query",
        "states",
    ] {
        let mut fault = json!({"operation": "s3:GetObject", "action": action, "value": 400, "skip": 1, "times": 1,
                               "key": ".csv"});
        if action == "fail_query" {
            fault["failure"] = failure.clone();
        }
        if action == "states" {
            fault["states"] = json!(["RUNNING", "QUEUED"]);
        }
        let body = fault.to_string();
        let answer = send(&sandbox, "POST", "/_sandbox/faults", &[], body.as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{action}: {}", answer.text());
    }
    // A service's name keeps a fault from operations of the same name elsewhere.
    let fault = json!({"operation": "glue:GetDatabase", "action": "throttle"}).to_string();
    send(&sandbox, "POST", "/_sandbox/faults", &[], fault.as_bytes()).unwrap();
    ok(
        &sandbox,
        "GetDatabase",
        json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "default"}),
    );
    let refused = glue(&sandbox, "GetDatabase", json!({"Name": "default"}));
    assert_eq!(
        (refused.0, refused.1["__type"].as_str()),
        (400, Some("ThrottlingException"))
    );
}

#[test]
fn a_token_can_expire_while_a_query_runs() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT 1",
        Fixture::rows(vec![column("n", "integer")], Vec::new()),
    );
    let id = start(&sandbox, "SELECT 1");
    finish(&sandbox, &id);
    sandbox.fault(Fault::on("athena:*", FaultAction::ExpiredToken).times(1));
    let input = json!({"QueryExecutionId": id});
    let refused = athena(&sandbox, "GetQueryExecution", input.clone());
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json()["__type"], "ExpiredTokenException");
    ok(&sandbox, "GetQueryExecution", input);
}

#[test]
fn metadata_can_be_missing() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT 1",
        Fixture::rows(vec![column("n", "integer")], Vec::new()),
    );
    let id = start(&sandbox, "SELECT 1");
    finish(&sandbox, &id);
    sandbox.fault(Fault::on("GetObject", FaultAction::NotFound).key(".metadata"));
    assert_eq!(
        get_object(&sandbox, &format!("/results/out/{id}.csv.metadata"), &[]).status,
        404
    );
    assert_eq!(
        get_object(&sandbox, &format!("/results/out/{id}.csv"), &[]).status,
        200
    );
}
