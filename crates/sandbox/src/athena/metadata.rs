//! Databases and tables.

use regex::{Regex, RegexBuilder};
use serde_json::{Value, json};

use super::data_catalogs;
use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use crate::clock::epoch_seconds;
use crate::error::ApiError;
use crate::metastore::{Column, Database, MetastoreError, Table};
use crate::service::Service;

/// A compiled pattern may take this much memory.
const PATTERN_SIZE: usize = 1 << 20;

pub(super) fn list_databases(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let catalog = data_catalogs::metadata(service, input)?;
    let (page, next) = paging::page(input, "ListDatabases", 1, 50, catalog.databases())?;
    let databases: Vec<Value> = page.iter().map(describe_database).collect();
    Ok(with_token(json!({"DatabaseList": databases}), next))
}

pub(super) fn get_database(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let catalog = data_catalogs::metadata(service, input)?;
    let wanted = input.required("DatabaseName")?.to_lowercase();
    match catalog.database(&wanted) {
        Some(database) => Ok(json!({"Database": describe_database(&database)})),
        None => Err(refused(&MetastoreError::NotFound(format!(
            "Database {wanted} not found."
        )))),
    }
}

pub(super) async fn list_table_metadata(
    service: &Service,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    let expression = input.string("Expression")?;
    let mut constraints = Constraints::default();
    constraints.length("Expression", expression, 0, 256);
    constraints.check()?;
    let catalog = data_catalogs::metadata(service, input)?;
    let database = input.required("DatabaseName")?;
    let mut names = catalog
        .table_names(database)
        .map_err(|problem| refused(&problem))?;
    if let Some(pattern) = NamePattern::of(expression)? {
        names.retain(|name| pattern.matches(name));
    }
    let (page, next) = paging::page(input, "ListTableMetadata", 1, 50, names)?;
    let tables = catalog.tables(database, &page).await;
    let tables: Vec<Value> = tables.iter().map(describe).collect();
    Ok(with_token(json!({"TableMetadataList": tables}), next))
}

pub(super) async fn get_table_metadata(
    service: &Service,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    let catalog = data_catalogs::metadata(service, input)?;
    let database = input.required("DatabaseName")?;
    let table = catalog
        .table(database, input.required("TableName")?)
        .await
        .map_err(|problem| refused(&problem))?;
    Ok(json!({"TableMetadata": describe(&table)}))
}

/// Glue's refusal, as Athena passes it on.
fn refused(problem: &MetastoreError) -> ApiError {
    ApiError::metadata(format!(
        "EntityNotFoundException: {problem} (Service: AmazonDataCatalog; Status Code: 400; Error Code: \
         EntityNotFoundException)"
    ))
}

fn describe_database(database: &Database) -> Value {
    let mut json = json!({"Name": database.name});
    if let Some(description) = &database.description {
        json["Description"] = description.as_str().into();
    }
    if !database.parameters.is_empty() {
        json["Parameters"] = json!(database.parameters);
    }
    json
}

fn columns(columns: &[Column]) -> Value {
    columns.iter().map(describe_column).collect()
}

/// Athena cuts a type after 4096 characters.
fn describe_column(column: &Column) -> Value {
    let mut json = json!({"Name": column.name});
    if let Some(hive_type) = &column.hive_type {
        json["Type"] = hive_type.chars().take(4096).collect::<String>().into();
    }
    if let Some(comment) = &column.comment {
        json["Comment"] = comment.as_str().into();
    }
    json
}

fn describe(table: &Table) -> Value {
    let mut json = json!({
        "Name": table.name,
        "Columns": columns(&table.storage.columns),
        "PartitionKeys": columns(&table.partition_keys),
        "Parameters": parameters(table),
    });
    if let Some(table_type) = &table.table_type {
        json["TableType"] = table_type.as_str().into();
    }
    if let Some(created) = table.created {
        json["CreateTime"] = epoch_seconds(created).into();
    }
    json
}

/// The table's parameters, and those of its storage as Athena adds them.
fn parameters(table: &Table) -> Value {
    let mut parameters = table.parameters.clone();
    let storage = &table.storage;
    for (key, value) in [
        ("location", &storage.location),
        ("inputformat", &storage.input_format),
        ("outputformat", &storage.output_format),
        ("serde.serialization.lib", &storage.serde.class),
    ] {
        if let Some(value) = value {
            parameters.insert(key.to_owned(), value.clone());
        }
    }
    for (key, value) in &storage.serde.parameters {
        parameters.insert(format!("serde.param.{key}"), value.clone());
    }
    json!(parameters)
}

/// The regular expression of ListTableMetadata and GetTables.
pub(crate) struct NamePattern(Regex);

impl NamePattern {
    /// Reads an expression. Without one, or with a lone `*`, all names match.
    pub(crate) fn of(expression: Option<&str>) -> Result<Option<Self>, ApiError> {
        let Some(text) = expression.filter(|text| !text.is_empty() && *text != "*") else {
            return Ok(None);
        };
        RegexBuilder::new(&format!("^(?:{text})$"))
            .case_insensitive(true)
            .size_limit(PATTERN_SIZE)
            .build()
            .map(|regex| Some(Self(regex)))
            .map_err(|_problem| {
                ApiError::invalid_input(format!("'{text}' is not a regular expression"))
            })
    }

    /// True if it matches the whole name.
    pub(crate) fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expression: &str, name: &str) -> bool {
        NamePattern::of(Some(expression))
            .unwrap()
            .is_none_or(|pattern| pattern.matches(name))
    }

    #[test]
    fn expressions_match_whole_names() {
        for (expression, name, expected) in [
            ("", "orders", true),
            ("*", "orders", true),
            (".*", "orders", true),
            ("ord.*s", "orders", true),
            ("ORD.*", "orders", true),
            ("ord", "orders", false),
            ("ord*", "orders", false),
            ("lines|orders", "orders", true),
            ("ord|ers", "orders", false),
            ("o[a-r]ders", "orders", true),
            ("^orders$", "orders", true),
            ("\\w{6}", "orders", true),
        ] {
            assert_eq!(matches(expression, name), expected, "{expression} {name}");
        }
    }

    #[test]
    fn hostile_expressions_are_refused_or_fast() {
        for expression in ["(", "[a", "*a", "(?<=a)b", "a{1000}{1000}{1000}"] {
            assert!(NamePattern::of(Some(expression)).is_err(), "{expression}");
        }
        assert!(!matches("(a*)*b", &"a".repeat(100_000)));
    }
}
