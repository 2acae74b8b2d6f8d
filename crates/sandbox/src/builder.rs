//! Building and holding a running sandbox.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::athena::work_groups::WorkGroup;
use crate::engine::Engine;
use crate::execution::State;
use crate::executions::Executions;
use crate::fault::{Fault, Faults};
use crate::fixture::{Fixture, Fixtures, Matcher};
use crate::metastore::Metastore;
use crate::policy::Policy;
use crate::record::{Record, Request};
use crate::s3::Uploads;
use crate::server;
use crate::service::{ACCOUNT, ChecksumType, Saved, Service, Settings};
use crate::sigv4::{Key, Keys};
use crate::store::Store;

/// What a sandbox is to be. Made by [`Sandbox::builder`].
pub struct Builder {
    listen: SocketAddr,
    data_dir: Option<PathBuf>,
    engine: Option<Arc<dyn Engine>>,
    metastore: Arc<Metastore>,
    keys: Keys,
    policies: Vec<Policy>,
    tls: bool,
    work_groups: BTreeMap<String, WorkGroup>,
    buckets: Vec<String>,
    fixtures: Fixtures,
    faults: Faults,
    settings: Settings,
}

impl Builder {
    fn new() -> Self {
        let primary = WorkGroup::new("primary");
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir: None,
            engine: None,
            metastore: Arc::default(),
            keys: Keys::default(),
            policies: Vec::new(),
            tls: false,
            work_groups: BTreeMap::from([(primary.name.clone(), primary)]),
            buckets: Vec::new(),
            fixtures: Fixtures::default(),
            faults: Faults::default(),
            settings: Settings::default(),
        }
    }

    /// The address to listen at, `127.0.0.1:0` by default; port 0 picks a free one. Starting
    /// fails unless it is a loopback address.
    #[must_use]
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Where buckets are kept; by default a new folder that is removed with the sandbox.
    #[must_use]
    pub fn data_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(path.into());
        self
    }

    /// What runs SQL that no fixture answers.
    #[must_use]
    pub fn engine(mut self, engine: Arc<dyn Engine>) -> Self {
        self.engine = Some(engine);
        self
    }

    /// What the metadata calls of Athena and the Glue API work on; by default one of its own
    /// with an empty database `default`. Share it with the engine.
    #[must_use]
    pub fn metastore(mut self, metastore: Arc<Metastore>) -> Self {
        self.metastore = metastore;
        self
    }

    /// Adds a key pair. With at least one, all others are refused and signatures verified.
    #[must_use]
    pub fn credentials(mut self, access_key_id: &str, secret_access_key: &str) -> Self {
        self.keys.restricted = true;
        let key = Key {
            secret: secret_access_key.to_owned(),
            session: None,
            arn: format!("arn:aws:iam::{ACCOUNT}:user/sandbox"),
            policy: None,
        };
        self.keys.add(access_key_id, key);
        self
    }

    /// Adds a policy that all callers have. With at least one, nothing is allowed that no
    /// policy allows: to callers, and to Athena acting for them.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policies.push(policy);
        self
    }

    /// Encrypts connections, with a certificate made for this sandbox alone. Clients must
    /// trust [`Sandbox::certificate_authority`].
    #[must_use]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Closes connections, and gives up requests, that say nothing for so long; a minute by
    /// default.
    #[must_use]
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.settings.idle = time;
        self
    }

    /// Adds a work group, or replaces `primary`.
    #[must_use]
    pub fn work_group(mut self, group: WorkGroup) -> Self {
        self.work_groups.insert(group.name.clone(), group);
        self
    }

    /// Creates a bucket. Buckets of output locations come into being by themselves.
    #[must_use]
    pub fn bucket(mut self, name: &str) -> Self {
        self.buckets.push(name.to_owned());
        self
    }

    /// Adds a fixture, as [`Sandbox::fixture`] does.
    #[must_use]
    pub fn fixture(self, matcher: impl Into<Matcher>, fixture: Fixture) -> Self {
        self.fixtures.add(matcher.into(), fixture);
        self
    }

    /// Adds a fault, as [`Sandbox::fault`] does.
    #[must_use]
    pub fn fault(self, fault: Fault) -> Self {
        self.faults.add(fault);
        self
    }

    /// States that successive polls of every execution see before the real one.
    #[must_use]
    pub fn states(mut self, states: impl Into<Vec<State>>) -> Self {
        self.settings.states = states.into();
        self
    }

    /// Time every execution spends QUEUED, and RUNNING before its statement runs.
    #[must_use]
    pub fn delays(mut self, queued: Duration, running: Duration) -> Self {
        self.settings.queue_delay = queued;
        self.settings.run_delay = running;
        self
    }

    /// Time before every answer.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.settings.latency = latency;
        self
    }

    /// Bytes per second that each connection gets.
    #[must_use]
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        self.settings.bandwidth = Some(bytes_per_second.max(1));
        self
    }

    /// Has objects carry checksums; by default they have none.
    #[must_use]
    pub fn checksums(mut self, kind: ChecksumType) -> Self {
        self.settings.checksums = Some(kind);
        self
    }

    /// Starts on the runtime of the caller.
    ///
    /// # Errors
    ///
    /// The address is not a loopback address or in use, or the folder cannot be written.
    pub async fn start(self) -> io::Result<Sandbox> {
        if !self.listen.ip().is_loopback() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "{} is not a loopback address; the sandbox serves this machine only",
                    self.listen
                ),
            ));
        }
        let listener = server::listen(self.listen)?;
        let address = listener.local_addr()?;
        let removed = self.data_dir.is_none();
        let folder = self.data_dir.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("athena-sandbox-{}", uuid::Uuid::new_v4()))
        });
        let temp_dir = TempDir {
            path: folder.clone(),
            removed,
        };
        let store = Store::new(folder)?;
        for bucket in &self.buckets {
            store.create_bucket(bucket)?;
        }
        let certificates = self.tls.then(crate::tls::generate).transpose()?;
        let (tls, authority) = certificates
            .map(|made| (made.acceptor, made.authority))
            .unzip();
        let mut settings = self.settings;
        settings.secure = tls.is_some();
        let service = Arc::new(Service {
            settings,
            store: Arc::new(store),
            engine: self.engine,
            metastore: self.metastore,
            keys: self.keys,
            policies: self.policies,
            fixtures: self.fixtures,
            faults: self.faults,
            record: Record::default(),
            executions: Executions::default(),
            work_groups: Mutex::new(self.work_groups),
            uploads: Uploads::default(),
            saved: Saved::default(),
        });
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(server::serve(listener, tls, service.clone(), stopped));
        Ok(Sandbox {
            address,
            authority,
            service,
            stop,
            server: Some(server),
            runtime: None,
            _temp_dir: temp_dir,
        })
    }

    /// Starts on a runtime of the sandbox's own, for callers that have none.
    ///
    /// # Errors
    ///
    /// As [`Builder::start`], or the runtime cannot be made.
    pub fn start_blocking(self) -> io::Result<Sandbox> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("athena-sandbox")
            .enable_all()
            .build()?;
        let mut sandbox = runtime.block_on(self.start())?;
        sandbox.runtime = Some(runtime);
        Ok(sandbox)
    }
}

