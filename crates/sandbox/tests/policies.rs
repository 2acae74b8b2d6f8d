//! IAM policies: what they allow, to callers and to Athena acting for them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use athena_sandbox::metastore::{Partition, Table};
use athena_sandbox::{Fixture, Policy, Sandbox, WorkGroup, column};
use serde_json::{Value, json};
use support::*;

/// The policy that Metabase's documentation asks its users for.
const METABASE: &str = include_str!("data/metabase-policy.json");

const QUERY: &str = "SELECT amount FROM sales";

/// Data in `bucket1`, results in `bucket2`, as the policy has it.
fn with(policy: &Value) -> Sandbox {
    let sandbox = Sandbox::builder()
        .work_group(WorkGroup::new("primary").output_location("s3://bucket2/out/"))
        .work_group(WorkGroup::new("managed").managed_results())
        .bucket("bucket1")
        .bucket("bucket2")
        .policy(Policy::parse(&policy.to_string()).unwrap())
        .start_blocking()
        .unwrap();
    let columns = vec![column("amount", "double")];
    sandbox.fixture(QUERY, Fixture::rows(columns, vec![vec![cell("1.5")]]));
    sandbox
        .put_object("bucket1", "sales/year=2024/part", b"1.5")
        .unwrap();
    let table = Table::external("sales", [("amount", "double")], Some("s3://bucket1/sales/"))
        .partitioned_by([("year", "int")]);
    let catalog = sandbox.metastore().own();
    catalog.create_table("default", table.clone()).unwrap();
    let place = "s3://bucket1/sales/year=2024/";
    let partition = Partition::of(&table, vec!["2024".to_owned()], place);
    catalog
        .add_partition("default", "sales", partition)
        .unwrap();
    sandbox
}

fn metabase() -> Value {
    serde_json::from_str(METABASE).unwrap()
}

/// The policy with one more statement.
fn and(mut policy: Value, statement: Value) -> Value {
    policy["Statement"].as_array_mut().unwrap().push(statement);
    policy
}

/// The policy without an action.
fn without(mut policy: Value, action: &str) -> Value {
    for statement in policy["Statement"].as_array_mut().unwrap() {
        let actions = statement["Action"].as_array_mut().unwrap();
        actions.retain(|known| known != action);
    }
    policy
}

fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    let mut all: Vec<String> = statements
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .map(|action| action.as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all.dedup();
    all
}

/// Why a call was denied; `None` if it was not, whatever else became of it.
fn denial(response: &Response) -> Option<String> {
    let text = response.text();
    let denied = text.contains("AccessDenied") || text.contains("Unable to verify/create");
    denied.then_some(text)
}

fn denied_json(answer: &(u16, Value)) -> Option<String> {
    (answer.1["__type"] == "AccessDeniedException").then(|| answer.1.to_string())
}

