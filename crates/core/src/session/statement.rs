//! A statement: its text and values, and the query it runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;

use super::{ResultStream, connection, preparation};
use crate::client::StartQueryExecution;
use crate::error::{Error, ErrorKind, Result};
use crate::query::tokenizer::Outline;
use crate::query::{
    self, CancelHandle, Detail, Progress, ProgressCallback, Terms, Value, Watch, parameters,
};
use crate::result::{self, Access, Sent};
use crate::types::Column;

/// Room for `?` in the longest statement Athena takes.
const MAX_PARAMETERS: usize = parameters::MAX_STATEMENT_BYTES / 2;

/// A statement to run, perhaps many times. Clones share it.
///
/// One query of a statement runs at a time. Only [`Statement::cancel`] may overlap another
/// call; everything else that would change a running statement is `InvalidState`.
#[derive(Clone)]
pub struct Statement {
    connection: Arc<connection::Inner>,
    state: Arc<Mutex<State>>,
}

struct State {
    sql: Option<String>,
    bindings: Vec<Option<Value>>,
    timeout: Option<Duration>,
    progress: Option<ProgressCallback>,
    phase: Phase,
}

/// What the statement is doing. A running query is stopped when its last owner lets go.
enum Phase {
    Idle,
    /// Start is on its way, or somebody waits for the end.
    Busy(CancelHandle),
    /// Submitted, and nobody waits.
    Submitted(Arc<Running>),
}

/// A query that was started and whose end nobody has seen.
struct Running {
    watch: Arc<Watch>,
    /// What was sent in place of the caller's statement.
    sent: Sent,
    connection: Arc<connection::Inner>,
    ended: std::sync::atomic::AtomicBool,
}

/// Keeps a statement busy; idle again when dropped, also by a panic.
struct Busy<'a>(&'a Statement);

impl Busy<'_> {
    /// Goes on to the phase that follows.
    fn end(self, phase: Phase) {
        self.0.lock().phase = phase;
        std::mem::forget(self);
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.lock().phase = Phase::Idle;
    }
}

impl Running {
    /// Marks the end as seen, so that dropping stops nothing.
    fn ended(&self) {
        self.ended.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.ended.load(std::sync::atomic::Ordering::SeqCst) {
            return;
        }
        let watch = Arc::clone(&self.watch);
        let writes_files = matches!(self.sent, Sent::Unload(_));
        let stopping = self.connection.runtime.run(async move {
            if writes_files {
                // No file may be written once the folder is removed.
                return watch.stop().await.map(drop);
            }
            // Sent before the drop returns; whether the query obeys is not waited for.
            let api = &watch.terms.api;
            api.stop_query_execution(&watch.query_execution_id).await
        });
        if let Err(error) = stopping {
            let id = &self.watch.query_execution_id;
            tracing::warn!(query_execution_id = %id, %error, "an abandoned query could not be stopped");
        }
    }
}

