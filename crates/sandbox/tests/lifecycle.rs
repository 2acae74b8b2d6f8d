//! Starting, watching, stopping and listing executions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::time::Duration;

use athena_sandbox::{Fixture, Sandbox, State, WorkGroup, column};
use serde_json::{Value, json};
use support::*;

fn one_row() -> Fixture {
    Fixture::rows(vec![column("n", "integer")], vec![vec![cell("1")]])
}

fn start_with(token: &str, more: Value) -> Value {
    let mut input = json!({"QueryString": "SELECT 1", "ClientRequestToken": token});
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    input
}

fn invalid(message: &str) -> (String, String) {
    ("INVALID_INPUT".to_owned(), message.to_owned())
}

#[test]
fn scripted_states_are_seen_one_by_one() {
    let sandbox = sandbox();
    let script = [State::Queued, State::Running, State::Queued, State::Running];
    sandbox.fixture("SELECT 1", one_row().states(script));
    let id = start(&sandbox, "SELECT 1");
    std::thread::sleep(Duration::from_millis(50));
    let seen: Vec<String> = (0..5).map(|_| state(&execution(&sandbox, &id))).collect();
    assert_eq!(
        seen,
        ["QUEUED", "RUNNING", "QUEUED", "RUNNING", "SUCCEEDED"]
    );
}

#[test]
fn delays_are_seen_as_states() {
    let delay = Duration::from_millis(300);
    let sandbox = builder().delays(delay, delay).start_blocking().unwrap();
    sandbox.fixture("SELECT 1", one_row());
    let id = start(&sandbox, "SELECT 1");
    let first = execution(&sandbox, &id);
    assert_eq!(state(&first), "QUEUED");
    assert_eq!(first["Status"].get("CompletionDateTime"), None);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(state(&execution(&sandbox, &id)), "RUNNING");
    let last = finish(&sandbox, &id);
    assert!(
        last["Statistics"]["QueryQueueTimeInMillis"]
            .as_u64()
            .unwrap()
            >= 300
    );
    assert!(
        last["Status"]["CompletionDateTime"].as_f64()
            > last["Status"]["SubmissionDateTime"].as_f64()
    );
}

#[test]
fn a_stopped_execution_is_cancelled_for_good() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_row().run_delay(Duration::from_secs(60)));
    sandbox.fixture("SELECT 2", one_row());
    let id = start(&sandbox, "SELECT 1");
    let input = json!({"QueryExecutionId": id});
    assert_eq!(ok(&sandbox, "StopQueryExecution", input.clone()), json!({}));
    let stopped = finish(&sandbox, &id);
    assert_eq!(state(&stopped), "CANCELLED");
    assert_eq!(
        stopped["Status"]["StateChangeReason"],
        "Query cancelled by user"
    );
    assert_eq!(stopped["Status"].get("AthenaError"), None);

    let id = start(&sandbox, "SELECT 2");
    finish(&sandbox, &id);
    ok(
        &sandbox,
        "StopQueryExecution",
        json!({"QueryExecutionId": id}),
    );
    assert_eq!(state(&execution(&sandbox, &id)), "SUCCEEDED");
    let (code, _) = refused(
        &sandbox,
        "StopQueryExecution",
        json!({"QueryExecutionId": "nobody"}),
    );
    assert_eq!(code, "QUERY_EXECUTION_NOT_FOUND");
}

#[test]
fn tokens_are_checked_as_athena_checks_them() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_row());
    let prefix = "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: Member must \
                  have length";
    for (token, message) in [
        (
            json!(null),
            "clientRequestToken is null or empty".to_owned(),
        ),
        (json!(""), "clientRequestToken is null or empty".to_owned()),
        (
            json!("x".repeat(31)),
            format!("{prefix} greater than or equal to 32"),
        ),
        (
            json!("x".repeat(129)),
            format!("{prefix} less than or equal to 128"),
        ),
        (
            json!("ü".repeat(128)),
            "clientRequestToken exceeds maximum allowed length 128".to_owned(),
        ),
    ] {
        let input = json!({"QueryString": "SELECT 1", "ClientRequestToken": token});
        assert_eq!(
            refused(&sandbox, "StartQueryExecution", input),
            invalid(&message)
        );
    }
}

