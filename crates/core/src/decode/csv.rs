//! Decodes the CSV object Athena writes.
//!
//! Every value is quoted, NULL is nothing at all, the first line is a header (see
//! `athena-protocol` §3.2). Each byte is looked at once: a column's builder reads its field
//! straight from the input, digits to number, until the closing quote. Only what the builder
//! does not take (a field cut by the end of the input, unquoted or not a value) goes through
//! [`FieldScanner`], which carries what it has over to the next piece and finds the error.

use super::batch::{BatchBuilder, BatchLimits, shown};
use super::field::{FieldScanner, Scanned};
use crate::error::{Error, ErrorKind, Result};
use crate::types::{Column, ComplexTypes};
use arrow::array::RecordBatch;
use std::sync::Arc;

/// Decodes a CSV result that is pushed in pieces, in order.
pub(crate) struct CsvDecoder {
    batch: BatchBuilder,
    scanner: FieldScanner,
    header_read: bool,
    /// What the fields of the header must be, while it is not read; empty if that is not known.
    header: Vec<Option<String>>,
    /// Fields of the record read so far.
    column: usize,
    /// Bytes of this record read by way of the scanner, or before the input's end.
    record_bytes: usize,
}

impl CsvDecoder {
    /// A decoder for results with these columns. With [`ComplexTypes::Typed`], those that are
    /// arrays, maps and rows arrive as JSON.
    pub(crate) fn new(columns: Arc<[Column]>, complex: ComplexTypes, limits: BatchLimits) -> Self {
        Self {
            batch: BatchBuilder::new(columns, complex, limits),
            scanner: FieldScanner::new(),
            header_read: false,
            header: Vec::new(),
            column: 0,
            record_bytes: 0,
        }
    }

    /// Has the header line checked against these names.
    pub(crate) fn expect_header(mut self, names: Option<Vec<Option<String>>>) -> Self {
        self.header = names.unwrap_or_default();
        self
    }

    /// Rows decoded so far.
    pub(crate) fn row_count(&self) -> u64 {
        self.batch.row_count()
    }

    /// Takes bytes from the beginning of `input`, and says how many: all of them, unless a batch
    /// is complete, which [`CsvDecoder::next_batch`] then returns; go on with the rest after that.
    ///
    /// Errors: [`ErrorKind::Decode`], which names the row, for a value that is none of its
    /// column's type, a record with another number of fields than there are columns, and bytes
    /// behind a closing quote; [`ErrorKind::ResultChanged`] for another header than expected. The decoder is of no use after an error.
    pub(crate) fn decode(&mut self, input: &[u8]) -> Result<usize> {
        let mut rest = input;
        let mut full = false;
        while !full && !rest.is_empty() {
            if self.header_read && self.scanner.is_idle() {
                (rest, full) = self.take_rows(rest);
            }
            if !full && !rest.is_empty() {
                (rest, full) = self.scan_field(rest)?;
            }
        }
        if full {
            self.batch.complete()?;
        }
        Ok(input.len() - rest.len())
    }

    /// The next complete batch.
    pub(crate) fn next_batch(&mut self) -> Option<RecordBatch> {
        self.batch.next_batch()
    }

    /// Says that there is no more input. [`CsvDecoder::next_batch`] then returns what is left.
    ///
    /// Errors: [`ErrorKind::ResultChanged`] if the input ended within a record, or before the
    /// header did; [`ErrorKind::Decode`] as for [`CsvDecoder::decode`].
    pub(crate) fn finish(&mut self) -> Result<()> {
        if !self.header_read {
            return Err(Error::new(
                ErrorKind::ResultChanged,
                "The result object ends before its header line does.",
            ));
        }
        if self.column > 0 || !self.scanner.is_idle() {
            return Err(Error::new(
                ErrorKind::ResultChanged,
                format!("The result object ends within row {}.", self.row_count()),
            ));
        }
        self.batch.flush()
    }

    /// Reads fields the fast way as long as that goes: to the end of the input, to a field that
    /// needs the scanner, or until the batch is full. Returns the rest, and whether it is full.
    fn take_rows<'a>(&mut self, input: &'a [u8]) -> (&'a [u8], bool) {
        let last = self.batch.column_count().saturating_sub(1);
        let mut rest = input;
        loop {
            let mut record = rest;
            let columns = self.batch.builders.iter_mut().enumerate();
            for (index, builder) in columns.skip(self.column) {
                let separator = if index == last { b'\n' } else { b',' };
                let after = match record.split_first() {
                    Some((byte, after)) if *byte == separator => {
                        builder.append_null();
                        Some(after)
                    }
                    _ => builder.take_quoted(record, separator),
                };
                let Some(after) = after else {
                    self.column = index;
                    self.record_bytes += rest.len() - record.len();
                    return (record, false);
                };
                record = after;
            }
            let bytes = self.record_bytes + rest.len() - record.len();
            rest = record;
            self.column = 0;
            self.record_bytes = 0;
            if self.batch.end_row(bytes) {
                return (rest, true);
            }
        }
    }

    /// Reads one field, or what the input has of it, by way of the scanner. Returns the rest, and
    /// whether the batch is full.
    fn scan_field<'a>(&mut self, input: &'a [u8]) -> Result<(&'a [u8], bool)> {
        let (taken, scanned) = self.scanner.scan(input);
        self.record_bytes += taken;
        let rest = input.get(taken..).unwrap_or_default();
        let ends_record = match scanned {
            Scanned::InputEmpty => return Ok((rest, false)),
            Scanned::Stray(byte) => return Err(self.stray_error(byte)),
            Scanned::Comma => false,
            Scanned::LineEnd => true,
        };
        let columns = self.batch.column_count();
        let fields = self.column + 1;
        if fields > columns || ends_record != (fields == columns) {
            return Err(self.field_count_error(ends_record));
        }
        if self.header_read {
            self.batch.append(self.column, self.scanner.value())?;
        } else if let Some(expected) = self.header.get(self.column) {
            let expected = expected.as_deref().unwrap_or_default();
            if self.scanner.value().unwrap_or_default() != expected.as_bytes() {
                return Err(self.header_error(expected));
            }
        }
        self.scanner.reset();
        self.column = fields;
        let mut full = false;
        if ends_record {
            self.column = 0;
            let bytes = std::mem::take(&mut self.record_bytes);
            full = self.header_read && self.batch.end_row(bytes);
            self.header_read = true;
        }
        Ok((rest, full))
    }

    /// What is being read, for an error.
    fn place(&self) -> String {
        if self.header_read {
            format!("Row {}", self.row_count())
        } else {
            "The header line".to_owned()
        }
    }

    #[cold]
    fn header_error(&self, expected: &str) -> Error {
        let found = self.scanner.value().unwrap_or_default();
        Error::new(
            ErrorKind::ResultChanged,
            format!(
                "The header line of the result object names {} where the result has {expected:?}: \
                 the object is not this query's result.",
                shown(found),
            ),
        )
    }

    #[cold]
    fn field_count_error(&self, ended: bool) -> Error {
        let fields = self.column + 1;
        let seen = if ended {
            format!("{fields}")
        } else {
            format!("more than {fields}")
        };
        Error::new(
            ErrorKind::Decode,
            format!(
                "{} of the result object has {seen} fields, but the result has {} columns.",
                self.place(),
                self.batch.column_count(),
            ),
        )
    }

    #[cold]
    fn stray_error(&self, byte: u8) -> Error {
        Error::new(
            ErrorKind::Decode,
            format!(
                "{} of the result object, field {}: {:?} behind the closing quote.",
                self.place(),
                self.column + 1,
                char::from(byte),
            ),
        )
    }
}
