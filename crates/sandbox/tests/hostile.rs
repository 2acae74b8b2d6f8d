//! Input that nobody sends on purpose: an answer in the service's form, or a closed
//! connection; never a crash.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use athena_sandbox::Sandbox;
use athena_sandbox::metastore::Table;
use serde_json::{Value, json};
use support::*;

const ATHENA: [&str; 34] = [
    "BatchGetNamedQuery",
    "BatchGetPreparedStatement",
    "BatchGetQueryExecution",
    "CreateDataCatalog",
    "CreateNamedQuery",
    "CreatePreparedStatement",
    "CreateWorkGroup",
    "DeleteDataCatalog",
    "DeleteNamedQuery",
    "DeletePreparedStatement",
    "DeleteWorkGroup",
    "GetDataCatalog",
    "GetDatabase",
    "GetNamedQuery",
    "GetPreparedStatement",
    "GetQueryExecution",
    "GetQueryResults",
    "GetQueryRuntimeStatistics",
    "GetTableMetadata",
    "GetWorkGroup",
    "ListDataCatalogs",
    "ListDatabases",
    "ListEngineVersions",
    "ListNamedQueries",
    "ListPreparedStatements",
    "ListQueryExecutions",
    "ListTableMetadata",
    "ListTagsForResource",
    "ListWorkGroups",
    "StartQueryExecution",
    "StopQueryExecution",
    "TagResource",
    "UntagResource",
    "UpdateWorkGroup",
];

const GLUE: [&str; 23] = [
    "BatchCreatePartition",
    "BatchDeletePartition",
    "BatchDeleteTable",
    "BatchGetPartition",
    "CreateDatabase",
    "CreatePartition",
    "CreateTable",
    "DeleteDatabase",
    "DeletePartition",
    "DeleteTable",
    "GetCatalog",
    "GetCatalogs",
    "GetDatabase",
    "GetDatabases",
    "GetPartition",
    "GetPartitions",
    "GetTable",
    "GetTableVersion",
    "GetTableVersions",
    "GetTables",
    "UpdateDatabase",
    "UpdatePartition",
    "UpdateTable",
];

/// Members that operations read, for values of all kinds to be put in.
const MEMBERS: [&str; 44] = [
    "AttributesToGet",
    "CatalogId",
    "CatalogName",
    "ClientRequestToken",
    "Configuration",
    "ConfigurationUpdates",
    "Database",
    "DatabaseInput",
    "DatabaseName",
    "Description",
    "ExcludeColumnSchema",
    "ExecutionParameters",
    "Expression",
    "MaxResults",
    "Name",
    "NamedQueryId",
    "NamedQueryIds",
    "NextToken",
    "Parameters",
    "PartitionInput",
    "PartitionInputList",
    "PartitionValueList",
    "PartitionValues",
    "PartitionsToDelete",
    "PartitionsToGet",
    "PreparedStatementNames",
    "QueryExecutionContext",
    "QueryExecutionId",
    "QueryExecutionIds",
    "QueryResultType",
    "QueryStatement",
    "QueryString",
    "ResourceARN",
    "ResultConfiguration",
    "ResultReuseConfiguration",
    "Segment",
    "State",
    "StatementName",
    "TableInput",
    "TableName",
    "TablesToDelete",
    "TagKeys",
    "Tags",
    "Type",
];

fn call(sandbox: &Sandbox, target: &str, body: &[u8]) -> Response {
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", target),
        ("authorization", AUTHORIZATION),
    ];
    send(sandbox, "POST", "/", &headers, body).unwrap()
}

/// An answer, or an error in the form of the JSON services.
fn is_well_formed(response: &Response) -> bool {
    let body: Result<Value, _> = serde_json::from_slice(&response.body);
    let Ok(body) = body else {
        return false;
    };
    match response.status {
        200 => body.is_object(),
        400 => body["__type"].as_str().is_some_and(|name| !name.is_empty()),
        _ => false,
    }
}

