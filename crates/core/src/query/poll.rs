//! Polling of a running query.
//!
//! The API has no blocking wait, so the state is polled with capped exponential backoff.
//! Cancellation and the deadline win over a due poll. Knows nothing of results.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{CancelHandle, Progress, QueryExecution, QueryExecutionState, failure};
use crate::client::{AthenaApi, StartQueryExecution};
use crate::error::{Error, ErrorKind, Result};
use crate::options::PollingConfig;

/// How long a cancelled query is watched until it is final.
const CANCEL_WAIT: Duration = Duration::from_secs(10);
/// Throttled looks in a row until polling gives up; with the pauses between them, minutes.
const MAX_THROTTLED: u32 = 60;
/// Failed looks in a row, each after the client's own retries, until polling gives up.
const MAX_FAILED: u32 = 3;

/// Called with each look at a running query.
pub type ProgressCallback = Arc<dyn Fn(&Progress) + Send + Sync>;

/// On what terms queries are run. All queries run for one call of a statement share its
/// signal and its time limit.
#[derive(Clone)]
pub(crate) struct Terms {
    pub(crate) api: Arc<dyn AthenaApi>,
    pub(crate) polling: PollingConfig,
    pub(crate) cancel: CancelHandle,
    pub(crate) started: Instant,
    pub(crate) timeout: Option<Duration>,
    pub(crate) progress: Option<ProgressCallback>,
}

impl Terms {
    /// Starts a query, unless the caller cancelled already or the time is up.
    pub(crate) async fn start(&self, request: StartQueryExecution) -> Result<Watch> {
        if self.cancel.is_cancelled() {
            return Err(CancelHandle::error());
        }
        if self
            .timeout
            .is_some_and(|timeout| self.started.elapsed() >= timeout)
        {
            return Err(self.timeout_error());
        }
        let query_execution_id = self.api.start_query_execution(request).await?;
        tracing::info!(%query_execution_id, "query started");
        Ok(Watch {
            terms: self.clone(),
            query_execution_id,
        })
    }

    /// Waits for `work`, which is abandoned when the caller cancels or the time is up.
    pub(crate) async fn bounded<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(CancelHandle::error()),
            () = self.out_of_time() => Err(self.timeout_error()),
            done = work => done,
        }
    }

    async fn out_of_time(&self) {
        match self.timeout {
            Some(timeout) => {
                tokio::time::sleep(timeout.saturating_sub(self.started.elapsed())).await;
            }
            None => std::future::pending().await,
        }
    }

    fn timeout_error(&self) -> Error {
        let seconds = self.timeout.unwrap_or_default().as_secs_f64();
        Error::new(
            ErrorKind::Timeout,
            format!(
                "the query did not finish within {seconds} s and was cancelled; raise QueryTimeout to let it run longer"
            ),
        )
    }
}

/// A query that was started.
pub(crate) struct Watch {
    pub(crate) terms: Terms,
    pub(crate) query_execution_id: String,
}

