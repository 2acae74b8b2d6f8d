//! Literals and casts: Athena's types instead of DataFusion's defaults.

use datafusion::sql::sqlparser::ast::{CastKind, DataType, Expr, TypedString, Value};

use super::build::{call, cast as cast_to, string};
use crate::sql::failure::AthenaError;
use crate::sql::tokens::TYPE_STAND_IN;
use crate::sql::type_text;

type Rewritten = Result<Option<Expr>, AthenaError>;

/// An integer that fits 32 bits is an integer, not a bigint.
pub(super) fn value(value: &Value) -> Rewritten {
    match value {
        Value::Number(text, false) if text.parse::<i32>().is_ok() => Ok(Some(Expr::Cast {
            kind: CastKind::Cast,
            expr: Box::new(Expr::value(value.clone())),
            data_type: DataType::Int(None),
            array: false,
            format: None,
        })),
        Value::UnicodeStringLiteral(text) => Ok(Some(string(text))),
        _ => Ok(None),
    }
}

/// `decimal '1.50'`, `timestamp '…'`: the precision comes from the text.
pub(super) fn typed_string(typed: &TypedString) -> Rewritten {
    let Some(text) = typed.value.value.clone().into_string() else {
        return Ok(None);
    };
    let mut text = text.trim().to_owned();
    let athena_type = match &typed.data_type {
        DataType::Decimal(_) | DataType::Numeric(_) => decimal_type(&text)?,
        DataType::Timestamp(..) => return timestamp(&text).map(Some),
        DataType::Time(..) => {
            let zone = if text.contains(['+', '-']) {
                // No blank before the zone, however it was spelled.
                text.retain(|c| !c.is_whitespace());
                " with time zone"
            } else {
                ""
            };
            format!("time({}){zone}", fraction_digits(&text))
        }
        DataType::Date => return date(&text).map(Some),
        DataType::JSON => return Ok(Some(call("json_parse", vec![string(text)]))),
        other => spelled(other)?,
    };
    Ok(Some(cast_to(string(text), &athena_type)))
}

/// `date '2020-02-29'`, which the optimizer can compare with statistics.
fn date(text: &str) -> Result<Expr, AthenaError> {
    let Ok(date) = text.parse::<chrono::NaiveDate>() else {
        let message = format!("Value cannot be cast to date: {text}");
        return Err(AthenaError::new("INVALID_CAST_ARGUMENT", message));
    };
    Ok(Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(string(date.to_string())),
        data_type: DataType::Date,
        array: false,
        format: None,
    })
}

/// The smallest decimal type that holds the digits of `text`.
fn decimal_type(text: &str) -> Result<String, AthenaError> {
    let digits = text.trim_start_matches(['+', '-']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let valid = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let precision = (whole.len() + fraction.len()).max(1);
    if !valid || precision > 38 {
        return Err(AthenaError::new(
            "SYNTAX_ERROR",
            format!("Invalid decimal literal '{text}'"),
        ));
    }
    Ok(format!("decimal({precision},{})", fraction.len()))
}

/// `timestamp '2001-08-22 03:04:05.321 America/Los_Angeles'`.
fn timestamp(text: &str) -> Result<Expr, AthenaError> {
    let precision = fraction_digits(text);
    let (moment, zone) = split_zone(text);
    let plain = cast_to(string(moment), &format!("timestamp({precision})"));
    Ok(match zone {
        Some(zone) => call("with_timezone", vec![plain, string(zone)]),
        None => plain,
    })
}

/// Digits after the point of the seconds.
fn fraction_digits(text: &str) -> usize {
    text.split_once('.')
        .map_or(0, |(_, rest)| {
            rest.bytes().take_while(u8::is_ascii_digit).count()
        })
        .min(9)
}

/// Splits a zone off a timestamp: ` UTC`, ` America/New_York`, `+09:00`.
fn split_zone(text: &str) -> (&str, Option<&str>) {
    let Some((date, time)) = text.split_once([' ', 'T']) else {
        return (text, None);
    };
    let end = time
        .find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.'))
        .map_or(text.len(), |end| date.len() + 1 + end);
    let zone = text[end..].trim();
    (text[..end].trim_end(), (!zone.is_empty()).then_some(zone))
}

/// `CAST` and `TRY_CAST`, with Athena's conversions and errors.
pub(super) fn cast(expr: &Expr) -> Rewritten {
    let Expr::Cast {
        kind,
        expr: inner,
        data_type,
        ..
    } = expr
    else {
        return Ok(None);
    };
    let athena_type = spelled(data_type)?;
    let function = match kind {
        CastKind::TryCast | CastKind::SafeCast => "athena_try_cast",
        CastKind::Cast | CastKind::DoubleColon => "athena_cast",
    };
    Ok(Some(call(
        function,
        vec![inner.as_ref().clone(), string(athena_type)],
    )))
}

/// The type in Trino's spelling.
pub(super) fn spelled(data_type: &DataType) -> Result<String, AthenaError> {
    let text = match data_type {
        DataType::Custom(name, modifiers) if name.to_string() == TYPE_STAND_IN => {
            modifiers.join(",")
        }
        other => other.to_string(),
    };
    match type_text::parse(&text) {
        Some(parsed) => Ok(parsed.to_string()),
        None => Err(AthenaError::new(
            "TYPE_MISMATCH",
            format!("line 1:1: Unknown type: {text}"),
        )),
    }
}

/// `extract(field FROM x)` gives a bigint.
pub(super) fn extract(expr: &Expr) -> Option<Expr> {
    let Expr::Extract {
        field, expr: inner, ..
    } = expr
    else {
        return None;
    };
    let field = field.to_string().to_ascii_lowercase();
    Some(call(
        "athena_date_part",
        vec![string(field), inner.as_ref().clone()],
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_split_off_the_moment() {
        for (text, moment, zone) in [
            (
                "2001-08-22 03:04:05.321 America/Los_Angeles",
                "2001-08-22 03:04:05.321",
                Some("America/Los_Angeles"),
            ),
            (
                "2001-08-22 03:04:05+09:00",
                "2001-08-22 03:04:05",
                Some("+09:00"),
            ),
            ("2001-08-22 03:04:05", "2001-08-22 03:04:05", None),
            ("2001-08-22", "2001-08-22", None),
        ] {
            assert_eq!(split_zone(text), (moment, zone));
        }
    }

    #[test]
    fn a_decimal_literal_has_the_precision_of_its_digits() {
        for (text, expected) in [
            ("1.50", "decimal(3,2)"),
            ("-0.05", "decimal(2,2)"),
            ("0", "decimal(1,0)"),
            ("123", "decimal(3,0)"),
        ] {
            assert_eq!(decimal_type(text).unwrap(), expected);
        }
        assert!(decimal_type("1x").is_err());
    }
}
