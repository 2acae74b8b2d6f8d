//! `+`, `-`, `*`, `/` and `%` of numbers and intervals, in Trino's types, never wrapping.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Decimal128Array, IntervalMonthDayNanoArray,
};
use datafusion::arrow::compute::kernels::numeric;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, IntervalMonthDayNano,
    IntervalMonthDayNanoType, i256,
};
use datafusion::arrow::error::ArrowError;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Operator, ScalarUDF};

use super::{Arguments, AthenaError, Function, returning};
use crate::sql::types::AthenaType;

/// The functions behind the operators.
pub(in crate::sql) fn operators() -> Vec<(Operator, Arc<ScalarUDF>)> {
    macro_rules! operator {
        ($op:expr, $name:literal) => {
            (
                $op,
                Arc::new(ScalarUDF::new_from_impl(Function::new(
                    $name,
                    2..=2,
                    |args| {
                        let left = AthenaType::of_field(&args.arg_fields[0]);
                        let right = AthenaType::of_field(&args.arg_fields[1]);
                        match result($op, &left, &right) {
                            Some(found) => returning(&found),
                            None => Err(unexpected($op, &left, &right)),
                        }
                    },
                    |args| compute($op, args),
                ))),
            )
        };
    }
    vec![
        operator!(Operator::Plus, "athena_plus"),
        operator!(Operator::Minus, "athena_minus"),
        operator!(Operator::Multiply, "athena_times"),
        operator!(Operator::Divide, "athena_divide"),
        operator!(Operator::Modulo, "athena_modulo"),
    ]
}

fn unexpected(op: Operator, left: &AthenaType, right: &AthenaType) -> DataFusionError {
    let message = format!("line 1:8: Cannot apply operator: {left} {op} {right}");
    AthenaError::new("TYPE_MISMATCH", message).into()
}

/// The type of the result; `None` for operands that are DataFusion's own affair.
pub(in crate::sql) fn result(
    op: Operator,
    left: &AthenaType,
    right: &AthenaType,
) -> Option<AthenaType> {
    use AthenaType::{Date, Decimal, IntervalDayToSecond, IntervalYearToMonth};
    let interval = |kind: &AthenaType| matches!(kind, IntervalDayToSecond | IntervalYearToMonth);
    match op {
        Operator::Plus | Operator::Minus if interval(left) && left == right => {
            return Some(left.clone());
        }
        Operator::Minus if *left == Date && *right == Date => return Some(IntervalDayToSecond),
        Operator::Multiply | Operator::Divide if interval(left) && is_factor(right) => {
            return Some(left.clone());
        }
        Operator::Multiply if is_factor(left) && interval(right) => return Some(right.clone()),
        _ => {}
    }
    if let (Some(one), Some(other)) = (rank(left), rank(right)) {
        return Some(if one >= other { left } else { right }.clone());
    }
    let (p1, s1) = as_decimal(left)?;
    let (p2, s2) = as_decimal(right)?;
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let scale = s1.max(s2);
    let (precision, scale) = match op {
        Operator::Plus | Operator::Minus => ((p1 - s1).max(p2 - s2) + scale + 1, scale),
        Operator::Multiply => (p1 + p2, s1 + s2),
        Operator::Divide => (p1 + s2 + (s2 - s1).max(0), scale),
        Operator::Modulo => ((p1 - s1).min(p2 - s2) + scale, scale),
        _ => return None,
    };
    let precision = u8::try_from(precision.clamp(1, 38)).ok()?;
    Some(Decimal(precision, i8::try_from(scale.min(38)).ok()?))
}

/// Integers by width.
fn rank(athena_type: &AthenaType) -> Option<u8> {
    match athena_type {
        AthenaType::Tinyint => Some(0),
        AthenaType::Smallint => Some(1),
        AthenaType::Integer => Some(2),
        AthenaType::Bigint => Some(3),
        _ => None,
    }
}

