//! Rows from the CSV object.

use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use super::download::{Block, Download};
use super::{BatchSource, Layout};
use crate::decode::{BatchLimits, CsvDecoder};
use crate::error::Result;

/// Decodes the object's bytes, in order, as the caller asks for batches.
pub(super) struct CsvSource {
    download: Download,
    decoder: CsvDecoder,
    /// Bytes taken from the download, and how many of them are decoded.
    block: Option<(Block, usize)>,
    at_end: bool,
}

impl CsvSource {
    /// `header` are the names the object's first line must have.
    pub(super) fn new(
        download: Download,
        layout: &Layout,
        limits: BatchLimits,
        header: Option<Vec<Option<String>>>,
    ) -> Self {
        let columns = Arc::clone(&layout.columns);
        let decoder = CsvDecoder::new(columns, layout.complex, limits);
        Self {
            download,
            decoder: decoder.expect_header(header),
            block: None,
            at_end: false,
        }
    }
}

impl BatchSource for CsvSource {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.decoder.next_batch() {
                // The caller has something to begin with.
                self.download.let_all_run();
                return Ok(Some(batch));
            }
            if self.at_end {
                return Ok(None);
            }
            if self.block.is_none() {
                self.block = self.download.next_block()?.map(|block| (block, 0));
            }
            match &mut self.block {
                Some((block, decoded)) => {
                    let rest = block.get(*decoded..).unwrap_or_default();
                    *decoded += self.decoder.decode(rest)?;
                    if *decoded == block.len() {
                        self.block = None;
                    }
                }
                None => {
                    self.at_end = true;
                    self.decoder.finish()?;
                }
            }
        }
    }
}
