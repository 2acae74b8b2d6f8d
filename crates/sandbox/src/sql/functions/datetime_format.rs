//! Text of dates by pattern: MySQL's (`date_format`), Joda's (`format_datetime`), ISO 8601.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono::NaiveDateTime;
use datafusion::arrow::array::{Array as _, ArrayRef, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::moments::{read, with_zone_of, write};
use super::{Arguments, Function, invalid_argument, returning};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new(
            "athena_date_format",
            2..=2,
            |_| returning(&AthenaType::Varchar(None)),
            |args| format(args, mysql),
        ),
        Function::new(
            "format_datetime",
            2..=2,
            |_| returning(&AthenaType::Varchar(None)),
            |args| format(args, joda),
        ),
        Function::new(
            "date_parse",
            2..=2,
            |_| returning(&AthenaType::Timestamp(3)),
            |args| parse(args, mysql),
        ),
        Function::new(
            "parse_datetime",
            2..=2,
            |_| returning(&AthenaType::TimestampWithTimeZone(3)),
            |args| parse(args, joda),
        ),
        Function::new(
            "from_iso8601_timestamp",
            1..=1,
            |args| {
                let athena_type = AthenaType::TimestampWithTimeZone(3);
                let literal = args.scalar_arguments.first().copied().flatten();
                let data_type = with_zone_of(literal, athena_type.arrow());
                Ok(athena_type.field_of("result", data_type, true))
            },
            |args| args.converted(0, args.returns.data_type()),
        ),
        Function::new(
            "from_iso8601_date",
            1..=1,
            |_| returning(&AthenaType::Date),
            |args| args.converted(0, &DataType::Date32),
        ),
        Function::new(
            "to_iso8601",
            1..=1,
            |_| returning(&AthenaType::Varchar(None)),
            to_iso8601,
        ),
    ]
}

/// Translates a pattern to chrono's.
type Translate = fn(&str) -> Result<String>;

fn format(args: &Arguments, translate: Translate) -> Result<ArrayRef> {
    let patterns = args.strings(1)?;
    let texts = read(&args.arrays[0])?
        .into_iter()
        .enumerate()
        .map(|(row, moment)| match moment {
            Some(moment) if patterns.is_valid(row) => {
                let pattern = translate(patterns.value(row))?;
                let mut text = String::new();
                match write!(text, "{}", moment.format(&pattern)) {
                    Ok(()) => Ok(Some(text)),
                    Err(error) => Err(invalid_argument(format!(
                        "Invalid format: {} ({error})",
                        patterns.value(row)
                    ))),
                }
            }
            _ => Ok(None),
        })
        .collect::<Result<StringArray>>()?;
    Ok(Arc::new(texts))
}

fn parse(args: &Arguments, translate: Translate) -> Result<ArrayRef> {
    let patterns = args.strings(1)?;
    let texts = args.strings(0)?;
    let moments = (0..args.rows)
        .map(|row| {
            if texts.is_null(row) || patterns.is_null(row) {
                return Ok(None);
            }
            let (text, pattern) = (texts.value(row), patterns.value(row));
            parse_moment(text, &translate(pattern)?)
                .map(Some)
                .ok_or_else(|| {
                    invalid_argument(format!(
                        "Invalid format: \"{text}\" for pattern \"{pattern}\""
                    ))
                })
        })
        .collect::<Result<Vec<_>>>()?;
    write(moments, args.returns.data_type())
}

/// Fields that the pattern lacks take their lowest value.
fn parse_moment(text: &str, pattern: &str) -> Option<NaiveDateTime> {
    let mut parsed = chrono::format::Parsed::new();
    chrono::format::parse(
        &mut parsed,
        text,
        chrono::format::StrftimeItems::new(pattern),
    )
    .ok()?;
    let year = parsed.year().or(parsed
        .year_mod_100()
        .map(|year| if year < 70 { 2000 + year } else { 1900 + year }));
    let date = parsed.to_naive_date().ok().or_else(|| {
        chrono::NaiveDate::from_ymd_opt(
            year.unwrap_or(1970),
            parsed.month().unwrap_or(1),
            parsed.day().unwrap_or(1),
        )
    })?;
    let hour = parsed.hour_mod_12().unwrap_or(0) + 12 * parsed.hour_div_12().unwrap_or(0);
    date.and_hms_nano_opt(
        hour,
        parsed.minute().unwrap_or(0),
        parsed.second().unwrap_or(0),
        parsed.nanosecond().unwrap_or(0),
    )
}

