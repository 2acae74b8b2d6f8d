//! Mathematical functions whose result types or limits are Trino's.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, AsArray as _, BooleanArray, Decimal128Array, Float64Array, Int64Array,
};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, FieldRef, Float64Type};
use datafusion::error::Result;
use datafusion::logical_expr::ReturnFieldArgs;

use super::strings::column;
use super::{Arguments, Function, bigint, invalid_argument, returning, text};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    let boolean = |_: &ReturnFieldArgs<'_>| returning(&AthenaType::Boolean);
    vec![
        Function::new("athena_floor", 1..=1, whole_field, |args| {
            whole(args, f64::floor, -1)
        })
        .taking("n"),
        Function::new("athena_ceil", 1..=1, whole_field, |args| {
            whole(args, f64::ceil, 1)
        })
        .taking("n"),
        Function::new("athena_sign", 1..=1, sign_field, sign).taking("n"),
        Function::new("is_finite", 1..=1, boolean, |args| {
            tested(args, f64::is_finite)
        })
        .taking("n"),
        Function::new("is_infinite", 1..=1, boolean, |args| {
            tested(args, f64::is_infinite)
        })
        .taking("n"),
        Function::new("athena_width_bucket", 2..=4, bigint, width_bucket),
        Function::new("from_base", 2..=2, bigint, from_base).taking("ti"),
        Function::new("to_base", 2..=2, text, to_base).taking("ii"),
        Function::new("bitwise_and", 2..=2, bigint, |args| {
            bits(args, |a, b| a & b)
        })
        .taking("ii"),
        Function::new("bitwise_or", 2..=2, bigint, |args| bits(args, |a, b| a | b)).taking("ii"),
        Function::new("bitwise_xor", 2..=2, bigint, |args| {
            bits(args, |a, b| a ^ b)
        })
        .taking("ii"),
        Function::new("bitwise_not", 1..=1, bigint, |args| {
            let values = args.integers(0)?;
            Ok(longs(args.each(|row| Ok(Some(!values.value(row))))?))
        })
        .taking("i"),
        Function::new("bitwise_left_shift", 2..=2, integer_field, left_shift).taking("ii"),
        Function::new("bitwise_right_shift", 2..=2, integer_field, right_shift).taking("ii"),
        Function::new(
            "bitwise_right_shift_arithmetic",
            2..=2,
            integer_field,
            arithmetic_shift,
        )
        .taking("ii"),
        Function::new("bit_count", 2..=2, bigint, bit_count).taking("ii"),
    ]
}

fn longs(rows: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(Int64Array::from(rows))
}

/// Integers stay what they are; a decimal loses its fraction.
fn whole_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let of = AthenaType::of_field(&args.arg_fields[0]);
    returning(&match of {
        AthenaType::Decimal(precision, scale) => {
            let digits = i32::from(precision) - i32::from(scale) + i32::from(scale.min(1));
            AthenaType::Decimal(u8::try_from(digits.clamp(1, 38)).unwrap_or(38), 0)
        }
        AthenaType::Unknown => AthenaType::Double,
        other => other,
    })
}

/// `step` is the direction of rounding.
fn whole(args: &Arguments, round: impl Fn(f64) -> f64, step: i128) -> Result<ArrayRef> {
    match args.athena_type(0) {
        AthenaType::Decimal(_, scale) => {
            let unit = 10_i128.pow(u32::try_from(scale).unwrap_or(0));
            let values = args.arrays[0].as_primitive::<Decimal128Type>();
            let rounded: Decimal128Array = values
                .iter()
                .map(|value| {
                    let value = value?;
                    let rest = value % unit;
                    let beyond = rest != 0 && (rest > 0) == (step > 0);
                    Some(value / unit + if beyond { step } else { 0 })
                })
                .collect();
            let DataType::Decimal128(precision, scale) = args.returns.data_type() else {
                return Err(invalid_argument(
                    "floor and ceiling of a decimal are decimals",
                ));
            };
            Ok(Arc::new(
                rounded.with_precision_and_scale(*precision, *scale)?,
            ))
        }
        AthenaType::Double | AthenaType::Real => {
            let doubles = args.doubles(0)?;
            let rounded: Float64Array = doubles.unary(round);
            let rounded: ArrayRef = Arc::new(rounded);
            Ok(super::arrow_cast(&rounded, args.returns.data_type())?)
        }
        _ => args.converted(0, args.returns.data_type()),
    }
}

fn sign_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let of = AthenaType::of_field(&args.arg_fields[0]);
    returning(&match of {
        AthenaType::Decimal(..) => AthenaType::Decimal(1, 0),
        AthenaType::Unknown => AthenaType::Double,
        other => other,
    })
}

fn sign(args: &Arguments) -> Result<ArrayRef> {
    let doubles = args.doubles(0)?;
    let signs: Float64Array = doubles.unary(|value| {
        if value == 0.0 || value.is_nan() {
            value
        } else {
            value.signum()
        }
    });
    let signs: ArrayRef = Arc::new(signs);
    Ok(super::arrow_cast(&signs, args.returns.data_type())?)
}

fn tested(args: &Arguments, test: impl Fn(f64) -> bool) -> Result<ArrayRef> {
    let doubles = args.doubles(0)?;
    let found: BooleanArray = doubles.iter().map(|value| value.map(&test)).collect();
    Ok(Arc::new(found))
}

