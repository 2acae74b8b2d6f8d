//! Values that a caller binds to the `?` of a statement.

use std::fmt;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

use crate::error::{Error, ErrorKind, Result};

const MILLISECONDS_PER_DAY: i64 = 86_400_000;

/// One value of a parameter. Its kind fixes the type Athena sees.
///
/// `Debug` shows the kind and the length, never the value: parameters may be confidential.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// NULL, of no type in particular.
    Null,
    /// A `boolean`.
    Boolean(bool),
    /// A `tinyint`.
    Int8(i8),
    /// A `smallint`.
    Int16(i16),
    /// An `integer`.
    Int32(i32),
    /// A `bigint`.
    Int64(i64),
    /// A `real`.
    Float32(f32),
    /// A `double`.
    Float64(f64),
    /// A `decimal`: `unscaled` divided by ten to the power of `scale`. Athena's hold 38 digits.
    Decimal {
        /// All digits, without the point.
        unscaled: i128,
        /// How many of the digits stand behind the point.
        scale: u8,
    },
    /// A `varchar`.
    Text(String),
    /// A `varbinary`.
    Binary(Vec<u8>),
    /// A `date`, in days since 1970-01-01.
    Date(i32),
    /// A `time` of as many digits as `unit` has.
    Time {
        /// Units since midnight.
        value: i64,
        /// The unit of `value`.
        unit: TimeUnit,
    },
    /// A `timestamp`, with or without time zone, of as many digits as `unit` has.
    Timestamp {
        /// Units since 1970-01-01 00:00:00.
        value: i64,
        /// The unit of `value`.
        unit: TimeUnit,
        /// Whether it is an instant, a `timestamp with time zone` at UTC; else a wall clock's.
        utc: bool,
    },
    /// A `uuid`, in network byte order.
    Uuid([u8; 16]),
}

