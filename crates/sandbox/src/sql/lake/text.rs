//! Tables of lines of text, compressed or not.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::delimited::{Delimiters, Quoting};
use super::objects::unreadable;
use super::table::{Form, Shape};
use super::values::{from_json, member_of};
use super::{DataFile, json_lines};
use crate::engine::{Host, Objects};
use crate::metastore::Table;
use crate::sql::datasets::ScanCounter;

/// Lines made into one batch.
const LINES: usize = 8192;

/// How lines become rows.
#[derive(Debug, Clone)]
enum Reader {
    Delimited(Delimiters),
    Quoted(Quoting),
    Json { ignore_malformed: bool },
}

/// Opens a table of text.
pub(super) fn open(
    host: &Host,
    table: &Table,
    form: Form,
    shape: &Shape,
    files: Vec<(DataFile, Vec<ScalarValue>)>,
) -> Result<Arc<dyn TableProvider>> {
    let flag = |name: &str| {
        let parameters = &table.storage.serde.parameters;
        parameters
            .get(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    let reader = match form {
        Form::OpenCsv => Reader::Quoted(Quoting::of(table)),
        Form::Json => Reader::Json {
            ignore_malformed: flag("ignore.malformed.json"),
        },
        Form::Text | Form::Parquet => Reader::Delimited(Delimiters::of(table)),
    };
    let skipped = table
        .parameters
        .get("skip.header.line.count")
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let mut parts: Vec<Vec<(DataFile, Vec<ScalarValue>)>> = vec![Vec::new(); 2];
    for (index, file) in files.into_iter().enumerate() {
        if let Some(part) = parts.get_mut(index % 2) {
            part.push(file);
        }
    }
    let whole = Arc::clone(&shape.whole);
    let parts = parts
        .into_iter()
        .map(|files| {
            Arc::new(Part {
                objects: Arc::clone(&host.objects),
                reader: reader.clone(),
                shape: shape.clone(),
                skipped,
                files,
            }) as Arc<dyn PartitionStream>
        })
        .collect();
    Ok(Arc::new(StreamingTable::try_new(whole, parts)?))
}

/// Files read one after the other.
#[derive(Debug, Clone)]
struct Part {
    objects: Arc<dyn Objects>,
    reader: Reader,
    shape: Shape,
    skipped: usize,
    /// With the values of their partitions.
    files: Vec<(DataFile, Vec<ScalarValue>)>,
}

impl PartitionStream for Part {
    fn schema(&self) -> &SchemaRef {
        &self.shape.whole
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let counter = context.session_config().get_extension::<ScanCounter>();
        let part = self.clone();
        let batches = self
            .files
            .clone()
            .into_iter()
            .flat_map(move |(file, values)| {
                if let Some(counter) = &counter {
                    counter.add(usize::try_from(file.size).unwrap_or(usize::MAX));
                }
                match Lines::open(&part, &file, values) {
                    Ok(lines) => {
                        Box::new(lines) as Box<dyn Iterator<Item = Result<RecordBatch>> + Send>
                    }
                    Err(error) => Box::new(std::iter::once(Err(error))),
                }
            });
        Box::pin(RecordBatchStreamAdapter::new(
            Arc::clone(&self.shape.whole),
            futures::stream::iter(batches),
        ))
    }
}

/// The batches of one file.
struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    part: Part,
    uri: String,
    partition: Vec<ScalarValue>,
    done: bool,
}

impl Lines {
    fn open(part: &Part, file: &DataFile, partition: Vec<ScalarValue>) -> Result<Self> {
        let uri = file.uri();
        let opened: File = part
            .objects
            .open(&file.bucket, &file.key)
            .map_err(|error| unreadable(&uri, &error))?;
        let input: Box<dyn Read + Send> = if file.key.ends_with(".gz") {
            Box::new(MultiGzDecoder::new(opened))
        } else {
            Box::new(opened)
        };
        let mut lines = Self {
            input: BufReader::new(input),
            part: part.clone(),
            partition,
            uri,
            done: false,
        };
        for _ in 0..part.skipped {
            lines.line()?;
        }
        Ok(lines)
    }

    fn line(&mut self) -> Result<Option<String>> {
        let mut bytes = Vec::new();
        self.input
            .read_until(b'\n', &mut bytes)
            .map_err(|error| unreadable(&self.uri, &error))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.ends_with(b"\n") {
            bytes.pop();
        }
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn batch(&mut self) -> Result<Option<RecordBatch>> {
        let mut lines = Vec::new();
        while lines.len() < LINES {
            match self.line()? {
                Some(line) => lines.push(line),
                None => break,
            }
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let mut columns = self.columns(lines)?;
        let rows = columns.first().map_or(0, |column| column.len());
        for value in &self.partition {
            columns.push(value.to_array_of_size(rows)?);
        }
        Ok(Some(RecordBatch::try_new(
            Arc::clone(&self.part.shape.whole),
            columns,
        )?))
    }

    fn columns(&self, lines: Vec<String>) -> Result<Vec<ArrayRef>> {
        let fields = self.part.shape.files.fields();
        if let Reader::Json { ignore_malformed } = self.part.reader {
            let mut rows: Vec<Value> = Vec::with_capacity(lines.len());
            for line in lines {
                rows.extend(json_lines::parse(&line, ignore_malformed)?);
            }
            return fields
                .iter()
                .map(|field| {
                    let values: Vec<Option<Value>> = rows
                        .iter()
                        .map(|row| member_of(row.as_object()?, field.name()).cloned())
                        .collect();
                    from_json(&values, field)
                })
                .collect();
        }
        let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); fields.len()];
        for line in lines {
            let parts = match &self.part.reader {
                Reader::Quoted(quoting) => quoting.split(&line, fields.len()),
                Reader::Delimited(delimiters) => delimiters.split(&line, fields.len()),
                Reader::Json { .. } => Vec::new(),
            };
            for (column, part) in columns.iter_mut().zip(parts) {
                column.push(part);
            }
        }
        columns
            .into_iter()
            .zip(fields)
            .map(|(texts, field)| match &self.part.reader {
                Reader::Delimited(delimiters) => delimiters.column(texts, field),
                _ => Quoting::column(texts, field),
            })
            .collect()
    }
}

impl Iterator for Lines {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let batch = self.batch().transpose();
        self.done = !matches!(batch, Some(Ok(_)));
        batch
    }
}
