//! Parquet files as Athena's writer makes them.
//!
//! Arrow's own writer cannot write INT96 timestamps, nor make every column optional, so
//! the columns are written leaf by leaf.

use std::fs::File;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::TimeUnit as ArrowUnit;
use datafusion::arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::parquet::basic::{
    Compression, ConvertedType, GzipLevel, LogicalType, Repetition, TimeUnit, Type as PhysicalType,
    ZstdLevel,
};
use datafusion::parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType as ParquetType, DoubleType, FixedLenByteArray,
    FixedLenByteArrayType, FloatType, Int32Type as ParquetInt32, Int64Type as ParquetInt64, Int96,
    Int96Type,
};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::KeyValue;
use datafusion::parquet::file::properties::{WriterProperties, WriterVersion};
use datafusion::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use datafusion::parquet::schema::types::{Type, TypePtr};

use super::shred::{Leaf, shred};
use super::{FileWriter, OutputColumn};
use crate::sql::types::{AthenaType, digits};

/// The writer of the Parquet files that real Athena leaves.
const CREATED_BY: &str = "parquet-mr-trino version 0.215-23249-g67fe549 (build n/a)";

/// A row group is written when this much is waiting.
const ROW_GROUP_BYTES: usize = 32 << 20;

const NANOS_PER_DAY: i128 = 86_400_000_000_000;
/// The Julian day of 1970-01-01.
const EPOCH_DAY: i128 = 2_440_588;

/// The codec of a name as UNLOAD and CTAS take it.
pub(super) fn compression(name: &str, level: Option<i64>) -> Option<Compression> {
    Some(match name {
        "GZIP" => Compression::GZIP(GzipLevel::default()),
        "SNAPPY" => Compression::SNAPPY,
        "ZSTD" => {
            let level = i32::try_from(level.unwrap_or(3)).ok()?;
            Compression::ZSTD(ZstdLevel::try_new(level).ok()?)
        }
        "NONE" | "UNCOMPRESSED" => Compression::UNCOMPRESSED,
        _ => return None,
    })
}

/// One file.
pub(super) struct ParquetFile {
    writer: SerializedFileWriter<File>,
    types: Vec<AthenaType>,
    waiting: Vec<Vec<ArrayRef>>,
    waiting_bytes: usize,
}

impl ParquetFile {
    /// Begins a file.
    pub(super) fn new(
        file: File,
        columns: &[OutputColumn],
        compression: Compression,
    ) -> Result<Self> {
        let fields = columns
            .iter()
            .map(|column| field(&column.name, &column.athena_type, Repetition::OPTIONAL))
            .collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("trino_schema")
            .with_fields(fields)
            .build()?;
        let properties = WriterProperties::builder()
            .set_created_by(CREATED_BY.to_owned())
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_compression(compression)
            .set_key_value_metadata(Some(vec![KeyValue::new(
                "writer.time.zone".to_owned(),
                "UTC".to_owned(),
            )]))
            .build();
        Ok(Self {
            writer: SerializedFileWriter::new(file, Arc::new(schema), Arc::new(properties))?,
            types: columns
                .iter()
                .map(|column| column.athena_type.clone())
                .collect(),
            waiting: Vec::new(),
            waiting_bytes: 0,
        })
    }

    fn flush(&mut self) -> Result<()> {
        let batches = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        if batches.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (index, athena_type) in self.types.iter().enumerate() {
            let parts = batches
                .iter()
                .filter_map(|batch| batch.get(index))
                .map(|array| shred(array, athena_type))
                .collect::<Result<Vec<_>>>()?;
            let count = parts.first().map_or(0, Vec::len);
            for position in 0..count {
                let mut column = group.next_column()?.ok_or_else(|| {
                    DataFusionError::Internal("fewer columns than leaves".to_owned())
                })?;
                for leaf in parts.iter().filter_map(|leaves| leaves.get(position)) {
                    write_leaf(&mut column, leaf)?;
                }
                column.close()?;
            }
        }
        group.close()?;
        Ok(())
    }
}

impl FileWriter for ParquetFile {
    fn write(&mut self, columns: &[ArrayRef]) -> Result<()> {
        self.waiting_bytes += columns
            .iter()
            .map(|array| array.get_array_memory_size())
            .sum::<usize>();
        self.waiting.push(columns.to_vec());
        if self.waiting_bytes >= ROW_GROUP_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.flush()?;
        self.writer.close()?;
        Ok(())
    }
}

