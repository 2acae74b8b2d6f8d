//! Athena's types: every spelling of them, and what they become in Arrow.
//!
//! Three spellings exist: Trino's (`array(row(a integer))`), Hive's, which Glue stores
//! (`array<struct<a:int>>`), and the bare names of the ColumnInfo API (`array`). All are
//! read into one [`AthenaType`], whose text is Trino's. The mapping to Arrow is fixed;
//! changing it breaks callers. See `docs/types.md`.

mod arrow;
mod carrier;
mod column;
mod display;
mod parse;

pub use arrow::ComplexTypes;
pub(crate) use carrier::Carrier;
pub use column::{Column, schema, schema_as};

/// A type of Athena.
///
/// `Display` gives Trino's spelling, and [`AthenaType::parse`] reads it back to an equal value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AthenaType {
    /// `boolean`
    Boolean,
    /// `tinyint`, 8 bits
    TinyInt,
    /// `smallint`, 16 bits
    SmallInt,
    /// `integer`, 32 bits
    Integer,
    /// `bigint`, 64 bits
    BigInt,
    /// `real`, 32 bits; Hive and the ColumnInfo API say `float`
    Real,
    /// `double`, 64 bits
    Double,
    /// `decimal(precision, scale)`
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, 0 to `precision`.
        scale: u8,
    },
    /// `char(n)`, length in characters
    Char(u32),
    /// `varchar(n)` or, without a length, `varchar`; Hive's `string`
    Varchar(Option<u32>),
    /// `varbinary`; Hive's `binary`
    Varbinary,
    /// `date`
    Date,
    /// `time(p)`, `time(p) with time zone`
    Time {
        /// Digits of the second's fraction, 0 to 12.
        precision: u8,
        /// Whether values carry a zone.
        with_zone: bool,
    },
    /// `timestamp(p)`, `timestamp(p) with time zone`
    Timestamp {
        /// Digits of the second's fraction, 0 to 12.
        precision: u8,
        /// Whether values carry a zone.
        with_zone: bool,
    },
    /// `interval year to month`
    IntervalYearToMonth,
    /// `interval day to second`
    IntervalDayToSecond,
    /// `json`
    Json,
    /// `uuid`
    Uuid,
    /// `ipaddress`
    IpAddress,
    /// `array(T)`; the element type is `None` where the API says only `array`
    Array(Option<Box<AthenaType>>),
    /// `map(K, V)`; key and value types are `None` where the API says only `map`
    Map(Option<Box<(AthenaType, AthenaType)>>),
    /// `row(…)`; the fields are `None` where the API says only `row`
    Row(Option<Vec<RowField>>),
    /// `unknown`, the type of a bare NULL
    Unknown,
    /// A type this driver does not know, as it was spelled; its values are handed out as text
    Other(String),
}

/// A field of a [`AthenaType::Row`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowField {
    /// The name; Trino allows fields without one.
    pub name: Option<String>,
    /// The type.
    pub athena_type: AthenaType,
}

/// Digits assumed for a time or timestamp whose precision the service reports as 0.
///
/// 0 may mean `timestamp(0)` or "not told". Microseconds hold what Hive tables (3 digits)
/// and Iceberg tables (6 digits) can store, over Athena's whole range of years.
const UNREPORTED_PRECISION: u8 = 6;

/// What the ColumnInfo API reports as length of a `varchar` that has none.
const UNBOUNDED_VARCHAR: i32 = i32::MAX;

