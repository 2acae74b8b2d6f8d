//! Random rows against reference parsers, and random bytes against panics. Seeds are fixed.

use super::*;
use arrow::array::AsArray;
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int64Type, TimestampMillisecondType,
};
use chrono::{Days, NaiveDate, TimeDelta};
use fastrand::Rng;

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

fn random_text(rng: &mut Rng) -> String {
    const PARTS: [&str; 9] = [
        "a",
        "\"",
        ",",
        "\n",
        "\r\n",
        "ü",
        "🦀",
        " words of some length ",
        "\0",
    ];
    (0..rng.usize(..12))
        .map(|_| PARTS[rng.usize(..PARTS.len())])
        .collect()
}

fn epoch() -> NaiveDate {
    NaiveDate::from_ymd_opt(1970, 1, 1).unwrap()
}

fn random_cell(rng: &mut Rng, athena_type: &str) -> String {
    match athena_type {
        "bigint" => (rng.i64(..) >> rng.u8(..63)).to_string(),
        "real" => format!(
            "{:?}",
            f32::from_bits(rng.u32(..)).clamp(-f32::MAX, f32::MAX)
        ),
        "double" => match rng.u8(..3) {
            0 => format!(
                "{:?}",
                f64::from_bits(rng.u64(..)).clamp(-f64::MAX, f64::MAX)
            ),
            1 => format!("{:?}", rng.f64() * 1e6),
            // More digits than a double holds.
            _ => format!("{}.{}E{}", rng.u64(..), rng.u64(..), rng.i16(-340..280)),
        },
        "decimal(38,9)" => {
            let whole = (rng.u128(..) % 10_u128.pow(29)) >> rng.u8(..96);
            let sign = if rng.bool() { "-" } else { "" };
            format!("{sign}{whole}.{:09}", rng.u32(..1_000_000_000))
        }
        "varchar" => random_text(rng),
        "boolean" => rng.bool().to_string(),
        "date" => (epoch() + Days::new(rng.u64(..2_900_000))).to_string(),
        "timestamp(3)" => {
            let time = epoch().and_hms_opt(0, 0, 0).unwrap()
                + TimeDelta::milliseconds(rng.i64(-60_000_000_000_000..250_000_000_000_000));
            time.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
        }
        _ => {
            let bytes: Vec<_> = (0..rng.usize(..9))
                .map(|_| format!("{:02x}", rng.u8(..)))
                .collect();
            bytes.join(" ")
        }
    }
}

#[test]
fn random_rows_read_as_reference_parsers_read_them() {
    let mut rng = Rng::with_seed(7);
    let columns = columns(&TYPES);
    let rows: Vec<Row> = (0..20_000)
        .map(|_| {
            let mut cell =
                |athena_type| (rng.u8(..8) > 0).then(|| random_cell(&mut rng, athena_type));
            TYPES.map(&mut cell).to_vec()
        })
        .collect();
    let text = write_csv(&columns, &rows);
    let batch = decode_csv(&columns, &text).unwrap();
    assert_eq!(batch, decode_rows(&columns, &rows).unwrap());

    let pieces = std::iter::from_fn({
        let mut rest = text.as_slice();
        move || {
            let (piece, after) = rest.split_at(rest.len().min(rng.usize(1..3000)));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        }
    });
    let batches = decode_pieces(&columns, BatchLimits::default(), pieces).unwrap();
    assert_eq!(batch, concat_batches(&schema(&columns), &batches).unwrap());

    for (index, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let array = batch.column(column);
            assert_eq!(array.is_null(index), cell.is_none());
            let Some(cell) = cell.as_deref() else {
                continue;
            };
            let context = || format!("row {index}, {}: {cell:?}", TYPES[column]);
            let same = match TYPES[column] {
                "bigint" => {
                    array.as_primitive::<Int64Type>().value(index) == cell.parse::<i64>().unwrap()
                }
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
                    let expected =
                        chrono::NaiveDateTime::parse_from_str(cell, "%Y-%m-%d %H:%M:%S%.3f");
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
            };
            assert!(same, "{}", context());
        }
    }
}

#[test]
fn every_day_of_two_calendar_cycles_is_counted() {
    let first = NaiveDate::from_ymd_opt(-400, 1, 1).unwrap();
    let texts: Vec<String> = first
        .iter_days()
        .take(800 * 366)
        .map(|day| day.to_string())
        .collect();
    let values: Vec<_> = texts.iter().map(|text| Some(text.as_str())).collect();
    let array = decode_column("date", &values).unwrap();
    let start = first.signed_duration_since(epoch()).num_days();
    let counted = array
        .as_primitive::<Date32Type>()
        .values()
        .iter()
        .map(|day| i64::from(*day));
    assert!(counted.eq(start..start + 800 * 366));
}

#[test]
fn random_bytes_never_panic() {
    let mut rng = Rng::with_seed(3);
    let alphabet = b"\"\"\",,\n\n0123456789-.: eEtrufalsNaInity\xC3\xBC\xFF+/UTC";
    let columns = columns(&TYPES);
    let mut errors = 0;
    for round in 0..20_000 {
        let columns: Arc<[Column]> = columns[..rng.usize(1..=TYPES.len())].into();
        let mut text = write_csv(&columns, &[]);
        let length = rng.usize(..200);
        if round % 2 == 0 {
            text.extend((0..length).map(|_| alphabet[rng.usize(..alphabet.len())]));
        } else {
            let row: Row = columns
                .iter()
                .map(|column| Some(random_cell(&mut rng, &column.athena_type.to_string())))
                .collect();
            text = write_csv(&columns, &[row.clone(), row]);
            let position = rng.usize(..text.len());
            text[position] = alphabet[rng.usize(..alphabet.len())];
        }
        let limits = BatchLimits {
            max_rows: rng.usize(..4),
            max_bytes: rng.usize(..99),
            first_batch_rows: rng.usize(..3),
        };
        let pieces = text.chunks(rng.usize(1..100));
        let in_pieces = decode_pieces(&columns, limits, pieces);
        let whole = decode_csv(&columns, &text);
        errors += usize::from(whole.is_err());
        match (in_pieces, whole) {
            (Ok(batches), Ok(whole)) => {
                assert_eq!(concat_batches(&schema(&columns), &batches).unwrap(), whole);
            }
            (Err(in_pieces), Err(whole)) => assert_eq!(in_pieces.kind(), whole.kind()),
            (in_pieces, whole) => panic!("{text:?}: {in_pieces:?} differs from {whole:?}"),
        }
    }
    assert!((5_000..20_000).contains(&errors), "{errors}");
}
