//! Tables.

use serde_json::{Value, json};

use super::{Place, error_detail, name, object, shape};
use crate::athena::input::{Constraints, Input};
use crate::athena::metadata::NamePattern;
use crate::athena::paging::{self, with_token};
use crate::error::ApiError;
use crate::service::Service;

pub(super) async fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    let expression = input.string("Expression")?;
    let mut constraints = Constraints::default();
    constraints.length("Expression", expression, 0, 2048);
    constraints.check()?;
    let attributes = Attributes::of(input)?;
    let mut names = place.catalog.table_names(database)?;
    if let Some(pattern) = NamePattern::of(expression)? {
        names.retain(|name| pattern.matches(name));
    }
    let (page, next) = paging::page(input, "GetTables", 1, 100, names)?;
    let tables = place.catalog.tables(database, &page).await;
    let list: Vec<Value> = tables
        .iter()
        .map(|table| attributes.pick(shape::table(table, database, &place.id)))
        .collect();
    Ok(with_token(json!({"TableList": list}), next))
}

pub(super) async fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    let attributes = Attributes::of(input)?;
    let table = place.catalog.table(database, name(input, "Name")?).await?;
    let table = shape::table(&table, database, &place.id);
    Ok(json!({"Table": attributes.pick(table)}))
}

/// Which members of tables are asked for.
struct Attributes(Vec<&'static str>);

impl Attributes {
    fn of(input: Input<'_>) -> Result<Self, ApiError> {
        let mut members = Vec::new();
        for attribute in input.strings("AttributesToGet")?.unwrap_or_default() {
            match attribute {
                "NAME" => members.extend(["Name", "DatabaseName", "CatalogId"]),
                "TABLE_TYPE" => members.extend(["Name", "DatabaseName", "CatalogId", "TableType"]),
                "DEFAULT" | "LATEST_ICEBERG_METADATA" => return Ok(Self(Vec::new())),
                _ => {
                    let mut constraints = Constraints::default();
                    constraints.fail(
                        "attributesToGet",
                        "satisfy enum value set: [NAME, TABLE_TYPE, DEFAULT, LATEST_ICEBERG_METADATA]",
                    );
                    constraints.check()?;
                }
            }
        }
        Ok(Self(members))
    }

    /// The members asked for; all of them if nothing was said.
    fn pick(&self, mut table: Value) -> Value {
        if let (false, Some(members)) = (self.0.is_empty(), table.as_object_mut()) {
            members.retain(|key, _| self.0.contains(&key.as_str()));
        }
        table
    }
}

pub(super) fn create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    let table = shape::read_table(object(input, "TableInput")?)?;
    place.catalog.create_table(database, table)?;
    Ok(json!({}))
}

pub(super) fn update(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    let table = shape::read_table(object(input, "TableInput")?)?;
    place.catalog.update_table(database, table)?;
    Ok(json!({}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    place.catalog.drop_table(database, name(input, "Name")?)?;
    Ok(json!({}))
}

pub(super) fn batch_delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let place = Place::of(service, input)?;
    let database = name(input, "DatabaseName")?;
    let names = input.strings("TablesToDelete")?;
    let mut constraints = Constraints::default();
    constraints.required("TablesToDelete", names.is_some());
    if names.as_ref().is_some_and(|names| names.len() > 100) {
        constraints.fail("tablesToDelete", "have length less than or equal to 100");
    }
    constraints.check()?;
    let mut errors = Vec::new();
    for name in names.unwrap_or_default() {
        if let Err(problem) = place.catalog.drop_table(database, name) {
            errors.push(json!({"TableName": name, "ErrorDetail": error_detail(&problem)}));
        }
    }
    Ok(json!({"Errors": errors}))
}
