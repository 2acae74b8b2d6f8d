//! What one statement sees: the engine's datasets and its host's data catalogue.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::Result;

use super::catalog::Database;
use super::failure::AthenaError;
use super::information_schema::{self, InformationSchema};
use super::lake;
use super::session::Shared;
use super::types::AthenaType;
use super::{travel, view};
use crate::engine::Host;
use crate::metastore::{Catalog as Stored, Table};

/// Views of views of views: not deeper than this.
const MAX_DEPTH: usize = 20;

/// The catalogue of one statement.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) shared: Arc<Shared>,
    pub(super) host: Host,
    /// How many views this is inside of.
    depth: usize,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl Scope {
    pub(super) fn new(shared: Arc<Shared>, host: Host) -> Self {
        Self {
            shared,
            host,
            depth: 0,
        }
    }

    /// The scope of a view's query.
    ///
    /// # Errors
    /// When views are nested too deeply, which they are when one contains itself.
    pub(super) fn inside_view(&self, view: &str) -> Result<Self> {
        if self.depth >= MAX_DEPTH {
            let message = format!("Statement is too deep: view '{view}' contains itself");
            return Err(AthenaError::new("VIEW_IS_RECURSIVE", message).into());
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self.clone()
        })
    }

    /// The host's catalogue.
    pub(super) fn stored(&self) -> &Stored {
        self.host.metastore.own()
    }

    /// The names of the databases, in order.
    pub(super) fn database_names(&self) -> Vec<String> {
        let mut names = self.shared.catalog.database_names();
        let stored = self.stored().databases();
        names.extend(stored.into_iter().map(|database| database.name));
        names.sort();
        names.dedup();
        names
    }

    /// A database, `information_schema` excluded.
    pub(super) fn database(&self, name: &str) -> Option<ScopeDatabase> {
        let fixed = self.shared.catalog.database(name).map(Arc::clone);
        (fixed.is_some() || self.stored().database(name).is_some()).then(|| ScopeDatabase {
            name: name.to_owned(),
            fixed,
            scope: self.clone(),
        })
    }
}

impl CatalogProvider for Scope {
    fn schema_names(&self) -> Vec<String> {
        let mut names = self.database_names();
        names.push(information_schema::NAME.to_owned());
        names
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        if name == information_schema::NAME {
            return Some(Arc::new(InformationSchema::new(self.clone())));
        }
        Some(Arc::new(self.database(name)?))
    }
}

/// A database as a statement sees it.
#[derive(Debug)]
pub(super) struct ScopeDatabase {
    name: String,
    fixed: Option<Arc<Database>>,
    scope: Scope,
}

impl ScopeDatabase {
    /// A table or view of the host's catalogue.
    pub(super) fn stored(&self, table: &str) -> Option<Table> {
        self.scope.stored().stored_table(&self.name, table)
    }

    /// Names and types of a table's columns.
    ///
    /// # Errors
    /// When the table cannot be opened.
    pub(super) async fn columns(&self, table: &str) -> Result<Vec<(String, AthenaType)>> {
        if let Some(stored) = self.stored(table) {
            return Ok(if stored.is_view() {
                view::columns_of(&stored)?
            } else {
                lake::columns_of(&stored)?
            });
        }
        let Some(provider) = self.table(table).await? else {
            return Ok(Vec::new());
        };
        let schema = provider.schema();
        let fields = schema.fields().iter();
        Ok(fields
            .map(|field| (field.name().clone(), AthenaType::of_field(field)))
            .collect())
    }
}

#[async_trait]
impl SchemaProvider for ScopeDatabase {
    fn table_names(&self) -> Vec<String> {
        let mut names = self
            .fixed
            .as_ref()
            .map_or_else(Vec::new, |fixed| fixed.table_names());
        names.extend(
            self.scope
                .stored()
                .table_names(&self.name)
                .unwrap_or_default(),
        );
        names.sort();
        names.dedup();
        names
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        if let Some((table, inner)) = lake::split_inner(name)
            && let Some(stored) = self.stored(table)
            && lake::has_inner(&stored, inner)
        {
            let partitions = self.scope.stored().partitions(&self.name, table, None);
            let partitions = partitions.unwrap_or_default();
            return lake::open_inner(&self.scope.host, &stored, &partitions, inner).map(Some);
        }
        let (name, moment) = travel::split(name);
        if let Some(stored) = self.stored(name) {
            if moment != lake::Moment::Now && !lake::is_iceberg(&stored) {
                let message = "This connector does not support versioned tables";
                return Err(AthenaError::not_supported(message).into());
            }
            if stored.is_view() {
                return view::open(&self.scope, &self.name, &stored).await.map(Some);
            }
            let partitions = self.scope.stored().partitions(&self.name, name, None);
            let partitions = partitions.unwrap_or_default();
            let host = &self.scope.host;
            return lake::open(host, &stored, partitions, moment).map(Some);
        }
        match &self.fixed {
            Some(_) if moment != lake::Moment::Now => {
                let message = "This connector does not support versioned tables";
                Err(AthenaError::not_supported(message).into())
            }
            Some(fixed) => fixed.table(name).await,
            None => Ok(None),
        }
    }

    fn table_exist(&self, name: &str) -> bool {
        if let Some((table, inner)) = lake::split_inner(name) {
            let stored = self.stored(table);
            return stored.is_some_and(|stored| lake::has_inner(&stored, inner));
        }
        let (name, _) = travel::split(name);
        self.stored(name).is_some()
            || self
                .fixed
                .as_ref()
                .is_some_and(|fixed| fixed.table_exist(name))
    }
}