impl Statement {
    pub(super) fn new(connection: Arc<connection::Inner>) -> Self {
        let state = State {
            sql: None,
            bindings: Vec::new(),
            timeout: connection.config.query_timeout,
            progress: None,
            phase: Phase::Idle,
        };
        Self {
            connection,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Sets the text. Values bound before stay bound.
    pub fn set_sql(&self, sql: &str) -> Result<()> {
        self.change(|state| state.sql = Some(sql.to_owned()))
    }

    /// Binds a value to the `index`-th `?`, counted from 0.
    pub fn bind(&self, index: usize, value: Value) -> Result<()> {
        if index >= MAX_PARAMETERS {
            return Err(Error::new(
                ErrorKind::InvalidArgument,
                format!(
                    "parameter index {index} is out of range; no statement has room for more than {MAX_PARAMETERS} parameters"
                ),
            ));
        }
        self.change(|state| {
            if state.bindings.len() <= index {
                state.bindings.resize_with(index + 1, || None);
            }
            if let Some(slot) = state.bindings.get_mut(index) {
                *slot = Some(value);
            }
        })
    }

    /// Binds the one row of `batch`, column by column, and unbinds all else.
    ///
    /// Errors: `NotImplemented` for another number of rows than one, or a type that has no
    /// literal.
    pub fn bind_batch(&self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() != 1 {
            return Err(Error::new(
                ErrorKind::NotImplemented,
                format!(
                    "{} rows of parameters were bound; bind one row and execute once per row",
                    batch.num_rows()
                ),
            ));
        }
        let values = batch
            .columns()
            .iter()
            .map(|array| Value::from_array(array.as_ref(), 0).map(Some))
            .collect::<Result<Vec<_>>>()?;
        self.change(|state| state.bindings = values)
    }

    /// Unbinds every value.
    pub fn clear_bindings(&self) -> Result<()> {
        self.change(|state| state.bindings.clear())
    }

    /// The number of `?` in the text, outside of strings, names and comments.
    pub fn parameter_count(&self) -> Result<usize> {
        let state = self.lock();
        let sql = state.sql.as_deref().ok_or_else(no_sql)?;
        Ok(Outline::of(sql).parameters.len())
    }

    /// Sets the time limit of later executions, from submission to end; `None` is no limit.
    pub fn set_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        self.change(|state| state.timeout = timeout)
    }

    /// Sets what is called, on a thread of the driver's, with each look at a running query.
    /// It must return soon: polling waits for it.
    pub fn set_progress(&self, callback: Option<ProgressCallback>) -> Result<()> {
        self.change(|state| state.progress = callback)
    }

    /// The columns the result would have, found out without running the statement: one or two
    /// queries that yield no rows are run instead, and their answer is remembered for a while.
    /// Blocks. Time limit and [`Statement::cancel`] count as for [`Statement::execute`].
    ///
    /// Errors: `NotImplemented` for a statement that is no query; as [`Statement::execute`].
    pub fn describe(&self) -> Result<Arc<[Column]>> {
        let (_busy, request, terms) = self.begin()?;
        let known = Arc::clone(&self.connection.descriptions);
        let description = self
            .connection
            .runtime
            .run(async move { query::describe(&request, Detail::Exact, &terms, &known).await })?;
        Ok(description.columns)
    }

    /// Runs the statement and waits until its result can be read. Blocks.
    ///
    /// Errors: as [`Statement::submit`] and [`Statement::wait`].
    pub fn execute(&self) -> Result<ResultStream> {
        let (busy, running) = self.start()?;
        self.finish(busy, running)
    }

    /// Starts the statement without waiting for it; answers the query execution id. Blocks
    /// while the request is on its way, and with `ComplexTypes=typed` also while a query that
    /// is not known yet is described ([`Statement::describe`]), for what is started depends on
    /// its columns. [`Statement::cancel`] and the time limit end that wait too.
    ///
    /// Errors: `InvalidState` while another query of this statement runs; `ParameterCount`
    /// and `StatementTooLong` before anything is sent; whatever Athena refuses at once.
    pub fn submit(&self) -> Result<String> {
        let (busy, running) = self.start()?;
        let id = running.watch.query_execution_id.clone();
        if running.watch.terms.cancel.is_cancelled() {
            // Cancelled while Start was on its way.
            return self.finish(busy, running).map(|_| id);
        }
        busy.end(Phase::Submitted(running));
        Ok(id)
    }

    /// Takes one look at the query that was submitted. Blocks for one request. A final state
    /// is told, not turned into an error; [`Statement::wait`] does that.
    pub fn poll(&self) -> Result<Progress> {
        let running = match &self.lock().phase {
            Phase::Submitted(running) => Arc::clone(running),
            _ => return Err(nothing_submitted()),
        };
        let watch = Arc::clone(&running.watch);
        self.connection.runtime.run(async move {
            let execution = watch.look().await?;
            Ok(watch.progress_of(&execution))
        })
    }

    /// Waits until the query that was submitted is final and its result can be read. Blocks.
    ///
    /// Errors: the query's own, with its id; `Cancelled`, `Timeout` (the query is stopped
    /// first), `ScanLimit`; network errors after the retries.
    pub fn wait(&self) -> Result<ResultStream> {
        let (busy, running) = {
            let mut state = self.lock();
            match std::mem::replace(&mut state.phase, Phase::Idle) {
                Phase::Submitted(running) => {
                    let busy = self.busy(&mut state, running.watch.terms.cancel.clone());
                    (busy, running)
                }
                other => {
                    state.phase = other;
                    return Err(nothing_submitted());
                }
            }
        };
        self.finish(busy, running)
    }

    /// Cancels the running query, from any thread: Athena is asked to stop it, and whoever
    /// waits for it gets `Cancelled`. Blocks for the request when nobody waits.
    ///
    /// Errors: `InvalidState` when nothing runs.
    pub fn cancel(&self) -> Result<()> {
        let running = {
            let state = self.lock();
            match &state.phase {
                Phase::Idle => {
                    return Err(Error::new(
                        ErrorKind::InvalidState,
                        "nothing to cancel: no query of this statement runs",
                    ));
                }
                Phase::Busy(cancel) => {
                    // The waiter stops the query.
                    cancel.cancel();
                    return Ok(());
                }
                Phase::Submitted(running) => Arc::clone(running),
            }
        };
        running.watch.terms.cancel.cancel();
        let watch = Arc::clone(&running.watch);
        self.connection
            .runtime
            .run(async move { watch.stop().await.map(drop) })
    }

    /// Marks the statement as busy.
    fn busy(&self, state: &mut State, cancel: CancelHandle) -> Busy<'_> {
        state.phase = Phase::Busy(cancel);
        Busy(self)
    }

