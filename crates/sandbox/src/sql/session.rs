//! DataFusion as configured for Athena: catalog, functions, limits.

use std::sync::Arc;

use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList};
use datafusion::error::Result;
use datafusion::execution::context::SessionState;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::SessionConfig;

use super::catalog::{CATALOG, Catalog, Tables};
use super::datasets::{FLIGHTS_URL, ScanCounter, flights_store};
use super::executor::Executor;
use super::functions;
use super::lake::{Buckets, QueryStores};
use super::operators::Operators;
use super::scope::Scope;
use super::unnest_relation::Unnesting;

/// Queries of one engine share this much memory, then spill or fail.
const MEMORY_LIMIT: usize = 1 << 30;

/// Threads that compute; also the parts a query is split into.
const THREADS: usize = 2;

/// What all queries share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The tables.
    pub(super) catalog: Arc<Catalog>,
    /// Runs the plans.
    pub(super) executor: Executor,
    state: SessionState,
}

impl Shared {
    /// Registers tables and functions.
    pub(super) async fn new(tables: Tables) -> Result<Self> {
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(MEMORY_LIMIT)))
            .build_arc()?;
        register_flights(&runtime).await?;
        let mut state = SessionStateBuilder::new()
            .with_config(config())
            .with_runtime_env(runtime)
            .with_default_features()
            .build();
        for function in functions::all() {
            datafusion::execution::FunctionRegistry::register_udf(&mut state, function)?;
        }
        for function in functions::with_lambdas() {
            datafusion::execution::FunctionRegistry::register_higher_order_function(
                &mut state, function,
            )?;
        }
        for function in functions::aggregates() {
            datafusion::execution::FunctionRegistry::register_udaf(&mut state, function)?;
        }
        datafusion::execution::FunctionRegistry::register_expr_planner(
            &mut state,
            Arc::new(Operators::new()),
        )?;
        state.register_relation_planner(Arc::new(Unnesting::default()))?;
        // Opens tables.
        let opener = SessionStateBuilder::new()
            .with_config(config())
            .with_runtime_env(Arc::clone(state.runtime_env()))
            .build();
        let catalog = Arc::new(Catalog::new(tables, &Arc::new(opener)));
        Ok(Self {
            catalog,
            executor: Executor::new(THREADS)?,
            state,
        })
    }

    /// The state for one query in a database, and the count of what it generates.
    pub(super) fn query(&self, scope: &Scope, database: &str) -> (SessionState, Arc<ScanCounter>) {
        let counter = Arc::new(ScanCounter::default());
        let catalogs = MemoryCatalogProviderList::new();
        for name in scope.catalogs() {
            if let Some(catalog) = scope.of(&name) {
                catalogs.register_catalog(name, Arc::new(catalog));
            }
        }
        let stores = QueryStores {
            own: Arc::clone(&self.state.runtime_env().object_store_registry),
            buckets: Arc::new(Buckets(Arc::clone(&scope.host.objects))),
        };
        let mut runtime = self.state.runtime_env().as_ref().clone();
        runtime.object_store_registry = Arc::new(stores);
        let mut config = config().with_extension(Arc::clone(&counter));
        let options = &mut config.options_mut().catalog;
        scope.catalog.clone_into(&mut options.default_catalog);
        database.clone_into(&mut options.default_schema);
        let state = SessionStateBuilder::new_from_existing(self.state.clone())
            .with_config(config)
            .with_runtime_env(Arc::new(runtime))
            .with_catalog_list(Arc::new(catalogs))
            .build();
        (state, counter)
    }
}

async fn register_flights(runtime: &RuntimeEnv) -> Result<()> {
    let url = ObjectStoreUrl::parse(FLIGHTS_URL)?;
    runtime.register_object_store(url.as_ref(), flights_store().await?);
    Ok(())
}

fn config() -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_target_partitions(THREADS)
        .with_batch_size(8192)
        .with_create_default_catalog_and_schema(false)
        .with_information_schema(false);
    let options = config.options_mut();
    CATALOG.clone_into(&mut options.catalog.default_catalog);
    options.sql_parser.default_null_ordering = "nulls_last".to_owned();
    options.sql_parser.map_string_types_to_utf8view = false;
    options.execution.time_zone = Some("UTC".to_owned());
    config
}
