//! Some of the columns, decoded row group by row group.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::column::page::{Page, PageReader};
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;

use super::file;
use super::group::Group;
use super::shared::{Entry, NoBytes, Shared};
use crate::decode::{Misfit, restore};
use crate::error::{Error, ErrorKind, Result};
use crate::query::CancelHandle;
use crate::types::Column;

/// Columns that are decoded together, and how far they are.
pub(super) struct Lane {
    pub(super) number: usize,
    /// The group it is in, or is to enter next.
    pub(super) group: usize,
    /// The batch it decodes next.
    pub(super) batch: usize,
    /// How much there is to do, compared with other lanes.
    pub(super) weight: u64,
    /// In ascending order.
    columns: Vec<usize>,
    reading: Option<Reading>,
}

/// A lane within a group.
struct Reading {
    group: Arc<Group>,
    reader: ParquetRecordBatchReader,
    batch_rows: usize,
    rows_done: usize,
}

/// Divides the columns into at most `count` lanes with about as much to do in each.
pub(super) fn divide(group: &Group, count: usize) -> Vec<Lane> {
    let metadata = group.file.parquet();
    let schema = metadata.file_metadata().schema_descr();
    let mut weights = vec![0; group.file.metadata.schema().fields().len()];
    if let Some(group) = metadata.row_groups().get(group.index) {
        for (leaf, chunk) in group.columns().iter().enumerate() {
            let bytes = u64::try_from(chunk.uncompressed_size()).unwrap_or_default();
            let values = u64::try_from(chunk.num_values()).unwrap_or_default();
            if let Some(weight) = weights.get_mut(schema.get_column_root_idx(leaf)) {
                *weight += bytes + values;
            }
        }
    }
    let count = count.clamp(1, weights.len().max(1));
    let mut lanes: Vec<Lane> = (0..count)
        .map(|number| Lane {
            number,
            group: 0,
            batch: 0,
            weight: 0,
            columns: Vec::new(),
            reading: None,
        })
        .collect();
    let mut columns: Vec<(usize, u64)> = weights.into_iter().enumerate().collect();
    columns.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    for (column, weight) in columns {
        let lightest = lanes
            .iter_mut()
            .min_by_key(|lane| (lane.weight, lane.columns.len()));
        if let Some(lane) = lightest {
            lane.weight += weight;
            lane.columns.push(column);
        }
    }
    for lane in &mut lanes {
        lane.columns.sort_unstable();
    }
    lanes
}

/// Decodes lanes until nothing is left to do. Blocks; runs on a thread of its own, several of
/// which may run at a time.
pub(super) fn decode(shared: &Arc<Shared>, columns: &[Column]) {
    // A panic must not leave the others waiting for what this thread was to decode.
    let ended = Ended(shared);
    while let Some(lane) = shared.take_lane() {
        if let Err(error) = step(lane, shared, columns) {
            shared.fail(error);
            break;
        }
    }
    std::mem::forget(ended);
}

struct Ended<'a>(&'a Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let message = "a thread that decodes a result panicked";
        self.0.fail(Error::new(ErrorKind::Internal, message));
    }
}

/// Decodes the lane's columns of one batch, and gives both back.
fn step(mut lane: Lane, shared: &Arc<Shared>, columns: &[Column]) -> Result<()> {
    let mut reading = match lane.reading.take() {
        Some(reading) => reading,
        None => enter(&lane, shared)?,
    };
    let left = reading.group.rows - reading.rows_done;
    let rows = left.min(reading.batch_rows);
    let decoded = match reading.reader.next() {
        Some(Ok(batch)) if batch.num_rows() == rows => batch,
        Some(Err(error)) => return Err(undecodable(&lane, &reading.group, columns, &error)),
        _ => {
            let error = ArrowError::ParquetError("it has fewer rows than its footer says".into());
            return Err(undecodable(&lane, &reading.group, columns, &error));
        }
    };
    let mut arrays = Vec::with_capacity(lane.columns.len());
    for (&index, array) in lane.columns.iter().zip(decoded.columns()) {
        let Some(column) = columns.get(index) else {
            continue;
        };
        let array = restore(array, &column.athena_type)
            .map_err(|misfit| misfit_error(&reading, index, column, misfit))?;
        arrays.push((index, array));
    }
    reading.rows_done += rows;
    lane.batch += 1;
    if rows == left {
        let chunks = chunks(&lane, &reading.group);
        drop(reading);
        shared.leave(lane.group, &chunks);
        lane.group += 1;
    } else {
        lane.reading = Some(reading);
    }
    shared.give_back(lane, rows, arrays);
    Ok(())
}

fn enter(lane: &Lane, shared: &Arc<Shared>) -> Result<Reading> {
    let number = lane.group;
    let (group, batch_rows) = loop {
        match shared.enter(number) {
            Some(Entry::Decode(group, rows)) => break (group, rows),
            Some(Entry::Survey(group)) => {
                let row_bytes = survey(shared, number, &group)
                    .map_err(|source| unreadable(&group, &source).with_source(source))?;
                shared.survey(number, row_bytes);
            }
            None => return Err(CancelHandle::error()),
        }
    };
    let metadata = group.file.metadata.clone();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), lane.columns.iter().copied());
    let bytes = LaneBytes {
        shared: Arc::clone(shared),
        number,
        group: Arc::clone(&group),
        takes: true,
    };
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata)
        .with_row_groups(vec![group.index])
        .with_projection(mask)
        .with_batch_size(batch_rows)
        .build()
        .map_err(|source| unreadable(&group, &source).with_source(source))?;
    Ok(Reading {
        group,
        reader,
        batch_rows,
        rows_done: 0,
    })
}

