//! Data catalogs: the account's own, and those that are registered.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use super::tags;
use crate::error::ApiError;
use crate::metastore::{Catalog, DEFAULT_CATALOG};
use crate::service::{ACCOUNT, Service};

/// A registered data catalog.
#[derive(Debug, Clone)]
pub(crate) struct DataCatalog {
    name: String,
    catalog_type: String,
    description: Option<String>,
    parameters: Map<String, Value>,
}

impl DataCatalog {
    fn own() -> Self {
        let mut parameters = Map::new();
        parameters.insert("catalog-id".to_owned(), ACCOUNT.into());
        Self {
            name: DEFAULT_CATALOG.to_owned(),
            catalog_type: "GLUE".to_owned(),
            description: None,
            parameters,
        }
    }

    fn json(&self) -> Value {
        let mut json = json!({
            "Name": self.name,
            "Type": self.catalog_type,
            "Parameters": self.parameters,
            "Status": "CREATE_COMPLETE",
        });
        if let Some(description) = &self.description {
            json["Description"] = description.as_str().into();
        }
        json
    }

    fn summary(&self) -> Value {
        json!({"CatalogName": self.name, "Type": self.catalog_type, "Status": "CREATE_COMPLETE"})
    }
}

/// A catalog by its name in any case.
fn find(service: &Service, name: &str) -> Result<DataCatalog, ApiError> {
    if name.eq_ignore_ascii_case(DEFAULT_CATALOG) {
        return Ok(DataCatalog::own());
    }
    let known = service.data_catalogs();
    known
        .get(&name.to_lowercase())
        .cloned()
        .ok_or_else(|| not_found(name))
}

fn not_found(name: &str) -> ApiError {
    ApiError::invalid_input(format!("Data Catalog {name} was not found"))
}

/// The metadata behind `CatalogName`. S3 Tables catalogues are no data catalogs: their
/// metadata is Glue's alone.
pub(super) fn metadata(service: &Service, input: Input<'_>) -> Result<Arc<Catalog>, ApiError> {
    let name = input.required("CatalogName")?;
    let catalog = find(service, name)?;
    let id = catalog.parameters.get("catalog-id").and_then(Value::as_str);
    match (catalog.catalog_type.as_str(), id) {
        ("GLUE", Some(id)) => service.metastore.catalog(id).ok_or_else(|| {
            ApiError::metadata(format!(
                "AccessDeniedException: the catalog of account {id} is not shared with {ACCOUNT} \
                 (athena-sandbox has one account)"
            ))
        }),
        (other, _) => Err(ApiError::metadata(format!(
            "GENERIC_USER_ERROR: the {other} catalog {name} has no connector that athena-sandbox could call"
        ))),
    }
}

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let mut all = vec![DataCatalog::own().summary()];
    all.extend(service.data_catalogs().values().map(DataCatalog::summary));
    let (page, next) = paging::page(input, "ListDataCatalogs", 2, 50, all)?;
    Ok(with_token(json!({"DataCatalogsSummary": page}), next))
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("Name")?;
    Ok(json!({"DataCatalog": find(service, name)?.json()}))
}

/// The members of a create or update, checked.
fn read(input: Input<'_>) -> Result<DataCatalog, ApiError> {
    let (name, catalog_type) = (input.string("Name")?, input.string("Type")?);
    let description = input.string("Description")?;
    let parameters = input.object("Parameters")?;
    let mut constraints = Constraints::default();
    constraints.required("Name", name.is_some());
    constraints.length("Name", name, 1, 256);
    constraints.required("Type", catalog_type.is_some());
    constraints.length("Description", description, 1, 1024);
    if catalog_type.is_some_and(|name| !["LAMBDA", "GLUE", "HIVE", "FEDERATED"].contains(&name)) {
        constraints.fail(
            "Type",
            "satisfy enum value set: [GLUE, LAMBDA, HIVE, FEDERATED]",
        );
    }
    constraints.check()?;
    let parameters = parameters.map_or_else(Map::new, |given| given.0.clone());
    let has = |key: &str| parameters.get(key).is_some_and(Value::is_string);
    let complete = match catalog_type {
        Some("GLUE") => has("catalog-id"),
        Some("LAMBDA") => has("function") || (has("metadata-function") && has("record-function")),
        Some("HIVE") => has("metadata-function"),
        _ => {
            return Err(ApiError::invalid_input(
                "FEDERATED catalogs need a Glue connection, which athena-sandbox does not have",
            ));
        }
    };
    if !complete {
        return Err(ApiError::invalid_input(format!(
            "Invalid parameters for a data catalog of type {}",
            catalog_type.unwrap_or_default()
        )));
    }
    Ok(DataCatalog {
        name: name.unwrap_or_default().to_owned(),
        catalog_type: catalog_type.unwrap_or_default().to_owned(),
        description: description.map(str::to_owned),
        parameters,
    })
}

pub(super) fn create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let catalog = read(input)?;
    if find(service, &catalog.name).is_ok() {
        return Err(ApiError::invalid_input(format!(
            "Data Catalog {} already exists",
            catalog.name
        )));
    }
    let answer = json!({"DataCatalog": catalog.json()});
    let tags = tags::read(input)?.unwrap_or_default();
    tags::put(service, format!("datacatalog/{}", catalog.name), tags)?;
    service
        .data_catalogs()
        .insert(catalog.name.to_lowercase(), catalog);
    Ok(answer)
}

pub(super) fn update(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let catalog = read(input)?;
    let mut known = service.data_catalogs();
    match known.get_mut(&catalog.name.to_lowercase()) {
        Some(place) => *place = catalog,
        None => return Err(not_found(&catalog.name)),
    }
    Ok(json!({}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("Name")?;
    match service.data_catalogs().remove(&name.to_lowercase()) {
        Some(catalog) => {
            let resource = format!("datacatalog/{}", catalog.name);
            service.tags().remove(&resource);
            Ok(json!({"DataCatalog": catalog.json()}))
        }
        None => Err(not_found(name)),
    }
}
