//! CREATE VIEW.

use super::{Cursor, Name};
use crate::engine::{Failure, Query, Refusal};
use crate::sql::failure::AthenaError;
use crate::sql::plan::{context, logical_plan};
use crate::sql::scope::Scope;
use crate::sql::statement::{Body, parse as parse_statement, parse_query};
use crate::sql::tokens::{offset, prepare};
use crate::sql::types::AthenaType;
use crate::sql::view::Definition;

/// CREATE VIEW.
#[derive(Debug)]
pub(in crate::sql) struct CreateView {
    pub(super) name: Name,
    replace: bool,
    sql: String,
}

pub(super) fn parse(sql: &str, mut cursor: Cursor<'_>) -> Result<CreateView, Refusal> {
    cursor.expect(&["CREATE"])?;
    let replace = cursor.eat(&["OR", "REPLACE"]);
    cursor.expect(&["VIEW"])?;
    let name = cursor.name()?;
    if cursor.eat(&["COMMENT"]) {
        cursor.string()?;
    }
    cursor.expect(&["AS"])?;
    let tokens = cursor.tokens.get(cursor.at..).unwrap_or_default();
    let start = tokens.first().map_or(cursor.end, |token| token.span.start);
    let mut tokens = tokens.to_vec();
    prepare(&mut tokens);
    parse_query(tokens, cursor.end)?;
    Ok(CreateView {
        name,
        replace,
        sql: sql
            .get(offset(sql, start)..)
            .unwrap_or_default()
            .trim_end()
            .to_owned(),
    })
}

pub(super) async fn run(
    scope: &Scope,
    create: &CreateView,
    in_database: &str,
    query: &Query,
) -> Result<(), Failure> {
    let name = &create.name.name;
    let full = format!("{}.{in_database}.{name}", scope.catalog);
    if scope.is_s3_tables() {
        let message = "This connector does not support creating views";
        return Err(AthenaError::not_supported(message).into());
    }
    if scope.database(in_database).is_none() {
        let message = format!("line 1:1: Schema '{in_database}' does not exist");
        return Err(AthenaError::new("SCHEMA_NOT_FOUND", message).into());
    }
    let existing = scope.stored().stored_table(in_database, name);
    match &existing {
        Some(table) if !table.is_view() => {
            let message = format!("line 1:1: Table already exists: '{full}'");
            return Err(AthenaError::new("TABLE_ALREADY_EXISTS", message).into());
        }
        Some(_) if !create.replace => {
            let message = format!("line 1:1: View already exists: '{full}'");
            return Err(AthenaError::new("TABLE_ALREADY_EXISTS", message).into());
        }
        _ => {}
    }
    // Read anew where stacks are large: trees are copied and dropped recursively.
    let (scope_there, sql, query_there) = (scope.clone(), create.sql.clone(), query.clone());
    let analyzed = async move {
        let Ok(Body::Query(parsed)) = parse_statement(&sql).map(|statement| statement.body) else {
            let message = "line 1:1: a view needs a query";
            return Err(AthenaError::new("SYNTAX_ERROR", message));
        };
        let analyzed = logical_plan(&scope_there, parsed, 0, &query_there).await?;
        Ok(analyzed.outputs())
    };
    let analyzed = scope.shared.executor.run(analyzed).await??;
    let definition = Definition {
        sql: create.sql.clone(),
        database: context(query),
        columns: columns(analyzed)?,
    };
    let table = definition.table(name);
    let stored = if existing.is_some() {
        scope.stored().update_table(in_database, table)
    } else {
        scope.stored().create_table(in_database, table)
    };
    stored.map_err(|error| AthenaError::new("HIVE_METASTORE_ERROR", error.to_string()).into())
}

fn columns(
    outputs: Vec<(Option<String>, AthenaType)>,
) -> Result<Vec<(String, AthenaType)>, AthenaError> {
    let mut columns: Vec<(String, AthenaType)> = Vec::new();
    for (index, (name, athena_type)) in outputs.into_iter().enumerate() {
        let Some(name) = name else {
            let message = format!(
                "line 1:1: Column name not specified at position {}",
                index + 1
            );
            return Err(AthenaError::new("MISSING_COLUMN_NAME", message));
        };
        let name = name.to_lowercase();
        if columns.iter().any(|(other, _)| *other == name) {
            let message = format!("line 1:1: Column name '{name}' specified more than once");
            return Err(AthenaError::new("DUPLICATE_COLUMN_NAME", message));
        }
        if athena_type == AthenaType::Unknown {
            let message = format!("line 1:1: Column type is unknown: {name}");
            return Err(AthenaError::new("COLUMN_TYPE_UNKNOWN", message));
        }
        columns.push((name, athena_type));
    }
    Ok(columns)
}
