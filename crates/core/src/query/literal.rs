//! SQL text of a [`Value`].
//!
//! Athena takes an execution parameter for a fragment of SQL: `now()` would be called, and
//! `123` would be an integer whatever was bound. So every value becomes a literal that names
//! its type and holds exactly that value. The sign of a number stands inside quotes or
//! parentheses, because `-` before a bare `-1` would begin a comment.

use arrow::datatypes::TimeUnit;

use super::value::Value;
use crate::error::{Error, ErrorKind, Result};

const SECONDS_PER_DAY: i64 = 86_400;
const DECIMAL_DIGITS: usize = 38;

/// The value as an expression of Athena's query language (Trino's), without blanks around it.
///
/// # Errors
///
/// `InvalidArgument` if Athena's type cannot hold the value. No message shows a value.
pub(crate) fn literal(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(true) => "TRUE".to_owned(),
        Value::Boolean(false) => "FALSE".to_owned(),
        Value::Int8(value) => format!("TINYINT '{value}'"),
        Value::Int16(value) => format!("SMALLINT '{value}'"),
        Value::Int32(value) => format!("INTEGER '{value}'"),
        Value::Int64(value) => format!("BIGINT '{value}'"),
        Value::Float32(value) if value.is_finite() => format!("REAL '{value:E}'"),
        Value::Float32(value) => format!("CAST({} AS REAL)", not_finite((*value).into())),
        Value::Float64(value) if value.is_finite() => format!("DOUBLE '{value:E}'"),
        Value::Float64(value) => not_finite(*value).to_owned(),
        Value::Decimal { unscaled, scale } => decimal(*unscaled, *scale)?,
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Binary(bytes) => format!("X'{}'", hex(bytes)),
        Value::Date(days) => format!("DATE '{}'", date((*days).into())?),
        Value::Time { value, unit } => time(*value, *unit)?,
        Value::Timestamp { value, unit, utc } => timestamp(*value, *unit, *utc)?,
        Value::Uuid(bytes) => format!("UUID '{}'", uuid::Uuid::from_bytes(*bytes)),
    })
}

/// The value as a literal of Athena's DDL language (Hive's), which has no typed numbers and
/// in which a backslash escapes.
///
/// # Errors
///
/// `InvalidArgument` for text with a quote or backslash, whose escaping Athena does not
/// document; `NotImplemented` for types that DDL has no use for.
pub(crate) fn ddl_literal(value: &Value) -> Result<String> {
    match value {
        Value::Int8(value) => Ok(value.to_string()),
        Value::Int16(value) => Ok(value.to_string()),
        Value::Int32(value) => Ok(value.to_string()),
        Value::Int64(value) => Ok(value.to_string()),
        Value::Text(text) if text.contains(['\'', '\\']) => Err(invalid(
            "text with a quote or a backslash cannot be bound in a DDL statement; write it into the statement.",
        )),
        Value::Null | Value::Boolean(_) | Value::Text(_) | Value::Date(_) => literal(value),
        other => Err(Error::new(
            ErrorKind::NotImplemented,
            format!("a value of kind {other:?} cannot be bound in a DDL statement; bind text."),
        )),
    }
}

fn not_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "nan()"
    } else if value > 0.0 {
        "infinity()"
    } else {
        "(-infinity())"
    }
}

