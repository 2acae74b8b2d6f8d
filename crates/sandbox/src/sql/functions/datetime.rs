//! Date and time functions: parts, truncation, arithmetic, zones, Unix time.

use std::sync::Arc;

use chrono::{Datelike as _, Days, Duration, Months, NaiveDateTime, Timelike as _};
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, Float64Array, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, FieldRef, Float64Type, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit,
};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::ReturnFieldArgs;

use super::moments::{first_of_month, read, ticks, write};
use super::{Arguments, Function, invalid_argument, returning};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new(
            "athena_date_part",
            2..=2,
            |_| returning(&AthenaType::Bigint),
            date_part,
        ),
        Function::new(
            "athena_date_trunc",
            2..=2,
            |args| same_as(args, 1),
            date_trunc,
        ),
        Function::new("date_add", 3..=3, |args| same_as(args, 2), date_add),
        Function::new(
            "date_diff",
            3..=3,
            |_| returning(&AthenaType::Bigint),
            date_diff,
        ),
        Function::new(
            "last_day_of_month",
            1..=1,
            |_| returning(&AthenaType::Date),
            last_day_of_month,
        ),
        Function::new(
            "athena_from_unixtime",
            1..=2,
            from_unixtime_field,
            from_unixtime,
        ),
        Function::new(
            "athena_to_unixtime",
            1..=1,
            |_| returning(&AthenaType::Double),
            to_unixtime,
        ),
        Function::new("at_timezone", 2..=2, zone_field, at_timezone),
        Function::new("with_timezone", 2..=2, zone_field, with_timezone),
    ]
}

/// The type of an argument; text counts as timestamp(3).
fn same_as(args: &ReturnFieldArgs<'_>, index: usize) -> Result<FieldRef> {
    let data_type = args.arg_fields[index].data_type();
    match data_type {
        DataType::Date32 | DataType::Timestamp(..) | DataType::Time32(_) | DataType::Time64(_) => {
            Ok(Arc::new(
                args.arg_fields[index]
                    .as_ref()
                    .clone()
                    .with_name("result")
                    .with_nullable(true),
            ))
        }
        DataType::Null => returning(&AthenaType::Timestamp(3)),
        other => Err(super::AthenaError::new(
            "TYPE_MISMATCH",
            format!(
                "line 1:8: {} is no date or timestamp",
                AthenaType::of_arrow(other)
            ),
        )
        .into()),
    }
}

fn date_part(args: &Arguments) -> Result<ArrayRef> {
    let parts = args.strings(0)?;
    if let DataType::Interval(_) = args.arrays[1].data_type() {
        return interval_part(args);
    }
    let moments = read(&args.arrays[1])?;
    let zones = zone_minutes(&args.arrays[1])?;
    let values = moments
        .into_iter()
        .enumerate()
        .map(|(row, moment)| {
            let zone = zones.get(row).copied().flatten();
            match (parts.value(row), zone) {
                ("timezone_hour", Some(minutes)) => Ok(Some(minutes / 60)),
                ("timezone_minute", Some(minutes)) => Ok(Some(minutes % 60)),
                (name, _) => moment.map(|moment| part(name, moment)).transpose(),
            }
        })
        .collect::<Result<Int64Array>>()?;
    Ok(Arc::new(values))
}

/// Minutes that the zone of each moment is ahead of UTC; none for moments without zone.
fn zone_minutes(array: &ArrayRef) -> Result<Vec<Option<i64>>> {
    let DataType::Timestamp(unit, Some(_)) = array.data_type() else {
        return Ok(Vec::new());
    };
    let utc = array
        .to_data()
        .into_builder()
        .data_type(DataType::Timestamp(*unit, None))
        .build()?;
    let utc = read(&datafusion::arrow::array::make_array(utc))?;
    let local = read(array)?;
    let ahead = local.into_iter().zip(utc);
    Ok(ahead
        .map(|(local, utc)| Some((local? - utc?).num_minutes()))
        .collect())
}

fn interval_part(args: &Arguments) -> Result<ArrayRef> {
    let parts = args.strings(0)?;
    let intervals = args.converted(1, &DataType::Interval(IntervalUnit::MonthDayNano))?;
    let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
    let values = args.each(|row| {
        let value = intervals.value(row);
        let millis = value.nanoseconds / 1_000_000;
        let day = 86_400_000;
        Ok(Some(match parts.value(row) {
            "year" => (value.months / 12).into(),
            "month" => (value.months % 12).into(),
            "day" => i64::from(value.days) + millis / day,
            "hour" => millis % day / 3_600_000,
            "minute" => millis % 3_600_000 / 60_000,
            "second" => millis % 60_000 / 1000,
            "millisecond" => millis % 1000,
            other => return Err(invalid_argument(format!("Invalid EXTRACT field: {other}"))),
        }))
    })?;
    Ok(Arc::new(Int64Array::from(values)))
}

