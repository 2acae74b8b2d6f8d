//! How far a query is.

use std::time::Duration;

use super::QueryExecutionState;

/// One look at a query.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The query.
    pub query_execution_id: String,
    /// Its state.
    pub state: QueryExecutionState,
    /// Time since it was submitted, by this machine's clock.
    pub elapsed: Duration,
    /// Bytes scanned so far; Athena may tell late or not at all.
    pub data_scanned_in_bytes: Option<u64>,
    /// Time it waited for resources; Athena may tell late or not at all.
    pub query_queue_time: Option<Duration>,
}