fn values() -> Vec<Value> {
    vec![
        json!("x"),
        json!(""),
        json!("../../../etc/passwd"),
        json!("\u{0}\u{ffff}'\"`;--"),
        json!("ü".repeat(3000)),
        json!(-1),
        json!(1.5e300),
        json!(true),
        json!([]),
        json!([null, 1, "x", {}, []]),
        json!({}),
        json!({"Name": 1, "Values": "x", "Columns": {}, "OutputLocation": []}),
        json!({"Name": "\u{0}", "StorageDescriptor": {"Columns": [{"Name": null}]}}),
    ]
}

#[test]
fn values_of_any_type_get_an_answer_from_every_operation() {
    let sandbox = sandbox();
    let table = Table::external("t", [("a", "int")], None).partitioned_by([("p", "int")]);
    sandbox
        .metastore()
        .own()
        .create_table("default", table)
        .unwrap();
    let operations = ATHENA
        .iter()
        .map(|operation| format!("AmazonAthena.{operation}"))
        .chain(GLUE.iter().map(|operation| format!("AWSGlue.{operation}")));
    for target in operations {
        for value in values() {
            let mut members: serde_json::Map<String, Value> = MEMBERS
                .iter()
                .map(|member| ((*member).to_owned(), value.clone()))
                .collect();
            // Once with nonsense everywhere, once where names at least are right.
            let response = call(&sandbox, &target, json!(members).to_string().as_bytes());
            assert!(
                is_well_formed(&response),
                "{target} {value}: {}",
                response.text()
            );
            for (member, name) in [
                ("CatalogName", "AwsDataCatalog"),
                ("DatabaseName", "default"),
                ("TableName", "t"),
                ("WorkGroup", "primary"),
            ] {
                members.insert(member.to_owned(), name.into());
            }
            members.remove("CatalogId");
            let response = call(&sandbox, &target, json!(members).to_string().as_bytes());
            assert!(
                is_well_formed(&response),
                "{target} {value}: {}",
                response.text()
            );
        }
    }
    ok(&sandbox, "ListWorkGroups", json!({}));
}

#[test]
fn bodies_that_are_no_json_are_refused() {
    let sandbox = sandbox();
    let deep = [b"[".repeat(100_000), b"{\"a\":".repeat(100_000)];
    let mut bodies: Vec<&[u8]> = vec![
        b"{",
        b"nonsense",
        b"{\"a\": }",
        b"\xff\xfe\x00",
        b"{\"MaxResults\": 1e999}",
        b"\"text\"",
        b"null",
        b"[]",
        b"{\"a\": \"\\ud800\"}",
    ];
    bodies.extend(deep.iter().map(Vec::as_slice));
    for body in bodies {
        for target in ["AmazonAthena.ListWorkGroups", "AWSGlue.GetDatabases"] {
            let response = call(&sandbox, target, body);
            assert_eq!(response.status, 400);
            assert_eq!(response.json()["__type"], "SerializationException");
        }
    }
    for target in [
        "",
        ".",
        "AmazonAthena",
        "AmazonAthena.",
        "x.y.z",
        "AWSGlue.Nonsense",
        "AmazonS3.GetObject",
    ] {
        let response = call(&sandbox, target, b"{}");
        assert_eq!(
            response.json()["__type"],
            "UnknownOperationException",
            "{target}"
        );
    }
    let large = call(&sandbox, "AWSGlue.GetDatabases", &vec![b' '; 2 << 20]);
    assert_eq!(
        (large.status, large.json()["__type"].clone()),
        (413, "RequestEntityTooLargeException".into())
    );
}

/// Sends bytes as they are; answers what came back before the connection ended.
fn raw(sandbox: &Sandbox, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    // The other side may have closed already.
    drop(stream.write_all(bytes));
    drop(stream.shutdown(std::net::Shutdown::Write));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    answer
}

