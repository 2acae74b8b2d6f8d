//! Both decoders over whole results.
#![allow(clippy::indexing_slicing, reason = "a test may panic")]

mod csv;
mod json;
mod reference;
mod rows;
mod values;
mod zones;

use super::{BatchLimits, CsvDecoder, RowDecoder};
use crate::error::Result;
use crate::types::{AthenaType, Column, ComplexTypes, schema};
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::concat_batches;
use std::sync::Arc;

type Row = Vec<Option<String>>;

fn columns(types: &[&str]) -> Arc<[Column]> {
    types
        .iter()
        .enumerate()
        .map(|(index, text)| Column::new(format!("c{index}"), AthenaType::parse(text).unwrap()))
        .collect()
}

/// Rows as Athena writes them into the result object.
fn write_csv(columns: &[Column], rows: &[Row]) -> Vec<u8> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let header: Vec<_> = columns.iter().map(|column| quoted(&column.name)).collect();
    let mut csv = header.join(",") + "\n";
    for row in rows {
        let fields: Vec<_> = row
            .iter()
            .map(|cell| cell.as_deref().map(quoted).unwrap_or_default())
            .collect();
        csv += &(fields.join(",") + "\n");
    }
    csv.into_bytes()
}

/// Decodes pieces pushed one after the other.
fn decode_pieces<'a>(
    columns: &Arc<[Column]>,
    limits: BatchLimits,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<RecordBatch>> {
    let mut decoder = CsvDecoder::new(columns.clone(), ComplexTypes::Text, limits);
    let mut batches = Vec::new();
    for mut piece in pieces {
        while !piece.is_empty() {
            let taken = decoder.decode(piece)?;
            piece = &piece[taken..];
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
    Ok(batches)
}

fn decode_csv(columns: &Arc<[Column]>, csv: &[u8]) -> Result<RecordBatch> {
    let batches = decode_pieces(columns, BatchLimits::default(), [csv])?;
    Ok(concat_batches(&schema(columns), &batches).unwrap())
}

fn decode_rows(columns: &Arc<[Column]>, rows: &[Row]) -> Result<RecordBatch> {
    let mut decoder = RowDecoder::new(columns.clone(), ComplexTypes::Text, BatchLimits::default());
    for row in rows {
        decoder.push_row(row.iter().map(Option::as_deref))?;
    }
    decoder.flush()?;
    let batches: Vec<_> = std::iter::from_fn(|| decoder.next_batch()).collect();
    Ok(concat_batches(&schema(columns), &batches).unwrap())
}

/// Decodes one-column results of these values both ways, and gives what both agree on.
fn decode_column(athena_type: &str, values: &[Option<&str>]) -> Result<ArrayRef> {
    let columns = columns(&[athena_type]);
    let rows: Vec<Row> = values
        .iter()
        .map(|value| vec![value.map(str::to_owned)])
        .collect();
    // More than a block of input behind the values, so that none escapes the fast path.
    let mut text = write_csv(&columns, &rows);
    text.extend([b'\n'; 64]);
    let from_csv = decode_csv(&columns, &text).map(|batch| batch.slice(0, rows.len()));
    match (from_csv, decode_rows(&columns, &rows)) {
        (Ok(from_csv), Ok(from_rows)) => {
            assert_eq!(from_csv, from_rows);
            Ok(from_rows.column(0).clone())
        }
        (Err(from_csv), Err(from_rows)) => {
            assert_eq!(from_csv.message(), from_rows.message());
            Err(from_rows)
        }
        (from_csv, from_rows) => panic!("{from_csv:?} differs from {from_rows:?}"),
    }
}
