//! The one signal that flows against the data: a flag and a notification.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use crate::error::{Error, ErrorKind};

/// Cancels work from any thread. Clones share the signal; once cancelled it stays so.
#[derive(Debug, Clone, Default)]
pub(crate) struct CancelHandle(Arc<Signal>);

#[derive(Debug, Default)]
struct Signal {
    cancelled: AtomicBool,
    notify: Notify,
}

impl CancelHandle {
    /// Raises the signal.
    pub(crate) fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    /// Whether the signal was raised.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::SeqCst)
    }

    /// Returns once the signal is raised.
    pub(crate) async fn cancelled(&self) {
        let notified = self.0.notify.notified();
        tokio::pin!(notified);
        // Registered before the flag is read, so that a cancel in between is not missed.
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }

    /// The error of work that ended because of this signal.
    pub(crate) fn error() -> Error {
        Error::new(ErrorKind::Cancelled, "cancelled by the caller")
    }
}
