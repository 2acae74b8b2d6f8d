//! `reduce(xs, start, (state, x) -> …, state -> …)`.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, UInt32Array, new_empty_array};
use datafusion::arrow::compute::{cast, interleave, take};
use datafusion::error::Result;

use super::elements::evaluate;
use super::{Call, LambdaFunction, item, nullable};

pub(super) fn function() -> LambdaFunction {
    LambdaFunction::new(
        "reduce",
        (2, 2),
        |values| match values {
            [list, start] => {
                let state = nullable(start, "state");
                Some(vec![vec![Arc::clone(&state), item(list)?], vec![state]])
            }
            _ => None,
        },
        |_, results| Some(nullable(results.get(1)?, "result")),
        reduce,
    )
}

/// Takes the first items of all rows, then the second ones, and so on.
fn reduce(call: &Call) -> Result<ArrayRef> {
    let lists = call.value(0)?.as_list::<i32>();
    let start = call.value(1)?;
    let mut state = Arc::clone(start);
    let mut step = 0;
    loop {
        let going: Vec<usize> = (0..lists.len())
            .filter(|&row| lists.is_valid(row) && lists.value_length(row) > step)
            .collect();
        if going.is_empty() {
            break;
        }
        let rows = indices(going.iter().copied());
        let items: UInt32Array = going
            .iter()
            .map(|&row| u32::try_from(lists.value_offsets()[row] + step).ok())
            .collect();
        let arguments = [
            take(&state, &rows, None)?,
            take(lists.values(), &items, None)?,
        ];
        let results = evaluate(call.lambda(0)?, &arguments, &rows)?;
        let results = cast(&results, start.data_type())?;
        state = replaced(&state, &going, &results)?;
        step += 1;
    }
    let valid: Vec<usize> = (0..lists.len())
        .filter(|&row| lists.is_valid(row))
        .collect();
    let rows = indices(valid.iter().copied());
    let finished = evaluate(call.lambda(1)?, &[take(&state, &rows, None)?], &rows)?;
    let mut places: Vec<Option<u32>> = vec![None; lists.len()];
    for (index, row) in valid.into_iter().enumerate() {
        if let Some(place) = places.get_mut(row) {
            *place = u32::try_from(index).ok();
        }
    }
    if finished.is_empty() && lists.is_empty() {
        return Ok(new_empty_array(call.returns.data_type()));
    }
    Ok(take(&finished, &UInt32Array::from(places), None)?)
}

fn indices(rows: impl Iterator<Item = usize>) -> UInt32Array {
    rows.map(|row| u32::try_from(row).ok()).collect()
}

/// The column with the values of some rows replaced.
fn replaced(column: &ArrayRef, rows: &[usize], values: &ArrayRef) -> Result<ArrayRef> {
    let mut sources: Vec<(usize, usize)> = (0..column.len()).map(|row| (0, row)).collect();
    for (index, &row) in rows.iter().enumerate() {
        if let Some(source) = sources.get_mut(row) {
            *source = (1, index);
        }
    }
    Ok(interleave(&[column.as_ref(), values.as_ref()], &sources)?)
}
