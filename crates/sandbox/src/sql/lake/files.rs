//! Which files a table has, and what its partition columns are in each.

use std::io::Read as _;

use datafusion::error::Result;

use super::objects::unreadable;
use super::table::is_iceberg;
use crate::engine::Host;
use crate::metastore::{Partition, Table};
use crate::sql::failure::AthenaError;
use crate::sql::unload::location;

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) struct DataFile {
    pub(in crate::sql) bucket: String,
    pub(in crate::sql) key: String,
    pub(in crate::sql) size: u64,
    /// The texts of the partition columns.
    pub(in crate::sql) partition: Vec<String>,
}

impl DataFile {
    /// `s3://bucket/key`.
    pub(in crate::sql) fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// All files of a table.
///
/// # Errors
/// When a location is no S3 location, or cannot be listed.
pub(in crate::sql) fn data_files(
    host: &Host,
    table: &Table,
    partitions: &[Partition],
) -> Result<Vec<DataFile>> {
    if is_iceberg(table) {
        return snapshot_files(host, table);
    }
    if table.partition_keys.is_empty() {
        return match &table.storage.location {
            Some(location) => below(host, location, &[]),
            None => Ok(Vec::new()),
        };
    }
    let mut files = Vec::new();
    for partition in partitions {
        if let Some(location) = &partition.storage.location {
            files.extend(below(host, location, &partition.values)?);
        }
    }
    Ok(files)
}

/// Files below a location, but for those whose name begins with `_` or `.`, as in Hive.
fn below(host: &Host, uri: &str, partition: &[String]) -> Result<Vec<DataFile>> {
    let Some((bucket, folder)) = location(uri) else {
        return Err(AthenaError::new(
            "HIVE_METASTORE_ERROR",
            format!("location '{uri}' is not an S3 location"),
        )
        .into());
    };
    let listed = host.objects.list(bucket, &folder)?.into_iter();
    Ok(listed
        .filter(|object| {
            let name = object.key.rsplit('/').next().unwrap_or_default();
            object.size > 0 && !name.starts_with(['_', '.'])
        })
        .map(|object| DataFile {
            bucket: bucket.to_owned(),
            key: object.key,
            size: object.size,
            partition: partition.to_vec(),
        })
        .collect())
}

/// Where a new partition's files go: below the table's location.
pub(in crate::sql) fn partition_location(table: &Table, name: &str) -> String {
    let location = table.storage.location.as_deref().unwrap_or_default();
    format!("{}/{name}/", location.trim_end_matches('/'))
}

/// The files of an Iceberg table's current snapshot.
fn snapshot_files(host: &Host, table: &Table) -> Result<Vec<DataFile>> {
    let Some(uri) = table.parameters.get("metadata_location") else {
        return Ok(Vec::new());
    };
    let missing = |error: &dyn std::fmt::Display| {
        AthenaError::new("ICEBERG_MISSING_METADATA", format!("{uri}: {error}"))
    };
    let (bucket, key) =
        crate::store::parse_s3_uri(uri).ok_or_else(|| unreadable(uri, &"not an S3 location"))?;
    let mut text = String::new();
    host.objects
        .open(bucket, key)
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(|error| missing(&error))?;
    let metadata: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| missing(&error))?;
    let files = metadata["athena-sandbox.data-files"].as_array();
    Ok(files
        .into_iter()
        .flatten()
        .filter_map(|file| {
            let (bucket, key) = crate::store::parse_s3_uri(file["path"].as_str()?)?;
            Some(DataFile {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                size: file["size"].as_u64()?,
                partition: Vec::new(),
            })
        })
        .collect())
}
