//! Builders of columns whose values have a fixed width.

use super::builder::{ColumnBuilder, NullRows};
use arrow::array::{ArrayRef, BooleanArray, PrimitiveArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{ArrowPrimitiveType, DataType};
use std::sync::Arc;

/// How one type is written.
pub(super) trait Parse {
    /// The Arrow type of the values.
    type Arrow: ArrowPrimitiveType;

    /// Reads the value at the beginning of `text`, and how many bytes it is long; the caller
    /// decides whether something may follow. `None` if there is no value, or none that fits.
    fn parse(
        &mut self,
        text: &[u8],
    ) -> Option<(<Self::Arrow as ArrowPrimitiveType>::Native, usize)>;
}

/// Collects the values of a column of numbers, or of what Arrow stores as such.
pub(super) struct PrimitiveBuilder<P: Parse> {
    parser: P,
    /// The array's type where it is more than `P::Arrow` says: decimals and zones.
    data_type: Option<DataType>,
    values: Vec<<P::Arrow as ArrowPrimitiveType>::Native>,
    nulls: NullRows,
}

impl<P: Parse> PrimitiveBuilder<P> {
    pub(super) fn new(parser: P, data_type: Option<DataType>) -> Self {
        Self {
            parser,
            data_type,
            values: Vec::new(),
            nulls: NullRows::default(),
        }
    }
}

impl<P: Parse + Send> ColumnBuilder for PrimitiveBuilder<P> {
    fn take_quoted<'a>(&mut self, input: &'a [u8], separator: u8) -> Option<&'a [u8]> {
        let (b'"', text) = input.split_first()? else {
            return None;
        };
        let (value, length) = self.parser.parse(text)?;
        match text.get(length..)? {
            [b'"', after, rest @ ..] if *after == separator => {
                self.values.push(value);
                Some(rest)
            }
            _ => None,
        }
    }

    fn append(&mut self, text: &[u8]) -> bool {
        match self.parser.parse(text) {
            Some((value, length)) if length == text.len() => {
                self.values.push(value);
                true
            }
            _ => false,
        }
    }

    fn append_null(&mut self) {
        self.nulls.push(self.values.len());
        self.values.push(Default::default());
    }

    fn row_width(&self) -> usize {
        size_of::<<P::Arrow as ArrowPrimitiveType>::Native>()
    }

    fn finish(&mut self, next_rows: usize) -> Result<ArrayRef, usize> {
        let rows = self.values.len();
        let values = std::mem::replace(&mut self.values, Vec::with_capacity(next_rows));
        let array = PrimitiveArray::<P::Arrow>::new(values.into(), self.nulls.finish(rows));
        Ok(match &self.data_type {
            Some(data_type) => Arc::new(array.with_data_type(data_type.clone())),
            None => Arc::new(array),
        })
    }
}

/// Collects `true` and `false`.
#[derive(Default)]
pub(super) struct BooleanBuilder {
    values: Vec<bool>,
    nulls: NullRows,
}

impl ColumnBuilder for BooleanBuilder {
    fn take_quoted<'a>(&mut self, input: &'a [u8], separator: u8) -> Option<&'a [u8]> {
        let (value, rest) = match input.strip_prefix(b"\"true\"") {
            Some(rest) => (true, rest),
            None => (false, input.strip_prefix(b"\"false\"")?),
        };
        let (after, rest) = rest.split_first()?;
        (*after == separator).then(|| {
            self.values.push(value);
            rest
        })
    }

    fn append(&mut self, text: &[u8]) -> bool {
        let value = match text {
            b"true" => true,
            b"false" => false,
            _ => return false,
        };
        self.values.push(value);
        true
    }

    fn append_null(&mut self) {
        self.nulls.push(self.values.len());
        self.values.push(false);
    }

    fn row_width(&self) -> usize {
        1
    }

    fn finish(&mut self, next_rows: usize) -> Result<ArrayRef, usize> {
        let rows = self.values.len();
        let values = BooleanBuffer::from(self.values.as_slice());
        self.values.clear();
        self.values.reserve(next_rows);
        Ok(Arc::new(BooleanArray::new(values, self.nulls.finish(rows))))
    }
}
