//! Which files an UNLOAD wrote.

use std::collections::HashSet;
use std::sync::Arc;

use super::file;
use super::folder::Folder;
use crate::client::{ObjectApi, S3Location};
use crate::error::{Error, ErrorKind, Result};
use crate::query::QueryExecution;
use crate::result::download::range::Source;

/// Longest manifest that is read: some 400,000 files.
const MAX_BYTES: u64 = 64 << 20;

/// The files in the order of the manifest, and where that lies. A query without rows writes an
/// empty manifest or none; only without one, the files are what lies in the folder.
///
/// Errors: `Service` for a manifest that names anything outside of the folder; what keeps it
/// from being read.
pub(super) async fn files(
    objects: &Arc<dyn ObjectApi>,
    execution: &QueryExecution,
    folder: &Folder,
    attempts: u32,
) -> Result<(Vec<S3Location>, Option<S3Location>)> {
    let manifest = execution
        .data_manifest_location
        .as_deref()
        .map(S3Location::parse)
        .transpose()?;
    let text = match &manifest {
        None => None,
        Some(location) => match read(objects, location, attempts).await {
            Ok(text) => Some(text),
            Err(error) if error.kind() == ErrorKind::ResultNotFound => None,
            Err(error) => return Err(error),
        },
    };
    if let Some(text) = text {
        return Ok((entries(&text, folder)?, manifest));
    }
    let mut listed = folder.list().await?;
    listed.retain(|object| folder.contains(object));
    Ok((listed, manifest))
}

async fn read(
    objects: &Arc<dyn ObjectApi>,
    location: &S3Location,
    attempts: u32,
) -> Result<String> {
    let part = objects.get_range(location, 0..MAX_BYTES, None).await?;
    let size = part.object_size;
    if size > MAX_BYTES {
        return Err(Error::new(
            ErrorKind::Service,
            format!("{location}: a manifest of {size} bytes is more than is read"),
        ));
    }
    let source = Source {
        objects: Arc::clone(objects),
        location: location.clone(),
        etag: part.etag.clone(),
        object_size: size,
        attempts: attempts.max(1),
    };
    let bytes = file::read(&source, 0..size, Some(part)).await?;
    String::from_utf8(bytes).map_err(|source| {
        let message = format!("{location}: the manifest is not UTF-8");
        Error::new(ErrorKind::Service, message).with_source(source)
    })
}

/// One file per line. Files of others are neither read nor, later, removed.
fn entries(text: &str, folder: &Folder) -> Result<Vec<S3Location>> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let refused = |why: &str| {
            let shown: String = line.chars().take(1100).collect();
            let place = folder.location();
            Error::new(
                ErrorKind::Service,
                format!("the manifest of the UNLOAD to {place} names {shown:?}, {why}"),
            )
        };
        let Ok(file) = S3Location::parse(line) else {
            return Err(refused("which is not s3://bucket/key"));
        };
        if !folder.contains(&file) {
            return Err(refused("which does not lie there"));
        }
        if !seen.insert(line) {
            return Err(refused("twice"));
        }
        files.push(file);
    }
    Ok(files)
}
