//! Clocks of time zones, in every year.
//!
//! The tables of clock changes end with the year 2099. Java's rules, and so Trino's, go on: a
//! later year is taken for the one of the tables' last whose days fall on the same weekdays.

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _};
use datafusion::arrow::array::timezone::Tz;

/// Years, from March to February, of which the rules of today are known, and no more than they:
/// every weekday begins one of them.
const RULED: std::ops::Range<i32> = 2088..2099;

/// The clock in `zone`, and the seconds that it is ahead, at a moment in UTC.
pub(super) fn local(zone: Tz, utc: NaiveDateTime) -> (NaiveDateTime, i32) {
    let known = utc - beyond_tables(utc);
    let ahead = zone
        .offset_from_utc_datetime(&known)
        .fix()
        .local_minus_utc();
    (utc + TimeDelta::seconds(ahead.into()), ahead)
}

/// The moment in UTC when the clock in `zone` shows this, the first of two. A time that a clock
/// change leaves out is the one that it would have been without.
pub(super) fn utc(zone: Tz, local: NaiveDateTime) -> Option<NaiveDateTime> {
    let beyond = beyond_tables(local);
    let known = local - beyond;
    let earliest = |local| Some(zone.from_local_datetime(&local).earliest()?.naive_utc());
    let day = TimeDelta::days(1);
    let known = earliest(known).or_else(|| Some(earliest(known - day)? + day))?;
    Some(known + beyond)
}

/// How far behind a year of the tables this is, by whole weeks.
fn beyond_tables(time: NaiveDateTime) -> TimeDelta {
    let year = time.year() - i32::from(time.month() < 3);
    if year < RULED.end {
        return TimeDelta::zero();
    }
    let first = |year| NaiveDate::from_ymd_opt(year, 3, 1);
    let alike = first(year).and_then(|begins| {
        let mut ruled = RULED.filter_map(first);
        let alike = ruled.find(|other| other.weekday() == begins.weekday())?;
        Some(begins - alike)
    });
    alike.unwrap_or_default()
}
