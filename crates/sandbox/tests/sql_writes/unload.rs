//! UNLOAD.

use std::collections::BTreeSet;

use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use datafusion::parquet::basic::{Compression, PageType};
use datafusion::parquet::file::reader::{FileReader as _, SerializedFileReader};
use datafusion::parquet::schema::printer::print_schema;
use serde_json::json;

use crate::support::{self, finish, ok, state};
use crate::{SANDBOX, done, failed, gunzip, manifest, object, update_count};

fn batches(file: Vec<u8>) -> Vec<RecordBatch> {
    ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file))
        .unwrap()
        .build()
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

#[test]
fn unload_writes_parquet_as_athena_does() {
    let sql = "UNLOAD (SELECT CAST(1 AS tinyint) t, CAST(2 AS smallint) s, 3 i, CAST(4 AS bigint) b, \
               CAST(0.5 AS real) f, 0.25 d, true o, DECIMAL '12345.67' dec, CAST('x' AS varchar) V, \
               CAST('y' AS char(3)) c, X'0102' bin, DATE '2020-02-29' dt, \
               TIMESTAMP '2020-02-29 13:45:01.500' ts, ARRAY[1, NULL] a, \
               MAP(ARRAY['k'], ARRAY[1]) m, CAST(ROW(1, 'z') AS ROW(A integer, b varchar)) r) \
               TO 's3://lake/types/' WITH (format = 'PARQUET')";
    let execution = done(sql);
    assert_eq!(execution["SubstatementType"], "UNLOAD");
    assert_eq!(update_count(&execution), 1);
    let files = manifest(&execution);
    assert_eq!(files.len(), 1);
    assert!(files[0].starts_with("s3://lake/types/20"), "{files:?}");

    let reader = SerializedFileReader::new(Bytes::from(object(&files[0]))).unwrap();
    let metadata = reader.metadata();
    let file = metadata.file_metadata();
    assert_eq!(
        file.created_by(),
        Some("parquet-mr-trino version 0.215-23249-g67fe549 (build n/a)")
    );
    let pair = &file.key_value_metadata().unwrap()[0];
    assert_eq!(
        (pair.key.as_str(), pair.value.as_deref()),
        ("writer.time.zone", Some("UTC"))
    );
    let mut schema = Vec::new();
    print_schema(&mut schema, file.schema());
    assert_eq!(
        String::from_utf8(schema).unwrap(),
        "message trino_schema {
  OPTIONAL INT32 t (INTEGER(8,true));
  OPTIONAL INT32 s (INTEGER(16,true));
  OPTIONAL INT32 i (INTEGER(32,true));
  OPTIONAL INT64 b;
  OPTIONAL FLOAT f;
  OPTIONAL DOUBLE d;
  OPTIONAL BOOLEAN o;
  OPTIONAL FIXED_LEN_BYTE_ARRAY (4) dec (DECIMAL(7,2));
  OPTIONAL BYTE_ARRAY v (STRING);
  OPTIONAL BYTE_ARRAY c (STRING);
  OPTIONAL BYTE_ARRAY bin;
  OPTIONAL INT32 dt (DATE);
  OPTIONAL INT96 ts;
  OPTIONAL group a (LIST) {
    REPEATED group list {
      OPTIONAL INT32 element (INTEGER(32,true));
    }
  }
  OPTIONAL group m (MAP) {
    REPEATED group key_value {
      REQUIRED BYTE_ARRAY key (STRING);
      OPTIONAL INT32 value (INTEGER(32,true));
    }
  }
  OPTIONAL group r {
    OPTIONAL INT32 a (INTEGER(32,true));
    OPTIONAL BYTE_ARRAY b (STRING);
  }
}
"
    );
    let chunk = metadata.row_group(0).column(0);
    assert!(
        matches!(chunk.compression(), Compression::GZIP(_)),
        "{:?}",
        chunk.compression()
    );
    let pages = reader.get_row_group(0).unwrap();
    let pages = pages.get_column_page_reader(2).unwrap();
    let kinds: Vec<PageType> = pages.map(|page| page.unwrap().page_type()).collect();
    assert_eq!(kinds, [PageType::DICTIONARY_PAGE, PageType::DATA_PAGE]);
    let row = pretty_format_batches(&batches(object(&files[0])))
        .unwrap()
        .to_string();
    for value in [
        "| 12345.67 |",
        "| 0102 |",
        "| 2020-02-29 |",
        "| 2020-02-29T13:45:01.500 |",
        "| [1, ]",
        "| {k: 1}",
        "| {a: 1, b: z}",
    ] {
        assert!(row.contains(value), "{value} in\n{row}");
    }
}

