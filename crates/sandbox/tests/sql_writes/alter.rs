//! ALTER TABLE, by the kind of table and in Athena's words.

use serde_json::{Value, json};

use crate::{SANDBOX, done, failed, object, refused, rows, run, run_with, update_count};

fn error(sql: &str) -> (String, String, i64) {
    let execution = run(sql);
    let status = &execution["Status"];
    assert_eq!(status["State"], "FAILED", "{sql}: {execution}");
    let error = &status["AthenaError"];
    assert_eq!(error["ErrorCategory"], 2, "{sql}");
    (
        status["StateChangeReason"].as_str().unwrap().to_owned(),
        error["ErrorMessage"].as_str().unwrap().to_owned(),
        error["ErrorType"].as_i64().unwrap(),
    )
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

#[test]
fn columns_of_hives_tables_are_added_replaced_and_changed() {
    done("CREATE DATABASE alter_db");
    SANDBOX
        .put_object("lake", "alter/a.csv", b"1,one,x\n2,two,y\n")
        .unwrap();
    done(
        "CREATE EXTERNAL TABLE alter_db.t (n int, s string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' LOCATION 's3://lake/alter/'",
    );
    let added = done("ALTER TABLE alter_db.t ADD COLUMNS (more string COMMENT 'last')");
    assert_eq!(added["SubstatementType"], "ALTER_TABLE_ADD_COLUMN");
    let id = added["QueryExecutionId"].as_str().unwrap();
    assert_eq!(
        metadata(&added),
        Some([b"\x0a\x24", id.as_bytes()].concat()),
        "the id, and nothing else"
    );
    assert_eq!(
        rows("SELECT * FROM alter_db.t ORDER BY n"),
        ["1|one|x", "2|two|y"]
    );
    let replaced = done("ALTER TABLE alter_db.t REPLACE COLUMNS (a bigint, b string)");
    assert_eq!(replaced["SubstatementType"], "ALTER_TABLE_REPLACE_COLUMN");
    assert_eq!(metadata(&replaced).unwrap().len(), 38);
    assert_eq!(rows("SELECT b FROM alter_db.t WHERE a = 2"), ["two"]);
    let changed = done("ALTER TABLE alter_db.t CHANGE COLUMN b c string COMMENT 'text' FIRST");
    assert_eq!(changed["SubstatementType"], "ALTER_TABLE_CHANGE_COLUMN");
    assert_eq!(metadata(&changed), None);
    assert_eq!(
        rows("DESCRIBE alter_db.t"),
        [
            "c                   \tstring              \ttext                ",
            "a                   \tbigint              \t                    ",
        ]
    );
    SANDBOX
        .put_object("lake", "alter2/b.csv", b"moved,7\n")
        .unwrap();
    done("ALTER TABLE alter_db.t SET LOCATION 's3://lake/alter2/'");
    assert_eq!(rows("SELECT * FROM alter_db.t"), ["moved|7"]);
    done("ALTER TABLE alter_db.t SET TBLPROPERTIES ('comment' = 'mine', 'x' = 'y')");
    done("ALTER TABLE alter_db.t UNSET TBLPROPERTIES ('x')");
    assert_eq!(
        rows("SHOW TBLPROPERTIES alter_db.t"),
        ["EXTERNAL\tTRUE", "comment\tmine"]
    );
    done("ALTER TABLE alter_db.t ADD COLUMNS (z int)");
    assert!(
        failed("ALTER TABLE alter_db.t ADD COLUMNS (z int)")
            .0
            .contains("Duplicate column name: z")
    );
}

#[test]
fn places_and_values_of_partitions_are_altered() {
    done("CREATE DATABASE alter_part_db");
    SANDBOX
        .put_object("lake", "alter_part/elsewhere/a.csv", b"5\n")
        .unwrap();
    done(
        "CREATE EXTERNAL TABLE alter_part_db.t (n int) PARTITIONED BY (p string) LOCATION 's3://lake/alter_part/'",
    );
    done("ALTER TABLE alter_part_db.t ADD PARTITION (p = 'a')");
    done(
        "ALTER TABLE alter_part_db.t PARTITION (p = 'a') SET LOCATION 's3://lake/alter_part/elsewhere/'",
    );
    assert_eq!(rows("SELECT * FROM alter_part_db.t"), ["5|a"]);
    done("ALTER TABLE alter_part_db.t PARTITION (p = 'a') RENAME TO PARTITION (p = 'b')");
    assert_eq!(rows("SHOW PARTITIONS alter_part_db.t"), ["p=b"]);
    assert_eq!(rows("SELECT * FROM alter_part_db.t"), ["5|b"]);
}

#[test]
fn what_hive_does_not_alter_fails_in_its_words() {
    done("CREATE DATABASE stiff_db");
    done("CREATE EXTERNAL TABLE stiff_db.t (n int, m int) LOCATION 's3://lake/stiff/'");
    for table in ["stiff_db.t", "stiff_db.nope"] {
        let sql = format!("ALTER TABLE {table} DROP COLUMN n");
        let column = sql.find("COLUMN").unwrap();
        let (reason, message, error_type) = error(&sql);
        assert_eq!(
            reason,
            format!(
                "FAILED: ParseException line 1:{column} mismatched input 'COLUMN' expecting PARTITION near 'DROP' in drop partition statement"
            )
        );
        assert_eq!(
            message,
            format!(
                "line 1:{}: mismatched input 'COLUMN' expecting 'PARTITION'",
                column + 1
            )
        );
        assert_eq!(error_type, 1006);
    }
    let (reason, message, error_type) = error("ALTER TABLE stiff_db.t RENAME TO u");
    assert!(reason.contains("Table cannot be renamed"), "{reason}");
    assert_eq!(message, "Query type not supported by DDL engine.");
    assert_eq!(error_type, 1006);
    let (reason, message, _) = error("ALTER TABLE stiff_db.nope RENAME TO u");
    assert_eq!(
        reason,
        "FAILED: SemanticException [Error 10001]: Table not found stiff_db.nope"
    );
    assert_eq!(message, "Query type not supported by DDL engine.");
    let (reason, message, error_type) =
        error("CREATE EXTERNAL TABLE stiff_db.t (n int) LOCATION 's3://lake/stiff/'");
    assert!(
        reason.ends_with("AlreadyExistsException(message:Table t already exist)"),
        "{reason}"
    );
    assert_eq!(message, "Table t already exists.");
    assert_eq!(error_type, 1006);
}

#[test]
fn columns_of_an_iceberg_table_keep_their_values() {
    done("CREATE DATABASE evolve_db");
    done(
        "CREATE TABLE evolve_db.t (id int, name string, price float) LOCATION 's3://lake/evolve/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    );
    done("INSERT INTO evolve_db.t VALUES (1, 'one', REAL '1.5')");
    let changed = done("ALTER TABLE evolve_db.t CHANGE COLUMN name title string AFTER price");
    assert_eq!(metadata(&changed), None);
    done("ALTER TABLE evolve_db.t CHANGE id id bigint COMMENT 'key'");
    done("INSERT INTO evolve_db.t VALUES (2, REAL '2.5', 'two')");
    assert_eq!(
        rows("SELECT * FROM evolve_db.t ORDER BY id"),
        ["1|1.5|one", "2|2.5|two"]
    );
    assert_eq!(
        rows("SELECT title FROM evolve_db.t WHERE title LIKE 'o%'"),
        ["one"]
    );
    done("ALTER TABLE evolve_db.t DROP COLUMN title");
    assert_eq!(
        rows("SELECT * FROM evolve_db.t ORDER BY id"),
        ["1|1.5", "2|2.5"]
    );
    // Another column of that name has no values yet.
    let added = done("ALTER TABLE evolve_db.t ADD COLUMNS (name string)");
    assert_eq!(metadata(&added), None);
    done("INSERT INTO evolve_db.t VALUES (3, REAL '3.5', 'three')");
    assert_eq!(
        rows("SELECT * FROM evolve_db.t ORDER BY id"),
        ["1|1.5|∅", "2|2.5|∅", "3|3.5|three"]
    );
    done("UPDATE evolve_db.t SET name = 'first' WHERE id = 1");
    assert_eq!(
        rows("SELECT name FROM evolve_db.t ORDER BY id"),
        ["first", "∅", "three"]
    );
    assert_eq!(
        rows("DESCRIBE evolve_db.t")[2..5],
        ["id\tbigint\tkey", "price\tfloat\t", "name\tstring\t"]
    );
    let stored = SANDBOX
        .metastore()
        .own()
        .stored_table("evolve_db", "t")
        .unwrap();
    let title = stored
        .storage
        .columns
        .iter()
        .find(|column| column.name == "title")
        .unwrap();
    assert_eq!(title.parameters["iceberg.field.current"], "false");

    done("ALTER TABLE evolve_db.t RENAME TO u");
    assert_eq!(rows("SELECT count(*) FROM evolve_db.u"), ["3"]);
    assert_eq!(failed("SELECT * FROM evolve_db.t").1, 1301);
    done("ALTER TABLE evolve_db.u SET TBLPROPERTIES ('vacuum_min_snapshots_to_keep' = '2')");
}

#[test]
fn what_athena_does_not_alter_of_iceberg_leaves_nothing() {
    done("CREATE DATABASE cold_db");
    done(
        "CREATE TABLE cold_db.t (id int, d decimal(5, 2)) LOCATION 's3://lake/cold/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    );
    for sql in [
        "ALTER TABLE cold_db.t REPLACE COLUMNS (a int)",
        "ALTER TABLE cold_db.t SET LOCATION 's3://lake/cold2/'",
        "ALTER TABLE cold_db.t ADD PARTITION (id = 1)",
        "ALTER TABLE cold_db.t DROP PARTITION (id = 1)",
        "MSCK REPAIR TABLE cold_db.t",
    ] {
        let execution = run(sql);
        let status = &execution["Status"];
        assert_eq!(
            status["StateChangeReason"], "Query type not supported by Athena Iceberg at this time",
            "{sql}"
        );
        assert_eq!(status["AthenaError"]["ErrorType"], 1200, "{sql}");
        let id = &execution["QueryExecutionId"];
        if sql.starts_with("ALTER") {
            let refusal = crate::support::refused(
                &SANDBOX,
                "GetQueryResults",
                json!({"QueryExecutionId": id}),
            );
            assert_eq!(refusal.1, "Could not find results", "{sql}");
        }
        let keys = SANDBOX.keys("results").unwrap();
        assert!(
            !keys.iter().any(|key| key.contains(id.as_str().unwrap())),
            "{sql}"
        );
    }
    assert_eq!(
        failed("ALTER TABLE cold_db.t SET TBLPROPERTIES ('comment' = 'x')"),
        ("Unsupported table property key: comment".to_owned(), 1200)
    );
    assert_eq!(
        failed("ALTER TABLE cold_db.t CHANGE COLUMN id id string").1,
        1200
    );
    done("ALTER TABLE cold_db.t CHANGE COLUMN d d decimal(9, 2)");
    assert_eq!(
        failed("ALTER TABLE cold_db.t CHANGE COLUMN d d decimal(9, 3)").1,
        1200
    );
}

#[test]
fn spellings_of_trino_alone_are_refused_at_the_start() {
    for (sql, message) in [
        (
            "ALTER TABLE IF EXISTS t RENAME TO u",
            "line 1:16: no viable alternative at input 'ALTER TABLE IF EXISTS'",
        ),
        (
            "ALTER TABLE IF EXISTS t ADD COLUMNS (m int)",
            "line 1:29: mismatched input 'COLUMNS'. Expecting: '.', 'ADD'",
        ),
        (
            "alter table t\nadd COLUMN m int",
            "line 2:5: no viable alternative at input 'alter table t\\nadd COLUMN'",
        ),
        (
            "ALTER TABLE d.t SET PROPERTIES x = 1",
            "line 1:21: no viable alternative at input 'ALTER TABLE d.t SET PROPERTIES'",
        ),
        (
            "ALTER TABLE t EXECUTE optimize",
            "line 1:15: no viable alternative at input 'ALTER TABLE t EXECUTE'",
        ),
        (
            "ALTER TABLE t ALTER COLUMN m SET DATA TYPE bigint",
            "line 1:15: mismatched input 'ALTER'. Expecting: '.', 'ADD', 'DROP', 'EXECUTE', 'RENAME', 'SET'",
        ),
        (
            "ALTER TABLE t REPLACE COLUMN (a int)",
            "line 1:15: mismatched input 'REPLACE'. Expecting: '.', 'ADD', 'DROP', 'EXECUTE', 'RENAME', 'SET'",
        ),
        (
            "ALTER TABLE t RENAME COLUMN a TO b",
            "line 1:22: missing 'TO' at 'COLUMN'",
        ),
        (
            "ALTER TABLE t DROP COLUMNS a",
            "line 1:20: mismatched input 'COLUMNS'. Expecting: '.', 'DROP'",
        ),
        (
            "ALTER TABLE t DROP COLUMN IF EXISTS m",
            "line 1:30: mismatched input 'EXISTS' expecting {<EOF>, '.'}",
        ),
        (
            "CREATE TABLE Other.d.t (n int) LOCATION 's3://lake/x/'",
            "Catalog 'Other' does not exist",
        ),
        (
            "CREATE TABLE a.b.c.d AS SELECT 1 AS n",
            "Invalid table name a.b.c.d",
        ),
        (
            "CREATE TABLE t (n int) LOCATION 's3://lake/x/'",
            "External keyword required for table type HIVE",
        ),
    ] {
        assert_eq!(refused(sql), message, "{sql}");
    }
}

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
