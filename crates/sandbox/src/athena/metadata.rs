//! Data catalogs, databases and tables.

use serde_json::{Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use crate::catalog::CatalogTable;
use crate::error::ApiError;
use crate::service::Service;

const DEFAULT_CATALOG: &str = "AwsDataCatalog";

pub(super) fn list_data_catalogs(input: Input<'_>) -> Result<Value, ApiError> {
    let all =
        vec![json!({"CatalogName": DEFAULT_CATALOG, "Type": "GLUE", "Status": "CREATE_COMPLETE"})];
    let (page, next) = paging::page(input, "ListDataCatalogs", 2, 50, all)?;
    Ok(with_token(json!({"DataCatalogsSummary": page}), next))
}

pub(super) fn get_data_catalog(input: Input<'_>) -> Result<Value, ApiError> {
    let name = input.required("Name")?;
    if !name.eq_ignore_ascii_case(DEFAULT_CATALOG) {
        return Err(ApiError::invalid_input(format!(
            "Data Catalog {name} was not found"
        )));
    }
    Ok(json!({"DataCatalog": {
        "Name": DEFAULT_CATALOG,
        "Type": "GLUE",
        "Parameters": {"catalog-id": crate::service::ACCOUNT},
        "Status": "CREATE_COMPLETE",
    }}))
}

pub(super) async fn list_databases(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    check_catalog(input)?;
    let all = service.catalog.databases().await;
    let (names, next) = paging::page(input, "ListDatabases", 1, 50, all)?;
    let databases: Vec<Value> = names
        .into_iter()
        .map(|name| json!({"Name": name}))
        .collect();
    Ok(with_token(json!({"DatabaseList": databases}), next))
}

pub(super) async fn get_database(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    check_catalog(input)?;
    let wanted = input.required("DatabaseName")?.to_lowercase();
    if !service.catalog.databases().await.contains(&wanted) {
        return Err(not_found("Database", &wanted));
    }
    Ok(json!({"Database": {"Name": wanted}}))
}

pub(super) async fn list_table_metadata(
    service: &Service,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    let expression = input.string("Expression")?;
    let mut constraints = Constraints::default();
    constraints.length("Expression", expression, 0, 256);
    constraints.check()?;
    let mut all = tables(service, input).await?;
    if let Some(expression) = expression.filter(|text| !text.is_empty()) {
        all.retain(|table| matches(expression, &table.name));
    }
    let (page, next) = paging::page(input, "ListTableMetadata", 1, 50, all)?;
    let tables: Vec<Value> = page.iter().map(describe).collect();
    Ok(with_token(json!({"TableMetadataList": tables}), next))
}

pub(super) async fn get_table_metadata(
    service: &Service,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    let wanted = input.required("TableName")?.to_lowercase();
    let all = tables(service, input).await?;
    let table = all
        .iter()
        .find(|table| table.name == wanted)
        .ok_or_else(|| not_found("Table", &wanted))?;
    Ok(json!({"TableMetadata": describe(table)}))
}

async fn tables(service: &Service, input: Input<'_>) -> Result<Vec<CatalogTable>, ApiError> {
    check_catalog(input)?;
    let database = input.required("DatabaseName")?.to_lowercase();
    service
        .catalog
        .tables(&database)
        .await
        .ok_or_else(|| not_found("Database", &database))
}

fn check_catalog(input: Input<'_>) -> Result<(), ApiError> {
    let name = input.required("CatalogName")?;
    if name.eq_ignore_ascii_case(DEFAULT_CATALOG) {
        return Ok(());
    }
    Err(ApiError::invalid_input(format!(
        "Data Catalog {name} was not found"
    )))
}

fn not_found(what: &str, name: &str) -> ApiError {
    ApiError::metadata(format!(
        "EntityNotFoundException: {what} {name} not found. (Service: AmazonDataCatalog; Status Code: 400; Error Code: \
         EntityNotFoundException)"
    ))
}

/// A member list of columns, as Athena and Glue share it.
pub(crate) fn columns(columns: &[(String, String)]) -> Value {
    columns
        .iter()
        .map(|(name, hive_type)| json!({"Name": name, "Type": hive_type}))
        .collect()
}

fn describe(table: &CatalogTable) -> Value {
    json!({
        "Name": table.name,
        "TableType": table.table_type,
        "Columns": columns(&table.columns),
        "PartitionKeys": columns(&table.partition_keys),
        "Parameters": table.parameters,
    })
}

/// Matches a whole name against a pattern: `*`, `.*` and `.` are wild, `|` separates
/// alternatives, and the rest is literal but for case.
pub(crate) fn matches(expression: &str, name: &str) -> bool {
    expression.split('|').any(|pattern| {
        let pattern = pattern
            .trim_start_matches('^')
            .trim_end_matches('$')
            .replace(".*", "*");
        wild(
            pattern.to_lowercase().as_bytes(),
            name.to_lowercase().as_bytes(),
        )
    })
}

/// Wildcard match in linear space and quadratic time, whatever the pattern.
fn wild(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while place < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(letter) if *letter == b'.' || *letter == name[place] => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_at, star_place)) => {
                    at = star_at + 1;
                    place = star_place + 1;
                    star = Some((star_at, star_place + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_match_whole_names() {
        for (expression, name, expected) in [
            ("*", "orders", true),
            (".*", "orders", true),
            ("ord*", "orders", true),
            ("ord.*s", "Orders", true),
            ("ord", "orders", false),
            ("lines|orders", "orders", true),
            ("o.ders", "orders", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(matches(expression, name), expected, "{expression} {name}");
        }
    }
}
