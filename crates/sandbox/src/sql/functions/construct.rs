//! `ARRAY[…]`, `ROW(…)` and `zip`, which keep the types of what they are made of.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, ListArray, MapArray, StructArray, UInt32Array,
    new_empty_array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::{interleave, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ReturnFieldArgs;

use super::cast::convert;
use super::{Arguments, Function, returning};
use crate::sql::common_type::common_of;
use crate::sql::type_check::no_common_type;
use crate::sql::type_text;
use crate::sql::types::{AthenaType, UNNAMED_FIELD};

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("athena_array", 0..=usize::MAX, array_field, array),
        Function::new("athena_row", 1..=usize::MAX, row_field, row),
        Function::new("athena_zip", 2..=5, zip_field, zip).taking("aaaaa"),
        typed(),
    ]
}

/// The function that only says what type its argument has.
pub(super) fn typed() -> Function {
    Function::new("athena_typed", 2..=2, typed_field, |args| {
        retyped(&args.arrays[0], args.returns.data_type())
    })
}

fn list_of(item: AthenaType) -> Result<FieldRef> {
    returning(&AthenaType::Array(Box::new(item)))
}

fn array_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let types: Vec<AthenaType> = args
        .arg_fields
        .iter()
        .map(|field| AthenaType::of_field(field))
        .collect();
    match common_of(&types) {
        Some(common) => match zone_of(&args.arg_fields.iter().collect::<Vec<_>>(), &common) {
            Some(data_type) => {
                let item = common.field_of("item", data_type, true);
                let list = DataType::List(item);
                Ok(Arc::new(Field::new("result", list, true)))
            }
            None => list_of(common),
        },
        None => Err(no_common_type("All ARRAY elements", &types).into()),
    }
}

/// The Arrow type with the zone that the fields have; all others become UTC.
fn zone_of(fields: &[&FieldRef], common: &AthenaType) -> Option<DataType> {
    let (AthenaType::TimestampWithTimeZone(_), DataType::Timestamp(unit, _)) =
        (common, common.arrow())
    else {
        return None;
    };
    let mut zones = fields.iter().filter_map(|field| match field.data_type() {
        DataType::Timestamp(_, zone) => Some(zone.clone()),
        _ => None,
    });
    let first = zones.next()??;
    zones
        .all(|zone| zone.as_ref() == Some(&first))
        .then_some(DataType::Timestamp(unit, Some(first)))
}

fn array(args: &Arguments) -> Result<ArrayRef> {
    let DataType::List(item) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("arrays are lists".to_owned()));
    };
    let target = AthenaType::of_field(item);
    let width = args.arrays.len();
    let values = if width == 0 || args.rows == 0 {
        new_empty_array(item.data_type())
    } else {
        let columns = args
            .arrays
            .iter()
            .zip(&args.fields)
            .map(|(array, field)| {
                if AthenaType::of_field(field) == target {
                    return retyped(array, item.data_type());
                }
                convert(array, field, &target, item.data_type(), false)
            })
            .collect::<Result<Vec<_>>>()?;
        let columns: Vec<&dyn datafusion::arrow::array::Array> =
            columns.iter().map(AsRef::as_ref).collect();
        let places: Vec<(usize, usize)> = (0..args.rows)
            .flat_map(|row| (0..width).map(move |column| (column, row)))
            .collect();
        interleave(&columns, &places)?
    };
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(item),
        OffsetBuffer::from_lengths(std::iter::repeat_n(width, args.rows)),
        values,
        None,
    )?))
}

/// Names and values in turn.
fn row_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let fields: Fields = args
        .arg_fields
        .chunks(2)
        .zip(args.scalar_arguments.chunks(2))
        .filter_map(|(fields, scalars)| match (fields, scalars) {
            ([_, value], [Some(ScalarValue::Utf8(Some(name))), _]) => {
                Some(value.as_ref().clone().with_name(name).with_nullable(true))
            }
            _ => None,
        })
        .collect();
    Ok(Arc::new(Field::new(
        "result",
        DataType::Struct(fields),
        true,
    )))
}

fn row(args: &Arguments) -> Result<ArrayRef> {
    let DataType::Struct(fields) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("rows are structs".to_owned()));
    };
    let columns = args.arrays.iter().skip(1).step_by(2).cloned().collect();
    Ok(Arc::new(StructArray::try_new(
        fields.clone(),
        columns,
        None,
    )?))
}

