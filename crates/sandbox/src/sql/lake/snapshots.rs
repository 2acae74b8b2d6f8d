//! Snapshots of an Iceberg table, as its metadata object tells them.
//!
//! The object has Iceberg's place and members; the files of each snapshot are listed in a
//! member of the sandbox's own, in place of manifests.

use std::io::Read as _;

use datafusion::error::Result;
use serde_json::{Value, json};

use super::DataFile;
use super::objects::unreadable;
use crate::engine::Host;
use crate::metastore::Table;
use crate::sql::failure::AthenaError;

/// The member that lists a snapshot's files.
const FILES: &str = "athena-sandbox.data-files";

/// Which state of a table a query reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::sql) enum Moment {
    /// As it is.
    #[default]
    Now,
    /// As it was at a time, in milliseconds since 1970.
    Time(i64),
    /// As a snapshot left it.
    Version(i64),
}

/// A snapshot.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sql) struct Snapshot {
    pub(in crate::sql) id: i64,
    pub(in crate::sql) parent: Option<i64>,
    /// Milliseconds since 1970.
    pub(in crate::sql) time: i64,
    /// `append`, `overwrite`, `delete` or `replace`.
    pub(in crate::sql) operation: String,
    pub(in crate::sql) files: Vec<DataFile>,
}

/// What a table's metadata object tells.
#[derive(Debug, Clone, PartialEq, Default)]
pub(in crate::sql) struct Metadata {
    pub(in crate::sql) uuid: Option<String>,
    /// Oldest first; the last is the current one.
    pub(in crate::sql) snapshots: Vec<Snapshot>,
}

impl Metadata {
    /// Reads a table's metadata object; empty when it has none yet.
    ///
    /// # Errors
    /// `ICEBERG_MISSING_METADATA`.
    pub(in crate::sql) fn read(host: &Host, table: &Table) -> Result<Self> {
        let Some(uri) = table.parameters.get("metadata_location") else {
            return Ok(Self::default());
        };
        let missing = |error: &dyn std::fmt::Display| {
            AthenaError::new("ICEBERG_MISSING_METADATA", format!("{uri}: {error}"))
        };
        let (bucket, key) = crate::store::parse_s3_uri(uri)
            .ok_or_else(|| unreadable(uri, &"not an S3 location"))?;
        let mut text = String::new();
        host.objects
            .open(bucket, key)
            .and_then(|mut file| file.read_to_string(&mut text))
            .map_err(|error| missing(&error))?;
        let json: Value = serde_json::from_str(&text).map_err(|error| missing(&error))?;
        let snapshots = json["snapshots"].as_array().into_iter().flatten();
        Ok(Self {
            uuid: json["table-uuid"].as_str().map(str::to_owned),
            snapshots: snapshots.filter_map(Snapshot::read).collect(),
        })
    }

    /// The files there are now.
    pub(in crate::sql) fn files(&self) -> Vec<DataFile> {
        let current = self.snapshots.last();
        current.map_or_else(Vec::new, |snapshot| snapshot.files.clone())
    }

    /// The metadata object of a table at a location.
    pub(in crate::sql) fn json(&self, location: &str) -> Value {
        let log: Vec<Value> = self
            .snapshots
            .iter()
            .map(|snapshot| json!({"timestamp-ms": snapshot.time, "snapshot-id": snapshot.id}))
            .collect();
        let snapshots: Vec<Value> = self.snapshots.iter().map(Snapshot::json).collect();
        let current = self.snapshots.last();
        json!({
            "format-version": 2,
            "table-uuid": self.uuid,
            "location": location.trim_end_matches('/'),
            "last-updated-ms": current.map(|snapshot| snapshot.time),
            "current-snapshot-id": current.map(|snapshot| snapshot.id),
            "snapshots": snapshots,
            "snapshot-log": log,
        })
    }
}

impl Snapshot {
    fn read(json: &Value) -> Option<Self> {
        let files = json[FILES].as_array()?.iter().map(|file| {
            let (bucket, key) = crate::store::parse_s3_uri(file["path"].as_str()?)?;
            Some(DataFile {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                size: file["size"].as_u64()?,
            })
        });
        Some(Self {
            id: json["snapshot-id"].as_i64()?,
            parent: json["parent-snapshot-id"].as_i64(),
            time: json["timestamp-ms"].as_i64()?,
            operation: json["summary"]["operation"].as_str()?.to_owned(),
            files: files.collect::<Option<_>>()?,
        })
    }

    fn json(&self) -> Value {
        let files: Vec<Value> = self
            .files
            .iter()
            .map(|file| json!({"path": file.uri(), "size": file.size}))
            .collect();
        let mut json = json!({
            "snapshot-id": self.id,
            "timestamp-ms": self.time,
            "summary": {"operation": self.operation},
            FILES: files,
        });
        if let Some(parent) = self.parent {
            json["parent-snapshot-id"] = parent.into();
        }
        json
    }
}

/// The files of a table at a moment.
///
/// # Errors
/// `INVALID_ARGUMENTS` where there is no such snapshot, or none so old.
pub(in crate::sql) fn files_at(
    host: &Host,
    table: &Table,
    moment: &Moment,
) -> Result<Vec<DataFile>> {
    let metadata = Metadata::read(host, table)?;
    let mut snapshots = metadata.snapshots.into_iter();
    let (found, missing) = match moment {
        Moment::Now => return Ok(snapshots.next_back().map_or_else(Vec::new, |s| s.files)),
        Moment::Version(id) => (
            snapshots.find(|snapshot| snapshot.id == *id),
            format!("Iceberg snapshot ID does not exists: {id}"),
        ),
        Moment::Time(time) => (
            snapshots.rfind(|snapshot| snapshot.time <= *time),
            format!(
                "No version history table {} at or before {}",
                table.name,
                instant(*time)
            ),
        ),
    };
    let found = found.ok_or_else(|| AthenaError::new("INVALID_ARGUMENTS", missing))?;
    Ok(found.files)
}

/// As Java prints an instant.
fn instant(millis: i64) -> String {
    chrono::DateTime::from_timestamp_millis(millis).map_or_else(
        || millis.to_string(),
        |time| time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true),
    )
}
