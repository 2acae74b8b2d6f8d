//! Arrays, maps and rows of any other type.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, ListArray, MapArray, StringArray, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields};
use fastrand::Rng;

use super::kinds::{Kind, Values, quoted, text};

/// A nested type with `leaf` inside, up to three levels deep.
pub fn any(rng: &mut Rng, leaf: Kind) -> Kind {
    let mut kind = leaf;
    for level in 0..rng.usize(1..=3) {
        kind = match rng.u8(..if kind.nested { 3 } else { 5 }) {
            0 => array(kind),
            1 => map(kind),
            2 => row(kind, level),
            _ => keys(kind),
        };
    }
    kind
}

/// Which of so many values are NULL; `None` if none is.
fn nulls(rng: &mut Rng, count: usize, nullable: bool) -> Option<NullBuffer> {
    let valid: Vec<bool> = (0..count).map(|_| !nullable || rng.u8(..5) > 0).collect();
    Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() > 0)
}

/// How many elements each value has; NULL has none.
fn lengths(rng: &mut Rng, count: usize, nulls: Option<&NullBuffer>, most: usize) -> Vec<usize> {
    let length = |at| match nulls.is_some_and(|nulls| nulls.is_null(at)) {
        true => 0,
        false => rng.usize(..=most),
    };
    (0..count).map(length).collect()
}

/// Each value as SQL, from what stands inside of it.
fn spelled(
    sql_type: &str,
    nulls: Option<&NullBuffer>,
    inside: impl Iterator<Item = String>,
) -> Vec<String> {
    let value = |(at, inside): (usize, String)| match nulls.is_some_and(|nulls| nulls.is_null(at)) {
        true => format!("CAST(NULL AS {sql_type})"),
        false => format!("CAST({inside} AS {sql_type})"),
    };
    inside.enumerate().map(value).collect()
}

/// The elements of each value, with commas between them.
fn joined<'a>(sql: &'a [String], lengths: &'a [usize]) -> impl Iterator<Item = String> + 'a {
    let mut rest = sql;
    lengths.iter().map(move |length| {
        let (elements, others) = rest.split_at(*length);
        rest = others;
        elements.join(", ")
    })
}

fn field(name: &str, array: &ArrayRef, nullable: bool) -> Field {
    Field::new(name, array.data_type().clone(), nullable)
}

pub fn array(element: Kind) -> Kind {
    let sql_type = format!("array({})", element.sql_type);
    let name = sql_type.clone();
    Kind::new(&sql_type, true, move |rng, count, nullable| {
        let nulls = nulls(rng, count, nullable);
        let lengths = lengths(rng, count, nulls.as_ref(), 3);
        let elements = element.draw(rng, lengths.iter().sum());
        let inside = joined(&elements.sql, &lengths).map(|items| format!("ARRAY[{items}]"));
        Values {
            sql: spelled(&name, nulls.as_ref(), inside),
            array: Arc::new(ListArray::new(
                Arc::new(field("item", &elements.array, true)),
                OffsetBuffer::from_lengths(lengths.iter().copied()),
                elements.array,
                nulls,
            )),
        }
    })
}

/// A map array, and its values as SQL.
fn maps(
    sql_type: &str,
    lengths: &[usize],
    nulls: Option<NullBuffer>,
    pairs: [Values; 2],
) -> Values {
    let [keys, values] = pairs;
    let inside = joined(&keys.sql, lengths)
        .zip(joined(&values.sql, lengths))
        .map(|(keys, values)| format!("MAP(ARRAY[{keys}], ARRAY[{values}])"));
    let sql = spelled(sql_type, nulls.as_ref(), inside);
    let fields = vec![
        field("key", &keys.array, false),
        field("value", &values.array, true),
    ];
    let fields = Fields::from(fields);
    let pairs = StructArray::new(fields.clone(), vec![keys.array, values.array], None);
    let entries = Arc::new(Field::new("entries", DataType::Struct(fields), false));
    let offsets = OffsetBuffer::from_lengths(lengths.iter().copied());
    Values {
        sql,
        array: Arc::new(MapArray::new(entries, offsets, pairs, nulls, false)),
    }
}

