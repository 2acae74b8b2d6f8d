//! `INTERVAL '2' DAY`, `INTERVAL '1-3' YEAR TO MONTH`, `INTERVAL '2 03:04:05' DAY TO SECOND`.

use datafusion::sql::sqlparser::ast::{DateTimeField, Expr, Interval, UnaryOperator, Value};

use super::build::{cast, string};
use crate::sql::failure::AthenaError;

const MONTHS: &str = "interval year to month";
const SECONDS: &str = "interval day to second";

/// Tells year-month from day-time intervals, which DataFusion has in one type, and reads
/// those of several fields.
///
/// # Errors
/// `INVALID_LITERAL`.
pub(super) fn rewrite(expr: &Expr) -> Result<Option<Expr>, AthenaError> {
    let Expr::Interval(interval) = expr else {
        return Ok(None);
    };
    let Some(from) = interval.leading_field.as_ref().and_then(field) else {
        return Err(AthenaError::not_supported(format!(
            "Unsupported interval literal: {expr}"
        )));
    };
    let athena_type = if from <= Field::Month {
        MONTHS
    } else {
        SECONDS
    };
    let Some(to) = &interval.last_field else {
        return Ok(Some(cast(expr.clone(), athena_type)));
    };
    let text = text(&interval.value).unwrap_or_default();
    let amount = field(to)
        .and_then(|to| amount(&text, from, to))
        .ok_or_else(|| {
            let message = format!("line 1:8: '{text}' is not a valid INTERVAL literal");
            AthenaError::new("INVALID_LITERAL", message)
        })?;
    let unit = if athena_type == MONTHS {
        DateTimeField::Month
    } else {
        DateTimeField::Millisecond
    };
    let plain = Expr::Interval(Interval {
        value: Box::new(string(amount.to_string())),
        leading_field: Some(unit),
        leading_precision: None,
        last_field: None,
        fractional_seconds_precision: None,
    });
    Ok(Some(cast(plain, athena_type)))
}

/// The fields of intervals, from the largest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

fn field(field: &DateTimeField) -> Option<Field> {
    Some(match field {
        DateTimeField::Year | DateTimeField::Years => Field::Year,
        DateTimeField::Month | DateTimeField::Months => Field::Month,
        DateTimeField::Week(_) | DateTimeField::Day | DateTimeField::Days => Field::Day,
        DateTimeField::Hour | DateTimeField::Hours => Field::Hour,
        DateTimeField::Minute | DateTimeField::Minutes => Field::Minute,
        DateTimeField::Second | DateTimeField::Seconds => Field::Second,
        _ => return None,
    })
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => text(expr).map(|text| format!("-{text}")),
        _ => None,
    }
}

/// Months, or milliseconds, of the fields from the first to the last.
fn amount(text: &str, from: Field, to: Field) -> Option<i64> {
    let (sign, mut rest) = match text.trim().strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.trim()),
    };
    let fields = [
        (Field::Year, 12, '-'),
        (Field::Month, 1, ' '),
        (Field::Day, 86_400_000, ' '),
        (Field::Hour, 3_600_000, ':'),
        (Field::Minute, 60_000, ':'),
        (Field::Second, 1000, ' '),
    ];
    let of_one_kind = (from <= Field::Month) == (to <= Field::Month);
    if !of_one_kind || from >= to {
        return None;
    }
    let mut total = 0_i64;
    for (field, unit, separator) in fields {
        if !(from..=to).contains(&field) {
            continue;
        }
        let part = if field == to {
            std::mem::take(&mut rest)
        } else {
            let (part, after) = rest.split_once(separator)?;
            rest = after.trim_start();
            part
        };
        let (whole, fraction) = match part.split_once('.') {
            Some((whole, fraction)) if field == Field::Second => (whole, fraction),
            Some(_) => return None,
            None => (part, ""),
        };
        if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let millis: i64 = format!("{fraction:0<3}").parse().ok()?;
        let whole: u32 = whole.parse().ok()?;
        total = total
            .checked_add(i64::from(whole).checked_mul(unit)?)?
            .checked_add(millis)?;
    }
    Some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_fields_make_one_amount() {
        use Field::{Day, Hour, Minute, Month, Second, Year};
        for (text, from, to, expected) in [
            ("1-3", Year, Month, Some(15)),
            ("-1-3", Year, Month, Some(-15)),
            ("2 03:04:05.321", Day, Second, Some(183_845_321)),
            ("2 3:4", Day, Minute, Some(183_840_000)),
            ("2 3", Day, Hour, Some(183_600_000)),
            ("3:04:05", Hour, Second, Some(11_045_000)),
            ("4:05.5", Minute, Second, Some(245_500)),
            ("1", Year, Month, None),
            ("1-x", Year, Month, None),
            ("2 3:4.5", Day, Minute, None),
            ("1-3", Year, Day, None),
            ("3", Second, Day, None),
        ] {
            assert_eq!(amount(text, from, to), expected, "{text}");
        }
    }
}