fn decimal(unscaled: i128, scale: u8) -> Result<String> {
    let scale = usize::from(scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    // At least one digit before the point.
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let leading_zero = usize::from(whole == "0");
    if digits.len() - leading_zero > DECIMAL_DIGITS {
        return Err(invalid(
            "a decimal has more than the 38 digits Athena holds.",
        ));
    }
    let point = if scale == 0 { "" } else { "." };
    Ok(format!("DECIMAL '{sign}{whole}{point}{fraction}'"))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let digit = |nibble: u8| DIGITS[usize::from(nibble)];
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn time(value: i64, unit: TimeUnit) -> Result<String> {
    let (seconds, fraction) = split(value, unit);
    if !(0..SECONDS_PER_DAY).contains(&seconds) {
        return Err(invalid("a time lies outside of 00:00:00 to 23:59:59."));
    }
    Ok(format!("TIME '{}{fraction}'", clock(seconds)))
}

fn timestamp(value: i64, unit: TimeUnit, utc: bool) -> Result<String> {
    let (seconds, fraction) = split(value, unit);
    let date = date(seconds.div_euclid(SECONDS_PER_DAY))?;
    let clock = clock(seconds.rem_euclid(SECONDS_PER_DAY));
    let zone = if utc { " UTC" } else { "" };
    Ok(format!("TIMESTAMP '{date} {clock}{fraction}{zone}'"))
}

/// Whole seconds, rounded down, and the text of the rest: a point and the unit's digits.
fn split(value: i64, unit: TimeUnit) -> (i64, String) {
    let (per_second, width) = match unit {
        TimeUnit::Second => return (value, String::new()),
        TimeUnit::Millisecond => (1_000, 3),
        TimeUnit::Microsecond => (1_000_000, 6),
        TimeUnit::Nanosecond => (1_000_000_000, 9),
    };
    let fraction = value.rem_euclid(per_second);
    (value.div_euclid(per_second), format!(".{fraction:0width$}"))
}

fn clock(second_of_day: i64) -> String {
    let (hour, minute, second) = (
        second_of_day / 3600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    );
    format!("{hour:02}:{minute:02}:{second:02}")
}

/// `YYYY-MM-DD` of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
fn date(days: i64) -> Result<String> {
    /// 0001-01-01 and 9999-12-31.
    const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;
    if !DAYS.contains(&days) {
        return Err(invalid("a date lies outside of the years 0001 to 9999."));
    }
    // Counted from 0000-03-01, leap days end a year of 400: every such era has 146097 days.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // March is 0; five months have 153 days.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    Ok(format!("{year:04}-{month:02}-{day:02}"))
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::query::tokenizer::{TokenKind, tokens};

    fn timestamp(value: i64, unit: TimeUnit, utc: bool) -> Value {
        Value::Timestamp { value, unit, utc }
    }

    fn decimal(unscaled: i128, scale: u8) -> Value {
        Value::Decimal { unscaled, scale }
    }

    #[test]
    fn literals_are_typed_and_exact() {
        use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
        let text = |text: &str| Value::Text(text.to_owned());
        let time = |value, unit| Value::Time { value, unit };
        let cases = [
            (Value::Null, "NULL"),
            (Value::Boolean(true), "TRUE"),
            (Value::Boolean(false), "FALSE"),
            (Value::Int8(-128), "TINYINT '-128'"),
            (Value::Int16(3), "SMALLINT '3'"),
            (Value::Int32(-5), "INTEGER '-5'"),
            (Value::Int64(123), "BIGINT '123'"),
            (Value::Int64(i64::MIN), "BIGINT '-9223372036854775808'"),
            (Value::Float64(1.5), "DOUBLE '1.5E0'"),
            (Value::Float64(-0.0), "DOUBLE '-0E0'"),
            (Value::Float64(0.1 + 0.2), "DOUBLE '3.0000000000000004E-1'"),
            (Value::Float64(5e-324), "DOUBLE '5E-324'"),
            (Value::Float64(f64::NAN), "nan()"),
            (Value::Float64(f64::INFINITY), "infinity()"),
            (Value::Float64(f64::NEG_INFINITY), "(-infinity())"),
            (Value::Float32(0.1), "REAL '1E-1'"),
            (
                Value::Float32(f32::NEG_INFINITY),
                "CAST((-infinity()) AS REAL)",
            ),
            (decimal(150, 2), "DECIMAL '1.50'"),
            (decimal(-5, 2), "DECIMAL '-0.05'"),
            (decimal(0, 0), "DECIMAL '0'"),
            (decimal(-7, 0), "DECIMAL '-7'"),
            (
                decimal(10_i128.pow(38) - 1, 38),
                "DECIMAL '0.99999999999999999999999999999999999999'",
            ),
            (text(""), "''"),
            (text("it's"), "'it''s'"),
            (text("a\0\n\\é"), "'a\0\n\\é'"),
            (Value::Binary(vec![]), "X''"),
            (Value::Binary(vec![0, 0x1f, 0xab]), "X'001FAB'"),
            (Value::Date(0), "DATE '1970-01-01'"),
            (Value::Date(-719_162), "DATE '0001-01-01'"),
            (Value::Date(2_932_896), "DATE '9999-12-31'"),
            (Value::Date(18_321), "DATE '2020-02-29'"),
            (Value::Date(-25_509), "DATE '1900-02-28'"),
            (Value::Date(-25_508), "DATE '1900-03-01'"),
            (time(86_399, Second), "TIME '23:59:59'"),
            (time(45_296_789, Millisecond), "TIME '12:34:56.789'"),
            (time(1, Microsecond), "TIME '00:00:00.000001'"),
            (time(1, Nanosecond), "TIME '00:00:00.000000001'"),
            (
                timestamp(-1, Second, false),
                "TIMESTAMP '1969-12-31 23:59:59'",
            ),
            (
                timestamp(-1, Millisecond, true),
                "TIMESTAMP '1969-12-31 23:59:59.999 UTC'",
            ),
            (
                timestamp(1_500_000, Microsecond, false),
                "TIMESTAMP '1970-01-01 00:00:01.500000'",
            ),
            (
                timestamp(i64::MIN, Nanosecond, false),
                "TIMESTAMP '1677-09-21 00:12:43.145224192'",
            ),
            (
                Value::Uuid(0x12151fd2_7586_11e9_8f9e_2a86e4085a59_u128.to_be_bytes()),
                "UUID '12151fd2-7586-11e9-8f9e-2a86e4085a59'",
            ),
        ];
        for (value, expected) in cases {
            assert_eq!(literal(&value).unwrap(), expected);
        }
    }

    #[test]
    fn values_beyond_athenas_types_are_refused_without_showing_them() {
        let time = |value, unit| Value::Time { value, unit };
        let cases = [
            Value::Date(2_932_897),
            Value::Date(-719_163),
            Value::Date(i32::MIN),
            timestamp(i64::MAX, TimeUnit::Second, true),
            timestamp(i64::MIN, TimeUnit::Millisecond, false),
            time(86_400, TimeUnit::Second),
            time(-1, TimeUnit::Nanosecond),
            decimal(10_i128.pow(38), 0),
            decimal(i128::MIN, 38),
            decimal(1, 39),
        ];
        for value in cases {
            let error = literal(&value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{value:?}");
        }
    }

    #[test]
    fn every_day_is_the_one_after_the_day_before() {
        let (mut year, mut month, mut day) = (1, 1, 1);
        for days in -719_162..=2_932_896 {
            assert_eq!(
                date(days).unwrap(),
                format!("{year:04}-{month:02}-{day:02}")
            );
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let length = match month {
                2 if leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            day += 1;
            if day > length {
                (month, day) = (month + 1, 1);
            }
            if month > 12 {
                (year, month) = (year + 1, 1);
            }
        }
    }

    proptest! {
        #[test]
        fn floats_survive_the_round_trip(double: f64, real: f32) {
            let inner = |text: String, name: &str| {
                let quoted = text.strip_prefix(name).unwrap();
                quoted.trim_matches([' ', '\'']).to_owned()
            };
            if double.is_finite() {
                let text = inner(literal(&Value::Float64(double)).unwrap(), "DOUBLE");
                prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), double.to_bits());
            }
            if real.is_finite() {
                let text = inner(literal(&Value::Float32(real)).unwrap(), "REAL");
                prop_assert_eq!(text.parse::<f32>().unwrap().to_bits(), real.to_bits());
            }
        }

        #[test]
        fn text_is_one_string_token_whatever_it_holds(text in "('|''|--|/\\*|\\?|;|\\\\|\\PC|\n){0,10}") {
            let sql = literal(&Value::Text(text.clone())).unwrap();
            let found: Vec<_> = tokens(&sql).collect();
            prop_assert_eq!(found.len(), 1);
            prop_assert_eq!((found[0].kind, &found[0].range), (TokenKind::String, &(0..sql.len())));
            prop_assert_eq!(sql[1..sql.len() - 1].replace("''", "'"), text);
        }
    }

    #[test]
    fn ddl_literals_are_plain_and_never_need_escaping() {
        let text = |text: &str| ddl_literal(&Value::Text(text.to_owned()));
        assert_eq!(ddl_literal(&Value::Int64(-2020)).unwrap(), "-2020");
        assert_eq!(ddl_literal(&Value::Date(0)).unwrap(), "DATE '1970-01-01'");
        assert_eq!(text("2020-01").unwrap(), "'2020-01'");
        for refused in ["it's", "a\\"] {
            assert_eq!(
                text(refused).unwrap_err().kind(),
                ErrorKind::InvalidArgument
            );
        }
        let error = ddl_literal(&Value::Float64(1.0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotImplemented);
    }
}
