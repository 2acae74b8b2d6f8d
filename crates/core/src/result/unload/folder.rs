//! The folder that one UNLOAD writes to, and its removal.
//!
//! The folder is new and has a random name, so whatever lies in it is this UNLOAD's. Nothing
//! else is ever removed, but for the query's own manifest.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::blocking::Runtime;
use crate::client::{MAX_DELETED_AT_ONCE, ObjectApi, S3Location};
use crate::error::{Error, ErrorKind, Result};
use crate::result::paging::Paging;

/// How long a removal may take. What is left then is left.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The folder of one UNLOAD. Its last owner removes it, and waits for that.
pub(crate) struct Folder {
    inner: Arc<Inner>,
    runtime: Runtime,
}

struct Inner {
    objects: Arc<dyn ObjectApi>,
    /// Its key ends with a slash.
    location: S3Location,
    /// Where results go, with a slash at its end.
    parent: String,
    state: Mutex<State>,
    removed: Condvar,
}

#[derive(Default)]
struct State {
    /// The query that writes to it, once there is one.
    query_execution_id: Option<String>,
    /// Files that the manifest names.
    files: Vec<String>,
    manifest: Option<S3Location>,
    removal: Removal,
}

#[derive(Default, PartialEq)]
enum Removal {
    #[default]
    NotBegun,
    Begun,
    Ended,
}

impl Folder {
    /// A folder that nobody has written to, below `parent`, which ends with a slash.
    ///
    /// Errors: `Service` or `InvalidOption` for a parent that is no place in S3.
    pub(crate) fn new(parent: &str, objects: Arc<dyn ObjectApi>, runtime: Runtime) -> Result<Self> {
        let location = format!("{parent}unload/{}/", uuid::Uuid::new_v4());
        let inner = Inner {
            objects,
            location: S3Location::parse(&location)?,
            parent: parent.to_owned(),
            state: Mutex::default(),
            removed: Condvar::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
            runtime,
        })
    }

    pub(crate) fn location(&self) -> &S3Location {
        &self.inner.location
    }

    /// Notes which query writes to it. From now on there is something to remove.
    pub(crate) fn is_written_by(&self, query_execution_id: &str) {
        self.inner.lock().query_execution_id = Some(query_execution_id.to_owned());
    }

    /// Notes what the query wrote.
    pub(super) fn holds(&self, files: &[S3Location], manifest: Option<S3Location>) {
        let mut state = self.inner.lock();
        state.files = files.iter().map(|file| file.key.clone()).collect();
        state.manifest = manifest;
    }

    /// Whether an object lies in this folder.
    pub(super) fn contains(&self, object: &S3Location) -> bool {
        let S3Location { bucket, key } = &self.inner.location;
        object.bucket == *bucket && object.key.len() > key.len() && object.key.starts_with(key)
    }

    /// The objects in the folder.
    pub(super) async fn list(&self) -> Result<Vec<S3Location>> {
        self.inner.list().await
    }

    /// What removes the folder without being one of its owners.
    pub(super) fn remover(&self) -> Remover {
        Remover(Arc::clone(&self.inner))
    }

    /// Begins the removal, unless it has begun, without waiting for it. No file can be read any
    /// more.
    pub(super) fn begin_removal(&self) {
        let Some(removal) = self.remover().begin() else {
            return;
        };
        if let Err(error) = self.runtime.spawn(removal) {
            let folder = &self.inner.location;
            tracing::warn!(%error, %folder, "the files of an UNLOAD are left behind");
        }
    }

    /// Removes the folder and waits until it is gone, or for as long as a removal may take.
    pub(super) fn remove(&self) {
        self.begin_removal();
        let state = self.inner.lock();
        // The task limits itself; this is for a task that does not even run.
        let limit = TIME_LIMIT + Duration::from_secs(1);
        drop(
            self.inner
                .removed
                .wait_timeout_while(state, limit, |state| state.removal != Removal::Ended),
        );
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody has written to it without a query; then this may be a thread that must not
        // wait.
        if self.inner.lock().query_execution_id.is_some() {
            self.remove();
        }
    }
}

