//! Versions of tables.

use serde_json::{Value, json};

use super::{Place, name, shape};
use crate::athena::input::Input;
use crate::athena::paging::{self, with_token};
use crate::error::ApiError;
use crate::metastore::Table;
use crate::service::Service;

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    let all = place
        .catalog
        .table_versions(database, name(input, "TableName")?)?;
    let (page, next) = paging::page(input, "GetTableVersions", 1, 100, all)?;
    let list: Vec<Value> = page
        .iter()
        .map(|version| describe(version, database, &place.id))
        .collect();
    Ok(with_token(json!({"TableVersions": list}), next))
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    let wanted = input.string("VersionId")?;
    let all = place
        .catalog
        .table_versions(database, name(input, "TableName")?)?;
    let version = all
        .iter()
        .find(|table| wanted.is_none_or(|wanted| table.version.to_string() == wanted))
        .ok_or_else(|| ApiError::entity_not_found("Version not found."))?;
    Ok(json!({"TableVersion": describe(version, database, &place.id)}))
}

fn describe(version: &Table, database: &str, catalog: &str) -> Value {
    json!({
        "Table": shape::table(version, database, catalog),
        "VersionId": version.version.to_string(),
    })
}
