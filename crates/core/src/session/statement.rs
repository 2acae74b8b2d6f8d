//! A statement: its text and values, and the query it runs.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arrow::record_batch::RecordBatch;

use super::ResultStream;
use super::connection;
use crate::client::StartQueryExecution;
use crate::error::{Error, ErrorKind, Result};
use crate::query::tokenizer::Outline;
use crate::query::{self, CancelHandle, Progress, ProgressCallback, Value, Watch, parameters};
use crate::result::{self, Access};

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
        let stopping = self.connection.runtime.run(async move {
            // Sent before the drop returns; whether the query obeys is not waited for.
            watch
                .api
                .stop_query_execution(&watch.query_execution_id)
                .await
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

    /// Runs the statement and waits until its result can be read. Blocks.
    ///
    /// Errors: as [`Statement::submit`] and [`Statement::wait`].
    pub fn execute(&self) -> Result<ResultStream> {
        let (busy, running) = self.start()?;
        self.finish(busy, running)
    }

    /// Starts the statement without waiting for it; answers the query execution id. Blocks
    /// while the request is on its way.
    ///
    /// Errors: `InvalidState` while another query of this statement runs; `ParameterCount`
    /// and `StatementTooLong` before anything is sent; whatever Athena refuses at once.
    pub fn submit(&self) -> Result<String> {
        let (busy, running) = self.start()?;
        let id = running.watch.query_execution_id.clone();
        if running.watch.cancel.is_cancelled() {
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
                    let busy = self.busy(&mut state, running.watch.cancel.clone());
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
        running.watch.cancel.cancel();
        let watch = Arc::clone(&running.watch);
        self.connection.runtime.run(async move {
            query::stop(&*watch.api, &watch.query_execution_id, &watch.polling)
                .await
                .map(drop)
        })
    }

    /// Marks the statement as busy.
    fn busy(&self, state: &mut State, cancel: CancelHandle) -> Busy<'_> {
        state.phase = Phase::Busy(cancel);
        Busy(self)
    }

    /// Sends the query. The phase is `Busy` for as long as the guard lives.
    fn start(&self) -> Result<(Busy<'_>, Arc<Running>)> {
        let (busy, request, watch) = {
            let mut state = self.lock();
            if !matches!(state.phase, Phase::Idle) {
                return Err(still_running());
            }
            let request = self.request(&state)?;
            let cancel = CancelHandle::default();
            let watch = Watch {
                api: Arc::clone(&self.connection.athena),
                query_execution_id: String::new(),
                polling: self.connection.config.polling.clone(),
                cancel: cancel.clone(),
                started: Instant::now(),
                timeout: state.timeout,
                progress: state.progress.clone(),
            };
            (self.busy(&mut state, cancel), request, watch)
        };
        let watch = self.connection.runtime.run(async move {
            let id = watch.api.start_query_execution(request).await?;
            tracing::info!(query_execution_id = %id, "query started");
            Ok(Watch {
                query_execution_id: id,
                ..watch
            })
        })?;
        let running = Running {
            watch: Arc::new(watch),
            connection: Arc::clone(&self.connection),
            ended: std::sync::atomic::AtomicBool::new(false),
        };
        Ok((busy, Arc::new(running)))
    }

    fn request(&self, state: &State) -> Result<StartQueryExecution> {
        let sql = state.sql.as_deref().ok_or_else(no_sql)?;
        let bound = state.bindings.iter().flatten().count();
        if bound != state.bindings.len() {
            let missing = state
                .bindings
                .iter()
                .position(Option::is_none)
                .unwrap_or_default();
            return Err(Error::new(
                ErrorKind::ParameterCount,
                format!(
                    "parameter {} has no value; bind one (index {missing})",
                    missing + 1
                ),
            ));
        }
        let values: Vec<Value> = state.bindings.iter().flatten().cloned().collect();
        let prepared = parameters::prepare(sql, &values)?;
        let config = &self.connection.config;
        Ok(StartQueryExecution {
            query_string: prepared.sql,
            client_request_token: uuid::Uuid::new_v4().to_string(),
            execution_parameters: prepared.execution_parameters,
            catalog: config.catalog.clone(),
            database: config.database.clone(),
            work_group: config.work_group.clone(),
            output_location: config.output_location.clone(),
            encryption: config.encryption.clone(),
            expected_bucket_owner: config.expected_bucket_owner.clone(),
            bucket_owner_full_control: config.acl_bucket_owner_full_control,
            result_reuse: config.result_reuse.clone(),
        })
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
        let ended = self.connection.runtime.run(async move {
            let execution = watch.until_final().await?;
            let opening = tokio::select! {
                biased;
                () = watch.cancel.cancelled() => Err(CancelHandle::error()),
                opened = result::open(&read, &execution) => opened,
            };
            let opened = opening
                .map_err(|error| error.with_query_execution_id(&watch.query_execution_id))?;
            Ok((execution, opened))
        });
        // A panic (`Internal`) says nothing of the query, which is stopped then.
        if !matches!(&ended, Err(error) if error.kind() == ErrorKind::Internal) {
            running.ended();
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