#[test]
fn a_token_stands_for_one_execution() {
    let sandbox = builder()
        .work_group(WorkGroup::new("other").output_location("s3://results/"))
        .start_blocking()
        .unwrap();
    sandbox.fixture("SELECT 1", one_row());
    sandbox.fixture("SELECT  1", one_row());
    let token = token();
    let id = |input: Value| ok(&sandbox, "StartQueryExecution", input)["QueryExecutionId"].clone();
    let first = id(start_with(&token, json!({})));
    for same in [
        json!({}),
        json!({"WorkGroup": "other"}),
        json!({"ExecutionParameters": ["1"]}),
    ] {
        assert_eq!(id(start_with(&token, same.clone())), first, "{same}");
    }
    for other in [
        json!({"QueryString": "SELECT  1"}),
        json!({"QueryExecutionContext": {"Database": "default"}}),
        json!({"QueryExecutionContext": {"Catalog": "AwsDataCatalog"}}),
        json!({"ResultConfiguration": {"OutputLocation": "s3://results/out/"}}),
    ] {
        assert_eq!(
            refused(
                &sandbox,
                "StartQueryExecution",
                start_with(&token, other.clone())
            ),
            (
                "IDEMPOTENT_PARAMETER_MISMATCH".into(),
                "Idempotent parameters do not match".into()
            ),
            "{other}"
        );
    }
}

#[test]
fn a_refused_start_does_not_use_its_token_up() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELEC 1",
        Fixture::refused("MALFORMED_QUERY", "line 1:1: mismatched input 'SELEC'"),
    );
    sandbox.fixture("SELECT 1", one_row());
    let token = token();
    let bad = start_with(&token, json!({"QueryString": "SELEC 1"}));
    assert_eq!(
        refused(&sandbox, "StartQueryExecution", bad),
        (
            "MALFORMED_QUERY".into(),
            "line 1:1: mismatched input 'SELEC'".into()
        )
    );
    ok(
        &sandbox,
        "StartQueryExecution",
        start_with(&token, json!({})),
    );
}

#[test]
fn start_validates_in_athenas_order() {
    let sandbox = sandbox();
    sandbox.fixture("SELEC 1", Fixture::refused("MALFORMED_QUERY", "no"));
    let bad_place =
        json!({"QueryString": "SELEC 1", "ResultConfiguration": {"OutputLocation": "nowhere"}});
    let (_, message) = refused(
        &sandbox,
        "StartQueryExecution",
        start_with("short", bad_place.clone()),
    );
    assert!(message.contains("'clientRequestToken'"), "{message}");
    let (_, message) = refused(
        &sandbox,
        "StartQueryExecution",
        start_with(&token(), bad_place),
    );
    assert_eq!(message, "outputLocation is not a valid S3 path.");
    let (code, _) = refused(
        &sandbox,
        "StartQueryExecution",
        start_with(&token(), json!({"QueryString": "SELEC 1"})),
    );
    assert_eq!(code, "MALFORMED_QUERY");
}

#[test]
fn bad_members_have_athenas_texts() {
    let sandbox = sandbox();
    let missing = "1 validation error detected: Value null at 'queryString' failed to satisfy constraint: Member must \
                   not be null";
    assert_eq!(
        refused(
            &sandbox,
            "StartQueryExecution",
            json!({"ClientRequestToken": token()})
        ),
        invalid(missing)
    );
    let long = format!("SELECT '{}'", "x".repeat(262_144));
    let (_, message) = refused(
        &sandbox,
        "StartQueryExecution",
        start_with(&token(), json!({"QueryString": long})),
    );
    assert!(message.starts_with(&format!(
        "1 validation error detected: Value '{long}' at 'queryString'"
    )));
    assert!(message.ends_with("Member must have length less than or equal to 262144"));
    let (_, message) = refused(
        &sandbox,
        "StartQueryExecution",
        start_with(&token(), json!({"ExecutionParameters": [""]})),
    );
    assert!(message.contains("greater than or equal to 1"), "{message}");
}

