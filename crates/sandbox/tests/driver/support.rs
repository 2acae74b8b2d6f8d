//! A sandbox that runs SQL, connections to it, and results as one batch.

use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::compute::{concat_batches, sort_to_indices, take_record_batch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use athena_core::Result;
use athena_core::options::Options;
use athena_core::session::Connection;
use athena_sandbox::Sandbox;
use athena_sandbox::sql::{Dataset, SqlEngine};

pub fn sandbox(datasets: &[Dataset]) -> Sandbox {
    let mut engine = SqlEngine::builder();
    for dataset in datasets {
        engine = engine.dataset(*dataset);
    }
    let engine = engine.build().unwrap();
    let sandbox = Sandbox::builder().engine(Arc::new(engine));
    sandbox.start_blocking().unwrap()
}

pub fn connect(sandbox: &Sandbox, more: &str) -> Connection {
    let options = format!(
        "AwsRegion=eu-west-1;Endpoint={};User=test;Password=secret;\
         S3OutputLocation=s3://results/;MinQueryExecutionPollingIntervalMillis=5;\
         MaxQueryExecutionPollingIntervalMillis=20;{more}",
        sandbox.url()
    );
    Connection::open(Options::parse(&options).unwrap()).unwrap()
}

/// The rows in one batch.
pub fn query(connection: &Connection, sql: &str) -> Result<RecordBatch> {
    let statement = connection.statement();
    statement.set_sql(sql)?;
    let stream = statement.execute()?;
    let mut batches = Vec::new();
    while let Some(batch) = stream.next_batch()? {
        batches.push(batch);
    }
    Ok(concat_batches(&stream.schema(), &batches).unwrap())
}

/// The rows in the order of their first column: an UNLOAD has none.
pub fn sorted(connection: &Connection, sql: &str) -> RecordBatch {
    let all = query(connection, sql).unwrap_or_else(|error| {
        let start: String = sql.chars().take(500).collect();
        panic!("{error}\n{start}")
    });
    let order = sort_to_indices(all.column(0), None, None).unwrap();
    take_record_batch(&all, &order).unwrap()
}

/// A value as Arrow prints it; NULL is `∅`.
pub fn shown(array: &dyn Array, row: usize) -> String {
    let options = FormatOptions::default().with_null("∅");
    let formatter = ArrayFormatter::try_new(array, &options).unwrap();
    formatter.value(row).to_string()
}