fn is_factor(athena_type: &AthenaType) -> bool {
    rank(athena_type).is_some() || matches!(athena_type, AthenaType::Double | AthenaType::Real)
}

/// The decimal that holds every value of an exact type.
fn as_decimal(athena_type: &AthenaType) -> Option<(u8, i8)> {
    match athena_type {
        AthenaType::Decimal(precision, scale) => Some((*precision, *scale)),
        other => [3, 5, 10, 19]
            .get(usize::from(rank(other)?))
            .map(|digits| (*digits, 0)),
    }
}

fn compute(op: Operator, args: &Arguments) -> Result<ArrayRef> {
    match AthenaType::of_field(&args.returns) {
        AthenaType::Decimal(precision, scale) => decimals(op, args, precision, scale),
        AthenaType::IntervalDayToSecond | AthenaType::IntervalYearToMonth => intervals(op, args),
        integer => integers(op, args, &integer),
    }
}

fn integers(op: Operator, args: &Arguments, kind: &AthenaType) -> Result<ArrayRef> {
    let left = args.converted(0, args.returns.data_type())?;
    let right = args.converted(1, args.returns.data_type())?;
    let computed = match op {
        Operator::Plus => numeric::add(&left, &right),
        Operator::Minus => numeric::sub(&left, &right),
        Operator::Multiply => numeric::mul(&left, &right),
        Operator::Divide => numeric::div(&left, &right),
        _ => numeric::rem(&left, &right),
    };
    computed.map_err(|error| match error {
        ArrowError::DivideByZero => division_by_zero(),
        _ => overflow(op, args, kind),
    })
}

fn division_by_zero() -> DataFusionError {
    AthenaError::new("DIVISION_BY_ZERO", "Division by zero").into()
}

/// `integer addition overflow: 2147483647 + 1`, of the first row that does not fit.
fn overflow(op: Operator, args: &Arguments, kind: &AthenaType) -> DataFusionError {
    let (name, limit) = match op {
        Operator::Plus => (
            "addition",
            i128::checked_add as fn(i128, i128) -> Option<i128>,
        ),
        Operator::Minus => ("subtraction", i128::checked_sub as _),
        Operator::Multiply => ("multiplication", i128::checked_mul as _),
        _ => ("division", i128::checked_div as _),
    };
    let bits = 8_u32 << rank(kind).unwrap_or(3);
    let range = -(1_i128 << (bits - 1))..(1_i128 << (bits - 1));
    let operands = || -> Option<String> {
        let left = args.converted(0, &DataType::Int64).ok()?;
        let right = args.converted(1, &DataType::Int64).ok()?;
        let (left, right) = (
            left.as_primitive::<Int64Type>(),
            right.as_primitive::<Int64Type>(),
        );
        (0..args.rows)
            .filter(|&row| left.is_valid(row) && right.is_valid(row))
            .map(|row| (left.value(row), right.value(row)))
            .find(|(left, right)| {
                let exact = limit(i128::from(*left), i128::from(*right));
                !exact.is_some_and(|value| range.contains(&value))
            })
            .map(|(left, right)| format!(": {left} {op} {right}"))
    };
    let operands = operands().unwrap_or_default();
    let message = format!("{kind} {name} overflow{operands}");
    AthenaError::new("NUMERIC_VALUE_OUT_OF_RANGE", message).into()
}

