//! Statements that change the data catalogue.

mod alter;
mod create_table;
mod cursor;
mod database;
mod drop;
mod evolve;
mod failure;
mod foreign;
mod partitions;
mod quoted;
mod repair;
mod view;

pub(super) use create_table::{SPEC, set_format};
pub(super) use cursor::{Cursor, Name};
pub(super) use evolve::number;
pub(super) use failure::{hive, no_table, plain};
pub(super) use foreign::check_alter;
pub(super) use quoted::{check_described, check_quoted};

use datafusion::sql::sqlparser::tokenizer::{Location, TokenWithSpan};

use super::plan::context as database_of;
use super::scope::Scope;
use crate::engine::{Failure, Query, Refusal, Sink, Summary};
use crate::metastore::Metastore;

/// A statement that changes the data catalogue.
#[derive(Debug)]
pub(super) enum Ddl {
    CreateDatabase(database::CreateDatabase),
    DropDatabase(database::DropDatabase),
    CreateTable(Box<create_table::CreateTable>),
    CreateView(Box<view::CreateView>),
    Drop(drop::Drop),
    Alter(Name, alter::Change),
    AddPartitions(Name, partitions::AddPartitions),
    DropPartitions(Name, partitions::DropPartitions),
    Repair(Name),
}

/// Parses a statement of a kind; `None` when it is of a kind that is not run.
///
/// # Errors
/// Where the text is no such statement.
pub(super) fn parse(
    sql: &str,
    tokens: &[TokenWithSpan],
    kind: &str,
    end: Location,
) -> Result<Option<Ddl>, Refusal> {
    let cursor = Cursor::new(tokens, 0, end);
    Ok(Some(match kind {
        "CREATE_DATABASE" => Ddl::CreateDatabase(database::parse_create(cursor)?),
        "DROP_DATABASE" => Ddl::DropDatabase(database::parse_drop(cursor)?),
        "CREATE_TABLE" => Ddl::CreateTable(Box::new(create_table::parse(cursor)?)),
        "CREATE_VIEW" => Ddl::CreateView(Box::new(view::parse(sql, cursor)?)),
        "DROP_TABLE" | "DROP_VIEW" => Ddl::Drop(drop::parse(cursor)?),
        "MSCK_REPAIR" => {
            let mut cursor = cursor;
            cursor.expect(&["MSCK", "REPAIR", "TABLE"])?;
            let name = cursor.name()?;
            cursor.done()?;
            Ddl::Repair(name)
        }
        "ALTER_TABLE_ADD_PARTITION" => {
            let (name, added) = partitions::parse_add(cursor)?;
            Ddl::AddPartitions(name, added)
        }
        "ALTER_TABLE_DROP_PARTITION" => {
            let (name, dropped) = partitions::parse_drop(cursor)?;
            Ddl::DropPartitions(name, dropped)
        }
        kind if kind.starts_with("ALTER_TABLE") => match alter::parse(cursor, kind)? {
            Some((name, change)) => Ddl::Alter(name, change),
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

/// Runs a statement.
pub(super) async fn run(
    scope: &Scope,
    ddl: &Ddl,
    query: &Query,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let context = database_of(query);
    let of = |name: &Name| name.database.clone().unwrap_or_else(|| context.clone());
    let holder = |name: &Name| scope.holding(name);
    match ddl {
        Ddl::CreateDatabase(create) => database::create(scope, create),
        Ddl::DropDatabase(drop) => database::drop(scope, drop),
        Ddl::CreateTable(create) => {
            let name = &create.name;
            create_table::run(&holder(name), create, &of(name))
        }
        Ddl::CreateView(create) => {
            let name = &create.name;
            view::run(&holder(name), create, &of(name), query).await
        }
        Ddl::Drop(drop) => return drop::run(&holder(&drop.name), drop, &of(&drop.name), sink),
        Ddl::Alter(name, change) => return alter::run(&holder(name), &of(name), name, change),
        Ddl::AddPartitions(name, added) => partitions::add(&holder(name), &of(name), name, added),
        Ddl::DropPartitions(name, dropped) => {
            partitions::drop(&holder(name), &of(name), name, dropped)
        }
        Ddl::Repair(name) => return repair::run(&holder(name), &of(name), name, sink),
    }?;
    Ok(Summary::default())
}

impl Ddl {
    /// Asks the catalogue what Athena asks it before it makes an id.
    ///
    /// # Errors
    /// Refuses a table in a place it cannot have.
    pub(super) fn look_up(&self, query: &Query, metastore: &Metastore) -> Result<(), Refusal> {
        match self {
            Self::CreateTable(create) => create.check_place(query, metastore),
            _ => Ok(()),
        }
    }
}
