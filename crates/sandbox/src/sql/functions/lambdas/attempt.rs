//! `try(x)`: NULL where computing `x` fails in one of the ways Trino forgives.
//!
//! The argument comes as a lambda, so that a batch that fails can be computed again in
//! parts, down to the rows that are to blame.

use std::ops::Range;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, UInt32Array, new_empty_array, new_null_array};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::{DataFusionError, Result};

use super::elements::evaluate;
use super::{Call, LambdaFunction, nullable};
use crate::sql::failure::{NoPositions, translate};

pub(super) fn function() -> LambdaFunction {
    LambdaFunction::new(
        "athena_try",
        (1, 1),
        |values: &[FieldRef]| Some(vec![vec![Arc::clone(values.first()?)]]),
        |_, results| Some(nullable(results.first()?, "result")),
        |call| {
            let rows = call.value(0)?.len();
            let mut parts = Vec::new();
            attempt(call, 0..rows, &mut parts)?;
            let parts: Vec<&dyn datafusion::arrow::array::Array> =
                parts.iter().map(AsRef::as_ref).collect();
            if parts.is_empty() {
                return Ok(new_empty_array(call.returns.data_type()));
            }
            Ok(concat(&parts)?)
        },
    )
}

fn attempt(call: &Call, rows: Range<usize>, parts: &mut Vec<ArrayRef>) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let indices: UInt32Array = rows.clone().map(|row| u32::try_from(row).ok()).collect();
    let unused = take(call.value(0)?, &indices, None)?;
    match evaluate(call.lambda(0)?, &[unused], &indices) {
        Ok(part) => parts.push(part),
        Err(error) if !is_forgiven(&error) => return Err(error),
        Err(_) if rows.len() == 1 => parts.push(new_null_array(call.returns.data_type(), 1)),
        Err(_) => {
            let middle = rows.start + rows.len() / 2;
            attempt(call, rows.start..middle, parts)?;
            attempt(call, middle..rows.end, parts)?;
        }
    }
    Ok(())
}

fn is_forgiven(error: &DataFusionError) -> bool {
    matches!(
        translate(error, &NoPositions).name,
        "DIVISION_BY_ZERO"
            | "INVALID_CAST_ARGUMENT"
            | "INVALID_FUNCTION_ARGUMENT"
            | "NUMERIC_VALUE_OUT_OF_RANGE"
    )
}
