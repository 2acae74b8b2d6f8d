//! The part of the Glue API that serves the data catalogue: one file per kind of thing.

mod catalogs;
mod databases;
mod partitions;
mod shape;
mod table_versions;
mod tables;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::athena::input::{Constraints, Input};
use crate::error::ApiError;
use crate::metastore::{Catalog, MetastoreError};
use crate::service::Service;

/// Answers one operation; the bytes are JSON.
pub(crate) async fn handle(
    service: &Service,
    operation: &str,
    members: &Map<String, Value>,
) -> Result<Bytes, ApiError> {
    let input = Input(members);
    let answer = match operation {
        "GetDatabases" => databases::list(service, input),
        "GetDatabase" => databases::get(service, input),
        "CreateDatabase" => databases::create(service, input),
        "UpdateDatabase" => databases::update(service, input),
        "DeleteDatabase" => databases::delete(service, input),
        "GetTables" => tables::list(service, input).await,
        "GetTable" => tables::get(service, input).await,
        "CreateTable" => tables::create(service, input),
        "UpdateTable" => tables::update(service, input),
        "DeleteTable" => tables::delete(service, input),
        "BatchDeleteTable" => tables::batch_delete(service, input),
        "GetTableVersions" => table_versions::list(service, input),
        "GetTableVersion" => table_versions::get(service, input),
        "GetPartitions" => partitions::list(service, input).await,
        "GetPartition" => partitions::get(service, input),
        "BatchGetPartition" => partitions::batch_get(service, input),
        "CreatePartition" => partitions::create(service, input),
        "BatchCreatePartition" => partitions::batch_create(service, input),
        "UpdatePartition" => partitions::update(service, input),
        "DeletePartition" => partitions::delete(service, input),
        "BatchDeletePartition" => partitions::batch_delete(service, input),
        "GetCatalogs" => catalogs::list(service, input),
        "GetCatalog" => catalogs::get(service, input),
        _ => Err(ApiError::unknown_operation()),
    };
    answer
        .map(|value| value.to_string().into())
        .map_err(ApiError::into_glue)
}

/// The catalogue a request is about, and its id as answers carry it.
struct Place {
    id: String,
    catalog: Arc<Catalog>,
}

impl Place {
    fn of(service: &Service, input: Input<'_>) -> Result<Self, ApiError> {
        let id = input.string("CatalogId")?;
        check_lengths(&[("CatalogId", id, 1)])?;
        let id = id.unwrap_or(crate::service::ACCOUNT).to_owned();
        match service.metastore.catalog(&id) {
            Some(catalog) => Ok(Self { id, catalog }),
            None => Err(ApiError::entity_not_found(format!(
                "Catalog {id} not found."
            ))),
        }
    }
}

/// Texts of 1 (or 0) to 255 characters.
fn check_lengths(members: &[(&str, Option<&str>, usize)]) -> Result<(), ApiError> {
    let mut constraints = Constraints::default();
    for (key, value, least) in members {
        constraints.length(key, *value, *least, 255);
    }
    constraints.check()
}

/// A name that must be there.
fn name<'a>(input: Input<'a>, key: &str) -> Result<&'a str, ApiError> {
    let name = input.required(key)?;
    check_lengths(&[(key, Some(name), 1)])?;
    Ok(name)
}

/// One object of the request that must be there.
fn object<'a>(input: Input<'a>, key: &str) -> Result<Input<'a>, ApiError> {
    let object = input.object(key)?;
    let mut constraints = Constraints::default();
    constraints.required(key, object.is_some());
    constraints.check()?;
    Ok(object.unwrap_or(input))
}

/// A list of objects that must be there, with at most so many.
fn objects<'a>(input: Input<'a>, key: &str, most: usize) -> Result<Vec<Input<'a>>, ApiError> {
    let values = input.list(key)?;
    let mut constraints = Constraints::default();
    constraints.required(key, values.is_some());
    if values.is_some_and(|values| values.len() > most) {
        constraints.fail(key, &format!("have length less than or equal to {most}"));
    }
    constraints.check()?;
    values
        .unwrap_or_default()
        .iter()
        .map(Input::of_value)
        .collect()
}

/// An error inside a batch.
fn error_detail(problem: &MetastoreError) -> Value {
    let code = match problem {
        MetastoreError::NotFound(_) => "EntityNotFoundException",
        MetastoreError::AlreadyExists(_) => "AlreadyExistsException",
        MetastoreError::Invalid(_) => "InvalidInputException",
    };
    json!({"ErrorCode": code, "ErrorMessage": problem.to_string()})
}