fn decimals(op: Operator, args: &Arguments, precision: u8, scale: i8) -> Result<ArrayRef> {
    let column = |index: usize| -> Result<(ArrayRef, i8)> {
        let (precision, scale) = as_decimal(&args.athena_type(index))
            .ok_or_else(|| DataFusionError::Internal("no decimal".to_owned()))?;
        let array = args.converted(index, &DataType::Decimal128(precision, scale))?;
        Ok((array, scale))
    };
    let (left, left_scale) = column(0)?;
    let (right, right_scale) = column(1)?;
    let (left, right) = (
        left.as_primitive::<Decimal128Type>(),
        right.as_primitive::<Decimal128Type>(),
    );
    let aligned = left_scale.max(right_scale);
    let limit = power_of_ten(i32::from(precision))?;
    let values = (0..args.rows)
        .map(|row| {
            if left.is_null(row) || right.is_null(row) {
                return Ok(None);
            }
            let one = i256::from_i128(left.value(row));
            let other = i256::from_i128(right.value(row));
            let align = |value: i256, from: i8| -> Result<i256> {
                let factor = power_of_ten(i32::from(aligned) - i32::from(from))?;
                value.checked_mul(factor).ok_or_else(decimal_overflow)
            };
            let exact = match op {
                Operator::Plus => align(one, left_scale)?.checked_add(align(other, right_scale)?),
                Operator::Minus => align(one, left_scale)?.checked_sub(align(other, right_scale)?),
                Operator::Multiply => one.checked_mul(other),
                _ if other == i256::ZERO => return Err(division_by_zero()),
                Operator::Divide => {
                    let shift = i32::from(scale) + i32::from(right_scale) - i32::from(left_scale);
                    let dividend = one.checked_mul(power_of_ten(shift)?);
                    dividend.and_then(|dividend| rounded_quotient(dividend, other))
                }
                _ => align(one, left_scale)?.checked_rem(align(other, right_scale)?),
            };
            exact
                .filter(|value| *value < limit && *value > limit.wrapping_neg())
                .and_then(i256::to_i128)
                .map(Some)
                .ok_or_else(decimal_overflow)
        })
        .collect::<Result<Decimal128Array>>()?;
    Ok(Arc::new(values.with_precision_and_scale(precision, scale)?))
}

/// Half away from zero.
fn rounded_quotient(dividend: i256, divisor: i256) -> Option<i256> {
    let quotient = dividend.checked_div(divisor)?;
    let rest = dividend.checked_rem(divisor)?;
    let twice = rest.checked_abs()?.checked_mul(i256::from_i128(2))?;
    if twice < divisor.checked_abs()? {
        return Some(quotient);
    }
    let negative = dividend.is_negative() != divisor.is_negative();
    quotient.checked_add(i256::from_i128(if negative { -1 } else { 1 }))
}

fn power_of_ten(exponent: i32) -> Result<i256> {
    let exponent = u32::try_from(exponent.max(0)).unwrap_or(0);
    i256::from_i128(10)
        .checked_pow(exponent)
        .ok_or_else(decimal_overflow)
}

fn decimal_overflow() -> DataFusionError {
    AthenaError::new("NUMERIC_VALUE_OUT_OF_RANGE", "Decimal overflow").into()
}

const DAY: i64 = 86_400_000_000_000;

fn intervals(op: Operator, args: &Arguments) -> Result<ArrayRef> {
    let is_interval =
        |index: usize| matches!(args.arrays[index].data_type(), DataType::Interval(_));
    let interval = |index: usize, row: usize| {
        let column = args.arrays[index].as_primitive::<IntervalMonthDayNanoType>();
        column.is_valid(row).then(|| column.value(row))
    };
    let values: Vec<Option<IntervalMonthDayNano>> = if !is_interval(0) && !is_interval(1) {
        let (left, right) = (
            args.arrays[0].as_primitive::<Date32Type>(),
            args.arrays[1].as_primitive::<Date32Type>(),
        );
        (0..args.rows)
            .map(|row| {
                let both = left.is_valid(row) && right.is_valid(row);
                let days = both.then(|| left.value(row).checked_sub(right.value(row)))?;
                Some(IntervalMonthDayNano::new(0, days?, 0))
            })
            .collect()
    } else if is_interval(0) && is_interval(1) {
        let sign = if op == Operator::Minus { -1 } else { 1 };
        (0..args.rows)
            .map(|row| match (interval(0, row), interval(1, row)) {
                (Some(left), Some(right)) => sum(left, right, sign).map(Some),
                _ => Ok(None),
            })
            .collect::<Result<_>>()?
    } else {
        let (of, by) = if is_interval(0) { (0, 1) } else { (1, 0) };
        let factors = args.converted(by, &DataType::Float64)?;
        let factors = factors.as_primitive::<Float64Type>();
        (0..args.rows)
            .map(|row| match interval(of, row) {
                Some(value) if factors.is_valid(row) => {
                    scaled(op, value, factors.value(row)).map(Some)
                }
                _ => Ok(None),
            })
            .collect::<Result<_>>()?
    };
    Ok(Arc::new(IntervalMonthDayNanoArray::from(values)))
}

