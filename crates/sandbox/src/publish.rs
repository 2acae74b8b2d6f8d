//! Puts what an execution leaves where GetQueryResults, and S3 unless managed, find it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::encryption::{self, Encryption};
use crate::engine::Failure;
use crate::execution::{Execution, Outcome, Place};
use crate::metadata;
use crate::result_files::{Format, write_failed};
use crate::service::Service;
use crate::store::WriteCondition;

/// Publishes the main result; answers the file that pages are read from. A file to be linked
/// stays where it is.
pub(crate) fn object(
    service: &Service,
    execution: &Execution,
    source: &Path,
    link: bool,
) -> io::Result<PathBuf> {
    let Some(Place { bucket, key }) = &execution.place else {
        if link {
            return fs::canonicalize(source);
        }
        return keep(service, source);
    };
    let store = &service.store;
    match Encryption::of(execution.result_configuration.as_ref()) {
        Encryption::Plain if link => store.link(source, bucket, key)?,
        Encryption::Plain => store.publish(source, bucket, key)?,
        encryption => {
            let readable = if link {
                fs::canonicalize(source)?
            } else {
                keep(service, source)?
            };
            put(service, (bucket, key), &readable, &encryption)?;
            if matches!(encryption, Encryption::Client(_)) {
                return Ok(readable);
            }
        }
    }
    Ok(store.path(bucket, key))
}

/// A file out of the way of whoever removes the source.
fn keep(service: &Service, source: &Path) -> io::Result<PathBuf> {
    let kept = service.store.temp_path();
    fs::rename(source, &kept)?;
    Ok(kept)
}

/// Writes an encrypted object; the source stays.
fn put(
    service: &Service,
    place: (&str, &str),
    source: &Path,
    encryption: &Encryption,
) -> io::Result<()> {
    let attributes = encryption.attributes(fs::metadata(source)?.len());
    let temp = service.store.temp_path();
    if matches!(encryption, Encryption::Client(_)) {
        encryption::seal(source, &temp)?;
    } else {
        fs::copy(source, &temp)?;
    }
    service
        .store
        .publish_as(&temp, place, &attributes, &WriteCondition::default())
        .map(drop)
}

/// Writes the `.metadata` object, where the kind of statement has one.
pub(crate) fn metadata(
    service: &Service,
    execution: &Execution,
    format: Format,
    outcome: &Outcome,
) -> Result<(), Failure> {
    let Some(place) = &execution.place else {
        return Ok(());
    };
    let bare = outcome.columns.is_empty() && !outcome.bare_metadata;
    if matches!(format, Format::Txt { .. }) && bare {
        return Ok(());
    }
    let bytes = metadata::for_execution(
        &execution.id,
        &execution.kind,
        &execution.query.sql,
        execution.submitted,
        outcome.update_count,
        &outcome.columns,
    );
    let place = place.with_suffix(".metadata");
    let written = match Encryption::of(execution.result_configuration.as_ref()) {
        Encryption::Plain => service.store.write(&place.bucket, &place.key, &bytes),
        encryption => {
            let temp = service.store.temp_path();
            fs::write(&temp, &bytes)
                .and_then(|()| put(service, (&place.bucket, &place.key), &temp, &encryption))
                .and_then(|()| fs::remove_file(&temp))
        }
    };
    written.map_err(write_failed)
}
