//! CTAS, INSERT, and Parquet tables with and without partitions.

use serde_json::{Value, json};

use crate::support::{get_object, ok, path};
use crate::{SANDBOX, done, failed, manifest, refused, rows, run, update_count};

#[test]
fn ctas_makes_a_table_below_the_result_and_insert_adds_to_it() {
    done("CREATE DATABASE ctas_db");
    let execution = done(
        "CREATE TABLE ctas_db.air AS SELECT carrier, name, 1.5 AS d, TIMESTAMP '2020-01-01 00:00:00.123' AS ts, ARRAY[1, 2] AS xs FROM flights.airlines",
    );
    assert_eq!(update_count(&execution), 16);
    let location = execution["ResultConfiguration"]["OutputLocation"]
        .as_str()
        .unwrap();
    assert!(
        location.starts_with("s3://results/out/tables/"),
        "{location}"
    );
    let files = manifest(&execution);
    assert!(files[0].starts_with(&format!("{location}/")), "{files:?}");
    let table = SANDBOX
        .metastore()
        .own()
        .stored_table("ctas_db", "air")
        .unwrap();
    assert_eq!(table.storage.location, Some(format!("{location}/")));
    let types: Vec<_> = table
        .storage
        .columns
        .iter()
        .map(|column| column.hive_type.clone().unwrap())
        .collect();
    assert_eq!(
        types,
        ["string", "string", "double", "timestamp", "array<int>"]
    );

    let inserted = done(
        "INSERT INTO ctas_db.air VALUES ('ZZ', 'Zed', 2.5, TIMESTAMP '2021-01-01 00:00:00.000', ARRAY[9])",
    );
    assert_eq!(update_count(&inserted), 1);
    assert_eq!(manifest(&inserted).len(), 1);
    done("INSERT INTO ctas_db.air (carrier) SELECT 'YY'");
    assert_eq!(
        rows("SELECT * FROM ctas_db.air WHERE carrier > 'YV' ORDER BY carrier"),
        ["YY|∅|∅|∅|∅", "ZZ|Zed|2.5|2021-01-01 00:00:00.000|[9]"]
    );
    assert_eq!(rows("SELECT count(*), max(d) FROM ctas_db.air"), ["18|2.5"]);

    let (reason, error_type) = failed("CREATE TABLE ctas_db.air AS SELECT 1 AS a");
    assert!(
        reason.starts_with("TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.ctas_db.air' already exists. You may need to manually clean the data at location 's3://results/out/tables/"),
        "{reason}"
    );
    assert_eq!(error_type, 1110);
    let (reason, error_type) = failed("INSERT INTO ctas_db.air (carrier) SELECT 1");
    assert!(
        reason.starts_with("TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [varchar], Query: [integer]. If a data manifest file"),
        "{reason}"
    );
    assert_eq!(error_type, 1002);
    for (sql, reason) in [
        (
            "CREATE TABLE ctas_db.bad AS SELECT INTERVAL '1' DAY AS i",
            "NOT_SUPPORTED: Unsupported Hive type: interval day to second",
        ),
        (
            "CREATE TABLE ctas_db.bad AS SELECT 1",
            "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1",
        ),
        (
            "CREATE TABLE ctas_db.bad AS SELECT 1 AS a, 2 AS A",
            "DUPLICATE_COLUMN_NAME: line 1:1: Column name 'a' specified more than once",
        ),
    ] {
        let (found, _) = failed(sql);
        assert!(found.starts_with(reason), "{sql}: {found}");
    }
    done("DROP TABLE ctas_db.air");
    assert_eq!(failed("SELECT * FROM ctas_db.air").1, 1301);
    // The data of an external table stays.
    assert!(!crate::object(&files[0]).is_empty());
}

#[test]
fn ctas_without_data_or_to_a_place_of_its_own() {
    done("CREATE DATABASE place_db");
    let empty = done("CREATE TABLE place_db.empty AS SELECT 1 AS a WITH NO DATA");
    assert_eq!(update_count(&empty), 0);
    assert_eq!(empty["Statistics"]["DataManifestLocation"], Value::Null);
    assert_eq!(rows("SELECT * FROM place_db.empty"), [""; 0]);
    done(
        "CREATE TABLE place_db.json WITH (format = 'JSON', external_location = 's3://lake/ctas_json/') AS SELECT 1 AS a, 'x' AS b",
    );
    assert_eq!(rows("SELECT * FROM place_db.json"), ["1|x"]);
    assert_eq!(
        failed("CREATE TABLE place_db.again WITH (external_location = 's3://lake/ctas_json') AS SELECT 1 AS a").0.split(':').next(),
        Some("HIVE_PATH_ALREADY_EXISTS")
    );
}

