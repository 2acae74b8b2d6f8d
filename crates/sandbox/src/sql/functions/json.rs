//! JSON functions, and casts to and from JSON.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int64Array, StringArray, new_null_array,
};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use serde_json::Value;

use super::json_text::json_texts;
use super::{Arguments, AthenaError, Function, invalid_argument, returning};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new(
            "json_parse",
            1..=1,
            |_| returning(&AthenaType::Json),
            json_parse,
        ),
        Function::new(
            "json_format",
            1..=1,
            |_| returning(&AthenaType::Varchar(None)),
            |args| Ok(Arc::new(args.strings(0)?)),
        ),
        Function::new(
            "json_extract",
            2..=2,
            |_| returning(&AthenaType::Json),
            json_extract,
        ),
        Function::new(
            "json_extract_scalar",
            2..=2,
            |_| returning(&AthenaType::Varchar(None)),
            json_extract_scalar,
        ),
        Function::new(
            "json_array_length",
            1..=1,
            |_| returning(&AthenaType::Bigint),
            |args| size(args, |value| value.as_array().map(Vec::len)),
        ),
        Function::new(
            "json_size",
            2..=2,
            |_| returning(&AthenaType::Bigint),
            |args| {
                let paths = args.strings(1)?;
                let path = if paths.is_empty() {
                    "$"
                } else {
                    paths.value(0)
                };
                size(args, |value| {
                    Some(match lookup(value, path)? {
                        Value::Array(items) => items.len(),
                        Value::Object(fields) => fields.len(),
                        _ => 0,
                    })
                })
            },
        ),
    ]
}

fn json_parse(args: &Arguments) -> Result<ArrayRef> {
    let parsed = args.map_strings(0, |text| match serde_json::from_str::<Value>(text) {
        Ok(value) => Ok(Some(value.to_string())),
        Err(error) => Err(invalid_argument(format!(
            "Cannot convert value to JSON: '{text}' ({error})"
        ))),
    })?;
    Ok(Arc::new(StringArray::from(parsed)))
}

fn size(args: &Arguments, count: impl Fn(&Value) -> Option<usize>) -> Result<ArrayRef> {
    let sizes = args.map_strings(0, |text| {
        let value: Option<Value> = serde_json::from_str(text).ok();
        Ok(value
            .and_then(|value| count(&value))
            .and_then(|size| i64::try_from(size).ok()))
    })?;
    Ok(Arc::new(Int64Array::from(sizes)))
}

fn extract(args: &Arguments, show: impl Fn(&Value) -> Option<String>) -> Result<ArrayRef> {
    let json = args.strings(0)?;
    let paths = args.strings(1)?;
    let found: StringArray = (0..args.rows)
        .map(|row| {
            if json.is_null(row) || paths.is_null(row) {
                return None;
            }
            let value: Value = serde_json::from_str(json.value(row)).ok()?;
            lookup(&value, paths.value(row)).and_then(&show)
        })
        .collect();
    Ok(Arc::new(found))
}

fn json_extract(args: &Arguments) -> Result<ArrayRef> {
    extract(args, |value| Some(value.to_string()))
}

fn json_extract_scalar(args: &Arguments) -> Result<ArrayRef> {
    extract(args, |value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    })
}

/// Follows a JSON path of names and indices: `$.a.b[0]["c d"]`.
fn lookup<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut at = value;
    while !rest.is_empty() {
        if let Some(bracket) = rest.strip_prefix('[') {
            let (inside, after) = bracket.split_once(']')?;
            let name = inside.trim().trim_matches(['"', '\'']);
            at = match at {
                Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
                other => other.get(name)?,
            };
            rest = after;
        } else {
            let name = rest.strip_prefix('.')?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            at = at.get(&name[..end])?;
            rest = &name[end..];
        }
    }
    Some(at)
}

/// `CAST(x AS JSON)` of a column.
pub(super) fn to_json(array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    let texts: StringArray = json_texts(array, field)?.into_iter().collect();
    Ok(Arc::new(texts))
}