/// The schema of a column.
fn field(name: &str, athena_type: &AthenaType, repetition: Repetition) -> Result<TypePtr> {
    let primitive = |physical| Type::primitive_type_builder(name, physical);
    let integer = |bits| Some(LogicalType::integer(bits, true));
    let built = match athena_type {
        AthenaType::Array(item) => return list(name, item, repetition),
        AthenaType::Map(key, value) => return map(name, (key, value), repetition),
        AthenaType::Row(fields) => {
            let fields = fields
                .iter()
                .map(|(name, field_type)| {
                    let name = name.as_deref().unwrap_or_default();
                    field(name, field_type, Repetition::OPTIONAL)
                })
                .collect::<Result<Vec<_>>>()?;
            Type::group_type_builder(name)
                .with_repetition(repetition)
                .with_fields(fields)
                .build()
        }
        AthenaType::Boolean => primitive(PhysicalType::BOOLEAN)
            .with_repetition(repetition)
            .build(),
        AthenaType::Tinyint => primitive(PhysicalType::INT32)
            .with_logical_type(integer(8))
            .with_repetition(repetition)
            .build(),
        AthenaType::Smallint => primitive(PhysicalType::INT32)
            .with_logical_type(integer(16))
            .with_repetition(repetition)
            .build(),
        AthenaType::Integer => primitive(PhysicalType::INT32)
            .with_logical_type(integer(32))
            .with_repetition(repetition)
            .build(),
        AthenaType::Bigint => primitive(PhysicalType::INT64)
            .with_repetition(repetition)
            .build(),
        AthenaType::Real => primitive(PhysicalType::FLOAT)
            .with_repetition(repetition)
            .build(),
        AthenaType::Double => primitive(PhysicalType::DOUBLE)
            .with_repetition(repetition)
            .build(),
        AthenaType::Decimal(precision, scale) => primitive(PhysicalType::FIXED_LEN_BYTE_ARRAY)
            .with_length(i32::from(decimal_length(*precision)))
            .with_logical_type(Some(LogicalType::decimal(
                i32::from(*scale),
                i32::from(*precision),
            )))
            .with_precision(i32::from(*precision))
            .with_scale(i32::from(*scale))
            .with_repetition(repetition)
            .build(),
        AthenaType::Varchar(_) | AthenaType::Char(_) => primitive(PhysicalType::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::String))
            .with_repetition(repetition)
            .build(),
        AthenaType::Varbinary => primitive(PhysicalType::BYTE_ARRAY)
            .with_repetition(repetition)
            .build(),
        AthenaType::Date => primitive(PhysicalType::INT32)
            .with_logical_type(Some(LogicalType::Date))
            .with_repetition(repetition)
            .build(),
        AthenaType::Timestamp(4..) => primitive(PhysicalType::INT64)
            .with_logical_type(Some(LogicalType::timestamp(false, TimeUnit::MICROS)))
            .with_repetition(repetition)
            .build(),
        AthenaType::Timestamp(_) => primitive(PhysicalType::INT96)
            .with_repetition(repetition)
            .build(),
        other => {
            return Err(DataFusionError::Internal(format!(
                "{other} has no Parquet form"
            )));
        }
    };
    Ok(Arc::new(built?))
}

fn list(name: &str, item: &AthenaType, repetition: Repetition) -> Result<TypePtr> {
    let element = field("element", item, Repetition::OPTIONAL)?;
    let repeated = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![element])
        .build()?;
    let built = Type::group_type_builder(name)
        .with_repetition(repetition)
        .with_logical_type(Some(LogicalType::List))
        .with_converted_type(ConvertedType::LIST)
        .with_fields(vec![Arc::new(repeated)])
        .build()?;
    Ok(Arc::new(built))
}

fn map(
    name: &str,
    (key, value): (&AthenaType, &AthenaType),
    repetition: Repetition,
) -> Result<TypePtr> {
    let key = field("key", key, Repetition::REQUIRED)?;
    let value = field("value", value, Repetition::OPTIONAL)?;
    let repeated = Type::group_type_builder("key_value")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![key, value])
        .build()?;
    let built = Type::group_type_builder(name)
        .with_repetition(repetition)
        .with_logical_type(Some(LogicalType::Map))
        .with_converted_type(ConvertedType::MAP)
        .with_fields(vec![Arc::new(repeated)])
        .build()?;
    Ok(Arc::new(built))
}

/// The least number of bytes that hold every decimal of a precision.
fn decimal_length(precision: u8) -> u8 {
    let mut largest: i128 = 1;
    for _ in 0..precision.min(38) {
        largest = largest.saturating_mul(10);
    }
    (1..16)
        .find(|bytes| largest - 1 < 1_i128 << (8 * u32::from(*bytes) - 1))
        .unwrap_or(16)
}

