//! Dates and timestamps as civil moments, and back.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Date32Array, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit};
use datafusion::common::ScalarValue;
use datafusion::error::Result;

use super::invalid_argument;
use crate::sql::text::instant;
use crate::sql::zone;

/// The type with the zone that a literal text of a timestamp names. A column has one zone
/// for all its rows, which is known only where the text is.
pub(super) fn with_zone_of(literal: Option<&ScalarValue>, data_type: DataType) -> DataType {
    let named = match literal {
        Some(ScalarValue::Utf8(Some(text))) => zone_named_in(text),
        _ => None,
    };
    match (data_type, named) {
        (DataType::Timestamp(unit, Some(_)), Some(zone)) => {
            DataType::Timestamp(unit, Some(zone.into()))
        }
        (data_type, _) => data_type,
    }
}

/// `+02:00` of `2020-05-11T11:15+02:00`, `Asia/Tokyo` of `2020-05-11 11:15 Asia/Tokyo`.
fn zone_named_in(text: &str) -> Option<String> {
    let (_, time) = text.trim().split_once(['T', ' '])?;
    let from = time.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.')))?;
    let zone = time[from..].trim();
    if matches!(zone, "Z" | "UTC") {
        return None;
    }
    let zone = match zone.strip_prefix(['+', '-']) {
        Some(digits) => {
            let (hours, minutes) = match digits.split_once(':') {
                Some(parts) => parts,
                None => (digits.get(..2)?, digits.get(2..)?),
            };
            let minutes = if minutes.is_empty() { "00" } else { minutes };
            format!("{}{hours}:{minutes}", &zone[..1])
        }
        None => zone.to_owned(),
    };
    zone.parse::<Tz>().ok().map(|_| zone)
}

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
                    Some(zone.map_or(utc, |zone| zone::local(zone, utc).0))
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
                        Some(tz) => zone::utc(tz, moment).unwrap_or(moment),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_names_its_zone() {
        for (text, zone) in [
            ("2020-05-11T11:15:05+02:00", Some("+02:00")),
            ("2020-05-11T11:15:05.123-0930", Some("-09:30")),
            ("2020-05-11 11:15 Asia/Tokyo", Some("Asia/Tokyo")),
            ("2020-05-11T11:15:05Z", None),
            ("2020-05-11 11:15 Nowhere", None),
            ("2020-05-11T11:15:05", None),
            ("2020-05-11", None),
        ] {
            assert_eq!(zone_named_in(text).as_deref(), zone, "{text}");
        }
    }
}
