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
use crate::store::{Attributes, WriteCondition};

/// Publishes the main result; answers the file that pages are read from. A file to be linked
/// stays where it is.
pub(crate) fn object(
    service: &Service,
    execution: &Execution,
    source: &Path,
    (link, plain): (bool, Attributes),
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
        Encryption::Plain => {
            let condition = WriteCondition::default();
            store.publish_as(source, (bucket, key), &plain, &condition)?;
        }
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

/// What kind of bytes a result is said to be: other ones where no engine planned a statement,
/// which are those that have a count though they show something, those that leave nothing, and
/// SELECT of nothing but literals.
pub(crate) fn content_type(execution: &Execution, format: Format, outcome: &Outcome) -> Attributes {
    let nothing = outcome.columns.is_empty() && !outcome.bare_metadata;
    let unplanned = match format {
        Format::Txt { .. } => nothing || outcome.update_count.is_some(),
        Format::Csv => metadata::is_literal(&execution.query.sql),
        Format::None => false,
    };
    if unplanned {
        return Attributes::new();
    }
    Attributes::from([(
        "content-type".to_owned(),
        "application/octet-stream".to_owned(),
    )])
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
    let kind = content_type(execution, format, outcome);
    let written = match Encryption::of(execution.result_configuration.as_ref()) {
        Encryption::Plain => service
            .store
            .write_as(&place.bucket, &place.key, &bytes, kind),
        encryption => {
            let temp = service.store.temp_path();
            fs::write(&temp, &bytes)
                .and_then(|()| put(service, (&place.bucket, &place.key), &temp, &encryption))
                .and_then(|()| fs::remove_file(&temp))
        }
    };
    written.map_err(write_failed)
}
