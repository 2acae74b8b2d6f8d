//! ResultFetcher=unload: what is sent, what is read, what is left behind.

mod cleanup;
mod reading;
mod statements;
mod types;

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use athena_core::session::Connection;
use athena_sandbox::{Fixture, Matcher, Sandbox};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::support::{cell, columns, connect_with, start};

/// A sandbox in which `sql` can be described as having these columns.
pub fn described(sql: &str, list: &[(&str, &str)]) -> Sandbox {
    let sandbox = start(Sandbox::builder());
    describe(&sandbox, sql, list);
    sandbox
}

pub fn describe(sandbox: &Sandbox, sql: &str, list: &[(&str, &str)]) {
    sandbox.fixture(
        format!("SELECT * FROM ({sql}) LIMIT 0"),
        Fixture::rows(columns(list), Vec::new()),
    );
    let unclear = |sql_type: &str| {
        ["array", "map", "row", "time"]
            .iter()
            .any(|word| sql_type.starts_with(word))
    };
    let texts: Vec<&str> = list
        .iter()
        .map(|(_, sql_type)| *sql_type)
        .filter(|sql_type| unclear(sql_type))
        .collect();
    let names: Vec<String> = (0..texts.len()).map(|n| format!("_col{n}")).collect();
    let names: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), "varchar"))
        .collect();
    sandbox.fixture(
        Matcher::Contains(format!("LEFT JOIN ({sql}) q(")),
        Fixture::rows(
            columns(&names),
            vec![texts.iter().map(|text| cell(text)).collect()],
        ),
    );
}

/// What any UNLOAD answers from now on.
pub fn unloads(sandbox: &Sandbox, fixture: Fixture) {
    sandbox.fixture(Matcher::Contains("UNLOAD (".to_owned()), fixture);
}

pub fn files(files: impl IntoIterator<Item = Vec<u8>>) -> Fixture {
    files
        .into_iter()
        .enumerate()
        .fold(Fixture::count(0), |fixture, (number, bytes)| {
            fixture.file(&format!("part-{number}"), bytes)
        })
}

pub fn unloading(sandbox: &Sandbox, more: &str) -> Connection {
    connect_with(sandbox, &format!("ResultFetcher=unload;{more}")).unwrap()
}

/// A batch whose columns are called as an UNLOAD of ours calls them.
pub fn batch(columns: Vec<ArrayRef>) -> RecordBatch {
    let fields: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(index, array)| Field::new(format!("c{index}"), array.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

pub fn parquet(batch: &RecordBatch) -> Vec<u8> {
    parquet_with(
        batch,
        WriterProperties::builder().set_compression(Compression::SNAPPY),
    )
}

pub fn parquet_with(
    batch: &RecordBatch,
    properties: parquet::file::properties::WriterPropertiesBuilder,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer =
        ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The texts of the queries started.
pub fn started(sandbox: &Sandbox) -> Vec<String> {
    let requests = sandbox.requests().into_iter();
    requests
        .filter(|request| request.operation == "StartQueryExecution")
        .filter_map(|request| Some(request.body?["QueryString"].as_str()?.to_owned()))
        .collect()
}

/// What lies in the result bucket, without what every query leaves there.
pub fn left_over(sandbox: &Sandbox) -> Vec<String> {
    let mut keys = sandbox.keys("results").unwrap_or_default();
    keys.retain(|key| !key.ends_with(".csv") || key.ends_with("-manifest.csv"));
    keys.retain(|key| !key.ends_with(".metadata"));
    keys
}

pub fn utf8(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(arrow::array::StringArray::from(values.to_vec()))
}

pub fn int64(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(
        values
            .into_iter()
            .map(Some)
            .collect::<arrow::array::Int64Array>(),
    )
}

#[allow(dead_code, reason = "for types that are told from the schema")]
pub fn data_types(schema: &Schema) -> Vec<DataType> {
    let fields = schema.fields().iter();
    fields.map(|field| field.data_type().clone()).collect()
}
