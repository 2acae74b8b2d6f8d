//! ALTER TABLE, but for partitions.

use datafusion::sql::sqlparser::tokenizer::{Location, Token};

use super::create_table::{column, columns};
use super::evolve::{self, Position};
use super::failure::{hive, no_table, not_for_iceberg, plain, refused, task, told};
use super::partitions::{Spec, spec, values};
use super::{Cursor, Name};
use crate::engine::{Failure, Refusal, Summary};
use crate::metastore::{Column, Table};
use crate::sql::catalog::CATALOG;
use crate::sql::failure::AthenaError;
use crate::sql::lake::is_iceberg;
use crate::sql::scope::Scope;
use crate::sql::unload::location;

/// A change of a table.
#[derive(Debug)]
pub(in crate::sql) enum Change {
    AddColumns(Vec<Column>),
    ReplaceColumns(Vec<Column>),
    Column {
        old: String,
        new: Column,
        position: Option<Position>,
    },
    /// With the place of `COLUMN`, and the word as it is written.
    DropColumn(String, Location, String),
    Rename(Name),
    SetProperties(Vec<(String, String)>),
    UnsetProperties(Vec<String>),
    /// Of the table, or of one of its partitions.
    SetLocation(Option<Spec>, String),
    RenamePartition(Spec, Spec),
}

/// What can be set on an Iceberg table.
const ICEBERG_PROPERTIES: [&str; 13] = [
    "format",
    "write_compression",
    "compression_level",
    "optimize_rewrite_data_file_threshold",
    "optimize_rewrite_delete_file_threshold",
    "optimize_rewrite_min_data_file_size_bytes",
    "optimize_rewrite_max_data_file_size_bytes",
    "write_target_data_file_size_bytes",
    "write_data_path_enabled",
    "write_object_storage_enabled",
    "vacuum_min_snapshots_to_keep",
    "vacuum_max_snapshot_age_seconds",
    "vacuum_max_metadata_files_to_keep",
];

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
            let old = cursor.ident()?;
            let new = column(&mut cursor)?;
            let position = if cursor.eat(&["FIRST"]) {
                Some(Position::First)
            } else if cursor.eat(&["AFTER"]) {
                Some(Position::After(cursor.ident()?))
            } else {
                None
            };
            Change::Column { old, new, position }
        }
        "ALTER_TABLE_DROP_COLUMN" => {
            cursor.expect(&["DROP"])?;
            let word = cursor.tokens.get(cursor.at);
            let (place, text) = word.map_or((cursor.end, String::new()), |token| {
                (token.span.start, token.token.to_string())
            });
            cursor.expect(&["COLUMN"])?;
            Change::DropColumn(cursor.ident()?, place, text)
        }
        "ALTER_TABLE_RENAME" => {
            cursor.expect(&["RENAME", "TO"])?;
            Change::Rename(cursor.name()?)
        }
        "ALTER_TABLE_RENAME_PARTITION" => {
            cursor.expect(&["PARTITION"])?;
            let from = spec(&mut cursor)?;
            cursor.expect(&["RENAME", "TO", "PARTITION"])?;
            Change::RenamePartition(from, spec(&mut cursor)?)
        }
        "ALTER_TABLE_PROPERTIES" if cursor.eat(&["UNSET"]) => {
            cursor.expect(&["TBLPROPERTIES", "("])?;
            let mut names = vec![cursor.string()?];
            while cursor.eat_token(&Token::Comma) {
                names.push(cursor.string()?);
            }
            cursor.expect_token(&Token::RParen)?;
            Change::UnsetProperties(names)
        }
        "ALTER_TABLE_PROPERTIES" => {
            cursor.expect(&["SET", "TBLPROPERTIES"])?;
            Change::SetProperties(cursor.pairs()?)
        }
        "ALTER_TABLE_SET_LOCATION" => {
            let of = if cursor.eat(&["PARTITION"]) {
                Some(spec(&mut cursor)?)
            } else {
                None
            };
            cursor.expect(&["SET", "LOCATION"])?;
            Change::SetLocation(of, cursor.string()?)
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
) -> Result<Summary, Failure> {
    let stored = scope.stored().stored_table(database, &name.name);
    let iceberg = stored.as_ref().is_some_and(is_iceberg);
    match change {
        // Hive's parser knows no such statement, whatever the table.
        Change::DropColumn(_, place, word) if !iceberg => return Err(no_drop_column(*place, word)),
        Change::Rename(_) if !iceberg => {
            let failure = match stored {
                None => no_table(database, &name.name),
                Some(_) => task(&format!(
                    "Unable to alter table. Table cannot be renamed (Service: AmazonDataCatalog; Status Code: 400; \
                     Error Code: InvalidInputException; Request ID: {}; Proxy: null)",
                    uuid::Uuid::new_v4()
                )),
            };
            let message = "Query type not supported by DDL engine.";
            return Err(told(failure, 1006, message));
        }
        _ => {}
    }
    let mut table = stored.ok_or_else(|| no_table(database, &name.name))?;
    let mut summary = Summary::default();
    match change {
        Change::AddColumns(added) => {
            evolve::add(&mut table, added)?;
            summary.bare_metadata = !iceberg;
        }
        Change::ReplaceColumns(_) | Change::SetLocation(..) | Change::RenamePartition(..)
            if iceberg =>
        {
            return Err(not_for_iceberg());
        }
        Change::ReplaceColumns(columns) => {
            table.storage.columns.clone_from(columns);
            summary.bare_metadata = true;
        }
        Change::Column { old, new, position } => {
            evolve::change(&mut table, old, new, position.as_ref())?;
        }
        Change::DropColumn(column, ..) => evolve::drop(&mut table, column)?,
        Change::Rename(to) => {
            rename(scope, database, &table, to)?;
            return Ok(summary);
        }
        Change::SetProperties(pairs) => {
            let unknown = pairs
                .iter()
                .find(|(key, _)| iceberg && !ICEBERG_PROPERTIES.contains(&key.as_str()));
            if let Some((key, _)) = unknown {
                return Err(plain(
                    &format!("Unsupported table property key: {key}"),
                    1200,
                ));
            }
            table.parameters.extend(pairs.iter().cloned());
        }
        Change::UnsetProperties(names) => {
            for name in names {
                table.parameters.remove(name);
            }
        }
        Change::SetLocation(of, uri) => {
            if location(uri).is_none() {
                return Err(task(&format!("{uri} is not absolute or has no scheme")));
            }
            let Some(spec) = of else {
                table.storage.location = Some(uri.clone());
                return update(scope, database, table, summary);
            };
            change_partition(scope, database, &table, spec, |partition| {
                partition.storage.location = Some(uri.clone());
                Ok(())
            })?;
            return Ok(summary);
        }
        Change::RenamePartition(from, to) => {
            let renamed = values(&table, to)?;
            change_partition(scope, database, &table, from, |partition| {
                partition.values = renamed;
                Ok(())
            })?;
            return Ok(summary);
        }
    }
    update(scope, database, table, summary)
}

