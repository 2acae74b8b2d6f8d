//! The reading part of the Glue API.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::athena::input::Input;
use crate::athena::metadata::{columns, matches};
use crate::athena::paging::{self, with_token};
use crate::catalog::CatalogTable;
use crate::error::ApiError;
use crate::service::{ACCOUNT, Service};

/// Answers one operation; the bytes are JSON.
pub(crate) async fn handle(
    service: &Service,
    operation: &str,
    members: &Map<String, Value>,
) -> Result<Bytes, ApiError> {
    let input = Input(members);
    let value = match operation {
        "GetDatabases" => {
            let names = service.catalog.databases().await;
            let (page, next) = paging::page(input, "GetDatabases", 1, 100, names)?;
            let all: Vec<Value> = page.iter().map(|name| database(name)).collect();
            with_token(json!({"DatabaseList": all}), next)
        }
        "GetDatabase" => {
            let name = input.required("Name")?.to_lowercase();
            if !service.catalog.databases().await.contains(&name) {
                return Err(ApiError::entity_not_found(format!(
                    "Database {name} not found."
                )));
            }
            json!({"Database": database(&name)})
        }
        "GetTables" => {
            let (name, mut all) = tables(service, input).await?;
            if let Some(expression) = input.string("Expression")?.filter(|text| !text.is_empty()) {
                all.retain(|table| matches(expression, &table.name));
            }
            let (page, next) = paging::page(input, "GetTables", 1, 100, all)?;
            let all: Vec<Value> = page.iter().map(|table| describe(&name, table)).collect();
            with_token(json!({"TableList": all}), next)
        }
        "GetTable" => {
            let wanted = input.required("Name")?.to_lowercase();
            let (name, all) = tables(service, input).await?;
            json!({"Table": describe(&name, find(&all, &wanted)?)})
        }
        "GetPartitions" => {
            let wanted = input.required("TableName")?.to_lowercase();
            let (_, all) = tables(service, input).await?;
            find(&all, &wanted)?;
            json!({"Partitions": []})
        }
        "GetCatalogs" => json!({"CatalogList": []}),
        _ => return Err(ApiError::unknown_operation()),
    };
    Ok(value.to_string().into())
}

async fn tables(
    service: &Service,
    input: Input<'_>,
) -> Result<(String, Vec<CatalogTable>), ApiError> {
    let database = input.required("DatabaseName")?.to_lowercase();
    match service.catalog.tables(&database).await {
        Some(tables) => Ok((database, tables)),
        None => Err(ApiError::entity_not_found(format!(
            "Database {database} not found."
        ))),
    }
}

fn find<'a>(tables: &'a [CatalogTable], wanted: &str) -> Result<&'a CatalogTable, ApiError> {
    tables
        .iter()
        .find(|table| table.name == wanted)
        .ok_or_else(|| ApiError::entity_not_found(format!("Table {wanted} not found.")))
}

fn database(name: &str) -> Value {
    json!({"Name": name, "CatalogId": ACCOUNT})
}

fn describe(database: &str, table: &CatalogTable) -> Value {
    json!({
        "Name": table.name,
        "DatabaseName": database,
        "CatalogId": ACCOUNT,
        "TableType": table.table_type,
        "StorageDescriptor": {
            "Columns": columns(&table.columns),
            "Location": table.location.as_deref().unwrap_or(""),
        },
        "PartitionKeys": columns(&table.partition_keys),
        "Parameters": table.parameters,
    })
}
