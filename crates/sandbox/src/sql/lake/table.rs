//! A table of the catalogue as DataFusion sees it.

use std::sync::Arc;

use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::error::Result;

use super::{data_files, parquet, text};
use crate::engine::Host;
use crate::metastore::{Column, Partition, Table};
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

/// Names and types of a table's columns, partition columns last; of a view as it tells them.
///
/// # Errors
/// `HIVE_INVALID_METADATA` for a type that is none.
pub(in crate::sql) fn columns_of(
    table: &Table,
) -> std::result::Result<Vec<(String, AthenaType)>, AthenaError> {
    let iceberg = is_iceberg(table);
    let columns = table.storage.columns.iter().filter(|column| {
        let current = column.parameters.get("iceberg.field.current");
        current.is_none_or(|current| current != "false")
    });
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

/// Opens a table as it is now.
///
/// # Errors
/// When its form, its columns or its location cannot be read.
pub(in crate::sql) fn open(
    host: &Host,
    table: &Table,
    partitions: &[Partition],
) -> Result<Arc<dyn TableProvider>> {
    let form = form_of(table)?;
    let columns = columns_of(table)?;
    let kept = columns.len() - table.partition_keys.len();
    let schema = |columns: &[(String, AthenaType)]| -> SchemaRef {
        let fields: Vec<_> = columns
            .iter()
            .map(|(name, athena_type)| athena_type.field(name, true))
            .collect();
        Arc::new(Schema::new(fields))
    };
    let (of_files, of_partitions) = columns.split_at(kept);
    let shape = Shape {
        files: schema(of_files),
        partitions: schema(of_partitions),
        whole: schema(&columns),
    };
    let files = data_files(host, table, partitions)?;
    match form {
        Form::Parquet => Ok(Arc::new(parquet::ParquetTable::new(shape, files)?)),
        _ => text::open(host, table, form, shape, files),
    }
}

/// The columns of a table: those in its files, those of its partitions, and all.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) files: SchemaRef,
    pub(super) partitions: SchemaRef,
    pub(super) whole: SchemaRef,
}
