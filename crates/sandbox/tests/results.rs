//! What a finished execution answers: pages, result objects, and their errors.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use athena_sandbox::{Fixture, State, WorkGroup, column};
use serde_json::{Value, json};
use support::*;

fn rows(count: usize) -> Vec<Vec<Option<String>>> {
    (0..count)
        .map(|index| vec![cell(&index.to_string())])
        .collect()
}

fn results(sandbox: &athena_sandbox::Sandbox, input: Value) -> Value {
    ok(sandbox, "GetQueryResults", input)
}

#[test]
fn a_select_is_served_as_pages_and_as_csv() {
    let sandbox = sandbox();
    let columns = vec![column("n", "integer"), column("s", "varchar")];
    let data = vec![vec![cell("1"), cell("a\"b")], vec![None, cell("")]];
    sandbox.fixture(
        "SELECT n, s FROM t",
        Fixture::rows(columns, data).data_scanned(42),
    );
    let id = start(&sandbox, " SELECT n, s FROM t ; ");
    let execution = finish(&sandbox, &id);
    assert_eq!(state(&execution), "SUCCEEDED");
    assert_eq!(execution["Query"], "SELECT n, s FROM t");
    assert_eq!(execution["StatementType"], "DML");
    assert_eq!(execution["SubstatementType"], "SELECT");
    assert_eq!(execution["Statistics"]["DataScannedInBytes"], 42);
    let location = format!("s3://results/out/{id}.csv");
    assert_eq!(execution["ResultConfiguration"]["OutputLocation"], location);

    let page = results(&sandbox, json!({"QueryExecutionId": id}));
    assert_eq!(page["UpdateCount"], 0);
    assert_eq!(
        page["ResultSet"]["Rows"],
        json!([
            {"Data": [{"VarCharValue": "n"}, {"VarCharValue": "s"}]},
            {"Data": [{"VarCharValue": "1"}, {"VarCharValue": "a\"b"}]},
            {"Data": [{}, {"VarCharValue": ""}]},
        ])
    );
    assert_eq!(
        page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0],
        json!({"CatalogName": "hive", "SchemaName": "", "TableName": "", "Name": "n", "Label": "n",
               "Type": "integer", "Precision": 10, "Scale": 0, "Nullable": "UNKNOWN", "CaseSensitive": false})
    );
    assert_eq!(page.get("NextToken"), None);

    let object = get_object(&sandbox, &path(&location), &[]);
    assert_eq!(object.text(), "\"n\",\"s\"\n\"1\",\"a\"\"b\"\n,\"\"\n");
    assert_eq!(
        get_object(&sandbox, &format!("{}.metadata", path(&location)), &[])
            .body
            .len(),
        95
    );
}

#[test]
fn the_header_counts_and_a_full_page_has_a_token() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT n FROM t",
        Fixture::rows(vec![column("n", "integer")], rows(3)),
    );
    let id = start(&sandbox, "SELECT n FROM t");
    finish(&sandbox, &id);
    let first = results(&sandbox, json!({"QueryExecutionId": id, "MaxResults": 2}));
    assert_eq!(first["ResultSet"]["Rows"].as_array().unwrap().len(), 2);
    let token = first["NextToken"].as_str().unwrap();
    let second = results(
        &sandbox,
        json!({"QueryExecutionId": id, "MaxResults": 2, "NextToken": token}),
    );
    assert_eq!(
        second["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"],
        "2"
    );
    assert_eq!(
        second["ResultSet"]["ResultSetMetadata"],
        first["ResultSet"]["ResultSetMetadata"]
    );
    let token = second["NextToken"]
        .as_str()
        .expect("a full last page has a token");
    let third = results(
        &sandbox,
        json!({"QueryExecutionId": id, "MaxResults": 2, "NextToken": token}),
    );
    assert_eq!(third["ResultSet"]["Rows"], json!([]));
    assert_eq!(third.get("NextToken"), None);
}

