//! Time zones of `timestamp with time zone` values, each of which names its own.

use super::number::digits;
use chrono::{DateTime, Datelike, MappedLocalTime, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;
use std::ops::Range;

/// Years, from March to February, of which the tables of clock changes tell today's rules and
/// nothing else. Every weekday begins one of them. The tables end soon after.
const RULED: Range<i32> = 2088..2099;

/// A time zone, as a value names it.
enum Zone {
    /// Seconds east of UTC.
    Fixed(i64),
    Named(Tz),
}

/// Turns local times into UTC. Remembers the last zone, since rows mostly repeat it.
#[derive(Default)]
pub(super) struct ZoneCache(Option<(Vec<u8>, Zone)>);

impl ZoneCache {
    /// Seconds since 1970 in UTC, from the same in the zone called `name`.
    ///
    /// A local time that a clock change repeats is taken as the earlier of the two instants, for
    /// the text does not tell. `None` for a zone not known, and for a local time that a clock
    /// change leaves out.
    pub(super) fn utc(&mut self, local: i64, name: &[u8]) -> Option<i64> {
        if self.0.as_ref().is_none_or(|(cached, _)| cached != name) {
            self.0 = Some((name.to_vec(), zone(name)?));
        }
        match &self.0.as_ref()?.1 {
            Zone::Fixed(offset) => Some(local - offset),
            Zone::Named(zone) => {
                let time = DateTime::from_timestamp(local, 0)?.naive_utc();
                match zone.offset_from_local_datetime(&within_tables(time)?) {
                    MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                        Some(local - i64::from(offset.fix().local_minus_utc()))
                    }
                    MappedLocalTime::None => None,
                }
            }
        }
    }
}

/// A local time with the same rules as this one, in a year that the tables of clock changes
/// have. Athena's go on: the rules are about weekdays, so a year whose days fall on the same
/// ones does.
fn within_tables(time: NaiveDateTime) -> Option<NaiveDateTime> {
    let year = time.year() - i32::from(time.month() < 3);
    if year < RULED.end {
        return Some(time);
    }
    let first = |year| NaiveDate::from_ymd_opt(year, 3, 1);
    let begins = first(year)?;
    let mut ruled = RULED.filter_map(first);
    let alike = ruled.find(|other| other.weekday() == begins.weekday())?;
    time.checked_sub_signed(begins - alike)
}

/// `UTC`, `+09:00`, `UTC+09:00` and names of the IANA database.
fn zone(name: &[u8]) -> Option<Zone> {
    let offset_text = ["UTC", "GMT", "UT"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix.as_bytes()))
        .unwrap_or(name);
    match offset_text {
        [] if name.is_empty() => None,
        [] | b"Z" => Some(Zone::Fixed(0)),
        [b'+', rest @ ..] => offset(rest).map(Zone::Fixed),
        [b'-', rest @ ..] => offset(rest).map(|offset| Zone::Fixed(-offset)),
        _ => std::str::from_utf8(name)
            .ok()?
            .parse()
            .ok()
            .map(Zone::Named),
    }
}

/// Seconds of `h`, `hh`, `hh:mm` or `hh:mm:ss`.
fn offset(text: &[u8]) -> Option<i64> {
    let mut parts = text.split(|byte| *byte == b':').map(|part| {
        let (value, count) = digits(part);
        (count == part.len() && (1..=2).contains(&count) && value < 60)
            .then(|| i64::try_from(value).ok())?
    });
    let mut part = || parts.next().unwrap_or(Some(0));
    let seconds = part()? * 3600 + part()? * 60 + part()?;
    (parts.next().is_none() && seconds <= 18 * 3600).then_some(seconds)
}
