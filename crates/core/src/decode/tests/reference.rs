//! The decoder, which looks at many bytes at once, against one that looks at each; and its
//! values against those of arrow-csv.

use super::*;
use arrow::array::AsArray;
use chrono::{DateTime, Days, NaiveDate};
use fastrand::Rng;

/// Reads a result object one byte after the other, the header included; `None` if it is none.
fn records(text: &[u8], fields: usize) -> Option<Vec<Vec<Option<Vec<u8>>>>> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field: Option<Vec<u8>> = None;
    let mut quoted = false;
    let mut closed = false;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&b'"') => {
                bytes.next();
                field.get_or_insert_default().push(b'"');
            }
            b'"' if quoted => (quoted, closed) = (false, true),
            _ if quoted => field.get_or_insert_default().push(byte),
            b'"' if field.is_none() => {
                quoted = true;
                field = Some(Vec::new());
            }
            b',' | b'\n' => {
                record.push(field.take());
                closed = false;
                if byte == b'\n' {
                    records.push(std::mem::take(&mut record));
                }
            }
            _ if closed => return None,
            _ => field.get_or_insert_default().push(byte),
        }
    }
    let whole = field.is_none() && record.is_empty() && !records.is_empty();
    let even = records.iter().all(|record| record.len() == fields);
    let mut values = records.iter().skip(1).flatten().flatten();
    let is_text = values.all(|value| std::str::from_utf8(value).is_ok());
    (whole && even && is_text).then_some(records)
}

/// Values of every length around those that are looked at together, quotes at every place.
fn random_value(rng: &mut Rng) -> Vec<u8> {
    let length = match rng.u8(..4) {
        0 => rng.usize(..4),
        1 => rng.usize(12..20),
        2 => rng.usize(28..70),
        _ => rng.usize(..300),
    };
    let special = rng.u8(..20);
    (0..length)
        .map(|_| match rng.u8(..100) {
            n if n < special => *rng.choice(b"\"\",\n\r!#\xA2").unwrap_or(&b'"'),
            _ => rng.u8(b'a'..=b'z'),
        })
        // Half of a character would be refused where it stands; both halves are text.
        .flat_map(|byte| {
            if byte == 0xA2 {
                vec![0xC2, 0xA2]
            } else {
                vec![byte]
            }
        })
        .collect()
}

fn random_object(rng: &mut Rng, fields: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for row in 0..rng.usize(1..12) {
        for field in 0..fields {
            if field > 0 {
                text.push(b',');
            }
            let value = random_value(rng);
            let plain = !value.iter().any(|byte| b"\",\n".contains(byte));
            match rng.u8(..8) {
                0 if row > 0 => {}
                1 if plain => text.extend(&value),
                _ => {
                    text.push(b'"');
                    for byte in value {
                        text.extend(std::iter::repeat_n(byte, if byte == b'"' { 2 } else { 1 }));
                    }
                    text.push(b'"');
                }
            }
        }
        text.push(b'\n');
    }
    // Now and then something is wrong.
    if rng.u8(..4) == 0 {
        let place = rng.usize(..text.len());
        text[place] = *rng.choice(b"\",\nx").unwrap_or(&b'x');
    }
    text
}

#[test]
fn byte_by_byte_gives_the_same_bytes() {
    let mut rng = Rng::with_seed(23);
    let mut refused = 0;
    for _ in 0..1_500 {
        let fields = rng.usize(1..5);
        let columns = columns(&vec!["varchar"; fields]);
        let text = random_object(&mut rng, fields);
        let expected = records(&text, fields);
        let piece = rng.usize(1..400);
        let shown = String::from_utf8_lossy(&text);
        let batches = decode_pieces(&columns, BatchLimits::default(), text.chunks(piece));
        let (batches, expected) = match (batches, expected) {
            (Ok(batches), Some(expected)) => (batches, expected),
            (Err(_), None) => {
                refused += 1;
                continue;
            }
            (batches, _) => panic!("{shown}: {batches:?}"),
        };
        let batch = concat_batches(&schema(&columns), &batches).unwrap();
        for column in 0..fields {
            let values = batch.column(column).as_string::<i32>().iter();
            let values: Vec<_> = values.map(|value| value.map(str::as_bytes)).collect();
            let expected = expected
                .iter()
                .skip(1)
                .map(|record| record[column].as_deref());
            assert_eq!(values, expected.collect::<Vec<_>>(), "{shown}");
        }
    }
    assert!((100..700).contains(&refused), "{refused}");
}

/// A value of a type that arrow-csv reads as well.
fn typed_value(rng: &mut Rng, athena_type: &str) -> String {
    match athena_type {
        "bigint" => (rng.i64(..) >> rng.u8(..63)).to_string(),
        "real" => format!(
            "{:?}",
            f32::from_bits(rng.u32(..)).clamp(-f32::MAX, f32::MAX)
        ),
        "double" if rng.bool() => {
            format!(
                "{:?}",
                f64::from_bits(rng.u64(..)).clamp(-f64::MAX, f64::MAX)
            )
        }
        // More digits than a double holds.
        "double" => format!("{}.{}E{}", rng.u64(..), rng.u64(..), rng.i16(-340..280)),
        "decimal(38,9)" => {
            let whole = (rng.u128(..) % 10_u128.pow(29)) >> rng.u8(..96);
            let sign = if rng.bool() { "-" } else { "" };
            format!("{sign}{whole}.{:09}", rng.u32(..1_000_000_000))
        }
        "boolean" => rng.bool().to_string(),
        "date" => (NaiveDate::default() + Days::new(rng.u64(..2_900_000))).to_string(),
        _ => {
            let time =
                DateTime::from_timestamp_millis(rng.i64(-60_000_000_000_000..250_000_000_000_000));
            time.unwrap().format("%Y-%m-%d %H:%M:%S%.3f").to_string()
        }
    }
}

#[test]
fn values_are_those_that_arrow_csv_reads() {
    // Without the types that arrow-csv does not know, and NULL, which it takes for ''.
    let types = [
        "bigint",
        "real",
        "double",
        "decimal(38,9)",
        "boolean",
        "date",
        "timestamp(3)",
    ];
    let mut rng = Rng::with_seed(29);
    let columns = columns(&types);
    let mut row = || -> Row {
        let cells = types.iter().map(|name| Some(typed_value(&mut rng, name)));
        cells.collect()
    };
    let rows: Vec<Row> = (0..3_000).map(|_| row()).collect();
    let text = write_csv(&columns, &rows);
    let reader = arrow_csv::ReaderBuilder::new(schema(&columns))
        .with_header(true)
        .build_buffered(text.as_slice())
        .unwrap();
    let expected: Vec<RecordBatch> = reader.map(|batch| batch.unwrap()).collect();
    let expected = concat_batches(&schema(&columns), &expected).unwrap();
    let batch = decode_csv(&columns, &text).unwrap();
    for (name, (ours, theirs)) in types
        .iter()
        .zip(batch.columns().iter().zip(expected.columns()))
    {
        assert_eq!(ours.to_data(), theirs.to_data(), "{name}");
    }
}
