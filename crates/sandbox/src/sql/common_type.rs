//! The type that values of several types have together: elements of an array, results of
//! CASE.

use super::types::AthenaType;

/// The common type of all; `None` when there is none. Of nothing it is `unknown`.
pub(super) fn common_of(types: &[AthenaType]) -> Option<AthenaType> {
    let mut types = types.iter();
    let first = types.next().cloned().unwrap_or(AthenaType::Unknown);
    types.try_fold(first, |one, other| common(&one, other))
}

fn common(one: &AthenaType, other: &AthenaType) -> Option<AthenaType> {
    use AthenaType::{
        Array, Char, Date, Decimal, Map, Row, Time, TimeWithTimeZone, Timestamp,
        TimestampWithTimeZone, Unknown, Varchar,
    };
    if one == other {
        return Some(one.clone());
    }
    Some(match (one, other) {
        (Unknown, known) | (known, Unknown) => known.clone(),
        (Varchar(one), Varchar(other)) => Varchar(longest(*one, *other)),
        (Char(one), Char(other)) => Char(*one.max(other)),
        (Char(length), Varchar(other)) | (Varchar(other), Char(length)) => {
            Varchar(longest(Some(*length), *other))
        }
        (Date, Timestamp(p)) | (Timestamp(p), Date) => Timestamp(*p),
        (Date, TimestampWithTimeZone(p)) | (TimestampWithTimeZone(p), Date) => {
            TimestampWithTimeZone(*p)
        }
        (Timestamp(one), Timestamp(other)) => Timestamp(*one.max(other)),
        (
            Timestamp(one) | TimestampWithTimeZone(one),
            Timestamp(other) | TimestampWithTimeZone(other),
        ) => TimestampWithTimeZone(*one.max(other)),
        (Time(one), Time(other)) => Time(*one.max(other)),
        (Time(one) | TimeWithTimeZone(one), Time(other) | TimeWithTimeZone(other)) => {
            TimeWithTimeZone(*one.max(other))
        }
        (Array(one), Array(other)) => Array(Box::new(common(one, other)?)),
        (Map(key, value), Map(other_key, other_value)) => Map(
            Box::new(common(key, other_key)?),
            Box::new(common(value, other_value)?),
        ),
        (Row(fields), Row(others)) if fields.len() == others.len() => {
            let fields = fields.iter().zip(others);
            let fields = fields.map(|((name, field), (other_name, other))| {
                let name = name.clone().filter(|_| name == other_name);
                Some((name, common(field, other)?))
            });
            Row(fields.collect::<Option<_>>()?)
        }
        _ => match (number(one)?, number(other)?) {
            (Number::Exact(p1, s1), Number::Exact(p2, s2)) => {
                let both_integers = !matches!(one, Decimal(..)) && !matches!(other, Decimal(..));
                if both_integers {
                    return Some(if p1 >= p2 { one } else { other }.clone());
                }
                let scale = s1.max(s2);
                let whole = (p1 - s1).max(p2 - s2);
                let precision = u8::try_from((whole + scale).min(38)).ok()?;
                Decimal(precision, i8::try_from(scale).ok()?)
            }
            (Number::Double, _) | (_, Number::Double) => AthenaType::Double,
            _ => AthenaType::Real,
        },
    })
}

/// The longer of two lengths of varchar; `None` is unbounded.
fn longest(one: Option<i32>, other: Option<i32>) -> Option<i32> {
    Some(one?.max(other?))
}

/// Numbers by what they can hold.
enum Number {
    /// Digits in all, and after the point.
    Exact(i32, i32),
    Real,
    Double,
}

fn number(athena_type: &AthenaType) -> Option<Number> {
    Some(match athena_type {
        AthenaType::Tinyint => Number::Exact(3, 0),
        AthenaType::Smallint => Number::Exact(5, 0),
        AthenaType::Integer => Number::Exact(10, 0),
        AthenaType::Bigint => Number::Exact(19, 0),
        AthenaType::Decimal(precision, scale) => {
            Number::Exact(i32::from(*precision), i32::from(*scale))
        }
        AthenaType::Real => Number::Real,
        AthenaType::Double => Number::Double,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::type_text::parse;
    use super::*;

    #[test]
    fn types_widen_as_in_trino() {
        for (one, other, expected) in [
            ("integer", "bigint", Some("bigint")),
            ("integer", "double", Some("double")),
            ("bigint", "real", Some("real")),
            ("decimal(5,2)", "integer", Some("decimal(12,2)")),
            ("decimal(5,2)", "decimal(4,3)", Some("decimal(6,3)")),
            ("decimal(5,2)", "double", Some("double")),
            ("varchar(3)", "varchar(5)", Some("varchar(5)")),
            ("varchar(3)", "varchar", Some("varchar")),
            ("date", "timestamp(6)", Some("timestamp(6)")),
            (
                "timestamp(3)",
                "timestamp(0) with time zone",
                Some("timestamp(3) with time zone"),
            ),
            ("array(integer)", "array(double)", Some("array(double)")),
            (
                "row(a integer, b json)",
                "row(a bigint, c json)",
                Some("row(a bigint, json)"),
            ),
            ("integer", "varchar", None),
            ("json", "varchar", None),
            ("array(integer)", "array(date)", None),
        ] {
            let types = [parse(one).unwrap(), parse(other).unwrap()];
            let found = common_of(&types).map(|found| found.to_string());
            assert_eq!(found.as_deref(), expected, "{one}, {other}");
        }
        assert_eq!(common_of(&[]), Some(AthenaType::Unknown));
    }
}
