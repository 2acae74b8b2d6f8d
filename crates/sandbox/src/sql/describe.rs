//! The catalogue as the metadata calls read it.

use datafusion::catalog::SchemaProvider as _;

use super::engine::SqlEngine;
use super::types::AthenaType;
use crate::engine::BoxFuture;
use crate::metastore::{Column, ReadOnlyTables, Table};

impl ReadOnlyTables for SqlEngine {
    fn databases(&self) -> Vec<String> {
        self.database_names()
    }

    fn table_names(&self, database: &str) -> Vec<String> {
        self.table_names_of(database)
    }

    fn describe<'a>(&'a self, database: &'a str, table: &'a str) -> BoxFuture<'a, Option<Table>> {
        Box::pin(async move {
            let shared = self.shared().await.ok()?;
            let database = shared.catalog.database(database)?;
            let provider = database.table(table).await.ok()??;
            let schema = provider.schema();
            let mut described = Table::external(table, [], None);
            described.storage.columns = schema
                .fields()
                .iter()
                .map(|field| Column::new(field.name(), &AthenaType::of_field(field).hive()))
                .collect();
            Some(described)
        })
    }
}