#[test]
fn work_groups_decide_where_results_go() {
    let sandbox = Sandbox::builder()
        .work_group(WorkGroup::new("open").output_location("s3://open-bucket/a"))
        .work_group(
            WorkGroup::new("strict")
                .output_location("s3://strict-bucket/")
                .enforced(),
        )
        .work_group(WorkGroup::new("closed").disabled())
        .start_blocking()
        .unwrap();
    sandbox.fixture("SELECT 1", one_row());
    let client = json!({"OutputLocation": "s3://client-bucket/c"});
    for (group, results, place) in [
        ("open", json!(null), "s3://open-bucket/a/"),
        ("open", client.clone(), "s3://client-bucket/c/"),
        ("strict", client.clone(), "s3://strict-bucket/"),
        ("primary", client, "s3://client-bucket/c/"),
    ] {
        let input = start_with(
            &token(),
            json!({"WorkGroup": group, "ResultConfiguration": results}),
        );
        let id = ok(&sandbox, "StartQueryExecution", input)["QueryExecutionId"]
            .as_str()
            .unwrap()
            .to_owned();
        let location = finish(&sandbox, &id)["ResultConfiguration"]["OutputLocation"].clone();
        assert_eq!(location, format!("{place}{id}.csv"), "{group}");
    }
    for (group, message) in [
        (
            "primary",
            "No output location provided. An output location is required either through the Workgroup result \
                     configuration setting or as an API input.",
        ),
        ("missing", "WorkGroup is not found."),
        ("closed", "WorkGroup closed is disabled."),
    ] {
        let input = start_with(&token(), json!({"WorkGroup": group}));
        assert_eq!(
            refused(&sandbox, "StartQueryExecution", input),
            invalid(message)
        );
    }
}

#[test]
fn the_context_comes_back_with_its_catalog_in_lower_case() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_row());
    let context = json!({"QueryExecutionContext": {"Catalog": "AwsDataCatalog", "Database": "Db"}});
    let id = ok(
        &sandbox,
        "StartQueryExecution",
        start_with(&token(), context),
    )["QueryExecutionId"]
        .clone();
    let described = finish(&sandbox, id.as_str().unwrap());
    assert_eq!(
        described["QueryExecutionContext"],
        json!({"Catalog": "awsdatacatalog", "Database": "Db"})
    );
    assert_eq!(
        described["ResultReuseConfiguration"],
        json!({"ResultReuseByAgeConfiguration": {"Enabled": false}})
    );
}

#[test]
fn a_scan_over_the_cutoff_is_cancelled_with_its_own_reason() {
    let group = WorkGroup::new("primary")
        .output_location("s3://results/")
        .bytes_scanned_cutoff(10_000_000);
    let sandbox = Sandbox::builder()
        .work_group(group)
        .start_blocking()
        .unwrap();
    sandbox.fixture("SELECT 1", one_row().data_scanned(10_000_001));
    let id = start(&sandbox, "SELECT 1");
    let ended = finish(&sandbox, &id);
    assert_eq!(state(&ended), "CANCELLED");
    assert_eq!(
        ended["Status"]["StateChangeReason"],
        "Bytes scanned limit was exceeded"
    );
    // The bucket comes into being with its first object.
    assert_eq!(
        sandbox.keys("results").unwrap_or_default(),
        Vec::<String>::new()
    );
}

#[test]
fn a_reused_result_is_the_older_object() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_row().data_scanned(5));
    let reuse =
        json!({"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": true}}});
    let run = || {
        let id = ok(
            &sandbox,
            "StartQueryExecution",
            start_with(&token(), reuse.clone()),
        )["QueryExecutionId"]
            .clone();
        finish(&sandbox, id.as_str().unwrap())
    };
    let (first, second) = (run(), run());
    assert_ne!(first["QueryExecutionId"], second["QueryExecutionId"]);
    assert_eq!(
        first["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"],
        false
    );
    assert_eq!(
        second["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"],
        true
    );
    assert_eq!(first["ResultConfiguration"], second["ResultConfiguration"]);
    let page = ok(
        &sandbox,
        "GetQueryResults",
        json!({"QueryExecutionId": second["QueryExecutionId"]}),
    );
    assert_eq!(page["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"], "1");
}

