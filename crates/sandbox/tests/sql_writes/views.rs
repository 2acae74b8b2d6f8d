//! Views, and databases.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::{SANDBOX, done, failed, rows};

#[test]
fn a_view_is_stored_as_a_presto_view_and_answers_as_its_query() {
    done("CREATE DATABASE view_db");
    done(
        "CREATE VIEW view_db.v AS SELECT carrier, count(*) AS n FROM flights.flights GROUP BY carrier",
    );
    assert_eq!(
        rows("SELECT * FROM view_db.v ORDER BY n DESC LIMIT 2"),
        ["UA|58665", "B6|54635"]
    );
    assert_eq!(
        rows(
            "SELECT a.name FROM view_db.v v JOIN flights.airlines a ON v.carrier = a.carrier WHERE v.n = 32"
        ),
        ["SkyWest Airlines Inc."]
    );
    let stored = SANDBOX
        .metastore()
        .own()
        .stored_table("view_db", "v")
        .unwrap();
    assert!(stored.is_view());
    assert_eq!(stored.parameters["presto_view"], "true");
    assert_eq!(
        stored.view_expanded_text.as_deref(),
        Some("/* Presto View */")
    );
    let text = stored.view_original_text.unwrap();
    let encoded = text
        .strip_prefix("/* Presto View: ")
        .and_then(|text| text.strip_suffix(" */"))
        .unwrap();
    let definition: Value = serde_json::from_slice(&STANDARD.decode(encoded).unwrap()).unwrap();
    assert_eq!(
        definition["originalSql"],
        "SELECT carrier, count(*) AS n FROM flights.flights GROUP BY carrier"
    );
    assert_eq!(
        definition["columns"],
        json!([{"name": "carrier", "type": "varchar"}, {"name": "n", "type": "bigint"}])
    );
    let hive: Vec<_> = stored
        .storage
        .columns
        .iter()
        .map(|c| c.hive_type.clone())
        .collect();
    assert_eq!(hive, [Some("string".to_owned()), Some("bigint".to_owned())]);

    assert_eq!(
        rows("SHOW CREATE VIEW view_db.v"),
        [
            "CREATE VIEW view_db.v AS",
            "SELECT carrier, count(*) AS n FROM flights.flights GROUP BY carrier"
        ]
    );
    assert_eq!(
        rows("DESCRIBE view_db.v"),
        ["carrier\tvarchar", "n\tbigint"]
    );
    assert_eq!(rows("SHOW VIEWS IN view_db"), ["v"]);
    assert_eq!(
        rows("SELECT view_definition FROM information_schema.views WHERE table_schema = 'view_db'"),
        ["SELECT carrier, count(*) AS n FROM flights.flights GROUP BY carrier"]
    );
    let (reason, error_type) = failed("CREATE VIEW view_db.v AS SELECT 1 AS a");
    assert!(reason.starts_with("TABLE_ALREADY_EXISTS: "), "{reason}");
    assert_eq!(error_type, 1110);
    done("CREATE OR REPLACE VIEW view_db.v AS\nSELECT 1 AS a");
    assert_eq!(rows("SELECT * FROM view_db.v"), ["1"]);
    assert_eq!(
        failed("CREATE VIEW view_db.w AS SELECT 1").0,
        "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1"
    );
    done("DROP VIEW view_db.v");
    assert_eq!(failed("SELECT * FROM view_db.v").1, 1301);
}

#[test]
fn views_of_views_answer_and_a_view_of_itself_fails() {
    done("CREATE DATABASE loop_db");
    done("CREATE VIEW loop_db.a AS SELECT 1 AS x");
    done("CREATE VIEW loop_db.b AS SELECT x + 1 AS x FROM loop_db.a");
    assert_eq!(rows("SELECT x FROM loop_db.b"), ["2"]);
    done("CREATE OR REPLACE VIEW loop_db.a AS SELECT x FROM loop_db.b");
    let (reason, _) = failed("SELECT * FROM loop_db.a");
    assert!(reason.contains("contains itself"), "{reason}");
}

#[test]
fn hostile_definitions_fail_and_leave_the_sandbox_running() {
    let deep_type = "array<".repeat(20_000) + "int" + &">".repeat(20_000);
    let deep_sum = "1".to_owned() + &" + 1".repeat(100);
    let deep_query = "(".repeat(3000) + "SELECT 1 AS a" + &")".repeat(3000);
    for sql in [
        format!("CREATE EXTERNAL TABLE t (a {deep_type}) LOCATION 's3://lake/h/'"),
        "CREATE EXTERNAL TABLE t (a int LOCATION 's3://lake/h/'".to_owned(),
        "CREATE TABLE t WITH (format = 'PARQUET' AS SELECT 1 AS a".to_owned(),
        format!("CREATE VIEW v AS {deep_query}"),
        "ALTER TABLE t ADD PARTITION".to_owned(),
        "ALTER TABLE t DROP PARTITION (p =".to_owned(),
        "INSERT INTO".to_owned(),
        "MERGE INTO t".to_owned(),
        "MSCK REPAIR".to_owned(),
        "UNLOAD (".to_owned(),
        "SHOW CREATE TABLE".to_owned(),
        "SHOW TBLPROPERTIES t (".to_owned(),
    ] {
        let input = json!({"QueryString": sql, "ClientRequestToken": crate::support::token()});
        let response = crate::support::athena(&SANDBOX, "StartQueryExecution", input);
        assert!(
            response.status == 400 || response.status == 200,
            "{}",
            response.status
        );
        if response.status == 200 {
            let id = response.json()["QueryExecutionId"]
                .as_str()
                .unwrap()
                .to_owned();
            let execution = crate::support::finish(&SANDBOX, &id);
            let shown: String = sql.chars().take(60).collect();
            assert_eq!(crate::support::state(&execution), "FAILED", "{shown}");
        }
    }
    done("CREATE DATABASE IF NOT EXISTS hostile_db");
    done(&format!(
        "CREATE OR REPLACE VIEW hostile_db.sum AS SELECT {deep_sum} AS a"
    ));
    assert_eq!(rows("SELECT a FROM hostile_db.sum"), ["101"]);
}

#[test]
fn databases_come_and_go() {
    done("CREATE DATABASE IF NOT EXISTS db_one COMMENT 'first'");
    done("CREATE SCHEMA IF NOT EXISTS db_one");
    let database = SANDBOX.metastore().own().database("db_one").unwrap();
    assert_eq!(database.description.as_deref(), Some("first"));
    assert!(rows("SHOW DATABASES").contains(&"db_one".to_owned()));
    let (reason, _) = failed("CREATE DATABASE db_one");
    assert!(
        reason.ends_with("Database db_one already exists"),
        "{reason}"
    );
    done("CREATE VIEW db_one.v AS SELECT 1 AS a");
    let (reason, _) = failed("DROP DATABASE db_one");
    assert!(reason.contains("Database db_one is not empty"), "{reason}");
    done("DROP DATABASE db_one CASCADE");
    assert_eq!(
        failed("DROP DATABASE db_one").0,
        "FAILED: SemanticException [Error 10072]: Database does not exist: db_one"
    );
    done("DROP DATABASE IF EXISTS db_one");
}
