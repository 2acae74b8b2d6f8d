//! What Athena asks the catalogue before it makes an id for DESCRIBE and SHOW COLUMNS.

use std::sync::Arc;

use datafusion::sql::sqlparser::ast::Ident;

use super::catalog::{CATALOG, Tables};
use super::information_schema;
use super::plan::context;
use super::syntax_error::refusal;
use crate::engine::{Query, Refusal};
use crate::metastore::{Metastore, S3_TABLES};

/// True where a name is that of a view.
///
/// # Errors
/// Refuses a name of nothing, in the words of the catalogue's service.
pub(super) fn is_view(
    name: &[Ident],
    query: &Query,
    metastore: &Metastore,
    fixed: &Tables,
) -> Result<bool, Refusal> {
    let lower: Vec<String> = name.iter().map(|part| part.value.to_lowercase()).collect();
    let two = || refusal("Unsupported DDL with 2 catalogs".to_owned());
    let context_catalog = query.catalog.as_deref().map(str::to_lowercase);
    let nested = context_catalog
        .filter(|name| name.starts_with(S3_TABLES))
        .and_then(|name| metastore.catalog(&name));
    let (database, table) = match lower.as_slice() {
        [table] => (context(query), table),
        [database, table] => (database.clone(), table),
        [catalog, database, table] => {
            if catalog.starts_with(S3_TABLES) || (nested.is_some() && catalog == CATALOG) {
                return Err(two());
            }
            if catalog != CATALOG {
                let written = name.first().map_or("", |part| part.value.as_str());
                return Err(Refusal {
                    code: "DATACATALOG_NOT_FOUND",
                    message: format!("Catalog '{written}' does not exist"),
                });
            }
            (database.clone(), table)
        }
        parts => {
            let parts = parts.join(".");
            return Err(refusal(format!("Invalid table name {parts}")));
        }
    };
    let in_own = nested.is_none();
    let catalog = nested.unwrap_or_else(|| Arc::clone(metastore.own()));
    if let Some(stored) = catalog.stored_table(&database, table) {
        return Ok(stored.is_view());
    }
    let known = fixed
        .get(&database)
        .is_some_and(|tables| tables.contains_key(table));
    if (known && in_own) || database == information_schema::NAME {
        return Ok(false);
    }
    Err(Refusal {
        code: "INVALID_INPUT",
        message: format!(
            "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: EntityNotFoundException; \
             Request ID: {}; Proxy: null)",
            uuid::Uuid::new_v4()
        ),
    })
}
