//! The wire form of protobuf messages, read without their schema.

/// A field's number and value.
pub(super) struct Field<'a>(pub(super) u64, pub(super) Value<'a>);

/// A value as it stands on the wire.
pub(super) enum Value<'a> {
    Varint(u64),
    /// Four or eight bytes.
    Fixed,
    Bytes(&'a [u8]),
}

impl Value<'_> {
    /// The value of a string field.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Bytes(bytes) => Some(std::str::from_utf8(bytes).ok()?.to_owned()),
            _ => None,
        }
    }

    /// The value of an integer field.
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Varint(value) => Some(value.cast_signed()),
            _ => None,
        }
    }
}

/// The fields of a message in order; `None` where it is none, and nothing after that.
pub(super) fn fields(message: &[u8]) -> impl Iterator<Item = Option<Field<'_>>> {
    let mut rest = Some(message);
    std::iter::from_fn(move || {
        let bytes = rest.filter(|bytes| !bytes.is_empty())?;
        let read = field(bytes);
        rest = read.as_ref().map(|(_, rest)| *rest);
        Some(read.map(|(field, _)| field))
    })
}

fn field(bytes: &[u8]) -> Option<(Field<'_>, &[u8])> {
    let (key, rest) = varint(bytes)?;
    let (value, rest) = match key & 7 {
        0 => {
            let (value, rest) = varint(rest)?;
            (Value::Varint(value), rest)
        }
        1 => (Value::Fixed, rest.get(8..)?),
        2 => {
            let (length, rest) = varint(rest)?;
            let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (Value::Bytes(value), rest)
        }
        5 => (Value::Fixed, rest.get(4..)?),
        _ => return None,
    };
    Some((Field(key >> 3, value), rest))
}

/// Seven bits per byte, the lowest first; the highest bit says that more follow.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        let bits = u64::from(byte & 0x7f);
        // Of the tenth byte one bit is left.
        if index == 9 && bits > 1 {
            return None;
        }
        value |= bits << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(index + 1..)?));
        }
    }
    None
}
