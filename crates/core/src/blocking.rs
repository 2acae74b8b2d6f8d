//! The tokio runtime, and the only place where a caller's thread waits for it.
//!
//! Work always runs on the runtime's own threads, never on the caller's: a host that is
//! itself inside tokio, or that calls from many threads, is safe. One runtime serves the
//! process; a fork is noticed by the process id and gets a new one, because threads do not
//! survive a fork.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak, mpsc};
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

/// One thread that drives sockets serves so many cores, on which callers decode what it reads.
/// Two beside two cores wake each other for nothing: a twentieth of a download's CPU time.
const CORES_PER_WORKER: usize = 4;
const MAX_WORKERS: usize = 4;

/// How long the last handle waits for the threads to end.
const SHUTDOWN_WAIT: Duration = Duration::from_secs(2);

/// A shared handle to the process's runtime; the last one dropped shuts it down.
#[derive(Debug, Clone)]
pub(crate) struct Runtime(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` only while dropping.
    runtime: Option<tokio::runtime::Runtime>,
    process: u32,
}

static SHARED: Mutex<Weak<Inner>> = Mutex::new(Weak::new());

fn workers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (cores / CORES_PER_WORKER).clamp(1, MAX_WORKERS)
}

impl Runtime {
    /// The process's runtime, started if this is its first user.
    pub(crate) fn shared() -> Result<Self> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let process = std::process::id();
        if let Some(inner) = shared.upgrade() {
            if inner.process == process {
                return Ok(Self(inner));
            }
            // After a fork the parent's threads are gone; shutting its runtime down would
            // wait for them for ever.
            std::mem::forget(inner);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers())
            .thread_name("athena-io")
            .enable_all()
            .build()
            .map_err(|source| {
                Error::new(ErrorKind::Internal, "cannot start the I/O threads").with_source(source)
            })?;
        let inner = Arc::new(Inner {
            runtime: Some(runtime),
            process,
        });
        *shared = Arc::downgrade(&inner);
        Ok(Self(inner))
    }

    /// Runs `future` on the runtime's threads and waits for its answer.
    pub(crate) fn run<T, F>(&self, future: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::sync_channel(1);
        self.spawn(async move {
            // The receiver is gone only if the caller's thread unwound.
            drop(sender.send(future.await));
        })?;
        receiver.recv().unwrap_or_else(|source| {
            Err(
                Error::new(ErrorKind::Internal, "the driver's I/O task panicked")
                    .with_source(source),
            )
        })
    }

    /// Starts `future` without waiting for it.
    pub(crate) fn spawn<F>(&self, future: F) -> Result<tokio::task::JoinHandle<()>>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        if self.0.process != std::process::id() {
            return Err(Error::new(
                ErrorKind::InvalidState,
                "this connection was opened before a fork; open a new one in the child process",
            ));
        }
        match &self.0.runtime {
            Some(runtime) => Ok(runtime.spawn(future)),
            None => Err(Error::new(
                ErrorKind::Internal,
                "the runtime is shutting down",
            )),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Some(runtime) = self.runtime.take() else {
            return;
        };
        if self.process != std::process::id() {
            std::mem::forget(runtime);
        } else if tokio::runtime::Handle::try_current().is_ok() {
            // On a thread of a runtime, ours or the host's, which must not be blocked.
            runtime.shutdown_background();
        } else {
            // No thread of ours outlives the last handle, so that the host may exit or unload
            // the library at once.
            runtime.shutdown_timeout(SHUTDOWN_WAIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_on_its_own_threads_even_inside_another_runtime() {
        let host = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let name = host.block_on(async {
            Runtime::shared()
                .unwrap()
                .run(async { Ok(std::thread::current().name().map(str::to_owned)) })
                .unwrap()
        });
        assert_eq!(name.as_deref(), Some("athena-io"));
    }

    #[test]
    fn a_panicking_task_is_an_internal_error() {
        let error = Runtime::shared()
            .unwrap()
            .run::<(), _>(async { panic!("boom") })
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}
