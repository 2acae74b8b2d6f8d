//! Writes a type in Trino's spelling.

use super::{AthenaType, RowField};
use std::fmt::{Display, Formatter, Result};

impl Display for AthenaType {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::TinyInt => f.write_str("tinyint"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Integer => f.write_str("integer"),
            Self::BigInt => f.write_str("bigint"),
            Self::Real => f.write_str("real"),
            Self::Double => f.write_str("double"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Varchar(None) => f.write_str("varchar"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Varbinary => f.write_str("varbinary"),
            Self::Date => f.write_str("date"),
            Self::Time {
                precision,
                with_zone,
            } => {
                write!(f, "time({precision}){}", zone(*with_zone))
            }
            Self::Timestamp {
                precision,
                with_zone,
            } => {
                write!(f, "timestamp({precision}){}", zone(*with_zone))
            }
            Self::IntervalYearToMonth => f.write_str("interval year to month"),
            Self::IntervalDayToSecond => f.write_str("interval day to second"),
            Self::Json => f.write_str("json"),
            Self::Uuid => f.write_str("uuid"),
            Self::IpAddress => f.write_str("ipaddress"),
            Self::Array(None) => f.write_str("array"),
            Self::Array(Some(element)) => write!(f, "array({element})"),
            Self::Map(None) => f.write_str("map"),
            Self::Map(Some(types)) => write!(f, "map({}, {})", types.0, types.1),
            Self::Row(None) => f.write_str("row"),
            Self::Row(Some(fields)) => {
                f.write_str("row(")?;
                for (index, field) in fields.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{field}")?;
                }
                f.write_str(")")
            }
            Self::Unknown => f.write_str("unknown"),
            Self::Other(spelled) => f.write_str(spelled),
        }
    }
}

fn zone(with_zone: bool) -> &'static str {
    if with_zone { " with time zone" } else { "" }
}

impl Display for RowField {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match &self.name {
            None => {}
            Some(name) if is_plain(name) => write!(f, "{name} ")?,
            Some(name) => write!(f, "\"{}\" ", name.replace('"', "\"\""))?,
        }
        self.athena_type.fmt(f)
    }
}

/// Whether a field's name needs no quotes: lower case, and not the first word of a type that
/// has several.
fn is_plain(name: &str) -> bool {
    let mut letters = name.bytes();
    letters
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == b'_')
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_')
        && !["double", "interval", "time", "timestamp"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::{AthenaType, RowField};
    use fastrand::Rng;

    fn random_name(rng: &mut Rng) -> String {
        let fixed = [
            "a", "date", "time", "double", "with", "A b", "q\"q", "é:", "row", ",)(",
        ];
        rng.choice(fixed).unwrap_or("x").to_owned()
    }

    fn random_type(rng: &mut Rng, depth: usize) -> AthenaType {
        let simple = 20;
        match rng.u8(..if depth == 0 { simple } else { simple + 6 }) {
            0 => AthenaType::Boolean,
            1 => AthenaType::TinyInt,
            2 => AthenaType::SmallInt,
            3 => AthenaType::Integer,
            4 => AthenaType::BigInt,
            5 => AthenaType::Real,
            6 => AthenaType::Double,
            7 => {
                let precision = rng.u8(1..=38);
                AthenaType::Decimal {
                    precision,
                    scale: rng.u8(..=precision),
                }
            }
            8 => AthenaType::Char(rng.u32(1..)),
            9 => AthenaType::Varchar(rng.bool().then(|| rng.u32(..))),
            10 => AthenaType::Varbinary,
            11 => AthenaType::Date,
            12 => AthenaType::Time {
                precision: rng.u8(..=12),
                with_zone: rng.bool(),
            },
            13 => AthenaType::Timestamp {
                precision: rng.u8(..=12),
                with_zone: rng.bool(),
            },
            14 => AthenaType::IntervalYearToMonth,
            15 => AthenaType::IntervalDayToSecond,
            16 => AthenaType::Json,
            17 => AthenaType::Uuid,
            18 => AthenaType::Unknown,
            19 => AthenaType::Other("qdigest(double)".to_owned()),
            20 => AthenaType::Array(None),
            21 => AthenaType::Row(None),
            22 => AthenaType::Array(Some(Box::new(random_type(rng, depth - 1)))),
            23 => AthenaType::Map(Some(Box::new((
                random_type(rng, depth - 1),
                random_type(rng, depth - 1),
            )))),
            _ => AthenaType::Row(Some(
                (0..rng.usize(1..4))
                    .map(|_| RowField {
                        name: rng.bool().then(|| random_name(rng)),
                        athena_type: random_type(rng, depth - 1),
                    })
                    .collect(),
            )),
        }
    }

    #[test]
    fn text_reads_back_to_the_same_type() {
        let mut rng = Rng::with_seed(1);
        for _ in 0..5_000 {
            let athena_type = random_type(&mut rng, 4);
            let text = athena_type.to_string();
            assert_eq!(AthenaType::parse(&text).unwrap(), athena_type, "{text}");
        }
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let text = r#"row(a integer, "B c" array(date), varchar, "timestamp" time(3))"#;
        assert_eq!(AthenaType::parse(text).unwrap().to_string(), text);
    }
}
