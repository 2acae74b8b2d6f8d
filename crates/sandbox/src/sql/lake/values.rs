//! Values from texts, as the SerDes read them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, ListArray, MapArray, StringArray, StructArray,
    new_null_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use serde_json::Value;

use crate::sql::failure::AthenaError;
use crate::sql::types::AthenaType;
use crate::sql::write::NULL_PARTITION;

/// A partition column's value.
///
/// # Errors
/// `HIVE_INVALID_PARTITION_VALUE` when the text is none.
pub(super) fn partition_value(field: &Field, text: &str) -> Result<ScalarValue> {
    if text == NULL_PARTITION {
        return ScalarValue::try_from(field.data_type());
    }
    let texts: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let value = ScalarValue::try_from_array(&cast(&texts, field.data_type())?, 0)?;
    if value.is_null() {
        return Err(AthenaError::new(
            "HIVE_INVALID_PARTITION_VALUE",
            format!(
                "Invalid partition value '{text}' for {} partition key: {}",
                AthenaType::of_field(field),
                field.name()
            ),
        )
        .into());
    }
    Ok(value)
}

/// A column of a plain type from texts; what is no value becomes NULL.
pub(super) fn plain(texts: Vec<Option<String>>, athena_type: &AthenaType) -> Result<ArrayRef> {
    match athena_type {
        AthenaType::Varbinary => {
            let bytes: Vec<Option<Vec<u8>>> = texts
                .into_iter()
                .map(|text| {
                    let text = text?;
                    Some(STANDARD.decode(&text).unwrap_or_else(|_| text.into_bytes()))
                })
                .collect();
            Ok(Arc::new(BinaryArray::from_iter(bytes)))
        }
        AthenaType::Varchar(Some(length)) | AthenaType::Char(length) => {
            let length = usize::try_from(*length).unwrap_or(usize::MAX);
            let cut = texts.into_iter().map(|text| {
                let text = text?;
                Some(text.chars().take(length).collect::<String>())
            });
            Ok(Arc::new(cut.collect::<StringArray>()))
        }
        AthenaType::Varchar(None) => Ok(Arc::new(StringArray::from(texts))),
        AthenaType::Boolean => {
            let values: BooleanArray = texts
                .into_iter()
                .map(|text| match text?.to_ascii_lowercase().as_str() {
                    "true" => Some(true),
                    "false" => Some(false),
                    _ => None,
                })
                .collect();
            Ok(Arc::new(values))
        }
        other => {
            let texts = texts
                .into_iter()
                .map(|text| text.map(|text| text.trim().to_owned()));
            let texts: ArrayRef = Arc::new(texts.collect::<StringArray>());
            Ok(cast(&texts, &other.arrow())?)
        }
    }
}