#[test]
fn unload_keeps_nulls_at_every_level_of_nesting() {
    let sql = "UNLOAD (SELECT id, xs, m, r FROM (VALUES \
               (1, CAST(ARRAY[ARRAY['a', NULL], NULL, ARRAY[]] AS array(array(varchar))), \
                MAP(ARRAY[1], ARRAY[CAST(NULL AS varchar)]), CAST(ROW(NULL, ARRAY[1.5]) AS ROW(a integer, b array(double)))), \
               (2, NULL, NULL, NULL), \
               (3, CAST(ARRAY[] AS array(array(varchar))), CAST(MAP() AS map(integer, varchar)), \
                CAST(ROW(7, NULL) AS ROW(a integer, b array(double))))) t(id, xs, m, r)) \
               TO 's3://lake/nested/' WITH (format = 'PARQUET', compression = 'SNAPPY')";
    let files = manifest(&done(sql));
    let table = pretty_format_batches(&batches(object(&files[0])))
        .unwrap()
        .to_string();
    let rows: Vec<String> = table
        .lines()
        .skip(3)
        .take(3)
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(
        rows,
        [
            "|1|[[a, ], , []]|{1: }|{a: , b: [1.5]}|",
            "|2||||",
            "|3|[]|{}|{a: 7, b: }|",
        ]
    );
}

#[test]
fn a_large_unload_has_several_files_that_together_hold_each_row_once() {
    let execution = done(
        "UNLOAD (SELECT flight, carrier FROM flights.flights) TO 's3://lake/flights' WITH (format = 'PARQUET', compression = 'ZSTD', compression_level = 1)",
    );
    let files = manifest(&execution);
    assert!(files.len() > 1, "{files:?}");
    let listed: BTreeSet<String> = SANDBOX
        .keys("lake")
        .unwrap()
        .into_iter()
        .filter(|key| key.starts_with("flights/"))
        .map(|key| format!("s3://lake/{key}"))
        .collect();
    assert_eq!(listed, files.iter().cloned().collect());
    let rows: usize = files
        .iter()
        .flat_map(|file| batches(object(file)))
        .map(|batch| batch.num_rows())
        .sum();
    assert_eq!(rows, 336_776);
    assert_eq!(update_count(&execution), 336_776);
}

#[test]
fn an_empty_unload_leaves_no_file_but_an_empty_manifest() {
    let execution = done(
        "UNLOAD (SELECT carrier FROM flights.airlines WHERE carrier = 'none') TO 's3://lake/empty/' WITH (format = 'PARQUET')",
    );
    assert_eq!(manifest(&execution), Vec::<String>::new());
    assert_eq!(update_count(&execution), 0);
    let keys = SANDBOX.keys("lake").unwrap_or_default();
    assert!(!keys.iter().any(|key| key.starts_with("empty/")));
}