impl Value {
    /// The value of `array` at `row`.
    ///
    /// Unsigned integers become the next wider signed type; a UInt64 beyond `bigint` becomes
    /// a decimal. Float16 becomes Float32. A timestamp with a time zone becomes its instant at
    /// UTC. Dictionaries are looked up.
    ///
    /// # Errors
    ///
    /// `NotImplemented` for intervals, durations, nested and run-end encoded types;
    /// `InvalidArgument` for a row past the end or a value no [`Value`] can hold exactly.
    pub fn from_array(array: &dyn Array, row: usize) -> Result<Self> {
        if row >= array.len() {
            let length = array.len();
            return Err(invalid(format!("Row {row} of an array of {length} rows.")));
        }
        if array.is_null(row) {
            return Ok(Self::Null);
        }
        macro_rules! primitive {
            ($arrow:ty) => {
                array.as_primitive::<$arrow>().value(row)
            };
        }
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean().value(row)),
            DataType::Int8 => Self::Int8(primitive!(Int8Type)),
            DataType::Int16 => Self::Int16(primitive!(Int16Type)),
            DataType::Int32 => Self::Int32(primitive!(Int32Type)),
            DataType::Int64 => Self::Int64(primitive!(Int64Type)),
            DataType::UInt8 => Self::Int16(primitive!(UInt8Type).into()),
            DataType::UInt16 => Self::Int32(primitive!(UInt16Type).into()),
            DataType::UInt32 => Self::Int64(primitive!(UInt32Type).into()),
            DataType::UInt64 => {
                let value = primitive!(UInt64Type);
                i64::try_from(value)
                    .map_or_else(|_| decimal(value.into(), 0), |v| Ok(Self::Int64(v)))?
            }
            DataType::Float16 => Self::Float32(primitive!(Float16Type).to_f32()),
            DataType::Float32 => Self::Float32(primitive!(Float32Type)),
            DataType::Float64 => Self::Float64(primitive!(Float64Type)),
            DataType::Decimal32(_, scale) => decimal(primitive!(Decimal32Type).into(), *scale)?,
            DataType::Decimal64(_, scale) => decimal(primitive!(Decimal64Type).into(), *scale)?,
            DataType::Decimal128(_, scale) => decimal(primitive!(Decimal128Type), *scale)?,
            DataType::Decimal256(_, scale) => {
                let value = primitive!(Decimal256Type).to_i128();
                decimal(value.ok_or_else(decimal_too_long)?, *scale)?
            }
            DataType::Utf8 => Self::Text(array.as_string::<i32>().value(row).to_owned()),
            DataType::LargeUtf8 => Self::Text(array.as_string::<i64>().value(row).to_owned()),
            DataType::Utf8View => Self::Text(array.as_string_view().value(row).to_owned()),
            DataType::Binary => Self::Binary(array.as_binary::<i32>().value(row).to_owned()),
            DataType::LargeBinary => Self::Binary(array.as_binary::<i64>().value(row).to_owned()),
            DataType::BinaryView => Self::Binary(array.as_binary_view().value(row).to_owned()),
            DataType::FixedSizeBinary(_) => {
                Self::Binary(array.as_fixed_size_binary().value(row).to_owned())
            }
            DataType::Date32 => Self::Date(primitive!(Date32Type)),
            DataType::Date64 => date64(primitive!(Date64Type))?,
            DataType::Time32(unit) => Self::Time {
                value: match unit {
                    TimeUnit::Second => primitive!(Time32SecondType).into(),
                    _ => primitive!(Time32MillisecondType).into(),
                },
                unit: *unit,
            },
            DataType::Time64(unit) => Self::Time {
                value: match unit {
                    TimeUnit::Microsecond => primitive!(Time64MicrosecondType),
                    _ => primitive!(Time64NanosecondType),
                },
                unit: *unit,
            },
            DataType::Timestamp(unit, zone) => Self::Timestamp {
                value: match unit {
                    TimeUnit::Second => primitive!(TimestampSecondType),
                    TimeUnit::Millisecond => primitive!(TimestampMillisecondType),
                    TimeUnit::Microsecond => primitive!(TimestampMicrosecondType),
                    TimeUnit::Nanosecond => primitive!(TimestampNanosecondType),
                },
                unit: *unit,
                utc: zone.is_some(),
            },
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary();
                let key = match Self::from_array(dictionary.keys(), row)? {
                    Self::Int8(key) => usize::try_from(key).ok(),
                    Self::Int16(key) => usize::try_from(key).ok(),
                    Self::Int32(key) => usize::try_from(key).ok(),
                    Self::Int64(key) => usize::try_from(key).ok(),
                    _ => None,
                };
                let key = key.ok_or_else(|| invalid("A dictionary key is out of range."))?;
                return Self::from_array(dictionary.values().as_ref(), key);
            }
            other => {
                return Err(Error::new(
                    ErrorKind::NotImplemented,
                    format!("Arrow type {other} cannot be bound as a parameter."),
                ));
            }
        })
    }
}

/// A decimal of Arrow's, whose scale may be negative.
fn decimal(unscaled: i128, scale: i8) -> Result<Value> {
    let zeros = u32::from(scale.min(0).unsigned_abs());
    let unscaled = 10_i128
        .checked_pow(zeros)
        .and_then(|factor| unscaled.checked_mul(factor))
        .ok_or_else(decimal_too_long)?;
    let scale = scale.max(0).unsigned_abs();
    Ok(Value::Decimal { unscaled, scale })
}

/// A date in milliseconds, which Arrow wants to be whole days.
fn date64(milliseconds: i64) -> Result<Value> {
    let days = i32::try_from(milliseconds / MILLISECONDS_PER_DAY);
    match days {
        Ok(days) if milliseconds % MILLISECONDS_PER_DAY == 0 => Ok(Value::Date(days)),
        _ => Err(invalid(
            "A Date64 value is not a whole number of days, or out of range. Bind a Timestamp.",
        )),
    }
}

