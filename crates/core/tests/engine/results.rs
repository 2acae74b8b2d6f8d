//! Where rows come from, and that every route gives the same ones.

use std::time::{Duration, Instant};

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use athena_core::ErrorKind;
use athena_sandbox::engine::StatementType;
use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox, WorkGroup};

use crate::support::{
    cell, columns, connect, connect_with, connect_without_location, drain, one_column, query,
    random_rows, rows, sandbox, start,
};

const PAGES: &str = "ResultFetcher=GetQueryResults;";

fn every_type() -> Fixture {
    let list = columns(&[
        ("b", "boolean"),
        ("t", "tinyint"),
        ("s", "smallint"),
        ("i", "integer"),
        ("l", "bigint"),
        ("r", "real"),
        ("d", "double"),
        ("dec", "decimal(18,2)"),
        ("c", "char(3)"),
        ("v", "varchar"),
        ("bin", "varbinary"),
        ("date", "date"),
        ("time", "time(3)"),
        ("ts", "timestamp(3)"),
        ("tz", "timestamp(3) with time zone"),
        ("ym", "interval year to month"),
        ("ds", "interval day to second"),
        ("a", "array(integer)"),
        ("m", "map(varchar,integer)"),
        ("row", "row(a integer)"),
        ("j", "json"),
        ("u", "uuid"),
        ("ip", "ipaddress"),
    ]);
    let values = [
        "true",
        "-128",
        "-32768",
        "-2147483648",
        "-9223372036854775808",
        "1.17549435E-38",
        "1.0E20",
        "-0.05",
        "ab ",
        "a \"b\",\nc",
        "31 32 33",
        "2017-01-02",
        "12:34:56.789",
        "2017-01-01 00:00:00.001",
        "2001-08-22 03:04:05.321 America/Los_Angeles",
        "1-3",
        "2 00:00:00.001",
        "[1, 2]",
        "{a=1}",
        "{a=1}",
        "{\"x\":1}",
        "12151fd2-7586-11e9-8f9e-2a86e4085a59",
        "10.0.0.1",
    ];
    let nulls = vec![None; list.len()];
    Fixture::rows(list, vec![values.iter().map(|v| cell(v)).collect(), nulls])
}

#[test]
fn every_type_reads_the_same_from_the_object_and_from_pages() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT all", every_type());
    let from_object = query(&connect(&sandbox), "SELECT all").unwrap();
    let from_pages = query(&connect_with(&sandbox, PAGES).unwrap(), "SELECT all").unwrap();
    assert_eq!(from_object.schema(), from_pages.schema());
    let (object, pages) = (drain(&from_object).unwrap(), drain(&from_pages).unwrap());
    assert_eq!(object, pages);
    assert_eq!(sandbox.count("GetObject"), 1, "pages read no object");
    let text = rows(&object);
    assert_eq!(text[0][0], "true");
    assert_eq!(text[0][9], "a \"b\",\nc");
    assert_eq!(text[0][14], "2001-08-22T10:04:05.321Z");
    assert!(text[1].iter().all(|value| value == "∅"), "{text:?}");
    let types: Vec<DataType> = from_object
        .schema()
        .fields()
        .iter()
        .map(|field| field.data_type().clone())
        .collect();
    assert_eq!(types[7], DataType::Decimal128(18, 2));
    assert_eq!(types[21], DataType::FixedSizeBinary(16));
    assert_eq!(
        from_object.schema().field(7).metadata()["ATHENA:type"],
        "decimal(18,2)"
    );
}

#[test]
fn null_and_the_empty_string_differ_and_blank_lines_are_null_rows() {
    let sandbox = sandbox();
    let values = [Some(""), None, Some("a\r\n\"b\""), None, None];
    sandbox.fixture("SELECT v", one_column("v", "varchar", &values));
    for more in ["", PAGES] {
        let stream = query(&connect_with(&sandbox, more).unwrap(), "SELECT v").unwrap();
        let batches = drain(&stream).unwrap();
        let column = batches[0].column(0).as_string::<i32>();
        assert_eq!(column.iter().collect::<Vec<_>>(), values, "{more}");
    }
}

#[test]
fn results_of_no_rows_keep_their_schema() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT v", one_column("v", "bigint", &[]));
    for more in ["", PAGES] {
        let stream = query(&connect_with(&sandbox, more).unwrap(), "SELECT v").unwrap();
        assert_eq!(stream.schema().field(0).data_type(), &DataType::Int64);
        assert!(drain(&stream).unwrap().is_empty());
    }
}