/// Removes a folder from within the runtime, where nobody may wait.
pub(super) struct Remover(Arc<Inner>);

impl Remover {
    /// Begins the removal on this runtime, unless it has begun.
    pub(super) fn spawn(self) {
        if let Some(removal) = self.begin() {
            tokio::spawn(removal);
        }
    }

    /// The removal, unless it has begun. From now on the folder is waited for.
    fn begin(self) -> Option<impl Future<Output = ()> + Send + 'static> {
        {
            let mut state = self.0.lock();
            if state.removal != Removal::NotBegun {
                return None;
            }
            state.removal = Removal::Begun;
        }
        // Marks the end also of a removal that is dropped.
        let ending = Ending(self.0);
        Some(async move {
            ending.0.remove_in_time().await;
            drop(ending);
        })
    }
}

struct Ending(Arc<Inner>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.lock().removal = Removal::Ended;
        self.0.removed.notify_all();
    }
}

impl Inner {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn remove_in_time(&self) {
        let Some(id) = self.lock().query_execution_id.clone() else {
            return;
        };
        let folder = &self.location;
        let removal = tokio::time::timeout(TIME_LIMIT, self.remove(&id)).await;
        match removal {
            Ok(Ok(count)) => {
                tracing::debug!(query_execution_id = %id, %folder, count, "removed the files of an UNLOAD");
            }
            Ok(Err(error)) => {
                tracing::warn!(query_execution_id = %id, %folder, %error, "files of an UNLOAD are left behind");
            }
            Err(_) => {
                tracing::warn!(query_execution_id = %id, %folder, "files of an UNLOAD are left behind: removing them takes too long");
            }
        }
    }

    /// Removes all it can; answers how many objects there were, or the first error.
    async fn remove(&self, query_execution_id: &str) -> Result<usize> {
        let (mut keys, manifest) = {
            let mut state = self.lock();
            (std::mem::take(&mut state.files), state.manifest.take())
        };
        let mut failure = None;
        match self.list().await {
            Ok(found) => keys.extend(found.into_iter().map(|object| object.key)),
            Err(error) => failure = Some(error),
        }
        keys.sort();
        keys.dedup();
        for keys in keys.chunks(MAX_DELETED_AT_ONCE) {
            if let Err(error) = self.objects.delete(&self.location.bucket, keys).await {
                failure.get_or_insert(error);
            }
        }
        // What a cancelled query wrote is not told, but the id in the name makes it its own.
        let name = format!("{query_execution_id}-manifest.csv");
        let is_own = |manifest: &S3Location| manifest.key.rsplit('/').next() == Some(&name);
        let manifest = manifest
            .filter(is_own)
            .or_else(|| S3Location::parse(&format!("{}{name}", self.parent)).ok());
        if let Some(manifest) = manifest {
            let keys = [manifest.key];
            if let Err(error) = self.objects.delete(&manifest.bucket, &keys).await {
                failure.get_or_insert(error);
            }
        }
        failure.map_or(Ok(keys.len()), Err)
    }

    async fn list(&self) -> Result<Vec<S3Location>> {
        let mut found = Vec::new();
        let mut token = None;
        let mut paging = Paging::default();
        loop {
            let page = self.objects.list(&self.location, token.take()).await?;
            for key in page.keys {
                if !key.starts_with(&self.location.key) {
                    return Err(Error::new(
                        ErrorKind::Service,
                        format!("the listing of {} has {key:?}", self.location),
                    ));
                }
                let bucket = self.location.bucket.clone();
                found.push(S3Location { bucket, key });
            }
            let Some(next) = page.next_token else {
                return Ok(found);
            };
            paging.follow(&next, format_args!("the listing of {}", self.location))?;
            token = Some(next);
        }
    }
}
