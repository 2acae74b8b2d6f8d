//! JSON text of values: `CAST(x AS JSON)`, and lines of JSON files.
//!
//! Written directly, because rows may have the same field name twice and decimals keep
//! all their digits.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{ArrowNativeType as _, DataType, Field};
use datafusion::error::{DataFusionError, Result};

use crate::sql::text::ColumnText;
use crate::sql::types::AthenaType;

/// Appends the JSON text of one row.
type Writer<'a> = Box<dyn Fn(usize, &mut String) + 'a>;

/// The JSON texts of a column; `None` for NULL.
pub(in crate::sql) fn json_texts(array: &ArrayRef, field: &Field) -> Result<Vec<Option<String>>> {
    let write = writer(array, field)?;
    Ok((0..array.len())
        .map(|row| {
            if array.is_null(row) || array.data_type() == &DataType::Null {
                return None;
            }
            let mut text = String::new();
            write(row, &mut text);
            Some(text)
        })
        .collect())
}

/// True for types that a cast to JSON takes.
pub(super) fn has_json(athena_type: &AthenaType) -> bool {
    match athena_type {
        AthenaType::Array(item) => has_json(item),
        AthenaType::Map(key, value) => {
            has_json(value)
                && !matches!(
                    key.as_ref(),
                    AthenaType::Array(_)
                        | AthenaType::Map(..)
                        | AthenaType::Row(_)
                        | AthenaType::Json
                        | AthenaType::Date
                        | AthenaType::Timestamp(_)
                )
                && has_json(key)
        }
        AthenaType::Row(fields) => fields.iter().all(|(_, field)| has_json(field)),
        AthenaType::Char(_)
        | AthenaType::Varbinary
        | AthenaType::Time(_)
        | AthenaType::TimeWithTimeZone(_)
        | AthenaType::TimestampWithTimeZone(_)
        | AthenaType::IntervalDayToSecond
        | AthenaType::IntervalYearToMonth
        | AthenaType::Uuid
        | AthenaType::IpAddress => false,
        _ => true,
    }
}

fn writer<'a>(array: &'a ArrayRef, field: &Field) -> Result<Writer<'a>> {
    let write = not_null(array, field)?;
    let nulls = array.logical_nulls();
    Ok(Box::new(move |row, out| match &nulls {
        Some(nulls) if nulls.is_null(row) => out.push_str("null"),
        _ => write(row, out),
    }))
}

fn not_null<'a>(array: &'a ArrayRef, field: &Field) -> Result<Writer<'a>> {
    match AthenaType::of_field(field) {
        AthenaType::Unknown => Ok(Box::new(|_, out| out.push_str("null"))),
        AthenaType::Boolean
        | AthenaType::Tinyint
        | AthenaType::Smallint
        | AthenaType::Integer
        | AthenaType::Bigint
        | AthenaType::Decimal(..)
        | AthenaType::Json => {
            let text = ColumnText::new(array, field)?;
            Ok(Box::new(move |row, out| {
                out.push_str(&text.cell(row).unwrap_or_default());
            }))
        }
        AthenaType::Real | AthenaType::Double => {
            let text = ColumnText::new(array, field)?;
            Ok(Box::new(move |row, out| {
                let number = text.cell(row).unwrap_or_default();
                if number.ends_with(|c: char| c.is_ascii_digit()) {
                    out.push_str(&number);
                } else {
                    push_string(&number, out);
                }
            }))
        }
        AthenaType::Varbinary => {
            let bytes = cast(array, &DataType::Binary)?;
            Ok(Box::new(move |row, out| {
                push_string(&STANDARD.encode(bytes.as_binary::<i32>().value(row)), out);
            }))
        }
        AthenaType::Array(_) => list(array),
        AthenaType::Map(..) => map(array),
        AthenaType::Row(names) => {
            let fields = match array.data_type() {
                DataType::Struct(fields) => fields,
                other => return Err(unexpected(other)),
            };
            let columns = array.as_struct().columns().iter().zip(fields.iter());
            let members = columns
                .zip(names)
                .map(|((column, field), (name, _))| {
                    let mut key = String::new();
                    push_string(&name.unwrap_or_default(), &mut key);
                    Ok((key, writer(column, field)?))
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Box::new(move |row, out| {
                out.push('{');
                for (index, (key, write)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    out.push_str(key);
                    out.push(':');
                    write(row, out);
                }
                out.push('}');
            }))
        }
        _ => {
            let text = ColumnText::new(array, field)?;
            Ok(Box::new(move |row, out| {
                push_string(&text.cell(row).unwrap_or_default(), out);
            }))
        }
    }
}

fn list(array: &ArrayRef) -> Result<Writer<'_>> {
    let DataType::List(item) = array.data_type() else {
        return Err(unexpected(array.data_type()));
    };
    let lists = array.as_list::<i32>();
    let offsets = lists.value_offsets();
    let write = writer(lists.values(), item)?;
    Ok(Box::new(move |row, out| {
        let start = offsets[row].as_usize();
        out.push('[');
        for index in start..offsets[row + 1].as_usize() {
            if index > start {
                out.push(',');
            }
            write(index, out);
        }
        out.push(']');
    }))
}

/// Members in the order of their keys, as Trino writes them.
fn map(array: &ArrayRef) -> Result<Writer<'_>> {
    let maps = array
        .as_map_opt()
        .ok_or_else(|| unexpected(array.data_type()))?;
    let (key_field, value_field) = maps.entries_fields();
    let offsets = maps.value_offsets();
    let keys = ColumnText::new(maps.keys(), key_field)?;
    let write = writer(maps.values(), value_field)?;
    Ok(Box::new(move |row, out| {
        let mut members: Vec<(String, usize)> = (offsets[row].as_usize()
            ..offsets[row + 1].as_usize())
            .map(|index| (keys.cell(index).unwrap_or_default(), index))
            .collect();
        members.sort();
        out.push('{');
        for (position, (key, index)) in members.iter().enumerate() {
            if position > 0 {
                out.push(',');
            }
            push_string(key, out);
            out.push(':');
            write(*index, out);
        }
        out.push('}');
    }))
}

fn push_string(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn unexpected(data_type: &DataType) -> DataFusionError {
    DataFusionError::NotImplemented(format!("{data_type} as JSON"))
}
