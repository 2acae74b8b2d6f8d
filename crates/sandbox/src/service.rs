//! The state that all requests share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::athena::data_catalogs::DataCatalog;
use crate::athena::work_groups::WorkGroup;
use crate::engine::Engine;
use crate::execution::State;
use crate::executions::Executions;
use crate::fault::Faults;
use crate::fixture::Fixtures;
use crate::metastore::Metastore;
use crate::policy::{Access, Policy};
use crate::record::Record;
use crate::s3::Uploads;
use crate::sigv4::{Caller, Keys};
use crate::store::Store;
use serde_json::Value;

/// The account every resource belongs to.
pub(crate) const ACCOUNT: &str = "123456789012";

/// What the builder sets for good.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// States that polls of every execution are to see first.
    pub(crate) states: Vec<State>,
    pub(crate) queue_delay: Duration,
    pub(crate) run_delay: Duration,
    pub(crate) latency: Duration,
    /// A connection that says nothing for this long is closed.
    pub(crate) idle: Duration,
    /// Connections are encrypted.
    pub(crate) secure: bool,
    /// Bytes per second of each response body.
    pub(crate) bandwidth: Option<u64>,
    pub(crate) checksums: Option<ChecksumType>,
}

/// What checksum objects have, as `x-amz-checksum-type` names it.
///
/// S3 sends one to clients that ask for it (`x-amz-checksum-mode`) with an answer that holds a
/// whole object, or a whole part of one uploaded in parts; with any other range it sends none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChecksumType {
    /// The CRC-64/NVME of the object's bytes.
    FullObject,
    /// The checksum of its parts' checksums, as objects uploaded in parts may have. With a
    /// range that happens to cover the whole object it looks like one of the bytes.
    Composite,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            states: Vec::new(),
            queue_delay: Duration::ZERO,
            run_delay: Duration::ZERO,
            latency: Duration::ZERO,
            idle: Duration::from_secs(60),
            secure: false,
            checksums: None,
            bandwidth: None,
        }
    }
}

/// Everything behind the endpoint.
pub(crate) struct Service {
    pub(crate) settings: Settings,
    pub(crate) store: Arc<Store>,
    pub(crate) engine: Option<Arc<dyn Engine>>,
    pub(crate) keys: Keys,
    pub(crate) policies: Vec<Policy>,
    pub(crate) fixtures: Fixtures,
    pub(crate) faults: Faults,
    pub(crate) record: Record,
    pub(crate) executions: Executions,
    pub(crate) metastore: Arc<Metastore>,
    pub(crate) work_groups: Mutex<BTreeMap<String, WorkGroup>>,
    pub(crate) uploads: Uploads,
    pub(crate) saved: Saved,
}

/// What callers save besides work groups.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    /// By work group and name.
    prepared: Mutex<BTreeMap<(String, String), Prepared>>,
    /// By id.
    named_queries: Mutex<BTreeMap<String, Value>>,
    /// By name in lower case.
    data_catalogs: Mutex<BTreeMap<String, DataCatalog>>,
    /// By ARN.
    tags: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
}

/// A prepared statement.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    pub(crate) query: String,
    pub(crate) description: Option<String>,
    pub(crate) modified: SystemTime,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service {
    /// What a caller may do.
    pub(crate) fn access<'a>(&'a self, caller: &'a Caller) -> Access<'a> {
        Access::new(&self.policies, caller, self.settings.secure)
    }

    pub(crate) fn work_groups(&self) -> MutexGuard<'_, BTreeMap<String, WorkGroup>> {
        lock(&self.work_groups)
    }

    pub(crate) fn prepared(&self) -> MutexGuard<'_, BTreeMap<(String, String), Prepared>> {
        lock(&self.saved.prepared)
    }

    pub(crate) fn named_queries(&self) -> MutexGuard<'_, BTreeMap<String, Value>> {
        lock(&self.saved.named_queries)
    }

    pub(crate) fn data_catalogs(&self) -> MutexGuard<'_, BTreeMap<String, DataCatalog>> {
        lock(&self.saved.data_catalogs)
    }

    pub(crate) fn tags(&self) -> MutexGuard<'_, BTreeMap<String, BTreeMap<String, String>>> {
        lock(&self.saved.tags)
    }
}
