//! Views, stored as Presto views: JSON in base64 in the table's `ViewOriginalText`.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use serde_json::{Value, json};

use super::catalog::CATALOG;
use super::failure::AthenaError;
use super::plan::logical_plan;
use super::scope::Scope;
use super::statement::{Body, parse};
use super::type_text;
use super::types::AthenaType;
use crate::engine::Query;
use crate::metastore::{Column, Table};

/// A view's definition.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    /// The query, as written.
    pub(super) sql: String,
    /// The database its unqualified names belong to.
    pub(super) database: String,
    /// Its columns.
    pub(super) columns: Vec<(String, AthenaType)>,
}

impl Definition {
    /// Reads a view's entry in the catalogue.
    ///
    /// # Errors
    /// `INVALID_VIEW` for an entry that is none.
    pub(super) fn read(table: &Table) -> std::result::Result<Self, AthenaError> {
        let invalid = || {
            let message = format!("Invalid view JSON in view '{}'", table.name);
            AthenaError::new("INVALID_VIEW", message)
        };
        let json = table.view_definition().ok_or_else(invalid)?;
        let columns = json["columns"].as_array().ok_or_else(invalid)?;
        Ok(Self {
            sql: json["originalSql"].as_str().ok_or_else(invalid)?.to_owned(),
            database: json["schema"].as_str().unwrap_or("default").to_lowercase(),
            columns: columns
                .iter()
                .map(|column| {
                    let athena_type = type_text::parse(column["type"].as_str()?)?;
                    Some((column["name"].as_str()?.to_lowercase(), athena_type))
                })
                .collect::<Option<Vec<_>>>()
                .ok_or_else(invalid)?,
        })
    }

    /// The view's entry in the catalogue.
    pub(super) fn table(&self, name: &str) -> Table {
        let columns: Vec<Value> = self
            .columns
            .iter()
            .map(|(name, athena_type)| json!({"name": name, "type": athena_type.to_string()}))
            .collect();
        let json = json!({
            "originalSql": self.sql,
            "catalog": CATALOG,
            "schema": self.database,
            "columns": columns,
        });
        let encoded = STANDARD.encode(json.to_string());
        let mut table = Table {
            name: name.to_owned(),
            table_type: Some("VIRTUAL_VIEW".to_owned()),
            view_original_text: Some(format!("/* Presto View: {encoded} */")),
            view_expanded_text: Some("/* Presto View */".to_owned()),
            ..Table::default()
        };
        let parameters = [("presto_view", "true"), ("comment", "Presto View")];
        table.parameters = parameters
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        table.storage.columns = self
            .columns
            .iter()
            .map(|(name, athena_type)| Column::new(name, &athena_type.hive()))
            .collect();
        table
    }
}

/// Names and types of a view's columns.
///
/// # Errors
/// `INVALID_VIEW`.
pub(super) fn columns_of(
    table: &Table,
) -> std::result::Result<Vec<(String, AthenaType)>, AthenaError> {
    Definition::read(table).map(|definition| definition.columns)
}

/// Opens a view: its query, with the names of its columns.
pub(super) async fn open(
    scope: &Scope,
    database: &str,
    table: &Table,
) -> Result<Arc<dyn TableProvider>> {
    let name = format!("{CATALOG}.{database}.{}", table.name);
    let definition = Definition::read(table)?;
    let stale = |problem: String| {
        let message = format!("line 1:15: Failed analyzing stored view '{name}': {problem}");
        AthenaError::new("INVALID_VIEW", message)
    };
    let query = Query {
        sql: definition.sql.clone(),
        catalog: None,
        database: Some(definition.database.clone()),
        parameters: Vec::new(),
    };
    let parsed = match parse(&definition.sql).map(|statement| statement.body) {
        Ok(Body::Query(parsed)) => parsed,
        Ok(_) => return Err(stale("it is no query".to_owned()).into()),
        Err(refusal) => return Err(stale(refusal.message).into()),
    };
    let scope = scope.inside_view(&name)?;
    let planned = Box::pin(logical_plan(&scope, parsed, 0, &query)).await;
    let plan = planned.map_err(|error| stale(error.message))?.logical;
    let found = plan.schema().columns();
    if found.len() != definition.columns.len() {
        return Err(AthenaError::new(
            "VIEW_IS_STALE",
            format!(
                "line 1:15: View '{name}' is stale or in invalid state: stored view column count ({}) does not match column count derived from the view query analysis ({})",
                definition.columns.len(),
                found.len()
            ),
        )
        .into());
    }
    let named = found
        .into_iter()
        .zip(definition.columns)
        .map(|(column, (name, _))| Expr::Column(column).alias(name));
    let plan = LogicalPlanBuilder::from(plan).project(named)?.build()?;
    Ok(Arc::new(ViewTable::new(plan, Some(definition.sql))))
}
