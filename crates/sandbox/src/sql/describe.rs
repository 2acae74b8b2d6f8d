//! The catalogue as the metadata calls read it.

use datafusion::catalog::SchemaProvider as _;

use super::engine::SqlEngine;
use super::types::AthenaType;
use crate::catalog::{Catalog, CatalogTable};
use crate::engine::BoxFuture;

impl Catalog for SqlEngine {
    fn databases(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(std::future::ready(self.database_names()))
    }

    /// Tables that cannot be opened are left out.
    fn tables<'a>(&'a self, database: &'a str) -> BoxFuture<'a, Option<Vec<CatalogTable>>> {
        Box::pin(async move {
            let shared = self.shared().await.ok()?;
            let database = shared.catalog.database(&database.to_lowercase())?;
            let mut tables = Vec::new();
            for name in database.table_names() {
                let Ok(Some(table)) = database.table(&name).await else {
                    continue;
                };
                let schema = table.schema();
                let columns = schema.fields().iter();
                tables.push(CatalogTable {
                    columns: columns
                        .map(|field| (field.name().clone(), AthenaType::of_field(field).hive()))
                        .collect(),
                    name,
                    table_type: "EXTERNAL_TABLE".to_owned(),
                    ..CatalogTable::default()
                });
            }
            Some(tables)
        })
    }
}
