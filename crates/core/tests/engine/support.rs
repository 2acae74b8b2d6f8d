//! A sandbox, a connection to it, and results as text.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use athena_core::Result;
use athena_core::options::Options;
use athena_core::session::{Connection, ResultStream};
use athena_sandbox::engine::{Cell, Column};
use athena_sandbox::{Builder, Fixture, Sandbox, column};

/// Fast polling, so that tests do not wait.
pub const FAST: &str =
    "MinQueryExecutionPollingIntervalMillis=5;MaxQueryExecutionPollingIntervalMillis=20;";

pub fn start(builder: Builder) -> Sandbox {
    builder.start_blocking().unwrap()
}

pub fn sandbox() -> Sandbox {
    start(Sandbox::builder())
}

/// A connection whose results go where the workgroup says; `more` wins over the rest.
pub fn connect_without_location(sandbox: &Sandbox, more: &str) -> Result<Connection> {
    Connection::open(Options::parse(&format!(
        "AwsRegion=eu-west-1;Endpoint={};User=test;Password=secret;{FAST}{more}",
        sandbox.url()
    ))?)
}

pub fn connect_with(sandbox: &Sandbox, more: &str) -> Result<Connection> {
    connect_without_location(sandbox, &format!("S3OutputLocation=s3://results/;{more}"))
}

pub fn connect(sandbox: &Sandbox) -> Connection {
    connect_with(sandbox, "").unwrap()
}

pub fn query(connection: &Connection, sql: &str) -> Result<ResultStream> {
    let statement = connection.statement();
    statement.set_sql(sql)?;
    statement.execute()
}

pub fn cell(text: &str) -> Cell {
    Some(text.to_owned())
}

/// A fixture of one column.
pub fn one_column(name: &str, sql_type: &str, values: &[Option<&str>]) -> Fixture {
    let rows = values
        .iter()
        .map(|value| vec![value.map(str::to_owned)])
        .collect();
    Fixture::rows(vec![column(name, sql_type)], rows)
}

pub fn columns(list: &[(&str, &str)]) -> Vec<Column> {
    list.iter()
        .map(|(name, sql_type)| column(name, sql_type))
        .collect()
}

/// Random text that needs every rule of the CSV form.
pub fn random_rows(seed: u64, count: usize) -> Vec<Vec<Cell>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let alphabet = ['a', '"', ',', '\n', '\r', ' ', 'ß', '𝄞'];
    (0..count)
        .map(|n| {
            let text: String = (0..random.usize(..12))
                .map(|_| random.choice(alphabet).unwrap())
                .collect();
            vec![
                cell(&n.to_string()),
                (random.u8(..4) > 0).then_some(text),
                (random.u8(..4) > 0).then(|| random.i64(..).to_string()),
            ]
        })
        .collect()
}

pub fn drain(stream: &ResultStream) -> Result<Vec<RecordBatch>> {
    let mut batches = Vec::new();
    while let Some(batch) = stream.next_batch()? {
        batches.push(batch);
    }
    Ok(batches)
}

/// The formatter knows zones by offset only.
fn printable(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            cast(column, &DataType::Timestamp(*unit, Some("+00:00".into()))).unwrap()
        }
        _ => Arc::clone(column),
    }
}

/// Every row as text; NULL is `∅`.
pub fn rows(batches: &[RecordBatch]) -> Vec<Vec<String>> {
    let options = FormatOptions::default().with_null("∅");
    let mut rows = Vec::new();
    for batch in batches {
        let printable: Vec<_> = batch.columns().iter().map(printable).collect();
        let columns: Vec<_> = printable
            .iter()
            .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap())
            .collect();
        for row in 0..batch.num_rows() {
            rows.push(
                columns
                    .iter()
                    .map(|column| column.value(row).to_string())
                    .collect(),
            );
        }
    }
    rows
}
