//! What a type becomes in Arrow.

use super::{AthenaType, RowField};
use arrow::datatypes::{DataType, Field, Fields, IntervalUnit, TimeUnit};
use std::collections::HashMap;
use std::sync::Arc;

/// Key of the field metadata that holds the full text of the Athena type.
const TYPE_KEY: &str = "ATHENA:type";
const EXTENSION_NAME_KEY: &str = "ARROW:extension:name";
const EXTENSION_METADATA_KEY: &str = "ARROW:extension:metadata";

/// How arrays, maps and rows are handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ComplexTypes {
    /// As Athena's text, in a utf8 column.
    #[default]
    Text,
    /// As list, map and struct. A type whose elements are not known stays text.
    Typed,
}

impl AthenaType {
    /// The Arrow type of this type's columns.
    pub fn arrow_type(&self, complex: ComplexTypes) -> DataType {
        let typed = complex == ComplexTypes::Typed;
        match self {
            Self::Boolean => DataType::Boolean,
            Self::TinyInt => DataType::Int8,
            Self::SmallInt => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::BigInt => DataType::Int64,
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal { precision, scale } => {
                // At most 38, so the conversion cannot fail.
                DataType::Decimal128(*precision, i8::try_from(*scale).unwrap_or(i8::MAX))
            }
            Self::Varbinary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time {
                precision,
                with_zone: false,
            } => match precision {
                0..=3 => DataType::Time32(TimeUnit::Millisecond),
                4..=6 => DataType::Time64(TimeUnit::Microsecond),
                _ => DataType::Time64(TimeUnit::Nanosecond),
            },
            Self::Timestamp {
                precision,
                with_zone,
            } => {
                let unit = match precision {
                    0 => TimeUnit::Second,
                    1..=3 => TimeUnit::Millisecond,
                    4..=6 => TimeUnit::Microsecond,
                    _ => TimeUnit::Nanosecond,
                };
                DataType::Timestamp(unit, with_zone.then(|| "UTC".into()))
            }
            Self::IntervalYearToMonth | Self::IntervalDayToSecond => {
                DataType::Interval(IntervalUnit::MonthDayNano)
            }
            Self::Uuid => DataType::FixedSizeBinary(16),
            Self::Array(Some(element)) if typed => {
                DataType::List(Arc::new(element.arrow_field("item", complex)))
            }
            Self::Map(Some(types)) if typed => {
                let key = types.0.arrow_field("key", complex).with_nullable(false);
                let value = types.1.arrow_field("value", complex);
                let entries = DataType::Struct(Fields::from(vec![key, value]));
                DataType::Map(Arc::new(Field::new("entries", entries, false)), false)
            }
            Self::Row(Some(fields)) if typed => {
                let named = |(index, field): (usize, &RowField)| {
                    let position = || format!("field{index}");
                    let name = field.name.clone().unwrap_or_else(position);
                    field.athena_type.arrow_field(&name, complex)
                };
                DataType::Struct(fields.iter().enumerate().map(named).collect())
            }
            Self::Char(_)
            | Self::Varchar(_)
            | Self::Time {
                with_zone: true, ..
            }
            | Self::Json
            | Self::IpAddress
            | Self::Array(_)
            | Self::Map(_)
            | Self::Row(_)
            | Self::Unknown
            | Self::Other(_) => DataType::Utf8,
        }
    }

    /// A nullable field of this type, whose metadata tells the Athena type and, for json and
    /// uuid, Arrow's extension type.
    pub(super) fn arrow_field(&self, name: &str, complex: ComplexTypes) -> Field {
        let mut metadata = HashMap::from([(TYPE_KEY.to_owned(), self.to_string())]);
        let extension = match self {
            Self::Json => Some("arrow.json"),
            Self::Uuid => Some("arrow.uuid"),
            _ => None,
        };
        if let Some(extension) = extension {
            metadata.insert(EXTENSION_NAME_KEY.to_owned(), extension.to_owned());
            metadata.insert(EXTENSION_METADATA_KEY.to_owned(), String::new());
        }
        Field::new(name, self.arrow_type(complex), true).with_metadata(metadata)
    }
}

#[cfg(test)]
mod tests {
    use super::{AthenaType, ComplexTypes};

    #[test]
    fn mapping_is_the_documented_one() {
        for (athena, text, typed) in [
            ("boolean", "Boolean", ""),
            ("tinyint", "Int8", ""),
            ("smallint", "Int16", ""),
            ("integer", "Int32", ""),
            ("bigint", "Int64", ""),
            ("real", "Float32", ""),
            ("double", "Float64", ""),
            ("decimal(38,37)", "Decimal128(38, 37)", ""),
            ("char(3)", "Utf8", ""),
            ("varchar", "Utf8", ""),
            ("varbinary", "Binary", ""),
            ("date", "Date32", ""),
            ("time(0)", "Time32(ms)", ""),
            ("time(3)", "Time32(ms)", ""),
            ("time(6)", "Time64(µs)", ""),
            ("time(7)", "Time64(ns)", ""),
            ("time(3) with time zone", "Utf8", ""),
            ("timestamp(0)", "Timestamp(s)", ""),
            ("timestamp(1)", "Timestamp(ms)", ""),
            ("timestamp(4)", "Timestamp(µs)", ""),
            ("timestamp(9)", "Timestamp(ns)", ""),
            ("timestamp(3) with time zone", "Timestamp(ms, \"UTC\")", ""),
            ("interval year to month", "Interval(MonthDayNano)", ""),
            ("interval day to second", "Interval(MonthDayNano)", ""),
            ("json", "Utf8", ""),
            ("uuid", "FixedSizeBinary(16)", ""),
            ("ipaddress", "Utf8", ""),
            ("unknown", "Utf8", ""),
            ("Geometry", "Utf8", ""),
            ("array", "Utf8", ""),
        ] {
            let athena = AthenaType::parse(athena).unwrap();
            let typed = if typed.is_empty() { text } else { typed };
            assert_eq!(
                athena.arrow_type(ComplexTypes::Text).to_string(),
                text,
                "{athena}"
            );
            assert_eq!(
                athena.arrow_type(ComplexTypes::Typed).to_string(),
                typed,
                "{athena}"
            );
        }
    }

    #[test]
    fn nested_types_become_list_map_and_struct_when_asked() {
        use arrow::datatypes::DataType;
        let nested = AthenaType::parse("array(map(varchar, row(a uuid, date)))").unwrap();
        assert_eq!(nested.arrow_type(ComplexTypes::Text), DataType::Utf8);
        let DataType::List(item) = nested.arrow_type(ComplexTypes::Typed) else {
            panic!("not a list")
        };
        assert_eq!((item.name().as_str(), item.is_nullable()), ("item", true));
        let DataType::Map(entries, false) = item.data_type() else {
            panic!("not a map: {item}")
        };
        let DataType::Struct(entry) = entries.data_type() else {
            panic!("not entries: {entries}")
        };
        assert!(!entry[0].is_nullable() && entry[1].is_nullable());
        let DataType::Struct(fields) = entry[1].data_type() else {
            panic!("not a struct: {entry:?}")
        };
        assert_eq!(fields[0].extension_type_name(), Some("arrow.uuid"));
        assert_eq!(fields[1].name(), "field1");
        assert_eq!(fields[1].metadata()["ATHENA:type"], "date");
    }
}
