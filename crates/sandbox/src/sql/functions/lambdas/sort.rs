//! `array_sort(xs, (x, y) -> …)`: sorting by a comparator.
//!
//! All rows are merged in step, so that one evaluation of the lambda compares many pairs.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, UInt32Array};
use datafusion::arrow::compute::{cast, take};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::error::Result;

use super::elements::evaluate;
use super::{Call, LambdaFunction, item, list_of};
use crate::sql::functions::arrays::{gathered, range};
use crate::sql::functions::invalid_argument;

pub(super) fn function() -> LambdaFunction {
    LambdaFunction::new(
        "athena_array_sort_by",
        (1, 1),
        |values| {
            let item = item(values.first()?)?;
            Some(vec![vec![Arc::clone(&item), item]])
        },
        |values, _| Some(list_of(&item(values.first()?)?)),
        sort,
    )
}

/// Two sorted runs of one row's elements on their way to be one.
struct Merge {
    row: u32,
    left: std::vec::IntoIter<u32>,
    right: std::vec::IntoIter<u32>,
    merged: Vec<u32>,
}

impl Merge {
    /// The elements to be compared next.
    fn pair(&self) -> Option<(u32, u32)> {
        let left = self.left.as_slice().first()?;
        let right = self.right.as_slice().first()?;
        Some((*left, *right))
    }
}

fn sort(call: &Call) -> Result<ArrayRef> {
    let lists = call.value(0)?.as_list::<i32>();
    // Each row's runs, sorted in themselves.
    let mut runs: Vec<Vec<Vec<u32>>> = (0..lists.len())
        .map(|row| {
            if lists.is_null(row) {
                return Vec::new();
            }
            range(lists, row)
                .filter_map(|index| u32::try_from(index).ok())
                .map(|index| vec![index])
                .collect()
        })
        .collect();
    while runs.iter().any(|runs| runs.len() > 1) {
        let mut merges = Vec::new();
        for (row, runs) in (0_u32..).zip(runs) {
            let mut runs = runs.into_iter();
            while let Some(left) = runs.next() {
                merges.push(Merge {
                    row,
                    merged: Vec::new(),
                    left: left.into_iter(),
                    right: runs.next().unwrap_or_default().into_iter(),
                });
            }
        }
        while compare(call, lists.values(), &mut merges)? {}
        runs = vec![Vec::new(); lists.len()];
        for mut merge in merges {
            merge.merged.extend(merge.left);
            merge.merged.extend(merge.right);
            if let Some(runs) = usize::try_from(merge.row)
                .ok()
                .and_then(|row| runs.get_mut(row))
            {
                runs.push(merge.merged);
            }
        }
    }
    let rows = runs
        .into_iter()
        .enumerate()
        .map(|(row, runs)| {
            let sorted = runs.into_iter().flatten();
            let sorted = sorted.filter_map(|index| usize::try_from(index).ok());
            lists.is_valid(row).then(|| sorted.collect())
        })
        .collect();
    let item = item(&call.returns).ok_or_else(super::missing)?;
    gathered(&item, lists.values(), rows)
}

/// Compares one pair of each merge that still has one; false when none has.
fn compare(call: &Call, values: &ArrayRef, merges: &mut [Merge]) -> Result<bool> {
    let pairs: Vec<(u32, u32, u32)> = merges
        .iter()
        .filter_map(|merge| merge.pair().map(|(left, right)| (merge.row, left, right)))
        .collect();
    if pairs.is_empty() {
        return Ok(false);
    }
    let rows: UInt32Array = pairs.iter().map(|(row, _, _)| Some(*row)).collect();
    let lefts: UInt32Array = pairs.iter().map(|(_, left, _)| Some(*left)).collect();
    let rights: UInt32Array = pairs.iter().map(|(_, _, right)| Some(*right)).collect();
    let arguments = [take(values, &lefts, None)?, take(values, &rights, None)?];
    let order = evaluate(call.lambda(0)?, &arguments, &rows)?;
    let order = cast(&order, &DataType::Int64)?;
    let order = order.as_primitive::<Int64Type>();
    let going = merges.iter_mut().filter(|merge| merge.pair().is_some());
    for (merge, order) in going.zip(order) {
        let first = match order {
            Some(-1 | 0) => merge.left.next(),
            Some(1) => merge.right.next(),
            _ => {
                return Err(invalid_argument(
                    "Lambda comparator must return either -1, 0, or 1",
                ));
            }
        };
        merge.merged.extend(first);
    }
    Ok(true)
}
