//! Partitions that conditions leave out, and partitions that a table's properties tell.

use crate::{SANDBOX, done, failed, rows, scanned};

fn put(key: &str, text: &str) {
    SANDBOX.put_object("lake", key, text.as_bytes()).unwrap();
}

#[test]
fn partitions_that_conditions_exclude_are_neither_read_nor_counted() {
    done("CREATE DATABASE prune_db");
    done(
        "CREATE EXTERNAL TABLE prune_db.t (s string) PARTITIONED BY (day date, n int) LOCATION 's3://lake/prune/'",
    );
    // Each partition has another size, so that the sum tells which were read.
    for (index, (day, n)) in [("2024-01-01", 1), ("2024-01-01", 2), ("2024-01-02", 1)]
        .into_iter()
        .enumerate()
    {
        let text = format!(
            "{}\n",
            "x".repeat(10_usize.pow(u32::try_from(index).unwrap()) - 1)
        );
        put(&format!("prune/day={day}/n={n}/a.txt"), &text);
    }
    done("MSCK REPAIR TABLE prune_db.t");
    for (condition, bytes) in [
        ("true", 111),
        ("day = DATE '2024-01-01'", 11),
        ("day >= DATE '2024-01-02'", 100),
        ("day > DATE '2024-01-01' - INTERVAL '1' DAY AND n = 2", 10),
        ("n IN (2, 3)", 10),
        ("n + 1 = 2 AND length(s) >= 0", 101),
        ("day = DATE '2024-01-01' OR n = 1", 111),
        ("n = 7", 0),
        ("length(s) = 7", 111),
        // Not known before the query runs.
        ("n = (SELECT 2)", 111),
    ] {
        let sql = format!("SELECT count(*) FROM prune_db.t WHERE {condition}");
        assert_eq!(scanned(&sql), bytes, "{condition}");
    }
    assert_eq!(
        rows("SELECT length(s) FROM prune_db.t WHERE day = DATE '2024-01-01' AND n = 2"),
        ["9"]
    );
    assert_eq!(
        rows(
            "SELECT count(*) FROM prune_db.t a JOIN prune_db.t b ON a.n = b.n WHERE a.day = DATE '2024-01-02'"
        ),
        ["2"]
    );
    // A partition that cannot be read is no matter to a query that does not ask for it.
    done(
        "ALTER TABLE prune_db.t ADD PARTITION (day = '2024-01-03', n = 1) LOCATION 's3://lake/prune/gone/'",
    );
    SANDBOX
        .put_object("lake", "prune/gone/a.gz", b"this is no gzip")
        .unwrap();
    assert_eq!(rows("SELECT count(*) FROM prune_db.t WHERE n = 2"), ["1"]);
    assert!(
        failed("SELECT * FROM prune_db.t")
            .0
            .starts_with("HIVE_CANNOT_OPEN_SPLIT")
    );
}

#[test]
fn partitions_of_parquet_are_pruned_too() {
    done("CREATE DATABASE prune_parquet_db");
    done(
        "CREATE TABLE prune_parquet_db.t WITH (partitioned_by = ARRAY['p']) AS SELECT n, p FROM (VALUES (1, 'a'), (2, 'b'), (3, 'b')) t(n, p)",
    );
    let all = scanned("SELECT n FROM prune_parquet_db.t");
    let one = scanned("SELECT n FROM prune_parquet_db.t WHERE p = 'a'");
    let other = scanned("SELECT n FROM prune_parquet_db.t WHERE p <> 'a'");
    assert!(
        one > 0 && other > 0 && all == one + other,
        "{all} {one} {other}"
    );
    assert_eq!(
        scanned("SELECT n FROM prune_parquet_db.t WHERE p LIKE 'z%'"),
        0
    );
    assert_eq!(
        rows("SELECT n, p FROM prune_parquet_db.t WHERE p = 'b' AND n > 2"),
        ["3|b"]
    );
}

