//! Work groups: what they decide, and how they are changed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use athena_sandbox::{Fixture, Sandbox, WorkGroup, column};
use serde_json::{Value, json};
use support::*;

fn with_query() -> Sandbox {
    let sandbox = sandbox();
    let columns = vec![column("n", "integer")];
    sandbox.fixture("SELECT 1", Fixture::rows(columns, vec![vec![cell("1")]]));
    sandbox
}

fn message(sandbox: &Sandbox, operation: &str, input: Value) -> String {
    refused(sandbox, operation, input).1
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let sandbox = with_query();
    let located = json!({"OutputLocation": "s3://results/"});
    let conflict =
        "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together.";
    let both = json!({"ManagedQueryResultsConfiguration": {"Enabled": true}, "ResultConfiguration": located});
    let input = json!({"Name": "w", "Configuration": both});
    assert_eq!(message(&sandbox, "CreateWorkGroup", input), conflict);
    let input = json!({"Name": "w", "Configuration": {"ResultConfiguration": located}});
    ok(&sandbox, "CreateWorkGroup", input);
    let managed = json!({"ManagedQueryResultsConfigurationUpdates": {"Enabled": true}});
    let input = json!({"WorkGroup": "w", "ConfigurationUpdates": managed});
    assert_eq!(message(&sandbox, "UpdateWorkGroup", input), conflict);
    let mut without = managed;
    without["ResultConfigurationUpdates"] = json!({"RemoveOutputLocation": true});
    let input = json!({"WorkGroup": "w", "ConfigurationUpdates": without});
    ok(&sandbox, "UpdateWorkGroup", input);
    for (configuration, part) in [
        (json!({"BytesScannedCutoffPerQuery": 9_999_999}), "10000000"),
        (
            json!({"ResultConfiguration": {"OutputLocation": "nowhere"}}),
            "S3 path",
        ),
        (
            json!({"ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS"}}}),
            "KmsKey",
        ),
        (
            json!({"ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "ROT13"}}}),
            "CSE_KMS",
        ),
        (
            json!({"EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"}}),
            "PySpark engine version 3",
        ),
    ] {
        let input = json!({"Name": "x", "Configuration": configuration});
        let text = message(&sandbox, "CreateWorkGroup", input);
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn the_engine_version_is_the_selected_one() {
    let sandbox = with_query();
    let selected = json!({"SelectedEngineVersion": "Athena engine version 3"});
    let configuration = json!({"EngineVersion": selected, "ResultConfiguration": {"OutputLocation": "s3://results/"}});
    ok(
        &sandbox,
        "CreateWorkGroup",
        json!({"Name": "w", "Configuration": configuration}),
    );
    let expected = json!({"SelectedEngineVersion": "Athena engine version 3",
                          "EffectiveEngineVersion": "Athena engine version 3"});
    let group = ok(&sandbox, "GetWorkGroup", json!({"WorkGroup": "w"}));
    assert_eq!(
        group["WorkGroup"]["Configuration"]["EngineVersion"],
        expected
    );
    let input = json!({"QueryString": "SELECT 1", "ClientRequestToken": token(), "WorkGroup": "w"});
    let id = ok(&sandbox, "StartQueryExecution", input)["QueryExecutionId"].clone();
    assert_eq!(
        finish(&sandbox, id.as_str().unwrap())["EngineVersion"],
        expected
    );
    let auto = json!({"EngineVersion": {"SelectedEngineVersion": "AUTO"}});
    ok(
        &sandbox,
        "UpdateWorkGroup",
        json!({"WorkGroup": "w", "ConfigurationUpdates": auto}),
    );
    let group = ok(&sandbox, "GetWorkGroup", json!({"WorkGroup": "w"}));
    assert_eq!(
        group["WorkGroup"]["Configuration"]["EngineVersion"]["SelectedEngineVersion"],
        "AUTO"
    );
    let versions = ok(&sandbox, "ListEngineVersions", json!({}));
    assert_eq!(versions["EngineVersions"][1], expected);
}

#[test]
fn a_work_group_in_use_goes_only_with_all_it_holds() {
    let sandbox = with_query();
    let configuration = json!({"ResultConfiguration": {"OutputLocation": "s3://results/"}});
    let fill: [fn(&Sandbox); 3] = [
        |sandbox| {
            let input =
                json!({"QueryString": "SELECT 1", "ClientRequestToken": token(), "WorkGroup": "w"});
            ok(sandbox, "StartQueryExecution", input);
        },
        |sandbox| {
            let input =
                json!({"Name": "n", "Database": "d", "QueryString": "SELECT 1", "WorkGroup": "w"});
            ok(sandbox, "CreateNamedQuery", input);
        },
        |sandbox| {
            let input =
                json!({"StatementName": "st", "QueryStatement": "SELECT 1", "WorkGroup": "w"});
            ok(sandbox, "CreatePreparedStatement", input);
        },
    ];
    for (index, fill) in fill.into_iter().rev().enumerate() {
        let made = json!({"Name": "w", "Configuration": configuration});
        ok(&sandbox, "CreateWorkGroup", made);
        fill(&sandbox);
        let text = message(&sandbox, "DeleteWorkGroup", json!({"WorkGroup": "w"}));
        assert_eq!(text, "WorkGroup w is not empty", "{index}");
        let all = json!({"WorkGroup": "w", "RecursiveDeleteOption": true});
        ok(&sandbox, "DeleteWorkGroup", all.clone());
        assert_eq!(
            message(&sandbox, "DeleteWorkGroup", all),
            "WorkGroup is not found."
        );
    }
    let made = json!({"Name": "w", "Configuration": configuration});
    ok(&sandbox, "CreateWorkGroup", made);
    for (operation, member) in [
        ("ListNamedQueries", "NamedQueryIds"),
        ("ListPreparedStatements", "PreparedStatements"),
    ] {
        assert_eq!(
            ok(&sandbox, operation, json!({"WorkGroup": "w"}))[member],
            json!([])
        );
    }
}

/// Runs `SELECT 1` with an encryption; answers the execution.
fn encrypted(sandbox: &Sandbox, option: &str) -> Value {
    let encryption = json!({"EncryptionOption": option, "KmsKey": "arn:aws:kms:x:key/1"});
    let results =
        json!({"OutputLocation": "s3://results/out/", "EncryptionConfiguration": encryption});
    let input = json!({"QueryString": "SELECT 1", "ClientRequestToken": token(), "ResultConfiguration": results});
    let id = ok(sandbox, "StartQueryExecution", input)["QueryExecutionId"].clone();
    let ended = finish(sandbox, id.as_str().unwrap());
    assert_eq!(
        ended["ResultConfiguration"]["EncryptionConfiguration"],
        encryption
    );
    ended
}

#[test]
fn results_are_encrypted_by_s3_or_by_athena() {
    let sandbox = with_query();
    let text = "\"n\"\n\"1\"\n";
    let ended = encrypted(&sandbox, "SSE_KMS");
    let object = path(
        ended["ResultConfiguration"]["OutputLocation"]
            .as_str()
            .unwrap(),
    );
    for key in [object.clone(), format!("{object}.metadata")] {
        let read = get_object(&sandbox, &key, &[]);
        assert_eq!(read.header("x-amz-server-side-encryption"), Some("aws:kms"));
    }
    assert_eq!(get_object(&sandbox, &object, &[]).text(), text);

    let ended = encrypted(&sandbox, "CSE_KMS");
    let object = path(
        ended["ResultConfiguration"]["OutputLocation"]
            .as_str()
            .unwrap(),
    );
    for key in [object.clone(), format!("{object}.metadata")] {
        let read = get_object(&sandbox, &key, &[]);
        assert!(read.header("x-amz-meta-x-amz-key-v2").is_some());
        assert!(!read.text().contains("\"n\"") && !read.text().contains("hive"));
    }
    assert_eq!(
        get_object(&sandbox, &object, &[]).body.len(),
        text.len() + 16
    );
    // Athena reads what it has encrypted, as long as it is there.
    let input = json!({"QueryExecutionId": ended["QueryExecutionId"]});
    let page = ok(&sandbox, "GetQueryResults", input.clone());
    assert_eq!(page["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"], "1");
    s3(&sandbox, "DELETE", &object, &[], b"");
    assert_eq!(
        refused(&sandbox, "GetQueryResults", input).0,
        "RESULT_NOT_FOUND"
    );
}

#[test]
fn operations_that_are_not_there_say_so() {
    let sandbox = sandbox();
    for operation in [
        "StartSession",
        "CreateCapacityReservation",
        "ListNotebookMetadata",
    ] {
        let (_, text) = refused(&sandbox, operation, json!({}));
        assert_eq!(
            text,
            format!("{operation} is not offered by athena-sandbox")
        );
    }
}

#[test]
fn data_catalogs_and_work_groups_have_tags() {
    let sandbox = sandbox();
    let catalog = json!({"Name": "Mine", "Type": "GLUE", "Parameters": {"catalog-id": "123456789012"},
                         "Tags": [{"Key": "k", "Value": "v"}]});
    ok(&sandbox, "CreateDataCatalog", catalog);
    let arn = |resource: &str| json!({"ResourceARN": format!("arn:aws:athena:us-east-1:123456789012:{resource}")});
    let tags = ok(&sandbox, "ListTagsForResource", arn("datacatalog/Mine"));
    assert_eq!(tags["Tags"], json!([{"Key": "k", "Value": "v"}]));
    let missing = athena(&sandbox, "ListTagsForResource", arn("datacatalog/nobody"));
    assert_eq!(missing.json()["__type"], "ResourceNotFoundException");
    ok(&sandbox, "DeleteDataCatalog", json!({"Name": "mine"}));
    let missing = athena(&sandbox, "ListTagsForResource", arn("datacatalog/Mine"));
    assert_eq!(missing.json()["__type"], "ResourceNotFoundException");
}

#[test]
fn statistics_tell_rows_and_bytes() {
    let sandbox = with_query();
    let id = start(&sandbox, "SELECT 1");
    finish(&sandbox, &id);
    let statistics = ok(
        &sandbox,
        "GetQueryRuntimeStatistics",
        json!({"QueryExecutionId": id}),
    )["QueryRuntimeStatistics"]
        .clone();
    assert_eq!(statistics["Rows"]["OutputRows"], 1);
    assert_eq!(statistics["Rows"]["OutputBytes"], 8);
    assert!(statistics["Timeline"]["TotalExecutionTimeInMillis"].is_number());
    let unknown = json!({"QueryExecutionId": "nobody"});
    assert_eq!(
        refused(&sandbox, "GetQueryRuntimeStatistics", unknown).0,
        "QUERY_EXECUTION_NOT_FOUND"
    );
}

#[test]
fn a_manifest_is_only_there_for_statements_that_write_one() {
    let sandbox = Sandbox::builder()
        .work_group(WorkGroup::new("primary").output_location("s3://results/"))
        .fixture(
            "SELECT 1",
            Fixture::rows(vec![column("n", "integer")], Vec::new()),
        )
        .start_blocking()
        .unwrap();
    let id = start(&sandbox, "SELECT 1");
    finish(&sandbox, &id);
    let input = json!({"QueryExecutionId": id, "QueryResultType": "DATA_MANIFEST"});
    let text = message(&sandbox, "GetQueryResults", input);
    assert!(text.contains("DATA_MANIFEST"), "{text}");
}
