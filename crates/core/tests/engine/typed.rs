//! `ComplexTypes=typed`: what is sent for a query with nested columns, and what comes back.

use std::time::{Duration, Instant};

use arrow::datatypes::DataType;
use athena_core::ErrorKind;
use athena_core::session::{Connection, ResultStream, Value};
use athena_sandbox::engine::{Column, StatementType};
use athena_sandbox::{Fixture, Sandbox, column};

use crate::support::{
    cell, columns, connect, connect_with, drain, one_column, query, rows, sandbox,
};

const QUERY: &str = "SELECT n, tags, r FROM t";
const TYPED: &str = "SELECT q.c1, CAST(q.c2 AS JSON), CAST(CAST(q.c3 AS row(u varchar, varchar)) \
                     AS JSON) FROM (SELECT n, tags, r FROM t) q(c1, c2, c3)";

fn typed(sandbox: &Sandbox) -> Connection {
    connect_with(sandbox, "ComplexTypes=typed").unwrap()
}

/// Answers what is asked about `sql`: its columns, and the full types of those nested.
fn describe(sandbox: &Sandbox, sql: &str, list: &[(&str, &str)]) {
    let base = |full: &str| full.split('(').next().unwrap().to_owned();
    let is_nested = |full: &str| matches!(&*base(full), "array" | "map" | "row");
    let base_columns: Vec<Column> = list
        .iter()
        .map(|(name, full)| match is_nested(full) {
            true => column(name, &base(full)),
            false => column(name, full),
        })
        .collect();
    let empty = Fixture::rows(base_columns, Vec::new());
    sandbox.fixture(format!("SELECT * FROM ({sql}) LIMIT 0"), empty);
    let nested: Vec<usize> = (0..list.len()).filter(|&n| is_nested(list[n].1)).collect();
    let asked: Vec<_> = nested
        .iter()
        .map(|n| format!("typeof(q.c{})", n + 1))
        .collect();
    let names: Vec<_> = (1..=list.len()).map(|n| format!("c{n}")).collect();
    let sql = format!(
        "SELECT {} FROM (VALUES 1) t(one) LEFT JOIN ({sql}) q({}) ON false",
        asked.join(", "),
        names.join(", ")
    );
    let answers = nested
        .iter()
        .map(|&n| column(&format!("_col{n}"), "varchar"));
    let row = nested.iter().map(|&n| cell(list[n].1)).collect();
    sandbox.fixture(sql, Fixture::rows(answers.collect(), vec![row]));
}

fn started(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests().into_iter();
    requests
        .filter(|request| request.operation == "StartQueryExecution")
        .filter_map(|request| Some(request.body?["QueryString"].as_str()?.to_owned()))
        .collect()
}

fn types(stream: &ResultStream) -> Vec<(String, String, String)> {
    let schema = stream.schema();
    let fields = schema.fields().iter();
    fields
        .map(|field| {
            let kind = match field.data_type() {
                DataType::List(_) => "list",
                DataType::Map(..) => "map",
                DataType::Struct(_) => "struct",
                DataType::Utf8 => "utf8",
                _ => "other",
            };
            let athena_type = field.metadata()["ATHENA:type"].clone();
            (field.name().clone(), kind.to_owned(), athena_type)
        })
        .collect()
}