/// Runs a query and reads its result; says what was denied.
fn query(sandbox: &Sandbox, work_group: &str) -> Option<String> {
    let input = json!({"QueryString": QUERY, "ClientRequestToken": token(), "WorkGroup": work_group,
                       "QueryExecutionContext": {"Database": "default"}});
    let started = athena(sandbox, "StartQueryExecution", input);
    if let Some(denied) = denial(&started) {
        return Some(denied);
    }
    let id = started.json()["QueryExecutionId"].clone();
    let input = json!({"QueryExecutionId": id});
    let ended = loop {
        let polled = athena(sandbox, "GetQueryExecution", input.clone());
        if let Some(denied) = denial(&polled) {
            return Some(denied);
        }
        let polled = polled.json()["QueryExecution"].clone();
        if !["QUEUED", "RUNNING"].contains(&state(&polled).as_str()) {
            break polled;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    if state(&ended) == "FAILED" {
        return Some(ended["Status"].to_string());
    }
    if let Some(denied) = denial(&athena(sandbox, "GetQueryResults", input)) {
        return Some(denied);
    }
    let location = ended["ResultConfiguration"]["OutputLocation"].as_str()?;
    denial(&get_object(sandbox, &path(location), &[]))
}

/// Does something that needs the action; says what was denied.
fn attempt(sandbox: &Sandbox, action: &str) -> Option<String> {
    let (service, operation) = action.split_once(':').unwrap();
    match (service, operation) {
        ("athena", "StartQueryExecution" | "GetQueryExecution" | "GetQueryResults") => {
            query(sandbox, "primary")
        }
        ("athena", "GetQueryResultsStream") => query(sandbox, "managed"),
        ("athena", _) => {
            let arn = "arn:aws:athena:us-east-1:123456789012:workgroup/primary";
            let input = json!({"WorkGroup": "primary", "CatalogName": "AwsDataCatalog", "DatabaseName": "default",
                               "NamedQueryId": "none", "NamedQueryIds": ["none"], "QueryExecutionIds": ["none"],
                               "ResourceARN": arn, "StatementName": "statement", "QueryStatement": "SELECT 1"});
            let mut input = input;
            if operation == "StopQueryExecution" {
                input["QueryExecutionId"] = "none".into();
            }
            denial(&athena(sandbox, operation, input))
        }
        // What queries need as well is shown by a query.
        ("glue", "GetDatabase" | "GetTable" | "GetPartitions" | "BatchGetPartition") => {
            query(sandbox, "primary")
        }
        ("glue", _) => {
            let name = if operation == "GetTable" {
                "sales"
            } else {
                "default"
            };
            let input = json!({"DatabaseName": "default", "TableName": "sales", "Name": name,
                               "PartitionValues": ["2024"], "PartitionsToGet": [{"Values": ["2024"]}]});
            denied_json(&glue(sandbox, operation, input))
        }
        ("s3", "AbortMultipartUpload") => {
            let begun = s3(sandbox, "POST", "/bucket2/k?uploads", &[], b"").text();
            let target = format!("/bucket2/k?uploadId={}", xml_text(&begun, "UploadId"));
            denial(&s3(sandbox, "DELETE", &target, &[], b""))
        }
        _ => query(sandbox, "primary"),
    }
}

#[test]
fn metabases_policy_is_enough_to_connect_query_fetch_and_sync() {
    let sandbox = with(&metabase());
    for action in actions(&metabase()) {
        assert_eq!(attempt(&sandbox, &action), None, "{action}");
    }
    // A sync reads the metadata, through Athena and through Glue.
    for (operation, input) in [
        ("ListDatabases", json!({"CatalogName": "AwsDataCatalog"})),
        (
            "ListTableMetadata",
            json!({"CatalogName": "AwsDataCatalog", "DatabaseName": "default"}),
        ),
    ] {
        ok(&sandbox, operation, input);
    }
    for (operation, input) in [
        ("GetDatabases", json!({})),
        ("GetTables", json!({"DatabaseName": "default"})),
        (
            "GetPartitions",
            json!({"DatabaseName": "default", "TableName": "sales"}),
        ),
    ] {
        glue_ok(&sandbox, operation, input);
    }
    // And fetches the data that it may see.
    assert_eq!(
        get_object(&sandbox, "/bucket1/sales/year=2024/part", &[]).text(),
        "1.5"
    );
    let listed = s3(&sandbox, "GET", "/bucket1?list-type=2", &[], b"");
    assert_eq!(xml_text(&listed.text(), "KeyCount"), "1");
}

#[test]
fn each_action_of_metabases_policy_is_necessary() {
    let all = actions(&metabase());
    assert_eq!(all.len(), 33);
    for action in all {
        let sandbox = with(&without(metabase(), &action));
        let denied = attempt(&sandbox, &action);
        let text = denied.unwrap_or_else(|| panic!("nothing is denied without {action}"));
        let named = text.contains(&action)
            || action == "s3:GetBucketLocation" && text.contains("output bucket bucket2");
        assert!(named, "without {action}: {text}");
    }
}

#[test]
fn nothing_beyond_metabases_policy_is_allowed() {
    let sandbox = with(&metabase());
    for (operation, input) in [
        ("DeleteWorkGroup", json!({"WorkGroup": "managed"})),
        ("CreateWorkGroup", json!({"Name": "more"})),
        ("GetDataCatalog", json!({"Name": "AwsDataCatalog"})),
        (
            "CreateNamedQuery",
            json!({"Name": "n", "Database": "d", "QueryString": "SELECT 1"}),
        ),
    ] {
        let refused = athena(&sandbox, operation, input);
        assert_eq!(refused.status, 400, "{operation}");
        let error = refused.json();
        assert_eq!(error["__type"], "AccessDeniedException");
        let message = error["Message"].as_str().unwrap();
        let start = format!(
            "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: athena:{operation} on resource: \
             arn:aws:athena:us-east-1:123456789012:"
        );
        assert!(message.starts_with(&start), "{message}");
    }
    let (error, message) = glue_refused(
        &sandbox,
        "CreateDatabase",
        json!({"DatabaseInput": {"Name": "x"}}),
    );
    assert_eq!(error, "AccessDeniedException");
    assert!(
        message.contains("catalog because no identity-based policy allows"),
        "{message}"
    );
    for (method, target) in [
        ("GET", "/"),
        ("PUT", "/bucket1/k"),
        ("PUT", "/other-bucket"),
        ("DELETE", "/bucket2/out/x"),
        ("GET", "/bucket2?uploads"),
        ("GET", "/other-bucket/k"),
    ] {
        let refused = s3(&sandbox, method, target, &[], b"");
        assert_eq!(
            (refused.status, xml_text(&refused.text(), "Code")),
            (403, "AccessDenied".to_owned()),
            "{method} {target}"
        );
    }
    let body = b"<Delete><Object><Key>out/x</Key></Object></Delete>";
    let deleted = s3(&sandbox, "POST", "/bucket2?delete", &[], body).text();
    assert_eq!(xml_text(&deleted, "Code"), "AccessDenied");
    let copy = [("x-amz-copy-source", "/other-bucket/k")];
    assert_eq!(s3(&sandbox, "PUT", "/bucket2/k", &copy, b"").status, 403);
    assert_eq!(sandbox.keys("bucket2").unwrap(), Vec::<String>::new());
}

#[test]
fn results_can_be_left_to_athena_alone() {
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Action": ["athena:*", "glue:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
         "Condition": {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}}]});
    let sandbox = with(&policy);
    let denied = query(&sandbox, "primary").unwrap();
    // Everything went well until the caller's own GET.
    assert!(denied.contains("s3:GetObject"), "{denied}");
    let operations: Vec<String> = sandbox
        .requests()
        .into_iter()
        .map(|request| request.operation)
        .collect();
    assert_eq!(
        operations.iter().rev().take(2).collect::<Vec<_>>(),
        ["GetObject", "GetQueryResults"]
    );
}

