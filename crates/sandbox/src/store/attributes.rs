//! What is told about an object beside its bytes: kept in a file next to it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Response headers of an object, such as `content-type` and `x-amz-meta-…`, by name in lower
/// case.
pub(crate) type Attributes = BTreeMap<String, String>;

/// The file of an object's attributes.
pub(super) fn path(object: &Path) -> PathBuf {
    let name = object.file_name().unwrap_or_default().to_string_lossy();
    object.with_file_name(format!("~{name}"))
}

/// Attributes of the object that is this file; none if they belong to another, or there are
/// none.
pub(super) fn read(object: &Path, identity: &str) -> Attributes {
    let members: Option<Map<String, Value>> = fs::read(path(object))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let Some(members) = members.filter(|members| members.get("file") == Some(&identity.into()))
    else {
        return Attributes::new();
    };
    let headers = members.get("headers").and_then(Value::as_object);
    headers
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Writes the attributes of the object that is to be this file.
pub(super) fn write(
    object: &Path,
    temp: &Path,
    identity: &str,
    attributes: &Attributes,
) -> io::Result<()> {
    let json = json!({"file": identity, "headers": attributes});
    fs::write(temp, json.to_string())?;
    fs::rename(temp, path(object))
}

/// Removes the attributes, if there are any.
pub(super) fn remove(object: &Path) -> io::Result<()> {
    match fs::remove_file(path(object)) {
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
