//! CREATE DATABASE and DROP DATABASE.

use super::Cursor;
use super::failure::{no_database, refused, task};
use crate::engine::{Failure, Refusal};
use crate::metastore::Database;
use crate::sql::scope::Scope;

/// CREATE DATABASE.
#[derive(Debug)]
pub(in crate::sql) struct CreateDatabase {
    database: Database,
    if_not_exists: bool,
}

/// DROP DATABASE.
#[derive(Debug)]
pub(in crate::sql) struct DropDatabase {
    name: String,
    if_exists: bool,
    cascade: bool,
}

pub(super) fn parse_create(mut cursor: Cursor<'_>) -> Result<CreateDatabase, Refusal> {
    cursor.at += 2;
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let mut database = Database::new(&cursor.ident()?);
    if cursor.eat(&["COMMENT"]) {
        database.description = Some(cursor.string()?);
    }
    if cursor.eat(&["LOCATION"]) {
        database.location = Some(cursor.string()?);
    }
    if cursor.eat(&["WITH", "DBPROPERTIES"]) {
        database.parameters = cursor.pairs()?.into_iter().collect();
    }
    cursor.done()?;
    Ok(CreateDatabase {
        database,
        if_not_exists,
    })
}

pub(super) fn parse_drop(mut cursor: Cursor<'_>) -> Result<DropDatabase, Refusal> {
    cursor.at += 2;
    let if_exists = cursor.eat(&["IF", "EXISTS"]);
    let name = cursor.ident()?;
    let cascade = cursor.eat(&["CASCADE"]);
    if !cascade {
        cursor.eat(&["RESTRICT"]);
    }
    cursor.done()?;
    Ok(DropDatabase {
        name,
        if_exists,
        cascade,
    })
}

pub(super) fn create(scope: &Scope, create: &CreateDatabase) -> Result<(), Failure> {
    let name = &create.database.name;
    if scope.database(name).is_some() {
        if create.if_not_exists {
            return Ok(());
        }
        return Err(task(&format!("Database {name} already exists")));
    }
    scope
        .stored()
        .create_database(create.database.clone())
        .map_err(|error| refused(&error))
}

pub(super) fn drop(scope: &Scope, drop: &DropDatabase) -> Result<(), Failure> {
    use datafusion::catalog::SchemaProvider as _;

    let Some(database) = scope.database(&drop.name) else {
        if drop.if_exists {
            return Ok(());
        }
        return Err(no_database(&drop.name));
    };
    if !drop.cascade && !database.table_names().is_empty() {
        return Err(task(&format!(
            "InvalidOperationException(message:Database {} is not empty. One or more tables exist.)",
            drop.name
        )));
    }
    scope
        .stored()
        .drop_database(&drop.name)
        .map_err(|error| refused(&error))
}