/// A column of any type from JSON values. A value of another type is an error.
///
/// # Errors
/// `HIVE_BAD_DATA`.
pub(super) fn from_json(values: &[Option<Value>], field: &Field) -> Result<ArrayRef> {
    let present = |value: &Option<Value>| value.as_ref().is_some_and(|value| !value.is_null());
    let nulls = || NullBuffer::from_iter(values.iter().map(present));
    match (AthenaType::of_field(field), field.data_type()) {
        (AthenaType::Array(_), DataType::List(item)) => {
            let mut items = Vec::new();
            let mut lengths = Vec::with_capacity(values.len());
            for value in values {
                let before = items.len();
                match value {
                    None | Some(Value::Null) => {}
                    Some(Value::Array(list)) => items.extend(list.iter().cloned().map(Some)),
                    Some(other) => return Err(bad(field, other)),
                }
                lengths.push(items.len() - before);
            }
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(item),
                OffsetBuffer::from_lengths(lengths),
                from_json(&items, item)?,
                Some(nulls()),
            )?))
        }
        (AthenaType::Map(..), DataType::Map(entries, ordered)) => {
            let DataType::Struct(fields) = entries.data_type() else {
                return Err(DataFusionError::Internal(
                    "a map without entries".to_owned(),
                ));
            };
            let (mut keys, mut items) = (Vec::new(), Vec::new());
            let mut lengths = Vec::with_capacity(values.len());
            for value in values {
                let before = keys.len();
                match value {
                    None | Some(Value::Null) => {}
                    Some(Value::Object(members)) => {
                        for (key, item) in members {
                            keys.push(Some(Value::String(key.clone())));
                            items.push(Some(item.clone()));
                        }
                    }
                    Some(other) => return Err(bad(field, other)),
                }
                lengths.push(keys.len() - before);
            }
            let columns = vec![
                from_json(&keys, &fields[0])?,
                from_json(&items, &fields[1])?,
            ];
            Ok(Arc::new(MapArray::try_new(
                Arc::clone(entries),
                OffsetBuffer::from_lengths(lengths),
                StructArray::try_new(fields.clone(), columns, None)?,
                Some(nulls()),
                *ordered,
            )?))
        }
        (AthenaType::Row(_), DataType::Struct(fields)) => row(values, field, fields, nulls()),
        (athena_type, data_type) => {
            let texts = values
                .iter()
                .map(|value| text_of(value.as_ref(), &athena_type, field))
                .collect::<Result<Vec<_>>>()?;
            let valid: Vec<bool> = texts.iter().map(Option::is_some).collect();
            let column = plain(texts, &athena_type)?;
            let lost = (0..column.len()).find(|&row| valid[row] && column.is_null(row));
            match lost.and_then(|row| values[row].as_ref()) {
                Some(value) => Err(bad(field, value)),
                None if column.is_empty() => Ok(new_null_array(data_type, 0)),
                None => Ok(column),
            }
        }
    }
}

fn row(
    values: &[Option<Value>],
    field: &Field,
    fields: &Fields,
    nulls: NullBuffer,
) -> Result<ArrayRef> {
    let mut columns = Vec::with_capacity(fields.len());
    for (index, member) in fields.iter().enumerate() {
        let items = values
            .iter()
            .map(|value| match value {
                None | Some(Value::Null) => Ok(None),
                Some(Value::Object(members)) => Ok(member_of(members, member.name()).cloned()),
                Some(Value::Array(items)) => Ok(items.get(index).cloned()),
                Some(other) => Err(bad(field, other)),
            })
            .collect::<Result<Vec<_>>>()?;
        columns.push(from_json(&items, member)?);
    }
    Ok(Arc::new(StructArray::try_new(
        fields.clone(),
        columns,
        Some(nulls),
    )?))
}

/// A member by its name in any case.
pub(super) fn member_of<'a>(
    members: &'a serde_json::Map<String, Value>,
    name: &str,
) -> Option<&'a Value> {
    members.get(name).or_else(|| {
        let found = members.iter().find(|(key, _)| key.to_lowercase() == name);
        found.map(|(_, value)| value)
    })
}

fn text_of(
    value: Option<&Value>,
    athena_type: &AthenaType,
    field: &Field,
) -> Result<Option<String>> {
    let text = matches!(athena_type, AthenaType::Varchar(_) | AthenaType::Char(_));
    Ok(match value {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Bool(_) | Value::Number(_)) => value.map(ToString::to_string),
        Some(nested) if text => Some(nested.to_string()),
        Some(nested) => return Err(bad(field, nested)),
    })
}

fn bad(field: &Field, value: &Value) -> DataFusionError {
    bad_data(field, &value.to_string())
}

/// The refusal of a text that is no value of its column.
pub(super) fn bad_data(field: &Field, text: &str) -> DataFusionError {
    AthenaError::new(
        "HIVE_BAD_DATA",
        format!(
            "Error parsing field value '{text}' for field {} of type {}",
            field.name(),
            AthenaType::of_field(field)
        ),
    )
    .into()
}
