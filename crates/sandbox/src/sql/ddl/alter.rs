//! ALTER TABLE, but for partitions.

use super::create_table::columns;
use super::failure::{refused, task};
use super::{Cursor, Name, no_table};
use crate::engine::{Failure, Refusal};
use crate::metastore::{Column, Table};
use crate::sql::failure::AthenaError;
use crate::sql::lake::is_iceberg;
use crate::sql::scope::Scope;

/// A change of a table.
#[derive(Debug)]
pub(in crate::sql) enum Change {
    AddColumns(Vec<Column>),
    ReplaceColumns(Vec<Column>),
    /// CHANGE COLUMN, which Athena parses and refuses.
    Rename,
    DropColumn(String),
    SetProperties(Vec<(String, String)>),
    UnsetProperties(Vec<String>),
    SetLocation(String),
}

/// `ALTER TABLE name`.
pub(super) fn head(cursor: &mut Cursor<'_>) -> Result<Name, Refusal> {
    cursor.expect(&["ALTER", "TABLE"])?;
    cursor.name()
}

pub(super) fn parse(mut cursor: Cursor<'_>, kind: &str) -> Result<Option<(Name, Change)>, Refusal> {
    let name = head(&mut cursor)?;
    let change = match kind {
        "ALTER_TABLE_ADD_COLUMN" => {
            cursor.expect(&["ADD", "COLUMNS"])?;
            Change::AddColumns(columns(&mut cursor)?)
        }
        "ALTER_TABLE_REPLACE_COLUMN" => {
            cursor.expect(&["REPLACE", "COLUMNS"])?;
            Change::ReplaceColumns(columns(&mut cursor)?)
        }
        "ALTER_TABLE_CHANGE_COLUMN" => {
            cursor.expect(&["CHANGE"])?;
            cursor.eat(&["COLUMN"]);
            cursor.ident()?;
            cursor.ident()?;
            cursor.hive_type()?;
            Change::Rename
        }
        "ALTER_TABLE_DROP_COLUMN" => {
            cursor.expect(&["DROP", "COLUMN"])?;
            Change::DropColumn(cursor.ident()?)
        }
        "ALTER_TABLE_PROPERTIES" if cursor.eat(&["UNSET"]) => {
            cursor.expect(&["TBLPROPERTIES", "("])?;
            let mut names = vec![cursor.string()?];
            while cursor.eat_token(&datafusion::sql::sqlparser::tokenizer::Token::Comma) {
                names.push(cursor.string()?);
            }
            cursor.expect_token(&datafusion::sql::sqlparser::tokenizer::Token::RParen)?;
            Change::UnsetProperties(names)
        }
        "ALTER_TABLE_PROPERTIES" => {
            cursor.expect(&["SET", "TBLPROPERTIES"])?;
            Change::SetProperties(cursor.pairs()?)
        }
        "ALTER_TABLE_SET_LOCATION" => {
            cursor.expect(&["SET", "LOCATION"])?;
            Change::SetLocation(cursor.string()?)
        }
        _ => return Ok(None),
    };
    cursor.done()?;
    Ok(Some((name, change)))
}

/// A table of the catalogue that may be altered.
pub(super) fn found(scope: &Scope, database: &str, name: &str) -> Result<Table, Failure> {
    let stored = scope.stored().stored_table(database, name);
    stored.ok_or_else(|| no_table(database, name))
}

pub(super) fn run(
    scope: &Scope,
    database: &str,
    name: &Name,
    change: &Change,
) -> Result<(), Failure> {
    let mut table = found(scope, database, &name.name)?;
    let iceberg = is_iceberg(&table);
    let storage = &mut table.storage;
    match change {
        Change::AddColumns(added) => {
            for column in added {
                let taken = storage.columns.iter().chain(&table.partition_keys);
                if taken.into_iter().any(|other| other.name == column.name) {
                    return Err(task(&format!("Duplicate column name: {}", column.name)));
                }
                storage.columns.push(column.clone());
            }
        }
        Change::ReplaceColumns(_) | Change::Rename if iceberg => {
            return Err(AthenaError::not_supported(
                "Query type not supported by Athena Iceberg at this time",
            )
            .into());
        }
        Change::ReplaceColumns(columns) => storage.columns.clone_from(columns),
        Change::Rename => {
            return Err(AthenaError::new(
                "SYNTAX_ERROR",
                "Query type not supported by DDL engine.",
            )
            .into());
        }
        Change::DropColumn(column) => {
            if !iceberg {
                return Err(AthenaError::new(
                    "SYNTAX_ERROR",
                    "mismatched input 'COLUMN' expecting 'PARTITION'",
                )
                .into());
            }
            let before = storage.columns.len();
            storage.columns.retain(|other| other.name != *column);
            if storage.columns.len() == before {
                return Err(task(&format!("Invalid column reference {column}")));
            }
        }
        Change::SetProperties(pairs) => table.parameters.extend(pairs.iter().cloned()),
        Change::UnsetProperties(names) => {
            for name in names {
                table.parameters.remove(name);
            }
        }
        Change::SetLocation(location) => storage.location = Some(location.clone()),
    }
    scope
        .stored()
        .update_table(database, table)
        .map_err(|error| refused(&error))
}