#[test]
fn conditions_on_prefixes_bound_what_can_be_listed() {
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::bucket1",
         "Condition": {"StringLike": {"s3:prefix": ["sales/*"]}}},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]});
    let sandbox = with(&policy);
    let list = |prefix: &str| {
        let target = format!("/bucket1?list-type=2&prefix={prefix}");
        s3(&sandbox, "GET", &target, &[], b"").status
    };
    assert_eq!(
        (list("sales/"), list("sales/x"), list("other/"), list("")),
        (200, 200, 403, 403)
    );
    // Who may not list is not told that there is nothing.
    assert_eq!(get_object(&sandbox, "/bucket1/nothing", &[]).status, 403);
}

#[test]
fn a_denial_wins_and_says_so() {
    let policy = and(
        metabase(),
        json!({"Effect": "Deny", "NotAction": ["s3:*"], "Resource": "arn:aws:glue:*:*:table/default/s*"}),
    );
    let sandbox = with(&policy);
    let failed = query(&sandbox, "primary").unwrap();
    assert!(
        failed.contains("Insufficient permissions to execute the query."),
        "{failed}"
    );
    assert!(
        failed.contains("with an explicit deny in an identity-based policy"),
        "{failed}"
    );
    assert!(failed.contains("\"ErrorType\":1500"), "{failed}");
}

