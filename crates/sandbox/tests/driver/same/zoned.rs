//! Times and timestamps with a zone.

use std::sync::Arc;

use arrow::array::{ArrayRef, TimestampMicrosecondArray, TimestampMillisecondArray};
use chrono::{DateTime, Datelike as _, NaiveDateTime, TimeDelta, TimeZone as _};
use fastrand::Rng;

use super::kinds::{Kind, any_millis, moment, quoted, strings};

/// Zones with and without clock changes, to the half hour and on either side of the date line.
const NAMED: [&str; 8] = [
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Africa/Casablanca",
    "America/St_Johns",
    "UTC",
];

/// Minutes east of UTC.
fn offset(rng: &mut Rng) -> i64 {
    rng.choice([0, 540, -210, 845, -720, 14 * 60, 1]).unwrap()
}

fn offset_text(minutes: i64) -> String {
    let sign = if minutes < 0 { '-' } else { '+' };
    let minutes = minutes.abs();
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

pub fn some(rng: &mut Rng) -> Vec<Kind> {
    let name = rng.choice(NAMED).unwrap();
    let zone: chrono_tz::Tz = name.parse().unwrap();
    let local = move |utc: DateTime<chrono::Utc>| {
        let local = utc.with_timezone(&zone).naive_local();
        // The text of a time that occurs twice does not tell which it is. And this test's clocks
        // do not change after the year 2099.
        let once = zone.from_local_datetime(&local).single().is_some();
        (once && local.year() < 2099).then_some(local)
    };
    let minutes = offset(rng);
    let shifted =
        move |utc: DateTime<chrono::Utc>| Some(utc.naive_utc() + TimeDelta::minutes(minutes));
    vec![
        millis(name.to_owned(), local),
        micros(name.to_owned(), local),
        millis(offset_text(minutes), shifted),
        micros(offset_text(minutes), shifted),
        times(),
    ]
}

/// A moment between the years 2 and 9998, so that no zone is in another millennium.
fn any(rng: &mut Rng) -> i64 {
    let year = 366 * 86_400_000;
    any_millis(rng).clamp(-719_162 * 86_400_000 + year, 2_932_896 * 86_400_000 - year)
}

fn millis(
    zone: String,
    local: impl Fn(DateTime<chrono::Utc>) -> Option<NaiveDateTime> + Copy + 'static,
) -> Kind {
    let time = move |millis: i64| local(DateTime::from_timestamp_millis(millis).unwrap());
    Kind::simple(
        "timestamp(3) with time zone",
        move |rng| loop {
            let millis = any(rng);
            if time(millis).is_some() {
                return millis;
            }
        },
        move |millis| format!("TIMESTAMP '{} {zone}'", moment(time(*millis).unwrap(), 3)),
        |values| -> ArrayRef {
            Arc::new(TimestampMillisecondArray::from(values).with_timezone("UTC"))
        },
    )
}

fn micros(
    zone: String,
    local: impl Fn(DateTime<chrono::Utc>) -> Option<NaiveDateTime> + Copy + 'static,
) -> Kind {
    let time = move |micros: i64| local(DateTime::from_timestamp_micros(micros).unwrap());
    Kind::simple(
        "timestamp(6) with time zone",
        move |rng| loop {
            let micros = any(rng) * 1000 + rng.i64(0..1000);
            if time(micros).is_some() {
                return micros;
            }
        },
        move |micros| format!("TIMESTAMP '{} {zone}'", moment(time(*micros).unwrap(), 6)),
        |values| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC"))
        },
    )
}

/// Arrow has no times with a zone, so they stay text.
fn times() -> Kind {
    Kind::simple(
        "time(3) with time zone",
        |rng| {
            let time = DateTime::from_timestamp_millis(rng.i64(0..86_400_000)).unwrap();
            let offset = offset(rng).clamp(-720, 840);
            format!(
                "{}{}",
                &moment(time.naive_utc(), 3)[11..],
                offset_text(offset)
            )
        },
        |value| format!("TIME {}", quoted(value)),
        strings,
    )
}