fn decimal_too_long() -> Error {
    invalid("A decimal has more than the 38 digits Athena holds.")
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Boolean(_) => f.write_str("Boolean"),
            Self::Int8(_) => f.write_str("Int8"),
            Self::Int16(_) => f.write_str("Int16"),
            Self::Int32(_) => f.write_str("Int32"),
            Self::Int64(_) => f.write_str("Int64"),
            Self::Float32(_) => f.write_str("Float32"),
            Self::Float64(_) => f.write_str("Float64"),
            Self::Decimal { scale, .. } => write!(f, "Decimal(scale {scale})"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Binary(bytes) => write!(f, "Binary({} bytes)", bytes.len()),
            Self::Date(_) => f.write_str("Date"),
            Self::Time { unit, .. } => write!(f, "Time({unit:?})"),
            Self::Timestamp { unit, utc, .. } => write!(f, "Timestamp({unit:?}, utc {utc})"),
            Self::Uuid(_) => f.write_str("Uuid"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::*;
    use arrow::buffer::NullBuffer;
    use arrow::datatypes::i256;

    use super::*;

    fn at_zero(array: impl Array) -> Value {
        Value::from_array(&array, 0).unwrap()
    }

    #[test]
    fn every_primitive_type_is_read() {
        let decimal = |unscaled, scale| Value::Decimal { unscaled, scale };
        let time = |value, unit| Value::Time { value, unit };
        let timestamp = |value, unit, utc| Value::Timestamp { value, unit, utc };
        let cases = [
            (at_zero(NullArray::new(1)), Value::Null),
            (
                at_zero(BooleanArray::from(vec![true])),
                Value::Boolean(true),
            ),
            (at_zero(Int8Array::from(vec![-8])), Value::Int8(-8)),
            (at_zero(Int16Array::from(vec![-16])), Value::Int16(-16)),
            (at_zero(Int32Array::from(vec![-32])), Value::Int32(-32)),
            (
                at_zero(Int64Array::from(vec![i64::MIN])),
                Value::Int64(i64::MIN),
            ),
            (at_zero(UInt8Array::from(vec![255])), Value::Int16(255)),
            (at_zero(UInt16Array::from(vec![65535])), Value::Int32(65535)),
            (
                at_zero(UInt32Array::from(vec![u32::MAX])),
                Value::Int64(4_294_967_295),
            ),
            (at_zero(UInt64Array::from(vec![7])), Value::Int64(7)),
            (
                at_zero(UInt64Array::from(vec![u64::MAX])),
                decimal(u64::MAX.into(), 0),
            ),
            (at_zero(Float32Array::from(vec![0.5])), Value::Float32(0.5)),
            (at_zero(Float64Array::from(vec![0.5])), Value::Float64(0.5)),
            (
                at_zero(Float32Array::from(vec![1.5]).unary::<_, Float16Type>(|v| {
                    <Float16Type as ArrowPrimitiveType>::Native::from_f32(v)
                })),
                Value::Float32(1.5),
            ),
            (
                at_zero(
                    Decimal32Array::from(vec![-150])
                        .with_precision_and_scale(5, 2)
                        .unwrap(),
                ),
                decimal(-150, 2),
            ),
            (
                at_zero(
                    Decimal64Array::from(vec![150])
                        .with_precision_and_scale(5, 2)
                        .unwrap(),
                ),
                decimal(150, 2),
            ),
            (
                at_zero(
                    Decimal128Array::from(vec![15])
                        .with_precision_and_scale(5, -2)
                        .unwrap(),
                ),
                decimal(1500, 0),
            ),
            (
                at_zero(
                    Decimal256Array::from(vec![i256::from_i128(9)])
                        .with_precision_and_scale(50, 3)
                        .unwrap(),
                ),
                decimal(9, 3),
            ),
            (
                at_zero(StringArray::from(vec!["é"])),
                Value::Text("é".into()),
            ),
            (
                at_zero(LargeStringArray::from(vec!["a"])),
                Value::Text("a".into()),
            ),
            (
                at_zero(StringViewArray::from(vec!["b"])),
                Value::Text("b".into()),
            ),
            (
                at_zero(BinaryArray::from(vec![&b"c"[..]])),
                Value::Binary(b"c".into()),
            ),
            (
                at_zero(LargeBinaryArray::from(vec![&b"d"[..]])),
                Value::Binary(b"d".into()),
            ),
            (
                at_zero(BinaryViewArray::from(vec![&b"e"[..]])),
                Value::Binary(b"e".into()),
            ),
            (
                at_zero(FixedSizeBinaryArray::try_from_iter([[1_u8, 2]].iter()).unwrap()),
                Value::Binary(vec![1, 2]),
            ),
            (at_zero(Date32Array::from(vec![-1])), Value::Date(-1)),
            (
                at_zero(Date64Array::from(vec![-86_400_000])),
                Value::Date(-1),
            ),
            (
                at_zero(Time32SecondArray::from(vec![1])),
                time(1, TimeUnit::Second),
            ),
            (
                at_zero(Time32MillisecondArray::from(vec![2])),
                time(2, TimeUnit::Millisecond),
            ),
            (
                at_zero(Time64MicrosecondArray::from(vec![3])),
                time(3, TimeUnit::Microsecond),
            ),
            (
                at_zero(Time64NanosecondArray::from(vec![4])),
                time(4, TimeUnit::Nanosecond),
            ),
            (
                at_zero(TimestampSecondArray::from(vec![1])),
                timestamp(1, TimeUnit::Second, false),
            ),
            (
                at_zero(TimestampMillisecondArray::from(vec![2]).with_timezone("+02:00")),
                timestamp(2, TimeUnit::Millisecond, true),
            ),
            (
                at_zero(TimestampMicrosecondArray::from(vec![3]).with_timezone("Europe/Paris")),
                timestamp(3, TimeUnit::Microsecond, true),
            ),
            (
                at_zero(TimestampNanosecondArray::from(vec![4])),
                timestamp(4, TimeUnit::Nanosecond, false),
            ),
        ];
        for (index, (found, expected)) in cases.iter().enumerate() {
            assert!(
                found == expected,
                "case {index}: {found:?}, not {expected:?}"
            );
        }
    }

    #[test]
    fn nulls_and_dictionaries_are_looked_up() {
        let array = Int64Array::new(vec![1, 2].into(), Some(NullBuffer::from(vec![true, false])));
        assert_eq!(Value::from_array(&array, 1).unwrap(), Value::Null);

        let keys = UInt8Array::from(vec![Some(1), None, Some(0)]);
        let values: ArrayRef = Arc::new(StringArray::from(vec![None, Some("x")]));
        let array = DictionaryArray::new(keys, values);
        let found = [0, 1, 2].map(|row| Value::from_array(&array, row).unwrap());
        assert_eq!(found, [Value::Text("x".into()), Value::Null, Value::Null]);
    }

    #[test]
    fn what_cannot_be_held_exactly_is_refused() {
        let list = ListArray::new_null(
            Arc::new(arrow::datatypes::Field::new("item", DataType::Int32, true)),
            1,
        );
        // A NULL has no type, so even this list is fine.
        assert_eq!(at_zero(list), Value::Null);

        let cases: [(ArrayRef, ErrorKind, &str); 5] = [
            (
                Arc::new(DurationSecondArray::from(vec![1])),
                ErrorKind::NotImplemented,
                "Duration",
            ),
            (
                Arc::new(Date64Array::from(vec![1])),
                ErrorKind::InvalidArgument,
                "Date64",
            ),
            (
                Arc::new(Decimal256Array::from(vec![i256::MAX])),
                ErrorKind::InvalidArgument,
                "38 digits",
            ),
            (
                Arc::new(
                    Decimal128Array::from(vec![10])
                        .with_precision_and_scale(38, -38)
                        .unwrap(),
                ),
                ErrorKind::InvalidArgument,
                "38 digits",
            ),
            (
                Arc::new(Int8Array::from(Vec::<i8>::new())),
                ErrorKind::InvalidArgument,
                "0 rows",
            ),
        ];
        for (array, kind, message) in cases {
            let error = Value::from_array(&array, 0).unwrap_err();
            assert_eq!(error.kind(), kind, "{message}");
            assert!(error.message().contains(message), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_content() {
        let values = [
            Value::Text("secret".into()),
            Value::Binary(vec![1, 2, 3]),
            Value::Int64(4711),
        ];
        assert_eq!(
            format!("{values:?}"),
            "[Text(6 bytes), Binary(3 bytes), Int64]"
        );
    }
}
