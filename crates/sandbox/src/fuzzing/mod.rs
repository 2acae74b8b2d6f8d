//! What must hold of any input, for the fuzzers of `fuzz/` and the property tests.
//!
//! Each function takes any bytes, and panics if something is not as it must be. Not part of the
//! interface.

mod protobuf;
#[cfg(test)]
mod tests;

use crate::columns::column;
use crate::engine::Column;
use crate::metadata::encode;
use protobuf::{Field, Value, fields};

/// What a `.metadata` object tells.
#[derive(Debug, Default, PartialEq)]
struct Metadata {
    query_id: Option<String>,
    update_type: Option<String>,
    update_count: Option<i64>,
    columns: Vec<Column>,
}

/// A `.metadata` object: what the sandbox writes is read by its field numbers as it was. Whatever
/// else is read comes to an end.
///
/// The text is the query's id, a line of update type and count or nothing, and lines of names and
/// types of columns.
pub fn metadata(data: &[u8]) {
    drop(read(data));
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let query_id = lines.next().unwrap_or_default();
    let update = lines.next().and_then(|line| line.split_once(' '));
    let update_count = update.and_then(|(_, count)| count.parse().ok());
    let columns = lines.filter_map(|line| line.split_once('\t'));
    let written = Metadata {
        query_id: Some(query_id.to_owned()),
        update_type: update.map(|(update_type, _)| update_type.to_owned()),
        update_count,
        columns: columns.map(|(name, sql)| column(name, sql)).collect(),
    };
    let bytes = encode(
        query_id,
        written.update_type.as_deref(),
        written.update_count,
        &written.columns,
    );
    assert_eq!(read(&bytes).as_ref(), Some(&written), "{text:?}");
    // Whatever it is cut to is less, or nothing.
    for end in (0..bytes.len()).take(200) {
        let cut = read(bytes.get(..end).unwrap_or_default());
        assert_ne!(cut.as_ref(), Some(&written), "{text:?} up to {end}");
    }
}

/// Reads an object by the field numbers of the protocol's description, which is all that is known
/// of its schema. `None` if it is no protobuf message, or has a field in another form.
fn read(bytes: &[u8]) -> Option<Metadata> {
    let mut metadata = Metadata::default();
    for field in fields(bytes) {
        match field? {
            Field(1, value) => metadata.query_id = Some(value.text()?),
            Field(2, value) => metadata.update_type = Some(value.text()?),
            Field(3, value) => metadata.update_count = Some(value.number()?),
            Field(4, Value::Bytes(message)) => metadata.columns.push(read_column(message)?),
            Field(4, _) => return None,
            Field(..) => {}
        }
    }
    Some(metadata)
}

/// A member that is missing is 0 or false.
fn read_column(message: &[u8]) -> Option<Column> {
    let mut column = Column {
        name: String::new(),
        type_name: String::new(),
        precision: 0,
        scale: 0,
        case_sensitive: false,
    };
    let mut label = String::new();
    for field in fields(message) {
        let Field(number, value) = field?;
        match number {
            4 => column.name = value.text()?,
            5 => label = value.text()?,
            6 => column.type_name = value.text()?,
            7 => column.precision = i32::try_from(value.number()?).ok()?,
            8 => column.scale = i32::try_from(value.number()?).ok()?,
            10 => column.case_sensitive = value.number()? != 0,
            _ => {}
        }
    }
    (label == column.name).then_some(column)
}
