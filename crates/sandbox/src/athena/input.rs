//! Typed reading of a request's JSON, and the texts of its validation errors.

use serde_json::{Map, Value};

use crate::error::ApiError;

/// The members of a JSON object. Unknown ones are ignored, and null equals absent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Input<'a>(pub(crate) &'a Map<String, Value>);

const LIST: &str = "Start of list found where not expected";
const STRUCTURE: &str = "Start of structure or map found where not expected.";

/// Reads a request body.
pub(crate) fn parse(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Array(_)) => Err(ApiError::serialization(Some(LIST))),
        // Whatever else it is, the service does not say what was wrong with it.
        Ok(_) | Err(_) => Err(ApiError::serialization(None)),
    }
}

fn mismatch(value: &Value, wanted: &str) -> ApiError {
    let found = match value {
        Value::Array(_) => return ApiError::serialization(Some(LIST)),
        Value::Object(_) => return ApiError::serialization(Some(STRUCTURE)),
        Value::String(_) => "STRING_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Null => "NULL_VALUE",
    };
    let article = if wanted == "Integer" { "an" } else { "a" };
    ApiError::serialization(Some(&format!(
        "{found} can not be converted to {article} {wanted}"
    )))
}

impl<'a> Input<'a> {
    /// The members of an object inside a list.
    pub(crate) fn of_value(value: &'a Value) -> Result<Self, ApiError> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            Value::Array(_) => Err(ApiError::serialization(Some(LIST))),
            _ => Err(ApiError::serialization(Some("Expected null"))),
        }
    }

    fn get(&self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn string(&self, key: &str) -> Result<Option<&'a str>, ApiError> {
        self.get(key)
            .map(|value| value.as_str().ok_or_else(|| mismatch(value, "String")))
            .transpose()
    }

    /// A number, its fraction cut off.
    pub(crate) fn integer(&self, key: &str) -> Result<Option<i64>, ApiError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let whole = |number: f64| format!("{:.0}", number.trunc()).parse().ok();
        value
            .as_i64()
            .or_else(|| value.as_f64().and_then(whole))
            .map(Some)
            .ok_or_else(|| mismatch(value, "Integer"))
    }

    pub(crate) fn boolean(&self, key: &str) -> Result<Option<bool>, ApiError> {
        self.get(key)
            .map(|value| value.as_bool().ok_or_else(|| mismatch(value, "Boolean")))
            .transpose()
    }

    pub(crate) fn object(&self, key: &str) -> Result<Option<Input<'a>>, ApiError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Input(members))),
            Some(Value::Array(_)) => Err(ApiError::serialization(Some(LIST))),
            Some(_) => Err(ApiError::serialization(Some("Expected null"))),
        }
    }

    pub(crate) fn list(&self, key: &str) -> Result<Option<&'a [Value]>, ApiError> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Array(values)) => Ok(Some(values)),
            Some(Value::Object(_)) => Err(ApiError::serialization(Some(STRUCTURE))),
            Some(_) => Err(ApiError::serialization(Some("Expected list or null"))),
        }
    }

    pub(crate) fn strings(&self, key: &str) -> Result<Option<Vec<&'a str>>, ApiError> {
        let Some(values) = self.list(key)? else {
            return Ok(None);
        };
        values
            .iter()
            .map(|value| value.as_str().ok_or_else(|| mismatch(value, "String")))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A string member that must be there and not be empty.
    pub(crate) fn required(&self, key: &str) -> Result<&'a str, ApiError> {
        let value = self.string(key)?;
        let mut constraints = Constraints::default();
        constraints.required(key, value.is_some());
        constraints.length(key, value, 1, usize::MAX);
        constraints.check()?;
        Ok(value.unwrap_or_default())
    }
}

/// Validation errors, reported together.
#[derive(Debug, Default)]
pub(crate) struct Constraints(Vec<String>);

impl Constraints {
    pub(crate) fn required(&mut self, key: &str, present: bool) {
        if !present {
            let member = member(key);
            self.0.push(format!(
                "Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }

    /// Length in characters.
    pub(crate) fn length(&mut self, key: &str, value: Option<&str>, least: usize, most: usize) {
        let Some(length) = value.map(|value| value.chars().count()) else {
            return;
        };
        if length < least {
            self.fail(
                key,
                &format!("have length greater than or equal to {least}"),
            );
        } else if length > most {
            self.fail(key, &format!("have length less than or equal to {most}"));
        }
    }

    pub(crate) fn range(&mut self, key: &str, value: Option<i64>, least: i64, most: i64) {
        match value {
            Some(value) if value < least => {
                self.fail(key, &format!("have value greater than or equal to {least}"));
            }
            Some(value) if value > most => {
                self.fail(key, &format!("have value less than or equal to {most}"));
            }
            _ => {}
        }
    }

    pub(crate) fn matches(&mut self, key: &str, valid: bool, pattern: &str) {
        if !valid {
            self.fail(
                key,
                &format!("satisfy regular expression pattern: {pattern}"),
            );
        }
    }

    pub(crate) fn fail(&mut self, key: &str, must: &str) {
        let member = member(key);
        self.0.push(format!(
            "Value at '{member}' failed to satisfy constraint: Member must {must}"
        ));
    }

    pub(crate) fn push(&mut self, text: String) {
        self.0.push(text);
    }

    pub(crate) fn check(self) -> Result<(), ApiError> {
        let plural = match self.0.len() {
            0 => return Ok(()),
            1 => "",
            _ => "s",
        };
        let count = self.0.len();
        Err(ApiError::invalid_input(format!(
            "{count} validation error{plural} detected: {}",
            self.0.join("; ")
        )))
    }
}

/// The model's name of a member: its first letter in lower case.
fn member(key: &str) -> String {
    let mut letters = key.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
        result
            .unwrap_err()
            .body
            .get("Message")
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn wrong_types_have_athenas_texts() {
        let json = json!({"s": "x", "n": 1, "l": [], "o": {}});
        let input = Input(json.as_object().unwrap());
        assert_eq!(
            message(input.integer("s")),
            "STRING_VALUE can not be converted to an Integer"
        );
        assert_eq!(
            message(input.string("n")),
            "NUMBER_VALUE can not be converted to a String"
        );
        assert_eq!(
            message(input.string("l")),
            "Start of list found where not expected"
        );
        assert_eq!(
            message(input.string("o")),
            "Start of structure or map found where not expected."
        );
        assert_eq!(message(input.list("n")), "Expected list or null");
        assert_eq!(message(input.object("n")), "Expected null");
    }

    #[test]
    fn fractions_are_cut_and_null_is_absent() {
        let json = json!({"n": 1.5, "z": null});
        let input = Input(json.as_object().unwrap());
        assert_eq!(input.integer("n").unwrap(), Some(1));
        assert_eq!(input.integer("z").unwrap(), None);
        assert_eq!(input.string("z").unwrap(), None);
    }

    #[test]
    fn constraint_errors_are_counted_and_joined() {
        let mut constraints = Constraints::default();
        constraints.length("NextToken", Some(""), 1, 1024);
        constraints.range("MaxResults", Some(0), 1, 1000);
        assert_eq!(
            message(constraints.check()),
            "2 validation errors detected: Value at 'nextToken' failed to satisfy constraint: Member must have length \
             greater than or equal to 1; Value at 'maxResults' failed to satisfy constraint: Member must have value \
             greater than or equal to 1"
        );
    }
}
