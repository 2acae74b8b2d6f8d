//! `athena_progress`: the state of a running query, polled or called back.

use std::ffi::{c_char, c_void};
use std::sync::Arc;
use std::time::Duration;

use athena_core::session::{Progress, ProgressCallback, QueryExecutionState};
use athena_core::{Error, ErrorKind, Result};

use crate::boundary::invalid;

/// Room for any query execution id with its NUL; Athena's are at most 128 characters.
pub const ATHENA_QUERY_EXECUTION_ID_SIZE: usize = 129;

/// Where a query is in its life.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum athena_query_execution_state {
    /// None of those below.
    Unknown = 0,
    /// Accepted, waiting for capacity. A running query may come back here.
    Queued = 1,
    /// Being executed.
    Running = 2,
    /// Ended; the result is complete.
    Succeeded = 3,
    /// Ended in an error.
    Failed = 4,
    /// Stopped by the caller, by somebody else or by a limit.
    Cancelled = 5,
}

impl From<QueryExecutionState> for athena_query_execution_state {
    fn from(state: QueryExecutionState) -> Self {
        match state {
            QueryExecutionState::Queued => Self::Queued,
            QueryExecutionState::Running => Self::Running,
            QueryExecutionState::Succeeded => Self::Succeeded,
            QueryExecutionState::Failed => Self::Failed,
            QueryExecutionState::Cancelled => Self::Cancelled,
        }
    }
}

/// One look at a running query. Later versions may append members.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct athena_progress {
    /// The state Athena reported.
    pub state: athena_query_execution_state,
    /// Milliseconds since the query was submitted, by this machine's clock.
    pub elapsed_ms: i64,
    /// Bytes scanned so far; -1 while Athena has not said.
    pub data_scanned_in_bytes: i64,
    /// Milliseconds spent waiting for capacity; -1 while Athena has not said.
    pub query_queue_time_ms: i64,
    /// The query's id, NUL-terminated.
    pub query_execution_id: [c_char; ATHENA_QUERY_EXECUTION_ID_SIZE],
}

/// Receives the progress of a running query. `progress` is valid during the call only.
pub type athena_progress_callback =
    Option<unsafe extern "C" fn(progress: *const athena_progress, user_data: *mut c_void)>;

impl athena_progress {
    pub(crate) fn new(progress: &Progress) -> Result<Self> {
        Ok(Self {
            state: progress.state.into(),
            elapsed_ms: milliseconds(progress.elapsed),
            data_scanned_in_bytes: progress.data_scanned_in_bytes.map_or(-1, saturated),
            query_queue_time_ms: progress.query_queue_time.map_or(-1, milliseconds),
            query_execution_id: id_text(&progress.query_execution_id)?,
        })
    }
}

/// The id as a C string of fixed size.
pub(crate) fn id_text(id: &str) -> Result<[c_char; ATHENA_QUERY_EXECUTION_ID_SIZE]> {
    let mut text = [0; ATHENA_QUERY_EXECUTION_ID_SIZE];
    if id.len() >= text.len() {
        return Err(Error::new(
            ErrorKind::Service,
            format!(
                "Athena gave a query execution id of {} characters, more than the 128 it documents",
                id.len()
            ),
        ));
    }
    for (place, byte) in text.iter_mut().zip(id.bytes()) {
        *place = c_char::from_ne_bytes([byte]);
    }
    Ok(text)
}

/// The engine's callback that calls the caller's.
pub(crate) fn callback(
    callback: athena_progress_callback,
    user_data: *mut c_void,
) -> Option<ProgressCallback> {
    let callback = callback?;
    let user_data = UserData(user_data);
    Some(Arc::new(move |progress: &Progress| {
        // An id too long for the struct ends the query's submission already.
        if let Ok(progress) = athena_progress::new(progress) {
            // SAFETY: the caller of athena_statement_set_progress() keeps both valid while
            // the callback is set, and `progress` lives for the call.
            unsafe { callback(&raw const progress, user_data.pointer()) };
        }
    }))
}

struct UserData(*mut c_void);

impl UserData {
    /// A method, so that closures capture the whole, with its `Send` and `Sync`.
    fn pointer(&self) -> *mut c_void {
        self.0
    }
}

// SAFETY: the pointer is only passed on; the header says that the callback runs on a thread
// of the library.
unsafe impl Send for UserData {}
// SAFETY: as above; it is never dereferenced here.
unsafe impl Sync for UserData {}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// INVALID_ARGUMENT unless an id fits into the caller's buffer, or none is wanted.
pub(crate) fn check_id_buffer(buffer: *mut c_char, size: usize) -> Result<()> {
    if !buffer.is_null() && size < ATHENA_QUERY_EXECUTION_ID_SIZE {
        return Err(invalid(format!(
            "id_size is {size}; a query execution id needs ATHENA_QUERY_EXECUTION_ID_SIZE, \
             {ATHENA_QUERY_EXECUTION_ID_SIZE} bytes"
        )));
    }
    Ok(())
}
