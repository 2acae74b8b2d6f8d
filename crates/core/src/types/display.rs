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
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn name() -> impl Strategy<Value = String> {
        let tricky = select(vec![
            "time", "double", "with", "A b", "q\"q", "é:", "row", ",)(", "",
        ]);
        prop_oneof![tricky.prop_map(str::to_owned), ".{1,5}"]
    }

    fn simple() -> impl Strategy<Value = AthenaType> {
        use AthenaType::*;
        let time = (0..=12_u8, any::<bool>());
        let plain = [
            Boolean,
            TinyInt,
            SmallInt,
            Integer,
            BigInt,
            Real,
            Double,
            Varbinary,
            Date,
            IntervalYearToMonth,
            IntervalDayToSecond,
            Json,
            Uuid,
            IpAddress,
            Unknown,
            Array(None),
            Map(None),
            Row(None),
            Varchar(None),
        ];
        prop_oneof![
            select(plain.to_vec()),
            Just(Other("qdigest(double)".to_owned())),
            (1..=38_u8)
                .prop_flat_map(|precision| (Just(precision), 0..=precision))
                .prop_map(|(precision, scale)| Decimal { precision, scale }),
            (1..=u32::MAX).prop_map(Char),
            any::<u32>().prop_map(|length| Varchar(Some(length))),
            time.clone().prop_map(|(precision, with_zone)| Time {
                precision,
                with_zone
            }),
            time.prop_map(|(precision, with_zone)| Timestamp {
                precision,
                with_zone
            }),
        ]
    }

    fn athena_type() -> impl Strategy<Value = AthenaType> {
        simple().prop_recursive(4, 20, 4, |inner| {
            let field = (option::of(name()), inner.clone());
            let field = field.prop_map(|(name, athena_type)| RowField { name, athena_type });
            prop_oneof![
                inner
                    .clone()
                    .prop_map(|element| AthenaType::Array(Some(Box::new(element)))),
                (inner.clone(), inner).prop_map(|types| AthenaType::Map(Some(Box::new(types)))),
                vec(field, 1..4).prop_map(|fields| AthenaType::Row(Some(fields))),
            ]
        })
    }

    proptest! {
        #[test]
        fn text_reads_back_to_the_same_type(athena_type in athena_type()) {
            let text = athena_type.to_string();
            prop_assert_eq!(AthenaType::parse(&text).unwrap(), athena_type, "{}", text);
        }
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let text = r#"row(a integer, "B c" array(date), varchar, "timestamp" time(3))"#;
        assert_eq!(AthenaType::parse(text).unwrap().to_string(), text);
    }
}
