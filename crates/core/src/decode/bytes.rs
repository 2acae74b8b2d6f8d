//! Builders of text, binary and uuid columns.

use super::builder::{ColumnBuilder, NullRows};
use arrow::array::{ArrayRef, BinaryArray, FixedSizeBinaryArray, StringArray};
use arrow::buffer::{Buffer, OffsetBuffer};
use std::sync::Arc;

/// Bytes copied at once while looking for the closing quote.
const BLOCK: usize = 16;

/// Collects text. That it is UTF-8 is checked when the batch is complete, for all rows at once.
pub(super) struct TextBuilder {
    values: Vec<u8>,
    /// Where each row begins, and at last the length of all.
    offsets: Vec<i32>,
    nulls: NullRows,
}

impl Default for TextBuilder {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            offsets: vec![0],
            nulls: NullRows::default(),
        }
    }
}

impl TextBuilder {
    /// Copies the value that begins behind an opening quote, and ends the row. Returns what
    /// follows the separator. Where it fails, a part of the value may have been copied.
    #[inline]
    fn copy_value<'a>(&mut self, text: &'a [u8], separator: u8) -> Option<&'a [u8]> {
        let mut rest = text;
        loop {
            let quote = find_quote(rest)?;
            let (value, [_, after, next @ ..]) = rest.split_at_checked(quote)? else {
                return None;
            };
            let start = self.values.len();
            // A copy of fixed length is cheap; what is not of the value is cut off again.
            match (
                rest.first_chunk::<BLOCK>(),
                rest.first_chunk::<{ 4 * BLOCK }>(),
            ) {
                (Some(block), _) if quote <= BLOCK => {
                    self.values.extend_from_slice(block);
                    self.values.truncate(start + quote);
                }
                (_, Some(blocks)) if quote <= 4 * BLOCK => {
                    self.values.extend_from_slice(blocks);
                    self.values.truncate(start + quote);
                }
                _ => self.values.extend_from_slice(value),
            }
            if *after == separator {
                self.offsets.push(i32::try_from(start + quote).ok()?);
                return Some(next);
            }
            if *after != b'"' {
                return None;
            }
            self.values.push(b'"');
            rest = next;
        }
    }
}

/// The position of the first `"`, unless it is in the last few bytes.
#[inline]
fn find_quote(text: &[u8]) -> Option<usize> {
    const ONES: u128 = u128::from_le_bytes([0x01; BLOCK]);
    const HIGHS: u128 = u128::from_le_bytes([0x80; BLOCK]);
    const QUOTES: u128 = u128::from_le_bytes([b'"'; BLOCK]);
    let mut rest = text;
    loop {
        let (block, after) = rest.split_first_chunk::<BLOCK>()?;
        // A quote becomes 0, and the lowest 0 is what the subtraction finds for sure.
        let difference = u128::from_le_bytes(*block) ^ QUOTES;
        let zeros = difference.wrapping_sub(ONES) & !difference & HIGHS;
        if zeros != 0 {
            return Some(text.len() - rest.len() + zeros.trailing_zeros() as usize / 8);
        }
        rest = after;
    }
}

impl ColumnBuilder for TextBuilder {
    fn take_quoted<'a>(&mut self, input: &'a [u8], separator: u8) -> Option<&'a [u8]> {
        let (b'"', text) = input.split_first()? else {
            return None;
        };
        let start = self.values.len();
        let rest = self.copy_value(text, separator);
        if rest.is_none() {
            self.values.truncate(start);
        }
        rest
    }

    fn append(&mut self, text: &[u8]) -> bool {
        self.values.extend_from_slice(text);
        end_row(&mut self.offsets, &self.values)
    }

    fn append_null(&mut self) {
        self.nulls.push(self.offsets.len() - 1);
        end_row(&mut self.offsets, &self.values);
    }

    fn row_width(&self) -> usize {
        size_of::<i32>()
    }

    fn finish(&mut self, next_rows: usize) -> Result<ArrayRef, usize> {
        let rows = self.offsets.len() - 1;
        let nulls = self.nulls.finish(rows);
        let (offsets, values) = take_rows(&mut self.offsets, &mut self.values, next_rows);
        match StringArray::try_new(offsets.clone(), values.clone(), nulls.clone()) {
            Ok(array) => Ok(Arc::new(array)),
            Err(_) => {
                let bytes = BinaryArray::new(offsets, values, nulls);
                let broken = |row: &usize| std::str::from_utf8(bytes.value(*row)).is_err();
                Err((0..rows).find(broken).unwrap_or(rows))
            }
        }
    }
}

