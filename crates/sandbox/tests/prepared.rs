//! PREPARE, EXECUTE and DEALLOCATE PREPARE as statements.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::sync::{Arc, Mutex};

use athena_sandbox::engine::{
    BoxFuture, Engine, Failure, Host, Query, Refusal, Sink, StatementKind, StatementType, Summary,
};
use athena_sandbox::{Sandbox, WorkGroup, column};
use serde_json::{Value, json};
use support::*;

/// Answers every statement with its text and its parameters.
#[derive(Default)]
struct Echo(Mutex<Vec<Query>>);

impl Engine for Echo {
    fn classify(&self, query: &Query) -> Result<StatementKind, Refusal> {
        if !query.sql.starts_with("SELECT") {
            return Err(Refusal {
                code: "MALFORMED_QUERY",
                message: format!("line 1:1: mismatched input '{}'", query.sql),
            });
        }
        Ok(StatementKind {
            statement_type: StatementType::Dml,
            substatement_type: "SELECT",
        })
    }

    fn run<'a>(
        &'a self,
        query: &'a Query,
        _host: &'a Host,
        sink: &'a mut dyn Sink,
    ) -> BoxFuture<'a, Result<Summary, Failure>> {
        self.0.lock().unwrap().push(query.clone());
        Box::pin(async move {
            sink.columns(vec![column("sql", "varchar"), column("values", "varchar")])?;
            sink.rows(&[vec![
                Some(query.sql.clone()),
                Some(query.parameters.join("; ")),
            ]])?;
            Ok(Summary::default())
        })
    }
}

fn echo() -> Sandbox {
    builder()
        .engine(Arc::new(Echo::default()))
        .work_group(WorkGroup::new("other").output_location("s3://results/"))
        .start_blocking()
        .unwrap()
}

fn run(sandbox: &Sandbox, sql: &str, more: Value) -> Value {
    let mut input = json!({"QueryString": sql, "ClientRequestToken": token()});
    input
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let id = ok(sandbox, "StartQueryExecution", input)["QueryExecutionId"].clone();
    finish(sandbox, id.as_str().unwrap())
}

