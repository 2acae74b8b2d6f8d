//! The log file: what is in it, what never is.

use std::process::Command;

use athena_core::session::Value;

use crate::support::{connect_with, one_column, query, sandbox};

/// The log belongs to the process, so this runs in a process of its own.
#[test]
#[ignore = "runs in a child process of the other tests"]
fn child() {
    let folder = std::env::var("LOG_FOLDER").unwrap();
    let sandbox = sandbox();
    sandbox.fixture("SELECT ?", one_column("v", "varchar", &[Some("x")]));
    let more = format!(
        "LogPath={folder};LogLevel=6;UseAwsLogger=1;SessionToken=token-never-seen;\
         Password=password-never-seen;Rgeion=x;UseResultsetStreaming=1"
    );
    let connection = connect_with(&sandbox, &more).unwrap();
    let statement = connection.statement();
    statement.set_sql("SELECT ?").unwrap();
    statement
        .bind(0, Value::Text("value-never-seen".to_owned()))
        .unwrap();
    let id = statement
        .execute()
        .unwrap()
        .execution()
        .query_execution_id
        .clone();
    println!("id={id}");
    athena_core::log::set_level(0).unwrap();
    query(&connection, "SELECT 2").unwrap_err();
    assert!(athena_core::log::set_level(7).is_err());
}

#[test]
fn the_log_holds_queries_and_warnings_and_no_secret_or_value() {
    let folder = std::env::temp_dir().join(format!("athena-engine-log-{}", std::process::id()));
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "logging::child", "--nocapture", "--ignored"]);
    let output = child.env("LOG_FOLDER", &folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    let id = said
        .split("id=")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let log = std::fs::read_to_string(&files[0]).unwrap();
    assert!(log.contains("query started") && log.contains(id));
    assert!(
        log.contains("Rgeion") && log.contains("Region"),
        "the nearest name is told"
    );
    for secret in ["never-seen", "AWS4-HMAC-SHA256"] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
    let starts = log.matches("query started").count();
    assert_eq!(starts, 1, "level 0 is silent");
    std::fs::remove_dir_all(folder).unwrap();
}