#[test]
fn executions_are_listed_newest_first_in_pages() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_row());
    let mut ids: Vec<String> = (0..3).map(|_| start(&sandbox, "SELECT 1")).collect();
    ids.reverse();
    let first = ok(&sandbox, "ListQueryExecutions", json!({"MaxResults": 2}));
    assert_eq!(first["QueryExecutionIds"], json!(ids[..2]));
    let second = ok(
        &sandbox,
        "ListQueryExecutions",
        json!({"MaxResults": 2, "NextToken": first["NextToken"]}),
    );
    assert_eq!(second, json!({"QueryExecutionIds": ids[2..]}));
    let batch = ok(
        &sandbox,
        "BatchGetQueryExecution",
        json!({"QueryExecutionIds": [ids[0], "nobody"]}),
    );
    assert_eq!(batch["QueryExecutions"].as_array().unwrap().len(), 1);
    assert_eq!(
        batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"],
        "nobody"
    );
}

#[test]
fn work_groups_can_be_managed() {
    let sandbox = sandbox();
    let configuration = json!({"ResultConfiguration": {"OutputLocation": "s3://x-bucket/"},
                               "BytesScannedCutoffPerQuery": 10_000_000});
    ok(
        &sandbox,
        "CreateWorkGroup",
        json!({"Name": "w", "Configuration": configuration}),
    );
    let created = ok(&sandbox, "GetWorkGroup", json!({"WorkGroup": "w"}))["WorkGroup"].clone();
    assert_eq!(created["State"], "ENABLED");
    assert_eq!(
        created["Configuration"]["EnforceWorkGroupConfiguration"],
        true
    );
    assert_eq!(
        created["Configuration"]["EngineVersion"],
        json!({"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"})
    );
    let updates = json!({"RemoveBytesScannedCutoffPerQuery": true,
                         "ResultConfigurationUpdates": {"RemoveOutputLocation": true}});
    ok(
        &sandbox,
        "UpdateWorkGroup",
        json!({"WorkGroup": "w", "State": "DISABLED", "ConfigurationUpdates": updates}),
    );
    let updated = ok(&sandbox, "GetWorkGroup", json!({"WorkGroup": "w"}))["WorkGroup"].clone();
    assert_eq!(updated["State"], "DISABLED");
    assert_eq!(
        updated["Configuration"].get("BytesScannedCutoffPerQuery"),
        None
    );
    assert_eq!(updated["Configuration"]["ResultConfiguration"], json!({}));
    let names: Vec<Value> = ok(&sandbox, "ListWorkGroups", json!({}))["WorkGroups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["Name"].clone())
        .collect();
    assert_eq!(names, ["primary", "w"]);
    ok(&sandbox, "DeleteWorkGroup", json!({"WorkGroup": "w"}));
    assert_eq!(
        refused(&sandbox, "GetWorkGroup", json!({"WorkGroup": "w"})),
        invalid("WorkGroup is not found.")
    );
    let small = json!({"Name": "w", "Configuration": {"BytesScannedCutoffPerQuery": 1}});
    assert!(
        refused(&sandbox, "CreateWorkGroup", small)
            .1
            .contains("10000000")
    );
    assert_eq!(
        refused(&sandbox, "ListWorkGroups", json!({"NextToken": "x"})),
        invalid("The nextPageToken is malformed: x")
    );
}

#[test]
fn prepared_statements_and_named_queries_are_kept() {
    let sandbox = sandbox();
    let name = json!({"StatementName": "p1", "WorkGroup": "primary"});
    let with = |query: &str| json!({"StatementName": "p1", "WorkGroup": "primary", "QueryStatement": query});
    ok(&sandbox, "CreatePreparedStatement", with("SELECT ?"));
    ok(&sandbox, "UpdatePreparedStatement", with("SELECT ? + 1"));
    let got = ok(&sandbox, "GetPreparedStatement", name.clone());
    assert_eq!(got["PreparedStatement"]["QueryStatement"], "SELECT ? + 1");
    let listed = ok(
        &sandbox,
        "ListPreparedStatements",
        json!({"WorkGroup": "primary"}),
    );
    assert_eq!(listed["PreparedStatements"][0]["StatementName"], "p1");
    ok(&sandbox, "DeletePreparedStatement", name.clone());
    let gone = athena(&sandbox, "GetPreparedStatement", name);
    assert_eq!(
        (gone.status, &gone.json()["__type"]),
        (400, &json!("ResourceNotFoundException"))
    );

    let saved = json!({"Name": "q", "Database": "default", "QueryString": "SELECT 1"});
    let id = ok(&sandbox, "CreateNamedQuery", saved)["NamedQueryId"].clone();
    assert_eq!(
        ok(&sandbox, "ListNamedQueries", json!({})),
        json!({"NamedQueryIds": [id]})
    );
    assert_eq!(
        ok(&sandbox, "GetNamedQuery", json!({"NamedQueryId": id}))["NamedQuery"]["QueryString"],
        "SELECT 1"
    );
    ok(&sandbox, "DeleteNamedQuery", json!({"NamedQueryId": id}));
    refused(&sandbox, "GetNamedQuery", json!({"NamedQueryId": id}));
}

#[test]
fn hostile_bodies_get_athenas_errors() {
    let sandbox = sandbox();
    let error = |body: &[u8]| {
        let response = athena_raw(&sandbox, "StartQueryExecution", body);
        assert_eq!(response.status, 400);
        response.json()
    };
    assert_eq!(error(b"{nope"), json!({"__type": "SerializationException"}));
    assert_eq!(
        error(b"\xff\xfe"),
        json!({"__type": "SerializationException"})
    );
    assert_eq!(
        error(&b"[".repeat(100_000)),
        json!({"__type": "SerializationException"})
    );
    assert_eq!(
        error(br#"{"QueryString": 1}"#),
        json!({"__type": "SerializationException", "Message": "NUMBER_VALUE can not be converted to a String"})
    );
    assert_eq!(
        athena_raw(&sandbox, "Nonsense", b"{}").json(),
        json!({"__type": "UnknownOperationException"})
    );
    let large = athena_raw(
        &sandbox,
        "StartQueryExecution",
        &vec![b' '; 2 * 1024 * 1024],
    );
    assert_eq!(large.status, 413);
    let headers = [
        ("content-type", "application/x-amz-json-1.0"),
        ("x-amz-target", "AmazonAthena.ListWorkGroups"),
    ];
    let other = send(&sandbox, "POST", "/", &headers, b"{}").unwrap();
    assert_eq!(
        (other.status, other.header("content-type")),
        (404, Some("application/xml"))
    );
    ok(&sandbox, "ListWorkGroups", json!({}));
}

#[test]
fn what_may_differ_or_is_elsewhere_is_not_reused() {
    let sandbox = sandbox();
    let reuse =
        json!({"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": true}}});
    let catalog = json!({"QueryExecutionContext": {"Catalog": "s3tablescatalog/lake"}});
    for (sql, more, expected) in [
        ("SELECT 1", json!({}), true),
        ("SELECT now()", json!({}), false),
        ("SELECT n FROM t LIMIT 1", json!({}), false),
        ("SELECT 2", catalog, false),
    ] {
        sandbox.fixture(sql, one_row());
        let run = || {
            let mut input = start_with(&token(), reuse.clone());
            input["QueryString"] = sql.into();
            let input = input.as_object_mut().unwrap();
            input.extend(more.as_object().unwrap().clone());
            let id = ok(&sandbox, "StartQueryExecution", json!(input))["QueryExecutionId"].clone();
            finish(&sandbox, id.as_str().unwrap())
        };
        run();
        assert_eq!(
            run()["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"],
            expected,
            "{sql}"
        );
    }
}

#[test]
fn the_output_bucket_must_be_the_expected_owners() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT 1", one_row());
    let results = |owner: &str| {
        let location = json!({"OutputLocation": "s3://results/", "ExpectedBucketOwner": owner});
        start_with(&token(), json!({"ResultConfiguration": location}))
    };
    ok(&sandbox, "StartQueryExecution", results("123456789012"));
    assert_eq!(
        refused(&sandbox, "StartQueryExecution", results("999999999999")),
        invalid("Unable to verify/create output bucket results")
    );
}
