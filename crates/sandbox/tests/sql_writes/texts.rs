//! What is told of names and failures: refusals at the start, reasons, kinds and counts.

use serde_json::{Value, json};

use crate::{done, failed, metadata, object, refused, rows, run, run_with, update_count};

#[test]
fn what_is_described_must_be_there_and_may_be_a_view() {
    done("CREATE DATABASE look_db");
    done("CREATE VIEW look_db.v AS SELECT 1 AS a, 'x' AS b");
    for sql in [
        "DESCRIBE look_db.v",
        "DESC `look_db`.`v`",
        "SHOW COLUMNS IN look_db.v",
    ] {
        let execution = done(sql);
        assert_eq!(
            (
                execution["StatementType"].as_str(),
                execution["SubstatementType"].as_str()
            ),
            (Some("UTILITY"), Some("DESC_VIEW")),
            "{sql}"
        );
        assert_eq!(update_count(&execution), 0, "{sql}");
        assert_eq!(rows(sql), ["a\tinteger", "b\tvarchar(1)"], "{sql}");
    }
    for sql in [
        "DESCRIBE look_db.nope",
        "DESC nowhere.v",
        "SHOW COLUMNS FROM nope IN look_db",
        "DESCRIBE awsdatacatalog.look_db.nope",
    ] {
        let message = refused(sql);
        assert!(
            message.starts_with("Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; Request ID: "),
            "{sql}: {message}"
        );
    }
    assert_eq!(
        refused("DESCRIBE Other.d.t"),
        "Catalog 'Other' does not exist"
    );
    assert_eq!(refused("DESCRIBE a.B.c.d"), "Invalid table name a.b.c.d");
    let plain = done("DESCRIBE FLIGHTS.airlines");
    assert_eq!(plain["SubstatementType"], "DESCRIBE_TABLE");
    assert_eq!(update_count(&plain), Value::Null);

    done(
        "CREATE TABLE look_db.i (id int) LOCATION 's3://lake/look/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    );
    for sql in ["DESCRIBE look_db.i", "SHOW CREATE TABLE look_db.i"] {
        assert_eq!(update_count(&done(sql)), 0, "{sql}");
    }
    let dropped = done("DROP TABLE look_db.i");
    let uri = dropped["ResultConfiguration"]["OutputLocation"]
        .as_str()
        .unwrap();
    assert_eq!(object(uri), b"\n");
    let bytes = metadata(&dropped).unwrap();
    assert_eq!(bytes.len(), 41);
    assert!(bytes.ends_with(b"\x12\x0aDROP TABLE"));
}

#[test]
fn names_in_double_quotes_are_no_names_to_hive() {
    done("CREATE DATABASE quote_db");
    done("CREATE EXTERNAL TABLE quote_db.t (n int) LOCATION 's3://lake/quote/'");
    done("CREATE VIEW quote_db.v AS SELECT 1 AS a");
    for (sql, message) in [
        (
            "DESCRIBE \"quote_db\".t",
            "line 1:10: no viable alternative at input 'DESCRIBE \"quote_db\"'",
        ),
        (
            "DESC quote_db.\"t\"",
            "line 1:15: no viable alternative at input 'quote_db.\"t\"'",
        ),
        (
            "SHOW COLUMNS IN \"quote_db\".\"t\"",
            "line 1:17: mismatched input '\"quote_db\"' expecting <identifier>",
        ),
        (
            "DROP TABLE IF EXISTS \"t\"",
            "line 1:22: mismatched input '\"t\"' expecting <identifier>",
        ),
        (
            "DROP TABLE quote_db.\"t\"",
            "line 1:21: no viable alternative at input 'quote_db.\"t\"'",
        ),
        (
            "ALTER TABLE quote_db.\"t\" RENAME TO x",
            "line 1:22: no viable alternative at input 'ALTER TABLE quote_db.\"t\"'",
        ),
        (
            "CREATE TABLE IF NOT EXISTS \"t\" (n int)",
            "line 1:28: no viable alternative at input 'CREATE TABLE IF NOT EXISTS \"t\"'",
        ),
        (
            "SHOW CREATE TABLE \"t\"",
            "Queries of this type are not supported",
        ),
    ] {
        assert_eq!(refused(sql), message, "{sql}");
    }
    assert!(
        refused("MSCK REPAIR TABLE \"t\"")
            .starts_with("line 1:1: mismatched input 'MSCK'. Expecting: 'ALTER', ")
    );
    // What the engine reads takes them, and so do views.
    done("DESCRIBE \"quote_db\".\"v\"");
    done("SHOW CREATE VIEW \"quote_db\".\"v\"");
    done("DROP VIEW \"quote_db\".\"v\"");
    done("CREATE TABLE \"quote_db\".\"c\" AS SELECT 1 AS a");
    done("DROP TABLE `quote_db`.`c`");
}

#[test]
fn repairs_tell_what_is_not_there() {
    let repaired = done("MSCK REPAIR TABLE nowhere_at_all");
    assert_eq!(metadata(&repaired).unwrap().len(), 38);
    assert_eq!(
        rows("MSCK REPAIR TABLE nowhere_at_all"),
        ["Tables not in metastore:\tnowhere_at_all"]
    );
    done("CREATE DATABASE repair_db");
    done("CREATE VIEW repair_db.v AS SELECT 1 AS a");
    let (reason, error_type) = failed("MSCK REPAIR TABLE repair_db.v");
    assert!(
        reason.ends_with("DDLTask. Can not create a Path from an empty string"),
        "{reason}"
    );
    assert_eq!(error_type, 1100);
}

#[test]
fn failures_of_ctas_and_insert_say_what_may_be_left() {
    done("CREATE DATABASE left_db");
    done("CREATE TABLE left_db.t AS SELECT 1 AS a");
    let clean = |sql: &str| {
        let execution = run(sql);
        let reason = execution["Status"]["StateChangeReason"].as_str().unwrap();
        let uri = execution["ResultConfiguration"]["OutputLocation"]
            .as_str()
            .unwrap();
        let tail = if sql.starts_with("INSERT") {
            format!(
                " If a data manifest file was generated at '{uri}-manifest.csv', you may need to manually clean the data from locations specified in the manifest. Athena will not delete data in your account."
            )
        } else {
            format!(
                " You may need to manually clean the data at location '{uri}' before retrying. Athena will not delete data in your account."
            )
        };
        let before = reason.strip_suffix(&tail);
        before
            .unwrap_or_else(|| panic!("{sql}: {reason}"))
            .to_owned()
    };
    for (sql, reason) in [
        (
            "CREATE TABLE left_db.u AS SELECT nope FROM left_db.t",
            "COLUMN_NOT_FOUND: line 1:34: Column 'nope' cannot be resolved or requester is not authorized to access requested resources.",
        ),
        (
            "CREATE TABLE left_db.u (n) AS VALUES 1",
            "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1.",
        ),
        (
            "CREATE TABLE left_db.u AS SELECT CAST('x' AS integer) AS n",
            "INVALID_CAST_ARGUMENT: Cannot cast 'x' to INT.",
        ),
        (
            "CREATE TABLE left_db.t AS SELECT 1 AS a",
            "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.left_db.t' already exists.",
        ),
        (
            "CREATE TABLE nowhere.t AS SELECT 1 AS a",
            "Database nowhere not found. Please check your query.",
        ),
        (
            "INSERT INTO left_db.nope VALUES (1)",
            "Table nope not found in database left_db. Please check your query.",
        ),
        (
            "INSERT INTO left_db.t VALUES (true)",
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [integer], Query: [boolean].",
        ),
        (
            "INSERT INTO left_db.t SELECT nope FROM left_db.t",
            "COLUMN_NOT_FOUND: line 1:30: Column 'nope' cannot be resolved or requester is not authorized to access requested resources.",
        ),
        (
            "INSERT INTO left_db.t SELECT 1 / 0",
            "DIVISION_BY_ZERO: Division by zero.",
        ),
    ] {
        assert_eq!(clean(sql), reason, "{sql}");
    }
}

#[test]
fn external_locations_are_refused_where_results_have_their_place() {
    done("CREATE DATABASE strict_db");
    let strict = json!({"WorkGroup": "strict"});
    let refused = run_with(
        "CREATE TABLE strict_db.t WITH (external_location = 's3://lake/strict/') AS SELECT 1 AS a",
        strict.clone(),
    );
    let status = &refused["Status"];
    assert_eq!(status["State"], "FAILED");
    assert_eq!(
        status["StateChangeReason"],
        "The Create Table As Select query failed because it was submitted with an 'external_location' property to an Athena Workgroup that enforces a centralized output location for all queries. Please remove the 'external_location' property and resubmit the query."
    );
    assert_eq!(status["AthenaError"]["ErrorCategory"], 2);
    let made = run_with("CREATE TABLE strict_db.t AS SELECT 1 AS a", strict);
    assert_eq!(made["Status"]["State"], "SUCCEEDED");
    let location = made["ResultConfiguration"]["OutputLocation"].as_str();
    assert!(location.unwrap().starts_with("s3://results/strict/tables/"));
}

#[test]
fn a_context_without_a_catalogue_is_told_by_what_reads_tables() {
    let odd = json!({"QueryExecutionContext": {"Catalog": "NoCatalog", "Database": "odd_db"}});
    for sql in [
        "CREATE DATABASE IF NOT EXISTS odd_db",
        "CREATE TABLE odd_db.unused AS SELECT 1 AS a",
        "SHOW TABLES",
        "SELECT 1",
        "CREATE EXTERNAL TABLE t (n int) LOCATION 's3://lake/odd/'",
        "ALTER TABLE t ADD COLUMNS (m int)",
        "DESCRIBE t",
        "SELECT * FROM awsdatacatalog.odd_db.t",
        "CREATE VIEW v AS SELECT 1 AS a",
        "DROP VIEW v",
    ] {
        // What fills a table has a session of its own, which needs the catalogue.
        let more = if sql.contains("unused") {
            json!({})
        } else {
            odd.clone()
        };
        let execution = run_with(sql, more);
        assert_eq!(
            execution["Status"]["State"], "SUCCEEDED",
            "{sql}: {execution}"
        );
        assert_eq!(
            execution["QueryExecutionContext"]["Catalog"],
            if sql.contains("unused") {
                Value::Null
            } else {
                "nocatalog".into()
            }
        );
    }
    for (sql, reason, error_type) in [
        (
            "SELECT * FROM t",
            "CATALOG_NOT_FOUND: line 1:15: Catalog 'nocatalog' does not exist",
            1006,
        ),
        (
            "SELECT * FROM odd_db.nope",
            "CATALOG_NOT_FOUND: line 1:15: Catalog 'nocatalog' does not exist",
            1006,
        ),
        (
            "CREATE TABLE c AS SELECT 1 AS n",
            "NOT_FOUND: Session property catalog does not exist: nocatalog. You may need to manually clean",
            1300,
        ),
        (
            "INSERT INTO t SELECT 1, 2",
            "NOT_FOUND: Session property catalog does not exist: nocatalog. If a data manifest file",
            1300,
        ),
        (
            "DELETE FROM t",
            "TABLE_NOT_FOUND: line 1:1: Table 'nocatalog.odd_db.t' does not exist",
            1301,
        ),
    ] {
        let status = run_with(sql, odd.clone())["Status"].clone();
        let found = status["StateChangeReason"].as_str().unwrap();
        assert!(found.starts_with(reason), "{sql}: {found}");
        assert_eq!(status["AthenaError"]["ErrorType"], error_type, "{sql}");
    }
}
