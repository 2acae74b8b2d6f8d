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

/// Days of the 400 years after which the calendar repeats.
const DAYS_PER_CYCLE: i64 = 146_097;
/// Days from 0000-01-01 to 1970-01-01.
const EPOCH: i64 = 719_528;

/// Matches eight characters, first in the lowest byte, with a pattern in which `0` stands for
/// any digit. Gives the pairs of neighbouring digits as numbers: the one of the characters `n`
/// and `n + 1` in byte `n`.
#[inline(always)]
fn digit_pairs(text: [u8; 8], pattern: [u8; 8]) -> Option<[u8; 8]> {
    /// Takes a byte over 0x7F: digits from 10 on, other characters from 1 on.
    const fn excess(pattern: [u8; 8]) -> u64 {
        let pattern = u64::from_le_bytes(pattern);
        let is_digit = (pattern ^ ZEROS).wrapping_sub(ONES) & !(pattern ^ ZEROS) & HIGHS;
        (ONES * 0x7F) - (is_digit >> 7) * 9
    }
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES * 0x80;
    const ZEROS: u64 = ONES * b'0' as u64;
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(pattern);
    if (digits.wrapping_add(excess(pattern)) | digits) & HIGHS != 0 {
        return None;
    }
    Some((digits.wrapping_mul(10).wrapping_add(digits >> 8)).to_le_bytes())
}

/// Days from 1970-01-01 to a date; `None` if there is no such day. Years from 0 to 9999.
#[inline(always)]
fn days_since_epoch(year: u32, month: u8, day: u8) -> Option<i64> {
    /// Days of the year before each month, and before the year after, in a common year.
    const BEFORE_MONTH: [u16; 14] = [
        0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365,
    ];
    let month = usize::from(month);
    let (before, after) = (BEFORE_MONTH.get(month)?, BEFORE_MONTH.get(month + 1)?);
    // Every fourth year, but of those that 25 divides, and so 100, only every sixteenth.
    let every = if year.is_multiple_of(25) { 16 } else { 4 };
    let leap = u16::from(year & (every - 1) == 0);
    let length = after - before + if month == 2 { leap } else { 0 };
    let day = u16::from(day);
    if day == 0 || day > length {
        return None;
    }
    let day_of_year = before + if month > 2 { leap } else { 0 } + day - 1;
    // One cycle ahead, so that the year before is none below 0.
    let past = year + 399;
    let centuries = past / 100;
    let days = past * 365 + past / 4 - centuries + centuries / 4 + u32::from(day_of_year);
    Some(i64::from(days) - (EPOCH + DAYS_PER_CYCLE - 366))
}

/// Reads the date at the beginning of `text`, as days from 1970-01-01.
#[inline(always)]
pub(super) fn date(text: &[u8]) -> Option<(i64, usize)> {
    if let Some((start, [d1, d2, ..])) = text.split_first_chunk()
        && let Some([century, _, year, _, _, month, ..]) = digit_pairs(*start, *b"0000-00-")
    {
        let year = u32::from(century) * 100 + u32::from(year);
        let days = days_since_epoch(year, month, two_digits(*d1, *d2)?)?;
        return Some((days, "yyyy-mm-dd".len()));
    }
    long_date(text)
}

/// Like [`date`], for years of more than four digits or with a sign.
#[cold]
fn long_date(text: &[u8]) -> Option<(i64, usize)> {
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
    let year_of_cycle = u32::try_from(year.rem_euclid(400)).ok()?;
    let days = days_since_epoch(year_of_cycle, two_digits(*m1, *m2)?, two_digits(*d1, *d2)?)?;
    let days = days + year.div_euclid(400) * DAYS_PER_CYCLE;
    Some((days, text.len() - rest.len() + count + "-mm-dd".len()))
}

/// The value of two digits.
#[inline(always)]
fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| tens * 10 + ones)
}

/// Reads `hh:mm:ss` at the beginning of `text`, as seconds.
#[inline(always)]
pub(super) fn seconds_of_day(text: &[u8]) -> Option<(i64, usize)> {
    let [hour, _, _, minute, _, _, second, _] = digit_pairs(*text.first_chunk()?, *b"00:00:00")?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = u32::from(hour) * 3600 + u32::from(minute) * 60 + u32::from(second);
    Some((i64::from(seconds), "hh:mm:ss".len()))
}

/// Reads the fraction of a second at the beginning of `text`, if there is one, in units of which
/// a second has 10 to the power of `unit_digits`. `None` if it is finer than the unit.
#[inline(always)]
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

    #[inline(always)]
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

#[inline(always)]
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
#[inline(always)]
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

    #[inline(always)]
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
        let seconds = self.zones.utc(local.seconds, zone)?;
        let value = units(seconds, local.fraction, self.unit_digits)?;
        Some((value, local.length + 1 + zone.len()))
    }
}
