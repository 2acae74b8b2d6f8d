//! Comparison of doubles as in Java: NaN equals nothing, 0 is -0.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, Float64Array};
use datafusion::error::Result;
use datafusion::logical_expr::Operator;

use super::{Arguments, Function, returning};
use crate::sql::types::AthenaType;

/// The function behind a comparison.
pub(super) fn comparison(op: Operator) -> Function {
    let (name, body): (_, super::Body) = match op {
        Operator::NotEq => ("athena_ne", |args| compared(args, |a, b| a != b)),
        Operator::Lt => ("athena_lt", |args| compared(args, |a, b| a < b)),
        Operator::LtEq => ("athena_le", |args| compared(args, |a, b| a <= b)),
        Operator::Gt => ("athena_gt", |args| compared(args, |a, b| a > b)),
        Operator::GtEq => ("athena_ge", |args| compared(args, |a, b| a >= b)),
        _ => ("athena_eq", |args| compared(args, |a, b| a == b)),
    };
    Function::new(name, 2..=2, |_| returning(&AthenaType::Boolean), body).taking("nn")
}

fn compared(args: &Arguments, holds: impl Fn(&f64, &f64) -> bool) -> Result<ArrayRef> {
    let (left, right) = (args.doubles(0)?, args.doubles(1)?);
    let rows = args.each(|row| Ok(Some(holds(&left.value(row), &right.value(row)))))?;
    Ok(Arc::new(BooleanArray::from(rows)))
}

/// The function that makes -0 to 0, so that both are equal.
pub(super) fn without_negative_zero() -> Function {
    Function::new(
        "athena_no_negative_zero",
        1..=1,
        |_| returning(&AthenaType::Double),
        |args| {
            let values: Float64Array = args.doubles(0)?.unary(|value| value + 0.0);
            Ok(Arc::new(values))
        },
    )
    .taking("n")
}