/// Maps to values of this type, in the order of their keys, which are any text.
pub fn map(value: Kind) -> Kind {
    let sql_type = format!("map(varchar, {})", value.sql_type);
    let name = sql_type.clone();
    Kind::new(&sql_type, true, move |rng, count, nullable| {
        let nulls = nulls(rng, count, nullable);
        let mut lengths = lengths(rng, count, nulls.as_ref(), 3);
        let mut keys = Vec::new();
        for length in &mut lengths {
            let mut few: Vec<String> = (0..*length).map(|_| text(rng)).collect();
            few.sort();
            few.dedup();
            *length = few.len();
            keys.extend(few);
        }
        let values = value.draw(rng, keys.len());
        let keys = Values {
            sql: keys
                .iter()
                .map(|key| format!("CAST({} AS varchar)", quoted(key)))
                .collect(),
            array: Arc::new(StringArray::from(keys)),
        };
        maps(&name, &lengths, nulls, [keys, values])
    })
}

/// Maps of one entry with a key of this type.
fn keys(key: Kind) -> Kind {
    let sql_type = format!("map({}, bigint)", key.sql_type);
    let name = sql_type.clone();
    Kind::new(&sql_type, true, move |rng, count, nullable| {
        let nulls = nulls(rng, count, nullable);
        let lengths = lengths(rng, count, nulls.as_ref(), 1);
        let total = lengths.iter().sum();
        let keys = key.draw_keys(rng, total);
        let numbers: Vec<i64> = (0..total).map(|_| rng.i64(..)).collect();
        let values = Values {
            sql: numbers
                .iter()
                .map(|number| format!("BIGINT '{number}'"))
                .collect(),
            array: Arc::new(Int64Array::from(numbers)),
        };
        maps(&name, &lengths, nulls, [keys, values])
    })
}

/// A row of a value of this type and, at every other level, of a number before it; its fields
/// have names, or none.
fn row(value: Kind, level: usize) -> Kind {
    let names = [("n", "x"), ("a_1", "b2"), ("", "")][level];
    let field_text = |name, of: &str| format!("{name} {of}").trim().to_owned();
    let fields = [
        field_text(names.0, "bigint"),
        field_text(names.1, &value.sql_type),
    ];
    let sql_type = format!("row({})", fields.join(", "));
    let name = sql_type.clone();
    let arrow_name = move |name: &str, index: usize| match name {
        "" => format!("field{index}"),
        name => name.to_owned(),
    };
    Kind::new(&sql_type, true, move |rng, count, nullable| {
        let nulls = nulls(rng, count, nullable);
        let is_null = |at| nulls.as_ref().is_some_and(|nulls| nulls.is_null(at));
        let numbers: Vec<Option<i64>> = (0..count)
            .map(|at| (!is_null(at) && rng.bool()).then(|| rng.i64(..)))
            .collect();
        let values = value.draw(rng, count);
        let number = |number: &Option<i64>| match number {
            Some(number) => format!("BIGINT '{number}'"),
            None => "CAST(NULL AS bigint)".to_owned(),
        };
        let inside = numbers
            .iter()
            .zip(&values.sql)
            .map(|(one, other)| format!("ROW({}, {other})", number(one)));
        let sql = spelled(&name, nulls.as_ref(), inside);
        let numbers: ArrayRef = Arc::new(Int64Array::from(numbers));
        let fields = vec![
            field(&arrow_name(names.0, 0), &numbers, true),
            field(&arrow_name(names.1, 1), &values.array, true),
        ];
        Values {
            sql,
            array: Arc::new(StructArray::new(
                Fields::from(fields),
                vec![numbers, values.array],
                nulls,
            )),
        }
    })
}