fn update(
    scope: &Scope,
    database: &str,
    table: Table,
    summary: Summary,
) -> Result<Summary, Failure> {
    let stored = scope.stored().update_table(database, table);
    stored.map_err(|error| refused(&error))?;
    Ok(summary)
}

fn change_partition(
    scope: &Scope,
    database: &str,
    table: &Table,
    spec: &Spec,
    change: impl FnOnce(&mut crate::metastore::Partition) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let values = values(table, spec)?;
    let stored = scope.stored();
    let partition = stored.partition(database, &table.name, &values);
    let mut partition = partition.map_err(|error| refused(&error))?;
    change(&mut partition)?;
    let changed = stored.update_partition(database, &table.name, &values, partition);
    changed.map_err(|error| refused(&error))
}

/// Gives an Iceberg table another name, perhaps in another database.
fn rename(scope: &Scope, database: &str, table: &Table, to: &Name) -> Result<(), Failure> {
    let into = to.database.as_deref().unwrap_or(database);
    if scope.is_s3_tables() {
        return Err(plain("Query type not supported by S3 Tables", 1200));
    }
    if scope.database(into).is_none() {
        let message = format!("line 1:1: Target schema '{into}' does not exist");
        return Err(AthenaError::new("SCHEMA_NOT_FOUND", message).into());
    }
    let moved = if into == database {
        scope.stored().rename_table(database, &table.name, &to.name)
    } else {
        let renamed = Table {
            name: to.name.clone(),
            ..table.clone()
        };
        let created = scope.stored().create_table(into, renamed);
        created.and_then(|()| scope.stored().drop_table(database, &table.name))
    };
    moved.map_err(|_taken| {
        let full = format!("{CATALOG}.{into}.{}", to.name);
        let message = format!("line 1:1: Target table '{full}' already exists");
        AthenaError::new("TABLE_ALREADY_EXISTS", message).into()
    })
}

fn no_drop_column(place: Location, word: &str) -> Failure {
    let line = place.line;
    let reason = format!(
        "ParseException line {line}:{} mismatched input '{word}' expecting PARTITION near 'DROP' in drop partition \
         statement",
        place.column.saturating_sub(1)
    );
    let message = format!(
        "line {line}:{}: mismatched input '{word}' expecting 'PARTITION'",
        place.column
    );
    told(hive(&reason, 1006), 1006, &message)
}