/// MySQL's `%` letters.
fn mysql(pattern: &str) -> Result<String> {
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(letter) = chars.next() else {
            break;
        };
        let literal;
        out.push_str(match letter {
            'a' => "%a",
            'b' => "%b",
            'c' => "%-m",
            'd' => "%d",
            'e' => "%-d",
            'f' => "%6f",
            'H' => "%H",
            'h' | 'I' => "%I",
            'i' => "%M",
            'j' => "%j",
            'k' => "%-H",
            'l' => "%-I",
            'M' => "%B",
            'm' => "%m",
            'p' => "%p",
            'r' => "%I:%M:%S %p",
            'S' | 's' => "%S",
            'T' => "%H:%M:%S",
            'v' => "%V",
            'W' => "%A",
            'x' => "%G",
            'Y' => "%Y",
            'y' => "%y",
            '%' => "%%",
            'D' | 'U' | 'u' | 'V' | 'w' | 'X' => {
                return Err(invalid_argument(format!(
                    "%{letter} not supported in date format string"
                )));
            }
            other => {
                literal = other.to_string();
                &literal
            }
        });
    }
    Ok(out)
}

/// Joda's runs of letters.
fn joda(pattern: &str) -> Result<String> {
    let mut out = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            for quoted in chars.by_ref().take_while(|&c| c != '\'') {
                out.push(quoted);
            }
            continue;
        }
        if !c.is_ascii_alphabetic() {
            out.push(c);
            continue;
        }
        let mut length = 1;
        while chars.next_if_eq(&c).is_some() {
            length += 1;
        }
        out.push_str(match (c, length) {
            ('y' | 'Y', 2) => "%y",
            ('y' | 'Y', _) => "%Y",
            ('M', 1) => "%-m",
            ('M', 2) => "%m",
            ('M', 3) => "%b",
            ('M', _) => "%B",
            ('d', 1) => "%-d",
            ('d', _) => "%d",
            ('D', 1 | 2) => "%-j",
            ('D', _) => "%j",
            ('E', 1..=3) => "%a",
            ('E', _) => "%A",
            ('e', _) => "%u",
            ('w', 1) => "%-V",
            ('w', _) => "%V",
            ('x', _) => "%G",
            ('H', 1) => "%-H",
            ('H', _) => "%H",
            ('h', 1) => "%-I",
            ('h', _) => "%I",
            ('m', 1) => "%-M",
            ('m', _) => "%M",
            ('s', 1) => "%-S",
            ('s', _) => "%S",
            ('S', 1..=3) => "%3f",
            ('S', _) => "%6f",
            ('a', _) => "%p",
            _ => return Err(invalid_argument(format!("Illegal pattern component: {c}"))),
        });
    }
    Ok(out)
}

fn to_iso8601(args: &Arguments) -> Result<ArrayRef> {
    let pattern = match args.athena_type(0) {
        AthenaType::Date => "%Y-%m-%d",
        AthenaType::TimestampWithTimeZone(_) => "%Y-%m-%dT%H:%M:%S%.3fZ",
        _ => "%Y-%m-%dT%H:%M:%S%.3f",
    };
    let texts: StringArray = read(&args.arrays[0])?
        .into_iter()
        .map(|moment| moment.map(|moment| moment.format(pattern).to_string()))
        .collect();
    Ok(Arc::new(texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_translate() {
        assert_eq!(mysql("%Y-%m-%d %H:%i:%s").unwrap(), "%Y-%m-%d %H:%M:%S");
        assert_eq!(
            joda("yyyy-MM-dd'T'HH:mm:ss.SSS").unwrap(),
            "%Y-%m-%dT%H:%M:%S.%3f"
        );
        assert!(mysql("%U").is_err());
    }

    #[test]
    fn missing_fields_take_their_lowest_value() {
        let moment = parse_moment("2013-07", "%Y-%m").unwrap();
        assert_eq!(moment.to_string(), "2013-07-01 00:00:00");
    }
}