/// A running sandbox. Dropping it stops it.
pub struct Sandbox {
    address: SocketAddr,
    authority: Option<String>,
    service: Arc<Service>,
    stop: watch::Sender<bool>,
    server: Option<JoinHandle<()>>,
    runtime: Option<Runtime>,
    _temp_dir: TempDir,
}

impl Sandbox {
    /// A builder with nothing but the work group `primary`.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// The endpoint of all services, e.g. `http://127.0.0.1:40123`.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = match self.authority {
            Some(_) => "https",
            None => "http",
        };
        format!("{scheme}://{}", self.address)
    }

    /// The certificate that clients must trust, in PEM; none without TLS.
    #[must_use]
    pub fn certificate_authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The address it listens at.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers this SQL by a script. Fixtures win over the engine, later ones over earlier.
    pub fn fixture(&self, matcher: impl Into<Matcher>, fixture: Fixture) {
        self.service.fixtures.add(matcher.into(), fixture);
    }

    /// Ends the sessions that STS has given out so far.
    pub fn expire_sessions(&self) {
        self.service.keys.expire_sessions(SystemTime::now());
    }

    /// The data catalogue.
    #[must_use]
    pub fn metastore(&self) -> &Arc<Metastore> {
        &self.service.metastore
    }

    /// Makes requests go wrong.
    pub fn fault(&self, fault: Fault) {
        self.service.faults.add(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        self.service.faults.clear();
    }

    /// The requests so far, oldest first; the latest 20,000 are kept.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.service.record.all()
    }

    /// How many requests there were of an operation.
    #[must_use]
    pub fn count(&self, operation: &str) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.operation == operation)
            .count()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.service.record.clear();
    }

    /// Writes an object, creating its bucket.
    ///
    /// # Errors
    ///
    /// The bucket's name is not one, or the file cannot be written.
    pub fn put_object(&self, bucket: &str, key: &str, bytes: &[u8]) -> io::Result<()> {
        self.service.store.write(bucket, key, bytes)
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is none, or the file cannot be read.
    pub fn object(&self, bucket: &str, key: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.service.store.path(bucket, key))
    }

    /// The keys in a bucket, in order.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such bucket, or the folder cannot be read.
    pub fn keys(&self, bucket: &str) -> io::Result<Vec<String>> {
        Ok(self
            .service
            .store
            .list(bucket, "")?
            .into_iter()
            .map(|(key, _)| key)
            .collect())
    }

    /// Removes an object.
    ///
    /// # Errors
    ///
    /// The file cannot be removed; that there is none is no error.
    pub fn delete_object(&self, bucket: &str, key: &str) -> io::Result<()> {
        self.service.store.remove(bucket, key)
    }

    /// Stops accepting and waits for the server to end. Requests being answered get a second.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        if let Some(server) = self.server.take() {
            // A server that panicked has stopped as well.
            drop(server.await);
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A folder that goes with its sandbox, if it came with it.
struct TempDir {
    path: PathBuf,
    removed: bool,
}

impl Drop for TempDir {
    fn drop(&mut self) {
        if self.removed {
            // What cannot be removed is left to whoever cleans the temporary folder.
            drop(std::fs::remove_dir_all(&self.path));
        }
    }
}
