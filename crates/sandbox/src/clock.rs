//! Times as AWS writes them: epoch seconds in JSON, ISO 8601 in XML, basic format in headers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since the epoch with milliseconds, as the JSON protocol sends them.
pub(crate) fn epoch_seconds(time: SystemTime) -> f64 {
    let millis = since_epoch(time).as_millis();
    (millis as f64) / 1000.0
}

/// `2026-01-02T03:04:05.678Z`.
pub(crate) fn iso8601(time: SystemTime) -> String {
    let (date, clock, millis) = fields(time);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{millis:03}Z",
        date.0, date.1, date.2, clock.0, clock.1, clock.2
    )
}

/// `20260102_030405`, the first part of an engine's query id.
pub(crate) fn engine_stamp(time: SystemTime) -> String {
    let (date, clock, _) = fields(time);
    format!(
        "{:04}{:02}{:02}_{:02}{:02}{:02}",
        date.0, date.1, date.2, clock.0, clock.1, clock.2
    )
}

/// Reads `20260102T030405Z`.
pub(crate) fn parse_amz_date(text: &str) -> Option<SystemTime> {
    let digits = |range: std::ops::Range<usize>| -> Option<i64> { text.get(range)?.parse().ok() };
    if text.len() != 16 || text.get(8..9) != Some("T") || !text.ends_with('Z') {
        return None;
    }
    let days = days_from_civil(digits(0..4)?, digits(4..6)?, digits(6..8)?);
    let seconds = days * 86_400 + digits(9..11)? * 3600 + digits(11..13)? * 60 + digits(13..15)?;
    Some(UNIX_EPOCH + Duration::from_secs(u64::try_from(seconds).ok()?))
}

/// Reads `2026-01-02T03:04:05Z`, with or without a fraction, which is cut off.
pub(crate) fn parse_iso8601(text: &str) -> Option<SystemTime> {
    let (whole, rest) = text.split_at_checked(19)?;
    let fraction = rest.strip_suffix('Z')?.strip_prefix('.').unwrap_or("0");
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let basic: String = whole
        .chars()
        .filter(|letter| !"-:".contains(*letter))
        .collect();
    parse_amz_date(&format!("{basic}Z"))
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

type Triple = (i64, i64, i64);

fn fields(time: SystemTime) -> (Triple, Triple, u32) {
    let elapsed = since_epoch(time);
    let seconds = i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX);
    let of_day = seconds % 86_400;
    (
        civil_from_days(seconds / 86_400),
        (of_day / 3600, of_day / 60 % 60, of_day % 60),
        elapsed.subsec_millis(),
    )
}

/// Days since 1970-01-01 of a proleptic Gregorian date.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> Triple {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_survive_the_round_trip() {
        for (text, seconds) in [
            ("19700101T000000Z", 0),
            ("20000229T235959Z", 951_868_799),
            ("20260914T010203Z", 1_789_347_723),
        ] {
            let time = parse_amz_date(text).unwrap();
            assert_eq!(time, UNIX_EPOCH + Duration::from_secs(seconds), "{text}");
            let iso = iso8601(time);
            let basic: String = iso.chars().filter(|c| c.is_alphanumeric()).collect();
            assert_eq!(basic.replace("000Z", "Z").len(), 16);
            assert!(basic.starts_with(&text[..15]), "{iso}");
            assert_eq!(parse_iso8601(&iso), Some(time));
            assert_eq!(parse_iso8601(&iso.replace(".000", "")), Some(time));
        }
    }

    #[test]
    fn malformed_dates_are_refused() {
        for text in [
            "",
            "2026-01-01T00:00:00Z",
            "20260101T00000",
            "2026010aT000000Z",
        ] {
            assert_eq!(parse_amz_date(text), None, "{text}");
        }
    }
}
