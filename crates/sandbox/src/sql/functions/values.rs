//! Functions on any type: element access, type names, lengths.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int64Array, StringArray, UInt32Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::Result;
use datafusion::logical_expr::ReturnFieldArgs;

use super::{Arguments, AthenaError, Function, invalid_argument, returning};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("typeof", 1..=1, typeof_field, type_of),
        Function::new("athena_element_at", 2..=2, element_field, element_at),
        // Only marks; a plan with it is never executed.
        Function::new(
            crate::sql::with_ties::MARK,
            1..=1,
            |_| returning(&AthenaType::Bigint),
            |args| Ok(Arc::new(args.integers(0)?)),
        ),
        Function::new(
            "athena_length",
            1..=1,
            |_| returning(&AthenaType::Bigint),
            length,
        ),
    ]
}

fn typeof_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let length = AthenaType::of_field(&args.arg_fields[0]).to_string().len();
    returning(&AthenaType::Varchar(i32::try_from(length).ok()))
}

fn type_of(args: &Arguments) -> Result<ArrayRef> {
    let name = args.athena_type(0).to_string();
    Ok(Arc::new(StringArray::from_iter_values(
        std::iter::repeat_n(name, args.rows),
    )))
}

fn element_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let item = match args.arg_fields[0].data_type() {
        DataType::List(item) => item,
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => &fields[1],
            _ => return Err(not_a_collection(args)),
        },
        _ => return Err(not_a_collection(args)),
    };
    Ok(Arc::new(
        item.as_ref()
            .clone()
            .with_name("result")
            .with_nullable(true),
    ))
}

fn not_a_collection(args: &ReturnFieldArgs<'_>) -> datafusion::error::DataFusionError {
    let types: Vec<String> = args
        .arg_fields
        .iter()
        .map(|field| AthenaType::of_field(field).to_string())
        .collect();
    AthenaError::new(
        "FUNCTION_NOT_FOUND",
        format!(
            "line 1:8: Unexpected parameters ({}) for function element_at",
            types.join(", ")
        ),
    )
    .into()
}

fn element_at(args: &Arguments) -> Result<ArrayRef> {
    if matches!(args.arrays[0].data_type(), DataType::Map(..)) {
        return map_value(args);
    }
    let lists = args.arrays[0].as_list::<i32>();
    let positions = args.converted(1, &DataType::Int64)?;
    let positions = positions.as_primitive::<Int64Type>();
    let indices = (0..args.rows)
        .map(|row| {
            if lists.is_null(row) || positions.is_null(row) {
                return Ok(None);
            }
            let start = i64::from(lists.value_offsets()[row]);
            let end = i64::from(lists.value_offsets()[row + 1]);
            let index = match positions.value(row) {
                0 => return Err(invalid_argument("SQL array indices start at 1")),
                position if position > 0 => start.saturating_add(position - 1),
                position => end.saturating_add(position),
            };
            Ok((start..end)
                .contains(&index)
                .then(|| u32::try_from(index).ok())
                .flatten())
        })
        .collect::<Result<UInt32Array>>()?;
    Ok(take(lists.values(), &indices, None)?)
}

fn map_value(args: &Arguments) -> Result<ArrayRef> {
    let positions = map_positions(args)?;
    Ok(take(args.arrays[0].as_map().values(), &positions, None)?)
}

/// Where the value of each row's key stands in its map; NULL when there is none.
pub(super) fn map_positions(args: &Arguments) -> Result<UInt32Array> {
    let maps = args.arrays[0].as_map();
    let key_type = maps.keys().data_type();
    let wanted = args.converted(1, key_type)?;
    let converter = RowConverter::new(vec![SortField::new(key_type.clone())])?;
    let keys = converter.convert_columns(&[Arc::clone(maps.keys())])?;
    let wanted = converter.convert_columns(&[wanted])?;
    Ok((0..args.rows)
        .map(|row| {
            if maps.is_null(row) {
                return None;
            }
            let start = usize::try_from(maps.value_offsets()[row]).ok()?;
            let end = usize::try_from(maps.value_offsets()[row + 1]).ok()?;
            let found = (start..end).find(|&index| keys.row(index) == wanted.row(row))?;
            u32::try_from(found).ok()
        })
        .collect())
}

/// Characters of text, bytes of varbinary.
fn length(args: &Arguments) -> Result<ArrayRef> {
    let lengths: Int64Array = match args.athena_type(0) {
        AthenaType::Varbinary => {
            let bytes = args.converted(0, &DataType::Binary)?;
            let bytes = bytes.as_binary::<i32>();
            bytes
                .iter()
                .map(|value| i64::try_from(value?.len()).ok())
                .collect()
        }
        AthenaType::Varchar(_) | AthenaType::Char(_) | AthenaType::Unknown => args
            .map_strings(0, |text| Ok(i64::try_from(text.chars().count()).ok()))?
            .into_iter()
            .collect(),
        other => {
            return Err(AthenaError::new(
                "FUNCTION_NOT_FOUND",
                format!("line 1:8: Unexpected parameters ({other}) for function length. Expected: length(char(x)), length(varbinary), length(varchar(x))"),
            )
            .into());
        }
    };
    Ok(Arc::new(lengths))
}
