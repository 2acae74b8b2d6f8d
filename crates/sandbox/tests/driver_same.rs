//! One query, every way to read its result: the same values, and those that were put in.
//!
//! Tables of every type are generated: random values, NULLs, '', extremes, characters beyond
//! ASCII, line ends. Each is read as CSV and as pages, with nested values as text and typed, and
//! as the Parquet files of an UNLOAD.
#![cfg(feature = "sql")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, BooleanArray, Date32Array, Decimal128Array,
    FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array,
    Int64Array, IntervalMonthDayNanoArray, RecordBatch, StringArray, Time32MillisecondArray,
    TimestampMicrosecondArray, TimestampMillisecondArray,
};
use arrow::compute::{concat_batches, take};
use arrow::datatypes::{Int64Type, IntervalMonthDayNano};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use athena_core::options::Options;
use athena_core::session::Connection;
use athena_sandbox::Sandbox;
use athena_sandbox::sql::SqlEngine;
use fastrand::Rng;

const ROWS: usize = 12;
const SEEDS: u64 = 4;

/// Every way to read a result; whether nested values come typed.
const ROUTES: [(&str, bool); 5] = [
    ("ResultFetcher=S3;DownloadPartBytes=1024", false),
    ("ResultFetcher=GetQueryResults;FetchSize=5", false),
    ("ResultFetcher=S3;ComplexTypes=typed", true),
    ("ResultFetcher=GetQueryResults;ComplexTypes=typed", true),
    ("ResultFetcher=unload", true),
];

/// What a column must read as.
enum Expected {
    Array(ArrayRef),
    /// As Arrow prints each value; of nested values that come typed.
    Typed(Vec<String>),
}

/// A column as SQL, value by value, and as it must be read.
struct Column {
    sql: Vec<String>,
    expected: Expected,
}

/// Makes a column of values that `value` draws; some are NULL.
fn column<T: Clone>(
    rng: &mut Rng,
    sql_type: &str,
    mut value: impl FnMut(&mut Rng) -> T,
    sql: impl Fn(&T) -> String,
    array: impl Fn(Vec<Option<T>>) -> ArrayRef,
) -> Column {
    let values: Vec<Option<T>> = (0..ROWS)
        .map(|_| (rng.u8(..5) > 0).then(|| value(rng)))
        .collect();
    let text = |value: &Option<T>| match value {
        Some(value) => format!("CAST({} AS {sql_type})", sql(value)),
        None => format!("CAST(NULL AS {sql_type})"),
    };
    Column {
        sql: values.iter().map(text).collect(),
        expected: Expected::Array(array(values)),
    }
}

/// One of the extremes, or anything.
fn extreme<T: Copy>(rng: &mut Rng, extremes: &[T], any: T) -> T {
    match rng.usize(..extremes.len() * 3) {
        index if index < extremes.len() => extremes[index],
        _ => any,
    }
}

