//! Structure of the result object: quotes, records, borders, limits, errors.

use super::*;
use crate::error::{Error, ErrorKind};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

fn texts(array: &ArrayRef) -> Vec<Option<&str>> {
    array.as_string::<i32>().iter().collect()
}

fn error(columns: &Arc<[Column]>, csv: &[u8]) -> Error {
    decode_csv(columns, csv).unwrap_err()
}

#[test]
fn null_and_the_empty_string_differ() {
    let columns = columns(&["varchar", "varchar"]);
    let batch = decode_csv(&columns, b"\"c0\",\"c1\"\n,\"\"\n\"\",\n\"\"\"\",\",\n\"\n").unwrap();
    assert_eq!(texts(batch.column(0)), [None, Some(""), Some("\"")]);
    assert_eq!(texts(batch.column(1)), [Some(""), None, Some(",\n")]);
}

#[test]
fn a_blank_line_of_a_one_column_result_is_null() {
    let batch = decode_csv(&columns(&["bigint"]), b"\"c0\"\n\n\"1\"\n\n").unwrap();
    let values: Vec<_> = batch.column(0).as_primitive::<Int64Type>().iter().collect();
    assert_eq!(values, [None, Some(1), None]);
}

#[test]
fn a_header_alone_is_an_empty_result() {
    let batch = decode_csv(&columns(&["bigint", "date"]), b"\"a\",\"b\"\n").unwrap();
    assert_eq!((batch.num_rows(), batch.num_columns()), (0, 2));
}

#[test]
fn a_header_with_other_names_is_not_this_result() {
    let names = |names: &[&str]| Some(names.iter().map(|name| Some((*name).to_owned())).collect());
    let decode = |header: Option<_>, text: &str| {
        let mut decoder = CsvDecoder::new(
            columns(&["varchar"]),
            ComplexTypes::Text,
            BatchLimits::default(),
        )
        .expect_header(header);
        decoder.decode(text.as_bytes()).map(drop)
    };
    let page = "<html>\n<body>\n";
    let error = decode(names(&["a\"b"]), page).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResultChanged);
    assert!(error.message().contains("\"<html>\" where"), "{error}");
    for (header, text) in [
        (names(&["a\"b"]), "\"a\"\"b\"\n"),
        (names(&[""]), "\n"),
        (names(&[]), page),
        (None, page),
    ] {
        decode(header, text).unwrap();
    }
}

#[test]
fn values_without_quotes_are_accepted() {
    let columns = columns(&["varchar", "integer"]);
    let batch = decode_csv(&columns, b"a,b\nx\"y,12\n,-3\n z ,\n").unwrap();
    assert_eq!(texts(batch.column(0)), [Some("x\"y"), None, Some(" z ")]);
    let expected = decode_csv(&columns, b"a,b\n,\"12\"\n,\"-3\"\n,\n").unwrap();
    assert_eq!(batch.column(1), expected.column(1));
}

/// All that can stand at a border: quotes, escapes, line ends in values, NULLs, long values.
fn tricky() -> (Arc<[Column]>, Vec<u8>) {
    let columns = columns(&["varchar", "bigint", "varchar"]);
    let long = "long \"quoted\", ".repeat(9);
    let rows: Vec<Row> = [
        [Some("\"\""), Some("-9223372036854775808"), Some("")],
        [None, None, None],
        [Some("\r\n,\n\""), Some("7"), Some("\"")],
        [Some(""), None, Some(long.as_str())],
        [Some("größe 🦀"), Some("0"), None],
        [Some(","), Some("12345678"), Some("\n")],
    ]
    .into_iter()
    .map(|row| row.map(|cell| cell.map(str::to_owned)).to_vec())
    .collect();
    let text = write_csv(&columns, &rows);
    (columns, text)
}