#[test]
fn a_page_has_a_thousand_rows_by_default() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT n FROM t",
        Fixture::rows(vec![column("n", "integer")], rows(1500)),
    );
    let id = start(&sandbox, "SELECT n FROM t");
    finish(&sandbox, &id);
    let first = results(&sandbox, json!({"QueryExecutionId": id}));
    assert_eq!(
        first["ResultSet"]["Rows"][999]["Data"][0]["VarCharValue"],
        "998"
    );
    let second = results(
        &sandbox,
        json!({"QueryExecutionId": id, "NextToken": first["NextToken"]}),
    );
    assert_eq!(second["ResultSet"]["Rows"].as_array().unwrap().len(), 501);
    assert_eq!(
        second["ResultSet"]["Rows"][0]["Data"][0]["VarCharValue"],
        "999"
    );
}

#[test]
fn validation_has_athenas_order_and_texts() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT n FROM t",
        Fixture::rows(vec![column("n", "integer")], rows(3)),
    );
    let id = start(&sandbox, "SELECT n FROM t");
    finish(&sandbox, &id);
    let lost = "11111111-2222-4333-8444-555555555555";
    let invalid = |message: &str| ("INVALID_INPUT".to_owned(), message.to_owned());
    for (input, expected) in [
        (
            json!({"QueryExecutionId": lost, "NextToken": "", "MaxResults": 0}),
            invalid(
                "2 validation errors detected: Value at 'nextToken' failed to satisfy constraint: Member must have \
                 length greater than or equal to 1; Value at 'maxResults' failed to satisfy constraint: Member must \
                 have value greater than or equal to 1",
            ),
        ),
        (
            json!({}),
            invalid(
                "1 validation error detected: Value null at 'queryExecutionId' failed to satisfy constraint: Member \
                 must not be null",
            ),
        ),
        (
            json!({"QueryExecutionId": lost, "MaxResults": 1001}),
            (
                "QUERY_EXECUTION_NOT_FOUND".to_owned(),
                format!("QueryExecution {lost} was not found"),
            ),
        ),
        (
            json!({"QueryExecutionId": id, "MaxResults": 1001, "NextToken": "x"}),
            invalid("MaxResults is more than maximum allowed length 1000"),
        ),
        (
            json!({"QueryExecutionId": id, "NextToken": "x"}),
            invalid("Malformed nextPageToken x"),
        ),
    ] {
        assert_eq!(
            refused(&sandbox, "GetQueryResults", input.clone()),
            expected,
            "{input}"
        );
    }
}

#[test]
fn results_of_an_execution_without_success_are_refused() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT slow",
        Fixture::rows(vec![], vec![]).states([State::Running; 3]),
    );
    sandbox.fixture(
        "SELECT bad",
        Fixture::failed("TABLE_NOT_FOUND: line 1:1: Table 'x' does not exist", 1301),
    );
    let id = start(&sandbox, "SELECT slow");
    let input = json!({"QueryExecutionId": id});
    assert_eq!(
        refused(&sandbox, "GetQueryResults", input.clone()),
        (
            "INVALID_QUERY_EXECUTION_STATE".into(),
            "Query has not yet finished. Current state: RUNNING".into()
        )
    );
    ok(&sandbox, "StopQueryExecution", input.clone());
    assert_eq!(
        refused(&sandbox, "GetQueryResults", input),
        ("RESULT_NOT_FOUND".into(), "Could not find results".into())
    );
    let id = start(&sandbox, "SELECT bad");
    let execution = finish(&sandbox, &id);
    assert_eq!(
        execution["Status"]["AthenaError"],
        json!({"ErrorCategory": 2, "ErrorType": 1301, "Retryable": false,
               "ErrorMessage": "TABLE_NOT_FOUND: line 1:1: Table 'x' does not exist"})
    );
    assert_eq!(
        refused(&sandbox, "GetQueryResults", json!({"QueryExecutionId": id})),
        (
            "INVALID_QUERY_EXECUTION_STATE".into(),
            "Query did not finish successfully. Final query state: FAILED".into()
        )
    );
    assert_eq!(
        sandbox.keys("results").unwrap_or_default(),
        Vec::<String>::new()
    );
}