fn interval_overflow() -> DataFusionError {
    AthenaError::new("NUMERIC_VALUE_OUT_OF_RANGE", "interval overflow").into()
}

fn sum(
    left: IntervalMonthDayNano,
    right: IntervalMonthDayNano,
    sign: i32,
) -> Result<IntervalMonthDayNano> {
    let total = || {
        Some(IntervalMonthDayNano::new(
            left.months.checked_add(right.months.checked_mul(sign)?)?,
            left.days.checked_add(right.days.checked_mul(sign)?)?,
            left.nanoseconds
                .checked_add(right.nanoseconds.checked_mul(sign.into())?)?,
        ))
    };
    total().ok_or_else(interval_overflow)
}

/// Months and milliseconds, cut to whole ones.
fn scaled(op: Operator, value: IntervalMonthDayNano, factor: f64) -> Result<IntervalMonthDayNano> {
    if op == Operator::Divide && factor == 0.0 {
        return Err(division_by_zero());
    }
    let times = |amount: i64| -> Result<i64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "Trino computes with doubles here"
        )]
        let amount = amount as f64;
        let result = if op == Operator::Divide {
            amount / factor
        } else {
            amount * factor
        };
        if result.abs() >= 9.2e18 || result.is_nan() {
            return Err(interval_overflow());
        }
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
        let whole = result as i64;
        Ok(whole)
    };
    let months =
        i32::try_from(times(value.months.into())?).map_err(|_error| interval_overflow())?;
    let millis = i64::from(value.days)
        .checked_mul(DAY)
        .and_then(|days| days.checked_add(value.nanoseconds))
        .ok_or_else(interval_overflow)?
        / 1_000_000;
    let nanos = times(millis)?
        .checked_mul(1_000_000)
        .ok_or_else(interval_overflow)?;
    let days = i32::try_from(nanos / DAY).map_err(|_error| interval_overflow())?;
    Ok(IntervalMonthDayNano::new(months, days, nanos % DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_trinos_types() {
        use AthenaType::{Bigint, Decimal, Double, Integer, Smallint};
        let decimal = Decimal(5, 2);
        for (op, left, right, expected) in [
            (Operator::Plus, Integer, Bigint, Some(Bigint)),
            (Operator::Multiply, Smallint, Smallint, Some(Smallint)),
            (
                Operator::Plus,
                decimal.clone(),
                decimal.clone(),
                Some(Decimal(6, 2)),
            ),
            (
                Operator::Multiply,
                decimal.clone(),
                decimal.clone(),
                Some(Decimal(10, 4)),
            ),
            (
                Operator::Divide,
                decimal.clone(),
                decimal.clone(),
                Some(Decimal(7, 2)),
            ),
            (
                Operator::Plus,
                decimal.clone(),
                Integer,
                Some(Decimal(13, 2)),
            ),
            (Operator::Plus, decimal, Double, None),
        ] {
            assert_eq!(result(op, &left, &right), expected, "{left} {op} {right}");
        }
    }

    #[test]
    fn quotients_are_rounded_away_from_zero() {
        let quotient = |left: i128, right: i128| {
            rounded_quotient(i256::from_i128(left), i256::from_i128(right)).and_then(i256::to_i128)
        };
        assert_eq!(quotient(5, 2), Some(3));
        assert_eq!(quotient(-5, 2), Some(-3));
        assert_eq!(quotient(4, 3), Some(1));
        assert_eq!(quotient(-5, -3), Some(2));
    }
}
