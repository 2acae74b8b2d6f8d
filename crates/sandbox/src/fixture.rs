//! Scripted executions: what a given SQL text answers, without running it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::engine::{Cell, Column, Failure, Refusal, StatementKind, StatementType};
use crate::execution::State;

/// Which SQL text a fixture answers.
#[derive(Debug, Clone)]
pub enum Matcher {
    /// The whole text, but for surrounding blanks and a trailing `;`.
    Exact(String),
    /// Any text that contains this one.
    Contains(String),
}

impl Matcher {
    fn matches(&self, sql: &str) -> bool {
        match self {
            Self::Exact(text) => strip(text) == strip(sql),
            Self::Contains(text) => sql.contains(text.as_str()),
        }
    }
}

impl From<&str> for Matcher {
    fn from(text: &str) -> Self {
        Self::Exact(text.to_owned())
    }
}

impl From<String> for Matcher {
    fn from(text: String) -> Self {
        Self::Exact(text)
    }
}

/// The text as Athena keeps it: without surrounding blanks and trailing `;`.
pub(crate) fn strip(sql: &str) -> &str {
    sql.trim_matches(|c: char| c == ';' || c.is_whitespace())
}

/// Where a fixture's rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Rows(Vec<Vec<Cell>>),
    /// A file already in the form of the result object, header line included.
    CsvFile(PathBuf),
}

/// Where a data file of an UNLOAD fixture comes from.
#[derive(Debug, Clone)]
pub(crate) enum FileSource {
    Bytes(Vec<u8>),
    /// A file that is linked, never copied.
    Link(PathBuf),
}

/// A scripted execution.
#[derive(Debug, Clone)]
pub struct Fixture {
    pub(crate) columns: Vec<Column>,
    pub(crate) answer: Answer,
    pub(crate) kind: Option<StatementKind>,
    pub(crate) states: Option<Vec<State>>,
    pub(crate) queue_delay: Duration,
    pub(crate) run_delay: Duration,
    pub(crate) failure: Option<Failure>,
    pub(crate) refusal: Option<Refusal>,
    pub(crate) update_count: Option<i64>,
    pub(crate) data_scanned: u64,
    pub(crate) files: Vec<(String, FileSource)>,
}

impl Fixture {
    /// Succeeds with these rows. Make columns with [`column`](crate::column).
    #[must_use]
    pub fn rows(columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Self {
        Self {
            columns,
            answer: Answer::Rows(rows),
            kind: None,
            states: None,
            queue_delay: Duration::ZERO,
            run_delay: Duration::ZERO,
            failure: None,
            refusal: None,
            update_count: None,
            data_scanned: 0,
            files: Vec::new(),
        }
    }

    /// Succeeds with a prepared file as its result object. The file is linked, never copied,
    /// and must have Athena's CSV form, header line included.
    #[must_use]
    pub fn from_csv_file(path: impl Into<PathBuf>, columns: Vec<Column>) -> Self {
        Self {
            answer: Answer::CsvFile(path.into()),
            ..Self::rows(columns, Vec::new())
        }
    }

    /// Succeeds with a row count and no rows, as INSERT and CTAS do.
    #[must_use]
    pub fn count(update_count: i64) -> Self {
        Self {
            update_count: Some(update_count),
            ..Self::rows(Vec::new(), Vec::new())
        }
    }

    /// Ends FAILED. `error_type` is `AthenaError.ErrorType`; the category is 2 (user).
    #[must_use]
    pub fn failed(reason: &str, error_type: i32) -> Self {
        let failure = Failure {
            reason: reason.to_owned(),
            message: None,
            error_category: 2,
            error_type,
            retryable: false,
        };
        Self::rows(Vec::new(), Vec::new()).failure(failure)
    }

    /// Is refused at StartQueryExecution, with this `AthenaErrorCode` and message.
    #[must_use]
    pub fn refused(code: &'static str, message: &str) -> Self {
        Self {
            refusal: Some(Refusal {
                code,
                message: message.to_owned(),
            }),
            ..Self::rows(Vec::new(), Vec::new())
        }
    }

    /// Ends FAILED, whatever rows there were.
    #[must_use]
    pub fn failure(mut self, failure: Failure) -> Self {
        self.failure = Some(failure);
        self
    }

    /// Replaces the kind taken from the SQL text.
    #[must_use]
    pub fn kind(mut self, statement_type: StatementType, substatement_type: &'static str) -> Self {
        self.kind = Some(StatementKind {
            statement_type,
            substatement_type,
        });
        self
    }

    /// States that successive GetQueryExecution calls see before the final one.
    #[must_use]
    pub fn states(mut self, states: impl Into<Vec<State>>) -> Self {
        self.states = Some(states.into());
        self
    }

    /// Time spent QUEUED.
    #[must_use]
    pub fn queue_delay(mut self, delay: Duration) -> Self {
        self.queue_delay = delay;
        self
    }

    /// Time spent RUNNING.
    #[must_use]
    pub fn run_delay(mut self, delay: Duration) -> Self {
        self.run_delay = delay;
        self
    }

    /// `UpdateCount`.
    #[must_use]
    pub fn update_count(mut self, count: i64) -> Self {
        self.update_count = Some(count);
        self
    }

    /// `Statistics.DataScannedInBytes`.
    #[must_use]
    pub fn data_scanned(mut self, bytes: u64) -> Self {
        self.data_scanned = bytes;
        self
    }

    /// Adds a data file that an UNLOAD writes below its TO location, named in the manifest.
    #[must_use]
    pub fn file(mut self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files
            .push((name.to_owned(), FileSource::Bytes(bytes.into())));
        self
    }

    /// Adds such a file that is there already. It is linked, never copied.
    #[must_use]
    pub fn linked_file(mut self, name: &str, path: impl Into<PathBuf>) -> Self {
        self.files
            .push((name.to_owned(), FileSource::Link(path.into())));
        self
    }
}

/// All fixtures; the one added last wins.
#[derive(Debug, Default)]
pub(crate) struct Fixtures(Mutex<Vec<(Matcher, Arc<Fixture>)>>);

impl Fixtures {
    pub(crate) fn add(&self, matcher: Matcher, fixture: Fixture) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((matcher, Arc::new(fixture)));
    }

    pub(crate) fn find(&self, sql: &str) -> Option<Arc<Fixture>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .rev()
            .find(|(matcher, _)| matcher.matches(sql))
            .map(|(_, fixture)| fixture.clone())
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
