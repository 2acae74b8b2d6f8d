//! Lambdas over the items of arrays.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, ListArray, UInt32Array,
};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::error::Result;

use super::elements::{Elements, evaluate, offsets};
use super::{Call, LambdaFunction, boolean, item, list_of, missing};

pub(super) fn functions() -> Vec<LambdaFunction> {
    let of_item = |values: &[FieldRef]| Some(vec![vec![item(values.first()?)?]]);
    let matcher = |name, body| {
        LambdaFunction::new(
            name,
            (1, 1),
            of_item,
            |_, results| (results.first()?.data_type() == &DataType::Boolean).then(boolean),
            body,
        )
    };
    vec![
        LambdaFunction::new(
            "transform",
            (1, 1),
            of_item,
            |_, results| Some(list_of(results.first()?)),
            transform,
        ),
        LambdaFunction::new(
            "filter",
            (1, 1),
            of_item,
            |values, results| {
                (results.first()?.data_type() == &DataType::Boolean)
                    .then(|| Some(list_of(&item(values.first()?)?)))?
            },
            filter,
        ),
        matcher("any_match", |call| quantified(call, true, false)),
        matcher("all_match", |call| quantified(call, false, false)),
        matcher("none_match", |call| quantified(call, true, true)),
        LambdaFunction::new(
            "zip_with",
            (2, 1),
            |values| match values {
                [left, right] => Some(vec![vec![item(left)?, item(right)?]]),
                _ => None,
            },
            |_, results| Some(list_of(results.first()?)),
            zip_with,
        ),
    ]
}

/// The field of the items of a call's result.
fn item_field(call: &Call) -> Result<FieldRef> {
    item(&call.returns).ok_or_else(missing)
}

fn transform(call: &Call) -> Result<ArrayRef> {
    let lists = call.value(0)?.as_list::<i32>();
    let elements = Elements::new(lists.value_offsets(), lists.nulls());
    let values = elements.of(lists.values())?;
    let results = evaluate(call.lambda(0)?, &[values], &elements.rows)?;
    Ok(Arc::new(ListArray::try_new(
        item_field(call)?,
        elements.offsets()?,
        results,
        lists.nulls().cloned(),
    )?))
}

fn filter(call: &Call) -> Result<ArrayRef> {
    let lists = call.value(0)?.as_list::<i32>();
    let elements = Elements::new(lists.value_offsets(), lists.nulls());
    let values = elements.of(lists.values())?;
    let kept = evaluate(call.lambda(0)?, &[Arc::clone(&values)], &elements.rows)?;
    let kept = kept.as_boolean();
    let mut positions: Vec<u32> = Vec::new();
    let mut ends = vec![0];
    for range in elements.ranges() {
        let kept = range.filter(|&index| kept.is_valid(index) && kept.value(index));
        positions.extend(kept.filter_map(|index| u32::try_from(index).ok()));
        ends.push(positions.len());
    }
    Ok(Arc::new(ListArray::try_new(
        item_field(call)?,
        offsets(ends.into_iter())?,
        take(&values, &UInt32Array::from(positions), None)?,
        lists.nulls().cloned(),
    )?))
}

/// True once an item matches `decisive`, or false; NULL when an unknown might have been one.
fn quantified(call: &Call, decisive: bool, negated: bool) -> Result<ArrayRef> {
    let lists = call.value(0)?.as_list::<i32>();
    let elements = Elements::new(lists.value_offsets(), lists.nulls());
    let values = elements.of(lists.values())?;
    let matches = evaluate(call.lambda(0)?, &[values], &elements.rows)?;
    let matches = matches.as_boolean();
    let answers: BooleanArray = elements
        .ranges()
        .enumerate()
        .map(|(row, mut range)| {
            if lists.is_null(row) {
                return None;
            }
            let unknown = range.clone().any(|index| matches.is_null(index));
            let decided =
                range.any(|index| matches.is_valid(index) && matches.value(index) == decisive);
            match (decided, unknown) {
                (true, _) => Some(decisive != negated),
                (false, true) => None,
                (false, false) => Some(decisive == negated),
            }
        })
        .collect();
    Ok(Arc::new(answers))
}

/// The shorter array continues with NULLs.
fn zip_with(call: &Call) -> Result<ArrayRef> {
    let (left, right) = (
        call.value(0)?.as_list::<i32>(),
        call.value(1)?.as_list::<i32>(),
    );
    let (mut rows, mut ends) = (Vec::new(), vec![0]);
    let (mut of_left, mut of_right) = (Vec::new(), Vec::new());
    let mut valid = Vec::with_capacity(left.len());
    for row in 0..left.len() {
        let both = left.is_valid(row) && right.is_valid(row);
        valid.push(both);
        if both {
            let (lefts, rights) = (left.value_length(row), right.value_length(row));
            let at = |start: i32, index: i32, length: i32| {
                (index < length)
                    .then(|| u32::try_from(start + index).ok())
                    .flatten()
            };
            for index in 0..lefts.max(rights) {
                rows.push(u32::try_from(row).unwrap_or(u32::MAX));
                of_left.push(at(left.value_offsets()[row], index, lefts));
                of_right.push(at(right.value_offsets()[row], index, rights));
            }
        }
        ends.push(rows.len());
    }
    let arguments = [
        take(left.values(), &UInt32Array::from(of_left), None)?,
        take(right.values(), &UInt32Array::from(of_right), None)?,
    ];
    let results = evaluate(call.lambda(0)?, &arguments, &UInt32Array::from(rows))?;
    Ok(Arc::new(ListArray::try_new(
        item_field(call)?,
        offsets(ends.into_iter())?,
        results,
        Some(valid.into()),
    )?))
}
