//! Glue's JSON shapes, both ways.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::check_lengths;
use crate::athena::input::{Constraints, Input};
use crate::clock::epoch_seconds;
use crate::error::ApiError;
use crate::metastore::{Column, Database, Parameters, Partition, Serde, StorageDescriptor, Table};

/// A column's type may be this long.
const MAX_TYPE: usize = 131_072;

/// Members of `StorageDescriptor` that are kept as given.
const STORAGE_MORE: [&str; 8] = [
    "AdditionalLocations",
    "BucketColumns",
    "Compressed",
    "NumberOfBuckets",
    "SchemaReference",
    "SkewedInfo",
    "SortColumns",
    "StoredAsSubDirectories",
];

/// Members of `TableInput` that are kept as given.
const TABLE_MORE: [&str; 6] = [
    "LastAccessTime",
    "LastAnalyzedTime",
    "Retention",
    "TargetTable",
    "ViewDefinition",
    "IsMultiDialectView",
];

fn insert_text(json: &mut Value, key: &str, text: Option<&str>) {
    if let Some(text) = text {
        json[key] = text.into();
    }
}

fn insert_time(json: &mut Value, key: &str, time: Option<SystemTime>) {
    if let Some(time) = time {
        json[key] = epoch_seconds(time).into();
    }
}

fn insert_parameters(json: &mut Value, parameters: &Parameters) {
    if !parameters.is_empty() {
        json["Parameters"] = json!(parameters);
    }
}

fn insert_more(json: &mut Value, more: &Map<String, Value>) {
    for (key, value) in more {
        json[key] = value.clone();
    }
}

pub(super) fn database(database: &Database, catalog: &str) -> Value {
    let mut json = json!({"Name": database.name, "CatalogId": catalog});
    insert_text(&mut json, "Description", database.description.as_deref());
    insert_text(&mut json, "LocationUri", database.location.as_deref());
    insert_parameters(&mut json, &database.parameters);
    insert_time(&mut json, "CreateTime", database.created);
    json
}

fn column(column: &Column) -> Value {
    let mut json = json!({"Name": column.name});
    insert_text(&mut json, "Type", column.hive_type.as_deref());
    insert_text(&mut json, "Comment", column.comment.as_deref());
    insert_parameters(&mut json, &column.parameters);
    json
}

fn storage(storage: &StorageDescriptor, with_columns: bool) -> Value {
    let mut json = json!({});
    if with_columns {
        json["Columns"] = storage.columns.iter().map(column).collect();
    }
    insert_text(&mut json, "Location", storage.location.as_deref());
    insert_text(&mut json, "InputFormat", storage.input_format.as_deref());
    insert_text(&mut json, "OutputFormat", storage.output_format.as_deref());
    if storage.serde != Serde::default() {
        let mut serde = json!({});
        insert_text(&mut serde, "Name", storage.serde.name.as_deref());
        let class = storage.serde.class.as_deref();
        insert_text(&mut serde, "SerializationLibrary", class);
        insert_parameters(&mut serde, &storage.serde.parameters);
        json["SerdeInfo"] = serde;
    }
    insert_parameters(&mut json, &storage.parameters);
    insert_more(&mut json, &storage.more);
    json
}

pub(super) fn table(table: &Table, database: &str, catalog: &str) -> Value {
    let mut json = json!({
        "Name": table.name,
        "DatabaseName": database.to_lowercase(),
        "CatalogId": catalog,
        "VersionId": table.version.to_string(),
        "IsRegisteredWithLakeFormation": false,
    });
    if !table.more.contains_key("TargetTable") {
        json["StorageDescriptor"] = storage(&table.storage, true);
        json["PartitionKeys"] = table.partition_keys.iter().map(column).collect();
    }
    insert_text(&mut json, "Description", table.description.as_deref());
    insert_text(&mut json, "Owner", table.owner.as_deref());
    insert_text(&mut json, "TableType", table.table_type.as_deref());
    let original = table.view_original_text.as_deref();
    insert_text(&mut json, "ViewOriginalText", original);
    let expanded = table.view_expanded_text.as_deref();
    insert_text(&mut json, "ViewExpandedText", expanded);
    insert_parameters(&mut json, &table.parameters);
    insert_more(&mut json, &table.more);
    insert_time(&mut json, "CreateTime", table.created);
    insert_time(&mut json, "UpdateTime", table.updated);
    json
}

/// A partition of `database.table`.
pub(super) fn partition(
    partition: &Partition,
    (database, table): (&str, &str),
    catalog: &str,
    with_columns: bool,
) -> Value {
    let mut json = json!({
        "Values": partition.values,
        "DatabaseName": database.to_lowercase(),
        "TableName": table.to_lowercase(),
        "CatalogId": catalog,
        "StorageDescriptor": storage(&partition.storage, with_columns),
    });
    insert_parameters(&mut json, &partition.parameters);
    insert_time(&mut json, "CreationTime", partition.created);
    json
}

