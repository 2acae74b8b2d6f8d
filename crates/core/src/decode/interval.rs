//! The text of intervals.

use super::number::{digits, sign};
use super::primitive::Parse;
use super::time::{fraction, seconds_of_day};
use arrow::datatypes::{IntervalMonthDayNano, IntervalMonthDayNanoType};

/// `interval year to month`: `1-0`, `-0-3`. The sign is that of the whole.
pub(super) struct YearToMonth;

impl Parse for YearToMonth {
    type Arrow = IntervalMonthDayNanoType;

    fn parse(&mut self, text: &[u8]) -> Option<(IntervalMonthDayNano, usize)> {
        let (negative, rest) = sign(text);
        let (years, year_count) = digits(rest);
        let [b'-', rest @ ..] = rest.get(year_count..)? else {
            return None;
        };
        let (months, month_count) = digits(rest);
        if year_count == 0 || month_count == 0 || months > 11 {
            return None;
        }
        let months = i64::try_from(years.checked_mul(12)?.checked_add(months)?).ok()?;
        let months = i32::try_from(if negative { -months } else { months }).ok()?;
        let length = text.len() - rest.len() + month_count;
        Some((IntervalMonthDayNano::new(months, 0, 0), length))
    }
}

/// `interval day to second`: `2 00:00:00.000`, `-2 12:00:00.000`. The sign is that of the whole.
pub(super) struct DayToSecond;

impl Parse for DayToSecond {
    type Arrow = IntervalMonthDayNanoType;

    fn parse(&mut self, text: &[u8]) -> Option<(IntervalMonthDayNano, usize)> {
        let (negative, rest) = sign(text);
        let (days, day_count) = digits(rest);
        let [b' ', rest @ ..] = rest.get(day_count..)? else {
            return None;
        };
        if day_count == 0 {
            return None;
        }
        let (seconds, time_length) = seconds_of_day(rest)?;
        let (nanos, fraction_length) = fraction(rest.get(time_length..)?, 9)?;
        let nanos = seconds * 1_000_000_000 + nanos;
        let days = i64::try_from(days).ok()?;
        let (days, nanos) = if negative {
            (-days, -nanos)
        } else {
            (days, nanos)
        };
        let length = text.len() - rest.len() + time_length + fraction_length;
        let days = i32::try_from(days).ok()?;
        Some((IntervalMonthDayNano::new(0, days, nanos), length))
    }
}
