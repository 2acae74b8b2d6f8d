//! `xxhash64(bytes)` and the aggregate `checksum(x)`.

use std::mem::size_of_val;
use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _, BinaryArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Decimal128Type, Field, FieldRef, Float32Type, Float64Type, Int64Type, TimeUnit,
};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility,
};

use super::{AthenaError, Function, returning};
use crate::sql::types::AthenaType;

const PRIMES: [u64; 5] = [
    0x9E37_79B1_85EB_CA87,
    0xC2B2_AE3D_27D4_EB4F,
    0x1656_67B1_9E37_79F9,
    0x85EB_CA77_C2B2_AE63,
    0x27D4_EB2F_1656_67C5,
];

pub(super) fn functions() -> Vec<Function> {
    let binary =
        |_: &datafusion::logical_expr::ReturnFieldArgs<'_>| returning(&AthenaType::Varbinary);
    vec![
        Function::new("xxhash64", 1..=1, binary, |args| {
            let bytes = args.bytes(0)?;
            let rows = args.each(|row| Ok(Some(xxh64(bytes.value(row)).to_be_bytes())))?;
            Ok(Arc::new(rows.into_iter().collect::<BinaryArray>()))
        })
        .taking("b"),
    ]
}

/// The aggregate.
pub(super) fn checksum() -> Arc<AggregateUDF> {
    Arc::new(AggregateUDF::new_from_impl(Checksum {
        signature: Signature::any(1, Volatility::Immutable),
    }))
}

