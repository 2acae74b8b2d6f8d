//! Athena's text form of Arrow values.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, NaiveTime};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray as _, GenericListArray, MapArray, OffsetSizeTrait,
    PrimitiveArray, StructArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    ArrowNativeType as _, DataType, Date32Type, Decimal128Type, Decimal256Type, DecimalType, Field,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntervalMonthDayNanoType,
    TimeUnit, UInt64Type,
};
use datafusion::error::{DataFusionError, Result};

use super::types::{AthenaType, UNNAMED_FIELD};
use super::{java_float, java_hash};

/// Appends the text of one non-NULL row of a column.
type Writer<'a> = Box<dyn Fn(usize, &mut String) + Send + 'a>;

/// Writes the rows of one column as text.
pub(super) struct ColumnText<'a> {
    array: &'a ArrayRef,
    write: Writer<'a>,
}

impl<'a> ColumnText<'a> {
    /// Prepares the writer for a column of the given field.
    ///
    /// # Errors
    /// When the Arrow type has no text form in Athena.
    pub(super) fn new(array: &'a ArrayRef, field: &Field) -> Result<Self> {
        Ok(Self {
            array,
            write: writer(array, field, false)?,
        })
    }

    /// The text of a row; `None` is NULL.
    pub(super) fn cell(&self, row: usize) -> Option<String> {
        if self.array.is_null(row) || self.array.data_type() == &DataType::Null {
            return None;
        }
        let mut text = String::new();
        (self.write)(row, &mut text);
        Some(text)
    }
}

fn writer<'a>(array: &'a ArrayRef, field: &Field, nested: bool) -> Result<Writer<'a>> {
    Ok(match array.data_type() {
        DataType::Null => Box::new(|_, _| {}),
        DataType::Boolean => {
            let array = array.as_boolean();
            Box::new(move |row, out| out.push_str(if array.value(row) { "true" } else { "false" }))
        }
        DataType::Int8 => integer::<Int8Type>(array),
        DataType::Int16 => integer::<Int16Type>(array),
        DataType::Int32 => integer::<Int32Type>(array),
        DataType::Int64 => integer::<Int64Type>(array),
        DataType::UInt64 => integer::<UInt64Type>(array),
        DataType::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            Box::new(move |row, out| out.push_str(&java_float::float(array.value(row))))
        }
        DataType::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            Box::new(move |row, out| out.push_str(&java_float::double(array.value(row))))
        }
        DataType::Decimal128(_, scale) => decimal::<Decimal128Type>(array, *scale),
        DataType::Decimal256(_, scale) => decimal::<Decimal256Type>(array, *scale),
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            let pad = char_length(field);
            Box::new(move |row, out| push_padded(array.value(row), pad, out))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            Box::new(move |row, out| out.push_str(array.value(row)))
        }
        DataType::Binary => {
            let array = array.as_binary::<i32>();
            Box::new(move |row, out| push_binary(array.value(row), nested, out))
        }
        DataType::BinaryView => {
            let array = array.as_binary_view();
            Box::new(move |row, out| push_binary(array.value(row), nested, out))
        }
        DataType::Date32 => {
            let array = array.as_primitive::<Date32Type>();
            Box::new(move |row, out| {
                if let Some(date) = array.value_as_date(row) {
                    push(out, format_args!("{date}"));
                }
            })
        }
        DataType::Time32(_) | DataType::Time64(_) => return time(array),
        DataType::Timestamp(unit, zone) => {
            let precision = match AthenaType::of_field(field) {
                AthenaType::Timestamp(p) | AthenaType::TimestampWithTimeZone(p) => p,
                _ => super::types::digits(*unit),
            };
            return timestamp(array, *unit, zone.as_deref(), precision);
        }
        DataType::Interval(datafusion::arrow::datatypes::IntervalUnit::MonthDayNano) => {
            let year_to_month = AthenaType::of_field(field) == AthenaType::IntervalYearToMonth;
            let array = array.as_primitive::<IntervalMonthDayNanoType>();
            Box::new(move |row, out| {
                let value = array.value(row);
                if year_to_month {
                    push_months(value.months, out);
                } else {
                    let millis = i128::from(value.days) * 86_400_000
                        + i128::from(value.nanoseconds) / 1_000_000;
                    push_days(millis, out);
                }
            })
        }
        DataType::List(item) => list(array.as_list::<i32>(), item)?,
        DataType::LargeList(item) => list(array.as_list::<i64>(), item)?,
        DataType::Map(..) => map(array.as_map())?,
        DataType::Struct(_) => row(array.as_struct())?,
        other => {
            let plain = match other {
                DataType::LargeUtf8 => DataType::Utf8,
                DataType::LargeBinary | DataType::FixedSizeBinary(_) => DataType::Binary,
                DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => DataType::Int64,
                DataType::Float16 => DataType::Float32,
                DataType::Decimal32(p, s) | DataType::Decimal64(p, s) => {
                    DataType::Decimal128(*p, *s)
                }
                DataType::Date64 => DataType::Date32,
                DataType::Duration(_) => {
                    DataType::Interval(datafusion::arrow::datatypes::IntervalUnit::MonthDayNano)
                }
                DataType::FixedSizeList(item, _)
                | DataType::ListView(item)
                | DataType::LargeListView(item) => DataType::List(std::sync::Arc::clone(item)),
                DataType::Dictionary(_, values) => values.as_ref().clone(),
                _ => {
                    return Err(DataFusionError::NotImplemented(format!(
                        "a result column of type {other}"
                    )));
                }
            };
            return owned(&cast(array, &plain)?, field, nested);
        }
    })
}

