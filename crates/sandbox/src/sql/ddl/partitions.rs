//! ALTER TABLE ADD PARTITION and DROP PARTITION.

use datafusion::sql::sqlparser::tokenizer::Token;

use super::alter::{found, head};
use super::failure::{hive, not_for_iceberg, refused, task};
use super::{Cursor, Name};
use crate::engine::{Failure, Refusal};
use crate::metastore::{MetastoreError, Partition, Table};
use crate::sql::lake::{is_iceberg, partition_location};
use crate::sql::scope::Scope;
use crate::sql::write::partition_name;

/// Names and values of a partition, as written.
pub(super) type Spec = Vec<(String, String)>;

/// ADD PARTITION.
#[derive(Debug)]
pub(in crate::sql) struct AddPartitions {
    if_not_exists: bool,
    partitions: Vec<(Spec, Option<String>)>,
}

/// DROP PARTITION.
#[derive(Debug)]
pub(in crate::sql) struct DropPartitions {
    if_exists: bool,
    partitions: Vec<Spec>,
}

pub(super) fn parse_add(mut cursor: Cursor<'_>) -> Result<(Name, AddPartitions), Refusal> {
    let name = head(&mut cursor)?;
    cursor.expect(&["ADD"])?;
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let mut partitions = Vec::new();
    while !cursor.is_done() {
        cursor.eat_token(&Token::Comma);
        cursor.expect(&["PARTITION"])?;
        let spec = spec(&mut cursor)?;
        let location = if cursor.eat(&["LOCATION"]) {
            Some(cursor.string()?)
        } else {
            None
        };
        partitions.push((spec, location));
    }
    let added = AddPartitions {
        if_not_exists,
        partitions,
    };
    Ok((name, added))
}

pub(super) fn parse_drop(mut cursor: Cursor<'_>) -> Result<(Name, DropPartitions), Refusal> {
    let name = head(&mut cursor)?;
    cursor.expect(&["DROP"])?;
    let if_exists = cursor.eat(&["IF", "EXISTS"]);
    let mut partitions = Vec::new();
    while !cursor.is_done() {
        cursor.eat_token(&Token::Comma);
        cursor.expect(&["PARTITION"])?;
        partitions.push(spec(&mut cursor)?);
    }
    let dropped = DropPartitions {
        if_exists,
        partitions,
    };
    Ok((name, dropped))
}

pub(super) fn spec(cursor: &mut Cursor<'_>) -> Result<Spec, Refusal> {
    cursor.expect_token(&Token::LParen)?;
    let mut pairs = Vec::new();
    loop {
        let name = cursor.ident()?;
        cursor.expect_token(&Token::Eq)?;
        let value = match cursor.peek() {
            Some(Token::Number(number, _)) => {
                cursor.at += 1;
                number.clone()
            }
            _ => {
                cursor.eat(&["DATE"]);
                cursor.string()?
            }
        };
        pairs.push((name, value));
        if !cursor.eat_token(&Token::Comma) {
            break;
        }
    }
    cursor.expect_token(&Token::RParen)?;
    Ok(pairs)
}

/// A table whose partitions may be altered.
fn partitioned(scope: &Scope, database: &str, name: &Name) -> Result<Table, Failure> {
    let table = found(scope, database, &name.name)?;
    if is_iceberg(&table) {
        return Err(not_for_iceberg());
    }
    Ok(table)
}

/// The values in the order of the table's keys.
pub(super) fn values(table: &Table, spec: &Spec) -> Result<Vec<String>, Failure> {
    let wrong = || {
        let names: Vec<&str> = spec.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!(
            "SemanticException Partition spec {{{}}} contains non-partition columns",
            names.join(", ")
        );
        hive(&text, 1003)
    };
    if spec.len() != table.partition_keys.len() {
        return Err(wrong());
    }
    table
        .partition_keys
        .iter()
        .map(|key| {
            let found = spec
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&key.name));
            found.map(|(_, value)| value.clone()).ok_or_else(wrong)
        })
        .collect()
}

/// `p=1/q=2`.
pub(in crate::sql) fn name_of(table: &Table, values: &[String]) -> String {
    let keys = table.partition_keys.iter().map(|key| key.name.as_str());
    partition_name(keys.zip(values.iter().map(|value| Some(value.as_str()))))
}

pub(super) fn add(
    scope: &Scope,
    database: &str,
    name: &Name,
    added: &AddPartitions,
) -> Result<(), Failure> {
    let table = partitioned(scope, database, name)?;
    for (spec, location) in &added.partitions {
        let values = values(&table, spec)?;
        let location = location
            .clone()
            .unwrap_or_else(|| partition_location(&table, &name_of(&table, &values)));
        let partition = Partition::of(&table, values, &location);
        match scope
            .stored()
            .add_partition(database, &table.name, partition)
        {
            Err(MetastoreError::AlreadyExists(_)) if added.if_not_exists => {}
            Err(error) => return Err(refused(&error)),
            Ok(()) => {}
        }
    }
    Ok(())
}

pub(super) fn drop(
    scope: &Scope,
    database: &str,
    name: &Name,
    dropped: &DropPartitions,
) -> Result<(), Failure> {
    let table = partitioned(scope, database, name)?;
    for spec in &dropped.partitions {
        let values = values(&table, spec)?;
        match scope
            .stored()
            .drop_partition(database, &table.name, &values)
        {
            Err(MetastoreError::NotFound(_)) if dropped.if_exists => {}
            Err(MetastoreError::NotFound(_)) => {
                return Err(task(&format!(
                    "Partition not found ({})",
                    name_of(&table, &values)
                )));
            }
            Err(error) => return Err(refused(&error)),
            Ok(()) => {}
        }
    }
    Ok(())
}