/// What the engine was given: the statement, and its parameters.
fn echoed(sandbox: &Sandbox, execution: &Value) -> (String, String) {
    let input = json!({"QueryExecutionId": execution["QueryExecutionId"]});
    let rows = ok(sandbox, "GetQueryResults", input)["ResultSet"]["Rows"].clone();
    let text = |column: usize| {
        rows[1]["Data"][column]["VarCharValue"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    (text(0), text(1))
}

#[test]
fn statements_are_prepared_executed_and_forgotten() {
    let sandbox = echo();
    let made = run(&sandbox, "PREPARE mine FROM SELECT ?, ?", json!({}));
    assert_eq!(state(&made), "SUCCEEDED");
    assert_eq!(
        (&made["StatementType"], &made["SubstatementType"]),
        (&json!("DDL"), &json!("PREPARE"))
    );
    // The API sees the same statements.
    let saved = ok(
        &sandbox,
        "GetPreparedStatement",
        json!({"WorkGroup": "primary", "StatementName": "mine"}),
    );
    assert_eq!(saved["PreparedStatement"]["QueryStatement"], "SELECT ?, ?");

    for (sql, parameters, values) in [
        ("EXECUTE mine USING 1, 'a, b'", json!([]), "1; 'a, b'"),
        ("execute mine;", json!(["x", "2"]), "x; 2"),
        ("EXECUTE \"mine\" USING ?, 3", json!(["x"]), "x; 3"),
        ("EXECUTE mine", json!([]), ""),
    ] {
        let more = if parameters == json!([]) {
            json!({})
        } else {
            json!({"ExecutionParameters": parameters})
        };
        let executed = run(&sandbox, sql, more);
        assert_eq!(executed["Query"], sql.trim_end_matches(';'));
        assert_eq!(executed["SubstatementType"], "SELECT", "{sql}");
        let location = executed["ResultConfiguration"]["OutputLocation"].as_str();
        assert!(location.unwrap().ends_with(".csv"), "{executed}");
        assert_eq!(
            echoed(&sandbox, &executed),
            ("SELECT ?, ?".to_owned(), values.to_owned()),
            "{sql}"
        );
    }
    let again = run(&sandbox, "PREPARE mine FROM SELECT 1", json!({}));
    assert_eq!(state(&again), "FAILED");
    assert_eq!(
        again["Status"]["StateChangeReason"],
        "PreparedStatement mine already exists in workGroup primary"
    );
    let gone = run(&sandbox, "DEALLOCATE PREPARE mine", json!({}));
    assert_eq!(
        (state(&gone).as_str(), &gone["SubstatementType"]),
        ("SUCCEEDED", &json!("DEALLOCATE"))
    );
    assert_eq!(
        state(&run(&sandbox, "DEALLOCATE PREPARE mine", json!({}))),
        "FAILED"
    );
}

#[test]
fn a_prepared_statement_belongs_to_its_work_group() {
    let sandbox = echo();
    run(&sandbox, "PREPARE mine FROM SELECT 1", json!({}));
    let input = |group: &str| json!({"QueryString": "EXECUTE mine", "ClientRequestToken": token(), "WorkGroup": group});
    assert_eq!(
        refused(&sandbox, "StartQueryExecution", input("other")),
        (
            "INVALID_INPUT".to_owned(),
            "PreparedStatement mine was not found in workGroup other".to_owned()
        )
    );
    ok(&sandbox, "StartQueryExecution", input("primary"));
    // What the API has made can be executed.
    ok(
        &sandbox,
        "CreatePreparedStatement",
        json!({"WorkGroup": "other", "StatementName": "mine", "QueryStatement": "SELECT 2;"}),
    );
    let executed = run(&sandbox, "EXECUTE mine", json!({"WorkGroup": "other"}));
    assert_eq!(echoed(&sandbox, &executed).0, "SELECT 2");
}

#[test]
fn what_cannot_be_parsed_is_not_prepared() {
    let sandbox = echo();
    for sql in [
        "PREPARE x FROM SELEC 1",
        "PREPARE x",
        "EXECUTE",
        "DEALLOCATE x",
    ] {
        let input = json!({"QueryString": sql, "ClientRequestToken": token()});
        let (code, _) = refused(&sandbox, "StartQueryExecution", input);
        assert_eq!(code, "MALFORMED_QUERY", "{sql}");
    }
    let listed = ok(
        &sandbox,
        "ListPreparedStatements",
        json!({"WorkGroup": "primary"}),
    );
    assert_eq!(listed["PreparedStatements"], json!([]));
}

#[test]
fn a_statement_that_has_been_updated_does_not_reuse_the_older_answer() {
    let sandbox = echo();
    let reuse =
        json!({"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": true}}});
    let reused = |execution: &Value| {
        execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"].clone()
    };
    let saved = |text: &str| json!({"WorkGroup": "primary", "StatementName": "mine", "QueryStatement": text});
    ok(
        &sandbox,
        "CreatePreparedStatement",
        saved("SELECT 1 FROM t"),
    );
    let first = run(&sandbox, "EXECUTE mine", reuse.clone());
    assert_eq!(reused(&first), false);
    assert_eq!(reused(&run(&sandbox, "EXECUTE mine", reuse.clone())), true);
    ok(
        &sandbox,
        "UpdatePreparedStatement",
        saved("SELECT 2 FROM t"),
    );
    let updated = run(&sandbox, "EXECUTE mine", reuse.clone());
    assert_eq!(reused(&updated), false);
    assert_eq!(echoed(&sandbox, &updated).0, "SELECT 2 FROM t");
    // Other values are another query; the text itself is the same one.
    ok(
        &sandbox,
        "UpdatePreparedStatement",
        saved("SELECT ? FROM t"),
    );
    run(&sandbox, "EXECUTE mine USING 1", reuse.clone());
    let other = run(&sandbox, "EXECUTE mine USING 2", reuse.clone());
    assert_eq!(reused(&other), false);
    assert_eq!(echoed(&sandbox, &other).1, "2");
}
