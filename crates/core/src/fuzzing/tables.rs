//! Results: the CSV object in pieces, the same as rows, and a plain reader of CSV.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;

use crate::client::page::{self, PageRow, ResultPage};
use crate::decode::{BatchLimits, CsvDecoder, RowDecoder};
use crate::error::{Error, ErrorKind, Result};
use crate::types::{AthenaType, Column, ComplexTypes, schema_as};

/// Rows of cells; `None` is NULL.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

const FLAT: [&str; 18] = [
    "varchar",
    "bigint",
    "double",
    "decimal(38,9)",
    "boolean",
    "timestamp(3)",
    "varbinary",
    "date",
    "timestamp(9) with time zone",
    "real",
    "decimal(5,5)",
    "uuid",
    "interval day to second",
    "interval year to month",
    "time(6)",
    "tinyint",
    "timestamp(0)",
    "json",
];

const NESTED: [&str; 6] = [
    "array(integer)",
    "map(varchar, array(double))",
    "row(a integer, \"B c\" varchar, a array(row(varchar, boolean)))",
    "map(bigint, map(date, decimal(20,3)))",
    "array(array(timestamp(6) with time zone))",
    "row(varbinary, uuid, time(3), json)",
];

/// A result object. The first three bytes say which columns there are, and how it is cut into
/// pieces and batches.
pub fn csv(data: &[u8]) {
    decode(data, &FLAT, 4);
}

/// A result object with columns that arrive as JSON.
pub fn nested(data: &[u8]) {
    decode(data, &NESTED, 1);
}

/// The body of a GetQueryResults answer: what can be read is written so that it reads the same.
pub fn page(data: &[u8]) {
    let Ok(page) = page::read(data) else {
        return;
    };
    let rows = cells(&page);
    let written = rows.iter().map(|row| {
        let cells = row.iter().map(|cell| match cell {
            Some(text) => format!("{{\"VarCharValue\":{}}}", json_text(text)),
            None => "{}".to_owned(),
        });
        format!("{{\"Data\":[{}]}}", cells.collect::<Vec<_>>().join(","))
    });
    let written = written.collect::<Vec<_>>().join(",");
    let token = page
        .next_token
        .as_deref()
        .map_or("null".to_owned(), json_text);
    let body = format!("{{\"ResultSet\":{{\"Rows\":[{written}]}},\"NextToken\":{token}}}");
    let again = page::read(body.as_bytes());
    assert!(
        again.is_ok_and(|again| cells(&again) == rows && again.next_token == page.next_token),
        "{body}"
    );
}

fn cells(page: &ResultPage) -> Rows {
    page.rows.iter().map(PageRow::to_owned).collect()
}

/// Every character that may be escaped is.
fn json_text(text: &str) -> String {
    let escaped = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
    format!("\"{}\"", escaped.collect::<String>())
}

fn decode(data: &[u8], types: &[&str], most_columns: usize) {
    let Some(([shape, piece, limit], object)) = data.split_first_chunk() else {
        return;
    };
    let shape = usize::from(*shape);
    let columns = (0..=shape % most_columns).filter_map(|index| {
        let text = types.get((shape / most_columns + index * 5) % types.len())?;
        let athena_type = AthenaType::parse(text).ok()?;
        Some(Column::new(format!("c{index}"), athena_type))
    });
    let columns: Arc<[Column]> = columns.collect();
    let limits = BatchLimits {
        max_rows: usize::from(limit % 16),
        max_bytes: usize::from(*limit) * 16,
        first_batch_rows: usize::from(limit % 5),
    };
    check(&columns, object, usize::from(*piece) + 1, limits);
}

/// Reads the object in one piece, in pieces, and as rows; all must agree.
pub(crate) fn check(columns: &Arc<[Column]>, object: &[u8], piece: usize, limits: BatchLimits) {
    let whole = from_csv(columns, [object], BatchLimits::default());
    let in_pieces = from_csv(columns, object.chunks(piece), limits);
    let Ok(text) = std::str::from_utf8(object) else {
        // Found when a batch is complete, so that another error may come first.
        assert_eq!(in_pieces.is_ok(), whole.is_ok());
        return;
    };
    agree(&in_pieces, &whole);
    match plain_rows(text, columns.len()) {
        Some(rows) => agree(&from_rows(columns, &rows), &whole),
        None => assert!(whole.is_err(), "{text:?} was read, and is no CSV"),
    }
}

fn agree(one: &Result<RecordBatch>, other: &Result<RecordBatch>) {
    let kinds = |result: &Result<RecordBatch>| result.as_ref().err().map(Error::kind);
    assert_eq!(kinds(one), kinds(other));
    if let (Ok(one), Ok(other)) = (one, other) {
        assert!(same(one, other), "{one:?} differs from {other:?}");
    }
}

/// Whether both hold the same values. Not `==` alone: NaN is not equal to itself in a list.
fn same(one: &RecordBatch, other: &RecordBatch) -> bool {
    one == other || format!("{one:?}") == format!("{other:?}")
}

fn concat(columns: &[Column], batches: &[RecordBatch]) -> Result<RecordBatch> {
    let schema = schema_as(columns, ComplexTypes::Typed);
    concat_batches(&schema, batches)
        .map_err(|error| Error::new(ErrorKind::Internal, error.to_string()))
}

pub(crate) fn from_csv<'a>(
    columns: &Arc<[Column]>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    limits: BatchLimits,
) -> Result<RecordBatch> {
    let mut decoder = CsvDecoder::new(Arc::clone(columns), ComplexTypes::Typed, limits);
    let mut batches = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            let taken = decoder.decode(piece)?;
            piece = piece.get(taken..).unwrap_or_default();
            let batch = decoder.next_batch();
            assert!(
                piece.is_empty() || batch.is_some(),
                "input was left for no batch"
            );
            batches.extend(batch);
        }
    }
    decoder.finish()?;
    batches.extend(std::iter::from_fn(|| decoder.next_batch()));
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    assert_eq!(decoder.row_count(), rows as u64);
    concat(columns, &batches)
}

pub(crate) fn from_rows(columns: &Arc<[Column]>, rows: &Rows) -> Result<RecordBatch> {
    let limits = BatchLimits::default();
    let mut decoder = RowDecoder::new(Arc::clone(columns), ComplexTypes::Typed, limits);
    let mut batches = Vec::new();
    for row in rows {
        decoder.push_row(row.iter().map(Option::as_deref))?;
        batches.extend(decoder.next_batch());
    }
    decoder.flush()?;
    batches.extend(std::iter::from_fn(|| decoder.next_batch()));
    concat(columns, &batches)
}

/// The rows behind the header, read one character after the other; `None` if the text is not
/// of Athena's form.
fn plain_rows(text: &str, columns: usize) -> Option<Rows> {
    let mut rows = Rows::new();
    let mut row = Vec::new();
    let mut text = text.chars().peekable();
    while text.peek().is_some() {
        let mut field = String::new();
        let quoted = text.next_if_eq(&'"').is_some();
        let end = loop {
            match text.next()? {
                '"' if quoted && text.next_if_eq(&'"').is_some() => field.push('"'),
                '"' if quoted => break text.next().filter(|end| [',', '\n'].contains(end))?,
                end @ (',' | '\n') if !quoted => break end,
                other => field.push(other),
            }
        };
        row.push((quoted || !field.is_empty()).then_some(field));
        if (row.len() == columns) != (end == '\n') {
            return None;
        }
        if end == '\n' {
            rows.push(std::mem::take(&mut row));
        }
    }
    let complete = row.is_empty() && !rows.is_empty();
    complete.then(|| rows.split_off(1))
}