#[test]
fn partitions_are_projected_from_the_tables_properties() {
    done("CREATE DATABASE project_db");
    done(
        "CREATE EXTERNAL TABLE project_db.t (s string) PARTITIONED BY (kind string, day string, hour int) \
         LOCATION 's3://lake/project/' TBLPROPERTIES ('projection.enabled' = 'true', \
         'projection.kind.type' = 'enum', 'projection.kind.values' = 'red,blue', \
         'projection.day.type' = 'date', 'projection.day.format' = 'yyyy/MM/dd', \
         'projection.day.range' = '2024/02/28,NOW', \
         'projection.hour.type' = 'integer', 'projection.hour.range' = '0,23', 'projection.hour.digits' = '2', \
         'storage.location.template' = 's3://lake/project/${kind}/${day}/${hour}/')",
    );
    put("project/red/2024/02/29/07/a.txt", "one\n");
    put("project/blue/2024/03/01/23/a.txt", "second\n");
    // Outside of what is projected: no value, no day, no hour.
    put("project/green/2024/03/01/23/a.txt", "green\n");
    put("project/red/2024/02/27/00/a.txt", "early\n");
    put("project/red/2024/03/01/24/a.txt", "late\n");
    assert_eq!(
        rows("SELECT * FROM project_db.t WHERE day < '2024/04' ORDER BY s"),
        ["one|red|2024/02/29|7", "second|blue|2024/03/01|23"]
    );
    assert_eq!(
        rows("SELECT s FROM project_db.t WHERE hour BETWEEN 5 AND 8 AND kind = 'red'"),
        ["one"]
    );
    assert_eq!(scanned("SELECT s FROM project_db.t WHERE kind = 'blue'"), 7);
    assert_eq!(rows("SHOW PARTITIONS project_db.t"), [""; 0]);
    // Properties win over the catalogue.
    done(
        "ALTER TABLE project_db.t ADD PARTITION (kind = 'green', day = '2024/03/01', hour = '23') LOCATION 's3://lake/project/green/2024/03/01/23/'",
    );
    assert_eq!(rows("SELECT count(*) FROM project_db.t"), ["2"]);
    done("ALTER TABLE project_db.t SET TBLPROPERTIES ('projection.enabled' = 'false')");
    assert_eq!(rows("SELECT s FROM project_db.t"), ["green"]);
    done(
        "ALTER TABLE project_db.t SET TBLPROPERTIES ('projection.enabled' = 'true', 'projection.hour.type' = 'odd')",
    );
    done(
        "ALTER TABLE project_db.t SET TBLPROPERTIES ('projection.hour.digits' = '100000', 'projection.hour.type' = 'integer')",
    );
    assert!(
        failed("SELECT s FROM project_db.t")
            .0
            .ends_with("Column projection for column 'hour' failed. 'digits' is too large")
    );
    done("ALTER TABLE project_db.t SET TBLPROPERTIES ('projection.hour.type' = 'odd')");
    assert!(
        failed("SELECT s FROM project_db.t")
            .0
            .starts_with("INVALID_TABLE_PROPERTY: Column projection for column 'hour' failed.")
    );
}

#[test]
fn injected_partitions_are_those_the_query_names() {
    done("CREATE DATABASE inject_db");
    done(
        "CREATE EXTERNAL TABLE inject_db.t (s string) PARTITIONED BY (device string) LOCATION 's3://lake/inject/' \
         TBLPROPERTIES ('projection.enabled' = 'true', 'projection.device.type' = 'injected')",
    );
    put("inject/device=a/x.txt", "from a\n");
    put("inject/device=b/x.txt", "from b\n");
    for (condition, answer) in [
        ("device = 'a'", "from a"),
        ("'b' = device AND s LIKE 'from%'", "from b"),
        ("device IN ('a', 'c')", "from a"),
        ("device = 'a' OR device = 'c'", "from a"),
    ] {
        let sql = format!("SELECT s FROM inject_db.t WHERE {condition}");
        assert_eq!(rows(&sql), [answer], "{condition}");
    }
    for condition in ["true", "device > 'a'", "s = 'from a'", "device LIKE 'a%'"] {
        let sql = format!("SELECT s FROM inject_db.t WHERE {condition}");
        assert_eq!(
            failed(&sql).0,
            "CONSTRAINT_VIOLATION: For the injected projected partition column device, the WHERE clause must contain only static equality conditions, and at least one such condition must be present.",
            "{condition}"
        );
    }
}
