//! Typed nested values end to end: real SQL, the driver's describe and casts, its decoder.
#![cfg(feature = "sql")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use athena_core::Result;
use athena_core::options::Options;
use athena_core::session::Connection;
use athena_sandbox::Sandbox;
use athena_sandbox::sql::SqlEngine;

struct Driver {
    _sandbox: Sandbox,
    connection: Connection,
}

impl Driver {
    fn new(more: &str) -> Self {
        let engine = SqlEngine::builder().build().unwrap();
        let sandbox = Sandbox::builder().engine(Arc::new(engine));
        let sandbox = sandbox.start_blocking().unwrap();
        let options = format!(
            "AwsRegion=eu-west-1;Endpoint={};User=test;Password=secret;\
             S3OutputLocation=s3://results/;MinQueryExecutionPollingIntervalMillis=5;\
             MaxQueryExecutionPollingIntervalMillis=20;ComplexTypes=typed;{more}",
            sandbox.url()
        );
        let connection = Connection::open(Options::parse(&options).unwrap()).unwrap();
        Self {
            _sandbox: sandbox,
            connection,
        }
    }

    /// The rows in one batch.
    fn query(&self, sql: &str) -> Result<RecordBatch> {
        let statement = self.connection.statement();
        statement.set_sql(sql)?;
        let stream = statement.execute()?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.next_batch()? {
            batches.push(batch);
        }
        Ok(arrow::compute::concat_batches(&stream.schema(), &batches).unwrap())
    }
}

/// A value as Arrow prints it; NULL is `∅`.
fn shown(array: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::default().with_null("∅");
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).unwrap();
    formatter.value(row).to_string()
}

/// Runs one query of all expressions; tells each column's type and value.
fn check(cases: &[(&str, &str, &str)]) {
    let driver = Driver::new("");
    let columns: Vec<_> = cases
        .iter()
        .enumerate()
        .map(|(n, (expression, ..))| format!("{expression} AS col{n}"))
        .collect();
    let batch = driver
        .query(&format!("SELECT {}", columns.join(", ")))
        .unwrap();
    let schema = batch.schema();
    for (n, (expression, athena_type, value)) in cases.iter().enumerate() {
        let field = schema.field(n);
        assert_eq!(field.name(), &format!("col{n}"));
        assert_eq!(
            &field.metadata()["ATHENA:type"],
            athena_type,
            "{expression}"
        );
        assert_eq!(&shown(batch.column(n), 0), value, "{expression}");
    }
}

#[test]
fn nested_values_come_back_as_they_went_in() {
    check(&[
        ("1", "integer", "1"),
        (
            r#"ARRAY['a, b', '"q"', '', NULL, 'null', '[x]', '{a=1}', 'é𝄞\']"#,
            "array(varchar)",
            r#"[a, b, "q", , ∅, null, [x], {a=1}, é𝄞\]"#,
        ),
        (
            "ARRAY[ARRAY[1, NULL], ARRAY[], NULL]",
            "array(array(integer))",
            "[[1, ∅], [], ∅]",
        ),
        ("CAST(ARRAY[] AS array(bigint))", "array(bigint)", "[]"),
        ("CAST(NULL AS array(double))", "array(double)", "∅"),
        (
            "ARRAY[DECIMAL '12345678901234567890.0123456789', DECIMAL '-0.0000000001']",
            "array(decimal(30,10))",
            "[12345678901234567890.0123456789, -0.0000000001]",
        ),
        (
            "ARRAY[nan(), -infinity(), 1e20, -0.0]",
            "array(double)",
            "[NaN, -inf, 1e20, -0.0]",
        ),
        (
            "ARRAY[TIMESTAMP '2020-02-29 01:02:03.456789']",
            "array(timestamp(6))",
            "[2020-02-29T01:02:03.456789]",
        ),
        (
            "ARRAY[DATE '2020-02-29', NULL]",
            "array(date)",
            "[2020-02-29, ∅]",
        ),
        (
            "ARRAY[true, NULL, false]",
            "array(boolean)",
            "[true, ∅, false]",
        ),
    ]);
}

#[test]
fn maps_and_rows_come_back_as_they_went_in() {
    check(&[
        (
            "CAST(MAP(ARRAY['a=b', '', 'c'], ARRAY[1, NULL, 3]) AS map(varchar, integer))",
            "map(varchar, integer)",
            "{: ∅, a=b: 1, c: 3}",
        ),
        (
            "CAST(MAP(ARRAY[10, 9], ARRAY[ARRAY['x', NULL], NULL]) AS map(bigint, array(varchar)))",
            "map(bigint, array(varchar))",
            "{10: [x, ∅], 9: ∅}",
        ),
        (
            "CAST(ROW(1, 'a, b=c') AS row(z integer, a varchar))",
            "row(z integer, a varchar)",
            "{z: 1, a: a, b=c}",
        ),
        (
            "ROW(1, CAST('x' AS varchar), NULL)",
            "row(integer, varchar, unknown)",
            "{field0: 1, field1: x, field2: ∅}",
        ),
        (
            "ARRAY[CAST(ROW(1, ARRAY['x']) AS row(n integer, l array(varchar))), NULL]",
            "array(row(n integer, l array(varchar)))",
            "[{n: 1, l: [x]}, ∅]",
        ),
        ("CAST(NULL AS row(a integer))", "row(a integer)", "∅"),
    ]);
}