#[test]
fn partitions_are_added_dropped_and_repaired() {
    done("CREATE DATABASE part_db");
    done(
        "CREATE TABLE part_db.t WITH (partitioned_by = ARRAY['p']) AS SELECT n, p FROM (VALUES (1, 'a'), (2, 'b/c')) t(n, p)",
    );
    assert_eq!(rows("SHOW PARTITIONS part_db.t"), ["p=a", "p=b%2Fc"]);
    done("INSERT INTO part_db.t VALUES (3, 'd'), (4, 'a')");
    assert_eq!(
        rows("SELECT n, p FROM part_db.t ORDER BY n"),
        ["1|a", "2|b/c", "3|d", "4|a"]
    );
    done("ALTER TABLE part_db.t DROP PARTITION (p = 'a')");
    assert_eq!(rows("SELECT n FROM part_db.t ORDER BY n"), ["2", "3"]);
    assert_eq!(
        rows("MSCK REPAIR TABLE part_db.t"),
        [
            "Partitions not in metastore:\tt:p=a",
            "Repair: Added partition to metastore t:p=a"
        ]
    );
    assert_eq!(rows("SELECT count(*) FROM part_db.t WHERE p = 'a'"), ["2"]);

    let location = SANDBOX
        .metastore()
        .own()
        .stored_table("part_db", "t")
        .unwrap()
        .storage
        .location
        .unwrap();
    done(&format!(
        "ALTER TABLE part_db.t ADD IF NOT EXISTS PARTITION (p = 'a') PARTITION (p = 'elsewhere') LOCATION '{location}p=d/'"
    ));
    assert_eq!(rows("SELECT n FROM part_db.t WHERE p = 'elsewhere'"), ["3"]);
    assert!(
        failed("ALTER TABLE part_db.t ADD PARTITION (p = 'a')")
            .0
            .starts_with("FAILED: ")
    );
    assert!(
        failed("ALTER TABLE part_db.t DROP PARTITION (p = 'z')")
            .0
            .starts_with("FAILED: ")
    );
    done("ALTER TABLE part_db.t DROP IF EXISTS PARTITION (p = 'z')");
    assert_eq!(
        rows("DESCRIBE part_db.t"),
        [
            "n                   \tint                 \t                    ",
            "p                   \tstring              \t                    ",
            "\t \t ",
            "# Partition Information\t \t ",
            "# col_name          \tdata_type           \tcomment             ",
            "\t \t ",
            "p                   \tstring              \t                    ",
        ]
    );
    assert_eq!(
        rows(
            "SELECT column_name, data_type, extra_info FROM information_schema.columns WHERE table_schema = 'part_db' ORDER BY 1"
        ),
        ["n|integer|∅", "p|varchar|partition key"]
    );
}

#[test]
fn what_tables_are_not_is_refused_in_hives_words() {
    for (sql, message) in [
        (
            "CREATE EXTERNAL TABLE t (a int)",
            "No location was specified for table. An S3 location must be specified",
        ),
        (
            "CREATE EXTERNAL TABLE t (a nonsense) LOCATION 's3://lake/x/'",
            "line 1:",
        ),
        (
            "SELECT `a` FROM t",
            "line 1:8: backquoted identifiers are not supported",
        ),
    ] {
        let found = refused(sql);
        assert!(found.starts_with(message), "{sql}: {found}");
    }
    for (sql, reason) in [
        (
            "DROP TABLE nope",
            "FAILED: SemanticException [Error 10001]: Table not found default.nope",
        ),
        (
            "SHOW PARTITIONS nope",
            "FAILED: SemanticException [Error 10001]: Table not found default.nope",
        ),
        (
            "ALTER TABLE nope ADD COLUMNS (a int)",
            "FAILED: SemanticException [Error 10001]: Table not found default.nope",
        ),
        (
            "CREATE EXTERNAL TABLE nowhere.t (a int) LOCATION 's3://lake/x/'",
            "FAILED: SemanticException [Error 10072]: Database does not exist: nowhere",
        ),
        (
            "INSERT INTO nope VALUES (1)",
            "Table nope not found in database default. Please check your query. If a data manifest file",
        ),
        (
            "INSERT INTO flights.airlines VALUES (1, 2)",
            "NOT_SUPPORTED: awsdatacatalog.flights.airlines is a dataset",
        ),
    ] {
        let (found, _) = failed(sql);
        assert!(found.starts_with(reason), "{sql}: {found}");
    }
}

