//! The configuration of work groups: checks, and the two ways to change it.

use serde_json::{Map, Value, json};

use super::input::{Constraints, Input};
use super::work_groups::ENGINE_VERSION;
use crate::error::ApiError;

/// Checks what a caller sends of a configuration.
pub(super) fn check(configuration: Input<'_>) -> Result<(), ApiError> {
    let mut constraints = Constraints::default();
    let cutoff = configuration.integer("BytesScannedCutoffPerQuery")?;
    constraints.range(
        "configuration.bytesScannedCutoffPerQuery",
        cutoff,
        10_000_000,
        i64::MAX,
    );
    constraints.check()?;
    if let Some(version) = configuration.object("EngineVersion")? {
        let selected = version.string("SelectedEngineVersion")?.unwrap_or("AUTO");
        if selected != "AUTO" && selected != ENGINE_VERSION {
            return Err(ApiError::invalid_input(format!(
                "{selected} is not an engine version that athena-sandbox has; select AUTO or {ENGINE_VERSION}"
            )));
        }
    }
    for key in ["ResultConfiguration", "ResultConfigurationUpdates"] {
        let location = match configuration.object(key)? {
            Some(results) => results.string("OutputLocation")?,
            None => None,
        };
        if location.is_some_and(|uri| crate::store::parse_s3_uri(uri).is_none()) {
            return Err(ApiError::invalid_input(
                "outputLocation is not a valid S3 path.",
            ));
        }
    }
    super::start::check_results(configuration.object("ResultConfiguration")?)
}

/// Puts the members of a new configuration in place.
pub(super) fn merge(target: &mut Map<String, Value>, configuration: Input<'_>) {
    for (key, value) in configuration.0 {
        match key.as_str() {
            _ if value.is_null() => {}
            "EngineVersion" => select_version(target, value),
            _ => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}

/// The update form of the configuration: `Remove…` flags, and nested `…Updates`.
pub(super) fn update(target: &mut Map<String, Value>, updates: Input<'_>) -> Result<(), ApiError> {
    for (key, value) in updates.0 {
        match key.as_str() {
            "RemoveBytesScannedCutoffPerQuery" => {
                if value == &Value::Bool(true) {
                    target.remove("BytesScannedCutoffPerQuery");
                }
            }
            "ResultConfigurationUpdates" => {
                nested(target, "ResultConfiguration", updates.object(key)?);
            }
            "ManagedQueryResultsConfigurationUpdates" => {
                nested(
                    target,
                    "ManagedQueryResultsConfiguration",
                    updates.object(key)?,
                );
            }
            "EngineVersion" => select_version(target, value),
            _ => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(())
}

/// Changes a member that is an object itself.
fn nested(target: &mut Map<String, Value>, member: &str, changes: Option<Input<'_>>) {
    let old = target.get(member).and_then(Value::as_object);
    let mut object = old.cloned().unwrap_or_default();
    if let Some(changes) = changes {
        apply_removals(&mut object, changes);
    }
    target.insert(member.to_owned(), object.into());
}

fn select_version(target: &mut Map<String, Value>, version: &Value) {
    let selected = version["SelectedEngineVersion"].as_str().unwrap_or("AUTO");
    target.insert(
        "EngineVersion".to_owned(),
        json!({"SelectedEngineVersion": selected, "EffectiveEngineVersion": ENGINE_VERSION}),
    );
}

/// Checks what members mean together.
pub(super) fn check_whole(configuration: &Map<String, Value>) -> Result<(), ApiError> {
    let managed = configuration.get("ManagedQueryResultsConfiguration");
    let results = configuration.get("ResultConfiguration");
    let located = results.is_some_and(|results| results.get("OutputLocation").is_some());
    if located && managed.is_some_and(|managed| managed["Enabled"] == true) {
        return Err(ApiError::invalid_input(super::start::MANAGED_CONFLICT));
    }
    Ok(())
}

fn apply_removals(target: &mut Map<String, Value>, changes: Input<'_>) {
    for (key, value) in changes.0 {
        match key.strip_prefix("Remove") {
            Some(member) if value == &Value::Bool(true) => {
                target.remove(member);
            }
            Some(_) => {}
            None => {
                target.insert(key.clone(), value.clone());
            }
        }
    }
}
