//! Values that are no array, map or row, inside of one.

use super::super::builder::{ColumnBuilder, column_builder};
use super::cursor::{Cursor, Scalar, unescape};
use super::{KEPT_CAPACITY, Node};
use crate::types::AthenaType;
use arrow::array::ArrayRef;

/// Most digits and places of a number with an exponent; no decimal has as many.
const MAX_PLACES: usize = 200;

/// How JSON writes the values of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Boolean,
    /// A number without an exponent.
    Integer,
    /// A number, or one of the strings `NaN`, `Infinity`, `-Infinity`.
    Float,
    /// A number that may have an exponent: Java writes a small one as `1E-7`.
    Decimal,
    /// A string of the text that Athena prints.
    Text,
    /// A string of pairs of hexadecimal digits.
    Hex,
}

/// Collects them with the builder that reads the same text elsewhere.
pub(super) struct Leaf {
    form: Form,
    builder: Box<dyn ColumnBuilder>,
    scratch: Vec<u8>,
}

impl Leaf {
    pub(super) fn new(athena_type: &AthenaType) -> Self {
        let form = match athena_type {
            AthenaType::Boolean => Form::Boolean,
            AthenaType::TinyInt
            | AthenaType::SmallInt
            | AthenaType::Integer
            | AthenaType::BigInt => Form::Integer,
            AthenaType::Real | AthenaType::Double => Form::Float,
            AthenaType::Decimal { .. } => Form::Decimal,
            AthenaType::Varbinary => Form::Hex,
            _ => Form::Text,
        };
        Self {
            form,
            builder: column_builder(athena_type),
            scratch: Vec::new(),
        }
    }

    fn append_string(&mut self, content: &[u8]) -> Option<()> {
        self.scratch.clear();
        self.scratch.shrink_to(KEPT_CAPACITY);
        let text = match self.form {
            Form::Hex => spaced(content, &mut self.scratch)?,
            _ => unescape(content, &mut self.scratch)?,
        };
        self.builder.append(text).then_some(())
    }
}

impl Node for Leaf {
    fn read(&mut self, json: &mut Cursor<'_>) -> Option<()> {
        let is_word = |text: &[u8]| !matches!(text, [b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..]);
        match (self.form, json.scalar()?) {
            (_, Scalar::Null) => {
                self.builder.append_null();
                Some(())
            }
            (Form::Boolean, Scalar::Boolean(value)) => {
                let text: &[u8] = if value { b"true" } else { b"false" };
                self.builder.append(text).then_some(())
            }
            (Form::Integer | Form::Float, Scalar::Number(text)) => {
                self.builder.append(text).then_some(())
            }
            (Form::Decimal, Scalar::Number(text)) => {
                let text = plain(text, &mut self.scratch)?;
                self.builder.append(text).then_some(())
            }
            (Form::Float, Scalar::String(text)) if is_word(text) => self.append_string(text),
            (Form::Text | Form::Hex, Scalar::String(text)) => self.append_string(text),
            _ => None,
        }
    }

    fn append_key(&mut self, content: &[u8]) -> Option<()> {
        self.append_string(content)
    }

    fn append_null(&mut self) {
        self.builder.append_null();
    }

    fn finish(&mut self, next: usize) -> Result<ArrayRef, usize> {
        self.builder.finish(next)
    }
}

/// Hexadecimal digits with a blank between the pairs, as results have them.
fn spaced<'t>(digits: &[u8], scratch: &'t mut Vec<u8>) -> Option<&'t [u8]> {
    for pair in digits.chunks(2) {
        if !scratch.is_empty() {
            scratch.push(b' ');
        }
        scratch.extend_from_slice(pair);
    }
    digits.len().is_multiple_of(2).then_some(scratch)
}

/// A number without its exponent, digit for digit.
fn plain<'t>(number: &'t [u8], scratch: &'t mut Vec<u8>) -> Option<&'t [u8]> {
    let Some(e) = memchr::memchr2(b'e', b'E', number) else {
        return Some(number);
    };
    let (mantissa, exponent) = number.split_at(e);
    let exponent = std::str::from_utf8(exponent.get(1..)?).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, mantissa) = match mantissa {
        [b'-', rest @ ..] => (&b"-"[..], rest),
        _ => (&b""[..], mantissa),
    };
    let point = memchr::memchr(b'.', mantissa);
    let (whole, fraction) = mantissa.split_at(point.unwrap_or(mantissa.len()));
    let fraction = fraction.strip_prefix(b".").unwrap_or_default();
    // Where the point goes among the digits.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let count = whole.len() + fraction.len();
    let places = usize::try_from(point.unsigned_abs()).ok()?;
    if whole.is_empty() || count > MAX_PLACES || places > MAX_PLACES {
        return None;
    }
    let zeros = |n: usize| std::iter::repeat_n(b'0', n);
    scratch.clear();
    scratch.extend_from_slice(sign);
    let digits = whole.iter().chain(fraction).copied();
    if point <= 0 {
        scratch.extend_from_slice(b"0.");
        scratch.extend(zeros(places));
        scratch.extend(digits);
    } else if places >= count {
        scratch.extend(digits);
        scratch.extend(zeros(places - count));
    } else {
        scratch.extend(digits.clone().take(places));
        scratch.push(b'.');
        scratch.extend(digits.skip(places));
    }
    Some(scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_are_written_out() {
        for (number, expected) in [
            ("1.50", Some("1.50")),
            ("1E-7", Some("0.0000001")),
            ("0E-20", Some("0.00000000000000000000")),
            ("-1.25E-10", Some("-0.000000000125")),
            ("1.25e2", Some("125")),
            ("1.25E+4", Some("12500")),
            ("-12.345E1", Some("-123.45")),
            ("5E0", Some("5")),
            ("1E-202", None),
            ("1E999999999999", None),
            ("1E", None),
            ("E5", None),
            ("1E1.5", None),
        ] {
            let mut scratch = Vec::new();
            let found = plain(number.as_bytes(), &mut scratch);
            assert_eq!(found, expected.map(str::as_bytes), "{number}");
        }
    }
}
