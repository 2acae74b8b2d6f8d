//! Reading the JSON of control requests: what is wrong with it is said, and nothing is passed
//! over.

use serde_json::Value;

use crate::engine::Failure;
use crate::execution::State;

pub(super) fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|problem| format!("the body is not JSON: {problem}"))
}

/// Fails if there is a member that nobody would read.
pub(super) fn only(json: &Value, known: &[&str]) -> Result<(), String> {
    let members = json.as_object().ok_or("an object is needed")?;
    match members.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!(
            "unknown member '{key}'; known are {}",
            known.join(", ")
        )),
        None => Ok(()),
    }
}

pub(super) fn text<'a>(json: &'a Value, key: &str) -> Result<&'a str, String> {
    json[key]
        .as_str()
        .ok_or_else(|| format!("'{key}' must be a string"))
}

pub(super) fn count(json: &Value, key: &str) -> Result<Option<u32>, String> {
    match &json[key] {
        Value::Null => Ok(None),
        value => value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .map(Some)
            .ok_or_else(|| format!("'{key}' must be a whole number")),
    }
}

/// A text that may be left out.
pub(super) fn maybe_text<'a>(json: &'a Value, key: &str) -> Result<Option<&'a str>, String> {
    match &json[key] {
        Value::Null => Ok(None),
        value => value
            .as_str()
            .map(Some)
            .ok_or_else(|| format!("'{key}' must be a string")),
    }
}

/// A whole number that may be left out.
pub(super) fn number(json: &Value, key: &str) -> Result<Option<u64>, String> {
    match &json[key] {
        Value::Null => Ok(None),
        value => value
            .as_u64()
            .map(Some)
            .ok_or_else(|| format!("'{key}' must be a whole number")),
    }
}

/// A list that may be left out.
pub(super) fn list<'a>(json: &'a Value, key: &str) -> Result<&'a [Value], String> {
    match &json[key] {
        Value::Null => Ok(&[]),
        value => value
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(|| format!("'{key}' must be a list")),
    }
}

/// States of executions by their names.
pub(super) fn states(json: &Value, key: &str) -> Result<Vec<State>, String> {
    list(json, key)?
        .iter()
        .map(|state| state.as_str().and_then(State::parse))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("'{key}' must be names of states such as QUEUED"))
}

/// How an execution fails: `{"reason", "category", "type", "retryable"}`.
pub(super) fn failure(json: &Value) -> Result<Failure, String> {
    only(json, &["reason", "category", "type", "retryable"])?;
    let number = |key| count(json, key).map(|number| number.and_then(|n| i32::try_from(n).ok()));
    let retryable = match &json["retryable"] {
        Value::Null => false,
        value => value.as_bool().ok_or("'retryable' must be true or false")?,
    };
    Ok(Failure {
        reason: text(json, "reason")?.to_owned(),
        message: None,
        error_category: number("category")?.unwrap_or(2),
        error_type: number("type")?.unwrap_or(1009),
        retryable,
    })
}
