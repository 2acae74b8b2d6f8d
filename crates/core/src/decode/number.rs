//! The text of integers, floating point numbers and decimals.

use super::primitive::Parse;
use arrow::datatypes::{ArrowPrimitiveType, Decimal128Type};
use std::marker::PhantomData;

/// Most digits [`digits`] reads.
const MAX_DIGITS: usize = 19;

const POWERS_OF_TEN: [u64; MAX_DIGITS + 1] = {
    let mut powers = [1; MAX_DIGITS + 1];
    let mut n = 1;
    while n <= MAX_DIGITS {
        #[allow(clippy::indexing_slicing, reason = "the bounds are those of the array")]
        {
            powers[n] = powers[n - 1] * 10;
        }
        n += 1;
    }
    powers
};

/// 10 to the power of `n`, which is at most 19.
pub(super) fn power_of_ten(n: usize) -> u64 {
    #[allow(clippy::indexing_slicing, reason = "hot, and a larger n is a bug")]
    POWERS_OF_TEN[n]
}

/// Reads the digits `text` begins with, at most 19: their value and how many they are.
#[inline(always)]
pub(super) fn digits(text: &[u8]) -> (u64, usize) {
    // Eight at a time; 16 digits cannot overflow.
    let Some((word, rest)) = text.split_first_chunk() else {
        return more_digits(0, 0, text);
    };
    let (first, count) = eight_digits(u64::from_le_bytes(*word));
    if count < 8 {
        return (first, count);
    }
    let Some((word, rest)) = rest.split_first_chunk() else {
        return more_digits(first, 8, rest);
    };
    let (second, count) = eight_digits(u64::from_le_bytes(*word));
    let value = first * power_of_ten(count) + second;
    if count < 8 {
        return (value, 8 + count);
    }
    more_digits(value, 16, rest)
}

/// Goes on after `count` digits that are worth `value`, one by one.
fn more_digits(mut value: u64, mut count: usize, text: &[u8]) -> (u64, usize) {
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 || count == MAX_DIGITS {
            break;
        }
        value = value * 10 + u64::from(digit);
        count += 1;
    }
    (value, count)
}

/// The digits that eight characters begin with, first character in the lowest byte: their value
/// and how many they are.
#[inline(always)]
fn eight_digits(word: u64) -> (u64, usize) {
    let word = word ^ 0x3030_3030_3030_3030;
    // Marks bytes above 9. A carry can only reach bytes behind one that is marked.
    let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
    let count = others.trailing_zeros() / 8;
    // Zeros in front, so that the digits stand as in a number of eight.
    let word = word.checked_shl(64 - 8 * count).unwrap_or(0);
    let word = word.wrapping_mul(2561) >> 8;
    let word = (word & 0x00FF_00FF_00FF_00FF).wrapping_mul(6_553_601) >> 16;
    let word = (word & 0x0000_FFFF_0000_FFFF).wrapping_mul(42_949_672_960_001) >> 32;
    (word, count as usize)
}

/// Splits off a minus sign.
#[inline(always)]
pub(super) fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    }
}

/// Integers of the width of `T`.
pub(super) struct Integer<T>(pub(super) PhantomData<T>);

impl<T> Parse for Integer<T>
where
    T: ArrowPrimitiveType<Native: TryFrom<i64>>,
{
    type Arrow = T;

    #[inline(always)]
    fn parse(&mut self, text: &[u8]) -> Option<(T::Native, usize)> {
        let (negative, rest) = sign(text);
        let (magnitude, count) = digits(rest);
        let value = if negative {
            0_i64.checked_sub_unsigned(magnitude)
        } else {
            i64::try_from(magnitude).ok()
        };
        let length = text.len() - rest.len() + count;
        (count > 0).then_some((T::Native::try_from(value?).ok()?, length))
    }
}

/// Floating point numbers of the width of `T`, as Java writes them.
pub(super) struct Float<T>(pub(super) PhantomData<T>);

impl<T> Parse for Float<T>
where
    T: ArrowPrimitiveType<Native: fast_float2::FastFloat + From<f32> + Into<f64>>,
{
    type Arrow = T;

    #[inline(always)]
    fn parse(&mut self, text: &[u8]) -> Option<(T::Native, usize)> {
        if let [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] = text {
            // Correctly rounded. What overflows is no value that Athena wrote.
            let parsed = fast_float2::parse_partial::<T::Native, _>(text);
            return parsed.ok().filter(|(value, _)| (*value).into().is_finite());
        }
        [
            (b"NaN".as_slice(), f32::NAN),
            (b"Infinity", f32::INFINITY),
            (b"-Infinity", f32::NEG_INFINITY),
        ]
        .into_iter()
        .find(|(name, _)| text.starts_with(name))
        .map(|(name, value)| (value.into(), name.len()))
    }
}

/// Decimals of fixed scale.
pub(super) struct Decimal {
    scale: usize,
    /// 10 to the power of the precision: the first magnitude that does not fit.
    limit: u128,
}

impl Decimal {
    pub(super) fn new(precision: u8, scale: u8) -> Self {
        Self {
            scale: usize::from(scale),
            limit: 10_u128.pow(u32::from(precision)),
        }
    }

    /// The magnitude of a number whose digits may be many, or not as many as the scale says.
    #[cold]
    fn long_magnitude(&self, text: &[u8]) -> Option<(u128, usize)> {
        let mut magnitude = 0_u128;
        let mut count = 0_usize;
        let mut fraction = None;
        for byte in text {
            match (byte, fraction) {
                (b'.', None) => fraction = Some(0),
                (b'0'..=b'9', Some(digits)) if digits == self.scale => {
                    // Digits beyond the scale must not matter.
                    if *byte != b'0' {
                        return None;
                    }
                }
                (b'0'..=b'9', _) => {
                    magnitude = magnitude
                        .checked_mul(10)?
                        .checked_add(u128::from(byte - b'0'))?;
                    fraction = fraction.map(|digits| digits + 1);
                }
                _ => break,
            }
            count += 1;
        }
        let missing = self.scale - fraction.unwrap_or(0);
        let magnitude =
            magnitude.checked_mul(10_u128.checked_pow(u32::try_from(missing).ok()?)?)?;
        let (first, last) = (text.first()?, text.get(count.checked_sub(1)?)?);
        (first.is_ascii_digit() && last.is_ascii_digit()).then_some((magnitude, count))
    }

    #[inline(always)]
    fn magnitude(&self, text: &[u8]) -> Option<(u128, usize)> {
        let (whole, whole_count) = digits(text);
        if (1..MAX_DIGITS).contains(&whole_count) {
            if self.scale == 0 && text.get(whole_count) != Some(&b'.') {
                return Some((u128::from(whole), whole_count));
            }
            if let Some([b'.', rest @ ..]) = text.get(whole_count..) {
                let (fraction, count) = digits(rest);
                if count == self.scale && (1..MAX_DIGITS).contains(&count) {
                    let whole = u128::from(whole) * u128::from(power_of_ten(count));
                    return Some((whole + u128::from(fraction), whole_count + 1 + count));
                }
            }
        }
        self.long_magnitude(text)
    }
}

impl Parse for Decimal {
    type Arrow = Decimal128Type;

    #[inline(always)]
    fn parse(&mut self, text: &[u8]) -> Option<(i128, usize)> {
        let (negative, rest) = sign(text);
        let (magnitude, count) = self.magnitude(rest)?;
        if magnitude >= self.limit {
            return None;
        }
        let magnitude = i128::try_from(magnitude).ok()?;
        let value = if negative { -magnitude } else { magnitude };
        Some((value, text.len() - rest.len() + count))
    }
}