#[test]
fn bytes_that_are_no_http_end_the_connection() {
    let sandbox = sandbox();
    let long_header = format!("GET / HTTP/1.1\r\nx: {}\r\n\r\n", "a".repeat(1 << 20));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    let long_target = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(100_000));
    let random: Vec<u8> = (0..5000_u32)
        .map(|index| index.wrapping_mul(2_654_435_761).to_le_bytes()[3])
        .collect();
    for bytes in [
        b"\x16\x03\x01\x00\xa5\x01\x00\x00".as_slice(),
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET /a\x00b HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nhost: [\r\n\r\n",
        long_header.as_bytes(),
        many_headers.as_bytes(),
        long_target.as_bytes(),
        &random,
    ] {
        let answer = raw(&sandbox, bytes);
        let status: Option<&[u8]> = answer.get(9..10);
        assert!(
            answer.is_empty() || status == Some(b"4"),
            "{:?}: {:?}",
            String::from_utf8_lossy(&bytes[..bytes.len().min(60)]),
            String::from_utf8_lossy(&answer)
        );
    }
    ok(&sandbox, "ListWorkGroups", json!({}));
}

#[test]
fn odd_requests_for_objects_stay_inside_their_buckets() {
    let folder = std::env::temp_dir().join(format!("athena-hostile-{}", uuid::Uuid::new_v4()));
    let store = folder.join("store");
    std::fs::create_dir_all(&store).unwrap();
    std::fs::write(folder.join("secret"), b"the secret").unwrap();
    let sandbox = builder()
        .data_dir(&store)
        .bucket("bucket")
        .start_blocking()
        .unwrap();
    let targets = [
        "/bucket/../../secret",
        "/bucket/..%2f..%2f..%2fsecret",
        "/bucket/%2e%2e/%2e%2e/secret",
        "/bucket//../../../secret",
        "/../secret",
        "/..%2f..%2fsecret/k",
        "/bucket/%00",
        "/bucket/=secret",
        "/bucket/~=k",
    ];
    for target in targets {
        for method in ["PUT", "GET", "HEAD", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            let answer = s3(&sandbox, method, target, &[], b"overwritten");
            assert!(!answer.text().contains("the secret"), "{method} {target}");
        }
    }
    for query in [
        "?list-type=2&prefix=../../",
        "?uploads&prefix=../",
        "?uploadId=../../x&partNumber=1",
        "?versionId=../../secret",
        "?list-type=2&continuation-token=%ff",
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256",
    ] {
        let answer = s3(&sandbox, "GET", &format!("/bucket{query}"), &[], b"");
        assert!(answer.status < 500, "{query}: {}", answer.text());
    }
    let outside = json!({"QueryString": "SELECT 1", "ClientRequestToken": token(),
                         "ResultConfiguration": {"OutputLocation": "s3://../../x/"}});
    refused(&sandbox, "StartQueryExecution", outside);
    assert_eq!(std::fs::read(folder.join("secret")).unwrap(), b"the secret");
    let left: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
    drop(sandbox);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn forms_of_any_kind_get_an_answer_from_sts() {
    let sandbox = sandbox();
    let long = format!("Action=AssumeRole&RoleArn={}", "a".repeat(100_000));
    for form in [
        "",
        "&&&",
        "=",
        "Action",
        "Action=",
        "Action=%",
        "Action=%ff%fe",
        "Action=AssumeRole&RoleArn=%00",
        "Action=AssumeRoleWithSAML&RoleArn=arn%3A%3Arole%2F&PrincipalArn=x&SAMLAssertion=%21",
        &long,
    ] {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("authorization", AUTHORIZATION),
        ];
        let answer = send(&sandbox, "POST", "/", &headers, form.as_bytes()).unwrap();
        assert_eq!(answer.status, 400, "{form:.60}");
        assert!(!xml_text(&answer.text(), "Code").is_empty());
    }
}
