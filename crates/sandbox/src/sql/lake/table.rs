//! What a table's entry in the catalogue says of its columns and its files.

use std::sync::Arc;

use datafusion::arrow::datatypes::{FieldRef, Schema, SchemaRef};
use datafusion::error::Result;

use crate::metastore::{Column, Table};
use crate::sql::failure::AthenaError;
use crate::sql::type_text::parse_hive;
use crate::sql::types::AthenaType;

/// How a table's files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) enum Form {
    Parquet,
    /// Hive's LazySimpleSerDe.
    Text,
    OpenCsv,
    Json,
}

/// True for a table of Iceberg's kind.
pub(in crate::sql) fn is_iceberg(table: &Table) -> bool {
    table
        .parameters
        .get("table_type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("iceberg"))
}

/// The form of a table's files, by its SerDe.
///
/// # Errors
/// `NOT_SUPPORTED` for a form this sandbox cannot read.
pub(in crate::sql) fn form_of(table: &Table) -> std::result::Result<Form, AthenaError> {
    if is_iceberg(table) {
        return Ok(Form::Parquet);
    }
    let class = table.storage.serde.class.as_deref().unwrap_or_default();
    let class = class.to_lowercase();
    let classification = table.parameters.get("classification");
    let classification = classification.map(String::as_str).unwrap_or_default();
    if class.contains("parquet") {
        Ok(Form::Parquet)
    } else if class.contains("opencsv") {
        Ok(Form::OpenCsv)
    } else if class.contains("json") {
        Ok(Form::Json)
    } else if class.contains("lazysimple") {
        Ok(Form::Text)
    } else if class.is_empty() && classification == "parquet" {
        Ok(Form::Parquet)
    } else if class.is_empty() && classification == "json" {
        Ok(Form::Json)
    } else if class.is_empty() {
        Ok(Form::Text)
    } else {
        Err(AthenaError::not_supported(format!(
            "this sandbox cannot read tables of the SerDe {}",
            table.storage.serde.class.as_deref().unwrap_or_default()
        )))
    }
}

/// Marks a column that has been dropped, which only its files still know.
pub(in crate::sql) const CURRENT: &str = "iceberg.field.current";

/// What a column that has been renamed is called in its files.
pub(in crate::sql) const STORED_AS: &str = "athena-sandbox.stored-as";

/// False for a column of an Iceberg table that has been dropped.
pub(in crate::sql) fn is_current(column: &Column) -> bool {
    let current = column.parameters.get(CURRENT);
    current.is_none_or(|current| current != "false")
}

/// What a column is called in its files.
pub(in crate::sql) fn stored_as(column: &Column) -> &str {
    column.parameters.get(STORED_AS).unwrap_or(&column.name)
}

/// Names and types of a table's columns, partition columns last; of a view as it tells them.
///
/// # Errors
/// `HIVE_INVALID_METADATA` for a type that is none.
pub(in crate::sql) fn columns_of(
    table: &Table,
) -> std::result::Result<Vec<(String, AthenaType)>, AthenaError> {
    let iceberg = is_iceberg(table);
    let columns = table.storage.columns.iter().filter(|c| is_current(c));
    columns
        .chain(&table.partition_keys)
        .map(|column| Ok((column.name.to_lowercase(), type_of(column, iceberg)?)))
        .collect()
}

fn type_of(column: &Column, iceberg: bool) -> std::result::Result<AthenaType, AthenaError> {
    let text = column.hive_type.as_deref().unwrap_or("string");
    let Some(parsed) = parse_hive(text) else {
        return Err(AthenaError::new(
            "HIVE_INVALID_METADATA",
            format!("column '{}' has the unknown type '{text}'", column.name),
        ));
    };
    Ok(if iceberg { micros(parsed) } else { parsed })
}

/// Timestamps of Iceberg have six digits.
fn micros(athena_type: AthenaType) -> AthenaType {
    match athena_type {
        AthenaType::Timestamp(_) => AthenaType::Timestamp(6),
        AthenaType::Time(_) => AthenaType::Time(6),
        AthenaType::TimestampWithTimeZone(_) => AthenaType::TimestampWithTimeZone(6),
        AthenaType::Array(item) => AthenaType::Array(Box::new(micros(*item))),
        AthenaType::Map(key, value) => {
            AthenaType::Map(Box::new(micros(*key)), Box::new(micros(*value)))
        }
        AthenaType::Row(fields) => AthenaType::Row(
            fields
                .into_iter()
                .map(|(name, field)| (name, micros(field)))
                .collect(),
        ),
        other => other,
    }
}

/// The columns of a table: those in its files, those of its partitions, and all.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    /// By their names in the files.
    pub(super) files: SchemaRef,
    pub(super) partitions: SchemaRef,
    pub(super) whole: SchemaRef,
}

impl Shape {
    /// # Errors
    /// `HIVE_INVALID_METADATA` for a type that is none.
    pub(super) fn of(table: &Table) -> Result<Self> {
        let columns = columns_of(table)?;
        let kept = columns.len() - table.partition_keys.len();
        let fields: Vec<FieldRef> = columns
            .iter()
            .map(|(name, athena_type)| athena_type.field(name, true))
            .collect();
        let (of_files, of_partitions) = fields.split_at(kept);
        let current = table.storage.columns.iter().filter(|c| is_current(c));
        let of_files = of_files.iter().zip(current).map(|(field, column)| {
            let name = stored_as(column).to_lowercase();
            Arc::new(field.as_ref().clone().with_name(name))
        });
        let of_files: Vec<FieldRef> = of_files.collect();
        let schema = |fields: Vec<FieldRef>| -> SchemaRef { Arc::new(Schema::new(fields)) };
        Ok(Self {
            files: schema(of_files),
            partitions: schema(of_partitions.to_vec()),
            whole: schema(fields),
        })
    }
}
