//! Iceberg tables: rows that change, and their counts.

use crate::{SANDBOX, done, failed, rows, update_count};

#[test]
fn rows_of_an_iceberg_table_are_inserted_updated_and_deleted() {
    done("CREATE DATABASE ice_db");
    done(
        "CREATE TABLE ice_db.t (id int, name string, ts timestamp, d decimal(10,2)) \
         PARTITIONED BY (bucket(4, id)) LOCATION 's3://lake/ice/' TBLPROPERTIES ('table_type' = 'ICEBERG')",
    );
    assert_eq!(rows("SELECT * FROM ice_db.t"), [""; 0]);
    let inserted = done(
        "INSERT INTO ice_db.t VALUES (1, 'one', TIMESTAMP '2020-01-01 00:00:00.123456', DECIMAL '1.50'), (2, 'two', NULL, NULL), (3, NULL, NULL, DECIMAL '3')",
    );
    assert_eq!(update_count(&inserted), 3);
    assert_eq!(
        rows("SELECT * FROM ice_db.t ORDER BY id"),
        [
            "1|one|2020-01-01 00:00:00.123456|1.50",
            "2|two|∅|∅",
            "3|∅|∅|3.00"
        ]
    );
    let updated =
        done("UPDATE ice_db.t SET name = upper(name), d = d + DECIMAL '0.50' WHERE id <= 2");
    assert_eq!(update_count(&updated), 2);
    assert_eq!(updated["SubstatementType"], "UPDATE");
    assert_eq!(
        rows("SELECT id, name, d FROM ice_db.t ORDER BY id"),
        ["1|ONE|2.00", "2|TWO|∅", "3|∅|3.00"]
    );
    // A condition that is unknown changes nothing.
    assert_eq!(
        update_count(&done("DELETE FROM ice_db.t WHERE name = 'ONE'")),
        1
    );
    assert_eq!(update_count(&done("DELETE FROM ice_db.t WHERE id = 99")), 0);
    assert_eq!(rows("SELECT id FROM ice_db.t ORDER BY id"), ["2", "3"]);
    assert_eq!(update_count(&done("DELETE FROM ice_db.t")), 2);
    assert_eq!(rows("SELECT count(*) FROM ice_db.t"), ["0"]);

    assert_eq!(
        rows("DESCRIBE ice_db.t"),
        [
            "# Table schema:\t\t",
            "# col_name\tdata_type\tcomment",
            "id\tint\t",
            "name\tstring\t",
            "ts\ttimestamp\t",
            "d\tdecimal(10, 2)\t",
            "\t\t",
            "# Partition spec:\t\t",
            "# field_name\tfield_transform\tcolumn_name",
            "id_bucket\tbucket[4]\tid",
        ]
    );
    assert_eq!(
        rows("SHOW CREATE TABLE ice_db.t"),
        [
            "CREATE TABLE ice_db.t (",
            "  id int,",
            "  name string,",
            "  ts timestamp,",
            "  d decimal(10,2))",
            "PARTITIONED BY (bucket(4,id))",
            "LOCATION 's3://lake/ice'",
            "TBLPROPERTIES (",
            "  'table_type'='iceberg'",
            ");",
        ]
    );
    let table = SANDBOX
        .metastore()
        .own()
        .stored_table("ice_db", "t")
        .unwrap();
    assert_eq!(table.parameters["table_type"], "ICEBERG");
    assert!(table.parameters["metadata_location"].starts_with("s3://lake/ice/metadata/"));
    assert!(table.partition_keys.is_empty());
    done("DROP TABLE ice_db.t");
    let keys = SANDBOX.keys("lake").unwrap();
    assert!(!keys.iter().any(|key| key.starts_with("ice/")));
}

#[test]
fn merge_updates_deletes_and_inserts() {
    done("CREATE DATABASE merge_db");
    let made = done(
        "CREATE TABLE merge_db.t WITH (table_type = 'ICEBERG', is_external = false, location = 's3://lake/merge/') AS \
         SELECT id, name, qty FROM (VALUES (1, 'a', 10), (2, 'b', 20), (3, 'c', 30)) t(id, name, qty)",
    );
    assert_eq!(update_count(&made), 3);
    let merged = done(
        "MERGE INTO merge_db.t AS t USING (VALUES (1, 5), (2, 0), (4, 7), (5, NULL)) AS s(id, qty) ON t.id = s.id \
         WHEN MATCHED AND s.qty = 0 THEN DELETE \
         WHEN MATCHED THEN UPDATE SET qty = t.qty + s.qty \
         WHEN NOT MATCHED AND s.qty IS NOT NULL THEN INSERT (id, qty) VALUES (s.id, s.qty)",
    );
    assert_eq!(update_count(&merged), 3);
    assert_eq!(
        rows("SELECT * FROM merge_db.t ORDER BY id"),
        ["1|a|15", "3|c|30", "4|∅|7"]
    );
    let (reason, _) = failed(
        "MERGE INTO merge_db.t t USING (VALUES (1, 1), (1, 2)) s(id, qty) ON t.id = s.id WHEN MATCHED THEN DELETE",
    );
    assert_eq!(
        reason,
        "MERGE_TARGET_ROW_MULTIPLE_MATCHES: One MERGE target table row matched more than one source row"
    );
    assert_eq!(rows("SELECT count(*) FROM merge_db.t"), ["3"]);
}

#[test]
fn rows_of_other_tables_cannot_be_changed() {
    done("CREATE DATABASE hive_db");
    done("CREATE TABLE hive_db.t AS SELECT 1 AS a");
    let reason =
        "NOT_SUPPORTED: Modifying Hive table rows is only supported for transactional tables";
    for sql in [
        "DELETE FROM hive_db.t",
        "UPDATE hive_db.t SET a = 2",
        "MERGE INTO hive_db.t t USING (VALUES 1) s(a) ON t.a = s.a WHEN MATCHED THEN DELETE",
    ] {
        assert_eq!(failed(sql), (reason.to_owned(), 1200), "{sql}");
    }
    assert_eq!(failed("DELETE FROM hive_db.nope WHERE a = 1").1, 1301);
    assert!(
        failed("CREATE TABLE hive_db.i WITH (table_type = 'ICEBERG', location = 's3://lake/i/') AS SELECT JSON '1' AS j")
            .0
            .starts_with("NOT_SUPPORTED: Type not supported for Iceberg: json")
    );
}