#[test]
fn unload_writes_json_and_text_with_gzip() {
    let query = "SELECT * FROM (VALUES (1, 'a\"b', ARRAY[1, 2], MAP(ARRAY['k'], ARRAY[DECIMAL '1.50'])), (2, NULL, NULL, NULL)) t(n, s, xs, m) ORDER BY n";
    let json = manifest(&done(&format!(
        "UNLOAD ({query}) TO 's3://lake/json/' WITH (format = 'json')"
    )));
    assert!(json[0].ends_with(".gz"));
    assert_eq!(
        gunzip(&object(&json[0])),
        "{\"n\":1,\"s\":\"a\\\"b\",\"xs\":[1,2],\"m\":{\"k\":1.50}}\n{\"n\":2,\"s\":null,\"xs\":null,\"m\":null}\n"
    );
    let text = manifest(&done(&format!(
        "UNLOAD ({query}) TO 's3://lake/text/' WITH (format = 'TEXTFILE')"
    )));
    assert_eq!(
        gunzip(&object(&text[0])),
        "1\u{1}a\"b\u{1}1\u{2}2\u{1}k\u{3}1.50\n2\u{1}\\N\u{1}\\N\u{1}\\N\n"
    );
    let commas = manifest(&done(
        "UNLOAD (SELECT 1 a, 'x' b) TO 's3://lake/commas/' WITH (format = 'TEXTFILE', field_delimiter = ',')",
    ));
    assert_eq!(gunzip(&object(&commas[0])), "1,x\n");
}

#[test]
fn a_partitioned_unload_has_a_folder_for_each_value_and_adds_to_what_is_there() {
    let sql = "UNLOAD (SELECT n, p, q FROM (VALUES (1, 'a', 1), (2, 'b/c', 1), (3, 'a', 1), (4, NULL, 2)) t(n, p, q)) \
               TO 's3://lake/parts/' WITH (format = 'PARQUET', partitioned_by = ARRAY['p', 'q'])";
    let files = manifest(&done(sql));
    let folders: BTreeSet<&str> = files
        .iter()
        .map(|file| file.rsplit_once('/').unwrap().0)
        .collect();
    assert_eq!(
        folders.into_iter().collect::<Vec<_>>(),
        [
            "s3://lake/parts/p=__HIVE_DEFAULT_PARTITION__/q=2",
            "s3://lake/parts/p=a/q=1",
            "s3://lake/parts/p=b%2Fc/q=1"
        ]
    );
    let first = batches(object(&files[1]));
    assert_eq!(first[0].schema().fields().len(), 1);
    assert_eq!(first[0].num_rows(), 2);
    done(sql);
}

