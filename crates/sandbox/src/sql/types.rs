//! Athena's types: their spelling, their Arrow form, and how `ColumnInfo` reports them.
//!
//! Arrow has no varchar(n), char(n), json, uuid or year-month interval of Trino's kind;
//! for these the Arrow field carries Athena's type text as metadata.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};

use crate::engine::Column;

/// Field metadata key that holds the Athena type where Arrow's is not enough.
const TYPE_KEY: &str = "athena:type";

/// Prefix of the name of a row field that has none.
pub(super) const UNNAMED_FIELD: &str = "\u{1}";

const UNBOUNDED: i32 = 2_147_483_647;

/// A type of Athena's SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum AthenaType {
    Boolean,
    Tinyint,
    Smallint,
    Integer,
    Bigint,
    Real,
    Double,
    Decimal(u8, i8),
    Varchar(Option<i32>),
    Char(i32),
    Varbinary,
    Date,
    Time(u8),
    TimeWithTimeZone(u8),
    Timestamp(u8),
    TimestampWithTimeZone(u8),
    IntervalYearToMonth,
    IntervalDayToSecond,
    Json,
    Uuid,
    IpAddress,
    Unknown,
    Array(Box<AthenaType>),
    Map(Box<AthenaType>, Box<AthenaType>),
    Row(Vec<(Option<String>, AthenaType)>),
}

impl AthenaType {
    /// The type of an Arrow field, metadata first.
    pub(super) fn of_field(field: &Field) -> Self {
        if let Some(known) = field
            .metadata()
            .get(TYPE_KEY)
            .and_then(|text| super::type_text::parse(text))
        {
            return known;
        }
        Self::of_arrow(field.data_type())
    }

    /// The type an Arrow type stands for when no metadata says more.
    pub(super) fn of_arrow(data_type: &DataType) -> Self {
        match data_type {
            DataType::Null => Self::Unknown,
            DataType::Boolean => Self::Boolean,
            DataType::Int8 => Self::Tinyint,
            DataType::Int16 | DataType::UInt8 => Self::Smallint,
            DataType::Int32 | DataType::UInt16 => Self::Integer,
            DataType::Int64 | DataType::UInt32 | DataType::UInt64 => Self::Bigint,
            DataType::Float16 | DataType::Float32 => Self::Real,
            DataType::Float64 => Self::Double,
            DataType::Decimal32(p, s)
            | DataType::Decimal64(p, s)
            | DataType::Decimal128(p, s)
            | DataType::Decimal256(p, s) => Self::Decimal(*p, *s),
            DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
            | DataType::FixedSizeBinary(_) => Self::Varbinary,
            DataType::Date32 | DataType::Date64 => Self::Date,
            DataType::Time32(unit) | DataType::Time64(unit) => Self::Time(digits(*unit)),
            DataType::Timestamp(unit, None) => Self::Timestamp(digits(*unit)),
            DataType::Timestamp(unit, Some(_)) => Self::TimestampWithTimeZone(digits(*unit)),
            DataType::Interval(IntervalUnit::YearMonth) => Self::IntervalYearToMonth,
            DataType::Interval(_) | DataType::Duration(_) => Self::IntervalDayToSecond,
            DataType::List(item)
            | DataType::LargeList(item)
            | DataType::ListView(item)
            | DataType::LargeListView(item)
            | DataType::FixedSizeList(item, _) => Self::Array(Box::new(Self::of_field(item))),
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(fields) if fields.len() == 2 => Self::Map(
                    Box::new(Self::of_field(&fields[0])),
                    Box::new(Self::of_field(&fields[1])),
                ),
                _ => Self::Unknown,
            },
            DataType::Struct(fields) => Self::Row(
                fields
                    .iter()
                    .map(|field| {
                        let name = field.name();
                        let named = !name.starts_with(UNNAMED_FIELD);
                        (named.then(|| name.clone()), Self::of_field(field))
                    })
                    .collect(),
            ),
            DataType::Dictionary(_, values) => Self::of_arrow(values),
            DataType::RunEndEncoded(_, values) => Self::of_field(values),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Union(..) => {
                Self::Varchar(None)
            }
        }
    }

    /// The Arrow type that holds values of this type.
    pub(super) fn arrow(&self) -> DataType {
        match self {
            Self::Boolean => DataType::Boolean,
            Self::Tinyint => DataType::Int8,
            Self::Smallint => DataType::Int16,
            Self::Integer => DataType::Int32,
            Self::Bigint => DataType::Int64,
            Self::Real => DataType::Float32,
            Self::Double => DataType::Float64,
            Self::Decimal(p, s) => DataType::Decimal128(*p, *s),
            Self::Varbinary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time(p) => match unit(*p) {
                unit @ (TimeUnit::Second | TimeUnit::Millisecond) => DataType::Time32(unit),
                unit => DataType::Time64(unit),
            },
            Self::Timestamp(p) => DataType::Timestamp(unit(*p), None),
            Self::TimestampWithTimeZone(p) => DataType::Timestamp(unit(*p), Some("UTC".into())),
            Self::IntervalYearToMonth | Self::IntervalDayToSecond => {
                DataType::Interval(IntervalUnit::MonthDayNano)
            }
            Self::Unknown => DataType::Null,
            Self::Varchar(_)
            | Self::Char(_)
            | Self::Json
            | Self::Uuid
            | Self::IpAddress
            | Self::TimeWithTimeZone(_) => DataType::Utf8,
            Self::Array(item) => DataType::List(item.field("item", true)),
            Self::Map(key, value) => {
                let entries =
                    Fields::from(vec![key.field("key", false), value.field("value", true)]);
                let entries = Field::new("entries", DataType::Struct(entries), false);
                DataType::Map(Arc::new(entries), false)
            }
            Self::Row(fields) => DataType::Struct(
                fields
                    .iter()
                    .enumerate()
                    .map(|(index, (name, field))| match name {
                        Some(name) => field.field(name, true),
                        None => field.field(&format!("{UNNAMED_FIELD}{index}"), true),
                    })
                    .collect(),
            ),
        }
    }

    /// An Arrow field of this type, with metadata where the Arrow type loses something.
    pub(super) fn field(&self, name: &str, nullable: bool) -> FieldRef {
        self.field_of(name, self.arrow(), nullable)
    }

    /// As [`Self::field`], for values that already have the Arrow type `data_type`.
    pub(super) fn field_of(&self, name: &str, data_type: DataType, nullable: bool) -> FieldRef {
        let lossy = Self::of_arrow(&data_type) != *self;
        let field = Field::new(name, data_type, nullable);
        Arc::new(if lossy {
            field.with_metadata(HashMap::from([(TYPE_KEY.to_owned(), self.to_string())]))
        } else {
            field
        })
    }

    /// `ColumnInfo` of a column of this type.
    pub(super) fn column(&self, name: String) -> Column {
        let (type_name, precision, scale, case_sensitive) = match self {
            Self::Boolean => ("boolean", 0, 0, false),
            Self::Tinyint => ("tinyint", 3, 0, false),
            Self::Smallint => ("smallint", 5, 0, false),
            Self::Integer => ("integer", 10, 0, false),
            Self::Bigint => ("bigint", 19, 0, false),
            Self::Real => ("float", 17, 0, false),
            Self::Double => ("double", 17, 0, false),
            Self::Decimal(p, s) => ("decimal", i32::from(*p), i32::from(*s), false),
            Self::Varchar(length) => ("varchar", length.unwrap_or(UNBOUNDED), 0, true),
            Self::Char(length) => ("char", *length, 0, true),
            Self::Varbinary => ("varbinary", 1_073_741_824, 0, false),
            Self::Date => ("date", 0, 0, false),
            Self::Time(p) => ("time", i32::from(*p), 0, false),
            Self::TimeWithTimeZone(p) => ("time with time zone", i32::from(*p), 0, false),
            Self::Timestamp(p) => ("timestamp", i32::from(*p), 0, false),
            Self::TimestampWithTimeZone(p) => ("timestamp with time zone", i32::from(*p), 0, false),
            Self::IntervalYearToMonth => ("interval year to month", 0, 0, false),
            Self::IntervalDayToSecond => ("interval day to second", 0, 0, false),
            Self::Json => ("json", 0, 0, false),
            Self::Uuid => ("uuid", 0, 0, false),
            Self::IpAddress => ("ipaddress", 0, 0, false),
            Self::Unknown => ("unknown", 0, 0, false),
            Self::Array(_) => ("array", 0, 0, false),
            Self::Map(..) => ("map", 0, 0, false),
            Self::Row(_) => ("row", 0, 0, false),
        };
        Column {
            name,
            type_name: type_name.to_owned(),
            precision,
            scale,
            case_sensitive,
        }
    }

    /// Hive's spelling, which DESCRIBE and Glue use.
    pub(super) fn hive(&self) -> String {
        match self {
            Self::Integer => "int".to_owned(),
            Self::Real => "float".to_owned(),
            Self::Varchar(None) => "string".to_owned(),
            Self::Varbinary => "binary".to_owned(),
            Self::Timestamp(_) => "timestamp".to_owned(),
            Self::Array(item) => format!("array<{}>", item.hive()),
            Self::Map(key, value) => format!("map<{},{}>", key.hive(), value.hive()),
            Self::Row(fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .enumerate()
                    .map(|(index, (name, field))| match name {
                        Some(name) => format!("{name}:{}", field.hive()),
                        None => format!("field{index}:{}", field.hive()),
                    })
                    .collect();
                format!("struct<{}>", fields.join(","))
            }
            other => other.to_string().replace(", ", ","),
        }
    }
}