#[test]
fn many_pages_and_many_ranges_give_what_was_put_in() {
    let sandbox = sandbox();
    let put_in = random_rows(7, 5_000);
    let list = columns(&[("n", "bigint"), ("v", "varchar"), ("l", "bigint")]);
    sandbox.fixture("SELECT many", Fixture::rows(list, put_in.clone()));
    let expected: Vec<Vec<String>> = put_in
        .into_iter()
        .map(|row| {
            row.into_iter()
                .map(|cell| cell.unwrap_or("∅".to_owned()))
                .collect()
        })
        .collect();
    for more in [
        "",
        PAGES,
        "ResultFetcher=GetQueryResults;FetchSize=77",
        "DownloadPartBytes=65536;DownloadMemoryBytes=1048576;DownloadConnections=3",
    ] {
        let stream = query(&connect_with(&sandbox, more).unwrap(), "SELECT many").unwrap();
        assert_eq!(rows(&drain(&stream).unwrap()), expected, "{more}");
    }
    // Header and 5,000 rows are 5,001: six pages, the last one not full.
    let pages = sandbox
        .requests()
        .iter()
        .filter(|r| {
            r.operation == "GetQueryResults"
                && r.body.as_ref().is_some_and(|b| b["MaxResults"] == 1000)
        })
        .count();
    assert_eq!(pages, 6);
}

#[test]
fn a_full_last_page_and_an_extra_empty_page_end_the_result() {
    let sandbox = sandbox();
    let values: Vec<String> = (0..999).map(|n: i32| n.to_string()).collect();
    let values: Vec<Option<&str>> = values.iter().map(|v| Some(v.as_str())).collect();
    sandbox.fixture("SELECT v", one_column("v", "integer", &values));
    let connection = connect_with(&sandbox, PAGES).unwrap();
    let batches = drain(&query(&connection, "SELECT v").unwrap()).unwrap();
    assert_eq!(rows(&batches).len(), 999);
    assert_eq!(
        sandbox.count("GetQueryResults"),
        2,
        "a full page always has a token"
    );
    sandbox.fault(Fault::on("GetQueryResults", FaultAction::ExtraEmptyPage));
    sandbox.fixture("SELECT w", one_column("w", "integer", &[Some("1")]));
    let batches = drain(&query(&connection, "SELECT w").unwrap()).unwrap();
    assert_eq!(rows(&batches), [["1"]]);
}

#[test]
fn utility_rows_are_split_at_tabs_and_have_no_header() {
    let sandbox = sandbox();
    let list = columns(&[
        ("col_name", "string"),
        ("data_type", "string"),
        ("comment", "string"),
    ]);
    let lines = [
        "col_name  \tbigint    \t          ",
        "b         \tvarchar   ",
    ];
    sandbox.fixture(
        "DESCRIBE t",
        Fixture::rows(list, lines.iter().map(|line| vec![cell(line)]).collect()),
    );
    sandbox.fixture(
        "SHOW TABLES",
        one_column("tab_name", "string", &[Some("tab_name"), Some("b")]),
    );
    let connection = connect(&sandbox);
    let stream = query(&connection, "DESCRIBE t").unwrap();
    assert_eq!(
        rows(&drain(&stream).unwrap()),
        [
            ["col_name  ", "bigint    ", "          "],
            ["b         ", "varchar   ", "∅"]
        ]
    );
    let stream = query(&connection, "SHOW TABLES").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["tab_name"], ["b"]]);
}

#[test]
fn statements_without_rows_count() {
    let sandbox = sandbox();
    sandbox.fixture("INSERT INTO t VALUES (1)", Fixture::count(3));
    sandbox.fixture(
        "CREATE DATABASE d",
        Fixture::rows(Vec::new(), Vec::new()).kind(StatementType::Ddl, "CREATE_DATABASE"),
    );
    let connection = connect(&sandbox);
    let stream = query(&connection, "INSERT INTO t VALUES (1)").unwrap();
    assert_eq!(stream.execution().update_count, Some(3));
    assert_eq!(stream.schema().fields().len(), 0);
    assert!(stream.next_batch().unwrap().is_none());
    let stream = query(&connection, "CREATE DATABASE d").unwrap();
    assert_eq!(stream.execution().update_count, None);
    assert!(stream.next_batch().unwrap().is_none());
}

