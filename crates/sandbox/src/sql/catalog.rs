//! The engine's own data: databases of tables that open on first use.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::error::Result;
use datafusion::execution::context::SessionState;
use tokio::sync::OnceCell;

/// The catalog's name, as Athena reports it.
pub(super) const CATALOG: &str = "awsdatacatalog";

/// Something that can be opened as a table.
#[async_trait]
pub(super) trait TableSource: Debug + Send + Sync {
    /// Opens the table. Called at most once if it succeeds.
    async fn open(&self, session: &dyn Session) -> Result<Arc<dyn TableProvider>>;
}

/// Tables by database and name, both in lower case.
pub(super) type Tables = BTreeMap<String, BTreeMap<String, Arc<dyn TableSource>>>;

/// The databases.
#[derive(Debug)]
pub(super) struct Catalog {
    databases: BTreeMap<String, Arc<Database>>,
}

impl Catalog {
    /// `session` opens the tables.
    pub(super) fn new(tables: Tables, session: &Arc<SessionState>) -> Self {
        let databases: BTreeMap<String, Arc<Database>> = tables
            .into_iter()
            .map(|(name, tables)| {
                let tables = tables
                    .into_iter()
                    .map(|(name, source)| {
                        let table = Table {
                            source,
                            opened: OnceCell::new(),
                        };
                        (name, table)
                    })
                    .collect();
                let database = Database {
                    tables,
                    session: Arc::clone(session),
                };
                (name, Arc::new(database))
            })
            .collect();
        Self { databases }
    }

    /// The names of the databases.
    pub(super) fn database_names(&self) -> Vec<String> {
        self.databases.keys().cloned().collect()
    }

    /// A database with tables, `information_schema` excluded.
    pub(super) fn database(&self, name: &str) -> Option<&Arc<Database>> {
        self.databases.get(name)
    }
}

/// A database.
#[derive(Debug)]
pub(super) struct Database {
    tables: BTreeMap<String, Table>,
    session: Arc<SessionState>,
}

#[derive(Debug)]
struct Table {
    source: Arc<dyn TableSource>,
    opened: OnceCell<Arc<dyn TableProvider>>,
}

#[async_trait]
impl SchemaProvider for Database {
    fn table_names(&self) -> Vec<String> {
        self.tables.keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(table) = self.tables.get(name) else {
            return Ok(None);
        };
        let opened = table
            .opened
            .get_or_try_init(|| table.source.open(self.session.as_ref()))
            .await?;
        Ok(Some(Arc::clone(opened)))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }
}