impl Watch {
    /// Waits until the query is final. A query that failed, was cancelled or ran out of time
    /// is an error; the last two are stopped first.
    pub(crate) async fn until_final(&self) -> Result<QueryExecution> {
        let Terms { api, cancel, .. } = &self.terms;
        let mut pause = Backoff::new(&self.terms.polling);
        let mut throttled = 0;
        let mut failed = 0;
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return self.stopped(CancelHandle::error()).await,
                () = self.terms.out_of_time() => return self.stopped(self.terms.timeout_error()).await,
                () = tokio::time::sleep(pause.next()) => {}
            }
            // The look itself is abandoned as well when the caller cancels meanwhile.
            let look = tokio::select! {
                biased;
                () = cancel.cancelled() => return self.stopped(CancelHandle::error()).await,
                () = self.terms.out_of_time() => return self.stopped(self.terms.timeout_error()).await,
                look = api.get_query_execution(&self.query_execution_id) => look,
            };
            match look {
                Ok(execution) => {
                    (throttled, failed) = (0, 0);
                    self.report(&execution);
                    if execution.state.is_final() {
                        return outcome(execution);
                    }
                }
                // Being throttled says nothing of the query.
                Err(error) if error.kind() == ErrorKind::Throttled && throttled < MAX_THROTTLED => {
                    throttled += 1;
                    pause.slow_down();
                    tracing::debug!(query_execution_id = %self.query_execution_id, "throttled while polling");
                }
                // Neither does one answer lost, nor a session token that is renewed meanwhile.
                Err(error) if worth_another_look(&error) && failed < MAX_FAILED => {
                    failed += 1;
                    tracing::warn!(query_execution_id = %self.query_execution_id, %error, "a look at the query failed");
                }
                Err(error) => {
                    return Err(error.with_query_execution_id(&self.query_execution_id));
                }
            }
        }
    }

    /// Takes one look, without waiting.
    pub(crate) async fn look(&self) -> Result<QueryExecution> {
        let api = &self.terms.api;
        api.get_query_execution(&self.query_execution_id)
            .await
            .map_err(|error| error.with_query_execution_id(&self.query_execution_id))
    }

    /// What is to be said of `execution`.
    pub(crate) fn progress_of(&self, execution: &QueryExecution) -> Progress {
        Progress {
            query_execution_id: self.query_execution_id.clone(),
            state: execution.state,
            elapsed: self.terms.started.elapsed(),
            data_scanned_in_bytes: execution.data_scanned_in_bytes,
            query_queue_time: execution.query_queue_time,
        }
    }

    fn report(&self, execution: &QueryExecution) {
        tracing::debug!(
            query_execution_id = %self.query_execution_id,
            state = execution.state.name(),
            data_scanned_in_bytes = execution.data_scanned_in_bytes,
            "polled"
        );
        if let Some(callback) = &self.terms.progress {
            callback(&self.progress_of(execution));
        }
    }

    /// Stops the query and watches it until it is final; `None` if that takes too long.
    pub(crate) async fn stop(&self) -> Result<Option<QueryExecution>> {
        let api = &self.terms.api;
        api.stop_query_execution(&self.query_execution_id).await?;
        let deadline = Instant::now() + CANCEL_WAIT;
        let mut pause = Backoff::new(&self.terms.polling);
        while Instant::now() < deadline {
            let execution = api.get_query_execution(&self.query_execution_id).await?;
            if execution.state.is_final() {
                return Ok(Some(execution));
            }
            tokio::time::sleep(pause.next()).await;
        }
        Ok(None)
    }

    /// Stops the query, waits (not for ever) until it is final, and answers `why`, or the
    /// result after all if the query was faster.
    async fn stopped(&self, why: Error) -> Result<QueryExecution> {
        let end = self.stop().await;
        match end {
            Ok(Some(execution)) => {
                self.report(&execution);
                tracing::info!(query_execution_id = %self.query_execution_id, state = execution.state.name(), "query stopped");
            }
            Ok(None) => {
                tracing::warn!(query_execution_id = %self.query_execution_id, "the query was asked to stop but is not final yet");
            }
            Err(error) => {
                tracing::warn!(query_execution_id = %self.query_execution_id, %error, "the query could not be stopped");
            }
        }
        Err(why.with_query_execution_id(&self.query_execution_id))
    }
}

fn outcome(execution: QueryExecution) -> Result<QueryExecution> {
    match execution.state {
        QueryExecutionState::Failed => Err(failure::failed(&execution)),
        QueryExecutionState::Cancelled => Err(failure::cancelled(&execution)),
        _ => Ok(execution),
    }
}

fn worth_another_look(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Network
            | ErrorKind::ConnectionTimeout
            | ErrorKind::Service
            | ErrorKind::TooManyQueries
            | ErrorKind::Unauthenticated
    )
}

/// The pauses between looks: growing by a factor up to a cap, with ±20 % jitter so that many
/// clients do not look in step.
struct Backoff {
    next: Duration,
    max: Duration,
    multiplier: f64,
}

impl Backoff {
    fn new(polling: &PollingConfig) -> Self {
        Self {
            next: polling.min,
            max: polling.max,
            multiplier: polling.multiplier,
        }
    }

    fn next(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.mul_f64(self.multiplier).min(self.max);
        pause.mul_f64(0.8 + 0.4 * fastrand::f64())
    }

    /// After throttling, goes to the cap at once.
    fn slow_down(&mut self) {
        self.next = self.max;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_within_the_jitter() {
        let mut backoff = Backoff::new(&PollingConfig {
            min: Duration::from_millis(100),
            max: Duration::from_millis(5000),
            multiplier: 2.0,
        });
        for base in [100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 5000.0, 5000.0] {
            let pause = backoff.next().as_secs_f64() * 1000.0;
            assert!(
                (base * 0.799..=base * 1.201).contains(&pause),
                "{base} {pause}"
            );
        }
    }
}
