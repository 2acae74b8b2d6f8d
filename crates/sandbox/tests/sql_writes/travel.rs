//! Iceberg tables as they were, what they tell of themselves, and their upkeep.

use std::time::{Duration, SystemTime};

use crate::{SANDBOX, done, failed, refused, rows, run, scanned};

fn make(name: &str) {
    let database = name.split('.').next().unwrap();
    done(&format!("CREATE DATABASE {database}"));
    let place = name.replace('.', "/");
    done(&format!(
        "CREATE TABLE {name} (id int, name string) LOCATION 's3://lake/{place}/' TBLPROPERTIES ('table_type' = 'ICEBERG')"
    ));
}

/// The objects below a table's `data/`.
fn data(name: &str) -> Vec<String> {
    let place = format!("{}/data/", name.replace('.', "/"));
    let keys = SANDBOX.keys("lake").unwrap().into_iter();
    keys.filter(|key| key.starts_with(&place)).collect()
}

#[test]
fn tables_are_read_as_they_were() {
    make("travel_db.t");
    done("INSERT INTO travel_db.t VALUES (1, 'one')");
    done("INSERT INTO travel_db.t VALUES (2, 'two')");
    done("UPDATE travel_db.t SET name = 'ONE' WHERE id = 1");
    done("DELETE FROM travel_db.t WHERE id = 2");
    let snapshots: Vec<(String, String)> = rows(
        "SELECT snapshot_id, date_format(committed_at, '%Y-%m-%d %H:%i:%s.%f') FROM \"travel_db\".\"t$snapshots\" ORDER BY committed_at",
    )
    .iter()
    .map(|row| {
        let (id, time) = row.split_once('|').unwrap();
        (id.to_owned(), time.to_owned())
    })
    .collect();
    assert_eq!(snapshots.len(), 4);
    let states = [
        vec!["1|one"],
        vec!["1|one", "2|two"],
        vec!["1|ONE", "2|two"],
        vec!["1|ONE"],
    ];
    for ((id, time), expected) in snapshots.iter().zip(&states) {
        assert_eq!(
            rows(&format!(
                "SELECT * FROM travel_db.t FOR VERSION AS OF {id} ORDER BY id"
            )),
            *expected
        );
        assert_eq!(
            rows(&format!(
                "SELECT t.* FROM travel_db.t FOR TIMESTAMP AS OF TIMESTAMP '{time} UTC' ORDER BY t.id"
            )),
            *expected,
            "{time}"
        );
    }
    // Several moments in one statement, one of them an expression.
    let (first, _) = &snapshots[0];
    assert_eq!(
        rows(&format!(
            "SELECT o.name, n.name FROM travel_db.t FOR VERSION AS OF {first} AS o JOIN travel_db.t FOR TIMESTAMP AS OF (current_timestamp + INTERVAL '1' DAY) n ON o.id = n.id"
        )),
        ["one|ONE"]
    );
    assert_eq!(
        failed("SELECT * FROM travel_db.t FOR VERSION AS OF 1"),
        (
            "INVALID_ARGUMENTS: Iceberg snapshot ID does not exists: 1".to_owned(),
            1100
        )
    );
    assert!(
        failed("SELECT * FROM travel_db.t FOR TIMESTAMP AS OF TIMESTAMP '2001-02-03 04:05:06 UTC'")
            .0
            .starts_with(
                "INVALID_ARGUMENTS: No version history table t at or before 2001-02-03T04:05:06Z"
            )
    );
    assert!(
        failed("SELECT * FROM travel_db.t FOR TIMESTAMP AS OF 'x'")
            .0
            .starts_with("INVALID_ARGUMENTS: ")
    );
    assert_eq!(
        failed("SELECT * FROM flights.airlines FOR VERSION AS OF 1").0,
        "NOT_SUPPORTED: This connector does not support versioned tables"
    );
}

