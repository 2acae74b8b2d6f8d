//! Commits of Iceberg tables: a new metadata object that knows one snapshot more.

use std::time::SystemTime;

use crate::engine::{Failure, Host};
use crate::metastore::Table;
use crate::sql::failure::AthenaError;
use crate::sql::lake::{DataFile, Metadata, Snapshot};
use crate::sql::scope::Scope;
use crate::sql::unload::location;

/// Adds files to what the table holds.
pub(in crate::sql) fn commit(
    scope: &Scope,
    database: &str,
    table: &Table,
    added: Vec<String>,
) -> Result<(), Failure> {
    let metadata = Metadata::read(&scope.host, table).map_err(|error| failed(&error))?;
    let mut files: Vec<String> = metadata.files().iter().map(DataFile::uri).collect();
    files.extend(added);
    replace(scope, (database, table), "append", &files)
}

/// Makes these files all that the table holds.
pub(in crate::sql) fn replace(
    scope: &Scope,
    (database, table): (&str, &Table),
    operation: &str,
    files: &[String],
) -> Result<(), Failure> {
    let mut metadata = Metadata::read(&scope.host, table).map_err(|error| failed(&error))?;
    let files = files
        .iter()
        .map(|file| {
            let (bucket, key) = crate::store::parse_s3_uri(file)?;
            let size = scope.host.objects.open(bucket, key).ok()?.metadata().ok()?;
            Some(DataFile {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
                size: size.len(),
            })
        })
        .collect::<Option<Vec<DataFile>>>()
        .ok_or_else(|| failed(&"a data file is gone"))?;
    let before = metadata.snapshots.last();
    let parent = before.map(|snapshot| snapshot.id);
    // Two commits may fall into one millisecond; the later one is later.
    let earliest = before.map_or(0, |snapshot| snapshot.time + 1);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    metadata.snapshots.push(Snapshot {
        id: i64::try_from(uuid::Uuid::new_v4().as_u128() >> 65).unwrap_or_default(),
        parent,
        time: i64::try_from(now).unwrap_or_default().max(earliest),
        operation: operation.to_owned(),
        files,
    });
    publish(scope, (database, table), metadata)
}

/// Writes what a table's metadata is from now on, unless somebody else has done so meanwhile.
pub(in crate::sql) fn publish(
    scope: &Scope,
    (database, table): (&str, &Table),
    mut metadata: Metadata,
) -> Result<(), Failure> {
    let uri = table.storage.location.as_deref().unwrap_or_default();
    let (bucket, folder) = location(uri).ok_or_else(|| failed(&format!("location '{uri}'")))?;
    let id = uuid::Uuid::new_v4();
    metadata.uuid.get_or_insert_with(|| id.to_string());
    let version = table.version + 1;
    let key = format!("{folder}metadata/{version:05}-{id}.metadata.json");
    write(
        &scope.host,
        bucket,
        &key,
        metadata.json(uri).to_string().as_bytes(),
    )?;
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