fn part(name: &str, moment: NaiveDateTime) -> Result<i64> {
    Ok(match name {
        "year" => moment.year().into(),
        "quarter" => moment.month0() as i64 / 3 + 1,
        "month" => moment.month().into(),
        "week" | "week_of_year" => moment.iso_week().week().into(),
        "year_of_week" | "yow" => moment.iso_week().year().into(),
        "day" | "day_of_month" => moment.day().into(),
        "day_of_week" | "dow" => moment.weekday().number_from_monday().into(),
        "day_of_year" | "doy" => moment.ordinal().into(),
        "hour" => moment.hour().into(),
        "minute" => moment.minute().into(),
        "second" => moment.second().into(),
        "millisecond" => (moment.nanosecond() / 1_000_000).into(),
        other => return Err(invalid_argument(format!("Invalid EXTRACT field: {other}"))),
    })
}

fn date_trunc(args: &Arguments) -> Result<ArrayRef> {
    let units = args.strings(0)?;
    let moments = read(&args.arrays[1])?
        .into_iter()
        .enumerate()
        .map(|(row, moment)| {
            moment
                .map(|moment| truncate(units.value(row), moment))
                .transpose()
        })
        .collect::<Result<Vec<_>>>()?;
    write(
        moments.into_iter().map(Option::flatten).collect(),
        args.returns.data_type(),
    )
}

fn truncate(unit: &str, moment: NaiveDateTime) -> Result<Option<NaiveDateTime>> {
    let midnight = |date: chrono::NaiveDate| date.and_hms_opt(0, 0, 0);
    let date = moment.date();
    let month = i64::from(date.year()) * 12 + i64::from(date.month0());
    Ok(match unit.to_ascii_lowercase().as_str() {
        "millisecond" => moment.with_nanosecond(moment.nanosecond() / 1_000_000 * 1_000_000),
        "second" => moment.with_nanosecond(0),
        "minute" => date.and_hms_opt(moment.hour(), moment.minute(), 0),
        "hour" => date.and_hms_opt(moment.hour(), 0, 0),
        "day" => midnight(date),
        "week" => date
            .checked_sub_days(Days::new(date.weekday().num_days_from_monday().into()))
            .and_then(midnight),
        "month" => first_of_month(month).and_then(midnight),
        "quarter" => first_of_month(month - month.rem_euclid(3)).and_then(midnight),
        "year" => first_of_month(month - month.rem_euclid(12)).and_then(midnight),
        other => return Err(unknown_unit(other)),
    })
}

fn unknown_unit(unit: &str) -> datafusion::error::DataFusionError {
    invalid_argument(format!("'{unit}' is not a valid Timestamp field"))
}

fn date_add(args: &Arguments) -> Result<ArrayRef> {
    let units = args.strings(0)?;
    let amounts = args.converted(1, &DataType::Int64)?;
    let amounts = amounts.as_primitive::<Int64Type>();
    let moments = read(&args.arrays[2])?
        .into_iter()
        .enumerate()
        .map(|(row, moment)| match moment {
            Some(moment) if amounts.is_valid(row) => {
                add(units.value(row), amounts.value(row), moment).map(Some)
            }
            _ => Ok(None),
        })
        .collect::<Result<Vec<_>>>()?;
    write(moments, args.returns.data_type())
}

fn add(unit: &str, amount: i64, moment: NaiveDateTime) -> Result<NaiveDateTime> {
    let months = |factor: i64| {
        let months = amount.checked_mul(factor)?;
        let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
        if months < 0 {
            moment.checked_sub_months(count)
        } else {
            moment.checked_add_months(count)
        }
    };
    let plus = |duration: Option<Duration>| moment.checked_add_signed(duration?);
    let result = match unit.to_ascii_lowercase().as_str() {
        "millisecond" => plus(Duration::try_milliseconds(amount)),
        "second" => plus(Duration::try_seconds(amount)),
        "minute" => plus(Duration::try_minutes(amount)),
        "hour" => plus(Duration::try_hours(amount)),
        "day" => plus(Duration::try_days(amount)),
        "week" => plus(Duration::try_weeks(amount)),
        "month" => months(1),
        "quarter" => months(3),
        "year" => months(12),
        other => return Err(unknown_unit(other)),
    };
    result.ok_or_else(|| {
        invalid_argument(format!(
            "date_add: {amount} {unit} leaves the range of dates"
        ))
    })
}

fn date_diff(args: &Arguments) -> Result<ArrayRef> {
    let units = args.strings(0)?;
    let starts = read(&args.arrays[1])?;
    let ends = read(&args.arrays[2])?;
    let values = starts
        .into_iter()
        .zip(ends)
        .enumerate()
        .map(|(row, pair)| match pair {
            (Some(start), Some(end)) => difference(units.value(row), start, end).map(Some),
            _ => Ok(None),
        })
        .collect::<Result<Int64Array>>()?;
    Ok(Arc::new(values))
}

