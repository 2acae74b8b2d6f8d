//! Builders of text, binary and uuid columns.

use super::builder::{ColumnBuilder, NullRows};
use arrow::array::{ArrayRef, BinaryArray, FixedSizeBinaryArray, StringArray};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use std::sync::Arc;

/// Bytes copied at once while looking for the closing quote.
const BLOCK: usize = 16;

/// Collects text. That it is UTF-8 is checked when the batch is complete, for all rows at once.
pub(super) struct TextBuilder {
    /// The text of all rows, and room to copy whole blocks into.
    values: Vec<u8>,
    /// How much of `values` is text.
    length: usize,
    /// Where each row begins, and at last the length of all.
    offsets: Vec<i32>,
    nulls: NullRows,
}

impl Default for TextBuilder {
    fn default() -> Self {
        Self {
            values: Vec::new(),
            length: 0,
            offsets: vec![0],
            nulls: NullRows::default(),
        }
    }
}

impl TextBuilder {
    /// Ends a row at `length`, unless that is more than an array can hold.
    fn end_row(&mut self, length: usize) -> bool {
        let Ok(offset) = i32::try_from(length) else {
            return false;
        };
        self.offsets.push(offset);
        self.length = length;
        true
    }
}

/// The position of the first `"` in a block.
fn find_quote(block: &[u8; BLOCK]) -> Option<usize> {
    const ONES: u128 = u128::from_le_bytes([0x01; 16]);
    const HIGHS: u128 = u128::from_le_bytes([0x80; 16]);
    // A byte that equals `"` becomes 0, and the lowest 0 is what `has_zero` finds for sure.
    let difference = u128::from_le_bytes(*block) ^ (ONES * b'"' as u128);
    let has_zero = difference.wrapping_sub(ONES) & !difference & HIGHS;
    (has_zero != 0).then(|| has_zero.trailing_zeros() as usize / 8)
}

impl ColumnBuilder for TextBuilder {
    fn take_quoted(&mut self, input: &[u8], separator: u8) -> usize {
        let Some((b'"', mut rest)) = input.split_first() else {
            return 0;
        };
        let mut length = self.length;
        loop {
            let Some(block) = rest.first_chunk::<BLOCK>() else {
                return 0;
            };
            if self.values.len() < length + BLOCK {
                self.values.resize(2 * (length + BLOCK), 0);
            }
            if let Some(room) = self.values.get_mut(length..length + BLOCK) {
                room.copy_from_slice(block);
            }
            let Some(quote) = find_quote(block) else {
                length += BLOCK;
                rest = rest.split_at(BLOCK).1;
                continue;
            };
            length += quote;
            match rest.get(quote + 1) {
                Some(b'"') => {
                    // The first of the two was copied; it stays.
                    length += 1;
                    rest = rest.split_at(quote + 2).1;
                }
                Some(after) if *after == separator && self.end_row(length) => {
                    return input.len() - rest.len() + quote + 2;
                }
                _ => return 0,
            }
        }
    }

    fn append(&mut self, text: &[u8]) -> bool {
        self.values.truncate(self.length);
        self.values.extend_from_slice(text);
        self.end_row(self.values.len())
    }

    fn append_null(&mut self) {
        self.nulls.push(self.offsets.len() - 1);
        // What was the length of the rows before stays one that fits.
        self.end_row(self.length);
    }

    fn row_width(&self) -> usize {
        size_of::<i32>()
    }

    fn finish(&mut self) -> Result<ArrayRef, usize> {
        let rows = self.offsets.len() - 1;
        let mut values = std::mem::replace(&mut self.values, vec![0; self.length]);
        values.truncate(self.length);
        self.length = 0;
        let mut next_offsets = Vec::with_capacity(rows + 1);
        next_offsets.push(0);
        let offsets = std::mem::replace(&mut self.offsets, next_offsets);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let nulls = self.nulls.finish(rows);
        let values = arrow::buffer::Buffer::from_vec(values);
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

impl BinaryBuilder {
    fn end_row(&mut self) -> bool {
        let offset = i32::try_from(self.values.len());
        self.offsets.extend(offset.ok());
        offset.is_ok()
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
        self.end_row()
    }

    fn append_null(&mut self) {
        self.nulls.push(self.offsets.len() - 1);
        self.end_row();
    }

    fn row_width(&self) -> usize {
        size_of::<i32>()
    }

    fn finish(&mut self) -> Result<ArrayRef, usize> {
        let rows = self.offsets.len() - 1;
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let values = std::mem::take(&mut self.values);
        Ok(Arc::new(BinaryArray::new(
            OffsetBuffer::new(offsets.into()),
            values.into(),
            self.nulls.finish(rows),
        )))
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

    fn finish(&mut self) -> Result<ArrayRef, usize> {
        let values = std::mem::take(&mut self.values);
        let nulls = self.nulls.finish(values.len() / UUID_WIDTH);
        Ok(Arc::new(FixedSizeBinaryArray::new(
            16,
            values.into(),
            nulls,
        )))
    }
}
