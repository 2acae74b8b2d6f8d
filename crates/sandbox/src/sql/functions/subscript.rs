//! `xs[1]`, `m['key']`, `r[1]` and `r.name`.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ReturnFieldArgs;

use super::values::map_positions;
use super::{Arguments, AthenaError, Function, invalid_argument};
use crate::sql::text::ColumnText;
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("athena_subscript", 2..=2, subscript_field, subscript),
        Function::new("athena_field", 2..=2, named_field, |args| {
            let name = args.strings(1)?;
            let index = match args.arrays[0].data_type() {
                DataType::Struct(fields) if !name.is_empty() => fields
                    .iter()
                    .position(|field| field.name() == name.value(0)),
                _ => None,
            };
            column(args, index)
        }),
    ]
}

fn constant<'a>(args: &ReturnFieldArgs<'a>) -> Option<&'a ScalarValue> {
    args.scalar_arguments.get(1).copied().flatten()
}

fn result(field: &FieldRef) -> FieldRef {
    Arc::new(
        field
            .as_ref()
            .clone()
            .with_name("result")
            .with_nullable(true),
    )
}

fn subscript_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    match args.arg_fields[0].data_type() {
        DataType::List(item) => Ok(result(item)),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => Ok(result(&fields[1])),
            _ => Err(unexpected(args)),
        },
        DataType::Struct(fields) => {
            let position = constant(args)
                .and_then(|value| value.cast_to(&DataType::Int64).ok())
                .and_then(|value| match value {
                    ScalarValue::Int64(Some(position)) => Some(position),
                    _ => None,
                });
            let Some(position) = position else {
                return Err(AthenaError::new(
                    "EXPRESSION_NOT_CONSTANT",
                    "line 1:8: Subscript expression on ROW requires a constant index",
                )
                .into());
            };
            usize::try_from(position - 1)
                .ok()
                .and_then(|index| fields.get(index))
                .map(result)
                .ok_or_else(|| {
                    AthenaError::new(
                        "INVALID_FUNCTION_ARGUMENT",
                        format!(
                            "line 1:8: Invalid subscript index: {position}. ROW indices start at 1"
                        ),
                    )
                    .into()
                })
        }
        _ => Err(unexpected(args)),
    }
}

fn named_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let name = match constant(args) {
        Some(ScalarValue::Utf8(Some(name))) => name.as_str(),
        _ => "",
    };
    let field = match args.arg_fields[0].data_type() {
        DataType::Struct(fields) => fields.iter().find(|field| field.name() == name),
        _ => None,
    };
    field.map(result).ok_or_else(|| {
        let athena_type = AthenaType::of_field(&args.arg_fields[0]);
        match athena_type {
            AthenaType::Row(_) => AthenaError::new(
                "COLUMN_NOT_FOUND",
                format!("line 1:8: Field '{name}' cannot be resolved in {athena_type}"),
            ),
            other => AthenaError::new(
                "TYPE_MISMATCH",
                format!("line 1:8: Expression is not of type ROW: {other}"),
            ),
        }
        .into()
    })
}

fn unexpected(args: &ReturnFieldArgs<'_>) -> DataFusionError {
    let types: Vec<String> = args
        .arg_fields
        .iter()
        .map(|field| AthenaType::of_field(field).to_string())
        .collect();
    AthenaError::new(
        "TYPE_MISMATCH",
        format!(
            "line 1:8: Cannot use subscript operator on {}",
            types.join(" with ")
        ),
    )
    .into()
}

fn subscript(args: &Arguments) -> Result<ArrayRef> {
    match args.arrays[0].data_type() {
        DataType::List(_) => item(args),
        DataType::Map(..) => value(args),
        DataType::Struct(_) => {
            let positions = args.converted(1, &DataType::Int64)?;
            let positions = positions.as_primitive::<Int64Type>();
            let index = (!positions.is_empty())
                .then(|| usize::try_from(positions.value(0) - 1).ok())
                .flatten();
            column(args, index)
        }
        other => Err(DataFusionError::Internal(format!("subscript of {other}"))),
    }
}

/// A field of each row; NULL of NULL rows.
fn column(args: &Arguments, index: Option<usize>) -> Result<ArrayRef> {
    let rows = args.arrays[0].as_struct();
    let Some(column) = index.and_then(|index| rows.columns().get(index)) else {
        return Err(DataFusionError::Internal("no such field".to_owned()));
    };
    let Some(nulls) = rows.nulls() else {
        return Ok(Arc::clone(column));
    };
    let rows: UInt32Array = (0..rows.len())
        .map(|row| {
            nulls
                .is_valid(row)
                .then(|| u32::try_from(row).ok())
                .flatten()
        })
        .collect();
    Ok(take(column, &rows, None)?)
}

fn item(args: &Arguments) -> Result<ArrayRef> {
    let lists = args.arrays[0].as_list::<i32>();
    let positions = args.converted(1, &DataType::Int64)?;
    let positions = positions.as_primitive::<Int64Type>();
    let indices = (0..args.rows)
        .map(|row| {
            if lists.is_null(row) || positions.is_null(row) {
                return Ok(None);
            }
            let length = i64::from(lists.value_length(row));
            let position = positions.value(row);
            match position {
                0 => Err(invalid_argument("SQL array indices start at 1")),
                negative if negative < 0 => Err(invalid_argument(format!(
                    "Array subscript is negative: {negative}"
                ))),
                beyond if beyond > length => Err(invalid_argument(format!(
                    "Array subscript must be less than or equal to array length: {beyond} > {length}"
                ))),
                _ => {
                    let start = i64::from(lists.value_offsets()[row]);
                    Ok(u32::try_from(start + position - 1).ok())
                }
            }
        })
        .collect::<Result<UInt32Array>>()?;
    Ok(take(lists.values(), &indices, None)?)
}

fn value(args: &Arguments) -> Result<ArrayRef> {
    let maps = args.arrays[0].as_map();
    let positions = map_positions(args)?;
    for row in 0..args.rows {
        if positions.is_null(row) && maps.is_valid(row) && args.arrays[1].is_valid(row) {
            let key = ColumnText::new(&args.arrays[1], &args.fields[1])?;
            return Err(invalid_argument(format!(
                "Key not present in map: {}",
                key.cell(row).unwrap_or_default()
            )));
        }
    }
    Ok(take(maps.values(), &positions, None)?)
}