fn unreadable(group: &Group, error: &ParquetError) -> Error {
    let location = &group.file.source.location;
    let message = format!("{location}: the file cannot be read: {error}");
    Error::new(ErrorKind::Decode, message)
}

/// How many bytes a row of the first group takes, for which there is nothing to go by but the
/// footer and how long the values in its dictionaries are.
fn survey(shared: &Arc<Shared>, number: usize, group: &Arc<Group>) -> ParquetResult<usize> {
    let Some(metadata) = group.file.parquet().row_groups().get(group.index) else {
        return Ok(1);
    };
    let bytes = Arc::new(LaneBytes {
        shared: Arc::clone(shared),
        number,
        group: Arc::clone(group),
        takes: false,
    });
    let mut long = 0;
    for column in metadata.columns() {
        if !file::may_be_long(column) {
            continue;
        }
        let mut pages = SerializedPageReader::new(Arc::clone(&bytes), column, group.rows, None)?;
        if let Some(Page::DictionaryPage {
            buf, num_values, ..
        }) = pages.get_next_page()?
        {
            let values = u64::try_from(column.num_values()).unwrap_or_default();
            let typical = buf.len() as u64 / u64::from(num_values).max(1);
            long += values.saturating_mul(typical);
        }
    }
    Ok(group.row_bytes + file::per_row(metadata, long))
}

/// Where the lane's column chunks lie.
fn chunks(lane: &Lane, group: &Group) -> Vec<Range<u64>> {
    let metadata = group.file.parquet();
    let schema = metadata.file_metadata().schema_descr();
    let leaves = metadata
        .row_groups()
        .get(group.index)
        .map(|group| group.columns())
        .unwrap_or_default();
    leaves
        .iter()
        .enumerate()
        .filter(|(leaf, _)| lane.columns.contains(&schema.get_column_root_idx(*leaf)))
        .filter_map(|(_, chunk)| file::chunk(chunk))
        .collect()
}

fn undecodable(lane: &Lane, group: &Group, columns: &[Column], error: &ArrowError) -> Error {
    let named: Vec<String> = lane
        .columns
        .iter()
        .filter_map(|index| Some(format!("{:?}", columns.get(*index)?.name)))
        .take(5)
        .collect();
    Error::new(
        ErrorKind::Decode,
        format!(
            "{}: column {} cannot be decoded: {error}",
            group.file.source.location,
            named.join(" or ")
        ),
    )
}

fn misfit_error(reading: &Reading, index: usize, column: &Column, misfit: Misfit) -> Error {
    let Column { name, athena_type } = column;
    let location = &reading.group.file.source.location;
    let message = match misfit {
        Misfit::Type(found) => {
            format!(
                "{location}: column {name:?} ({athena_type}) is written as {found} (column {index} of the file)"
            )
        }
        Misfit::Value(row, text) => {
            let row = reading.group.first_row + reading.rows_done as u64 + row as u64;
            let shown: String = text.chars().take(100).collect();
            format!(
                "Column {name:?} ({athena_type}), row {row}: the value {shown:?} is none of this type, or does not fit it."
            )
        }
    };
    Error::new(ErrorKind::Decode, message)
}

/// The bytes of a row group, as the reader of a lane takes them.
struct LaneBytes {
    shared: Arc<Shared>,
    number: usize,
    group: Arc<Group>,
    /// Whether bytes are given up once they were read.
    takes: bool,
}

impl Length for LaneBytes {
    fn len(&self) -> u64 {
        self.group.file.source.object_size
    }
}

impl ChunkReader for LaneBytes {
    type T = PageHeaders;

    fn get_read(&self, start: u64) -> ParquetResult<PageHeaders> {
        Ok(PageHeaders {
            shared: Arc::clone(&self.shared),
            number: self.number,
            group: Arc::clone(&self.group),
            at: start,
            ahead: Bytes::new(),
        })
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        if length == 0 {
            return Ok(Bytes::new());
        }
        let range = start..start.saturating_add(length as u64);
        let pieces = if self.takes {
            self.shared.take(self.number, range)
        } else {
            self.shared.look_at(self.number, range)
        };
        let pieces = pieces.map_err(|no_bytes| ParquetError::EOF(reason(&no_bytes).to_owned()))?;
        Ok(match <[Bytes; 1]>::try_from(pieces) {
            Ok([all]) => all,
            Err(pieces) => pieces.concat().into(),
        })
    }
}

/// Bytes read without being taken.
struct PageHeaders {
    shared: Arc<Shared>,
    number: usize,
    group: Arc<Group>,
    at: u64,
    ahead: Bytes,
}

impl Read for PageHeaders {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.ahead.is_empty() {
            self.ahead = self
                .shared
                .look(self.number, &self.group, self.at)
                .map_err(|no_bytes| {
                    let kind = std::io::ErrorKind::UnexpectedEof;
                    std::io::Error::new(kind, reason(&no_bytes))
                })?;
        }
        let length = buffer.len().min(self.ahead.len());
        let bytes = self.ahead.split_to(length);
        if let Some(buffer) = buffer.get_mut(..length) {
            buffer.copy_from_slice(&bytes);
        }
        self.at += length as u64;
        Ok(length)
    }
}

fn reason(no_bytes: &NoBytes) -> &'static str {
    match no_bytes {
        NoBytes::Ended => "the reading has ended",
        NoBytes::Never => "it refers to bytes outside of its columns",
    }
}