fn text(input: Input<'_>, key: &str) -> Result<Option<String>, ApiError> {
    Ok(input.string(key)?.map(str::to_owned))
}

fn parameters(input: Input<'_>) -> Result<Parameters, ApiError> {
    let Some(given) = input.object("Parameters")? else {
        return Ok(Parameters::new());
    };
    let mut parameters = BTreeMap::new();
    for key in given.0.keys() {
        check_lengths(&[("parameters", Some(key), 1)])?;
        if let Some(value) = text(given, key)? {
            parameters.insert(key.clone(), value);
        }
    }
    Ok(parameters)
}

fn kept(input: Input<'_>, members: &[&str]) -> Map<String, Value> {
    let given = input.0.iter();
    given
        .filter(|(key, value)| members.contains(&key.as_str()) && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn read_columns(input: Input<'_>, key: &str, path: &str) -> Result<Vec<Column>, ApiError> {
    let mut columns = Vec::new();
    for (index, value) in input.list(key)?.unwrap_or_default().iter().enumerate() {
        let given = Input::of_value(value)?;
        let (name, hive_type) = (given.string("Name")?, given.string("Type")?);
        let comment = given.string("Comment")?;
        let path = format!("{path}.{}.member", index + 1);
        let mut constraints = Constraints::default();
        constraints.required(&format!("{path}.name"), name.is_some());
        constraints.length(&format!("{path}.name"), name, 1, 255);
        constraints.length(&format!("{path}.type"), hive_type, 0, MAX_TYPE);
        constraints.length(&format!("{path}.comment"), comment, 0, 255);
        constraints.check()?;
        columns.push(Column {
            name: name.unwrap_or_default().to_owned(),
            hive_type: hive_type.map(str::to_owned),
            comment: comment.map(str::to_owned),
            parameters: parameters(given)?,
        });
    }
    Ok(columns)
}

fn read_storage(input: Input<'_>, path: &str) -> Result<StorageDescriptor, ApiError> {
    let Some(given) = input.object("StorageDescriptor")? else {
        return Ok(StorageDescriptor::default());
    };
    let serde = match given.object("SerdeInfo")? {
        Some(serde) => Serde {
            name: text(serde, "Name")?,
            class: text(serde, "SerializationLibrary")?,
            parameters: parameters(serde)?,
        },
        None => Serde::default(),
    };
    let columns = format!("{path}.storageDescriptor.columns");
    Ok(StorageDescriptor {
        columns: read_columns(given, "Columns", &columns)?,
        location: text(given, "Location")?,
        input_format: text(given, "InputFormat")?,
        output_format: text(given, "OutputFormat")?,
        serde,
        parameters: parameters(given)?,
        more: kept(given, &STORAGE_MORE),
    })
}

pub(super) fn read_database(input: Input<'_>) -> Result<Database, ApiError> {
    Ok(Database {
        name: super::name(input, "Name")?.to_owned(),
        description: text(input, "Description")?,
        location: text(input, "LocationUri")?,
        parameters: parameters(input)?,
        created: None,
    })
}

pub(super) fn read_table(input: Input<'_>) -> Result<Table, ApiError> {
    Ok(Table {
        name: super::name(input, "Name")?.to_owned(),
        description: text(input, "Description")?,
        owner: text(input, "Owner")?,
        table_type: text(input, "TableType")?,
        storage: read_storage(input, "table")?,
        partition_keys: read_columns(input, "PartitionKeys", "table.partitionKeys")?,
        view_original_text: text(input, "ViewOriginalText")?,
        view_expanded_text: text(input, "ViewExpandedText")?,
        parameters: parameters(input)?,
        more: kept(input, &TABLE_MORE),
        ..Table::default()
    })
}

pub(super) fn read_values(input: Input<'_>, key: &str) -> Result<Vec<String>, ApiError> {
    let values = input.strings(key)?;
    let mut constraints = Constraints::default();
    constraints.required(key, values.is_some());
    for (index, value) in values.iter().flatten().enumerate() {
        let path = format!("{key}.{}.member", index + 1);
        constraints.length(&path, Some(value), 1, 1024);
    }
    constraints.check()?;
    let values = values.unwrap_or_default();
    Ok(values.into_iter().map(str::to_owned).collect())
}

pub(super) fn read_partition(input: Input<'_>) -> Result<Partition, ApiError> {
    Ok(Partition {
        values: read_values(input, "Values")?,
        storage: read_storage(input, "partition")?,
        parameters: parameters(input)?,
        created: None,
    })
}
