//! Columns of arrays, maps and rows that arrive as JSON text.
//!
//! The text is what `CAST(x AS JSON)` gives. It is read once, token by token, straight into the
//! builders of the leaves; what a token must be follows from the column's type, whose depth
//! bounds the recursion.

mod cursor;
mod leaf;
mod nested;

use super::builder::ColumnBuilder;
use crate::types::{AthenaType, ComplexTypes};
use arrow::array::ArrayRef;
use arrow::datatypes::DataType;
use cursor::Cursor;
use memchr::memchr;

/// Text kept allocated for the next value; a larger one is freed.
const KEPT_CAPACITY: usize = 1 << 20;

/// Collects the values of one type that stand within JSON text.
trait Node: Send {
    /// Reads the value that comes next, `null` included. `None` if it is none of the type.
    fn read(&mut self, json: &mut Cursor<'_>) -> Option<()>;

    /// Appends the value that is the key of an object's member, given what stands between its
    /// quotes. `None` if it is none of the type.
    fn append_key(&mut self, content: &[u8]) -> Option<()>;

    /// Appends NULL.
    fn append_null(&mut self);

    /// Hands out the values and starts anew, with room for `next` of them. The error is the
    /// position of the first value that is not UTF-8.
    fn finish(&mut self, next: usize) -> Result<ArrayRef, usize>;
}

/// The builder for values of this type inside of others.
fn node(athena_type: &AthenaType) -> Box<dyn Node> {
    match (athena_type, athena_type.arrow_type(ComplexTypes::Typed)) {
        (AthenaType::Array(Some(element)), DataType::List(field)) => {
            Box::new(nested::List::new(field, node(element)))
        }
        (AthenaType::Map(Some(types)), DataType::Map(entries, _)) => {
            Box::new(nested::Map::new(entries, node(&types.0), node(&types.1)))
        }
        (AthenaType::Row(Some(fields)), DataType::Struct(arrow)) => {
            let members = fields.iter().map(|field| {
                (
                    field.name.clone().unwrap_or_default(),
                    node(&field.athena_type),
                )
            });
            Box::new(nested::Row::new(arrow, members.collect()))
        }
        _ => Box::new(leaf::Leaf::new(athena_type)),
    }
}

/// Collects a column whose values are JSON text.
pub(super) struct JsonBuilder {
    root: Box<dyn Node>,
    rows: usize,
    /// A CSV field without its quotes.
    unquoted: Vec<u8>,
    /// Where the value refused last stopped making sense.
    stopped: Option<usize>,
}

impl JsonBuilder {
    /// A builder for columns of this type; `None` if it is no nested type whose elements are
    /// known.
    pub(super) fn of(athena_type: &AthenaType) -> Option<Self> {
        matches!(
            athena_type,
            AthenaType::Array(Some(_)) | AthenaType::Map(Some(_)) | AthenaType::Row(Some(_))
        )
        .then(|| Self {
            root: node(athena_type),
            rows: 0,
            unquoted: Vec::new(),
            stopped: None,
        })
    }

    fn read(&mut self, text: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(text) else {
            self.stopped = None;
            return false;
        };
        let mut json = Cursor::new(text.as_bytes());
        let complete = self.root.read(&mut json).is_some() && json.is_at_end();
        if complete {
            self.rows += 1;
        } else {
            self.stopped = Some(json.position());
        }
        complete
    }
}

impl ColumnBuilder for JsonBuilder {
    fn take_quoted<'a>(&mut self, input: &'a [u8], separator: u8) -> Option<&'a [u8]> {
        let (b'"', mut rest) = input.split_first()? else {
            return None;
        };
        let mut unquoted = std::mem::take(&mut self.unquoted);
        unquoted.clear();
        unquoted.shrink_to(KEPT_CAPACITY);
        let after = loop {
            let Some(quote) = memchr(b'"', rest) else {
                break None;
            };
            let (part, quoted) = rest.split_at(quote);
            unquoted.extend_from_slice(part);
            match quoted {
                [_, b'"', next @ ..] => {
                    unquoted.push(b'"');
                    rest = next;
                }
                [_, after, next @ ..] if *after == separator => break Some(next),
                _ => break None,
            }
        };
        let taken = after.filter(|_| self.read(&unquoted));
        self.unquoted = unquoted;
        taken
    }

    fn append(&mut self, text: &[u8]) -> bool {
        self.read(text)
    }

    fn append_null(&mut self) {
        self.root.append_null();
        self.rows += 1;
    }

    fn row_width(&self) -> usize {
        // An offset; what the elements take is about what their text does.
        size_of::<i32>()
    }

    fn finish(&mut self, next_rows: usize) -> Result<ArrayRef, usize> {
        self.rows = 0;
        self.root.finish(next_rows)
    }

    fn refusal(&self) -> Option<String> {
        let stopped = self.stopped?;
        Some(format!(" It stops making sense at byte {stopped}."))
    }
}
