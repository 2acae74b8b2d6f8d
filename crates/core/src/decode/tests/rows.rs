//! Rows of GetQueryResults, where they differ from those of the result object.

use super::*;

fn row(cells: &[Option<&str>]) -> Row {
    cells.iter().map(|cell| cell.map(str::to_owned)).collect()
}

#[test]
fn a_single_cell_of_a_utility_statement_is_split_at_tabs() {
    let three = columns(&["string", "string", "string"]);
    let short = [
        row(&[Some("name\ttype\ta\tcomment")]),
        row(&[Some("\t\t")]),
        row(&[Some("name")]),
        row(&[None]),
        row(&[]),
        row(&[Some("a\tb"), None]),
    ];
    let full = [
        row(&[Some("name"), Some("type"), Some("a\tcomment")]),
        row(&[Some(""), Some(""), Some("")]),
        row(&[Some("name"), None, None]),
        row(&[None, None, None]),
        row(&[None, None, None]),
        row(&[Some("a\tb"), None, None]),
    ];
    assert_eq!(
        decode_rows(&three, &short).unwrap(),
        decode_rows(&three, &full).unwrap()
    );
}

#[test]
fn tabs_of_a_one_column_result_are_kept() {
    let one = columns(&["string"]);
    let batch = decode_rows(&one, &[row(&[Some("a\tb")])]).unwrap();
    assert_eq!(
        batch.column(0),
        &decode_column("string", &[Some("a\tb")]).unwrap()
    );
}

#[test]
fn more_cells_than_columns_are_an_error() {
    let two = columns(&["string", "string"]);
    let error = decode_rows(&two, &[row(&[]), row(&[None, None, None])]).unwrap_err();
    assert!(
        error.message().starts_with("Row 1 has more than 2 values"),
        "{error}"
    );
}

#[test]
fn rows_of_a_result_without_columns_are_left_out() {
    let mut decoder = RowDecoder::new(columns(&[]), ComplexTypes::Text, BatchLimits::default());
    decoder.push_row([]).unwrap();
    decoder.push_row([Some("Partitions missing")]).unwrap();
    decoder.flush().unwrap();
    assert_eq!(decoder.next_batch(), None);
}

#[test]
fn each_page_can_be_handed_out_at_once() {
    let mut decoder = RowDecoder::new(
        columns(&["integer"]),
        ComplexTypes::Text,
        BatchLimits::default(),
    );
    for page in [999, 1000, 0, 1] {
        for _ in 0..page {
            decoder.push_row([Some("1")]).unwrap();
        }
        decoder.flush().unwrap();
        let batch = decoder.next_batch();
        assert_eq!(batch.map_or(0, |batch| batch.num_rows()), page);
    }
}