/// Ends a row, unless there is more than an array can hold.
fn end_row(offsets: &mut Vec<i32>, values: &[u8]) -> bool {
    let offset = i32::try_from(values.len());
    offsets.extend(offset.ok());
    offset.is_ok()
}

/// Takes what has been collected; leaves room for `next_rows` rows like these.
fn take_rows(
    offsets: &mut Vec<i32>,
    values: &mut Vec<u8>,
    next_rows: usize,
) -> (OffsetBuffer<i32>, Buffer) {
    let bytes_per_row = values.len() / (offsets.len() - 1).max(1) + 1;
    let mut next = Vec::with_capacity(next_rows + 1);
    next.push(0);
    let offsets = std::mem::replace(offsets, next);
    let room = Vec::with_capacity(next_rows * bytes_per_row);
    let values = std::mem::replace(values, room);
    (OffsetBuffer::new(offsets.into()), Buffer::from_vec(values))
}

/// Collects binary values, written as pairs of hexadecimal digits with blanks between.
pub(super) struct BinaryBuilder {
    values: Vec<u8>,
    offsets: Vec<i32>,
    nulls: NullRows,
}

impl Default for BinaryBuilder {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            offsets: vec![0],
            nulls: NullRows::default(),
        }
    }
}

/// The value of a hexadecimal digit.
fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The byte that two hexadecimal digits write.
fn hex_pair(high: u8, low: u8) -> Option<u8> {
    Some(hex(high)? << 4 | hex(low)?)
}

impl ColumnBuilder for BinaryBuilder {
    fn append(&mut self, text: &[u8]) -> bool {
        let start = self.values.len();
        // Each byte takes three characters, the last one two.
        let mut groups = text.chunks(3).peekable();
        while let Some(group) = groups.next() {
            let byte = match group {
                [high, low, b' '] if groups.peek().is_some() => hex_pair(*high, *low),
                [high, low] => hex_pair(*high, *low),
                _ => None,
            };
            let Some(byte) = byte else {
                self.values.truncate(start);
                return false;
            };
            self.values.push(byte);
        }
        end_row(&mut self.offsets, &self.values)
    }

    fn append_null(&mut self) {
        self.nulls.push(self.offsets.len() - 1);
        end_row(&mut self.offsets, &self.values);
    }

    fn row_width(&self) -> usize {
        size_of::<i32>()
    }

    fn finish(&mut self, next_rows: usize) -> Result<ArrayRef, usize> {
        let rows = self.offsets.len() - 1;
        let nulls = self.nulls.finish(rows);
        let (offsets, values) = take_rows(&mut self.offsets, &mut self.values, next_rows);
        Ok(Arc::new(BinaryArray::new(offsets, values, nulls)))
    }
}

/// Collects uuids, written as 8-4-4-4-12 hexadecimal digits.
#[derive(Default)]
pub(super) struct UuidBuilder {
    values: Vec<u8>,
    nulls: NullRows,
}

const UUID_WIDTH: usize = 16;

fn uuid(text: &[u8]) -> Option<[u8; UUID_WIDTH]> {
    let mut bytes = [0; UUID_WIDTH];
    let mut rest = text;
    for (index, byte) in bytes.iter_mut().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            rest = rest.strip_prefix(b"-")?;
        }
        let ([high, low], after) = rest.split_first_chunk()?;
        *byte = hex_pair(*high, *low)?;
        rest = after;
    }
    rest.is_empty().then_some(bytes)
}

impl ColumnBuilder for UuidBuilder {
    fn append(&mut self, text: &[u8]) -> bool {
        let bytes = uuid(text);
        self.values.extend(bytes.iter().flatten());
        bytes.is_some()
    }

    fn append_null(&mut self) {
        self.nulls.push(self.values.len() / UUID_WIDTH);
        self.values.extend([0; UUID_WIDTH]);
    }

    fn row_width(&self) -> usize {
        UUID_WIDTH
    }

    fn finish(&mut self, next_rows: usize) -> Result<ArrayRef, usize> {
        let room = Vec::with_capacity(next_rows * UUID_WIDTH);
        let values = std::mem::replace(&mut self.values, room);
        let nulls = self.nulls.finish(values.len() / UUID_WIDTH);
        Ok(Arc::new(FixedSizeBinaryArray::new(
            16,
            values.into(),
            nulls,
        )))
    }
}
