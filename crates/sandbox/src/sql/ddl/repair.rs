//! MSCK REPAIR TABLE: partitions for the folders there are.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use super::Name;
use super::alter::found;
use super::failure::{not_for_iceberg, refused, task};
use super::partitions::name_of;
use crate::engine::{Failure, Sink, Summary};
use crate::metastore::{Partition, Table};
use crate::sql::lake::{is_iceberg, partition_location};
use crate::sql::scope::Scope;
use crate::sql::unload::location;

pub(super) fn run(
    scope: &Scope,
    database: &str,
    name: &Name,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let Ok(table) = found(scope, database, &name.name) else {
        // A table that is not there is no error.
        let line = format!("Tables not in metastore:\t{}", name.name);
        return tell(vec![line], sink);
    };
    if is_iceberg(&table) {
        return Err(not_for_iceberg());
    }
    let Some((bucket, folder)) = table.storage.location.as_deref().and_then(location) else {
        return Err(Failure {
            error_category: 2,
            error_type: 1100,
            ..task("Can not create a Path from an empty string")
        });
    };
    let keys: Vec<String> = scope
        .host
        .objects
        .list(bucket, &folder)
        .map_err(|error| task(&error.to_string()))?
        .into_iter()
        .map(|object| object.key)
        .collect();
    let mut lines = Vec::new();
    if keys.is_empty() {
        lines.push(format!("Tables missing on filesystem:\t{}", table.name));
    }
    let folders: BTreeSet<Vec<String>> = keys
        .iter()
        .filter_map(|key| values(&table, key.strip_prefix(&folder)?))
        .collect();
    let known: BTreeSet<Vec<String>> = scope
        .stored()
        .partitions(database, &table.name, None)
        .map_err(|error| refused(&error))?
        .into_iter()
        .map(|partition| partition.values)
        .collect();
    let listed = |values: Vec<&Vec<String>>| -> String {
        let names = values.into_iter();
        names
            .map(|values| format!("\t{}:{}", table.name, name_of(&table, values)))
            .collect()
    };
    let missing: Vec<&Vec<String>> = folders.difference(&known).collect();
    let gone: Vec<&Vec<String>> = known.difference(&folders).collect();
    if !missing.is_empty() {
        lines.push(format!(
            "Partitions not in metastore:{}",
            listed(missing.clone())
        ));
    }
    if !gone.is_empty() {
        lines.push(format!(
            "Partitions missing from filesystem:{}",
            listed(gone)
        ));
    }
    for values in missing {
        let name = name_of(&table, values);
        let place = partition_location(&table, &name);
        scope
            .stored()
            .add_partition(
                database,
                &table.name,
                Partition::of(&table, values.clone(), &place),
            )
            .map_err(|error| refused(&error))?;
        lines.push(format!(
            "Repair: Added partition to metastore {}:{name}",
            table.name
        ));
    }
    tell(lines, sink)
}

/// Lines of text, without a column to hold them.
fn tell(lines: Vec<String>, sink: &mut dyn Sink) -> Result<Summary, Failure> {
    sink.columns(Vec::new())?;
    let rows: Vec<_> = lines.into_iter().map(|line| vec![Some(line)]).collect();
    sink.rows(&rows)?;
    Ok(Summary {
        bare_metadata: true,
        ..Summary::default()
    })
}

/// The partition a key's folders name, if they do.
fn values(table: &Table, below: &str) -> Option<Vec<String>> {
    let mut folders = below.split('/');
    let values = table
        .partition_keys
        .iter()
        .map(|key| {
            let (name, value) = folders.next()?.split_once('=')?;
            if !name.eq_ignore_ascii_case(&key.name) {
                return None;
            }
            Some(percent_decode_str(value).decode_utf8().ok()?.into_owned())
        })
        .collect::<Option<Vec<_>>>()?;
    (!values.is_empty() && folders.next().is_some()).then_some(values)
}
