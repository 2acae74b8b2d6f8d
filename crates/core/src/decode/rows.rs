//! Decodes the rows of GetQueryResults.

use super::batch::{BatchBuilder, BatchLimits};
use crate::error::{Error, ErrorKind, Result};
use crate::types::{Column, ComplexTypes};
use arrow::array::RecordBatch;
use std::sync::Arc;

/// Decodes rows given as cells of text, in order.
pub(crate) struct RowDecoder {
    batch: BatchBuilder,
}

impl RowDecoder {
    /// A decoder for results with these columns. With [`ComplexTypes::Typed`], those that are
    /// arrays, maps and rows arrive as JSON.
    pub(crate) fn new(columns: Arc<[Column]>, complex: ComplexTypes, limits: BatchLimits) -> Self {
        Self {
            batch: BatchBuilder::new(columns, complex, limits),
        }
    }

    /// Appends a row; a cell that is `None` is NULL. [`RowDecoder::next_batch`] returns the batch
    /// if this row completes it.
    ///
    /// A row may have fewer cells than there are columns. A single cell is then text of a utility
    /// statement, which separates its columns by tabs; columns without text are NULL. Rows of a
    /// result without columns are left out.
    ///
    /// Errors: [`ErrorKind::Decode`], which names the row, for a value that is none of its
    /// column's type and for more cells than columns. The decoder is of no use after an error.
    pub(crate) fn push_row<'a>(
        &mut self,
        cells: impl IntoIterator<Item = Option<&'a str>>,
    ) -> Result<()> {
        let columns = self.batch.column_count();
        if columns == 0 {
            return Ok(());
        }
        let mut cells = cells.into_iter();
        let first = cells.next();
        let second = cells.next();
        let mut bytes = 0;
        let mut count = 0;
        let mut append = |cell: Option<&str>| {
            if count == columns {
                return Err(Error::new(
                    ErrorKind::Decode,
                    format!(
                        "Row {} has more than {columns} values, but the result has {columns} columns.",
                        self.batch.row_count(),
                    ),
                ));
            }
            self.batch.append(count, cell.map(str::as_bytes))?;
            bytes += cell.map_or(0, str::len);
            count += 1;
            Ok(())
        };
        match (first, second) {
            (Some(Some(line)), None) if columns > 1 => {
                line.splitn(columns, '\t')
                    .map(Some)
                    .try_for_each(&mut append)?;
            }
            _ => first
                .into_iter()
                .chain(second)
                .chain(cells)
                .try_for_each(&mut append)?,
        }
        for missing in count..columns {
            self.batch.append(missing, None)?;
        }
        if self.batch.end_row(bytes) {
            self.batch.complete()?;
        }
        Ok(())
    }

    /// Completes the batch if it has rows, as at the end of a page or of the result.
    ///
    /// Errors: [`ErrorKind::Internal`] only; cells are UTF-8 already.
    pub(crate) fn flush(&mut self) -> Result<()> {
        self.batch.flush()
    }

    /// The next complete batch.
    pub(crate) fn next_batch(&mut self) -> Option<RecordBatch> {
        self.batch.next_batch()
    }
}
