//! Tables about a table: `"t$history"`, `"t$snapshots"`, `"t$files"`, `"t$partitions"`.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch};
use datafusion::arrow::datatypes::{FieldRef, Schema};
use datafusion::catalog::TableProvider;
use datafusion::datasource::MemTable;
use datafusion::error::Result;
use datafusion::parquet::file::reader::{FileReader as _, SerializedFileReader};
use serde_json::{Map, Value, json};

use super::objects::unreadable;
use super::snapshots::{Metadata, Snapshot};
use super::table::{columns_of, is_iceberg};
use super::values::from_json;
use super::{DataFile, stored_as};
use crate::engine::Host;
use crate::metastore::{Partition, Table};
use crate::sql::types::AthenaType;

/// What a table can be asked about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sql) enum Inner {
    History,
    Snapshots,
    Files,
    Partitions,
}

/// A table's name and what is asked about it; `None` for an ordinary name.
pub(in crate::sql) fn split(name: &str) -> Option<(&str, Inner)> {
    let (table, asked) = name.rsplit_once('$')?;
    let inner = match asked {
        "history" => Inner::History,
        "snapshots" => Inner::Snapshots,
        "files" => Inner::Files,
        "partitions" => Inner::Partitions,
        _ => return None,
    };
    Some((table, inner))
}

/// True if a table can be asked that.
pub(in crate::sql) fn has(table: &Table, inner: Inner) -> bool {
    match inner {
        Inner::Partitions => !is_iceberg(table) && !table.partition_keys.is_empty(),
        _ => is_iceberg(table),
    }
}

/// Opens the answer as a table.
///
/// # Errors
/// When the table's metadata or its files cannot be read.
pub(in crate::sql) fn open(
    host: &Host,
    table: &Table,
    partitions: &[Partition],
    inner: Inner,
) -> Result<Arc<dyn TableProvider>> {
    let snapshots = match inner {
        Inner::Partitions => Vec::new(),
        _ => Metadata::read(host, table)?.snapshots,
    };
    let (columns, rows) = match inner {
        Inner::History => history(&snapshots),
        Inner::Snapshots => listed(&snapshots),
        Inner::Files => {
            let files = snapshots.last().map(|snapshot| snapshot.files.as_slice());
            files_of(host, table, files.unwrap_or_default())?
        }
        Inner::Partitions => {
            let columns = columns_of(table)?;
            let keys = columns.len() - table.partition_keys.len();
            let columns: Vec<Column> = columns.into_iter().skip(keys).collect();
            let rows = partitions
                .iter()
                .map(|partition| partition.values.iter().map(|text| json!(text)).collect())
                .collect();
            (columns, rows)
        }
    };
    in_memory(columns, &rows)
}

type Column = (String, AthenaType);
type Answer = (Vec<Column>, Vec<Vec<Value>>);

fn in_memory(columns: Vec<Column>, rows: &[Vec<Value>]) -> Result<Arc<dyn TableProvider>> {
    let fields: Vec<FieldRef> = columns
        .iter()
        .map(|(name, athena_type)| athena_type.field(name, true))
        .collect();
    let arrays = fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let values: Vec<Option<Value>> =
                rows.iter().map(|row| row.get(index).cloned()).collect();
            from_json(&values, field)
        })
        .collect::<Result<Vec<ArrayRef>>>()?;
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays)?;
    Ok(Arc::new(MemTable::try_new(schema, vec![vec![batch]])?))
}

fn columns<const N: usize>(columns: [(&str, AthenaType); N]) -> Vec<Column> {
    let columns = columns.into_iter();
    columns.map(|(name, t)| (name.to_owned(), t)).collect()
}

