//! One query execution and the states it goes through.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serde_json::Value;
use tokio::sync::Notify;

use crate::engine::{Column, Failure, Query, Stage, StatementKind};
use crate::sigv4::Caller;

/// `QueryExecutionStatus.State`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waiting for capacity.
    Queued,
    /// Being run.
    Running,
    /// Finished; results can be read.
    Succeeded,
    /// Ended by an error.
    Failed,
    /// Ended by a caller or by a limit.
    Cancelled,
}

impl State {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }

    /// Reads the name on the wire.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [
            Self::Queued,
            Self::Running,
            Self::Succeeded,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|state| state.as_str() == name)
    }

    /// True for states that never change again.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// An object's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl Place {
    pub(crate) fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        Self {
            bucket: self.bucket.clone(),
            key: format!("{}{suffix}", self.key),
        }
    }
}

/// What a successful execution left behind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcome {
    pub(crate) columns: Vec<Column>,
    pub(crate) update_count: Option<i64>,
    pub(crate) data_scanned: u64,
    /// Rows of data, without a header.
    pub(crate) rows: u64,
    /// Whether `.metadata` is written although there are no columns.
    pub(crate) bare_metadata: bool,
    pub(crate) stages: Option<Stage>,
    /// The file that result pages are read from; none for statements without rows.
    pub(crate) file: Option<PathBuf>,
    pub(crate) manifest: Option<Place>,
    pub(crate) reused: bool,
}

/// A query execution. Facts are fixed at start; progress changes behind a lock.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) id: String,
    /// The statement as it was sent, without blanks and `;` around it.
    pub(crate) text: String,
    /// What is run, which for EXECUTE is another.
    pub(crate) query: Query,
    pub(crate) kind: StatementKind,
    pub(crate) work_group: String,
    /// Whether the work group says where results go.
    pub(crate) enforced: bool,
    /// `EngineVersion`, as the work group had it.
    pub(crate) engine_version: Value,
    /// Whose rights it runs with.
    pub(crate) caller: Caller,
    /// In effect, `OutputLocation` being the object; absent for managed results.
    pub(crate) result_configuration: Option<Value>,
    pub(crate) managed: Option<Value>,
    pub(crate) reuse: Value,
    /// The main result object, whether or not it exists.
    pub(crate) place: Option<Place>,
    pub(crate) submitted: SystemTime,
    pub(crate) cancel: Notify,
    pub(crate) progress: Mutex<Progress>,
}

/// The changing part of an execution.
#[derive(Debug)]
pub(crate) struct Progress {
    /// States that polls are to see, in order, before the real one.
    pub(crate) script: VecDeque<State>,
    pub(crate) state: State,
    pub(crate) reason: Option<String>,
    pub(crate) failure: Option<Failure>,
    pub(crate) started: Option<SystemTime>,
    pub(crate) completed: Option<SystemTime>,
    pub(crate) outcome: Option<Outcome>,
}

impl Progress {
    pub(crate) fn new(script: Vec<State>) -> Self {
        Self {
            script: script.into(),
            state: State::Queued,
            reason: None,
            failure: None,
            started: None,
            completed: None,
            outcome: None,
        }
    }

    /// What a caller sees now, without moving the script on.
    pub(crate) fn visible(&self) -> State {
        self.script.front().copied().unwrap_or(self.state)
    }

    /// What a poll sees; it moves the script on.
    pub(crate) fn poll(&mut self) -> State {
        self.script.pop_front().unwrap_or(self.state)
    }

    fn finish(&mut self, state: State, reason: Option<String>) -> bool {
        if self.state.is_final() {
            return false;
        }
        self.state = state;
        self.reason = reason;
        self.completed = Some(SystemTime::now());
        true
    }

    fn fail(&mut self, failure: Failure) {
        if self.finish(State::Failed, Some(failure.reason.clone())) {
            self.failure = Some(failure);
        }
    }
}

impl Execution {
    pub(crate) fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_running(&self) {
        let mut progress = self.progress();
        if progress.state == State::Queued {
            progress.state = State::Running;
            progress.started = Some(SystemTime::now());
        }
    }

    /// Ends with the results that `publish` puts in place, if not ended yet. Nobody sees the
    /// execution meanwhile, so a cancelled one never leaves results.
    pub(crate) fn succeed(&self, publish: impl FnOnce() -> Result<Outcome, Failure>) {
        let mut progress = self.progress();
        if progress.state.is_final() {
            return;
        }
        match publish() {
            Ok(outcome) => {
                progress.finish(State::Succeeded, None);
                progress.outcome = Some(outcome);
            }
            Err(failure) => progress.fail(failure),
        }
    }

    /// Ends with an error, if not ended yet.
    pub(crate) fn fail(&self, failure: Failure) {
        self.progress().fail(failure);
    }

    /// Ends without results, if not ended yet.
    pub(crate) fn cancel(&self, reason: &str) {
        self.progress()
            .finish(State::Cancelled, Some(reason.to_owned()));
    }

    /// Cancels for the caller, also while scripted states still hide the real end. Returns
    /// true when results had been written and must go.
    pub(crate) fn stop(&self) -> bool {
        let mut progress = self.progress();
        if progress.script.is_empty() && progress.state.is_final() {
            return false;
        }
        let had_results = progress
            .outcome
            .as_ref()
            .is_some_and(|outcome| !outcome.reused);
        progress.script.clear();
        progress.state = State::Cancelled;
        progress.reason = Some("Query cancelled by user".to_owned());
        progress.failure = None;
        progress.outcome = None;
        progress.completed = Some(SystemTime::now());
        self.cancel.notify_one();
        had_results
    }
}