#[test]
fn what_the_cast_to_json_refuses_comes_back_too() {
    check(&[
        (
            "ARRAY[TIME '12:34:56.789']",
            "array(time(3))",
            "[12:34:56.789]",
        ),
        (
            "CAST(ROW(CAST('ab' AS char(4)), UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59') \
             AS row(c char(4), u uuid))",
            "row(c char(4), u uuid)",
            "{c: ab  , u: 12151fd2758611e98f9e2a86e4085a59}",
        ),
        (
            "MAP(ARRAY[DATE '2020-02-29'], ARRAY[1])",
            "map(date, integer)",
            "{2020-02-29: 1}",
        ),
        (
            "CAST(ARRAY[X'00ff', X''] AS array(varbinary))",
            "array(varbinary)",
            "[00ff, ]",
        ),
        (
            "MAP(ARRAY['k'], ARRAY[X'0a'])",
            "map(varchar, varbinary)",
            "{k: 0a}",
        ),
        (
            "ARRAY[CAST(ROW(X'01', 1) AS row(b varbinary, n integer)), NULL]",
            "array(row(b varbinary, n integer))",
            "[{b: 01, n: 1}, ∅]",
        ),
        (
            "CAST(ROW(INTERVAL '2' DAY, INTERVAL '3' MONTH) \
             AS row(d interval day to second, m interval year to month))",
            "row(d interval day to second, m interval year to month)",
            "{d: 2 days, m: 3 mons}",
        ),
    ]);
    let driver = Driver::new("");
    let zoned = "SELECT ARRAY[TIMESTAMP '2001-08-22 03:04:05.321 America/Los_Angeles'] AS a";
    let batch = driver.query(zoned).unwrap();
    let values = batch.column(0).as_list::<i32>().values();
    let values = arrow::compute::cast(values, &DataType::Int64).unwrap();
    assert_eq!(values.as_primitive::<Int64Type>().value(0), 998_474_645_321);
}

#[test]
fn rows_keep_the_order_the_query_asked_for() {
    let driver = Driver::new("");
    let rows: Vec<String> = (0..500)
        .map(|n| format!("({n}, ARRAY[{}])", n % 7))
        .collect();
    let sql = format!(
        "WITH t(n, a) AS (VALUES {}) SELECT n % 10 AS digit, a, n FROM t \
         ORDER BY digit DESC, 3 LIMIT 200 -- the end",
        rows.join(", ")
    );
    let batch = driver.query(&sql).unwrap();
    assert_eq!(batch.num_rows(), 200);
    let numbers: Vec<usize> = (0..200)
        .map(|row| shown(batch.column(2), row).parse().unwrap())
        .collect();
    let mut expected: Vec<usize> = (0..500).collect();
    expected.sort_by_key(|n| (std::cmp::Reverse(n % 10), *n));
    assert_eq!(numbers, expected[..200]);
    for (row, n) in numbers.iter().enumerate() {
        assert_eq!(shown(batch.column(1), row), format!("[{}]", n % 7));
    }
}

/// A random type, a value of it as SQL, and as Arrow prints it.
struct Sample {
    sql: String,
    shown: String,
}

fn random_type(random: &mut fastrand::Rng, depth: usize) -> String {
    match random.u8(..if depth == 0 { 6 } else { 9 }) {
        0 => "boolean".to_owned(),
        1 => "bigint".to_owned(),
        2 => "decimal(38,5)".to_owned(),
        3 => "date".to_owned(),
        4 | 5 => "varchar".to_owned(),
        6 => format!("array({})", random_type(random, depth - 1)),
        7 => {
            let key = random.choice(["varchar", "bigint"]).unwrap();
            format!("map({key}, {})", random_type(random, depth - 1))
        }
        _ => {
            let fields: Vec<_> = (0..random.usize(1..4))
                .map(|n| format!("f{n} {}", random_type(random, depth - 1)))
                .collect();
            format!("row({})", fields.join(", "))
        }
    }
}

/// The parts of a type's parameters, which commas separate.
fn parameters(text: &str) -> Vec<&str> {
    let inner = text.split_once('(').unwrap().1.strip_suffix(')').unwrap();
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(inner[start..].trim());
    parts
}