/// `array(row(T, U))`: the fields of the rows have no names.
fn zip_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let fields: Fields = args
        .arg_fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let name = format!("{UNNAMED_FIELD}{index}");
            match field.data_type() {
                DataType::List(item) => item.as_ref().clone().with_name(name).with_nullable(true),
                _ => Field::new(name, DataType::Null, true),
            }
        })
        .collect();
    let item = Field::new("item", DataType::Struct(fields), true);
    Ok(Arc::new(Field::new(
        "result",
        DataType::List(Arc::new(item)),
        true,
    )))
}

/// Shorter arrays go on with NULLs.
fn zip(args: &Arguments) -> Result<ArrayRef> {
    let DataType::List(item) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("zip makes lists".to_owned()));
    };
    let DataType::Struct(fields) = item.data_type() else {
        return Err(DataFusionError::Internal("zip makes rows".to_owned()));
    };
    let lists: Vec<Option<&ListArray>> = args
        .arrays
        .iter()
        .map(|array| array.as_list_opt::<i32>())
        .collect();
    let mut places: Vec<Vec<Option<u32>>> = vec![Vec::new(); lists.len()];
    let mut lengths = Vec::with_capacity(args.rows);
    let valid: Vec<bool> = (0..args.rows)
        .map(|row| {
            let valid = lists
                .iter()
                .all(|list| list.is_some_and(|list| list.is_valid(row)));
            let ranges: Vec<std::ops::Range<usize>> = lists
                .iter()
                .flatten()
                .filter(|_| valid)
                .map(|list| super::arrays::range(list, row))
                .collect();
            let length = ranges.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
            for (places, range) in places.iter_mut().zip(ranges) {
                let there = range.len();
                places.extend(range.map(|index| u32::try_from(index).ok()));
                places.extend(std::iter::repeat_n(None, length - there));
            }
            lengths.push(length);
            valid
        })
        .collect();
    let rows = lengths.iter().sum();
    let columns = lists
        .iter()
        .zip(places)
        .map(|(list, places)| match list {
            Some(list) => Ok(take(list.values(), &UInt32Array::from(places), None)?),
            None => Ok(datafusion::arrow::array::new_null_array(
                &DataType::Null,
                rows,
            )),
        })
        .collect::<Result<Vec<ArrayRef>>>()?;
    let values = StructArray::try_new_with_length(fields.clone(), columns, None, rows)?;
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(item),
        OffsetBuffer::from_lengths(lengths),
        Arc::new(values),
        Some(valid.into()),
    )?))
}

/// The second argument is the type's text.
fn typed_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let athena_type = match args.scalar_arguments.get(1) {
        Some(Some(ScalarValue::Utf8(Some(text)))) => type_text::parse(text),
        _ => None,
    };
    let athena_type = athena_type
        .ok_or_else(|| DataFusionError::Internal("a type is needed as text".to_owned()))?;
    let from = args.arg_fields[0].data_type();
    let data_type = match (&athena_type, from) {
        (AthenaType::TimestampWithTimeZone(_), DataType::Timestamp(..)) => from.clone(),
        _ => athena_type.arrow(),
    };
    Ok(athena_type.field_of("result", data_type, true))
}

/// The same values in an Arrow type that says more of them.
pub(super) fn retyped(array: &ArrayRef, to: &DataType) -> Result<ArrayRef> {
    if array.data_type() == to {
        return Ok(Arc::clone(array));
    }
    match (array.data_type(), to) {
        (DataType::List(_), DataType::List(item)) => {
            let lists = array.as_list::<i32>();
            Ok(Arc::new(ListArray::try_new(
                Arc::clone(item),
                lists.offsets().clone(),
                retyped(lists.values(), item.data_type())?,
                lists.nulls().cloned(),
            )?))
        }
        (DataType::Map(..), DataType::Map(entries_field, ordered)) => {
            let maps = array.as_map();
            let entries: ArrayRef = Arc::new(maps.entries().clone());
            let entries = retyped(&entries, entries_field.data_type())?;
            Ok(Arc::new(MapArray::try_new(
                Arc::clone(entries_field),
                maps.offsets().clone(),
                entries.as_struct().clone(),
                maps.nulls().cloned(),
                *ordered,
            )?))
        }
        (DataType::Struct(from), DataType::Struct(fields)) if from.len() == fields.len() => {
            let rows = array.as_struct();
            let columns = rows
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| retyped(column, field.data_type()))
                .collect::<Result<Vec<_>>>()?;
            Ok(Arc::new(StructArray::try_new_with_length(
                fields.clone(),
                columns,
                rows.nulls().cloned(),
                rows.len(),
            )?))
        }
        _ => Ok(super::arrow_cast(array, to)?),
    }
}