/// `CAST(json AS type)` of a column.
pub(super) fn from_json(array: &ArrayRef, target: &AthenaType, lenient: bool) -> Result<ArrayRef> {
    let strings = array.as_string::<i32>();
    let arrow = target.arrow();
    if array.is_empty() {
        return Ok(new_null_array(&arrow, 0));
    }
    let scalars = strings
        .iter()
        .map(|text| {
            let Some(text) = text else {
                return ScalarValue::try_from(&arrow);
            };
            let value: Value = serde_json::from_str(text).unwrap_or(Value::Null);
            match scalar(&value, target) {
                Ok(scalar) => Ok(scalar),
                Err(_) if lenient => ScalarValue::try_from(&arrow),
                Err(error) => Err(error),
            }
        })
        .collect::<Result<Vec<_>>>()?;
    ScalarValue::iter_to_array(scalars)
}

fn scalar(value: &Value, target: &AthenaType) -> Result<ScalarValue> {
    let arrow = target.arrow();
    let refused = || {
        AthenaError::new(
            "INVALID_CAST_ARGUMENT",
            format!("Cannot cast to {target}.\n{value}"),
        )
    };
    match (value, target) {
        (Value::Null, _) => ScalarValue::try_from(&arrow),
        (value, AthenaType::Json) => Ok(ScalarValue::Utf8(Some(value.to_string()))),
        (Value::Array(items), AthenaType::Array(item)) => {
            let items = items
                .iter()
                .map(|value| scalar(value, item))
                .collect::<Result<Vec<_>>>()?;
            let list = ScalarValue::new_list_nullable(&items, &item.arrow());
            ScalarValue::List(list).cast_to(&arrow)
        }
        (Value::Array(_) | Value::Object(_), AthenaType::Row(fields)) => {
            let DataType::Struct(arrow_fields) = &arrow else {
                return Err(refused().into());
            };
            let columns = fields
                .iter()
                .enumerate()
                .map(|(index, (name, field))| {
                    let inner = match (value, name) {
                        (Value::Array(items), _) => items.get(index),
                        (_, Some(name)) => value.get(name),
                        _ => None,
                    };
                    scalar(inner.unwrap_or(&Value::Null), field)?.to_array()
                })
                .collect::<Result<Vec<_>>>()?;
            let row = datafusion::arrow::array::StructArray::try_new(
                arrow_fields.clone(),
                columns,
                None,
            )?;
            Ok(ScalarValue::Struct(Arc::new(row)))
        }
        (Value::Object(_), AthenaType::Map(..)) => {
            Err(AthenaError::not_supported("Cannot cast json to a map here").into())
        }
        (Value::Array(_) | Value::Object(_), _) => Err(refused().into()),
        (Value::String(text), _) => parse(text, &arrow, &refused),
        (other, _) => parse(&other.to_string(), &arrow, &refused),
    }
}

fn parse(text: &str, to: &DataType, refused: &dyn Fn() -> AthenaError) -> Result<ScalarValue> {
    let parsed = ScalarValue::Utf8(Some(text.to_owned()))
        .cast_to(to)
        .map_err(|error| {
            let mut refusal = refused();
            refusal.message = format!("{} ({error})", refusal.message);
            refusal
        })?;
    if parsed.is_null() {
        return Err(refused().into());
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_names_and_indices() {
        let value: Value = serde_json::from_str(r#"{"a":{"b":[1,{"c d":"x"}]}}"#).unwrap();
        for (path, found) in [
            ("$.a.b[0]", Some("1")),
            (r#"$.a.b[1]["c d"]"#, Some("\"x\"")),
            ("$.a.z", None),
            ("$.a.b[7]", None),
            ("a", None),
        ] {
            assert_eq!(
                lookup(&value, path).map(ToString::to_string).as_deref(),
                found,
                "{path}"
            );
        }
    }
}
