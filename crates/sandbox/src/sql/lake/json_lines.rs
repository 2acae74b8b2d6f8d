//! Lines of the JSON SerDes.

use datafusion::error::Result;
use serde_json::Value;

use crate::sql::failure::AthenaError;

/// Parses a line, unless it is blank.
///
/// # Errors
/// `HIVE_CURSOR_ERROR` for a line that is no object, unless malformed lines are ignored.
pub(super) fn parse(line: &str, ignore_malformed: bool) -> Result<Option<Value>> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    match serde_json::from_str::<Value>(line) {
        Ok(value @ Value::Object(_)) => Ok(Some(value)),
        _ if ignore_malformed => Ok(Some(Value::Null)),
        Ok(_) => Err(malformed("not a JSON Object")),
        Err(error) => Err(malformed(&error.to_string())),
    }
}

fn malformed(text: &str) -> datafusion::error::DataFusionError {
    let message = format!("Row is not a valid JSON Object - JSONException: {text}");
    AthenaError::new("HIVE_CURSOR_ERROR", message).into()
}
