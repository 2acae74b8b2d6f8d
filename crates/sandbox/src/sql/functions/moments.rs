//! Dates and timestamps as civil moments, and back.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone as _};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Date32Array, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit};
use datafusion::error::Result;

use super::invalid_argument;
use crate::sql::text::instant;

/// The rows of a date or timestamp column, in its own zone; text is read as a timestamp.
pub(super) fn read(array: &ArrayRef) -> Result<Vec<Option<NaiveDateTime>>> {
    match array.data_type() {
        DataType::Date32 => Ok(array
            .as_primitive::<Date32Type>()
            .iter()
            .map(|days| {
                days.and_then(Date32Type::to_naive_date_opt)
                    .and_then(|date| date.and_hms_opt(0, 0, 0))
            })
            .collect()),
        DataType::Timestamp(unit, zone) => {
            let zone: Option<Tz> = zone.as_deref().map(str::parse).transpose()?;
            let ticks = cast(array, &DataType::Int64)?;
            Ok(ticks
                .as_primitive::<Int64Type>()
                .iter()
                .map(|ticks| {
                    let utc = instant(ticks?, *unit)?;
                    Some(zone.map_or(utc, |zone| zone.from_utc_datetime(&utc).naive_local()))
                })
                .collect())
        }
        // A time of day is a moment of the first day.
        DataType::Time32(_) | DataType::Time64(_) => {
            let nanos = cast(array, &DataType::Time64(TimeUnit::Nanosecond))?;
            let nanos = cast(&nanos, &DataType::Int64)?;
            let midnight = NaiveDateTime::default();
            Ok(nanos
                .as_primitive::<Int64Type>()
                .iter()
                .map(|nanos| midnight.checked_add_signed(chrono::Duration::nanoseconds(nanos?)))
                .collect())
        }
        DataType::Null => Ok(vec![None; array.len()]),
        DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 => read(&cast(
            array,
            &DataType::Timestamp(TimeUnit::Millisecond, None),
        )?),
        other => Err(invalid_argument(format!("{other} is no date or timestamp"))),
    }
}

/// Civil moments as a column of a date or timestamp type.
pub(super) fn write(moments: Vec<Option<NaiveDateTime>>, to: &DataType) -> Result<ArrayRef> {
    match to {
        DataType::Date32 => Ok(Arc::new(Date32Array::from_iter(moments.into_iter().map(
            |moment| moment.map(|moment| Date32Type::from_naive_date(moment.date())),
        )))),
        DataType::Timestamp(unit, zone) => {
            let tz: Option<Tz> = zone.as_deref().map(str::parse).transpose()?;
            let ticks: Int64Array = moments
                .into_iter()
                .map(|moment| {
                    let moment = moment?;
                    let utc = match tz {
                        // In a gap of the zone's clock the next valid moment is meant.
                        Some(tz) => tz
                            .from_local_datetime(&moment)
                            .earliest()
                            .map_or(moment, |at| at.naive_utc()),
                        None => moment,
                    };
                    ticks(utc, *unit)
                })
                .collect();
            let plain = cast(
                &(Arc::new(ticks) as ArrayRef),
                &DataType::Timestamp(*unit, None),
            )?;
            let plain = plain
                .to_data()
                .into_builder()
                .data_type(to.clone())
                .build()?;
            Ok(datafusion::arrow::array::make_array(plain))
        }
        DataType::Time32(_) | DataType::Time64(_) => {
            let nanos: Int64Array = moments
                .into_iter()
                .map(|moment| {
                    let time = moment?.time() - chrono::NaiveTime::MIN;
                    time.num_nanoseconds()
                })
                .collect();
            let nanos: ArrayRef = Arc::new(nanos);
            let times = cast(&nanos, &DataType::Time64(TimeUnit::Nanosecond))?;
            Ok(cast(&times, to)?)
        }
        other => Err(invalid_argument(format!("{other} is no date or timestamp"))),
    }
}

/// Units since the epoch, if they fit.
pub(super) fn ticks(utc: NaiveDateTime, unit: TimeUnit) -> Option<i64> {
    let utc: DateTime<chrono::Utc> = utc.and_utc();
    match unit {
        TimeUnit::Second => Some(utc.timestamp()),
        TimeUnit::Millisecond => Some(utc.timestamp_millis()),
        TimeUnit::Microsecond => Some(utc.timestamp_micros()),
        TimeUnit::Nanosecond => utc.timestamp_nanos_opt(),
    }
}

/// The first day of a month, months counted from year 0.
pub(super) fn first_of_month(months: i64) -> Option<NaiveDate> {
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let month = u32::try_from(months.rem_euclid(12) + 1).ok()?;
    NaiveDate::from_ymd_opt(year, month, 1)
}
