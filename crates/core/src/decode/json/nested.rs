//! Arrays, maps and rows.

use super::super::builder::NullRows;
use super::Node;
use super::cursor::{Cursor, unescape};
use arrow::array::{ArrayRef, ListArray, MapArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, FieldRef, Fields};
use std::collections::HashSet;
use std::sync::Arc;

/// Which elements belong to which value, and which values are NULL.
struct Ranges {
    /// Where each value begins, and at last the number of all elements.
    offsets: Vec<i32>,
    /// Elements so far.
    elements: usize,
    nulls: NullRows,
}

impl Ranges {
    fn new() -> Self {
        Self {
            offsets: vec![0],
            elements: 0,
            nulls: NullRows::default(),
        }
    }

    /// Reads a value, whose elements `read` reads one by one; or NULL. `None` if it is neither,
    /// and for more elements than an array can hold.
    fn read<'a>(
        &mut self,
        json: &mut Cursor<'a>,
        (open, close): (u8, u8),
        mut read: impl FnMut(&mut Cursor<'a>) -> Option<()>,
    ) -> Option<()> {
        if json.take_null() {
            self.append_null();
            return Some(());
        }
        let mut more = json.take(open).then(|| !json.take(close))?;
        while more {
            read(json)?;
            self.elements += 1;
            more = json.goes_on(close)?;
        }
        self.offsets.push(i32::try_from(self.elements).ok()?);
        Some(())
    }

    fn append_null(&mut self) {
        self.nulls.push(self.offsets.len() - 1);
        // As many elements as before, which did fit.
        self.offsets.extend(self.offsets.last().copied());
    }

    /// Takes what has been collected. `elements` does so with the elements, given the room they
    /// need if `next` values follow that are like these; its error is the position of one.
    fn finish<T>(
        &mut self,
        next: usize,
        elements: impl FnOnce(usize) -> Result<T, usize>,
    ) -> Result<(OffsetBuffer<i32>, T, Option<NullBuffer>), usize> {
        let values = self.offsets.len() - 1;
        let room = (self.elements / values.max(1) + 1).saturating_mul(next);
        let mut offsets = Vec::with_capacity(next + 1);
        offsets.push(0);
        std::mem::swap(&mut offsets, &mut self.offsets);
        self.elements = 0;
        let offsets = OffsetBuffer::new(offsets.into());
        let nulls = std::mem::take(&mut self.nulls).finish(values);
        match elements(room) {
            Ok(elements) => Ok((offsets, elements, nulls)),
            Err(at) => {
                let element = i32::try_from(at).unwrap_or(i32::MAX);
                let begun = offsets.partition_point(|offset| *offset <= element);
                Err(begun.saturating_sub(1))
            }
        }
    }
}

/// `array(T)`: a JSON array.
pub(super) struct List {
    field: FieldRef,
    ranges: Ranges,
    elements: Box<dyn Node>,
}

impl List {
    pub(super) fn new(field: FieldRef, elements: Box<dyn Node>) -> Self {
        Self {
            field,
            ranges: Ranges::new(),
            elements,
        }
    }
}

impl Node for List {
    fn read(&mut self, json: &mut Cursor<'_>) -> Option<()> {
        let elements = &mut self.elements;
        self.ranges
            .read(json, (b'[', b']'), |json| elements.read(json))
    }

    fn append_key(&mut self, _: &[u8]) -> Option<()> {
        None
    }

    fn append_null(&mut self) {
        self.ranges.append_null();
    }

    fn finish(&mut self, next: usize) -> Result<ArrayRef, usize> {
        let elements = |room| self.elements.finish(room);
        let (offsets, elements, nulls) = self.ranges.finish(next, elements)?;
        let field = Arc::clone(&self.field);
        Ok(Arc::new(ListArray::new(field, offsets, elements, nulls)))
    }
}

/// `map(K, V)`: a JSON object, whose keys are K's text.
pub(super) struct Map {
    entries: FieldRef,
    ranges: Ranges,
    keys: Box<dyn Node>,
    values: Box<dyn Node>,
}

