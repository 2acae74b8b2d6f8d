//! `format(pattern, …)`: Java's format strings.

use datafusion::arrow::array::{Array as _, ArrayRef};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::strings::column;
use super::{Arguments, Function, invalid_argument, text};
use crate::sql::text::ColumnText;
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![Function::new("format", 1..=127, text, format).taking("t")]
}

/// One `%…` of a pattern.
#[derive(Debug, Default, PartialEq, Eq)]
struct Directive {
    /// The argument meant by `%2$s`, counted from 1.
    argument: Option<usize>,
    left: bool,
    zeros: bool,
    grouped: bool,
    plus: bool,
    width: usize,
    precision: Option<usize>,
    letter: char,
}

/// Reads what follows a `%`.
fn directive(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<Directive> {
    let mut read = Directive::default();
    let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let mut text = String::new();
        while let Some(digit) = chars.next_if(char::is_ascii_digit) {
            text.push(digit);
        }
        text.parse::<usize>().ok()
    };
    if chars.peek().is_some_and(|c| ('1'..='9').contains(c)) {
        let found = number(chars)?;
        if chars.next_if_eq(&'$').is_some() {
            read.argument = Some(found);
        } else {
            read.width = found;
        }
    }
    while let Some(flag) = chars.next_if(|c| "-0,+".contains(*c)) {
        match flag {
            '-' => read.left = true,
            '0' => read.zeros = true,
            ',' => read.grouped = true,
            _ => read.plus = true,
        }
    }
    read.width = number(chars).unwrap_or(read.width);
    if chars.next_if_eq(&'.').is_some() {
        read.precision = Some(number(chars)?);
    }
    read.letter = chars.next()?;
    // Nobody needs more, and memory is bounded.
    (read.width <= 10_000 && read.precision.unwrap_or(0) <= 1_000).then_some(read)
}

fn format(args: &Arguments) -> Result<ArrayRef> {
    let patterns = args.strings(0)?;
    let values = (1..args.arrays.len())
        .map(|index| ColumnText::new(&args.arrays[index], &args.fields[index]))
        .collect::<Result<Vec<_>>>()?;
    let rows = (0..args.rows)
        .map(|row| {
            if patterns.is_null(row) {
                return Ok(None);
            }
            let pattern = patterns.value(row);
            let mut out = String::new();
            let mut chars = pattern.chars().peekable();
            let mut next = 1;
            while let Some(c) = chars.next() {
                if c != '%' {
                    out.push(c);
                    continue;
                }
                let bad = || invalid_argument(format!("Invalid format string: {pattern}"));
                let read = directive(&mut chars).ok_or_else(bad)?;
                match read.letter {
                    '%' => out.push('%'),
                    'n' => out.push('\n'),
                    _ => {
                        let argument = read.argument.unwrap_or_else(|| {
                            next += 1;
                            next - 1
                        });
                        let value = values.get(argument.wrapping_sub(1)).ok_or_else(bad)?;
                        let text = one(args, &read, argument, row, value.cell(row))?;
                        out.push_str(&padded(&read, text));
                    }
                }
            }
            Ok(Some(out))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(column(rows))
}

/// The text of one value, without its padding to a width.
fn one(
    args: &Arguments,
    read: &Directive,
    argument: usize,
    row: usize,
    cell: Option<String>,
) -> Result<String> {
    let Some(cell) = cell else {
        let none = if read.letter == 'b' { "false" } else { "null" };
        return Ok(none.to_owned());
    };
    let kind = args.athena_type(argument);
    let integer = matches!(
        kind,
        AthenaType::Tinyint | AthenaType::Smallint | AthenaType::Integer | AthenaType::Bigint
    );
    let float = matches!(
        kind,
        AthenaType::Double | AthenaType::Real | AthenaType::Decimal(..)
    );
    Ok(match read.letter {
        's' | 'S' => {
            let cut = read.precision.unwrap_or(usize::MAX);
            let text: String = cell.chars().take(cut).collect();
            if read.letter == 'S' {
                text.to_uppercase()
            } else {
                text
            }
        }
        'b' => match kind {
            AthenaType::Boolean => cell,
            _ => "true".to_owned(),
        },
        'c' if integer => {
            let code = cell.parse::<u32>().ok().and_then(char::from_u32);
            code.map(String::from)
                .ok_or_else(|| invalid_argument(format!("Illegal code point: {cell}")))?
        }
        'd' if integer => signed(read, &cell),
        'x' | 'X' | 'o' if integer => {
            let value = args.integers(argument)?.value(row);
            // Two's complement in the width of the type.
            let bits = match args.arrays[argument].data_type() {
                DataType::Int8 => 8,
                DataType::Int16 => 16,
                DataType::Int32 => 32,
                _ => 64,
            };
            let value = value.cast_unsigned() & (u64::MAX >> (64 - bits));
            match read.letter {
                'x' => format!("{value:x}"),
                'X' => format!("{value:X}"),
                _ => format!("{value:o}"),
            }
        }
        'f' if float => {
            let value = args.doubles(argument)?.value(row);
            signed(read, &format!("{value:.*}", read.precision.unwrap_or(6)))
        }
        'e' | 'E' if float => {
            let value = args.doubles(argument)?.value(row);
            let text = scientific(value, read.precision.unwrap_or(6));
            let text = signed(read, &text);
            if read.letter == 'E' {
                text.to_uppercase()
            } else {
                text
            }
        }
        letter => {
            return Err(invalid_argument(format!(
                "Invalid format string: %{letter} does not take {kind}"
            )));
        }
    })
}

/// `1.5e+02`, as C and Java write it.
fn scientific(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    match text.split_once('e') {
        Some((digits, exponent)) => {
            let (sign, exponent) = match exponent.strip_prefix('-') {
                Some(exponent) => ('-', exponent),
                None => ('+', exponent),
            };
            format!("{digits}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

/// A number with its sign, its groups of thousands and its leading zeros.
fn signed(read: &Directive, number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None if read.plus => ("+", number),
        None => ("", number),
    };
    let (whole, rest) = digits.split_at(digits.find(['.', 'e']).unwrap_or(digits.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if read.grouped && index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let zeros = if read.zeros {
        let length = sign.len() + grouped.len() + rest.len();
        "0".repeat(read.width.saturating_sub(length))
    } else {
        String::new()
    };
    format!("{sign}{zeros}{grouped}{rest}")
}

fn padded(read: &Directive, text: String) -> String {
    let blanks = " ".repeat(read.width.saturating_sub(text.chars().count()));
    if read.left {
        text + &blanks
    } else {
        blanks + &text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_read() {
        let read = |text: &str| directive(&mut text.chars().peekable());
        assert_eq!(read("s").unwrap().letter, 's');
        assert_eq!(
            read("2$-,08.3f").unwrap(),
            Directive {
                argument: Some(2),
                left: true,
                zeros: true,
                grouped: true,
                plus: false,
                width: 8,
                precision: Some(3),
                letter: 'f',
            }
        );
        assert_eq!(read(".").map(|read| read.letter), None);
        assert_eq!(read("999999d"), None);
    }

    #[test]
    fn numbers_have_signs_groups_and_zeros() {
        let read = |text: &str| directive(&mut text.chars().peekable()).unwrap();
        assert_eq!(signed(&read(",d"), "-1234567"), "-1,234,567");
        assert_eq!(signed(&read("05d"), "-42"), "-0042");
        assert_eq!(signed(&read("+d"), "1"), "+1");
        assert_eq!(scientific(150.0, 1), "1.5e+02");
    }
}