fn sample(random: &mut fastrand::Rng, of: &str, nullable: bool) -> Sample {
    if nullable && random.u8(..6) == 0 {
        return Sample {
            sql: format!("CAST(NULL AS {of})"),
            shown: "∅".to_owned(),
        };
    }
    let count = random.usize(..4);
    let list = |items: &[Sample], what: fn(&Sample) -> &str| {
        items.iter().map(what).collect::<Vec<_>>().join(", ")
    };
    let (sql, shown) = match of.split('(').next().unwrap() {
        "boolean" => {
            let value = random.bool().to_string();
            (value.clone(), value)
        }
        "bigint" => {
            let value = random.i64(..).to_string();
            (format!("BIGINT '{value}'"), value)
        }
        "decimal" => {
            let value = format!("{}.{:05}", random.i64(..), random.u32(..100_000));
            (format!("CAST(DECIMAL '{value}' AS {of})"), value)
        }
        "date" => {
            let value = format!(
                "{:04}-{:02}-{:02}",
                random.u16(1..10_000),
                random.u8(1..13),
                random.u8(1..29)
            );
            (format!("DATE '{value}'"), value)
        }
        "varchar" => {
            let alphabet = [
                'a', '"', '\'', ',', '{', ']', '=', ':', '\\', '\n', 'ß', '𝄞', ' ',
            ];
            let value: String = (0..count * 2)
                .map(|_| random.choice(alphabet).unwrap())
                .collect();
            (format!("'{}'", value.replace('\'', "''")), value)
        }
        "array" => {
            let items: Vec<_> = (0..count)
                .map(|_| sample(random, parameters(of)[0], true))
                .collect();
            let sql = list(&items, |item| &item.sql);
            (
                format!("ARRAY[{sql}]"),
                format!("[{}]", list(&items, |item| &item.shown)),
            )
        }
        "map" => {
            let types = parameters(of);
            let mut keys: Vec<Sample> = Vec::new();
            for _ in 0..count {
                let key = sample(random, types[0], false);
                if keys.iter().all(|other| other.shown != key.shown) {
                    keys.push(key);
                }
            }
            // They come in the order of their text.
            keys.sort_by(|one, other| one.shown.cmp(&other.shown));
            let values: Vec<_> = keys
                .iter()
                .map(|_| sample(random, types[1], true))
                .collect();
            let (k, v) = (
                list(&keys, |item| &item.sql),
                list(&values, |item| &item.sql),
            );
            let pairs = keys.iter().zip(&values);
            let pairs: Vec<_> = pairs
                .map(|(k, v)| format!("{}: {}", k.shown, v.shown))
                .collect();
            (
                format!("MAP(ARRAY[{k}], ARRAY[{v}])"),
                format!("{{{}}}", pairs.join(", ")),
            )
        }
        _ => {
            let fields: Vec<_> = parameters(of)
                .into_iter()
                .map(|field| {
                    let (name, field_type) = field.split_once(' ').unwrap();
                    (name, sample(random, field_type, true))
                })
                .collect();
            let sql: Vec<_> = fields.iter().map(|(_, field)| field.sql.clone()).collect();
            let shown = fields
                .iter()
                .map(|(name, field)| format!("{name}: {}", field.shown));
            let shown = shown.collect::<Vec<_>>().join(", ");
            (format!("ROW({})", sql.join(", ")), format!("{{{shown}}}"))
        }
    };
    Sample {
        sql: format!("CAST({sql} AS {of})"),
        shown,
    }
}

#[test]
fn random_nested_values_come_back_as_they_went_in() {
    let mut random = fastrand::Rng::with_seed(11);
    for more in ["", "ResultFetcher=GetQueryResults"] {
        let driver = Driver::new(more);
        for _ in 0..12 {
            let types: Vec<_> = (0..4).map(|_| random_type(&mut random, 3)).collect();
            let rows: Vec<Vec<Sample>> = (0..3)
                .map(|_| {
                    types
                        .iter()
                        .map(|of| sample(&mut random, of, true))
                        .collect()
                })
                .collect();
            let selects: Vec<String> = rows
                .iter()
                .enumerate()
                .map(|(n, row)| {
                    let cells: Vec<_> = row.iter().map(|cell| cell.sql.as_str()).collect();
                    format!("SELECT {n} AS n, {}", cells.join(", "))
                })
                .collect();
            let sql = format!("{} ORDER BY n", selects.join(" UNION ALL "));
            let batch = driver
                .query(&sql)
                .unwrap_or_else(|error| panic!("{error}\n{sql}"));
            for (n, row) in rows.iter().enumerate() {
                for (column, cell) in row.iter().enumerate() {
                    let found = shown(batch.column(column + 1), n);
                    assert_eq!(found, cell.shown, "{}: {}", types[column], cell.sql);
                }
            }
        }
    }
}