#[test]
fn executions_of_other_work_groups_are_hidden() {
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Action": ["glue:*", "s3:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "athena:StartQueryExecution", "Resource": "*"},
        {"Effect": "Allow", "Action": "athena:*", "Resource": "arn:aws:athena:*:*:workgroup/primary"}]});
    let sandbox = with(&policy);
    let start = |group: &str| {
        let input =
            json!({"QueryString": QUERY, "ClientRequestToken": token(), "WorkGroup": group});
        ok(&sandbox, "StartQueryExecution", input)["QueryExecutionId"].clone()
    };
    let (mine, other) = (start("primary"), start("managed"));
    let refused = athena(
        &sandbox,
        "GetQueryExecution",
        json!({"QueryExecutionId": other}),
    );
    assert_eq!(refused.json()["__type"], "AccessDeniedException");
    let batch = ok(
        &sandbox,
        "BatchGetQueryExecution",
        json!({"QueryExecutionIds": [mine, other]}),
    );
    assert_eq!(batch["QueryExecutions"][0]["QueryExecutionId"], mine);
    assert_eq!(
        batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"],
        other
    );
}

#[test]
fn definitions_need_the_right_on_what_they_define() {
    let policy = json!({"Statement": [
        {"Effect": "Allow", "Action": ["athena:*", "s3:*", "glue:Get*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "glue:Create*",
         "Resource": ["arn:aws:glue:*:*:catalog", "arn:aws:glue:*:*:database/mine", "arn:aws:glue:*:*:table/mine/*"]}]});
    let sandbox = with(&policy);
    for (sql, allowed) in [
        ("CREATE DATABASE IF NOT EXISTS mine", true),
        ("CREATE DATABASE other", false),
        ("CREATE EXTERNAL TABLE IF NOT EXISTS mine.t (a int)", true),
        ("CREATE EXTERNAL TABLE t (a int)", false),
        ("DROP TABLE IF EXISTS mine.t", false),
    ] {
        sandbox.fixture(sql, Fixture::rows(Vec::new(), Vec::new()));
        let ended = finish(&sandbox, &start(&sandbox, sql));
        let expected = if allowed { "SUCCEEDED" } else { "FAILED" };
        assert_eq!(state(&ended), expected, "{sql}: {}", ended["Status"]);
    }
}

/// A Presto view's entry in the catalogue.
fn view(name: &str, sql: &str) -> Table {
    use base64::Engine as _;
    let definition = json!({"originalSql": sql, "catalog": "awsdatacatalog", "schema": "default",
                            "columns": [{"name": "amount", "type": "double"}]});
    let encoded = base64::engine::general_purpose::STANDARD.encode(definition.to_string());
    Table {
        name: name.to_owned(),
        table_type: Some("VIRTUAL_VIEW".to_owned()),
        view_original_text: Some(format!("/* Presto View: {encoded} */")),
        ..Table::default()
    }
}

#[test]
fn tables_inside_views_need_the_same_rights() {
    let hidden = json!({"Effect": "Deny", "Action": "glue:GetTable", "Resource": "arn:aws:glue:*:*:table/default/sales"});
    let unreadable =
        json!({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket1/*"});
    for (statement, reason) in [
        (None, None),
        (
            Some(hidden),
            Some("Insufficient permissions to execute the query."),
        ),
        (
            Some(unreadable),
            Some("Permission denied on S3 path: s3://bucket1/sales/"),
        ),
    ] {
        let policy = match statement {
            Some(statement) => and(metabase(), statement),
            None => metabase(),
        };
        let sandbox = with(&policy);
        let catalog = sandbox.metastore().own();
        // The second view contains the first, and itself.
        catalog
            .create_table("default", view("shown", "SELECT amount FROM sales"))
            .unwrap();
        catalog
            .create_table(
                "default",
                view("outer", "SELECT s.amount FROM shown s JOIN outer ON true"),
            )
            .unwrap();
        let sql = "SELECT * FROM outer";
        sandbox.fixture(
            sql,
            Fixture::rows(vec![column("amount", "double")], Vec::new()),
        );
        let ended = finish(&sandbox, &start(&sandbox, sql));
        match reason {
            None => assert_eq!(state(&ended), "SUCCEEDED", "{ended}"),
            Some(reason) => {
                let told = ended["Status"]["StateChangeReason"].as_str().unwrap();
                assert!(told.starts_with(reason), "{told}");
            }
        }
    }
}
