//! DROP TABLE and DROP VIEW.

use super::failure::{no_database, refused, task};
use super::{Cursor, Name, no_table};
use crate::engine::{Failure, Refusal, Sink, Summary};
use crate::sql::lake::is_iceberg;
use crate::sql::scope::Scope;
use crate::sql::unload::location;

/// DROP TABLE or DROP VIEW.
#[derive(Debug)]
pub(in crate::sql) struct Drop {
    pub(super) name: Name,
    if_exists: bool,
    view: bool,
}

pub(super) fn parse(mut cursor: Cursor<'_>) -> Result<Drop, Refusal> {
    cursor.at += 1;
    let view = cursor.eat(&["VIEW"]);
    if !view {
        cursor.expect(&["TABLE"])?;
    }
    let if_exists = cursor.eat(&["IF", "EXISTS"]);
    let name = cursor.name()?;
    cursor.done()?;
    Ok(Drop {
        name,
        if_exists,
        view,
    })
}

/// The data of an external table stays; that of an Iceberg table goes with it.
pub(super) fn run(
    scope: &Scope,
    drop: &Drop,
    database: &str,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    let name = &drop.name.name;
    if scope.database(database).is_none() {
        return if drop.if_exists {
            Ok(summary)
        } else {
            Err(no_database(database))
        };
    }
    let stored = scope.stored().stored_table(database, name);
    match &stored {
        Some(table) if table.is_view() != drop.view => {
            let (is, wanted) = if drop.view {
                ("table", "DROP VIEW")
            } else {
                ("view", "DROP TABLE")
            };
            return Err(task(&format!(
                "Cannot {wanted}: {database}.{name} is a {is}"
            )));
        }
        Some(_) => {}
        None if drop.if_exists => return Ok(summary),
        None if scope.database(database).is_none_or(|found| {
            !datafusion::catalog::SchemaProvider::table_exist(&found, name)
        }) =>
        {
            return Err(no_table(database, name));
        }
        None => {}
    }
    scope
        .stored()
        .drop_table(database, name)
        .map_err(|error| refused(&error))?;
    let Some(table) = stored.filter(is_iceberg) else {
        return Ok(summary);
    };
    if let Some((bucket, folder)) = table.storage.location.as_deref().and_then(location)
        && !folder.is_empty()
    {
        let objects = &scope.host.objects;
        for object in objects.list(bucket, &folder).unwrap_or_default() {
            objects
                .remove(bucket, &object.key)
                .map_err(|error| task(&error.to_string()))?;
        }
    }
    // The engine drops it, and answers two rows of nothing.
    sink.columns(Vec::new())?;
    sink.rows(&[vec![None], vec![None]])?;
    summary.bare_metadata = true;
    Ok(summary)
}
