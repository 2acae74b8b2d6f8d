//! In which form UNLOAD's Parquet files carry values of a type.

use super::AthenaType;

/// How a value travels in a Parquet file that Athena writes. What Parquet, or Athena's writer
/// of it, refuses is cast before and brought back after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// As a value of the type itself.
    Itself,
    /// As `timestamp(3)`, the only precision that is written; an instant as its UTC.
    Milliseconds,
    /// As the text that Athena prints.
    Text,
    /// As list, map or group of what the elements travel as.
    Nested,
}

impl AthenaType {
    /// How values of this type travel, elements not looked at; `None` if no way is known.
    pub(crate) fn carrier(&self) -> Option<Carrier> {
        Some(match self {
            Self::Boolean
            | Self::TinyInt
            | Self::SmallInt
            | Self::Integer
            | Self::BigInt
            | Self::Real
            | Self::Double
            | Self::Decimal { .. }
            | Self::Char(_)
            | Self::Varchar(_)
            | Self::Varbinary
            | Self::Date => Carrier::Itself,
            Self::Timestamp {
                precision: 0..=3, ..
            } => Carrier::Milliseconds,
            Self::Time { .. }
            | Self::Timestamp { .. }
            | Self::IntervalYearToMonth
            | Self::IntervalDayToSecond
            | Self::Json
            | Self::Uuid
            | Self::IpAddress
            | Self::Unknown => Carrier::Text,
            Self::Array(Some(_)) | Self::Map(Some(_)) | Self::Row(Some(_)) => Carrier::Nested,
            Self::Array(None) | Self::Map(None) | Self::Row(None) | Self::Other(_) => return None,
        })
    }

    /// The first type within this one that cannot travel; `None` if all can.
    pub(crate) fn without_carrier(&self) -> Option<&Self> {
        if self.carrier().is_none() {
            return Some(self);
        }
        self.elements().into_iter().find_map(Self::without_carrier)
    }

    /// The types of the elements, keys and values, or fields; none for a type that is not
    /// nested or whose elements are not known.
    pub(crate) fn elements(&self) -> Vec<&Self> {
        match self {
            Self::Array(Some(element)) => vec![element],
            Self::Map(Some(types)) => vec![&types.0, &types.1],
            Self::Row(Some(fields)) => fields.iter().map(|field| &field.athena_type).collect(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AthenaType;

    #[test]
    fn what_cannot_travel_is_found_at_any_depth() {
        for (text, found) in [
            ("bigint", None),
            ("array(row(a json, map(uuid, unknown)))", None),
            ("HyperLogLog", Some("HyperLogLog")),
            ("array", Some("array")),
            (
                "map(varchar, array(row(a bigint, b Geometry)))",
                Some("Geometry"),
            ),
            ("row(a map)", Some("map")),
        ] {
            let athena_type = AthenaType::parse(text).unwrap();
            let without = athena_type.without_carrier().map(ToString::to_string);
            assert_eq!(without.as_deref(), found, "{text}");
        }
    }
}
