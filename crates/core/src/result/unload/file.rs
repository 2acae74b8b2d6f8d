//! One of the files that an UNLOAD wrote: its footer, and what it tells.

use std::ops::Range;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::{Encoding, Type as PhysicalType};
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FooterTail, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::schema::types::SchemaDescriptor;

use crate::client::{ObjectApi, S3Location};
use crate::error::{Error, ErrorKind, Result};
use crate::result::download::range::{Source, fetch};
use crate::types::Column;

/// The end of every file: the footer's length and a magic word.
const FOOTER_TAIL: u64 = 8;
/// Longest footer that is read; one of 5,000 columns in 100 row groups is about as long.
const MAX_FOOTER: u64 = 128 << 20;

/// A file whose footer was read.
pub(super) struct File {
    pub(super) source: Source,
    pub(super) metadata: ArrowReaderMetadata,
    /// The bytes that came with the footer.
    pub(super) tail: Tail,
}

/// The last bytes of a file.
pub(super) struct Tail {
    pub(super) start: u64,
    bytes: Bytes,
}

impl Tail {
    /// The bytes that lie here; fewer if not all do.
    pub(super) fn get(&self, range: Range<u64>) -> Bytes {
        let place = |at: u64| {
            let at = usize::try_from(at.saturating_sub(self.start)).unwrap_or(usize::MAX);
            at.min(self.bytes.len())
        };
        self.bytes
            .slice(place(range.start)..place(range.end).max(place(range.start)))
    }
}

impl File {
    /// Reads the footer, and with it the last `tail` bytes. Every later read is of the version
    /// of the object that was read here.
    ///
    /// Errors: `ResultNotFound`, `Unauthorized`; `ResultChanged` for what is not, or no longer,
    /// a whole file; `Decode` for a footer that cannot be understood or is none of `columns`.
    pub(super) async fn open(
        objects: &Arc<dyn ObjectApi>,
        location: S3Location,
        tail: u64,
        attempts: u32,
        columns: &[Column],
    ) -> Result<Self> {
        let part = objects.get_tail(&location, tail).await?;
        let source = Source {
            objects: Arc::clone(objects),
            location,
            etag: part.etag.clone(),
            object_size: part.object_size,
            attempts: attempts.max(1),
        };
        let size = source.object_size;
        let mut file_tail = Tail {
            start: size.saturating_sub(part.length),
            bytes: Bytes::new(),
        };
        file_tail.bytes = read(&source, file_tail.start..size, Some(part))
            .await?
            .into();
        let place = footer_range(&source, &file_tail.bytes)?;
        let footer = if place.start < file_tail.start {
            let more = read(&source, place.start..file_tail.start, None).await?;
            let rest = file_tail.get(file_tail.start..place.end);
            // All of the tail is footer, and none of it of any more use.
            file_tail = Tail {
                start: size,
                bytes: Bytes::new(),
            };
            [more.as_slice(), &rest].concat().into()
        } else {
            file_tail.get(place)
        };
        let metadata = ParquetMetaDataReader::decode_metadata(&footer)
            .map_err(|source_error| unreadable(&source, "its footer", source_error))?;
        let metadata = reader_metadata(metadata)
            .map_err(|source_error| unreadable(&source, "its schema", source_error))?;
        let found = metadata.schema().fields().len();
        if found != columns.len() {
            return Err(Error::new(
                ErrorKind::Decode,
                format!(
                    "{}: the file has {found} columns, the query has {}",
                    source.location,
                    columns.len()
                ),
            ));
        }
        Ok(Self {
            source,
            metadata,
            tail: file_tail,
        })
    }