/// Trino's spelling, as `typeof` and information_schema give it.
impl fmt::Display for AthenaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decimal(p, s) => write!(f, "decimal({p},{s})"),
            Self::Varchar(Some(length)) => write!(f, "varchar({length})"),
            Self::Char(length) => write!(f, "char({length})"),
            Self::Time(p) => write!(f, "time({p})"),
            Self::TimeWithTimeZone(p) => write!(f, "time({p}) with time zone"),
            Self::Timestamp(p) => write!(f, "timestamp({p})"),
            Self::TimestampWithTimeZone(p) => write!(f, "timestamp({p}) with time zone"),
            Self::Real => f.write_str("real"),
            Self::Array(item) => write!(f, "array({item})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Row(fields) => {
                f.write_str("row(")?;
                for (index, (name, field)) in fields.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    match name {
                        Some(name) => write!(f, "{name} {field}")?,
                        None => write!(f, "{field}")?,
                    }
                }
                f.write_str(")")
            }
            simple => f.write_str(&simple.column(String::new()).type_name),
        }
    }
}

/// The coarsest unit that holds `precision` fractional digits.
pub(super) const fn unit(precision: u8) -> TimeUnit {
    match precision {
        0 => TimeUnit::Second,
        1..=3 => TimeUnit::Millisecond,
        4..=6 => TimeUnit::Microsecond,
        _ => TimeUnit::Nanosecond,
    }
}

/// The fractional digits of a unit.
pub(super) const fn digits(unit: TimeUnit) -> u8 {
    match unit {
        TimeUnit::Second => 0,
        TimeUnit::Millisecond => 3,
        TimeUnit::Microsecond => 6,
        TimeUnit::Nanosecond => 9,
    }
}
