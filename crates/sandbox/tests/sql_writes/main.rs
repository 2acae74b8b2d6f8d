//! Statements that write data files or change the catalogue, seen through HTTP and in the
//! files themselves.
#![cfg(feature = "sql")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod alter;
mod iceberg;
mod projection;
mod s3_tables;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod text_tables;
mod texts;
mod travel;
mod unload;
mod views;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use athena_sandbox::metastore::Metastore;
use athena_sandbox::sql::{Dataset, SqlEngine};
use athena_sandbox::{Sandbox, WorkGroup};
use serde_json::{Value, json};
use support::{finish, ok, start, state};

/// One sandbox for all tests of this file; each writes to its own locations.
static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| {
    // Statics are never dropped, so the folder must not be one of the sandbox's own.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sql_writes");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let engine = SqlEngine::builder()
        .dataset(Dataset::Flights)
        .build()
        .unwrap();
    let engine = Arc::new(engine);
    let metastore = Arc::new(Metastore::new());
    metastore.own().mount(engine.clone());
    Sandbox::builder()
        .work_group(WorkGroup::new("primary").output_location("s3://results/out/"))
        .work_group(
            WorkGroup::new("strict")
                .output_location("s3://results/strict/")
                .enforced(),
        )
        .engine(engine)
        .metastore(metastore)
        .data_dir(folder)
        .start_blocking()
        .unwrap()
});

fn run(sql: &str) -> Value {
    let id = start(&SANDBOX, sql);
    finish(&SANDBOX, &id)
}

/// Runs a statement with more members of the request; answers its execution.
fn run_with(sql: &str, more: Value) -> Value {
    let mut input = json!({"QueryString": sql, "ClientRequestToken": support::token()});
    let members = input.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    let id = ok(&SANDBOX, "StartQueryExecution", input)["QueryExecutionId"].clone();
    finish(&SANDBOX, id.as_str().unwrap())
}

/// Runs a statement that must succeed; answers its execution.
fn done(sql: &str) -> Value {
    let execution = run(sql);
    assert_eq!(state(&execution), "SUCCEEDED", "{sql}: {execution}");
    execution
}

/// The reason and error type of a statement that must fail.
fn failed(sql: &str) -> (String, i64) {
    let execution = run(sql);
    assert_eq!(state(&execution), "FAILED", "{sql}");
    let status = &execution["Status"];
    (
        status["StateChangeReason"].as_str().unwrap().to_owned(),
        status["AthenaError"]["ErrorType"].as_i64().unwrap(),
    )
}

fn object(uri: &str) -> Vec<u8> {
    let (bucket, key) = uri
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    SANDBOX.object(bucket, key).unwrap()
}

/// The `.metadata` beside an execution's result; none if there is none.
fn metadata(execution: &Value) -> Option<Vec<u8>> {
    let uri = execution["ResultConfiguration"]["OutputLocation"]
        .as_str()
        .unwrap();
    let (bucket, key) = uri
        .strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    SANDBOX.object(bucket, &format!("{key}.metadata")).ok()
}

/// The URIs in an execution's manifest.
fn manifest(execution: &Value) -> Vec<String> {
    let uri = execution["Statistics"]["DataManifestLocation"]
        .as_str()
        .unwrap_or_else(|| panic!("no manifest: {execution}"));
    let text = String::from_utf8(object(uri)).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn update_count(execution: &Value) -> Value {
    let id = &execution["QueryExecutionId"];
    ok(&SANDBOX, "GetQueryResults", json!({"QueryExecutionId": id}))["UpdateCount"].clone()
}

fn gunzip(bytes: &[u8]) -> String {
    use std::io::Read as _;
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes)
        .read_to_string(&mut text)
        .unwrap();
    text
}

/// The rows of a statement that must succeed, cells joined by `|`, NULL as `∅`, without
/// the header.
fn rows(sql: &str) -> Vec<String> {
    let execution = done(sql);
    let id = &execution["QueryExecutionId"];
    let page = ok(&SANDBOX, "GetQueryResults", json!({"QueryExecutionId": id}));
    let rows = page["ResultSet"]["Rows"].as_array().unwrap();
    let header = usize::from(execution["SubstatementType"] == "SELECT");
    rows.iter()
        .skip(header)
        .map(|row| {
            let cells = row["Data"].as_array().unwrap().iter();
            let cells = cells.map(|cell| cell["VarCharValue"].as_str().unwrap_or("∅"));
            cells.collect::<Vec<_>>().join("|")
        })
        .collect()
}

/// The bytes a statement that must succeed has read.
fn scanned(sql: &str) -> u64 {
    done(sql)["Statistics"]["DataScannedInBytes"]
        .as_u64()
        .unwrap()
}

/// The message of a statement that must be refused at its start.
fn refused(sql: &str) -> String {
    let input = json!({"QueryString": sql, "ClientRequestToken": support::token()});
    support::refused(&SANDBOX, "StartQueryExecution", input).1
}
