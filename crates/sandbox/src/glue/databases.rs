//! Databases.

use serde_json::{Value, json};

use super::{Place, name, object, shape};
use crate::athena::input::Input;
use crate::athena::paging::{self, with_token};
use crate::error::ApiError;
use crate::service::Service;

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let all = place.catalog.databases();
    let (page, next) = paging::page(input, "GetDatabases", 1, 100, all)?;
    let list: Vec<Value> = page
        .iter()
        .map(|database| shape::database(database, &place.id))
        .collect();
    Ok(with_token(json!({"DatabaseList": list}), next))
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let name = name(input, "Name")?.to_lowercase();
    match place.catalog.database(&name) {
        Some(database) => Ok(json!({"Database": shape::database(&database, &place.id)})),
        None => Err(ApiError::entity_not_found(format!(
            "Database {name} not found."
        ))),
    }
}

pub(super) fn create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = shape::read_database(object(input, "DatabaseInput")?)?;
    place.catalog.create_database(database)?;
    Ok(json!({}))
}

pub(super) fn update(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = shape::read_database(object(input, "DatabaseInput")?)?;
    place
        .catalog
        .update_database(name(input, "Name")?, database)?;
    Ok(json!({}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    place.catalog.drop_database(name(input, "Name")?)?;
    Ok(json!({}))
}
