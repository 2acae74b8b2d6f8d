//! The connections there are, of which only so many are kept.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// So many connections are open at a time. Beyond that, the one that has been idle for the
/// longest time makes room; if none is idle, new ones wait.
const LIMIT: usize = 500;

/// All open connections, those that have been idle for the longest time first.
#[derive(Debug)]
pub(crate) struct Connections {
    room: Arc<Semaphore>,
    open: Arc<Mutex<Vec<Arc<Marks>>>>,
}

/// What is known of one connection.
#[derive(Debug, Default)]
struct Marks {
    busy: AtomicBool,
    /// Told to make room.
    leaving: AtomicBool,
    leave: Notify,
}

/// A place among the connections, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    marks: Arc<Marks>,
    open: Arc<Mutex<Vec<Arc<Marks>>>>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    pub(crate) fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(LIMIT)),
            open: Arc::default(),
        }
    }

    /// A place for one more connection, as soon as there is one. `None` never happens while
    /// the server lives.
    pub(crate) async fn place(&self) -> Option<Place> {
        if self.room.available_permits() == 0 {
            let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            let idle = open.iter().find(|marks| {
                !marks.busy.load(Ordering::Relaxed) && !marks.leaving.load(Ordering::Relaxed)
            });
            if let Some(marks) = idle {
                marks.leaving.store(true, Ordering::Relaxed);
                marks.leave.notify_one();
            }
        }
        let permit = self.room.clone().acquire_owned().await.ok()?;
        let marks = Arc::new(Marks::default());
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(marks.clone());
        Some(Place {
            marks,
            open: self.open.clone(),
            _permit: permit,
        })
    }
}

impl Place {
    /// Marks the connection as busy until the answer is there.
    pub(crate) fn busy(&self) -> Busy {
        self.marks.busy.store(true, Ordering::Relaxed);
        Busy {
            marks: self.marks.clone(),
            open: self.open.clone(),
        }
    }

    /// True while a request is being answered.
    pub(crate) fn is_busy(&self) -> bool {
        self.marks.busy.load(Ordering::Relaxed)
    }

    /// Returns once the connection is to make room for another.
    pub(crate) async fn must_leave(&self) {
        self.marks.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|marks| !Arc::ptr_eq(marks, &self.marks));
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct Busy {
    marks: Arc<Marks>,
    open: Arc<Mutex<Vec<Arc<Marks>>>>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.marks.busy.store(false, Ordering::Relaxed);
        // From now on it is the one that has been idle for the shortest time.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = open
            .iter()
            .position(|marks| Arc::ptr_eq(marks, &self.marks))
        {
            let marks = open.remove(place);
            open.push(marks);
        }
    }
}
