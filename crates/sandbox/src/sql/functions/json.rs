//! JSON functions, and casts to JSON.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, BooleanArray, Int64Array, StringArray};
use datafusion::arrow::datatypes::Field;
use datafusion::error::{DataFusionError, Result};

use super::json_node::Node;
use super::json_text::json_texts;
use super::{Arguments, Function, invalid_argument, returning};
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
            |args| {
                size(args, |_, value| match value {
                    Node::Array(items) => Some(items.len()),
                    _ => None,
                })
            },
        ),
        Function::new(
            "json_size",
            2..=2,
            |_| returning(&AthenaType::Bigint),
            |args| {
                let paths = args.strings(1)?;
                size(args, |row, value| {
                    Some(match lookup(value, &steps(paths.value(row)).ok()?)? {
                        Node::Array(items) => items.len(),
                        Node::Object(members) => members.len(),
                        _ => 0,
                    })
                })
            },
        ),
        Function::new(
            "is_json_scalar",
            1..=1,
            |_| returning(&AthenaType::Boolean),
            |args| {
                let scalars = args.map_strings(0, |text| {
                    let node = Node::parse(text).ok_or_else(|| not_json(text))?;
                    Ok(Some(!matches!(node, Node::Array(_) | Node::Object(_))))
                })?;
                Ok(Arc::new(BooleanArray::from(scalars)))
            },
        ),
    ]
}

fn not_json(text: &str) -> DataFusionError {
    invalid_argument(format!("Cannot convert value to JSON: '{text}'"))
}

fn json_parse(args: &Arguments) -> Result<ArrayRef> {
    let parsed = args.map_strings(0, |text| match Node::parse(text) {
        Some(node) => Ok(Some(node.sorted())),
        None => Err(not_json(text)),
    })?;
    Ok(Arc::new(StringArray::from(parsed)))
}

fn size(args: &Arguments, count: impl Fn(usize, &Node) -> Option<usize>) -> Result<ArrayRef> {
    let json = args.strings(0)?;
    let sizes = args.each(|row| {
        let value = Node::parse(json.value(row));
        let size = value.and_then(|value| count(row, &value));
        Ok(size.and_then(|size| i64::try_from(size).ok()))
    })?;
    Ok(Arc::new(Int64Array::from(sizes)))
}

fn extract(args: &Arguments, show: impl Fn(&Node) -> Option<String>) -> Result<ArrayRef> {
    let json = args.strings(0)?;
    let paths = args.strings(1)?;
    let mut known: Option<(String, Vec<String>)> = None;
    let found = (0..args.rows)
        .map(|row| {
            if json.is_null(row) || paths.is_null(row) {
                return Ok(None);
            }
            let path = paths.value(row);
            let steps = match &mut known {
                Some((last, steps)) if last == path => &*steps,
                other => &other.insert((path.to_owned(), steps(path)?)).1,
            };
            let value = Node::parse(json.value(row));
            Ok(value.and_then(|value| lookup(&value, steps).and_then(&show)))
        })
        .collect::<Result<StringArray>>()?;
    Ok(Arc::new(found))
}

fn json_extract(args: &Arguments) -> Result<ArrayRef> {
    extract(args, |value| Some(value.to_string()))
}

/// A number is given as it was written.
fn json_extract_scalar(args: &Arguments) -> Result<ArrayRef> {
    extract(args, |value| match value {
        Node::Text(text) | Node::Number(text) => Some(text.clone()),
        Node::Boolean(value) => Some(value.to_string()),
        _ => None,
    })
}

/// The names and indices of a path: `$.a.b[0]["c d"]`.
fn steps(path: &str) -> Result<Vec<String>> {
    let invalid = || invalid_argument(format!("Invalid JSON path: '{path}'"));
    let plain = |name: &str| {
        let valid = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ':');
        !name.is_empty() && name.chars().all(valid)
    };
    let mut rest = path.trim().strip_prefix('$').ok_or_else(invalid)?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let name = if let Some(bracket) = rest.strip_prefix("[\"") {
            let mut name = String::new();
            let mut chars = bracket.char_indices();
            let end = loop {
                match chars.next().ok_or_else(invalid)? {
                    (end, '"') => break end,
                    (_, '\\') => name.extend(chars.next().map(|(_, c)| c)),
                    (_, c) => name.push(c),
                }
            };
            rest = bracket[end + 1..].strip_prefix(']').ok_or_else(invalid)?;
            name
        } else if let Some(bracket) = rest.strip_prefix('[') {
            let (inside, after) = bracket.split_once(']').ok_or_else(invalid)?;
            rest = after;
            if !plain(inside) {
                return Err(invalid());
            }
            inside.to_owned()
        } else {
            let name = rest.strip_prefix('.').ok_or_else(invalid)?;
            let end = name.find(['.', '[']).unwrap_or(name.len());
            rest = &name[end..];
            if !plain(&name[..end]) {
                return Err(invalid());
            }
            name[..end].to_owned()
        };
        steps.push(name);
    }
    Ok(steps)
}

/// Follows a path. Of an array a step is an index.
fn lookup<'a>(value: &'a Node, steps: &[String]) -> Option<&'a Node> {
    steps.iter().try_fold(value, |at, name| match at {
        Node::Array(items) => items.get(name.parse::<usize>().ok()?),
        other => other.member(name),
    })
}

/// `CAST(x AS JSON)` of a column.
pub(super) fn to_json(array: &ArrayRef, field: &Field) -> Result<ArrayRef> {
    let texts: StringArray = json_texts(array, field)?.into_iter().collect();
    Ok(Arc::new(texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_follow_names_and_indices() {
        let value = Node::parse(r#"{"a":{"b":[1,{"c d":"x"}]}}"#).unwrap();
        for (path, found) in [
            ("$", Some(r#"{"a":{"b":[1,{"c d":"x"}]}}"#)),
            ("$.a.b[0]", Some("1")),
            (r#"$.a.b[1]["c d"]"#, Some("\"x\"")),
            ("$.a.z", None),
            ("$.a.b[7]", None),
        ] {
            let found_there = lookup(&value, &steps(path).unwrap());
            assert_eq!(
                found_there.map(ToString::to_string).as_deref(),
                found,
                "{path}"
            );
        }
        for path in ["", "a", "$a", "$.", "$[", "$[*]", "$.a b", "$..a", "$[\"a"] {
            assert!(steps(path).is_err(), "{path}");
        }
    }
}
