//! The text of dates, times and timestamps.
//!
//! The calendar is ISO's, extended backwards; years may have more than four digits and a sign.

use super::number::{digits, power_of_ten, sign};
use super::primitive::Parse;
use super::zone::ZoneCache;
use arrow::datatypes::{ArrowPrimitiveType, Date32Type};
use memchr::memchr;
use std::marker::PhantomData;

const SECONDS_PER_DAY: i64 = 86_400;

/// The value of two digits; above 99 if they are none.
fn two_digits(tens: u8, ones: u8) -> u32 {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    if tens > 9 || ones > 9 {
        return u32::MAX;
    }
    u32::from(tens) * 10 + u32::from(ones)
}

/// Days from 1970-01-01 to a date; `None` if there is no such day.
fn days_since_epoch(year: i64, month: u32, day: u32) -> Option<i64> {
    /// Days of the year before each month begins, from January on, in a common year.
    const BEFORE_MONTH: [u32; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    /// Days from 0000-01-01 to 1970-01-01.
    const EPOCH: i64 = 719_528;
    let index = usize::try_from(month.wrapping_sub(1)).ok()?;
    let (before, after) = (BEFORE_MONTH.get(index)?, BEFORE_MONTH.get(index + 1)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = after - before + u32::from(leap && month == 2);
    if day == 0 || day > length {
        return None;
    }
    let day_of_year = before + u32::from(leap && month > 2) + day - 1;
    let past = year - 1;
    let leap_days = past.div_euclid(4) - past.div_euclid(100) + past.div_euclid(400) + 1;
    Some(year * 365 + leap_days + i64::from(day_of_year) - EPOCH)
}

/// Reads the date at the beginning of `text`, as days from 1970-01-01.
pub(super) fn date(text: &[u8]) -> Option<(i64, usize)> {
    if let Some([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]) = text.first_chunk() {
        let (century, year) = (two_digits(*y1, *y2), two_digits(*y3, *y4));
        if century > 99 || year > 99 {
            return None;
        }
        let year = i64::from(century * 100 + year);
        let days = days_since_epoch(year, two_digits(*m1, *m2), two_digits(*d1, *d2))?;
        return Some((days, "yyyy-mm-dd".len()));
    }
    let (negative, rest) = match text {
        [b'+', rest @ ..] => (false, rest),
        _ => sign(text),
    };
    let (year, count) = digits(rest);
    // More than nine digits are beyond every type that holds a date.
    if !(4..=9).contains(&count) {
        return None;
    }
    let [b'-', m1, m2, b'-', d1, d2, ..] = rest.get(count..)? else {
        return None;
    };
    let year = i64::try_from(year).ok()?;
    let year = if negative { -year } else { year };
    let days = days_since_epoch(year, two_digits(*m1, *m2), two_digits(*d1, *d2))?;
    Some((days, text.len() - rest.len() + count + "-mm-dd".len()))
}

/// Reads `hh:mm:ss` at the beginning of `text`, as seconds.
pub(super) fn seconds_of_day(text: &[u8]) -> Option<(i64, usize)> {
    let [h1, h2, b':', m1, m2, b':', s1, s2] = text.first_chunk()? else {
        return None;
    };
    let (hour, minute, second) = (
        two_digits(*h1, *h2),
        two_digits(*m1, *m2),
        two_digits(*s1, *s2),
    );
    (hour < 24 && minute < 60 && second < 60).then(|| {
        (
            i64::from(hour * 3600 + minute * 60 + second),
            "hh:mm:ss".len(),
        )
    })
}

/// Reads the fraction of a second at the beginning of `text`, if there is one, in units of which
/// a second has 10 to the power of `unit_digits`. `None` if it is finer than the unit.
pub(super) fn fraction(text: &[u8], unit_digits: usize) -> Option<(i64, usize)> {
    let [b'.', rest @ ..] = text else {
        return Some((0, 0));
    };
    let (value, count) = digits(rest);
    let value = match unit_digits.checked_sub(count) {
        _ if count == 0 => return None,
        Some(0) => value,
        Some(missing) => value * power_of_ten(missing),
        None => {
            let excess = power_of_ten(count - unit_digits);
            if value % excess != 0 {
                return None;
            }
            value / excess
        }
    };
    Some((i64::try_from(value).ok()?, count + 1))
}

/// Dates, as days from 1970-01-01.
pub(super) struct Date;

impl Parse for Date {
    type Arrow = Date32Type;

    #[inline]
    fn parse(&mut self, text: &[u8]) -> Option<(i32, usize)> {
        let (days, length) = date(text)?;
        Some((i32::try_from(days).ok()?, length))
    }
}

/// Times of day, in units of `T`.
pub(super) struct Time<T> {
    unit_digits: usize,
    arrow: PhantomData<T>,
}

impl<T> Time<T> {
    /// A second has 10 to the power of `unit_digits` units.
    pub(super) fn new(unit_digits: u8) -> Self {
        Self {
            unit_digits: usize::from(unit_digits),
            arrow: PhantomData,
        }
    }
}

impl<T: ArrowPrimitiveType<Native: TryFrom<i64>>> Parse for Time<T> {
    type Arrow = T;

    fn parse(&mut self, text: &[u8]) -> Option<(T::Native, usize)> {
        let (seconds, length) = seconds_of_day(text)?;
        let (fraction, fraction_length) = fraction(text.get(length..)?, self.unit_digits)?;
        let value = seconds * i64::try_from(power_of_ten(self.unit_digits)).ok()? + fraction;
        Some((T::Native::try_from(value).ok()?, length + fraction_length))
    }
}

/// A timestamp's parts.
struct Local {
    /// Seconds from 1970-01-01 00:00:00, without regard to zones.
    seconds: i64,
    /// What comes on top, in the column's unit.
    fraction: i64,
    /// Bytes of text.
    length: usize,
}

fn local(text: &[u8], unit_digits: usize) -> Option<Local> {
    let (days, date_length) = date(text)?;
    let [b' ', rest @ ..] = text.get(date_length..)? else {
        return None;
    };
    let (seconds, time_length) = seconds_of_day(rest)?;
    let (fraction, fraction_length) = fraction(rest.get(time_length..)?, unit_digits)?;
    Some(Local {
        seconds: days * SECONDS_PER_DAY + seconds,
        fraction,
        length: date_length + 1 + time_length + fraction_length,
    })
}

/// Units since 1970; `None` if 64 bits do not hold it.
fn units(seconds: i64, fraction: i64, unit_digits: usize) -> Option<i64> {
    let units = i128::from(seconds) * i128::from(power_of_ten(unit_digits)) + i128::from(fraction);
    i64::try_from(units).ok()
}

/// Timestamps without zone, in units of `T`.
pub(super) struct Timestamp<T> {
    unit_digits: usize,
    arrow: PhantomData<T>,
}

impl<T> Timestamp<T> {
    /// A second has 10 to the power of `unit_digits` units.
    pub(super) fn new(unit_digits: u8) -> Self {
        Self {
            unit_digits: usize::from(unit_digits),
            arrow: PhantomData,
        }
    }
}

impl<T: ArrowPrimitiveType<Native = i64>> Parse for Timestamp<T> {
    type Arrow = T;

    #[inline]
    fn parse(&mut self, text: &[u8]) -> Option<(i64, usize)> {
        let local = local(text, self.unit_digits)?;
        let value = units(local.seconds, local.fraction, self.unit_digits)?;
        Some((value, local.length))
    }
}

/// Timestamps with a zone, as instants, in units of `T`.
pub(super) struct ZonedTimestamp<T> {
    unit_digits: usize,
    zones: ZoneCache,
    arrow: PhantomData<T>,
}

impl<T> ZonedTimestamp<T> {
    /// A second has 10 to the power of `unit_digits` units.
    pub(super) fn new(unit_digits: u8) -> Self {
        Self {
            unit_digits: usize::from(unit_digits),
            zones: ZoneCache::default(),
            arrow: PhantomData,
        }
    }
}

impl<T: ArrowPrimitiveType<Native = i64>> Parse for ZonedTimestamp<T> {
    type Arrow = T;

    fn parse(&mut self, text: &[u8]) -> Option<(i64, usize)> {
        let local = local(text, self.unit_digits)?;
        let [b' ', rest @ ..] = text.get(local.length..)? else {
            return None;
        };
        let zone = memchr(b'"', rest).map_or(Some(rest), |end| rest.get(..end))?;
        let seconds = self.zones.to_utc(local.seconds, zone)?;
        let value = units(seconds, local.fraction, self.unit_digits)?;
        Some((value, local.length + 1 + zone.len()))
    }
}