/// XXH64 with seed 0, as specified by its author.
fn xxh64(bytes: &[u8]) -> u64 {
    let [p1, p2, p3, p4, p5] = PRIMES;
    let round = |lane: u64, word: u64| {
        lane.wrapping_add(word.wrapping_mul(p2))
            .rotate_left(31)
            .wrapping_mul(p1)
    };
    let (stripes, tail) = bytes.as_chunks::<32>();
    let mut hash = if stripes.is_empty() {
        p5
    } else {
        let mut lanes = [p1.wrapping_add(p2), p2, 0, 0_u64.wrapping_sub(p1)];
        for stripe in stripes {
            let (words, _) = stripe.as_chunks::<8>();
            for (lane, word) in lanes.iter_mut().zip(words) {
                *lane = round(*lane, u64::from_le_bytes(*word));
            }
        }
        let turned = lanes.iter().zip([1, 7, 12, 18]);
        let mut hash = turned.fold(0_u64, |hash, (lane, by)| {
            hash.wrapping_add(lane.rotate_left(by))
        });
        for lane in lanes {
            hash = (hash ^ round(0, lane)).wrapping_mul(p1).wrapping_add(p4);
        }
        hash
    };
    hash = hash.wrapping_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let (words, tail) = tail.as_chunks::<8>();
    for word in words {
        hash = (hash ^ round(0, u64::from_le_bytes(*word)))
            .rotate_left(27)
            .wrapping_mul(p1)
            .wrapping_add(p4);
    }
    let (halves, tail) = tail.as_chunks::<4>();
    for half in halves {
        let half = u64::from(u32::from_le_bytes(*half));
        hash = (hash ^ half.wrapping_mul(p1))
            .rotate_left(23)
            .wrapping_mul(p2)
            .wrapping_add(p3);
    }
    for byte in tail {
        hash = (hash ^ u64::from(*byte).wrapping_mul(p5))
            .rotate_left(11)
            .wrapping_mul(p1);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(p2);
    hash = (hash ^ (hash >> 29)).wrapping_mul(p3);
    hash ^ (hash >> 32)
}

/// The hash of a number, which Trino holds in 64 bits.
fn of_long(value: i64) -> u64 {
    xxh64(&value.to_le_bytes())
}

/// The hash of each row as Trino's type of it has it; `None` for NULL.
fn hashes(array: &ArrayRef) -> Result<Vec<Option<u64>>> {
    let longs = |array: &ArrayRef| -> Result<Vec<Option<u64>>> {
        let longs = cast(array, &DataType::Int64)?;
        let longs = longs.as_primitive::<Int64Type>().iter();
        Ok(longs.map(|value| value.map(of_long)).collect())
    };
    match array.data_type() {
        DataType::Null => Ok(vec![None; array.len()]),
        DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64 => longs(array),
        DataType::Date32 => longs(&cast(array, &DataType::Int32)?),
        DataType::Timestamp(
            TimeUnit::Second | TimeUnit::Millisecond | TimeUnit::Microsecond,
            None,
        ) => longs(&cast(
            array,
            &DataType::Timestamp(TimeUnit::Microsecond, None),
        )?),
        DataType::Timestamp(TimeUnit::Second | TimeUnit::Millisecond, Some(zone)) => {
            let millis = DataType::Timestamp(TimeUnit::Millisecond, Some(Arc::clone(zone)));
            longs(&cast(array, &millis)?)
        }
        DataType::Float64 => {
            let values = array.as_primitive::<Float64Type>().iter();
            // -0 is 0.
            let bits = values.map(|value| Some((value? + 0.0).to_bits().cast_signed()));
            Ok(bits.map(|bits| bits.map(of_long)).collect())
        }
        DataType::Float32 => {
            let values = array.as_primitive::<Float32Type>().iter();
            let bits = values.map(|value| Some((value? + 0.0).to_bits().cast_signed()));
            Ok(bits
                .map(|bits| bits.map(|bits| of_long(i64::from(bits))))
                .collect())
        }
        DataType::Decimal128(precision, _) if *precision <= 18 => {
            let values = array.as_primitive::<Decimal128Type>().iter();
            let values = values.map(|value| i64::try_from(value?).ok());
            Ok(values.map(|value| value.map(of_long)).collect())
        }
        DataType::Utf8 | DataType::Binary | DataType::Utf8View | DataType::BinaryView => {
            let bytes = cast(array, &DataType::Binary)?;
            let bytes = bytes.as_binary::<i32>();
            Ok(bytes.iter().map(|value| value.map(xxh64)).collect())
        }
        other => {
            let athena_type = AthenaType::of_arrow(other);
            Err(AthenaError::not_supported(format!("checksum of {athena_type}")).into())
        }
    }
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Checksum {
    signature: Signature,
}

impl AggregateUDFImpl for Checksum {
    fn name(&self) -> &str {
        "checksum"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn accumulator(&self, _args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Sum(None)))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let name = format!("{}[sum]", args.name);
        Ok(vec![Arc::new(Field::new(name, DataType::Int64, true))])
    }
}

/// The sum of the hashes; `None` of no rows.
#[derive(Debug)]
struct Sum(Option<u64>);

impl Sum {
    fn add(&mut self, value: u64) {
        self.0 = Some(self.0.unwrap_or(0).wrapping_add(value));
    }
}

impl Accumulator for Sum {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some(column) = values.first() else {
            return Err(DataFusionError::Internal("checksum of nothing".to_owned()));
        };
        for hash in hashes(column)? {
            // NULL counts as 1.
            self.add(hash.unwrap_or(1).wrapping_mul(PRIMES[0]));
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let sums = states.first().map(|sums| sums.as_primitive::<Int64Type>());
        for sum in sums.into_iter().flatten().flatten() {
            self.add(sum.cast_unsigned());
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let bytes = self.0.map(|sum| sum.to_le_bytes().to_vec());
        Ok(ScalarValue::Binary(bytes))
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Int64(self.0.map(u64::cast_signed))])
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the specification's own list.
    #[test]
    fn known_texts_have_known_hashes() {
        for (text, hash) in [
            ("", 0xEF46_DB37_51D8_E999),
            ("a", 0xD24E_C4F1_A98C_6E5B),
            ("abc", 0x44BC_2CF5_AD77_0999),
            (
                "Nobody inspects the spammish repetition",
                0xFBCE_A83C_8A37_8BF1,
            ),
        ] {
            assert_eq!(xxh64(text.as_bytes()), hash, "{text}");
        }
    }
}