fn write_leaf(column: &mut SerializedColumnWriter<'_>, leaf: &Leaf) -> Result<()> {
    match &leaf.athena_type {
        AthenaType::Boolean => {
            let array = leaf.values.as_boolean();
            put::<BoolType>(column, leaf, |index| array.value(index))
        }
        AthenaType::Tinyint => {
            let array = leaf.values.as_primitive::<Int8Type>();
            put::<ParquetInt32>(column, leaf, |index| i32::from(array.value(index)))
        }
        AthenaType::Smallint => {
            let array = leaf.values.as_primitive::<Int16Type>();
            put::<ParquetInt32>(column, leaf, |index| i32::from(array.value(index)))
        }
        AthenaType::Integer => put::<ParquetInt32>(column, leaf, plain::<Int32Type>(leaf)),
        AthenaType::Date => put::<ParquetInt32>(column, leaf, plain::<Date32Type>(leaf)),
        AthenaType::Bigint => put::<ParquetInt64>(column, leaf, plain::<Int64Type>(leaf)),
        AthenaType::Real => put::<FloatType>(column, leaf, plain::<Float32Type>(leaf)),
        AthenaType::Double => put::<DoubleType>(column, leaf, plain::<Float64Type>(leaf)),
        AthenaType::Decimal(precision, _) => {
            let array = leaf.values.as_primitive::<Decimal128Type>();
            let skipped = 16 - usize::from(decimal_length(*precision));
            put::<FixedLenByteArrayType>(column, leaf, |index| {
                let bytes = array.value(index).to_be_bytes();
                FixedLenByteArray::from(bytes.iter().skip(skipped).copied().collect::<Vec<u8>>())
            })
        }
        AthenaType::Varchar(_) | AthenaType::Char(_) => {
            let array = leaf.values.as_string::<i32>();
            put::<ByteArrayType>(column, leaf, |index| ByteArray::from(array.value(index)))
        }
        AthenaType::Varbinary => {
            let array = leaf.values.as_binary::<i32>();
            put::<ByteArrayType>(column, leaf, |index| {
                ByteArray::from(array.value(index).to_vec())
            })
        }
        AthenaType::Timestamp(4..) => {
            let micros = DataType::Timestamp(ArrowUnit::Microsecond, None);
            let ticks = cast(&cast(&leaf.values, &micros)?, &DataType::Int64)?;
            let ticks = ticks.as_primitive::<Int64Type>();
            put::<ParquetInt64>(column, leaf, |index| ticks.value(index))
        }
        AthenaType::Timestamp(_) => {
            let DataType::Timestamp(unit, _) = leaf.values.data_type() else {
                return Err(DataFusionError::Internal("no timestamps".to_owned()));
            };
            let nanos = 10_i128.pow(9 - u32::from(digits(*unit)));
            let ticks = cast(&leaf.values, &DataType::Int64)?;
            let ticks = ticks.as_primitive::<Int64Type>();
            put::<Int96Type>(column, leaf, |index| {
                int96(i128::from(ticks.value(index)) * nanos)
            })
        }
        other => Err(DataFusionError::Internal(format!(
            "{other} has no Parquet form"
        ))),
    }
}

/// Reads values that Parquet has as they are.
fn plain<T: ArrowPrimitiveType>(leaf: &Leaf) -> impl Fn(usize) -> T::Native {
    let array = leaf.values.as_primitive::<T>();
    |index| array.value(index)
}

fn put<T: ParquetType>(
    column: &mut SerializedColumnWriter<'_>,
    leaf: &Leaf,
    value: impl Fn(usize) -> T::T,
) -> Result<()> {
    let values: Vec<T::T> = leaf.present.iter().map(|&index| value(index)).collect();
    column
        .typed::<T>()
        .write_batch(&values, Some(&leaf.definitions), Some(&leaf.repetitions))
        .map(drop)
        .map_err(|error: ParquetError| error.into())
}

/// Nanoseconds of the day, then the Julian day.
fn int96(nanos: i128) -> Int96 {
    let (day, rest) = (
        nanos.div_euclid(NANOS_PER_DAY),
        nanos.rem_euclid(NANOS_PER_DAY),
    );
    let word = |value: i128| u32::try_from(value & 0xffff_ffff).unwrap_or_default();
    let mut written = Int96::new();
    written.set_data(word(rest), word(rest >> 32), word(day + EPOCH_DAY));
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_take_as_few_bytes_as_hold_them() {
        for (precision, bytes) in [
            (1, 1),
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 3),
            (7, 4),
            (9, 4),
            (10, 5),
            (18, 8),
            (19, 9),
            (38, 16),
        ] {
            assert_eq!(decimal_length(precision), bytes, "{precision}");
        }
    }

    #[test]
    fn int96_counts_from_the_julian_day() {
        assert_eq!(int96(0).data(), [0, 0, 2_440_588]);
        assert_eq!(
            int96(-1).data(),
            [
                u32::try_from((NANOS_PER_DAY - 1) & 0xffff_ffff).unwrap(),
                u32::try_from((NANOS_PER_DAY - 1) >> 32).unwrap(),
                2_440_587
            ]
        );
    }
}