/// A table with an integer, an array and a row; its result as the typed query has it.
fn table(sandbox: &Sandbox) {
    let full = [
        ("n", "integer"),
        ("tags", "array(map(varchar, bigint))"),
        ("r", "row(u uuid, time(3))"),
    ];
    describe(sandbox, QUERY, &full);
    let json = columns(&[("_col0", "integer"), ("_col1", "json"), ("_col2", "json")]);
    let uuid = "12151fd2-7586-11e9-8f9e-2a86e4085a59";
    let row = |n: &str, tags: Option<&str>, r: Option<&str>| {
        vec![cell(n), tags.map(str::to_owned), r.map(str::to_owned)]
    };
    let list = vec![
        row(
            "1",
            Some(r#"[{"a, \"b\"":1,"":null},null,{}]"#),
            Some(&format!(r#"{{"u":"{uuid}","":"12:34:56.789"}}"#)),
        ),
        row("2", Some("[]"), Some(&format!(r#"["{uuid}",null]"#))),
        row("3", None, None),
    ];
    sandbox.fixture(TYPED, Fixture::rows(json, list));
}

#[test]
fn nested_columns_are_typed_from_the_object_and_from_pages() {
    let sandbox = sandbox();
    table(&sandbox);
    let stream = query(&typed(&sandbox), QUERY).unwrap();
    let expected = [
        ("n", "other", "integer"),
        ("tags", "list", "array(map(varchar, bigint))"),
        ("r", "struct", "row(u uuid, time(3))"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(types(&stream), expected);
    assert_eq!(stream.columns()[1].name, "tags");
    let from_object = drain(&stream).unwrap();
    let uuid = "12151fd2758611e98f9e2a86e4085a59";
    assert_eq!(
        rows(&from_object),
        [
            [
                "1",
                "[{a, \"b\": 1, : ∅}, ∅, {}]",
                &format!("{{u: {uuid}, field1: 12:34:56.789}}")
            ],
            ["2", "[]", &format!("{{u: {uuid}, field1: ∅}}")],
            ["3", "∅", "∅"],
        ]
    );
    let pages = "ComplexTypes=typed;ResultFetcher=GetQueryResults";
    let stream = query(&connect_with(&sandbox, pages).unwrap(), QUERY).unwrap();
    assert_eq!(drain(&stream).unwrap(), from_object);
}

#[test]
fn a_query_is_described_once_and_its_parameters_are_sent_each_time() {
    let sandbox = sandbox();
    let sql = "SELECT a FROM t WHERE n = ? ORDER BY a LIMIT ?";
    describe(&sandbox, sql, &[("a", "array(integer)")]);
    let sent =
        "SELECT CAST(q.c1 AS JSON) FROM (SELECT a FROM t WHERE n = ?) q(c1) ORDER BY q.c1 LIMIT ?";
    sandbox.fixture(sent, one_column("_col0", "json", &[Some("[1]")]));
    let connection = typed(&sandbox);
    let statement = connection.statement();
    statement.set_sql(&format!("{sql};  -- ordered")).unwrap();
    for n in 0..3 {
        statement.bind(0, Value::Int64(n)).unwrap();
        statement.bind(1, Value::Int64(10)).unwrap();
        let stream = statement.execute().unwrap();
        assert_eq!(rows(&drain(&stream).unwrap()), [["[1]"]]);
    }
    let started = started(&sandbox);
    assert_eq!(started.len(), 5, "{started:?}");
    assert!(started[2..].iter().all(|sql| sql == sent), "{started:?}");
    let requests = sandbox.requests().into_iter();
    let parameters: Vec<_> = requests
        .filter(|request| request.operation == "StartQueryExecution")
        .filter_map(|request| Some(request.body?["ExecutionParameters"].clone()))
        .collect();
    assert_eq!(parameters[0], parameters[2]);
    assert_eq!(
        parameters[4],
        serde_json::json!(["BIGINT '2'", "BIGINT '10'"])
    );
}

#[test]
fn without_nested_columns_the_query_is_sent_as_it_is() {
    let sandbox = sandbox();
    let sql = "SELECT n, ts FROM t ORDER BY n + 1";
    describe(&sandbox, sql, &[("n", "integer"), ("ts", "timestamp(6)")]);
    let list = columns(&[("n", "integer"), ("ts", "timestamp(6)")]);
    let row = vec![cell("1"), cell("2017-01-01 00:00:00.123456")];
    sandbox.fixture(sql, Fixture::rows(list, vec![row]));
    let connection = typed(&sandbox);
    for expected in [2, 3] {
        let stream = query(&connection, sql).unwrap();
        assert_eq!(
            rows(&drain(&stream).unwrap()),
            [["1", "2017-01-01T00:00:00.123456"]]
        );
        let started = started(&sandbox);
        assert_eq!(started.len(), expected, "{started:?}");
        assert_eq!(started.last().unwrap(), sql);
    }
}

#[test]
fn text_is_the_default_and_asks_nothing() {
    let sandbox = sandbox();
    sandbox.fixture(
        "SELECT a FROM t",
        one_column("a", "array(integer)", &[Some("[1, 2]")]),
    );
    for connection in [
        connect(&sandbox),
        connect_with(&sandbox, "ComplexTypes=text").unwrap(),
    ] {
        let stream = query(&connection, "SELECT a FROM t").unwrap();
        assert_eq!(types(&stream)[0].1, "utf8");
        assert_eq!(rows(&drain(&stream).unwrap()), [["[1, 2]"]]);
    }
    assert_eq!(started(&sandbox), ["SELECT a FROM t"; 2]);
}

#[test]
fn statements_that_are_no_query_run_as_they_are() {
    let sandbox = sandbox();
    let array = one_column("a", "array(integer)", &[Some("[1, 2]")]);
    sandbox.fixture("EXECUTE p", array.kind(StatementType::Dml, "EXECUTE"));
    sandbox.fixture(
        "SHOW TABLES",
        one_column("tab_name", "string", &[Some("t")]),
    );
    sandbox.fixture("INSERT INTO t SELECT 1", Fixture::count(1));
    let connection = typed(&sandbox);
    let stream = query(&connection, "EXECUTE p").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["[1, 2]"]]);
    let stream = query(&connection, "SHOW TABLES").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["t"]]);
    let stream = query(&connection, "INSERT INTO t SELECT 1").unwrap();
    assert_eq!(stream.execution().update_count, Some(1));
    assert_eq!(
        started(&sandbox),
        ["EXECUTE p", "SHOW TABLES", "INSERT INTO t SELECT 1"]
    );
}

#[test]
fn what_cannot_be_typed_is_said_before_the_query_runs() {
    let sandbox = sandbox();
    for (sql, full, part) in [
        (
            "SELECT a FROM t ORDER BY lower(b)",
            "array(integer)",
            "ORDER BY lower(b)",
        ),
        ("SELECT a FROM t", "array(HyperLogLog)", "HyperLogLog"),
        ("SELECT a FROM u", "map(array(date), date)", "array(date)"),
    ] {
        describe(&sandbox, sql, &[("a", full)]);
        sandbox.clear_requests();
        let error = query(&typed(&sandbox), sql).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotImplemented, "{error}");
        assert!(error.message().contains(part), "{error}");
        assert!(error.message().contains("ComplexTypes=text"), "{error}");
        assert_eq!(started(&sandbox).len(), 2);
    }
}

#[test]
fn values_that_are_none_of_the_type_name_column_row_and_value() {
    let sandbox = sandbox();
    describe(&sandbox, "SELECT a FROM t", &[("a", "array(integer)")]);
    let texts = [Some("[1]"), Some("[1,\"x\"]")];
    sandbox.fixture(
        "SELECT CAST(q.c1 AS JSON) FROM (SELECT a FROM t) q(c1)",
        one_column("_col0", "json", &texts),
    );
    for more in ["", ";ResultFetcher=GetQueryResults"] {
        let connection = connect_with(&sandbox, &format!("ComplexTypes=typed{more}")).unwrap();
        let error = drain(&query(&connection, "SELECT a FROM t").unwrap()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        for part in [
            "Column \"a\" (array(integer)), row 1",
            "[1,\\\"x\\\"]",
            "at byte ",
        ] {
            assert!(error.message().contains(part), "{part}: {error}");
        }
    }
}

#[test]
fn a_table_that_changed_is_noticed_and_described_again() {
    let sandbox = sandbox();
    describe(&sandbox, "SELECT * FROM t", &[("a", "array(integer)")]);
    let one = "SELECT CAST(q.c1 AS JSON) FROM (SELECT * FROM t) q(c1)";
    let reason = "MISMATCHED_COLUMN_ALIASES: line 1:10: Column alias list has 1 entries but 'q' has 2 columns available";
    sandbox.fixture(one, Fixture::failed(reason, 1003));
    let connection = typed(&sandbox);
    assert_eq!(
        query(&connection, "SELECT * FROM t").unwrap_err().kind(),
        ErrorKind::QueryFailed
    );
    describe(
        &sandbox,
        "SELECT * FROM t",
        &[("a", "array(integer)"), ("b", "varchar")],
    );
    let two = "SELECT CAST(q.c1 AS JSON), q.c2 FROM (SELECT * FROM t) q(c1, c2)";
    let list = columns(&[("_col0", "json"), ("_col1", "varchar")]);
    sandbox.fixture(two, Fixture::rows(list, vec![vec![cell("[]"), cell("b")]]));
    let stream = query(&connection, "SELECT * FROM t").unwrap();
    assert_eq!(rows(&drain(&stream).unwrap()), [["[]", "b"]]);
    // Same number of columns, but what was text is nested now.
    let list = columns(&[("_col0", "json"), ("_col1", "map")]);
    sandbox.fixture(two, Fixture::rows(list, vec![vec![cell("[]"), cell("{}")]]));
    let error = query(&connection, "SELECT * FROM t").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResultChanged, "{error}");
    assert!(error.query_execution_id().is_some());
}

#[test]
fn submit_answers_the_id_of_the_query_that_is_read() {
    let sandbox = sandbox();
    table(&sandbox);
    let connection = typed(&sandbox);
    let statement = connection.statement();
    statement.set_sql(QUERY).unwrap();
    let id = statement.submit().unwrap();
    assert_eq!(statement.poll().unwrap().query_execution_id, id);
    let stream = statement.wait().unwrap();
    assert_eq!(stream.execution().query_execution_id, id);
    assert_eq!(rows(&drain(&stream).unwrap()).len(), 3);
    assert_eq!(started(&sandbox).last().unwrap(), TYPED);
}

#[test]
fn the_describe_is_cancelled_and_limited_with_the_query() {
    let sandbox = sandbox();
    let slow = one_column("a", "array", &[]).run_delay(Duration::from_secs(60));
    sandbox.fixture("SELECT * FROM (SELECT a FROM t) LIMIT 0", slow);
    let connection = typed(&sandbox);
    let statement = connection.statement();
    statement.set_sql("SELECT a FROM t").unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let executing = scope.spawn(|| statement.execute());
        while sandbox.count("GetQueryExecution") == 0 {
            std::thread::yield_now();
        }
        statement.cancel().unwrap();
        let error = executing.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    statement
        .set_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    for _ in 0..2 {
        assert_eq!(statement.execute().unwrap_err().kind(), ErrorKind::Timeout);
    }
    assert_eq!(statement.submit().unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(sandbox.count("StopQueryExecution"), 4);
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert_eq!(started(&sandbox).len(), 4, "the query itself never ran");
}
