//! A connection: options checked, credentials found, clients ready.

use std::sync::Arc;

use super::Statement;
use crate::blocking::Runtime;
use crate::client::sdk::{self, SdkAthena, SdkObjects};
use crate::client::{AthenaApi, ObjectApi};
use crate::error::Result;
use crate::log;
use crate::options::{Config, Options};
use crate::query::Descriptions;

/// The workgroup of callers who name none.
const DEFAULT_WORK_GROUP: &str = "primary";

/// A connection to Athena in one region with one set of options. Clones share it.
///
/// Athena has no sessions: a connection holds no state on the service's side.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

pub(super) struct Inner {
    options: Options,
    pub(super) config: Arc<Config>,
    pub(super) athena: Arc<dyn AthenaApi>,
    pub(super) objects: Arc<dyn ObjectApi>,
    pub(super) descriptions: Arc<Descriptions>,
    /// Last, so that the clients go before the runtime they live on.
    pub(super) runtime: Runtime,
}

impl Connection {
    /// Opens a connection. Blocks.
    ///
    /// Looks for region and credentials, and, unless `ConnectionTest=0`, asks Athena for the
    /// workgroup, which is free. Runs no query.
    ///
    /// Errors: whatever [`Options::validate`] finds; `NoRegion`; `NotImplemented` for a
    /// credentials provider that is not built; with the connection test also
    /// `NoCredentials`, `Unauthenticated`, `WorkGroup` and network errors.
    pub fn open(options: Options) -> Result<Self> {
        let config = Arc::new(options.validate()?);
        log::start(&config.log)?;
        for notice in &config.notices {
            tracing::warn!("{notice}");
        }
        let runtime = Runtime::shared()?;
        let for_clients = Arc::clone(&config);
        let (athena, objects) = runtime.run(async move {
            let sdk = sdk::load(&for_clients).await?;
            let owner = for_clients.expected_bucket_owner.clone();
            let athena: Arc<dyn AthenaApi> = Arc::new(SdkAthena::new(&sdk));
            let objects: Arc<dyn ObjectApi> = Arc::new(SdkObjects::new(&sdk, owner));
            if for_clients.connection_test {
                let work_group = for_clients.work_group.as_deref();
                athena
                    .check_work_group(work_group.unwrap_or(DEFAULT_WORK_GROUP))
                    .await?;
            }
            Ok((athena, objects))
        })?;
        tracing::info!(work_group = config.work_group.as_deref(), "connected");
        Ok(Self(Arc::new(Inner {
            options,
            config,
            athena,
            objects,
            descriptions: Arc::default(),
            runtime,
        })))
    }

    /// The options it was opened with.
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The options as the engine reads them.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// A new statement, which keeps the connection alive.
    pub fn statement(&self) -> Statement {
        Statement::new(Arc::clone(&self.0))
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("options", &self.0.options)
            .finish()
    }
}