    pub(super) fn parquet(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// Where the column chunks of a row group lie, by their place.
    ///
    /// Errors: `Decode` for a footer that names places outside of the file, or two chunks at
    /// one place.
    pub(super) fn chunks(&self, group: &RowGroupMetaData) -> Result<Vec<Range<u64>>> {
        let inside = |column: &ColumnChunkMetaData| {
            chunk(column).filter(|chunk| chunk.end <= self.source.object_size)
        };
        let chunks: Option<Vec<_>> = group.columns().iter().map(inside).collect();
        let mut chunks = chunks.unwrap_or_default();
        chunks.sort_by_key(|chunk| chunk.start);
        let apart = chunks
            .iter()
            .zip(chunks.iter().skip(1))
            .all(|(one, next)| one.end <= next.start);
        if apart && chunks.len() == group.num_columns() {
            return Ok(chunks);
        }
        Err(Error::new(
            ErrorKind::Decode,
            format!(
                "{}: its footer names places that cannot be",
                self.source.location
            ),
        ))
    }
}

/// Where a column chunk lies; `None` if its footer names no place.
pub(super) fn chunk(column: &ColumnChunkMetaData) -> Option<Range<u64>> {
    let start = column
        .dictionary_page_offset()
        .unwrap_or_else(|| column.data_page_offset());
    let start = u64::try_from(start).ok()?;
    let length = u64::try_from(column.compressed_size()).ok()?;
    Some(start..start.checked_add(length)?)
}

/// Reads a range into one piece of memory.
pub(super) async fn read(
    source: &Source,
    range: Range<u64>,
    opened: Option<crate::client::ObjectPart>,
) -> Result<Vec<u8>> {
    let length = usize::try_from(range.end - range.start).unwrap_or(usize::MAX);
    let mut all = Vec::with_capacity(length);
    fetch(source, range, opened, &mut all).await?;
    Ok(all)
}

/// Where the footer lies, as the last bytes of the file tell it.
fn footer_range(source: &Source, bytes: &[u8]) -> Result<Range<u64>> {
    let not_whole = |what: &str| {
        Error::new(
            ErrorKind::ResultChanged,
            format!("{}: no whole Parquet file: {what}", source.location),
        )
    };
    let Some((_, tail)) = bytes.split_last_chunk() else {
        return Err(not_whole("it is too short"));
    };
    let tail = FooterTail::try_new(tail)
        .map_err(|error| not_whole("its end is not that of one").with_source(error))?;
    let length = tail.metadata_length() as u64;
    let end = source.object_size - FOOTER_TAIL;
    if length > end || length > MAX_FOOTER {
        return Err(not_whole("its footer is longer than it can be"));
    }
    Ok(end - length..end)
}

/// The metadata as the reader takes it. What the footer repeats of an Arrow schema is not
/// believed, and INT96 is read as microseconds: nanoseconds end in 2262.
fn reader_metadata(
    metadata: ParquetMetaData,
) -> std::result::Result<ArrowReaderMetadata, ParquetError> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = Arc::new(metadata);
    let as_written = ArrowReaderMetadata::try_new(Arc::clone(&metadata), options.clone())?;
    let mut leaf = 0;
    let fields = int96_as_microseconds(
        as_written.schema().fields(),
        as_written.parquet_schema(),
        &mut leaf,
    );
    if &fields == as_written.schema().fields() {
        return Ok(as_written);
    }
    ArrowReaderMetadata::try_new(metadata, options.with_schema(Arc::new(Schema::new(fields))))
}

/// The same fields, but with another unit where a leaf is INT96. `leaf` counts the leaves.
fn int96_as_microseconds(fields: &Fields, parquet: &SchemaDescriptor, leaf: &mut usize) -> Fields {
    let adjusted = |field: &Arc<Field>| {
        let data_type = match field.data_type() {
            DataType::List(item) => {
                let item =
                    int96_as_microseconds(&Fields::from(vec![Arc::clone(item)]), parquet, leaf);
                item.first().map(|item| DataType::List(Arc::clone(item)))
            }
            DataType::Map(entries, sorted) => {
                let entries =
                    int96_as_microseconds(&Fields::from(vec![Arc::clone(entries)]), parquet, leaf);
                entries
                    .first()
                    .map(|entries| DataType::Map(Arc::clone(entries), *sorted))
            }
            DataType::Struct(fields) => Some(DataType::Struct(int96_as_microseconds(
                fields, parquet, leaf,
            ))),
            _ => {
                let is_int96 = *leaf < parquet.num_columns()
                    && parquet.column(*leaf).physical_type() == PhysicalType::INT96;
                *leaf += 1;
                is_int96.then_some(DataType::Timestamp(TimeUnit::Microsecond, None))
            }
        };
        match data_type {
            Some(data_type) => Arc::new(field.as_ref().clone().with_data_type(data_type)),
            None => Arc::clone(field),
        }
    };
    fields.iter().map(adjusted).collect()
}

fn unreadable(source: &Source, what: &str, error: ParquetError) -> Error {
    Error::new(
        ErrorKind::Decode,
        format!("{}: {what} cannot be read: {error}", source.location),
    )
    .with_source(error)
}

/// Bytes that a row of this group takes in memory, as far as the footer tells.
pub(super) fn row_bytes(group: &RowGroupMetaData) -> usize {
    let bytes = group.columns().iter().map(column_bytes).sum();
    per_row(group, bytes)
}

/// So many bytes of the group, per row.
pub(super) fn per_row(group: &RowGroupMetaData, bytes: u64) -> usize {
    let rows = u64::try_from(group.num_rows()).unwrap_or_default();
    usize::try_from(bytes / rows.max(1)).unwrap_or(usize::MAX)
}

fn column_bytes(column: &ColumnChunkMetaData) -> u64 {
    let values = u64::try_from(column.num_values()).unwrap_or_default();
    let encoded = u64::try_from(column.uncompressed_size()).unwrap_or_default();
    let width = match column.column_type() {
        PhysicalType::BOOLEAN => 1,
        PhysicalType::INT32 | PhysicalType::FLOAT | PhysicalType::BYTE_ARRAY => 4,
        PhysicalType::INT64 | PhysicalType::DOUBLE | PhysicalType::INT96 => 8,
        PhysicalType::FIXED_LEN_BYTE_ARRAY => 16,
    };
    encoded.max(values.saturating_mul(width))
}

/// Whether the column's values may be much longer than they are as encoded: text in a
/// dictionary is little more than a number each time.
pub(super) fn may_be_long(column: &ColumnChunkMetaData) -> bool {
    let is_dictionary = |encoding| {
        matches!(
            encoding,
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY
        )
    };
    column.column_type() == PhysicalType::BYTE_ARRAY && column.encodings().any(is_dictionary)
}
