//! The elements of all rows' arrays or maps, one after the other.

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer, ScalarBuffer};
use datafusion::arrow::compute::{take, take_arrays};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::LambdaArgument;

/// Which elements there are; those of NULL rows are left out.
pub(super) struct Elements {
    /// The row of each element.
    pub(super) rows: UInt32Array,
    /// Where each element stands in the child array.
    pub(super) positions: UInt32Array,
    /// Where each row's elements begin, and where the last end.
    ends: Vec<usize>,
}

impl Elements {
    pub(super) fn new(offsets: &[i32], nulls: Option<&NullBuffer>) -> Self {
        let mut rows = Vec::new();
        let mut positions = Vec::new();
        let mut ends = vec![0];
        for (row, range) in offsets.windows(2).enumerate() {
            if nulls.is_none_or(|nulls| nulls.is_valid(row))
                && let [start, end] = range
            {
                for position in *start..*end {
                    rows.push(u32::try_from(row).unwrap_or(u32::MAX));
                    positions.push(u32::try_from(position).unwrap_or(u32::MAX));
                }
            }
            ends.push(rows.len());
        }
        Self {
            rows: rows.into(),
            positions: positions.into(),
            ends,
        }
    }

    /// The elements of a child array.
    pub(super) fn of(&self, child: &ArrayRef) -> Result<ArrayRef> {
        Ok(take(child, &self.positions, None)?)
    }

    /// For each row, which of the elements are its own.
    pub(super) fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        self.ends.windows(2).map(|ends| match ends {
            [start, end] => *start..*end,
            _ => 0..0,
        })
    }

    /// Offsets of an array with all of them.
    pub(super) fn offsets(&self) -> Result<OffsetBuffer<i32>> {
        offsets(self.ends.iter().copied())
    }
}

/// Offsets of a list array.
pub(super) fn offsets(ends: impl Iterator<Item = usize>) -> Result<OffsetBuffer<i32>> {
    let ends = ends
        .map(|end| i32::try_from(end).map_err(|error| DataFusionError::External(error.into())))
        .collect::<Result<Vec<i32>>>()?;
    Ok(OffsetBuffer::new(ScalarBuffer::from(ends)))
}

/// Evaluates a lambda on arguments of equal length, which belong to `rows`.
pub(super) fn evaluate(
    lambda: &LambdaArgument,
    arguments: &[ArrayRef],
    rows: &UInt32Array,
) -> Result<ArrayRef> {
    let providers: Vec<_> = arguments
        .iter()
        .map(|argument| move || Ok(ArrayRef::clone(argument)))
        .collect();
    let providers: Vec<&dyn Fn() -> Result<ArrayRef>> = providers
        .iter()
        .map(|provider| provider as &dyn Fn() -> Result<ArrayRef>)
        .collect();
    lambda
        .evaluate(&providers, |captured| {
            Ok(take_arrays(captured, rows, None)?)
        })?
        .into_array(rows.len())
}
