//! Columns of a table that change.
//!
//! Hive's files are read by what the table says now. Iceberg's columns keep their values
//! whatever they are called: a column remembers its name in the files, and one that is
//! dropped stays behind, marked as such, so that its name in the files is not taken again.

use super::failure::{plain, task};
use crate::engine::Failure;
use crate::metastore::{Column, Table};
use crate::sql::lake::{CURRENT, STORED_AS, columns_of, is_current, is_iceberg, stored_as};
use crate::sql::type_text::parse_hive;
use crate::sql::types::AthenaType;

/// Where a column goes.
#[derive(Debug)]
pub(in crate::sql) enum Position {
    First,
    After(String),
}

/// Marks columns as Iceberg's, counting from those there are.
pub(in crate::sql) fn number(columns: &mut [Column]) {
    let id = "iceberg.field.id";
    let last = columns
        .iter()
        .filter_map(|column| column.parameters.get(id)?.parse::<usize>().ok())
        .max();
    let unnumbered = columns
        .iter_mut()
        .filter(|column| !column.parameters.contains_key(id));
    for (index, column) in unnumbered.enumerate() {
        let number = last.unwrap_or(0) + index + 1;
        for (name, value) in [
            (id, number.to_string()),
            ("iceberg.field.optional", "true".to_owned()),
            (CURRENT, "true".to_owned()),
        ] {
            column.parameters.insert(name.to_owned(), value);
        }
    }
}

/// ADD COLUMNS.
pub(super) fn add(table: &mut Table, added: &[Column]) -> Result<(), Failure> {
    let iceberg = is_iceberg(table);
    for column in added {
        check_free(table, &column.name)?;
        let mut column = column.clone();
        if iceberg {
            let mut stored = column.name.clone();
            while table
                .storage
                .columns
                .iter()
                .any(|other| stored_as(other) == stored)
            {
                stored.push('_');
            }
            if stored != column.name {
                column.parameters.insert(STORED_AS.to_owned(), stored);
            }
        }
        table.storage.columns.push(column);
    }
    if iceberg {
        number(&mut table.storage.columns);
    }
    Ok(())
}

/// CHANGE COLUMN: another name, type, comment or place.
pub(super) fn change(
    table: &mut Table,
    old: &str,
    new: &Column,
    position: Option<&Position>,
) -> Result<(), Failure> {
    let iceberg = is_iceberg(table);
    let index = index(table, old)?;
    if new.name != old {
        check_free(table, &new.name)?;
    }
    if iceberg {
        check_promotion(table, index, new)?;
    }
    let Some(column) = table.storage.columns.get_mut(index) else {
        return Err(missing(old));
    };
    if iceberg && new.name != old {
        let stored = stored_as(column).to_owned();
        column.parameters.insert(STORED_AS.to_owned(), stored);
    }
    column.name.clone_from(&new.name);
    column.hive_type.clone_from(&new.hive_type);
    if new.comment.is_some() {
        column.comment.clone_from(&new.comment);
    }
    let target = match position {
        None => return Ok(()),
        Some(Position::First) => 0,
        Some(Position::After(other)) => self::index(table, other)? + 1,
    };
    let column = table.storage.columns.remove(index);
    let target = if target > index { target - 1 } else { target };
    table.storage.columns.insert(target, column);
    Ok(())
}

/// DROP COLUMN of an Iceberg table.
pub(super) fn drop(table: &mut Table, name: &str) -> Result<(), Failure> {
    let index = index(table, name)?;
    if table
        .storage
        .columns
        .iter()
        .filter(|c| is_current(c))
        .count()
        == 1
    {
        return Err(plain("Cannot drop the only column in a table", 1200));
    }
    if let Some(column) = table.storage.columns.get_mut(index) {
        column
            .parameters
            .insert(CURRENT.to_owned(), "false".to_owned());
    }
    Ok(())
}

fn index(table: &Table, name: &str) -> Result<usize, Failure> {
    let found = table
        .storage
        .columns
        .iter()
        .position(|column| is_current(column) && column.name == name);
    found.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Failure {
    task(&format!("Invalid column reference {name}"))
}

fn check_free(table: &Table, name: &str) -> Result<(), Failure> {
    let columns = table.storage.columns.iter().filter(|c| is_current(c));
    let taken = columns.chain(&table.partition_keys);
    if taken.into_iter().any(|other| other.name == name) {
        return Err(task(&format!("Duplicate column name: {name}")));
    }
    Ok(())
}

/// Iceberg widens integers, floats and decimals, and nothing else.
fn check_promotion(table: &Table, index: usize, new: &Column) -> Result<(), Failure> {
    let columns = columns_of(table)?;
    let name = table.storage.columns.get(index).map(|column| &column.name);
    let from = columns
        .iter()
        .find(|(other, _)| Some(other) == name)
        .map(|(_, athena_type)| athena_type);
    let to = new.hive_type.as_deref().and_then(parse_hive);
    let (Some(from), Some(to)) = (from, to) else {
        return Ok(());
    };
    let fits = match (from, &to) {
        (AthenaType::Integer, AthenaType::Bigint) | (AthenaType::Real, AthenaType::Double) => true,
        (AthenaType::Decimal(from, scale), AthenaType::Decimal(to, same)) => {
            scale == same && to >= from
        }
        (AthenaType::Timestamp(_), AthenaType::Timestamp(_)) => true,
        (from, to) => from == to,
    };
    if fits {
        return Ok(());
    }
    Err(plain(
        &format!("Cannot change column type: {}: {from} -> {to}", new.name),
        1200,
    ))
}
