//! Brings arrays read from an UNLOAD's Parquet files to the types the query's columns have.
//!
//! What was cast before it was written ([`Carrier`]) is cast back, with the builders that read
//! the same text elsewhere. The rest is taken as it is, names and order of fields aside.

use super::builder::column_builder;
use crate::types::{AthenaType, Carrier, ComplexTypes};
use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, ListArray, MapArray, StringArray, StructArray,
    new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, FieldRef, Int64Type, TimeUnit};
use arrow::util::display::array_value_to_string;
use std::sync::Arc;

/// Why an array cannot be one of the column's type.
#[derive(Debug, PartialEq)]
pub(crate) enum Misfit {
    /// The file holds another type.
    Type(DataType),
    /// A value, by its row in the array and as text.
    Value(usize, String),
}

/// The values of `array`, which were written for a column of this type, as the column's Arrow
/// type ([`ComplexTypes::Typed`]). Every part of the type has a carrier.
pub(crate) fn restore(array: &ArrayRef, athena_type: &AthenaType) -> Result<ArrayRef, Misfit> {
    as_type(
        array,
        athena_type,
        &athena_type.arrow_type(ComplexTypes::Typed),
    )
}

fn as_type(
    array: &ArrayRef,
    athena_type: &AthenaType,
    target: &DataType,
) -> Result<ArrayRef, Misfit> {
    match (athena_type, target) {
        (AthenaType::Array(Some(element)), DataType::List(field)) => list(array, element, field),
        (AthenaType::Map(Some(types)), DataType::Map(entries, _)) => map(array, types, entries),
        (AthenaType::Row(Some(fields)), DataType::Struct(_)) => {
            let types: Vec<_> = fields.iter().map(|field| &field.athena_type).collect();
            Ok(Arc::new(row(array, &types, target)?))
        }
        (AthenaType::Char(length), _) => padded(array, *length),
        _ => match athena_type.carrier() {
            Some(Carrier::Milliseconds) => instants(array, target),
            Some(Carrier::Text) => parsed(array, athena_type, target),
            _ => itself(array, target),
        },
    }
}

fn type_of(array: &ArrayRef) -> Misfit {
    Misfit::Type(array.data_type().clone())
}

/// The value at `row`, for an error.
fn value_of(array: &dyn Array, row: usize) -> Misfit {
    Misfit::Value(row, array_value_to_string(array, row).unwrap_or_default())
}

/// Values that were written as they are. Files may be vague about the width of integers and
/// the digits of decimals, and leave it out that bytes are text.
fn itself(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Misfit> {
    let source = array.data_type();
    if source == target {
        return Ok(Arc::clone(array));
    }
    let alike = match (source, target) {
        (DataType::Binary, DataType::Utf8) => true,
        (DataType::Decimal128(_, from), DataType::Decimal128(_, to)) => from == to,
        _ => source.is_integer() && target.is_integer(),
    };
    if !alike {
        return Err(type_of(array));
    }
    let exact = CastOptions {
        safe: false,
        ..CastOptions::default()
    };
    cast_with_options(array, target, &exact)
        .ok()
        .ok_or_else(|| first_misfit(array, target))
}

/// The first value that the target cannot hold, where one is known to be there.
fn first_misfit(array: &ArrayRef, target: &DataType) -> Misfit {
    let cast = cast_with_options(array, target, &CastOptions::default());
    let lost = cast
        .ok()
        .and_then(|cast| (0..array.len()).find(|&row| array.is_valid(row) && cast.is_null(row)));
    lost.map_or_else(|| type_of(array), |row| value_of(array, row))
}

/// Values that were written as the text that Athena prints.
fn parsed(
    array: &ArrayRef,
    athena_type: &AthenaType,
    target: &DataType,
) -> Result<ArrayRef, Misfit> {
    if array.data_type() == &DataType::Null {
        return Ok(new_null_array(target, array.len()));
    }
    let text = itself(array, &DataType::Utf8)?;
    if target == &DataType::Utf8 {
        return Ok(text);
    }
    let values: &StringArray = text.as_string();
    let mut builder = column_builder(athena_type);
    for (row, value) in values.iter().enumerate() {
        match value {
            None => builder.append_null(),
            Some(value) if builder.append(value.as_bytes()) => {}
            Some(value) => return Err(Misfit::Value(row, value.to_owned())),
        }
    }
    builder.finish(0).map_err(|row| value_of(values, row))
}

/// Timestamps of any unit, none of which may lose a digit.
fn instants(array: &ArrayRef, target: &DataType) -> Result<ArrayRef, Misfit> {
    let (DataType::Timestamp(from, _), DataType::Timestamp(to, _)) = (array.data_type(), target)
    else {
        return Err(type_of(array));
    };
    let (from, to) = (per_second(*from), per_second(*to));
    let reinterpret = |array: &ArrayRef, data_type: &DataType| {
        cast_with_options(array, data_type, &CastOptions::default())
            .ok()
            .ok_or_else(|| type_of(array))
    };
    let counts = reinterpret(array, &DataType::Int64)?;
    let counts: &Int64Array = counts.as_primitive();
    let scaled = if from == to {
        Ok(counts.clone())
    } else if from > to {
        let step = from / to;
        counts.try_unary::<_, Int64Type, _>(|count| {
            (count % step == 0).then_some(count / step).ok_or(count)
        })
    } else {
        let step = to / from;
        counts.try_unary(|count| count.checked_mul(step).ok_or(count))
    };
    match scaled {
        Ok(scaled) => reinterpret(&(Arc::new(scaled) as ArrayRef), target),
        Err(count) => {
            let at = counts.iter().position(|other| other == Some(count));
            Err(value_of(array.as_ref(), at.unwrap_or_default()))
        }
    }
}

fn per_second(unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Second => 1,
        TimeUnit::Millisecond => 1_000,
        TimeUnit::Microsecond => 1_000_000,
        TimeUnit::Nanosecond => 1_000_000_000,
    }
}