/// Whole units from `start` to `end`, towards zero.
fn difference(unit: &str, start: NaiveDateTime, end: NaiveDateTime) -> Result<i64> {
    let span = end - start;
    let months = || {
        let months = i64::from(end.year() - start.year()) * 12 + i64::from(end.month())
            - i64::from(start.month());
        // An incomplete last month does not count.
        let rest = (end.day(), end.time()).cmp(&(start.day(), start.time()));
        match (months.signum(), rest) {
            (1, std::cmp::Ordering::Less) => months - 1,
            (-1, std::cmp::Ordering::Greater) => months + 1,
            _ => months,
        }
    };
    Ok(match unit.to_ascii_lowercase().as_str() {
        "millisecond" => span.num_milliseconds(),
        "second" => span.num_seconds(),
        "minute" => span.num_minutes(),
        "hour" => span.num_hours(),
        "day" => span.num_days(),
        "week" => span.num_weeks(),
        "month" => months(),
        "quarter" => months() / 3,
        "year" => months() / 12,
        other => return Err(unknown_unit(other)),
    })
}

fn last_day_of_month(args: &Arguments) -> Result<ArrayRef> {
    let moments = read(&args.arrays[0])?
        .into_iter()
        .map(|moment| {
            let moment = moment?;
            let next =
                first_of_month(i64::from(moment.year()) * 12 + i64::from(moment.month0()) + 1)?;
            next.pred_opt()?.and_hms_opt(0, 0, 0)
        })
        .collect();
    write(moments, &DataType::Date32)
}

fn from_unixtime_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let zone = match args.scalar_arguments.get(1) {
        Some(Some(ScalarValue::Utf8(Some(zone)))) => zone.clone(),
        Some(_) => {
            return Err(invalid_argument(
                "from_unixtime: the zone must be a string literal",
            ));
        }
        None => "UTC".to_owned(),
    };
    let data_type = DataType::Timestamp(TimeUnit::Millisecond, Some(zone.into()));
    Ok(AthenaType::TimestampWithTimeZone(3).field_of("result", data_type, true))
}

fn from_unixtime(args: &Arguments) -> Result<ArrayRef> {
    let seconds = args.converted(0, &DataType::Float64)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "float to int conversion saturates; such moments print as numbers"
    )]
    let millis: Int64Array = seconds
        .as_primitive::<Float64Type>()
        .iter()
        .map(|seconds| seconds.map(|seconds| (seconds * 1000.0).round() as i64))
        .collect();
    Ok(cast(
        &(Arc::new(millis) as ArrayRef),
        args.returns.data_type(),
    )?)
}

fn to_unixtime(args: &Arguments) -> Result<ArrayRef> {
    // Zone or not, the ticks count from the epoch in UTC.
    let moments = match args.arrays[0].data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            let utc = args.arrays[0]
                .to_data()
                .into_builder()
                .data_type(DataType::Timestamp(*unit, None))
                .build()?;
            read(&datafusion::arrow::array::make_array(utc))?
        }
        _ => read(&args.arrays[0])?,
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "the result is a double by definition"
    )]
    let seconds: Float64Array = moments
        .into_iter()
        .map(|moment| Some(ticks(moment?, TimeUnit::Microsecond)? as f64 / 1e6))
        .collect();
    Ok(Arc::new(seconds))
}

fn zone_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let Some(Some(ScalarValue::Utf8(Some(zone)))) = args.scalar_arguments.get(1) else {
        return Err(
            super::AthenaError::not_supported("a time zone that is not a string literal").into(),
        );
    };
    let known: std::result::Result<datafusion::arrow::array::timezone::Tz, _> = zone.parse();
    if let Err(error) = known {
        return Err(invalid_argument(format!(
            "Time zone not supported: {zone} ({error})"
        )));
    }
    let unit = match args.arg_fields[0].data_type() {
        DataType::Timestamp(unit, _) => *unit,
        _ => TimeUnit::Millisecond,
    };
    let data_type = DataType::Timestamp(unit, Some(zone.as_str().into()));
    let precision = match AthenaType::of_field(&args.arg_fields[0]) {
        AthenaType::Timestamp(p) | AthenaType::TimestampWithTimeZone(p) => p,
        _ => 3,
    };
    Ok(AthenaType::TimestampWithTimeZone(precision).field_of("result", data_type, true))
}

/// The same instant shown in another zone; a timestamp without zone counts as UTC.
fn at_timezone(args: &Arguments) -> Result<ArrayRef> {
    let utc = match args.arrays[0].data_type() {
        DataType::Timestamp(unit, _) => {
            let data_type = DataType::Timestamp(*unit, Some("UTC".into()));
            let utc = args.arrays[0]
                .to_data()
                .into_builder()
                .data_type(data_type)
                .build()?;
            datafusion::arrow::array::make_array(utc)
        }
        _ => args.converted(
            0,
            &DataType::Timestamp(TimeUnit::Millisecond, Some("UTC".into())),
        )?,
    };
    Ok(cast(&utc, args.returns.data_type())?)
}

/// The same wall clock in a zone.
fn with_timezone(args: &Arguments) -> Result<ArrayRef> {
    write(read(&args.arrays[0])?, args.returns.data_type())
}