#[test]
fn the_borders_of_pieces_do_not_matter() {
    let (columns, text) = tricky();
    let whole = decode_csv(&columns, &text).unwrap();
    assert_eq!(whole.num_rows(), 6);
    for first_batch_rows in 1..4 {
        let limits = BatchLimits {
            max_rows: 2,
            max_bytes: 1 << 20,
            first_batch_rows,
        };
        let merged = |pieces: &[&[u8]]| {
            let batches = decode_pieces(&columns, limits, pieces.iter().copied()).unwrap();
            concat_batches(&schema(&columns), &batches).unwrap()
        };
        for split in 0..=text.len() {
            let (before, after) = text.split_at(split);
            assert_eq!(merged(&[before, after]), whole, "split at {split}");
        }
        for size in 1..20 {
            let pieces: Vec<_> = text.chunks(size).collect();
            assert_eq!(merged(&pieces), whole, "pieces of {size}");
        }
    }
}

#[test]
fn an_object_cut_short_is_an_error_unless_between_records() {
    let (columns, text) = tricky();
    // Lengths of the header and of the header with each row.
    let mut whole = vec![];
    let mut quotes = 0;
    for (position, byte) in text.iter().enumerate() {
        quotes += usize::from(*byte == b'"');
        if *byte == b'\n' && quotes % 2 == 0 {
            whole.push(position + 1);
        }
    }
    assert_eq!(whole.len(), 7);
    for length in 0..=text.len() {
        let result = decode_csv(&columns, &text[..length]);
        match whole.iter().position(|end| *end == length) {
            Some(rows) => assert_eq!(result.unwrap().num_rows(), rows),
            None => assert_eq!(
                result.unwrap_err().kind(),
                ErrorKind::ResultChanged,
                "{length}"
            ),
        }
    }
}

#[test]
fn errors_name_column_row_and_value() {
    let long = "x".repeat(500);
    let two = columns(&["integer", "varchar"]);
    let one = columns(&["integer"]);
    for (columns, text, expected) in [
        (
            &one,
            "\"c0\"\n\"1\"\n\"2x\"\n",
            "Column \"c0\" (integer), row 1: the value \"2x\" is",
        ),
        (
            &one,
            &format!("\"c0\"\n\"{long}\"\n"),
            &format!("row 0: the value \"{}…\" is", &long[..100]),
        ),
        (
            &one,
            "\"c0\"\n\"\"\n",
            "the value \"\" is none of this type",
        ),
        (
            &one,
            "\"c0\",\"c1\"\n",
            "The header line of the result object has more than 1 fields",
        ),
        (
            &two,
            "\"c0\"\n",
            "The header line of the result object has 1 fields, but the result has 2",
        ),
        (
            &two,
            "\"c0\",\"c1\"\n\"1\",\"a\"\n\"1\"\n",
            "Row 1 of the result object has 1 fields",
        ),
        (
            &two,
            "\"c0\",\"c1\"\n\"1\",\"a\"\n\n",
            "Row 1 of the result object has 1 fields",
        ),
        (
            &two,
            "\"c0\",\"c1\"\n\"1\",\"a\",\n",
            "Row 0 of the result object has more than 2",
        ),
        (
            &two,
            "\"c0\",\"c1\"\n\"1\",\"a\"b\n",
            "Row 0 of the result object, field 2: 'b' behind",
        ),
    ] {
        let error = error(columns, text.as_bytes());
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().contains(expected), "{error}");
    }
}

#[test]
fn text_that_is_not_utf8_is_an_error_that_names_the_row() {
    let columns = columns(&["bigint", "json"]);
    let mut text = b"\"a\",\"b\"\n".to_vec();
    for _ in 0..1500 {
        text.extend("\"1\",\"größe\"\n".bytes());
    }
    text.extend(b"\"1\",\"\xFF\"\n,\n");
    let message = error(&columns, &text).message().to_owned();
    assert!(
        message.contains("Column \"c1\" (json), row 1500: the value is not UTF-8"),
        "{message}"
    );
    // Halves of a character in neighbouring rows make a valid whole, but no valid values.
    let halves = b"\"a\",\"b\"\n,\"gr\xC3\"\n,\"\xB6\xC3\x9Fe\"\n";
    assert!(error(&columns, halves).message().contains("row 0"));
}