/// A writer over an array made here, which it keeps alive by rendering it at once.
fn owned<'a>(array: &ArrayRef, field: &Field, nested: bool) -> Result<Writer<'a>> {
    let write = writer(array, field, nested)?;
    let texts: Vec<String> = (0..array.len())
        .map(|row| {
            let mut text = String::new();
            if !array.is_null(row) {
                write(row, &mut text);
            }
            text
        })
        .collect();
    Ok(Box::new(move |row, out| out.push_str(&texts[row])))
}

/// Formatting into a String cannot fail.
fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let written = out.write_fmt(text);
    debug_assert!(written.is_ok(), "a String accepts every write");
}

fn integer<T: ArrowPrimitiveType>(array: &ArrayRef) -> Writer<'_>
where
    T::Native: std::fmt::Display,
{
    let array = array.as_primitive::<T>();
    Box::new(move |row, out| push(out, format_args!("{}", array.value(row))))
}

fn decimal<T: DecimalType>(array: &ArrayRef, scale: i8) -> Writer<'_> {
    let array: &PrimitiveArray<T> = array.as_primitive::<T>();
    Box::new(move |row, out| {
        out.push_str(&T::format_decimal(
            array.value(row),
            T::MAX_PRECISION,
            scale,
        ))
    })
}

/// Length to pad to, for char(n); 0 for the rest.
fn char_length(field: &Field) -> usize {
    match AthenaType::of_field(field) {
        AthenaType::Char(length) => usize::try_from(length).unwrap_or(0),
        _ => 0,
    }
}

fn push_padded(text: &str, length: usize, out: &mut String) {
    out.push_str(text);
    if length > 0 {
        let missing = length.saturating_sub(text.chars().count());
        out.extend(std::iter::repeat_n(' ', missing));
    }
}

/// Hex pairs with blanks between; inside a nested value Athena prints a Java array's
/// identity (its hash is arbitrary; here it comes from the content, so runs agree).
fn push_binary(bytes: &[u8], nested: bool, out: &mut String) {
    if nested {
        let identity = bytes.iter().fold(0x2545_d692_u32, |hash, byte| {
            hash.wrapping_mul(31).wrapping_add(u32::from(*byte))
        });
        push(out, format_args!("[B@{:x}", identity & 0x7fff_ffff));
        return;
    }
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            out.push(' ');
        }
        push(out, format_args!("{byte:02x}"));
    }
}

/// Appends `.` and the first `precision` digits of the nanoseconds.
fn push_fraction(nanos: u32, precision: u8, out: &mut String) {
    if precision > 0 {
        let digits = format!("{nanos:09}");
        out.push('.');
        out.push_str(&digits[..usize::from(precision.min(9))]);
    }
}

fn push_time(time: NaiveTime, precision: u8, out: &mut String) {
    push(out, format_args!("{}", time.format("%H:%M:%S")));
    push_fraction(
        chrono::Timelike::nanosecond(&time) % 1_000_000_000,
        precision,
        out,
    );
}

fn time(array: &ArrayRef) -> Result<Writer<'_>> {
    let precision = match AthenaType::of_arrow(array.data_type()) {
        AthenaType::Time(precision) => precision,
        _ => 3,
    };
    let nanos = cast(array, &DataType::Time64(TimeUnit::Nanosecond))?;
    Ok(Box::new(move |row, out| {
        let array = nanos.as_primitive::<datafusion::arrow::datatypes::Time64NanosecondType>();
        if let Some(time) = array.value_as_time(row) {
            push_time(time, precision, out);
        }
    }))
}

fn timestamp<'a>(
    array: &'a ArrayRef,
    unit: TimeUnit,
    zone: Option<&str>,
    precision: u8,
) -> Result<Writer<'a>> {
    let zone: Option<(Tz, String)> = match zone {
        Some(name) => Some((name.parse()?, name.to_owned())),
        None => None,
    };
    let ticks = cast(array, &DataType::Int64)?;
    Ok(Box::new(move |row, out| {
        let value = ticks.as_primitive::<Int64Type>().value(row);
        let Some(utc) = instant(value, unit) else {
            push(out, format_args!("{value}"));
            return;
        };
        match &zone {
            None => push_datetime(utc, precision, out),
            Some((zone, name)) => {
                let (local, ahead) = super::zone::local(*zone, utc);
                push_datetime(local, precision, out);
                out.push(' ');
                push_zone(name, ahead, out);
            }
        }
    }))
}