impl Map {
    pub(super) fn new(entries: FieldRef, keys: Box<dyn Node>, values: Box<dyn Node>) -> Self {
        Self {
            entries,
            ranges: Ranges::new(),
            keys,
            values,
        }
    }
}

impl Node for Map {
    fn read(&mut self, json: &mut Cursor<'_>) -> Option<()> {
        let (keys, values) = (&mut self.keys, &mut self.values);
        let mut seen = Seen::default();
        self.ranges.read(json, (b'{', b'}'), |json| {
            let key = json.string()?;
            seen.is_new(key).then_some(())?;
            keys.append_key(key)?;
            json.take(b':').then_some(())?;
            values.read(json)
        })
    }

    fn append_key(&mut self, _: &[u8]) -> Option<()> {
        None
    }

    fn append_null(&mut self) {
        self.ranges.append_null();
    }

    fn finish(&mut self, next: usize) -> Result<ArrayRef, usize> {
        let columns = |room| Ok(vec![self.keys.finish(room)?, self.values.finish(room)?]);
        let (offsets, columns, nulls) = self.ranges.finish(next, columns)?;
        let fields = match self.entries.data_type() {
            DataType::Struct(fields) => fields.clone(),
            _ => Fields::empty(),
        };
        let pairs = StructArray::new(fields, columns, None);
        let entries = Arc::clone(&self.entries);
        Ok(Arc::new(MapArray::new(
            entries, offsets, pairs, nulls, false,
        )))
    }
}

/// The keys of one object. The first are compared one by one, if there are more by hash.
#[derive(Default)]
struct Seen<'a> {
    few: [&'a [u8]; 16],
    count: usize,
    many: HashSet<&'a [u8]>,
}

impl<'a> Seen<'a> {
    fn is_new(&mut self, key: &'a [u8]) -> bool {
        if self.few.iter().take(self.count).any(|seen| *seen == key) {
            return false;
        }
        match self.few.get_mut(self.count) {
            Some(slot) => {
                *slot = key;
                self.count += 1;
                true
            }
            None => self.many.insert(key),
        }
    }
}

/// `row(…)`: a JSON object of its fields in order, or an array of them.
pub(super) struct Row {
    fields: Fields,
    /// Each field's name, empty if it has none, and its values.
    members: Vec<(String, Box<dyn Node>)>,
    rows: usize,
    nulls: NullRows,
    scratch: Vec<u8>,
}

impl Row {
    pub(super) fn new(fields: Fields, members: Vec<(String, Box<dyn Node>)>) -> Self {
        Self {
            fields,
            members,
            rows: 0,
            nulls: NullRows::default(),
            scratch: Vec::new(),
        }
    }
}

impl Node for Row {
    fn read(&mut self, json: &mut Cursor<'_>) -> Option<()> {
        if json.take_null() {
            self.append_null();
            return Some(());
        }
        let close = if json.take(b'{') {
            b'}'
        } else {
            json.take(b'[').then_some(b']')?
        };
        let last = self.members.len() - 1;
        for (index, (name, values)) in self.members.iter_mut().enumerate() {
            if close == b'}' {
                let key = unescape(json.string()?, &mut self.scratch)?;
                (key == name.as_bytes() && json.take(b':')).then_some(())?;
            }
            values.read(json)?;
            (json.goes_on(close)? == (index < last)).then_some(())?;
        }
        self.rows += 1;
        Some(())
    }

    fn append_key(&mut self, _: &[u8]) -> Option<()> {
        None
    }

    fn append_null(&mut self) {
        for (_, values) in &mut self.members {
            values.append_null();
        }
        self.nulls.push(self.rows);
        self.rows += 1;
    }

    fn finish(&mut self, next: usize) -> Result<ArrayRef, usize> {
        let rows = std::mem::take(&mut self.rows);
        let columns = self
            .members
            .iter_mut()
            .map(|(_, values)| values.finish(next));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let nulls = self.nulls.finish(rows);
        Ok(Arc::new(StructArray::new(
            self.fields.clone(),
            columns,
            nulls,
        )))
    }
}