#[test]
fn a_table_tells_its_history_and_its_files() {
    make("inner_db.t");
    done("INSERT INTO inner_db.t VALUES (1, 'one'), (2, NULL)");
    done("INSERT INTO inner_db.t VALUES (3, 'three')");
    done("DELETE FROM inner_db.t WHERE id = 3");
    assert_eq!(
        rows(
            "SELECT s.operation, s.parent_id = p.snapshot_id, element_at(s.summary, 'total-data-files') FROM inner_db.\"t$snapshots\" s LEFT JOIN inner_db.\"t$history\" p ON s.parent_id = p.snapshot_id ORDER BY s.committed_at"
        ),
        ["append|∅|1", "append|true|2", "delete|true|1"]
    );
    assert_eq!(
        rows(
            "SELECT count(*), count(parent_id), bool_and(is_current_ancestor), count(DISTINCT made_current_at) FROM inner_db.\"t$history\""
        ),
        ["3|2|true|3"]
    );
    let file = rows(
        "SELECT content, file_format, record_count, value_counts[1], null_value_counts[2], file_path, file_size_in_bytes FROM inner_db.\"t$files\"",
    );
    let parts: Vec<&str> = file[0].split('|').collect();
    assert_eq!(parts[..5], ["0", "PARQUET", "2", "2", "1"], "{file:?}");
    let key = parts[5].strip_prefix("s3://lake/").unwrap();
    let size = SANDBOX.object("lake", key).unwrap().len();
    assert_eq!(parts[6], size.to_string());
    // Tables of another kind have no such tables, but partitions.
    done("CREATE TABLE inner_db.h WITH (partitioned_by = ARRAY['p']) AS SELECT 1 AS n, 2 AS p");
    assert_eq!(rows("SELECT p + 1 FROM inner_db.\"h$partitions\""), ["3"]);
    assert_eq!(failed("SELECT * FROM inner_db.\"h$files\"").1, 1301);
    assert_eq!(failed("SELECT * FROM inner_db.\"t$nonsense\"").1, 1301);
}

#[test]
fn files_are_packed_and_old_snapshots_forgotten() {
    make("upkeep_db.t");
    for id in 1..=3 {
        done(&format!("INSERT INTO upkeep_db.t VALUES ({id}, 'x')"));
    }
    assert_eq!(data("upkeep_db.t").len(), 3);
    let packed = done("OPTIMIZE upkeep_db.t REWRITE DATA USING BIN_PACK WHERE id > 0");
    assert_eq!(packed["SubstatementType"], "CREATE_TABLE_AS_SELECT");
    assert_eq!(
        rows("SELECT id FROM upkeep_db.t ORDER BY id"),
        ["1", "2", "3"]
    );
    assert_eq!(rows("SELECT count(*) FROM upkeep_db.\"t$files\""), ["1"]);
    assert_eq!(
        rows("SELECT operation FROM upkeep_db.\"t$snapshots\" ORDER BY committed_at DESC LIMIT 1"),
        ["replace"]
    );
    // Snapshots are young, so that nothing goes yet.
    let vacuumed = done("VACUUM upkeep_db.t");
    assert_eq!(
        (&vacuumed["StatementType"], &vacuumed["SubstatementType"]),
        (&"DML".into(), &"VACUUM_TABLE".into())
    );
    assert_eq!(
        rows("SELECT count(*) FROM upkeep_db.\"t$snapshots\""),
        ["4"]
    );
    assert_eq!(data("upkeep_db.t").len(), 4);
    done(
        "ALTER TABLE upkeep_db.t SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds' = '1', 'vacuum_min_snapshots_to_keep' = '1')",
    );
    let later = SystemTime::now() + Duration::from_millis(1500);
    while SystemTime::now() < later {
        std::thread::sleep(Duration::from_millis(50));
    }
    done("VACUUM upkeep_db.t");
    assert_eq!(
        rows("SELECT count(*) FROM upkeep_db.\"t$snapshots\""),
        ["1"]
    );
    assert_eq!(data("upkeep_db.t").len(), 1);
    assert_eq!(rows("SELECT count(*) FROM upkeep_db.t"), ["3"]);
    assert!(scanned("SELECT id FROM upkeep_db.t") > 0);

    assert_eq!(
        failed("OPTIMIZE upkeep_db.t REWRITE DATA USING BIN_PACK WHERE nope = 1").1,
        1006
    );
    done("CREATE TABLE upkeep_db.h AS SELECT 1 AS a");
    for sql in [
        "OPTIMIZE upkeep_db.h REWRITE DATA USING BIN_PACK",
        "VACUUM upkeep_db.h",
    ] {
        assert!(failed(sql).0.starts_with("NOT_SUPPORTED: "), "{sql}");
    }
    assert!(refused("OPTIMIZE upkeep_db.t REWRITE DATA").contains("mismatched input '<EOF>'"));
    assert_eq!(
        run("VACUUM upkeep_db.nope")["Status"]["AthenaError"]["ErrorType"],
        1301
    );
}