/// `UTC`, a region's name, or the offset for offset zones.
fn push_zone(name: &str, offset_seconds: i32, out: &mut String) {
    match name {
        "UTC" | "+00:00" | "Z" | "Etc/UTC" => out.push_str("UTC"),
        offset if offset.starts_with(['+', '-']) => {
            let sign = if offset_seconds < 0 { '-' } else { '+' };
            let minutes = offset_seconds.abs() / 60;
            push(
                out,
                format_args!("{sign}{:02}:{:02}", minutes / 60, minutes % 60),
            );
        }
        region => out.push_str(region),
    }
}

fn push_datetime(value: NaiveDateTime, precision: u8, out: &mut String) {
    push(out, format_args!("{} ", value.date()));
    push_time(value.time(), precision, out);
}

/// The UTC moment `value` units after the epoch, if it can be represented.
pub(super) fn instant(value: i64, unit: TimeUnit) -> Option<NaiveDateTime> {
    let moment = match unit {
        TimeUnit::Second => DateTime::from_timestamp(value, 0),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(value),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(value),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(value)),
    };
    moment.map(|moment| moment.naive_utc())
}

fn push_months(months: i32, out: &mut String) {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    push(out, format_args!("{sign}{}-{}", months / 12, months % 12));
}

fn push_days(millis: i128, out: &mut String) {
    let sign = if millis < 0 { "-" } else { "" };
    let millis = millis.unsigned_abs();
    let seconds = millis / 1000;
    push(
        out,
        format_args!(
            "{sign}{} {:02}:{:02}:{:02}.{:03}",
            seconds / 86_400,
            seconds / 3600 % 24,
            seconds / 60 % 60,
            seconds % 60,
            millis % 1000
        ),
    );
}

/// A writer for items inside a list, map or row, where NULL prints `null`.
fn item_writer<'a>(array: &'a ArrayRef, field: &Field) -> Result<Writer<'a>> {
    let write = writer(array, field, true)?;
    Ok(Box::new(move |row, out| {
        if array.is_null(row) || array.data_type() == &DataType::Null {
            out.push_str("null");
        } else {
            write(row, out);
        }
    }))
}

fn list<'a, O: OffsetSizeTrait>(
    array: &'a GenericListArray<O>,
    item: &Field,
) -> Result<Writer<'a>> {
    let write = item_writer(array.values(), item)?;
    Ok(Box::new(move |row, out| {
        let offsets = array.value_offsets();
        out.push('[');
        for index in offsets[row].as_usize()..offsets[row + 1].as_usize() {
            if index > offsets[row].as_usize() {
                out.push_str(", ");
            }
            write(index, out);
        }
        out.push(']');
    }))
}

fn row(array: &StructArray) -> Result<Writer<'_>> {
    let fields: Vec<(Option<&str>, Writer<'_>)> = array
        .fields()
        .iter()
        .zip(array.columns())
        .map(|(field, column)| {
            let name = Some(field.name().as_str()).filter(|name| !name.starts_with(UNNAMED_FIELD));
            Ok((name, item_writer(column, field)?))
        })
        .collect::<Result<_>>()?;
    Ok(Box::new(move |row, out| {
        out.push('{');
        for (index, (name, write)) in fields.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            if let Some(name) = name {
                out.push_str(name);
                out.push('=');
            }
            write(row, out);
        }
        out.push('}');
    }))
}

fn map(array: &MapArray) -> Result<Writer<'_>> {
    let (key_field, value_field) = array.entries_fields();
    let write_key = item_writer(array.keys(), key_field)?;
    let write_value = item_writer(array.values(), value_field)?;
    Ok(Box::new(move |row, out| {
        let offsets = array.value_offsets();
        let range = offsets[row].as_usize()..offsets[row + 1].as_usize();
        let keys: Vec<java_hash::Key> = range
            .clone()
            .map(|index| java_key(array.keys(), index, &write_key))
            .collect();
        out.push('{');
        for (position, entry) in java_hash::iteration_order(&keys).into_iter().enumerate() {
            if position > 0 {
                out.push_str(", ");
            }
            write_key(range.start + entry, out);
            out.push('=');
            write_value(range.start + entry, out);
        }
        out.push('}');
    }))
}

/// The key as the Java client would hold it: numbers and booleans boxed, all else text.
fn java_key(keys: &ArrayRef, index: usize, write: &Writer<'_>) -> java_hash::Key {
    use java_hash::Key;
    match keys.data_type() {
        DataType::Boolean => Key::Boolean(keys.as_boolean().value(index)),
        DataType::Int8 => Key::Integer(keys.as_primitive::<Int8Type>().value(index).into()),
        DataType::Int16 => Key::Integer(keys.as_primitive::<Int16Type>().value(index).into()),
        DataType::Int32 => Key::Integer(keys.as_primitive::<Int32Type>().value(index)),
        DataType::Int64 => Key::Long(keys.as_primitive::<Int64Type>().value(index)),
        DataType::Float32 => Key::Float(keys.as_primitive::<Float32Type>().value(index)),
        DataType::Float64 => Key::Double(keys.as_primitive::<Float64Type>().value(index)),
        _ => {
            let mut text = String::new();
            write(index, &mut text);
            Key::String(text)
        }
    }
}