fn text(rng: &mut Rng) -> String {
    const PARTS: [&str; 12] = [
        "a", "\"", ",", "\n", "\r\n", "ü", "🦀", " ", "'", "null", "\\", "\t",
    ];
    let length = rng.usize(..6);
    (0..length).map(|_| rng.choice(PARTS).unwrap()).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn day(days: i32) -> chrono::NaiveDate {
    chrono::NaiveDate::from_ymd_opt(1970, 1, 1).unwrap() + chrono::TimeDelta::days(days.into())
}

/// Days of the years 1 to 9999.
fn any_day(rng: &mut Rng) -> i32 {
    let any = rng.i32(-719_162..2_932_896);
    extreme(rng, &[-719_162, 2_932_896, 0, -1], any)
}

fn moment(micros: i64, digits: usize) -> String {
    let time = chrono::DateTime::from_timestamp_micros(micros).unwrap();
    let text = time.format("%Y-%m-%d %H:%M:%S%.6f").to_string();
    text[..text.len() - 6 + digits].to_owned()
}

fn any_millis(rng: &mut Rng) -> i64 {
    i64::from(any_day(rng)) * 86_400_000 + rng.i64(0..86_400_000)
}

fn numbers(rng: &mut Rng, columns: &mut BTreeMap<&'static str, Column>) {
    let digits = |value: &dyn std::fmt::Display| format!("'{value}'");
    columns.insert(
        "boolean",
        column(rng, "boolean", Rng::bool, bool::to_string, |values| {
            Arc::new(BooleanArray::from(values))
        }),
    );
    columns.insert(
        "tinyint",
        column(
            rng,
            "tinyint",
            |rng| rng.i8(..),
            |value| digits(value),
            |values| Arc::new(Int8Array::from(values)),
        ),
    );
    columns.insert(
        "smallint",
        column(
            rng,
            "smallint",
            |rng| {
                let any = rng.i16(..);
                extreme(rng, &[i16::MIN, i16::MAX], any)
            },
            |value| digits(value),
            |values| Arc::new(Int16Array::from(values)),
        ),
    );
    columns.insert(
        "integer",
        column(
            rng,
            "integer",
            |rng| {
                let any = rng.i32(..);
                extreme(rng, &[i32::MIN, i32::MAX, 0], any)
            },
            |value| digits(value),
            |values| Arc::new(Int32Array::from(values)),
        ),
    );
    columns.insert(
        "bigint",
        column(
            rng,
            "bigint",
            |rng| {
                let any = rng.i64(..) >> rng.u8(..63);
                extreme(rng, &[i64::MIN, i64::MAX, 0], any)
            },
            |value| digits(value),
            |values| Arc::new(Int64Array::from(values)),
        ),
    );
    columns.insert(
        "real",
        column(
            rng,
            "real",
            |rng| {
                let any = f32::from_bits(rng.u32(..) & 0x7f7f_ffff);
                extreme(rng, &[f32::MAX, f32::MIN_POSITIVE, -0.0, 0.1], any)
            },
            |value| format!("'{value:E}'"),
            |values| Arc::new(Float32Array::from(values)),
        ),
    );
    columns.insert(
        "double",
        column(
            rng,
            "double",
            |rng| {
                let any = (rng.f64() - 0.5) * 10_f64.powi(rng.i32(-300..300));
                let extremes = [f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0, f64::INFINITY];
                extreme(rng, &extremes, any)
            },
            |value| match value.is_infinite() {
                true => "infinity()".to_owned(),
                false => format!("'{value:E}'"),
            },
            |values| Arc::new(Float64Array::from(values)),
        ),
    );
    for (sql_type, precision, scale) in [
        ("decimal(38,9)", 38_u8, 9_i8),
        ("decimal(5,5)", 5, 5),
        ("decimal(18,0)", 18, 0),
    ] {
        columns.insert(
            sql_type,
            column(
                rng,
                sql_type,
                |rng| {
                    let most = 10_i128.pow(precision.into()) - 1;
                    let any = i128::try_from(rng.u128(..) >> rng.u8(1..127)).unwrap() % most;
                    let any = if rng.bool() { any } else { -any };
                    extreme(rng, &[most, -most, 0, 1, -1], any)
                },
                |value| {
                    let scale = usize::try_from(scale).unwrap();
                    let sign = if *value < 0 { "-" } else { "" };
                    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
                    let (whole, fraction) = digits.split_at(digits.len() - scale);
                    let point = if scale == 0 { "" } else { "." };
                    format!("DECIMAL '{sign}{whole}{point}{fraction}'")
                },
                |values| {
                    let array = Decimal128Array::from(values);
                    Arc::new(array.with_precision_and_scale(precision, scale).unwrap())
                },
            ),
        );
    }
}

fn texts(rng: &mut Rng, columns: &mut BTreeMap<&'static str, Column>) {
    let strings = |values: Vec<Option<String>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    columns.insert(
        "varchar",
        column(rng, "varchar", text, |value| quoted(value), strings),
    );
    columns.insert(
        "varchar(30)",
        column(rng, "varchar(30)", text, |value| quoted(value), strings),
    );
    columns.insert(
        "char(4)",
        column(
            rng,
            "char(4)",
            |rng| format!("{:<4}", rng.choice(["a b", "", "ü", "abcd"]).unwrap()),
            |value| quoted(value.trim_end()),
            strings,
        ),
    );
    columns.insert(
        "varbinary",
        column(
            rng,
            "varbinary",
            |rng| (0..rng.usize(..5)).map(|_| rng.u8(..)).collect::<Vec<u8>>(),
            |bytes| {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
                format!("X'{digits}'")
            },
            |values| {
                let values: Vec<Option<&[u8]>> = values.iter().map(Option::as_deref).collect();
                Arc::new(BinaryArray::from(values))
            },
        ),
    );
    columns.insert(
        "uuid",
        column(
            rng,
            "uuid",
            |rng| rng.u128(..).to_be_bytes(),
            |bytes| quoted(&uuid::Uuid::from_bytes(*bytes).to_string()),
            |values| {
                let array =
                    FixedSizeBinaryArray::try_from_sparse_iter_with_size(values.into_iter(), 16);
                Arc::new(array.unwrap())
            },
        ),
    );
}

fn times(rng: &mut Rng, columns: &mut BTreeMap<&'static str, Column>) {
    columns.insert(
        "date",
        column(
            rng,
            "date",
            any_day,
            |days| format!("'{}'", day(*days)),
            |values| Arc::new(Date32Array::from(values)),
        ),
    );
    columns.insert(
        "time(3)",
        column(
            rng,
            "time(3)",
            |rng| rng.i32(0..86_400_000),
            |millis| format!("TIME '{}'", &moment(i64::from(*millis) * 1000, 3)[11..]),
            |values| Arc::new(Time32MillisecondArray::from(values)),
        ),
    );
    columns.insert(
        "timestamp(3)",
        column(
            rng,
            "timestamp(3)",
            any_millis,
            |millis| format!("TIMESTAMP '{}'", moment(millis * 1000, 3)),
            |values| Arc::new(TimestampMillisecondArray::from(values)),
        ),
    );
    columns.insert(
        "timestamp(6)",
        column(
            rng,
            "timestamp(6)",
            |rng| any_millis(rng) * 1000 + rng.i64(0..1000),
            |micros| format!("TIMESTAMP '{}'", moment(*micros, 6)),
            |values| Arc::new(TimestampMicrosecondArray::from(values)),
        ),
    );
    columns.insert(
        "timestamp(3) with time zone",
        column(
            rng,
            "timestamp(3) with time zone",
            any_millis,
            |millis| format!("TIMESTAMP '{} UTC'", moment(millis * 1000, 3)),
            |values| Arc::new(TimestampMillisecondArray::from(values).with_timezone("UTC")),
        ),
    );
    columns.insert(
        "interval year to month",
        column(
            rng,
            "interval year to month",
            |rng| rng.i32(-500..500),
            |months| format!("INTERVAL '{months}' MONTH"),
            |values| {
                let month = |months| IntervalMonthDayNano::new(months, 0, 0);
                let values = values.into_iter().map(|value| value.map(month));
                Arc::new(values.collect::<IntervalMonthDayNanoArray>())
            },
        ),
    );
    columns.insert(
        "interval day to second",
        column(
            rng,
            "interval day to second",
            |rng| rng.i32(-500..500),
            |days| format!("INTERVAL '{days}' DAY"),
            |values| {
                let day = |days| IntervalMonthDayNano::new(0, days, 0);
                let values = values.into_iter().map(|value| value.map(day));
                Arc::new(values.collect::<IntervalMonthDayNanoArray>())
            },
        ),
    );
}

/// Nested values, with elements that the text form cannot tell apart.
fn nested(rng: &mut Rng, columns: &mut BTreeMap<&'static str, Column>) {
    let element = |rng: &mut Rng| (rng.u8(..4) > 0).then(|| text(rng));
    let sql = |value: &Option<String>| value.as_deref().map_or("NULL".to_owned(), quoted);
    let shown = |value: &Option<String>| value.clone().unwrap_or("∅".to_owned());
    let mut add = |name, values: Vec<Option<(String, String)>>| {
        let text = |value: &Option<(String, String)>| match value {
            Some((sql, _)) => format!("CAST({sql} AS {name})"),
            None => format!("CAST(NULL AS {name})"),
        };
        let printed = |value: &Option<(String, String)>| {
            let shown = value.as_ref().map(|(_, shown)| shown.clone());
            shown.unwrap_or("∅".to_owned())
        };
        columns.insert(
            name,
            Column {
                sql: values.iter().map(text).collect(),
                expected: Expected::Typed(values.iter().map(printed).collect()),
            },
        );
    };
    let mut draw = |make: &dyn Fn(&mut Rng) -> (String, String)| -> Vec<_> {
        (0..ROWS)
            .map(|_| (rng.u8(..5) > 0).then(|| make(rng)))
            .collect()
    };
    let array = draw(&|rng| {
        let items: Vec<_> = (0..rng.usize(..4)).map(|_| element(rng)).collect();
        let join = |part: &dyn Fn(&Option<String>) -> String| {
            items.iter().map(part).collect::<Vec<_>>().join(", ")
        };
        (
            format!("ARRAY[{}]", join(&sql)),
            format!("[{}]", join(&shown)),
        )
    });
    add("array(varchar)", array);
    let row = draw(&|rng| {
        let (number, item) = (rng.i64(..), element(rng));
        (
            format!("ROW({number}, {})", sql(&item)),
            format!("{{n: {number}, \"T\": {}}}", shown(&item)).replace("\"T\"", "t"),
        )
    });
    add("row(n bigint, t varchar)", row);
    let map = draw(&|rng| {
        let (key, item) = (text(rng), element(rng));
        (
            format!("MAP(ARRAY[{}], ARRAY[{}])", quoted(&key), sql(&item)),
            format!("{{{key}: {}}}", shown(&item)),
        )
    });
    add("map(varchar, varchar)", map);
}

/// The rows in the order of their first column, which numbers them.
fn read(connection: &Connection, sql: &str) -> RecordBatch {
    let statement = connection.statement();
    statement.set_sql(sql).unwrap();
    let stream = statement
        .execute()
        .unwrap_or_else(|error| panic!("{error}\n{sql}"));
    let mut batches = Vec::new();
    while let Some(batch) = stream
        .next_batch()
        .unwrap_or_else(|error| panic!("{error}\n{sql}"))
    {
        batches.push(batch);
    }
    let batch = concat_batches(&stream.schema(), &batches).unwrap();
    let numbers = batch.column(0).as_primitive::<Int64Type>();
    let mut order: Vec<u32> = (0..u32::try_from(batch.num_rows()).unwrap()).collect();
    order.sort_by_key(|row| numbers.value(usize::try_from(*row).unwrap()));
    let order = arrow::array::UInt32Array::from(order);
    let columns = batch
        .columns()
        .iter()
        .map(|column| take(column, &order, None).unwrap());
    RecordBatch::try_new(batch.schema(), columns.collect()).unwrap()
}

fn shown(array: &ArrayRef) -> Vec<String> {
    let options = FormatOptions::default().with_null("∅");
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).unwrap();
    (0..array.len())
        .map(|row| formatter.value(row).to_string())
        .collect()
}

