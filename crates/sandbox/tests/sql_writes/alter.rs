//! ALTER TABLE, by the kind of table and in Athena's words.

use serde_json::json;

use crate::{SANDBOX, done, failed, metadata, refused, rows, run};

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
