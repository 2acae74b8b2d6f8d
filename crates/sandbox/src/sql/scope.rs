//! What one statement sees: the engine's datasets and its host's data catalogue.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, SchemaProvider, TableProvider};
use datafusion::error::Result;

use super::catalog::{CATALOG, Database};
use super::ddl::Name;
use super::failure::AthenaError;
use super::information_schema::{self, InformationSchema};
use super::lake;
use super::session::Shared;
use super::types::AthenaType;
use super::{travel, view};
use crate::engine::{Host, Query};
use crate::metastore::{Catalog as Stored, S3_TABLES, Table};

/// Views of views of views: not deeper than this.
const MAX_DEPTH: usize = 20;

/// The catalogue of one statement.
#[derive(Clone)]
pub(super) struct Scope {
    pub(super) shared: Arc<Shared>,
    pub(super) host: Host,
    /// The catalogue of names that name none, in lower case.
    pub(super) catalog: String,
    stored: Arc<Stored>,
    /// How many views this is inside of.
    depth: usize,
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl Scope {
    /// In the account's own catalogue.
    pub(super) fn new(shared: Arc<Shared>, host: Host) -> Self {
        Self {
            stored: Arc::clone(host.metastore.own()),
            catalog: CATALOG.to_owned(),
            shared,
            host,
            depth: 0,
        }
    }

    /// The same in another catalogue, if there is one of that name.
    pub(super) fn of(&self, name: &str) -> Option<Self> {
        let catalog = name.to_lowercase();
        let stored = self.host.metastore.catalog(&catalog)?;
        (catalog == CATALOG || catalog.starts_with(S3_TABLES)).then(|| Self {
            stored,
            catalog,
            ..self.clone()
        })
    }

    /// The same where a statement runs. A catalogue that is not there is not looked at.
    pub(super) fn at(&self, query: &Query) -> Self {
        let named = query.catalog.as_deref().and_then(|name| self.of(name));
        named.unwrap_or_else(|| self.clone())
    }

    /// The same where a table is.
    pub(super) fn holding(&self, name: &Name) -> Self {
        let named = name.catalog.as_deref().and_then(|name| self.of(name));
        named.unwrap_or_else(|| self.clone())
    }

    /// True in a catalogue of an S3 Tables bucket, whose tables are all Iceberg's.
    pub(super) fn is_s3_tables(&self) -> bool {
        self.catalog != CATALOG
    }

    /// Where a new table goes that has no place of its own, as in S3 Tables buckets.
    pub(super) fn new_location(&self, database: &str, table: &str) -> Option<String> {
        let bucket = self.catalog.strip_prefix(S3_TABLES)?.strip_prefix('/')?;
        let id = uuid::Uuid::new_v4();
        Some(format!("s3://{bucket}--table-s3/{database}/{table}-{id}/"))
    }

    /// The names of all catalogues.
    pub(super) fn catalogs(&self) -> Vec<String> {
        let buckets = self.host.metastore.s3_tables_buckets().into_iter();
        let nested = buckets.map(|bucket| format!("{S3_TABLES}/{bucket}"));
        std::iter::once(CATALOG.to_owned()).chain(nested).collect()
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
        &self.stored
    }

    /// The names of the databases, in order.
    pub(super) fn database_names(&self) -> Vec<String> {
        let mut names = match self.is_s3_tables() {
            true => Vec::new(),
            false => self.shared.catalog.database_names(),
        };
        let stored = self.stored().databases();
        names.extend(stored.into_iter().map(|database| database.name));
        names.sort();
        names.dedup();
        names
    }

    /// A database, `information_schema` excluded.
    pub(super) fn database(&self, name: &str) -> Option<ScopeDatabase> {
        let fixed = self.shared.catalog.database(name).map(Arc::clone);
        let fixed = fixed.filter(|_| !self.is_s3_tables());
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