#[test]
fn only_selects_explain_and_show_functions_have_a_header_row() {
    let sandbox = sandbox();
    let string = |names: &[&str]| {
        names
            .iter()
            .map(|name| column(name, "string"))
            .collect::<Vec<_>>()
    };
    let one = |text: &str| vec![vec![cell(text)]];
    for (sql, columns, data, expected, count, suffix, text) in [
        (
            "EXPLAIN SELECT 1",
            string(&["Query Plan"]),
            one("a plan"),
            vec!["Query Plan", "a plan"],
            None,
            ".txt",
            "Query Plan\na plan",
        ),
        (
            "SHOW FUNCTIONS",
            string(&["Function"]),
            one("abs"),
            vec!["Function", "abs"],
            Some(0),
            ".csv",
            "\"Function\"\n\"abs\"\n",
        ),
        (
            "SHOW TABLES",
            string(&["tab_name"]),
            one("t"),
            vec!["t"],
            Some(0),
            ".txt",
            "t",
        ),
        (
            "SHOW CREATE TABLE t",
            string(&["createtab_stmt"]),
            one("CREATE\nTABLE"),
            vec!["CREATE", "TABLE"],
            None,
            ".txt",
            "CREATE\nTABLE",
        ),
        (
            "DESCRIBE t",
            string(&["col_name", "data_type", "comment"]),
            one("a\tint\t"),
            vec!["a\tint\t"],
            None,
            ".txt",
            "a\tint\t",
        ),
        ("DROP TABLE t", vec![], vec![], vec![], None, ".txt", ""),
    ] {
        sandbox.fixture(sql, Fixture::rows(columns, data));
        let id = start(&sandbox, sql);
        let location = finish(&sandbox, &id)["ResultConfiguration"]["OutputLocation"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(location, format!("s3://results/out/{id}{suffix}"), "{sql}");
        let page = results(&sandbox, json!({"QueryExecutionId": id}));
        let rows: Vec<&str> = page["ResultSet"]["Rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["Data"][0]["VarCharValue"].as_str().unwrap())
            .collect();
        assert_eq!(rows, expected, "{sql}");
        assert_eq!(
            page.get("UpdateCount").and_then(Value::as_i64),
            count,
            "{sql}"
        );
        assert_eq!(
            get_object(&sandbox, &path(&location), &[]).text(),
            text,
            "{sql}"
        );
    }
}

#[test]
fn counting_statements_have_a_count_and_only_metadata() {
    let sandbox = sandbox();
    for (sql, key, size) in [
        ("INSERT INTO t VALUES 1", "out/{}", 75),
        ("CREATE TABLE t AS SELECT 1 a", "out/tables/{}", 81),
        (
            "MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE",
            "out/{}.csv",
            74,
        ),
    ] {
        sandbox.fixture(sql, Fixture::count(7));
        let id = start(&sandbox, sql);
        let key = key.replace("{}", &id);
        assert_eq!(
            finish(&sandbox, &id)["ResultConfiguration"]["OutputLocation"],
            format!("s3://results/{key}")
        );
        let page = results(&sandbox, json!({"QueryExecutionId": id}));
        assert_eq!(page["UpdateCount"], 7);
        assert_eq!(page["ResultSet"]["Rows"], json!([]));
        assert_eq!(
            page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0]["Name"],
            "rows"
        );
        assert!(sandbox.object("results", &key).is_err(), "{sql}");
        assert_eq!(
            sandbox
                .object("results", &format!("{key}.metadata"))
                .unwrap()
                .len(),
            size,
            "{sql}"
        );
    }
}

#[test]
fn an_unload_fixture_writes_its_files_and_a_manifest() {
    let sandbox = sandbox();
    let sql = "UNLOAD (SELECT 1 a) TO 's3://lake/x/' WITH (format = 'PARQUET')";
    let there_already = std::env::temp_dir().join(format!("unload-{}", uuid::Uuid::new_v4()));
    std::fs::write(&there_already, b"PAR1 linked").unwrap();
    let fixture = Fixture::count(1)
        .file("part-0", b"PAR1".to_vec())
        .linked_file("part-1", &there_already);
    sandbox.fixture(sql, fixture);
    let id = start(&sandbox, sql);
    let manifest = format!("s3://results/out/{id}-manifest.csv");
    assert_eq!(
        finish(&sandbox, &id)["Statistics"]["DataManifestLocation"],
        manifest
    );
    assert_eq!(
        get_object(&sandbox, &path(&manifest), &[]).text(),
        "s3://lake/x/part-0\ns3://lake/x/part-1\n"
    );
    assert_eq!(sandbox.object("lake", "x/part-0").unwrap(), b"PAR1");
    let linked = sandbox.object("lake", "x/part-1").unwrap();
    assert_eq!(linked, b"PAR1 linked");
    sandbox.delete_object("lake", "x/part-1").unwrap();
    assert_eq!(std::fs::read(&there_already).unwrap(), linked);
    std::fs::remove_file(there_already).unwrap();
    let page = results(
        &sandbox,
        json!({"QueryExecutionId": id, "QueryResultType": "DATA_MANIFEST"}),
    );
    assert_eq!(
        page["ResultSet"]["Rows"][0]["Data"][0]["VarCharValue"],
        "s3://lake/x/part-0"
    );
}

#[test]
fn a_failed_hive_statement_reads_as_an_empty_result() {
    let sandbox = sandbox();
    let reason = "FAILED: SemanticException [Error 10001]: Table not found x";
    sandbox.fixture("SHOW PARTITIONS x", Fixture::failed(reason, 1003));
    let id = start(&sandbox, "SHOW PARTITIONS x");
    assert_eq!(finish(&sandbox, &id)["Status"]["StateChangeReason"], reason);
    let page = results(&sandbox, json!({"QueryExecutionId": id}));
    assert_eq!(page["ResultSet"]["Rows"], json!([]));
    assert_eq!(
        sandbox.object("results", &format!("out/{id}.txt")).unwrap(),
        reason.as_bytes()
    );
}

#[test]
fn a_deleted_result_object_cannot_be_found() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT n FROM t",
        Fixture::rows(vec![column("n", "integer")], rows(3)),
    );
    let id = start(&sandbox, "SELECT n FROM t");
    finish(&sandbox, &id);
    sandbox
        .delete_object("results", &format!("out/{id}.csv"))
        .unwrap();
    let (code, _) = refused(&sandbox, "GetQueryResults", json!({"QueryExecutionId": id}));
    assert_eq!(code, "RESULT_NOT_FOUND");
}

