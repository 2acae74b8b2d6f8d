//! Rows collected into record batches.

use super::builder::{ColumnBuilder, column_builder};
use super::json::JsonBuilder;
use crate::error::{Error, ErrorKind, Result};
use crate::types::{Column, ComplexTypes, schema_as};
use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use std::collections::VecDeque;
use std::sync::Arc;

/// Most characters of a value shown in an error.
const SHOWN_CHARACTERS: usize = 100;

/// When a batch is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchLimits {
    /// Most rows of a batch.
    pub(crate) max_rows: usize,
    /// Bytes of text, and of memory for what is no text, that complete a batch. One row more
    /// than that may be in it.
    pub(crate) max_bytes: usize,
    /// Most rows of the first batch, so that the caller sees something early.
    pub(crate) first_batch_rows: usize,
}

impl Default for BatchLimits {
    /// 65,536 rows or 8 MiB; 1,024 rows at first.
    fn default() -> Self {
        Self {
            max_rows: 65_536,
            max_bytes: 8 << 20,
            first_batch_rows: 1_024,
        }
    }
}

/// A value of the input for an error: quoted, and not all of it if it is long.
pub(super) fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut characters = text.chars();
    let mut shown: String = characters.by_ref().take(SHOWN_CHARACTERS).collect();
    if characters.next().is_some() {
        shown.push('…');
    }
    format!("{shown:?}")
}

/// The builder for a column whose arrays, maps and rows arrive as this says: as Athena's text,
/// or as JSON.
fn builder_of(column: &Column, complex: ComplexTypes) -> Box<dyn ColumnBuilder> {
    let nested = match complex {
        ComplexTypes::Text => None,
        ComplexTypes::Typed => JsonBuilder::of(&column.athena_type),
    };
    match nested {
        Some(builder) => Box::new(builder),
        None => column_builder(&column.athena_type),
    }
}

/// Collects rows, and cuts them into batches.
pub(super) struct BatchBuilder {
    columns: Arc<[Column]>,
    schema: SchemaRef,
    pub(super) builders: Vec<Box<dyn ColumnBuilder>>,
    max_bytes: usize,
    /// Most rows of the batches after the first.
    max_rows: usize,
    /// Most rows of this batch.
    row_limit: usize,
    /// Rows of this batch.
    rows: usize,
    /// Bytes of text in this batch.
    bytes: usize,
    /// Rows of the batches before.
    rows_before: u64,
    ready: VecDeque<RecordBatch>,
}

impl BatchBuilder {
    pub(super) fn new(columns: Arc<[Column]>, complex: ComplexTypes, limits: BatchLimits) -> Self {
        let builders: Vec<_> = columns
            .iter()
            .map(|column| builder_of(column, complex))
            .collect();
        let row_width: usize = builders.iter().map(|builder| builder.row_width()).sum();
        let fitting = limits.max_bytes / row_width.max(1);
        let max_rows = limits.max_rows.min(fitting).max(1);
        Self {
            schema: schema_as(&columns, complex),
            columns,
            builders,
            max_bytes: limits.max_bytes,
            max_rows,
            row_limit: limits.first_batch_rows.clamp(1, max_rows),
            rows: 0,
            bytes: 0,
            rows_before: 0,
            ready: VecDeque::new(),
        }
    }

    pub(super) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// Rows completed since the start of the result, so the number of the row being read.
    pub(super) fn row_count(&self) -> u64 {
        self.rows_before + self.rows as u64
    }

    /// Appends a value to the column at `index`, which must exist; `None` is NULL.
    pub(super) fn append(&mut self, index: usize, value: Option<&[u8]>) -> Result<()> {
        let Some(builder) = self.builders.get_mut(index) else {
            return Ok(());
        };
        match value {
            None => builder.append_null(),
            Some(text) if builder.append(text) => {}
            Some(text) => return Err(self.value_error(index, text)),
        }
        Ok(())
    }

    #[cold]
    fn value_error(&self, index: usize, text: &[u8]) -> Error {
        let refusal = self
            .builders
            .get(index)
            .and_then(|builder| builder.refusal());
        Error::new(
            ErrorKind::Decode,
            format!(
                "{}, row {}: the value {} is none of this type, or does not fit it.{}",
                self.describe(index),
                self.row_count(),
                shown(text),
                refusal.unwrap_or_default(),
            ),
        )
    }

    /// The column at `index`, for an error.
    fn describe(&self, index: usize) -> String {
        match self.columns.get(index) {
            Some(column) => format!("Column {:?} ({})", column.name, column.athena_type),
            None => format!("Column {index}"),
        }
    }

    /// Counts a row whose columns have all been appended and whose text had `bytes` bytes.
    /// Returns whether the batch is full.
    pub(super) fn end_row(&mut self, bytes: usize) -> bool {
        self.rows += 1;
        self.bytes += bytes;
        self.rows >= self.row_limit || self.bytes >= self.max_bytes
    }

    /// Completes a full batch, and makes room for one more.
    pub(super) fn complete(&mut self) -> Result<()> {
        let bytes_per_row = self.bytes / self.rows.max(1);
        let by_bytes = self.max_bytes / bytes_per_row.max(1);
        self.take_batch(self.max_rows.min(by_bytes) + 1)
    }

    /// Completes the last batch if it has rows.
    pub(super) fn flush(&mut self) -> Result<()> {
        self.take_batch(0)
    }

    fn take_batch(&mut self, next_rows: usize) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let mut arrays = Vec::with_capacity(self.builders.len());
        for (index, builder) in self.builders.iter_mut().enumerate() {
            match builder.finish(next_rows) {
                Ok(array) => arrays.push(array),
                Err(row) => {
                    let row = self.rows_before + row as u64;
                    let column = self.describe(index);
                    return Err(Error::new(
                        ErrorKind::Decode,
                        format!("{column}, row {row}: the value is not UTF-8."),
                    ));
                }
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let batch = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options)
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    "The columns of a batch do not fit together.",
                )
                .with_source(error)
            })?;
        self.ready.push_back(batch);
        self.rows_before += self.rows as u64;
        self.rows = 0;
        self.bytes = 0;
        self.row_limit = self.max_rows;
        Ok(())
    }

    /// The oldest complete batch not yet taken.
    pub(super) fn next_batch(&mut self) -> Option<RecordBatch> {
        self.ready.pop_front()
    }
}
