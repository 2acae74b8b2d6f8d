//! `round` and `truncate`.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Decimal128Array, Float64Array, Int64Array,
};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, FieldRef};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ReturnFieldArgs;

use super::{Arguments, AthenaError, Function, invalid_argument, returning};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("athena_round", 1..=2, round_field, round).taking("ni"),
        Function::new("athena_truncate", 1..=2, truncate_field, truncate).taking("ni"),
    ]
}

/// A decimal has room for one digit more; without places it loses its fraction.
fn round_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    returning(&match AthenaType::of_field(&args.arg_fields[0]) {
        AthenaType::Decimal(precision, scale) if args.arg_fields.len() == 1 => {
            AthenaType::Decimal(digits(precision, scale, i32::from(scale.min(1))), 0)
        }
        AthenaType::Decimal(precision, scale) => {
            AthenaType::Decimal(precision.saturating_add(1).min(38), scale)
        }
        AthenaType::Unknown => AthenaType::Double,
        other => other,
    })
}

fn truncate_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let of = AthenaType::of_field(&args.arg_fields[0]);
    let with_places = args.arg_fields.len() > 1;
    returning(&match of {
        AthenaType::Decimal(precision, scale) if !with_places => {
            AthenaType::Decimal(digits(precision, scale, 0), 0)
        }
        AthenaType::Decimal(..) => of,
        AthenaType::Real if !with_places => of,
        _ if !with_places => AthenaType::Double,
        other => {
            let message =
                format!("line 1:8: Unexpected parameters ({other}, integer) for function truncate");
            return Err(AthenaError::new("FUNCTION_NOT_FOUND", message).into());
        }
    })
}

/// Digits before the point and `more`.
fn digits(precision: u8, scale: i8, more: i32) -> u8 {
    let digits = i32::from(precision) - i32::from(scale) + more;
    u8::try_from(digits.clamp(1, 38)).unwrap_or(38)
}

fn round(args: &Arguments) -> Result<ArrayRef> {
    let places = places(args)?;
    match args.athena_type(0) {
        AthenaType::Decimal(..) => decimals(args, &places, |value, unit| {
            let half = value.checked_add(unit / 2 * value.signum())?;
            Some(half / unit * unit)
        }),
        AthenaType::Real | AthenaType::Double | AthenaType::Unknown => {
            let doubles = args.doubles(0)?;
            let rounded: Float64Array = (0..args.rows)
                .map(|row| {
                    let known = doubles.is_valid(row) && places.is_valid(row);
                    known.then(|| round_double(doubles.value(row), places.value(row)))
                })
                .collect();
            let rounded: ArrayRef = Arc::new(rounded);
            Ok(super::arrow_cast(&rounded, args.returns.data_type())?)
        }
        _ => {
            let integers = args.integers(0)?;
            let rows = args.each(|row| {
                let (value, places) = (integers.value(row), places.value(row));
                if places >= 0 {
                    return Ok(Some(value));
                }
                let exponent = u32::try_from(places.unsigned_abs()).unwrap_or(u32::MAX);
                let Some(unit) = 10_i128.checked_pow(exponent) else {
                    return Ok(Some(0));
                };
                let value = i128::from(value);
                let rounded = (value + unit / 2 * value.signum()) / unit * unit;
                i64::try_from(rounded)
                    .map(Some)
                    .map_err(|_beyond| out_of_range(&rounded.to_string()))
            })?;
            let rounded: ArrayRef = Arc::new(Int64Array::from(rows));
            let narrow = super::arrow_cast(&rounded, args.returns.data_type())?;
            match (0..args.rows).find(|&row| narrow.is_null(row) && rounded.is_valid(row)) {
                Some(_) => Err(out_of_range("the rounded value")),
                None => Ok(narrow),
            }
        }
    }
}

fn out_of_range(value: &str) -> DataFusionError {
    let message = format!("Value out of range: {value}");
    AthenaError::new("NUMERIC_VALUE_OUT_OF_RANGE", message).into()
}

fn round_double(value: f64, places: i64) -> f64 {
    if !value.is_finite() {
        return value;
    }
    let factor = 10_f64.powi(i32::try_from(places).unwrap_or(i32::MAX));
    let rounded = (value.abs() * factor + 0.5).floor() / factor;
    if rounded.is_finite() {
        rounded.copysign(value)
    } else {
        value
    }
}

fn truncate(args: &Arguments) -> Result<ArrayRef> {
    if matches!(args.athena_type(0), AthenaType::Decimal(..)) {
        return decimals(args, &places(args)?, |value, unit| {
            Some(value / unit * unit)
        });
    }
    let doubles: Float64Array = args.doubles(0)?.unary(f64::trunc);
    let doubles: ArrayRef = Arc::new(doubles);
    Ok(super::arrow_cast(&doubles, args.returns.data_type())?)
}

/// Places after the point, for each row.
fn places(args: &Arguments) -> Result<Int64Array> {
    match args.arrays.len() {
        1 => Ok(Int64Array::from(vec![0; args.rows])),
        _ => args.integers(1),
    }
}

/// Brings decimals to multiples of the unit of a place.
fn decimals(
    args: &Arguments,
    places: &Int64Array,
    multiple: impl Fn(i128, i128) -> Option<i128>,
) -> Result<ArrayRef> {
    let (AthenaType::Decimal(_, from), DataType::Decimal128(precision, to)) =
        (args.athena_type(0), args.returns.data_type())
    else {
        return Err(invalid_argument("no decimal"));
    };
    let ten = |exponent: i64| {
        let exponent = u32::try_from(exponent).ok()?;
        10_i128.checked_pow(exponent)
    };
    let values = args.arrays[0].as_primitive::<Decimal128Type>();
    let limit = ten(i64::from(*precision)).unwrap_or(i128::MAX);
    let dropped = ten(i64::from(from) - i64::from(*to)).unwrap_or(1);
    let rows = (0..args.rows)
        .map(|row| {
            if values.is_null(row) || places.is_null(row) {
                return Ok(None);
            }
            let value = values.value(row);
            let beyond = i64::from(from) - places.value(row).clamp(-100, 100);
            let rounded = if beyond <= 0 {
                Some(value)
            } else {
                // No decimal reaches a unit of more than 38 digits.
                ten(beyond).map_or(Some(0), |unit| multiple(value, unit))
            };
            match rounded.map(|rounded| rounded / dropped) {
                Some(rounded) if rounded.abs() < limit => Ok(Some(rounded)),
                _ => Err(out_of_range("the rounded decimal")),
            }
        })
        .collect::<Result<Decimal128Array>>()?;
    Ok(Arc::new(rows.with_precision_and_scale(*precision, *to)?))
}
