//! Snapshots of Iceberg tables: a metadata object that names the data files.
//!
//! The object has Iceberg's place and the members that readers of it look for first; the
//! files themselves are listed in a member of the sandbox's own.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::engine::{Failure, Host};
use crate::metastore::Table;
use crate::sql::failure::AthenaError;
use crate::sql::lake::data_files;
use crate::sql::scope::Scope;
use crate::sql::unload::location;

/// Adds files to what the table holds.
pub(in crate::sql) fn commit(
    scope: &Scope,
    database: &str,
    table: &Table,
    added: Vec<String>,
) -> Result<(), Failure> {
    let mut files: Vec<String> = data_files(&scope.host, table, &[])
        .map_err(|error| failed(&error))?
        .iter()
        .map(|file| file.uri())
        .collect();
    files.extend(added);
    replace(scope, database, table, &files)
}

/// Makes these files all that the table holds.
pub(in crate::sql) fn replace(
    scope: &Scope,
    database: &str,
    table: &Table,
    files: &[String],
) -> Result<(), Failure> {
    let uri = table.storage.location.as_deref().unwrap_or_default();
    let (bucket, folder) = location(uri).ok_or_else(|| failed(&format!("location '{uri}'")))?;
    let listed = files
        .iter()
        .map(|file| {
            let (bucket, key) = crate::store::parse_s3_uri(file)?;
            let size = scope.host.objects.open(bucket, key).ok()?.metadata().ok()?;
            Some(json!({"path": file, "size": size.len()}))
        })
        .collect::<Option<Vec<Value>>>()
        .ok_or_else(|| failed(&"a data file is gone"))?;
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let id = uuid::Uuid::new_v4();
    let snapshot = id.as_u128() >> 65;
    let metadata = json!({
        "format-version": 2,
        "table-uuid": uuid::Uuid::new_v4().to_string(),
        "location": uri.trim_end_matches('/'),
        "last-updated-ms": u64::try_from(now).unwrap_or_default(),
        "current-snapshot-id": u64::try_from(snapshot).unwrap_or_default(),
        "athena-sandbox.data-files": listed,
    });
    let version = table.version + 1;
    let key = format!("{folder}metadata/{version:05}-{id}.metadata.json");
    write(&scope.host, bucket, &key, metadata.to_string().as_bytes())?;
    let mut changed = table.clone();
    let written = format!("s3://{bucket}/{key}");
    if let Some(previous) = changed
        .parameters
        .insert("metadata_location".to_owned(), written)
    {
        changed
            .parameters
            .insert("previous_metadata_location".to_owned(), previous);
    }
    let current = scope.stored().stored_table(database, &table.name);
    if current.and_then(|current| current.parameters.get("metadata_location").cloned())
        != table.parameters.get("metadata_location").cloned()
    {
        let message = format!(
            "Failed to commit to table '{database}.{}': it has changed meanwhile",
            table.name
        );
        return Err(AthenaError::new("ICEBERG_COMMIT_ERROR", message).into());
    }
    scope
        .stored()
        .update_table(database, changed)
        .map_err(|error| AthenaError::new("ICEBERG_COMMIT_ERROR", error.to_string()).into())
}

fn write(host: &Host, bucket: &str, key: &str, bytes: &[u8]) -> Result<(), Failure> {
    let temp = host.objects.temp_path();
    std::fs::write(&temp, bytes)
        .and_then(|()| host.objects.publish(&temp, bucket, key))
        .map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Failure {
    AthenaError::new("ICEBERG_FILESYSTEM_ERROR", error.to_string()).into()
}