    /// What is to be sent, and on what terms. The phase is `Busy` for as long as the guard
    /// lives.
    fn begin(&self) -> Result<(Busy<'_>, StartQueryExecution, Terms)> {
        let mut state = self.lock();
        if !matches!(state.phase, Phase::Idle) {
            return Err(still_running());
        }
        let sql = state.sql.as_deref().ok_or_else(no_sql)?;
        let config = &self.connection.config;
        let request = preparation::request(config, sql, &state.bindings)?;
        let terms = Terms {
            api: Arc::clone(&self.connection.athena),
            polling: config.polling.clone(),
            cancel: CancelHandle::default(),
            started: Instant::now(),
            timeout: state.timeout,
            progress: state.progress.clone(),
        };
        let busy = self.busy(&mut state, terms.cancel.clone());
        Ok((busy, request, terms))
    }

    /// Sends the query. The phase is `Busy` for as long as the guard lives.
    fn start(&self) -> Result<(Busy<'_>, Arc<Running>)> {
        let (busy, request, terms) = self.begin()?;
        let connection = Arc::clone(&self.connection);
        let (watch, sent) = self.connection.runtime.run(async move {
            let prepared = preparation::prepare(request, &terms, &connection).await?;
            let watch = terms.start(prepared.request).await?;
            if let Sent::Unload(unload) = &prepared.sent {
                unload.folder.is_written_by(&watch.query_execution_id);
            }
            Ok((watch, prepared.sent))
        })?;
        let running = Running {
            watch: Arc::new(watch),
            sent,
            connection: Arc::clone(&self.connection),
            ended: std::sync::atomic::AtomicBool::new(false),
        };
        Ok((busy, Arc::new(running)))
    }

    /// Waits for the end of the query and opens its result.
    fn finish(&self, busy: Busy<'_>, running: Arc<Running>) -> Result<ResultStream> {
        let watch = Arc::clone(&running.watch);
        // Reading the result has a signal of its own: the statement may run again meanwhile.
        let access = Access {
            athena: Arc::clone(&self.connection.athena),
            objects: Arc::clone(&self.connection.objects),
            config: Arc::clone(&self.connection.config),
            cancel: CancelHandle::default(),
        };
        let read = access.clone();
        let sent = running.sent.clone();
        let ended = self.connection.runtime.run(async move {
            let execution = watch.until_final().await?;
            let opening = result::open(&read, &execution, &sent);
            let opened = watch
                .terms
                .bounded(opening)
                .await
                .map_err(|error| error.with_query_execution_id(&watch.query_execution_id))?;
            Ok((execution, opened))
        });
        // A panic (`Internal`) says nothing of the query, which is stopped then.
        if !matches!(&ended, Err(error) if error.kind() == ErrorKind::Internal) {
            running.ended();
        }
        if ended.is_err()
            && let Some(described) = running.sent.described()
        {
            // Perhaps because a table is no longer what it was.
            self.connection.descriptions.forget(described);
        }
        busy.end(Phase::Idle);
        let (execution, opened) = ended?;
        Ok(ResultStream::new(
            Arc::clone(&self.connection),
            execution,
            opened,
            access.cancel,
        ))
    }

    fn change(&self, change: impl FnOnce(&mut State)) -> Result<()> {
        let mut state = self.lock();
        if !matches!(state.phase, Phase::Idle) {
            return Err(still_running());
        }
        change(&mut state);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn no_sql() -> Error {
    Error::new(
        ErrorKind::InvalidState,
        "the statement has no text; set it first",
    )
}

fn still_running() -> Error {
    Error::new(
        ErrorKind::InvalidState,
        "a query of this statement is running; wait for it, cancel it, or use another statement",
    )
}

fn nothing_submitted() -> Error {
    Error::new(
        ErrorKind::InvalidState,
        "no query was submitted, or somebody waits for it already",
    )
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::options::Options;
    use crate::session::Connection;

    #[test]
    fn a_panic_while_busy_leaves_the_statement_idle() {
        let options = "AwsRegion=eu-west-1;User=a;Password=b;ConnectionTest=0";
        let connection = Connection::open(Options::parse(options).unwrap()).unwrap();
        let statement = connection.statement();
        let busy = statement.busy(&mut statement.lock(), CancelHandle::default());
        assert!(statement.set_sql("SELECT 1").is_err());
        let panicked = catch_unwind(AssertUnwindSafe(move || {
            let _busy = busy;
            panic!("a bug");
        }));
        assert!(panicked.is_err());
        statement.set_sql("SELECT 1").unwrap();
    }
}
