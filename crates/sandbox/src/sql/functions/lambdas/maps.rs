//! Lambdas over the entries of maps.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, MapArray, StructArray, UInt32Array,
};
use datafusion::arrow::buffer::OffsetBuffer;
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::Result;

use super::elements::{Elements, evaluate, offsets};
use super::{Call, LambdaFunction, entry, map_of, missing};
use crate::sql::functions::invalid_argument;

pub(super) fn functions() -> Vec<LambdaFunction> {
    let of_entry = |values: &[FieldRef]| {
        let (key, value) = entry(values.first()?)?;
        Some(vec![vec![key, value]])
    };
    vec![
        LambdaFunction::new(
            "transform_values",
            (1, 1),
            of_entry,
            |values, results| Some(map_of(&entry(values.first()?)?.0, results.first()?)),
            transform_values,
        ),
        LambdaFunction::new(
            "transform_keys",
            (1, 1),
            of_entry,
            |values, results| Some(map_of(results.first()?, &entry(values.first()?)?.1)),
            transform_keys,
        ),
        LambdaFunction::new(
            "map_filter",
            (1, 1),
            of_entry,
            |values, results| {
                let (key, value) = entry(values.first()?)?;
                (results.first()?.data_type() == &DataType::Boolean).then(|| map_of(&key, &value))
            },
            map_filter,
        ),
    ]
}

/// A map of the call's result type.
fn map(
    call: &Call,
    offsets: OffsetBuffer<i32>,
    columns: Vec<ArrayRef>,
    maps: &MapArray,
) -> Result<ArrayRef> {
    let DataType::Map(entries_field, ordered) = call.returns.data_type() else {
        return Err(missing());
    };
    let DataType::Struct(fields) = entries_field.data_type() else {
        return Err(missing());
    };
    let entries = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(MapArray::try_new(
        Arc::clone(entries_field),
        offsets,
        entries,
        maps.nulls().cloned(),
        *ordered,
    )?))
}

fn transform_values(call: &Call) -> Result<ArrayRef> {
    let maps = call.value(0)?.as_map();
    let elements = Elements::new(maps.value_offsets(), maps.nulls());
    let (keys, values) = (elements.of(maps.keys())?, elements.of(maps.values())?);
    let results = evaluate(
        call.lambda(0)?,
        &[Arc::clone(&keys), values],
        &elements.rows,
    )?;
    map(call, elements.offsets()?, vec![keys, results], maps)
}

fn transform_keys(call: &Call) -> Result<ArrayRef> {
    let maps = call.value(0)?.as_map();
    let elements = Elements::new(maps.value_offsets(), maps.nulls());
    let (keys, values) = (elements.of(maps.keys())?, elements.of(maps.values())?);
    let results = evaluate(
        call.lambda(0)?,
        &[keys, Arc::clone(&values)],
        &elements.rows,
    )?;
    if results.logical_null_count() > 0 {
        return Err(invalid_argument("map key cannot be null"));
    }
    let converter = RowConverter::new(vec![SortField::new(results.data_type().clone())])?;
    let comparable = converter.convert_columns(&[Arc::clone(&results)])?;
    for range in elements.ranges() {
        let mut keys: Vec<_> = range.map(|index| comparable.row(index)).collect();
        keys.sort_unstable();
        if keys.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(invalid_argument("Duplicate map keys are not allowed"));
        }
    }
    map(call, elements.offsets()?, vec![results, values], maps)
}

fn map_filter(call: &Call) -> Result<ArrayRef> {
    let maps = call.value(0)?.as_map();
    let elements = Elements::new(maps.value_offsets(), maps.nulls());
    let (keys, values) = (elements.of(maps.keys())?, elements.of(maps.values())?);
    let kept = evaluate(
        call.lambda(0)?,
        &[Arc::clone(&keys), Arc::clone(&values)],
        &elements.rows,
    )?;
    let kept = kept.as_boolean();
    let mut positions: Vec<u32> = Vec::new();
    let mut ends = vec![0];
    for range in elements.ranges() {
        let kept = range.filter(|&index| kept.is_valid(index) && kept.value(index));
        positions.extend(kept.filter_map(|index| u32::try_from(index).ok()));
        ends.push(positions.len());
    }
    let positions = UInt32Array::from(positions);
    let columns = vec![
        take(&keys, &positions, None)?,
        take(&values, &positions, None)?,
    ];
    map(call, offsets(ends.into_iter())?, columns, maps)
}
