//! What all column builders have in common, and which one a column gets.

use super::bytes::{BinaryBuilder, TextBuilder, UuidBuilder};
use super::interval::{DayToSecond, YearToMonth};
use super::number::{Decimal, Float, Integer};
use super::primitive::{BooleanBuilder, Parse, PrimitiveBuilder};
use super::time::{Date, Time, Timestamp, ZonedTimestamp};
use crate::types::{AthenaType, ComplexTypes};
use arrow::array::{ArrayRef, BooleanBufferBuilder};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use memchr::memchr;
use std::marker::PhantomData;

/// Collects the values of one column until the batch is full.
pub(super) trait ColumnBuilder: Send {
    /// The fast path of the CSV decoder: appends the field at the beginning of `input` if it is
    /// quoted, lies in `input` as a whole, is a value of the column's type and is followed by
    /// `separator`. Returns what follows the separator; `None` if nothing was appended, which
    /// says nothing about the field being wrong.
    fn take_quoted<'a>(&mut self, input: &'a [u8], separator: u8) -> Option<&'a [u8]> {
        let (b'"', rest) = input.split_first()? else {
            return None;
        };
        let (text, [_, after, rest @ ..]) = rest.split_at_checked(memchr(b'"', rest)?)? else {
            return None;
        };
        (*after == separator && self.append(text)).then_some(rest)
    }

    /// Appends the value written as `text`. `false`, and nothing appended, if it is no value of
    /// the column's type.
    fn append(&mut self, text: &[u8]) -> bool;

    /// Appends NULL.
    fn append_null(&mut self);

    /// Bytes of memory each row takes, beside text.
    fn row_width(&self) -> usize;

    /// Hands out the values collected and starts anew, with room for `next_rows` rows like these.
    /// The error is the number, within this batch, of the first row that is not UTF-8.
    fn finish(&mut self, next_rows: usize) -> Result<ArrayRef, usize>;

    /// What is to be said of the value refused last, beside its type and text.
    fn refusal(&self) -> Option<String> {
        None
    }
}

/// A builder for columns of this type.
pub(super) fn column_builder(athena_type: &AthenaType) -> Box<dyn ColumnBuilder> {
    fn integer<T>() -> Box<dyn ColumnBuilder>
    where
        Integer<T>: Parse + Send + 'static,
    {
        Box::new(PrimitiveBuilder::new(Integer::<T>(PhantomData), None))
    }
    fn time<T>(precision: u8) -> Box<dyn ColumnBuilder>
    where
        Time<T>: Parse + Send + 'static,
    {
        Box::new(PrimitiveBuilder::new(Time::<T>::new(precision), None))
    }
    fn timestamp<T>(digits: u8, data_type: DataType, zoned: bool) -> Box<dyn ColumnBuilder>
    where
        Timestamp<T>: Parse + Send + 'static,
        ZonedTimestamp<T>: Parse + Send + 'static,
    {
        let data_type = Some(data_type);
        if zoned {
            Box::new(PrimitiveBuilder::new(
                ZonedTimestamp::<T>::new(digits),
                data_type,
            ))
        } else {
            Box::new(PrimitiveBuilder::new(
                Timestamp::<T>::new(digits),
                data_type,
            ))
        }
    }
    let data_type = athena_type.arrow_type(ComplexTypes::Text);
    match athena_type {
        AthenaType::Boolean => Box::new(BooleanBuilder::default()),
        AthenaType::TinyInt => integer::<Int8Type>(),
        AthenaType::SmallInt => integer::<Int16Type>(),
        AthenaType::Integer => integer::<Int32Type>(),
        AthenaType::BigInt => integer::<Int64Type>(),
        AthenaType::Real => Box::new(PrimitiveBuilder::new(
            Float::<Float32Type>(PhantomData),
            None,
        )),
        AthenaType::Double => Box::new(PrimitiveBuilder::new(
            Float::<Float64Type>(PhantomData),
            None,
        )),
        AthenaType::Decimal { precision, scale } => Box::new(PrimitiveBuilder::new(
            Decimal::new(*precision, *scale),
            Some(data_type),
        )),
        AthenaType::Varbinary => Box::new(BinaryBuilder::default()),
        AthenaType::Date => Box::new(PrimitiveBuilder::new(Date, None)),
        AthenaType::Time {
            with_zone: false, ..
        } => match data_type {
            DataType::Time32(_) => time::<Time32MillisecondType>(3),
            DataType::Time64(TimeUnit::Microsecond) => time::<Time64MicrosecondType>(6),
            _ => time::<Time64NanosecondType>(9),
        },
        AthenaType::Timestamp { with_zone, .. } => match data_type {
            DataType::Timestamp(TimeUnit::Second, _) => {
                timestamp::<TimestampSecondType>(0, data_type, *with_zone)
            }
            DataType::Timestamp(TimeUnit::Millisecond, _) => {
                timestamp::<TimestampMillisecondType>(3, data_type, *with_zone)
            }
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                timestamp::<TimestampMicrosecondType>(6, data_type, *with_zone)
            }
            _ => timestamp::<TimestampNanosecondType>(9, data_type, *with_zone),
        },
        AthenaType::IntervalYearToMonth => Box::new(PrimitiveBuilder::new(YearToMonth, None)),
        AthenaType::IntervalDayToSecond => Box::new(PrimitiveBuilder::new(DayToSecond, None)),
        AthenaType::Uuid => Box::new(UuidBuilder::default()),
        AthenaType::Char(_)
        | AthenaType::Varchar(_)
        | AthenaType::Time {
            with_zone: true, ..
        }
        | AthenaType::Json
        | AthenaType::IpAddress
        | AthenaType::Array(_)
        | AthenaType::Map(_)
        | AthenaType::Row(_)
        | AthenaType::Unknown
        | AthenaType::Other(_) => Box::new(TextBuilder::default()),
    }
}

/// The rows that are NULL, by number. Costs nothing for a row that is not.
#[derive(Default)]
pub(super) struct NullRows(Vec<usize>);

impl NullRows {
    #[inline]
    pub(super) fn push(&mut self, row: usize) {
        self.0.push(row);
    }

    /// The validity of `rows` rows; `None` if all are valid. Starts anew.
    pub(super) fn finish(&mut self, rows: usize) -> Option<NullBuffer> {
        if self.0.is_empty() {
            return None;
        }
        let mut valid = BooleanBufferBuilder::new(rows);
        valid.append_n(rows, true);
        for row in self.0.drain(..) {
            valid.set_bit(row, false);
        }
        Some(NullBuffer::new(valid.finish()))
    }
}
