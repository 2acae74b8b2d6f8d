//! Rights on Glue's operations: on the catalogue, the database and the table.

use serde_json::{Map, Value};

use super::{Access, Denied};
use crate::metastore::S3_TABLES;
use crate::service::ACCOUNT;

/// Asks for an operation.
pub(crate) fn authorize(
    access: &Access<'_>,
    operation: &str,
    members: &Map<String, Value>,
) -> Result<(), Denied> {
    if access.is_open() {
        return Ok(());
    }
    let text = |key: &str| members.get(key).and_then(Value::as_str);
    let inner = |object: &str| members.get(object)?.get("Name")?.as_str();
    let (database, table) = match operation {
        "GetDatabase" | "DeleteDatabase" | "UpdateDatabase" => (text("Name"), None),
        "CreateDatabase" => (inner("DatabaseInput"), None),
        "GetTables" | "BatchDeleteTable" => (text("DatabaseName"), Some("*")),
        "GetTable" | "DeleteTable" => (text("DatabaseName"), text("Name")),
        "CreateTable" | "UpdateTable" => (text("DatabaseName"), inner("TableInput")),
        "GetDatabases" | "GetCatalogs" | "GetCatalog" => (None, None),
        _ => (text("DatabaseName"), text("TableName")),
    };
    let prefix = catalog_path(text("CatalogId").unwrap_or_default());
    may(access, operation, &prefix, (database, table))
}

/// Asks for an operation on what has been made out already. `prefix` is empty for the
/// account's own catalogue.
pub(super) fn may(
    access: &Access<'_>,
    operation: &str,
    prefix: &str,
    (database, table): (Option<&str>, Option<&str>),
) -> Result<(), Denied> {
    let action = format!("glue:{operation}");
    let catalog = match prefix.strip_suffix('/') {
        Some(path) => format!("catalog/{path}"),
        None => "catalog".to_owned(),
    };
    access.may(&action, &access.arn("glue", &catalog))?;
    let Some(database) = database.map(str::to_lowercase) else {
        return Ok(());
    };
    let resource = format!("database/{prefix}{database}");
    access.may(&action, &access.arn("glue", &resource))?;
    let Some(table) = table.map(str::to_lowercase) else {
        return Ok(());
    };
    let resource = format!("table/{prefix}{database}/{table}");
    access.may(&action, &access.arn("glue", &resource))
}

/// `s3tablescatalog/bucket/` of a nested catalogue's id.
fn catalog_path(id: &str) -> String {
    let local = match id.strip_prefix(ACCOUNT) {
        Some(rest) => rest.strip_prefix(':').unwrap_or(rest),
        None => id,
    };
    if local.starts_with(S3_TABLES) {
        format!("{local}/")
    } else {
        String::new()
    }
}