impl AthenaType {
    /// The type of a result column as GetQueryResults and `.metadata` tell it: a bare name,
    /// with precision and scale beside it.
    ///
    /// Names that are not understood, and decimals whose precision or scale cannot be, become
    /// [`AthenaType::Other`]: a new type of Athena must not make a result unreadable.
    pub fn from_column_info(type_name: &str, precision: i32, scale: i32) -> Self {
        let other = || Self::Other(type_name.to_owned());
        let precision_u8 = u8::try_from(precision).unwrap_or(0);
        match type_name.trim().to_ascii_lowercase().as_str() {
            "decimal" => decimal(precision, scale).unwrap_or_else(other),
            "varchar" if precision == UNBOUNDED_VARCHAR => Self::Varchar(None),
            "varchar" => Self::Varchar(u32::try_from(precision).ok().filter(|n| *n > 0)),
            "char" => Self::Char(u32::try_from(precision).unwrap_or(1).max(1)),
            name => match Self::parse(name) {
                Ok(Self::Time { with_zone, .. }) if !name.contains('(') => Self::Time {
                    precision: reported(precision_u8),
                    with_zone,
                },
                Ok(Self::Timestamp { with_zone, .. }) if !name.contains('(') => Self::Timestamp {
                    precision: reported(precision_u8),
                    with_zone,
                },
                Ok(Self::Other(_)) | Err(_) => other(),
                Ok(known) => known,
            },
        }
    }
}

impl AthenaType {
    /// Whether values consist of others: arrays, maps and rows.
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Array(_) | Self::Map(_) | Self::Row(_))
    }
}

/// The precision to use for a time type that is reported with `precision`.
fn reported(precision: u8) -> u8 {
    match precision {
        1..=parse::MAX_TIME_PRECISION => precision,
        _ => UNREPORTED_PRECISION,
    }
}

/// A decimal, if Athena can have one like it.
fn decimal(precision: i32, scale: i32) -> Option<AthenaType> {
    let precision = u8::try_from(precision).ok()?;
    let scale = u8::try_from(scale).ok()?;
    ((1..=38).contains(&precision) && scale <= precision)
        .then_some(AthenaType::Decimal { precision, scale })
}

#[cfg(test)]
mod tests {
    use super::AthenaType::{self, *};

    #[test]
    fn column_info_names_become_types() {
        let timestamp = |precision, with_zone| Timestamp {
            precision,
            with_zone,
        };
        for (name, precision, scale, expected) in [
            ("boolean", 0, 0, Boolean),
            ("tinyint", 3, 0, TinyInt),
            ("integer", 10, 0, Integer),
            ("bigint", 19, 0, BigInt),
            ("float", 17, 0, Real),
            ("double", 17, 0, Double),
            (
                "decimal",
                38,
                10,
                Decimal {
                    precision: 38,
                    scale: 10,
                },
            ),
            ("decimal", 0, 0, Other("decimal".into())),
            ("decimal", 5, 6, Other("decimal".into())),
            ("varchar", 2147483647, 0, Varchar(None)),
            ("varchar", 3, 0, Varchar(Some(3))),
            ("varchar", 0, 0, Varchar(None)),
            ("char", 7, 0, Char(7)),
            ("string", 0, 0, Varchar(None)),
            ("varbinary", 1073741824, 0, Varbinary),
            ("timestamp", 3, 0, timestamp(3, false)),
            ("timestamp", 9, 0, timestamp(9, false)),
            ("timestamp", 0, 0, timestamp(6, false)),
            ("timestamp(0)", 0, 0, timestamp(0, false)),
            ("timestamp with time zone", 3, 0, timestamp(3, true)),
            (
                "time",
                3,
                0,
                Time {
                    precision: 3,
                    with_zone: false,
                },
            ),
            (
                "time with time zone",
                3,
                0,
                Time {
                    precision: 3,
                    with_zone: true,
                },
            ),
            ("interval year to month", 0, 0, IntervalYearToMonth),
            ("interval day to second", 0, 0, IntervalDayToSecond),
            ("array", 0, 0, Array(None)),
            ("map", 0, 0, Map(None)),
            ("row", 0, 0, Row(None)),
            ("unknown", 0, 0, Unknown),
            ("HyperLogLog", 0, 0, Other("HyperLogLog".into())),
            ("qdigest(double", 0, 0, Other("qdigest(double".into())),
        ] {
            assert_eq!(
                AthenaType::from_column_info(name, precision, scale),
                expected,
                "{name}"
            );
        }
    }
}