#[test]
fn auto_reads_pages_where_the_object_may_not_be_read() {
    for action in [FaultAction::AccessDenied, FaultAction::NotFound] {
        let sandbox = sandbox();
        sandbox.fixture("SELECT v", one_column("v", "integer", &[Some("1")]));
        sandbox.fault(Fault::on("GetObject", action.clone()));
        let stream = query(&connect(&sandbox), "SELECT v").unwrap();
        assert_eq!(rows(&drain(&stream).unwrap()), [["1"]]);
        let strict = connect_with(&sandbox, "ResultFetcher=S3").unwrap();
        let error = query(&strict, "SELECT v").unwrap_err();
        assert!(
            matches!(
                error.kind(),
                ErrorKind::Unauthorized | ErrorKind::ResultNotFound
            ),
            "{error:?}"
        );
        assert!(error.message().contains("s3://results/"), "{error}");
    }
}

#[test]
fn managed_results_and_client_side_encryption_are_read_as_pages() {
    let sandbox = start(Sandbox::builder().work_group(WorkGroup::new("managed").managed_results()));
    sandbox.fixture("SELECT v", one_column("v", "integer", &[Some("1")]));
    for connection in [
        connect_without_location(&sandbox, "WorkGroup=managed"),
        connect_with(&sandbox, "EncryptionOption=CSE_KMS;KmsKey=k"),
    ] {
        let stream = query(&connection.unwrap(), "SELECT v").unwrap();
        assert_eq!(rows(&drain(&stream).unwrap()), [["1"]]);
    }
    assert_eq!(sandbox.count("GetObject"), 0);
}

#[test]
fn use_resultset_streaming_0_means_pages_and_a_fetcher_wins_over_it() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT v", one_column("v", "integer", &[Some("1")]));
    for (more, objects) in [
        ("UseResultsetStreaming=0;LogLevel=6", 0),
        ("UseResultsetStreaming=0;ResultFetcher=S3", 1),
        ("UseResultsetStreaming=1", 1),
        ("ResultFetcher=GetQueryResultsStream", 1),
    ] {
        sandbox.clear_requests();
        drain(&query(&connect_with(&sandbox, more).unwrap(), "SELECT v").unwrap()).unwrap();
        assert_eq!(sandbox.count("GetObject"), objects, "{more}");
    }
}

#[test]
fn undecodable_values_name_column_row_and_value() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT v",
        one_column("v", "integer", &[Some("1"), Some("12x")]),
    );
    for more in ["", PAGES] {
        let stream = query(&connect_with(&sandbox, more).unwrap(), "SELECT v").unwrap();
        let error = drain(&stream).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        for part in ["\"v\"", "row 1", "12x"] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn a_read_can_be_cancelled_from_another_thread() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT v",
        one_column("v", "varchar", &[Some("abc"), Some("def")]),
    );
    sandbox.fault(Fault::on("GetObject", FaultAction::Stall(6)));
    let stream = query(&connect(&sandbox), "SELECT v").unwrap();
    let started = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            stream.cancel();
        });
        assert_eq!(drain(&stream).unwrap_err().kind(), ErrorKind::Cancelled);
    });
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_result_outlives_its_connection_and_statement() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT many",
        Fixture::rows(
            columns(&[("n", "bigint"), ("v", "varchar"), ("l", "bigint")]),
            random_rows(5, 3_000),
        ),
    );
    let stream = {
        let connection = connect_with(&sandbox, PAGES).unwrap();
        query(&connection, "SELECT many").unwrap()
    };
    assert_eq!(rows(&drain(&stream).unwrap()).len(), 3_000);
}

#[test]
fn a_reused_result_is_read_where_it_lies() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT v", one_column("v", "integer", &[Some("1")]));
    let connection = connect_with(&sandbox, "EnableResultReuseByAge=1").unwrap();
    let first = query(&connection, "SELECT v").unwrap();
    let second = query(&connection, "SELECT v").unwrap();
    assert!(!first.execution().reused_previous_result);
    assert!(second.execution().reused_previous_result);
    assert_eq!(
        first.execution().output_location,
        second.execution().output_location
    );
    assert_ne!(
        first.execution().query_execution_id,
        second.execution().query_execution_id
    );
    assert_eq!(drain(&first).unwrap(), drain(&second).unwrap());
}
