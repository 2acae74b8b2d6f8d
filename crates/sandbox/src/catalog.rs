//! What the metadata calls of Athena and Glue read.

use std::collections::BTreeMap;

use crate::engine::BoxFuture;

/// A table as a catalogue describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CatalogTable {
    /// In lower case.
    pub name: String,
    /// `EXTERNAL_TABLE` or `VIRTUAL_VIEW`.
    pub table_type: String,
    /// Names and Hive types, e.g. `("price", "decimal(10,2)")`.
    pub columns: Vec<(String, String)>,
    /// The partition columns, which follow the others.
    pub partition_keys: Vec<(String, String)>,
    /// E.g. `classification`.
    pub parameters: BTreeMap<String, String>,
    /// Where the data is.
    pub location: Option<String>,
}

/// Databases and tables of the catalogue `AwsDataCatalog`.
pub trait Catalog: Send + Sync {
    /// The names of all databases.
    fn databases(&self) -> BoxFuture<'_, Vec<String>>;

    /// The tables of a database, by name; `None` if there is no such database.
    fn tables<'a>(&'a self, database: &'a str) -> BoxFuture<'a, Option<Vec<CatalogTable>>>;
}

/// A catalogue that never changes: tables by database.
impl Catalog for BTreeMap<String, Vec<CatalogTable>> {
    fn databases(&self) -> BoxFuture<'_, Vec<String>> {
        Box::pin(std::future::ready(self.keys().cloned().collect()))
    }

    fn tables<'a>(&'a self, database: &'a str) -> BoxFuture<'a, Option<Vec<CatalogTable>>> {
        Box::pin(std::future::ready(self.get(database).cloned()))
    }
}