/// Text with the blanks that belong to a `char(length)` and are not written.
fn padded(array: &ArrayRef, length: u32) -> Result<ArrayRef, Misfit> {
    let text = itself(array, &DataType::Utf8)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let short = |value: &str| value.len() < length || value.chars().count() < length;
    let values: &StringArray = text.as_string();
    if !values.iter().flatten().any(short) {
        return Ok(text);
    }
    let pad = |value: &str| {
        let blanks = length.saturating_sub(value.chars().count());
        let mut padded = String::with_capacity(value.len() + blanks);
        padded.push_str(value);
        padded.extend(std::iter::repeat_n(' ', blanks));
        padded
    };
    let padded: StringArray = values.iter().map(|value| value.map(pad)).collect();
    Ok(Arc::new(padded))
}

fn list(array: &ArrayRef, element: &AthenaType, field: &FieldRef) -> Result<ArrayRef, Misfit> {
    let list = array.as_list_opt::<i32>().ok_or_else(|| type_of(array))?;
    let values = as_type(list.values(), element, field.data_type())
        .map_err(|misfit| in_row(misfit, list.value_offsets()))?;
    let list = ListArray::try_new(
        Arc::clone(field),
        list.offsets().clone(),
        values,
        list.nulls().cloned(),
    );
    list.ok()
        .map(|list| Arc::new(list) as ArrayRef)
        .ok_or_else(|| type_of(array))
}

fn map(
    array: &ArrayRef,
    types: &(AthenaType, AthenaType),
    entries: &FieldRef,
) -> Result<ArrayRef, Misfit> {
    let map = array.as_map_opt().ok_or_else(|| type_of(array))?;
    let pairs: ArrayRef = Arc::new(map.entries().clone());
    let pairs = row(&pairs, &[&types.0, &types.1], entries.data_type())
        .map_err(|misfit| in_row(misfit, map.value_offsets()))?;
    let map = MapArray::try_new(
        Arc::clone(entries),
        map.offsets().clone(),
        pairs,
        map.nulls().cloned(),
        false,
    );
    map.ok()
        .map(|map| Arc::new(map) as ArrayRef)
        .ok_or_else(|| type_of(array))
}

/// The fields by their order: names were changed where they could not be written.
fn row(array: &ArrayRef, types: &[&AthenaType], target: &DataType) -> Result<StructArray, Misfit> {
    let (Some(row), DataType::Struct(fields)) = (array.as_struct_opt(), target) else {
        return Err(type_of(array));
    };
    if row.num_columns() != fields.len() {
        return Err(type_of(array));
    }
    let columns = row.columns().iter().zip(types).zip(fields);
    let columns = columns
        .map(|((column, athena_type), field)| as_type(column, athena_type, field.data_type()))
        .collect::<Result<Vec<_>, _>>()?;
    StructArray::try_new(fields.clone(), columns, row.nulls().cloned())
        .ok()
        .ok_or_else(|| type_of(array))
}

/// The same, by the row of the list or map whose element it is.
fn in_row(misfit: Misfit, offsets: &[i32]) -> Misfit {
    match misfit {
        Misfit::Value(element, text) => {
            let element = i32::try_from(element).unwrap_or(i32::MAX);
            let row = offsets.partition_point(|&offset| offset <= element);
            Misfit::Value(row.saturating_sub(1), text)
        }
        other => other,
    }
}
