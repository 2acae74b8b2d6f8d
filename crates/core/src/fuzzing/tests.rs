//! Random tables against reference parsers, in pieces and as rows; random bytes against panics.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, TimestampMillisecondType,
};
use chrono::{Days, NaiveDate, TimeDelta};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::tables::{check, from_csv};
use crate::decode::BatchLimits;
use crate::types::{AthenaType, Column};

type Row = Vec<Option<String>>;

const TYPES: [&str; 9] = [
    "bigint",
    "real",
    "double",
    "decimal(38,9)",
    "varchar",
    "boolean",
    "date",
    "timestamp(3)",
    "varbinary",
];

fn columns() -> Arc<[Column]> {
    let types = TYPES.iter().enumerate();
    types
        .map(|(index, text)| Column::new(format!("c{index}"), AthenaType::parse(text).unwrap()))
        .collect()
}

/// Rows as Athena writes them into the result object.
fn object(rows: &[Row]) -> Vec<u8> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let mut text = line(
        columns()
            .iter()
            .map(|column| quoted(&column.name))
            .collect(),
    );
    for row in rows {
        let cells = row.iter().map(|cell| cell.as_deref().map(quoted));
        text += &line(cells.map(Option::unwrap_or_default).collect());
    }
    text.into_bytes()
}

fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()
}

fn cell(athena_type: &str) -> BoxedStrategy<String> {
    match athena_type {
        "bigint" => (any::<i64>(), 0..64_u8)
            .prop_map(|(number, shift)| (number >> shift).to_string())
            .boxed(),
        "real" => any::<f32>().prop_map(java).boxed(),
        // Also more digits than a double holds.
        "double" => prop_oneof![
            any::<f64>().prop_map(java),
            (any::<u64>(), any::<u64>(), -340..280_i16)
                .prop_map(|(whole, fraction, exponent)| format!("{whole}.{fraction}E{exponent}")),
        ]
        .boxed(),
        "decimal(38,9)" => (
            0..10_i128.pow(29),
            0..96_u8,
            0..1_000_000_000_u32,
            any::<bool>(),
        )
            .prop_map(|(whole, shift, fraction, negative)| {
                let sign = if negative { "-" } else { "" };
                format!("{sign}{}.{fraction:09}", whole >> shift)
            })
            .boxed(),
        "varchar" => vec(
            select(vec![
                "a",
                "\"",
                ",",
                "\n",
                "\r\n",
                "ü",
                "🦀",
                " words of some length ",
                "\0",
            ]),
            ..12,
        )
        .prop_map(|parts| parts.concat())
        .boxed(),
        "boolean" => any::<bool>().prop_map(|value| value.to_string()).boxed(),
        "date" => (0..2_900_000_u64)
            .prop_map(|days| (epoch() + Days::new(days)).to_string())
            .boxed(),
        "timestamp(3)" => (-60_000_000_000_000..250_000_000_000_000_i64)
            .prop_map(|millis| {
                let time = epoch().and_hms_opt(0, 0, 0).unwrap() + TimeDelta::milliseconds(millis);
                time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
            })
            .boxed(),
        _ => vec(any::<u8>(), ..9)
            .prop_map(|bytes| {
                let bytes: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                bytes.join(" ")
            })
            .boxed(),
    }
}

/// A float with the words Java has for what is no number.
fn java(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").replace("inf", "Infinity")
}

fn table() -> impl Strategy<Value = Vec<Row>> {
    let row = TYPES.map(|athena_type| option::weighted(0.9, cell(athena_type)));
    vec(row.prop_map(|cells| cells.to_vec()), ..20)
}

fn limits() -> impl Strategy<Value = BatchLimits> {
    (..8_usize, ..2_000_usize, ..5_usize).prop_map(|(max_rows, max_bytes, first_batch_rows)| {
        BatchLimits {
            max_rows,
            max_bytes,
            first_batch_rows,
        }
    })
}

proptest! {
    #[test]
    fn tables_read_as_reference_parsers_read_them_however_they_are_cut(
        rows in table(), piece in 1..300_usize, limits in limits(),
    ) {
        let columns = columns();
        let text = object(&rows);
        check(&columns, &text, piece, limits);
        let batch = from_csv(&columns, [text.as_slice()], limits).unwrap();
        prop_assert_eq!(batch.num_rows(), rows.len());
        for (index, row) in rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let array = batch.column(column);
                prop_assert_eq!(array.is_null(index), cell.is_none());
                if let Some(cell) = cell {
                    prop_assert!(reads_as(array, column, index, cell), "{}: {cell:?}", TYPES[column]);
                }
            }
        }
    }

    #[test]
    fn a_table_with_one_byte_changed_is_read_alike_however_it_is_cut(
        rows in table(), place: Index, byte: u8, piece in 1..300_usize, limits in limits(),
    ) {
        let columns = columns();
        let mut text = object(&rows);
        let place = place.index(text.len());
        text[place] = byte;
        check(&columns, &text, piece, limits);
    }

    #[test]
    fn any_bytes_are_read_alike_however_they_are_cut(
        how: [u8; 3],
        bytes in vec(select(b"\"\"\",,\n\n0123456789-.: eEtrufalsNaInity\xC3\xBC\xFF+/UTC".to_vec()), ..200),
    ) {
        super::csv(&[how.as_slice(), b"\"c0\"\n", &bytes].concat());
    }
}

/// Whether the value of the array is what another parser reads from the text.
fn reads_as(array: &ArrayRef, column: usize, index: usize, cell: &str) -> bool {
    match TYPES[column] {
        "bigint" => array.as_primitive::<Int64Type>().value(index) == cell.parse::<i64>().unwrap(),
        "real" => {
            let expected: f32 = cell.parse().unwrap();
            array.as_primitive::<Float32Type>().value(index).to_bits() == expected.to_bits()
                || expected.is_nan()
        }
        "double" => {
            let expected: f64 = cell.parse().unwrap();
            array.as_primitive::<Float64Type>().value(index).to_bits() == expected.to_bits()
                || expected.is_nan()
        }
        "decimal(38,9)" => {
            let expected: i128 = cell.replace('.', "").parse().unwrap();
            array.as_primitive::<Decimal128Type>().value(index) == expected
        }
        "varchar" => array.as_string::<i32>().value(index) == cell,
        "boolean" => array.as_boolean().value(index).to_string() == cell,
        "date" => {
            let expected: NaiveDate = cell.parse().unwrap();
            let days = expected.signed_duration_since(epoch()).num_days();
            i64::from(array.as_primitive::<Date32Type>().value(index)) == days
        }
        "timestamp(3)" => {
            let expected = chrono::NaiveDateTime::parse_from_str(cell, "%Y-%m-%d %H:%M:%S%.3f");
            let millis = expected.unwrap().and_utc().timestamp_millis();
            array
                .as_primitive::<TimestampMillisecondType>()
                .value(index)
                == millis
        }
        _ => {
            let bytes: Vec<_> = array
                .as_binary::<i32>()
                .value(index)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            bytes.join(" ") == cell
        }
    }
}
