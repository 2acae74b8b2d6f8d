//! `json_object` and `json_array`.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, StringArray};
use datafusion::error::Result;

use super::json_node::{Node, push_text};
use super::json_text::{has_json, json_texts};
use super::{Arguments, AthenaError, Function, returning, text};
use crate::sql::json_tokens::{FORMATTED, UNIQUE};
use crate::sql::text::ColumnText;
use crate::sql::types::AthenaType;

/// Before the values: what NULL does, `null` or `absent`.
pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("athena_json_object", 1..=usize::MAX, text, |args| {
            object(args, false)
        }),
        Function::new(UNIQUE, 1..=usize::MAX, text, |args| object(args, true)),
        Function::new("athena_json_array", 1..=usize::MAX, text, array),
        Function::new(
            FORMATTED,
            1..=1,
            |_| returning(&AthenaType::Json),
            formatted,
        ),
        Function::new("athena_json_query", 1..=1, text, |args| {
            Ok(Arc::new(args.strings(0)?))
        }),
    ]
}

/// Text that is taken as JSON.
fn formatted(args: &Arguments) -> Result<ArrayRef> {
    let parsed = args.map_strings(0, |text| match Node::parse(text) {
        Some(node) => Ok(Some(node.to_string())),
        None => Err(AthenaError::new(
            "JSON_INPUT_CONVERSION_ERROR",
            "conversion to JSON failed: ".to_owned() + text,
        )
        .into()),
    })?;
    Ok(Arc::new(StringArray::from(parsed)))
}

/// The JSON of an argument, row by row.
fn values(args: &Arguments, index: usize) -> Result<Vec<Option<String>>> {
    let (array, field) = (&args.arrays[index], &args.fields[index]);
    if has_json(&AthenaType::of_field(field)) {
        return json_texts(array, field);
    }
    // Of all others the text.
    let texts = ColumnText::new(array, field)?;
    let quoted = (0..args.rows).map(|row| {
        let mut json = String::new();
        push_text(&texts.cell(row)?, &mut json);
        Some(json)
    });
    Ok(quoted.collect())
}

fn keeps_null(args: &Arguments) -> Result<bool> {
    let option = args.strings(0)?;
    Ok(!option.is_empty() && option.value(0) == "null")
}

fn object(args: &Arguments, unique: bool) -> Result<ArrayRef> {
    let keeps_null = keeps_null(args)?;
    let members = (1..args.arrays.len().saturating_sub(1))
        .step_by(2)
        .map(|index| Ok((args.strings(index)?, values(args, index + 1)?)))
        .collect::<Result<Vec<_>>>()?;
    let rows = (0..args.rows)
        .map(|row| {
            let mut out = "{".to_owned();
            let mut seen: Vec<&str> = Vec::new();
            for (keys, values) in &members {
                if keys.is_null(row) {
                    return Err(super::invalid_argument(
                        "null value passed for JSON object key to JSON_OBJECT function",
                    ));
                }
                let key = keys.value(row);
                if unique && seen.contains(&key) {
                    return Err(super::invalid_argument(
                        "duplicate key passed to JSON_OBJECT function",
                    ));
                }
                seen.push(key);
                let value = match &values[row] {
                    Some(value) => value.as_str(),
                    None if keeps_null => "null",
                    None => continue,
                };
                if out.len() > 1 {
                    out.push(',');
                }
                push_text(key, &mut out);
                out.push(':');
                out.push_str(value);
            }
            out.push('}');
            Ok(Some(out))
        })
        .collect::<Result<StringArray>>()?;
    Ok(Arc::new(rows))
}

fn array(args: &Arguments) -> Result<ArrayRef> {
    let keeps_null = keeps_null(args)?;
    let items = (1..args.arrays.len())
        .map(|index| values(args, index))
        .collect::<Result<Vec<_>>>()?;
    let rows: StringArray = (0..args.rows)
        .map(|row| {
            let items = items.iter().filter_map(|values| match &values[row] {
                Some(value) => Some(value.as_str()),
                None => keeps_null.then_some("null"),
            });
            Some(format!("[{}]", items.collect::<Vec<_>>().join(",")))
        })
        .collect();
    Ok(Arc::new(rows))
}