#[test]
fn unload_refuses_what_athena_refuses() {
    let unload =
        |query: &str| format!("UNLOAD ({query}) TO 's3://lake/refused/' WITH (format = 'PARQUET')");
    for (query, reason, error_type) in [
        (
            "SELECT TIME '12:00:00' t",
            "NOT_SUPPORTED: Unsupported Hive type: time(0)",
            1200,
        ),
        (
            "SELECT JSON '{}' j",
            "NOT_SUPPORTED: Unsupported Hive type: json",
            1200,
        ),
        (
            "SELECT now() n",
            "NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone",
            1200,
        ),
        (
            "SELECT uuid() u",
            "NOT_SUPPORTED: Unsupported Hive type: uuid",
            1200,
        ),
        (
            "SELECT ARRAY[INTERVAL '1' DAY] i",
            "NOT_SUPPORTED: Unsupported Hive type: interval day to second",
            1200,
        ),
        (
            "SELECT 1 a, 2",
            "SYNTAX_ERROR: line 1:1: Column name not specified at position 2",
            1006,
        ),
        (
            "VALUES (1)",
            "SYNTAX_ERROR: line 1:1: Column name not specified at position 1",
            1006,
        ),
        (
            "SELECT 1 a, 2 A",
            "SYNTAX_ERROR: line 1:1: Column name 'a' specified more than once",
            1006,
        ),
        (
            "SELECT NULL x",
            "SYNTAX_ERROR: line 1:1: Column type is unknown: x",
            1006,
        ),
        (
            "SELECT TIMESTAMP '2020-01-01 00:00:00.123456' ts",
            "NOT_SUPPORTED: Incorrect timestamp precision for timestamp(6); the configured precision is MILLISECONDS; column name: ts",
            1200,
        ),
        (
            "SELECT ROW(1, 2) r",
            "NOT_SUPPORTED: Anonymous row type is not supported in Hive. Please give each field a name: row(integer, integer)",
            1200,
        ),
        (
            "SELECT * FROM flights.nope",
            "TABLE_NOT_FOUND: line 1:23: Table 'awsdatacatalog.flights.nope' does not exist",
            1301,
        ),
    ] {
        assert_eq!(
            failed(&unload(query)),
            (reason.to_owned(), error_type),
            "{query}"
        );
    }
    let (reason, error_type) =
        failed("UNLOAD (SELECT 1 a) TO 's3://lake/refused/' WITH (format = 'ORC')");
    assert!(reason.starts_with("NOT_SUPPORTED: "), "{reason}");
    assert_eq!(error_type, 1200);
    let (reason, _) = failed(
        "UNLOAD (SELECT 1 a) TO 's3://lake/refused/' WITH (format = 'PARQUET', compression = 'LZ4')",
    );
    assert!(reason.starts_with("NOT_SUPPORTED: "), "{reason}");

    SANDBOX.put_object("lake", "taken/x", b"").unwrap();
    let (reason, _) = failed("UNLOAD (SELECT 1 a) TO 's3://lake/taken' WITH (format = 'PARQUET')");
    assert!(
        reason.starts_with("HIVE_PATH_ALREADY_EXISTS: Target directory for table ")
            && reason.contains(" already exists: s3://lake/taken"),
        "{reason}"
    );
    let keys = SANDBOX.keys("lake").unwrap();
    assert!(!keys.iter().any(|key| key.starts_with("refused/")));
}

#[test]
fn unload_with_parameters_and_a_syntax_error_is_handled_like_a_select() {
    let input = json!({
        "QueryString": "UNLOAD (SELECT ? a) TO 's3://lake/parameters/' WITH (format = 'JSON')",
        "ClientRequestToken": support::token(),
        "ExecutionParameters": ["'it''s'"],
    });
    let id = ok(&SANDBOX, "StartQueryExecution", input)["QueryExecutionId"].clone();
    let id = id.as_str().unwrap();
    let execution = finish(&SANDBOX, id);
    assert_eq!(state(&execution), "SUCCEEDED", "{execution}");
    assert_eq!(
        gunzip(&object(&manifest(&execution)[0])),
        "{\"a\":\"it's\"}\n"
    );
    assert_eq!(
        execution["ResultConfiguration"]["OutputLocation"],
        format!("s3://results/out/{id}")
    );
    let result = ok(&SANDBOX, "GetQueryResults", json!({"QueryExecutionId": id}));
    let column = &result["ResultSet"]["ResultSetMetadata"]["ColumnInfo"][0];
    assert_eq!(
        (&column["Name"], &column["Type"]),
        (&json!("rows"), &json!("bigint"))
    );
    for (sql, message) in [
        (
            "UNLOAD SELECT 1 a TO 's3://b/c/' WITH (format = 'JSON')",
            "line 1:8: mismatched input 'SELECT'. Expecting: '('",
        ),
        (
            "UNLOAD (SELECT 1 a) TO 's3://b/c/'",
            "line 1:35: mismatched input '<EOF>'. Expecting: 'WITH'",
        ),
        (
            "UNLOAD (SELECT 1 FORM t) TO 's3://b/c/' WITH (format = 'JSON')",
            "line 1:23: mismatched input 't'.",
        ),
    ] {
        let input = json!({"QueryString": sql, "ClientRequestToken": support::token()});
        let (code, text) = support::refused(&SANDBOX, "StartQueryExecution", input);
        assert_eq!(code, "MALFORMED_QUERY");
        assert!(text.starts_with(message), "{sql}: {text}");
    }
}
