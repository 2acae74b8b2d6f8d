//! Time zones of `timestamp with time zone` values, each of which names its own.

use super::number::digits;
use chrono::{DateTime, MappedLocalTime, Offset, TimeZone};
use chrono_tz::Tz;

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
                match zone.offset_from_local_datetime(&time) {
                    MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                        Some(local - i64::from(offset.fix().local_minus_utc()))
                    }
                    MappedLocalTime::None => None,
                }
            }
        }
    }
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