#[test]
fn managed_results_have_pages_but_no_object() {
    let sandbox = builder()
        .work_group(WorkGroup::new("managed").managed_results())
        .start_blocking()
        .unwrap();
    sandbox.fixture(
        "SELECT n FROM t",
        Fixture::rows(vec![column("n", "integer")], rows(1)),
    );
    let input = json!({"QueryString": "SELECT n FROM t", "ClientRequestToken": token(), "WorkGroup": "managed"});
    let id = ok(&sandbox, "StartQueryExecution", input)["QueryExecutionId"]
        .as_str()
        .unwrap()
        .to_owned();
    let execution = finish(&sandbox, &id);
    assert_eq!(execution.get("ResultConfiguration"), None);
    assert_eq!(
        execution["ManagedQueryResultsConfiguration"]["Enabled"],
        true
    );
    let page = results(&sandbox, json!({"QueryExecutionId": id}));
    assert_eq!(page["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"], "0");
    let input = json!({"QueryString": "SELECT n FROM t", "ClientRequestToken": token(), "WorkGroup": "managed",
                       "ResultConfiguration": {"OutputLocation": "s3://results/"}});
    assert_eq!(
        refused(&sandbox, "StartQueryExecution", input).1,
        "ManagedQueryResultsConfiguration and ResultConfiguration cannot be set together."
    );
}

#[test]
fn a_prepared_csv_file_is_served_without_a_copy() {
    use std::os::unix::fs::MetadataExt;
    let sandbox = sandbox();
    let file = std::env::temp_dir().join(format!("athena-prepared-{}", uuid::Uuid::new_v4()));
    std::fs::write(&file, "\"n\"\n\"1\"\n").unwrap();
    sandbox.fixture(
        "SELECT big",
        Fixture::from_csv_file(&file, vec![column("n", "integer")]),
    );
    let id = start(&sandbox, "SELECT big");
    finish(&sandbox, &id);
    let page = results(&sandbox, json!({"QueryExecutionId": id}));
    assert_eq!(page["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"], "1");
    assert_eq!(
        get_object(&sandbox, &format!("/results/out/{id}.csv"), &[]).text(),
        "\"n\"\n\"1\"\n"
    );
    assert_eq!(file.metadata().unwrap().nlink(), 2);
    std::fs::remove_file(file).unwrap();
}
