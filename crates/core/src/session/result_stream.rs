//! The rows of a query, batch by batch.

use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use super::connection;
use crate::error::{Error, ErrorKind, Result};
use crate::query::{CancelHandle, QueryExecution};
use crate::result::{BatchSource, Opened};
use crate::types::Column;

/// A result to be read once, in order. What it fetches ahead is bounded by bytes; dropping
/// it stops the fetching.
pub struct ResultStream {
    execution: QueryExecution,
    columns: Arc<[Column]>,
    schema: SchemaRef,
    reading: Mutex<Reading>,
    cancel: CancelHandle,
    /// Keeps the clients and the runtime alive.
    _connection: Arc<connection::Inner>,
}

enum Reading {
    Open(Box<dyn BatchSource>),
    /// Read to the end.
    Ended,
    /// Failed: said again to whoever asks again, who would else take what was read for all.
    Failed(ErrorKind, String),
}

impl ResultStream {
    pub(super) fn new(
        connection: Arc<connection::Inner>,
        mut execution: QueryExecution,
        opened: Opened,
        cancel: CancelHandle,
    ) -> Self {
        execution.update_count = opened.update_count;
        Self {
            execution,
            columns: opened.columns,
            schema: opened.schema,
            reading: Mutex::new(Reading::Open(opened.source)),
            cancel,
            _connection: connection,
        }
    }

    /// The schema of every batch. It has no fields for statements that have no rows.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// The columns with their Athena types.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// What Athena told of the query: id, statistics, update count.
    pub fn execution(&self) -> &QueryExecution {
        &self.execution
    }

    /// The next batch of rows; `None` at the end. Blocks, and decodes on the calling thread.
    /// After an error every further call fails with the same kind and message.
    ///
    /// Errors: `Decode` names column, row and value; `ResultChanged` for an object cut short
    /// or replaced; `Cancelled` after [`ResultStream::cancel`]; network errors after the
    /// retries. Each carries the query execution id.
    pub fn next_batch(&self) -> Result<Option<RecordBatch>> {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let id = &self.execution.query_execution_id;
        let batch = match &mut *reading {
            Reading::Open(source) => source.next_batch(),
            Reading::Ended => return Ok(None),
            Reading::Failed(kind, message) => Err(Error::new(*kind, message.clone())),
        };
        match &batch {
            Ok(Some(_)) => {}
            Ok(None) => *reading = Reading::Ended,
            Err(error) => *reading = Reading::Failed(error.kind(), error.message().to_owned()),
        }
        batch.map_err(|error| error.with_query_execution_id(id))
    }

    /// Stops the reading, from any thread: a call of [`ResultStream::next_batch`] that waits
    /// fails with `Cancelled`.
    pub fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for ResultStream {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl std::fmt::Debug for ResultStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResultStream")
            .field("execution", &self.execution)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}
