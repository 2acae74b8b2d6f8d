//! Tables of S3 Tables buckets in SQL.

use serde_json::{Value, json};

use crate::{SANDBOX, done, failed, rows, run_with};

const CATALOG: &str = "s3tablescatalog/house";

fn context() -> Value {
    json!({"QueryExecutionContext": {"Catalog": CATALOG, "Database": "sales"}})
}

fn there(sql: &str) -> Value {
    let execution = run_with(sql, context());
    assert_eq!(
        execution["Status"]["State"], "SUCCEEDED",
        "{sql}: {execution}"
    );
    execution
}

fn refused(sql: &str) -> String {
    let mut input = context();
    input["QueryString"] = sql.into();
    input["ClientRequestToken"] = crate::support::token().into();
    crate::support::refused(&SANDBOX, "StartQueryExecution", input).1
}

#[test]
fn tables_of_s3_tables_buckets_are_made_filled_and_read() {
    SANDBOX.metastore().add_s3_tables_bucket("house");
    there("CREATE DATABASE sales");
    there("CREATE TABLE orders (id int, price double)");
    there("INSERT INTO orders VALUES (1, 1.5), (2, 2.5)");
    there("UPDATE sales.orders SET price = price * 2 WHERE id = 2");
    let full = format!("\"{CATALOG}\".sales.orders");
    assert_eq!(
        rows(&format!("SELECT * FROM {full} ORDER BY id")),
        ["1|1.5", "2|5.0"]
    );
    // Both catalogues in one statement, from either side.
    done("CREATE DATABASE shop_db");
    done(&format!(
        "CREATE TABLE shop_db.copy AS SELECT id, price FROM {full}"
    ));
    done(&format!(
        "INSERT INTO {full} SELECT id + 10, price FROM shop_db.copy"
    ));
    assert_eq!(
        rows(&format!(
            "SELECT o.id, c.price FROM {full} o JOIN awsdatacatalog.shop_db.copy c ON o.id = c.id + 10 ORDER BY 1"
        )),
        ["11|1.5", "12|5.0"]
    );
    assert_eq!(
        rows(&format!(
            "SELECT count(*) FROM \"{CATALOG}\".sales.\"orders$snapshots\""
        )),
        ["3"]
    );
    assert_eq!(
        rows(&format!(
            "SELECT table_name FROM \"{CATALOG}\".information_schema.tables WHERE table_schema = 'sales'"
        )),
        ["orders"]
    );
    let catalog = SANDBOX.metastore().catalog(CATALOG).unwrap();
    let stored = catalog.stored_table("sales", "orders").unwrap();
    assert_eq!(stored.parameters["table_type"], "ICEBERG");
    let location = stored.storage.location.unwrap();
    assert!(location.starts_with("s3://house--table-s3/"), "{location}");
    assert!(
        SANDBOX
            .metastore()
            .own()
            .stored_table("sales", "orders")
            .is_none()
    );

    done(&format!(
        "CREATE TABLE \"{CATALOG}\".sales.made AS SELECT 1 AS a"
    ));
    assert_eq!(
        rows(&format!("SELECT * FROM \"{CATALOG}\".sales.made")),
        ["1"]
    );
    there("DROP TABLE made");
    assert!(catalog.stored_table("sales", "made").is_none());
    assert_eq!(
        failed(&format!("SELECT * FROM \"{CATALOG}\".sales.nope")).0,
        format!("TABLE_NOT_FOUND: line 1:15: Table '{CATALOG}.sales.nope' does not exist")
    );
}

#[test]
fn what_s3_tables_has_not_is_refused_in_athenas_words() {
    SANDBOX.metastore().add_s3_tables_bucket("house");
    for (sql, message) in [
        (
            "CREATE TABLE t (n int) LOCATION 's3://lake/x/'",
            "Table location can not be specified for tables hosted in S3 table buckets",
        ),
        (
            "CREATE EXTERNAL TABLE t (n int)",
            "External keyword not supported for table type ICEBERG",
        ),
        (
            "CREATE TABLE awsdatacatalog.d.t (n int)",
            "Unsupported ddl with 2 catalogs: CREATE TABLE awsdatacatalog.d.t (n int)",
        ),
        (
            "DESCRIBE awsdatacatalog.d.t",
            "Unsupported DDL with 2 catalogs",
        ),
    ] {
        assert_eq!(refused(sql), message, "{sql}");
    }
    assert_eq!(
        crate::refused(&format!("DESCRIBE \"{CATALOG}\".sales.orders")),
        "Unsupported DDL with 2 catalogs"
    );
    there("CREATE DATABASE IF NOT EXISTS refusals");
    for (sql, reason, error_type) in [
        (
            "CREATE TABLE nowhere.t (n int)",
            "Cannot find or access the specified table",
            1100,
        ),
        (
            "CREATE TABLE refusals.t (n int) STORED AS PARQUET",
            "Iceberg create table statement does not allow STORED AS/BY",
            1200,
        ),
        (
            "CREATE VIEW refusals.v AS SELECT 1 AS a",
            "NOT_SUPPORTED: This connector does not support creating views",
            1200,
        ),
        (
            "ALTER TABLE refusals.t RENAME TO u",
            "FAILED: SemanticException [Error 10001]: Table not found refusals.t",
            1006,
        ),
    ] {
        let status = run_with(sql, context())["Status"].clone();
        assert_eq!(status["StateChangeReason"], reason, "{sql}");
        assert_eq!(status["AthenaError"]["ErrorType"], error_type, "{sql}");
    }
}