#[test]
fn statistics_tell_the_stages_of_a_query() {
    let statistics = |sql: &str| {
        let id = done(sql)["QueryExecutionId"].clone();
        let input = json!({"QueryExecutionId": id});
        ok(&SANDBOX, "GetQueryRuntimeStatistics", input)["QueryRuntimeStatistics"].clone()
    };
    let told = statistics("SELECT carrier, count(*) FROM flights.flights GROUP BY carrier");
    assert_eq!(told["Rows"]["InputRows"], 336_776);
    assert_eq!(told["Rows"]["OutputRows"], 16);
    let top = &told["OutputStage"];
    assert_eq!(
        (&top["StageId"], &top["State"], &top["OutputRows"]),
        (&json!(0), &json!("FINISHED"), &json!(16))
    );
    assert_eq!(top["QueryStagePlan"]["Name"], "Output");
    assert!(top["ExecutionTime"].is_u64());
    // Every stage gets what those below it give; the last ones read the table.
    let mut stage = top;
    while let Some(below) = stage["SubStages"].get(0) {
        assert_eq!(stage["InputRows"], below["OutputRows"]);
        assert!(below["StageId"].as_i64() > stage["StageId"].as_i64());
        stage = below;
    }
    assert_eq!(stage["InputRows"], 336_776);
    assert_eq!(stage["InputBytes"], told["Rows"]["InputBytes"]);
    fn names(plan: &Value, found: &mut Vec<String>) {
        found.push(plan["Name"].as_str().unwrap().to_owned());
        for child in plan["Children"].as_array().unwrap() {
            names(child, found);
        }
    }
    let mut found = Vec::new();
    names(&stage["QueryStagePlan"], &mut found);
    assert_eq!(found.last().unwrap(), "TableScan", "{found:?}");

    done("CREATE DATABASE stage_db");
    SANDBOX
        .put_object("lake", "stages/a.txt", b"x\ny\nz\n")
        .unwrap();
    done("CREATE EXTERNAL TABLE stage_db.t (s string) LOCATION 's3://lake/stages/'");
    let told = statistics("CREATE TABLE stage_db.u AS SELECT s FROM stage_db.t WHERE s > 'x'");
    assert_eq!(
        (
            &told["Rows"]["InputRows"],
            &told["Rows"]["InputBytes"],
            &told["Rows"]["OutputRows"]
        ),
        (&json!(3), &json!(6), &json!(2))
    );
    assert_eq!(told["OutputStage"]["QueryStagePlan"]["Name"], "TableWriter");
    assert_eq!(statistics("SHOW TABLES").get("OutputStage"), None);
}

#[test]
fn results_are_said_to_be_bytes_of_two_kinds() {
    for (sql, kind) in [
        ("SELECT 1 AS a", "binary"),
        ("SELECT * FROM (VALUES 1) t(a)", "application"),
        ("SHOW TABLES IN flights", "binary"),
        ("EXPLAIN SELECT 1", "application"),
        ("DESCRIBE flights.airlines", "application"),
        ("CREATE DATABASE IF NOT EXISTS kinds_db", "binary"),
        ("MSCK REPAIR TABLE kinds_db.none", "application"),
        ("DROP TABLE kinds_db.none", "application"),
    ] {
        let execution = run(sql);
        let uri = execution["ResultConfiguration"]["OutputLocation"].as_str();
        let object = get_object(&SANDBOX, &path(uri.unwrap()), &[]);
        let expected = format!("{kind}/octet-stream");
        assert_eq!(
            object.header("content-type"),
            Some(expected.as_str()),
            "{sql}"
        );
    }
}

#[test]
fn one_statement_may_end_with_semicolons_and_blanks() {
    for sql in [
        "SELECT 1;;",
        " ; SELECT 1 ; \n",
        "-- c\nSELECT 1;",
        "SELECT 1 -- c\n;",
    ] {
        let execution = done(sql);
        let text = execution["Query"].as_str().unwrap();
        assert!(!text.contains(';') && text.trim() == text, "{sql}: {text}");
    }
    for sql in ["SELECT 1; -- c", "SELECT 1; SELECT 2", "SELEC 1; /* c */"] {
        assert_eq!(
            refused(sql),
            format!("Only one sql statement is allowed. Got: {sql}")
        );
    }
    assert_eq!(refused(";"), "Empty sql statement: ;");
}