/// The bucket of a value between two bounds, or between the bounds of an array.
fn width_bucket(args: &Arguments) -> Result<ArrayRef> {
    let values = args.doubles(0)?;
    if args.arrays.len() == 2 {
        let lists = args.arrays[1].as_list_opt::<i32>();
        let lists = lists.ok_or_else(|| invalid_argument("width_bucket: the bins are no array"))?;
        return Ok(longs(args.each(|row| {
            let bins = super::arrow_cast(&lists.value(row), &DataType::Float64)?;
            let below = bins
                .as_primitive::<Float64Type>()
                .iter()
                .flatten()
                .filter(|bound| *bound <= values.value(row));
            Ok(i64::try_from(below.count()).ok())
        })?));
    }
    if args.arrays.len() == 3 {
        return Err(invalid_argument("width_bucket takes two or four arguments"));
    }
    let (lows, highs) = (args.doubles(1)?, args.doubles(2)?);
    let counts = args.integers(3)?;
    Ok(longs(args.each(|row| {
        let (value, low, high) = (values.value(row), lows.value(row), highs.value(row));
        let count = counts.value(row);
        if count <= 0 {
            return Err(invalid_argument("bucketCount must be greater than 0"));
        }
        if low == high || !low.is_finite() || !high.is_finite() {
            return Err(invalid_argument(
                "bounds cannot equal each other, and must be finite",
            ));
        }
        let inside = (value - low) / (high - low);
        if inside < 0.0 {
            return Ok(Some(0));
        }
        if inside >= 1.0 {
            return Ok(count.checked_add(1));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "the product lies between 0 and the count"
        )]
        let bucket = (inside * count as f64) as i64 + 1;
        Ok(Some(bucket))
    })?))
}

fn radix(value: i64) -> Result<u32> {
    u32::try_from(value)
        .ok()
        .filter(|radix| (2..=36).contains(radix))
        .ok_or_else(|| invalid_argument("Radix must be between 2 and 36"))
}

fn from_base(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let radices = args.integers(1)?;
    Ok(longs(args.each(|row| {
        let radix = radix(radices.value(row))?;
        let text = strings.value(row);
        i64::from_str_radix(text, radix)
            .map(Some)
            .map_err(|_error| invalid_argument(format!("Not a valid base-{radix} number: {text}")))
    })?))
}

fn to_base(args: &Arguments) -> Result<ArrayRef> {
    let values = args.integers(0)?;
    let radices = args.integers(1)?;
    let rows = args.each(|row| {
        let radix = radix(radices.value(row))?;
        let value = values.value(row);
        let mut rest = value.unsigned_abs();
        let mut digits = Vec::new();
        loop {
            let digit = u32::try_from(rest % u64::from(radix)).unwrap_or(0);
            digits.extend(char::from_digit(digit, radix));
            rest /= u64::from(radix);
            if rest == 0 {
                break;
            }
        }
        digits.extend((value < 0).then_some('-'));
        Ok(Some(digits.into_iter().rev().collect()))
    })?;
    Ok(column(rows))
}

fn bits(args: &Arguments, combine: impl Fn(i64, i64) -> i64) -> Result<ArrayRef> {
    let (left, right) = (args.integers(0)?, args.integers(1)?);
    let rows = args.each(|row| Ok(Some(combine(left.value(row), right.value(row)))))?;
    Ok(longs(rows))
}

fn integer_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    returning(&match AthenaType::of_field(&args.arg_fields[0]) {
        AthenaType::Unknown => AthenaType::Bigint,
        other => other,
    })
}

/// Shifts inside the width of the value's own type.
fn shifted(args: &Arguments, shift: impl Fn(i64, u32, u32) -> i64) -> Result<ArrayRef> {
    let width = match args.returns.data_type() {
        DataType::Int8 => 8,
        DataType::Int16 => 16,
        DataType::Int32 => 32,
        _ => 64,
    };
    let (values, amounts) = (args.integers(0)?, args.integers(1)?);
    let rows = args.each(|row| {
        let amount = amounts.value(row);
        let by = u32::try_from(amount)
            .map_err(|_error| invalid_argument(format!("Shift must not be negative: {amount}")))?;
        let result = shift(values.value(row), by, width);
        // Back into the width, with its sign.
        let unused = 64 - width;
        Ok(Some((result << unused) >> unused))
    })?;
    super::arrow_cast(&longs(rows), args.returns.data_type()).map_err(Into::into)
}

fn left_shift(args: &Arguments) -> Result<ArrayRef> {
    shifted(
        args,
        |value, by, width| {
            if by >= width { 0 } else { value << by }
        },
    )
}

fn right_shift(args: &Arguments) -> Result<ArrayRef> {
    shifted(args, |value, by, width| {
        if by >= width {
            return 0;
        }
        let mask = u64::MAX >> (64 - width);
        ((value.cast_unsigned() & mask) >> by).cast_signed()
    })
}

fn arithmetic_shift(args: &Arguments) -> Result<ArrayRef> {
    shifted(args, |value, by, width| value >> by.min(width - 1))
}

fn bit_count(args: &Arguments) -> Result<ArrayRef> {
    let (values, widths) = (args.integers(0)?, args.integers(1)?);
    let rows = args.each(|row| {
        let (value, width) = (values.value(row), widths.value(row));
        let width = u32::try_from(width)
            .ok()
            .filter(|width| (2..=64).contains(width))
            .ok_or_else(|| {
                invalid_argument(format!(
                    "Bits specified in bit_count must be between 2 and 64, got {width}"
                ))
            })?;
        let unused = 64 - width;
        if (value << unused) >> unused != value {
            return Err(invalid_argument(format!(
                "Number must be representable with the bits specified. {value} cannot be represented with {width} bits"
            )));
        }
        let mask = u64::MAX >> unused;
        Ok(Some((value.cast_unsigned() & mask).count_ones().into()))
    })?;
    Ok(longs(rows))
}
