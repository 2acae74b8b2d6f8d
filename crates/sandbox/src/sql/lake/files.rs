//! Which files a table has.

use std::collections::HashMap;

use datafusion::common::ScalarValue;
use datafusion::error::Result;

use crate::engine::Host;
use crate::metastore::Table;
use crate::sql::failure::AthenaError;
use crate::sql::unload::location;

/// A file of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sql) struct DataFile {
    pub(in crate::sql) bucket: String,
    pub(in crate::sql) key: String,
    pub(in crate::sql) size: u64,
}

impl DataFile {
    /// `s3://bucket/key`.
    pub(in crate::sql) fn uri(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

/// A folder of files, and the values of the partition columns in them.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    pub(super) location: String,
    pub(super) values: Vec<ScalarValue>,
}

/// The files below folders, but for those whose name begins with `_` or `.`, as in Hive. A
/// bucket is listed once, however many folders of it there are.
///
/// # Errors
/// When a location is no S3 location, or cannot be listed.
pub(super) fn files_in(
    host: &Host,
    folders: Vec<Folder>,
) -> Result<Vec<(DataFile, Vec<ScalarValue>)>> {
    let mut places: HashMap<&str, HashMap<String, Vec<usize>>> = HashMap::new();
    for (index, folder) in folders.iter().enumerate() {
        let Some((bucket, key)) = location(&folder.location) else {
            let message = format!("location '{}' is not an S3 location", folder.location);
            return Err(AthenaError::new("HIVE_METASTORE_ERROR", message).into());
        };
        let below = places.entry(bucket).or_default();
        below.entry(key).or_default().push(index);
    }
    let mut found: Vec<Vec<DataFile>> = vec![Vec::new(); folders.len()];
    for (bucket, below) in &places {
        let prefix = common_prefix(below.keys());
        for object in host.objects.list(bucket, &prefix)? {
            let name = object.key.rsplit('/').next().unwrap_or_default();
            if object.size == 0 || name.starts_with(['_', '.']) {
                continue;
            }
            for index in holders(below, &object.key) {
                if let Some(files) = found.get_mut(index) {
                    files.push(DataFile {
                        bucket: (*bucket).to_owned(),
                        key: object.key.clone(),
                        size: object.size,
                    });
                }
            }
        }
    }
    Ok(found
        .into_iter()
        .zip(folders)
        .flat_map(|(files, folder)| {
            let values = folder.values;
            files.into_iter().map(move |file| (file, values.clone()))
        })
        .collect())
}

/// The folders that a key is in, at any depth.
fn holders(folders: &HashMap<String, Vec<usize>>, key: &str) -> Vec<usize> {
    let ends = key.match_indices('/').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(ends)
        .filter_map(|end| folders.get(key.get(..end)?))
        .flatten()
        .copied()
        .collect()
}

fn common_prefix<'a>(mut names: impl Iterator<Item = &'a String>) -> String {
    let Some(first) = names.next() else {
        return String::new();
    };
    let mut prefix = first.as_str();
    for name in names {
        while !name.starts_with(prefix) {
            let shorter = prefix.char_indices().last().map_or(0, |(at, _)| at);
            prefix = prefix.get(..shorter).unwrap_or_default();
        }
    }
    prefix.to_owned()
}

/// Where a new partition's files go: below the table's location.
pub(in crate::sql) fn partition_location(table: &Table, name: &str) -> String {
    let location = table.storage.location.as_deref().unwrap_or_default();
    format!("{}/{name}/", location.trim_end_matches('/'))
}