fn time(millis: i64) -> Value {
    chrono::DateTime::from_timestamp_millis(millis).map_or(Value::Null, |time| {
        json!(time.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
    })
}

fn history(snapshots: &[Snapshot]) -> Answer {
    let rows = snapshots
        .iter()
        .map(|snapshot| {
            vec![
                time(snapshot.time),
                json!(snapshot.id),
                json!(snapshot.parent),
                json!(true),
            ]
        })
        .collect();
    let columns = columns([
        ("made_current_at", AthenaType::TimestampWithTimeZone(3)),
        ("snapshot_id", AthenaType::Bigint),
        ("parent_id", AthenaType::Bigint),
        ("is_current_ancestor", AthenaType::Boolean),
    ]);
    (columns, rows)
}

fn listed(snapshots: &[Snapshot]) -> Answer {
    let rows = snapshots
        .iter()
        .map(|snapshot| {
            let bytes: u64 = snapshot.files.iter().map(|file| file.size).sum();
            vec![
                time(snapshot.time),
                json!(snapshot.id),
                json!(snapshot.parent),
                json!(snapshot.operation),
                Value::Null,
                json!({
                    "total-data-files": snapshot.files.len().to_string(),
                    "total-files-size": bytes.to_string(),
                }),
            ]
        })
        .collect();
    let text = AthenaType::Varchar(None);
    let columns = columns([
        ("committed_at", AthenaType::TimestampWithTimeZone(3)),
        ("snapshot_id", AthenaType::Bigint),
        ("parent_id", AthenaType::Bigint),
        ("operation", text.clone()),
        ("manifest_list", text.clone()),
        (
            "summary",
            AthenaType::Map(Box::new(text.clone()), Box::new(text)),
        ),
    ]);
    (columns, rows)
}

fn files_of(host: &Host, table: &Table, files: &[DataFile]) -> Result<Answer> {
    let ids: BTreeMap<String, &str> = table
        .storage
        .columns
        .iter()
        .filter_map(|column| {
            let id = column.parameters.get("iceberg.field.id")?;
            Some((stored_as(column).to_lowercase(), id.as_str()))
        })
        .collect();
    let rows = files
        .iter()
        .map(|file| {
            let facts = Facts::of(host, file, &ids)?;
            Ok(vec![
                json!(0),
                json!(file.uri()),
                json!("PARQUET"),
                json!(facts.rows),
                json!(file.size),
                facts.sizes.into(),
                facts.values.into(),
                facts.nulls.into(),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
            ])
        })
        .collect::<Result<_>>()?;
    let counts = || AthenaType::Map(Box::new(AthenaType::Integer), Box::new(AthenaType::Bigint));
    let bounds = || {
        AthenaType::Map(
            Box::new(AthenaType::Integer),
            Box::new(AthenaType::Varchar(None)),
        )
    };
    let columns = columns([
        ("content", AthenaType::Integer),
        ("file_path", AthenaType::Varchar(None)),
        ("file_format", AthenaType::Varchar(None)),
        ("record_count", AthenaType::Bigint),
        ("file_size_in_bytes", AthenaType::Bigint),
        ("column_sizes", counts()),
        ("value_counts", counts()),
        ("null_value_counts", counts()),
        ("nan_value_counts", counts()),
        ("lower_bounds", bounds()),
        ("upper_bounds", bounds()),
        ("key_metadata", AthenaType::Varbinary),
        (
            "split_offsets",
            AthenaType::Array(Box::new(AthenaType::Bigint)),
        ),
        (
            "equality_ids",
            AthenaType::Array(Box::new(AthenaType::Integer)),
        ),
    ]);
    Ok((columns, rows))
}

/// What a Parquet file tells of itself, by the ids of its columns.
#[derive(Default)]
struct Facts {
    rows: i64,
    sizes: Map<String, Value>,
    values: Map<String, Value>,
    nulls: Map<String, Value>,
}

impl Facts {
    fn of(host: &Host, file: &DataFile, ids: &BTreeMap<String, &str>) -> Result<Self> {
        let wrong = |error: &dyn std::fmt::Display| unreadable(&file.uri(), error);
        let opened = host.objects.open(&file.bucket, &file.key);
        let opened = opened.map_err(|error| wrong(&error))?;
        let reader = SerializedFileReader::new(opened).map_err(|error| wrong(&error))?;
        let metadata = reader.metadata();
        let mut facts = Self {
            rows: metadata.file_metadata().num_rows(),
            ..Self::default()
        };
        let add = |map: &mut Map<String, Value>, id: &str, more: i64| {
            let before = map.get(id).and_then(Value::as_i64).unwrap_or(0);
            map.insert(id.to_owned(), json!(before + more));
        };
        for group in metadata.row_groups() {
            for column in group.columns() {
                let Some(id) = ids.get(&column.column_path().string().to_lowercase()) else {
                    continue;
                };
                add(&mut facts.sizes, id, column.compressed_size());
                add(&mut facts.values, id, column.num_values());
                let nulls = column.statistics().and_then(|s| s.null_count_opt());
                if let Some(nulls) = nulls.and_then(|nulls| i64::try_from(nulls).ok()) {
                    add(&mut facts.nulls, id, nulls);
                }
            }
        }
        Ok(facts)
    }
}