#[test]
fn every_route_gives_the_values_that_were_put_in() {
    let engine = SqlEngine::builder().build().unwrap();
    let sandbox = Sandbox::builder().engine(Arc::new(engine));
    let sandbox = sandbox.start_blocking().unwrap();
    let connections = ROUTES.map(|(more, _)| {
        let options = format!(
            "AwsRegion=eu-west-1;Endpoint={};User=test;Password=secret;\
             S3OutputLocation=s3://results/;MinQueryExecutionPollingIntervalMillis=5;\
             MaxQueryExecutionPollingIntervalMillis=20;{more}",
            sandbox.url()
        );
        Connection::open(Options::parse(&options).unwrap()).unwrap()
    });
    for seed in 0..SEEDS {
        let rng = &mut Rng::with_seed(seed);
        let mut columns = BTreeMap::new();
        numbers(rng, &mut columns);
        texts(rng, &mut columns);
        times(rng, &mut columns);
        nested(rng, &mut columns);
        let names: Vec<_> = (0..columns.len())
            .map(|index| format!("c{index}"))
            .collect();
        let rows = (0..ROWS).map(|row| {
            let cells: Vec<_> = columns
                .values()
                .map(|column| column.sql[row].as_str())
                .collect();
            format!("(CAST({row} AS bigint), {})", cells.join(", "))
        });
        let sql = format!(
            "SELECT * FROM (VALUES {}) AS t(n, {})",
            rows.collect::<Vec<_>>().join(", "),
            names.join(", ")
        );
        let batches: Vec<_> = connections
            .iter()
            .map(|connection| read(connection, &sql))
            .collect();
        for ((route, typed), batch) in ROUTES.iter().zip(&batches) {
            assert_eq!(batch.num_rows(), ROWS, "seed {seed}, {route}");
            for (index, (name, column)) in columns.iter().enumerate() {
                let found = batch.column(index + 1);
                let context = || format!("seed {seed}, {route}, {name}");
                match &column.expected {
                    Expected::Array(expected) => assert_eq!(found, expected, "{}", context()),
                    Expected::Typed(expected) if *typed => {
                        assert_eq!(&shown(found), expected, "{}", context());
                    }
                    // What cannot be told apart is at least the same text everywhere.
                    Expected::Typed(_) => assert_eq!(found, batches[0].column(index + 1)),
                }
            }
        }
    }
}
