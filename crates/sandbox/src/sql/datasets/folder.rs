//! Tables from a folder: `DIR/<database>/<table>.parquet|csv`, `DIR/<database>/<table>/*.parquet`.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::files::{Files, Format};
use crate::sql::catalog::{TableSource, Tables};

/// Finds the tables below `folder`. Names are lower-cased, as Athena does.
///
/// # Errors
/// When the folder or a database in it cannot be listed.
pub(in crate::sql) fn tables(folder: &Path) -> io::Result<Tables> {
    let folder = folder.canonicalize().map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("data folder {}: {error}", folder.display()),
        )
    })?;
    let mut databases = Tables::new();
    for database in fs::read_dir(&folder)? {
        let database = database?.path();
        if !database.is_dir() {
            continue;
        }
        let Some(name) = name_of(&database) else {
            continue;
        };
        let tables = databases.entry(name).or_default();
        for entry in fs::read_dir(&database)? {
            let path = entry?.path();
            if let Some((name, source)) = table(&path)? {
                tables.insert(name, Arc::new(source) as Arc<dyn TableSource>);
            }
        }
    }
    Ok(databases)
}

fn table(path: &Path) -> io::Result<Option<(String, Files)>> {
    if path.is_dir() {
        let mut format = None;
        for file in fs::read_dir(path)? {
            format = format.or(format_of(&file?.path()));
        }
        return Ok(name_of(path).zip(format).map(|(name, format)| {
            let location = format!("{}/", path.display());
            (name, Files { location, format })
        }));
    }
    let stem = path.file_stem().map(Path::new);
    let name = stem.and_then(name_of);
    Ok(name.zip(format_of(path)).map(|(name, format)| {
        let location = path.display().to_string();
        (name, Files { location, format })
    }))
}

fn format_of(path: &Path) -> Option<Format> {
    Format::of_extension(path.extension()?.to_str()?)
}

/// Hidden entries and names that are no UTF-8 are passed over.
fn name_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    (!name.starts_with('.')).then(|| name.to_lowercase())
}
