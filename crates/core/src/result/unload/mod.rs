//! Rows from the Parquet files that an UNLOAD wrote.
//!
//! | | |
//! |---|---|
//! | [`manifest`] | which files there are |
//! | [`mod@file`], [`group`] | what their footers tell |
//! | [`plan`], [`fetch`] | their bytes, fetched ahead within a budget |
//! | [`shared`], [`lane`] | batches, decoded by several threads in order |
//! | [`folder`] | the removal of all that was written |

mod fetch;
mod file;
mod folder;
mod group;
mod lane;
mod manifest;
mod plan;
mod shared;

use std::sync::Arc;
use std::thread::available_parallelism;

use arrow::array::ArrayRef;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use tokio::task::JoinHandle;

use super::{Access, BatchSource, Opened};
use crate::decode::BatchLimits;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{CancelHandle, QueryExecution};
use crate::types::{Column, ComplexTypes, schema_as};
use fetch::{Fetcher, Memory};
use shared::{Batch, Shared};

pub(crate) use folder::Folder;
use folder::Remover;

/// Most threads that decode one result.
const MAX_THREADS: usize = 8;
/// Lanes per thread, so that no thread waits long for another's.
const LANES_PER_THREAD: usize = 4;

/// An UNLOAD that was run in a query's place.
#[derive(Clone)]
pub(crate) struct Unload {
    /// The columns of the query.
    pub(crate) columns: Arc<[Column]>,
    pub(crate) folder: Arc<Folder>,
}

/// Opens the result of an UNLOAD that SUCCEEDED.
pub(super) async fn open(
    access: &Access,
    execution: &QueryExecution,
    unload: &Unload,
) -> Result<Opened> {
    let attempts = access.config.max_attempts;
    let (files, manifest) =
        manifest::files(&access.objects, execution, &unload.folder, attempts).await?;
    unload.folder.holds(&files, manifest);
    let id = &execution.query_execution_id;
    tracing::debug!(query_execution_id = %id, source = "UNLOAD", files = files.len(), "reading the result");

    let config = &access.config.download;
    let limits = access.batch_limits();
    let threads = available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_THREADS);
    let memory = Memory::of(config).limits(limits.max_rows, limits.max_bytes);
    let shared = Arc::new(Shared::new(memory, threads * LANES_PER_THREAD));
    let columns = Arc::clone(&unload.columns);
    let fetcher = Fetcher::new(
        Arc::clone(&access.objects),
        Arc::clone(&shared),
        Arc::clone(&columns),
        config,
        attempts,
    );
    for _ in 0..threads {
        let (shared, columns) = (Arc::clone(&shared), Arc::clone(&columns));
        tokio::task::spawn_blocking(move || lane::decode(&shared, &columns));
    }
    let task = tokio::spawn(drive(
        fetcher,
        files,
        Arc::clone(&shared),
        unload.folder.remover(),
        access.cancel.clone(),
    ));
    let schema = schema_as(&columns, ComplexTypes::Typed);
    let source = UnloadSource {
        shared,
        schema: Arc::clone(&schema),
        limits,
        rest: None,
        rows_before: 0,
        folder: Arc::clone(&unload.folder),
        cancel: access.cancel.clone(),
        task,
    };
    Ok(Opened {
        columns,
        schema,
        source: Box::new(source),
        update_count: None,
    })
}

/// Fetches until all is here, the caller cancels or something fails. Either way, the files are
/// of no more use.
async fn drive(
    fetcher: Fetcher,
    files: Vec<crate::client::S3Location>,
    shared: Arc<Shared>,
    remover: Remover,
    cancel: CancelHandle,
) {
    let fetched = tokio::select! {
        biased;
        () = cancel.cancelled() => Err(CancelHandle::error()),
        fetched = fetcher.run(files) => fetched,
    };
    if let Err(error) = fetched {
        shared.fail(error);
    }
    drop(fetcher);
    remover.spawn();
    // Wakes a caller who waits for the decoding.
    cancel.cancelled().await;
    shared.stop();
}

/// Hands out the batches that were decoded.
struct UnloadSource {
    shared: Arc<Shared>,
    schema: SchemaRef,
    limits: BatchLimits,
    /// Decoded and not handed out yet.
    rest: Option<RecordBatch>,
    rows_before: u64,
    folder: Arc<Folder>,
    cancel: CancelHandle,
    task: JoinHandle<()>,
}

impl UnloadSource {
    fn to_record_batch(&self, batch: Batch) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(batch.rows));
        let columns: Vec<ArrayRef> = batch.columns.into_iter().flatten().collect();
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options).map_err(
            |source| {
                let message = "the columns of the files do not fit together";
                Error::new(ErrorKind::Internal, message).with_source(source)
            },
        )
    }

    /// How many rows of `batch` are handed out at once.
    fn rows_of(&self, batch: &RecordBatch) -> usize {
        let rows = batch.num_rows();
        if self.rows_before == 0 {
            return rows.min(self.limits.first_batch_rows.max(1));
        }
        let bytes = batch.get_array_memory_size().max(1);
        // Row sizes are guessed before they are decoded; a guess may be far off.
        let pieces = bytes.div_ceil(self.limits.max_bytes.saturating_mul(2).max(1));
        rows.div_ceil(pieces).max(1)
    }

    fn next(&mut self) -> Result<Option<RecordBatch>> {
        if self.cancel.is_cancelled() {
            return Err(CancelHandle::error());
        }
        let batch = match self.rest.take() {
            Some(batch) => batch,
            None => match self.shared.next_batch()? {
                Some(batch) => self.to_record_batch(batch)?,
                None => return Ok(None),
            },
        };
        let rows = self.rows_of(&batch);
        if rows < batch.num_rows() {
            self.rest = Some(batch.slice(rows, batch.num_rows() - rows));
        }
        self.rows_before += rows as u64;
        Ok(Some(batch.slice(0, rows)))
    }
}

impl BatchSource for UnloadSource {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        let next = self.next();
        match &next {
            Ok(Some(_)) => {}
            Ok(None) => self.folder.remove(),
            Err(_) => {
                self.task.abort();
                self.shared.stop();
                self.folder.begin_removal();
            }
        }
        next
    }
}

impl Drop for UnloadSource {
    /// The folder goes with it, unless somebody else still has it.
    fn drop(&mut self) {
        self.task.abort();
        self.shared.stop();
    }
}