#[test]
fn batches_keep_to_their_limits() {
    let columns = columns(&["varchar"]);
    let rows: Vec<Row> = (0..1000).map(|n| vec![Some(format!("{n:097}"))]).collect();
    let text = write_csv(&columns, &rows);
    let sizes = |max_rows, max_bytes, first_batch_rows| {
        let limits = BatchLimits {
            max_rows,
            max_bytes,
            first_batch_rows,
        };
        let batches = decode_pieces(&columns, limits, text.chunks(333)).unwrap();
        batches
            .iter()
            .map(RecordBatch::num_rows)
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes(400, 1 << 20, 10), [10, 400, 400, 190]);
    // 100 bytes a row.
    assert_eq!(sizes(1 << 20, 30_000, 1 << 20), [300, 300, 300, 100]);
    // What is no text counts as memory: 4 bytes of offset a row.
    assert_eq!(sizes(1 << 20, 4 * 10, 1 << 20)[..2], [1, 1]);
    let numbers = super::columns(&["uuid"]);
    let nulls = [b"\"u\"\n".as_slice(), &[b'\n'; 100]].concat();
    let limits = BatchLimits {
        max_rows: 1000,
        max_bytes: 16 * 40,
        first_batch_rows: 1000,
    };
    let batches = decode_pieces(&numbers, limits, [nulls.as_slice()]).unwrap();
    assert_eq!(
        batches
            .iter()
            .map(RecordBatch::num_rows)
            .collect::<Vec<_>>(),
        [40, 40, 20]
    );
}

#[test]
fn batches_behind_the_first_have_65536_rows_or_8_mebibytes() {
    let columns = columns(&["varchar"]);
    for (length, rows) in [(1, 135_000), (1000, 18_500)] {
        let value = vec![Some("x".repeat(length))];
        let text = write_csv(&columns, &vec![value; rows]);
        let batches = decode_pieces(&columns, BatchLimits::default(), text.chunks(60_000)).unwrap();
        let sizes: Vec<_> = batches.iter().map(RecordBatch::num_rows).collect();
        let [first, later @ .., _] = sizes.as_slice() else {
            panic!("{sizes:?}");
        };
        assert_eq!((*first, later.len()), (1024, 2), "{sizes:?}");
        for rows in later {
            // With its quotes and line end.
            assert!(
                *rows == 65_536 || rows * (length + 3) >= 8 << 20,
                "{sizes:?}"
            );
        }
    }
}

#[test]
fn the_first_batch_is_there_before_the_input_ends() {
    let columns = columns(&["bigint"]);
    let rows: Vec<Row> = (0..5000).map(|n| vec![Some(n.to_string())]).collect();
    let text = write_csv(&columns, &rows);
    let mut decoder = CsvDecoder::new(columns, ComplexTypes::Text, BatchLimits::default());
    let taken = decoder.decode(&text).unwrap();
    assert!(taken < text.len() / 4, "{taken}");
    assert_eq!(decoder.next_batch().unwrap().num_rows(), 1024);
    assert!(decoder.next_batch().is_none());
    assert_eq!(decoder.row_count(), 1024);
}

#[test]
fn a_value_much_larger_than_the_pieces_arrives_whole() {
    let columns = columns(&["varchar", "integer"]);
    let value = "0123456789 \"abc\", ".repeat(2 << 20);
    assert!(value.len() > 32 << 20);
    let row = |text: &str| vec![Some(text.to_owned()), Some("1".to_owned())];
    let text = write_csv(&columns, &[row("before"), row(&value), row("after")]);
    let batches = decode_pieces(&columns, BatchLimits::default(), text.chunks(16 << 10)).unwrap();
    let batch = concat_batches(&schema(&columns), &batches).unwrap();
    assert_eq!(
        texts(batch.column(0)),
        [Some("before"), Some(value.as_str()), Some("after")]
    );
}
