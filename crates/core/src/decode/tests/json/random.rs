//! Random values of random types, written as JSON and read back.

use super::decode;
use crate::error::ErrorKind;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{Decimal128Type, Float64Type, Int64Type};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof, proptest};

/// A value of a nested type, and what its JSON is made from.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Null,
    BigInt(i64),
    /// Its bits, so that NaN equals itself.
    Double(u64),
    /// Of scale 9.
    Decimal(i128),
    Text(String),
    List(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Row(Vec<Value>),
}

/// The type of [`Value`]s.
#[derive(Debug, Clone)]
enum Kind {
    BigInt,
    Double,
    Decimal,
    Text,
    List(Box<Kind>),
    /// With keys of bigint, or else of varchar.
    Map(bool, Box<Kind>),
    /// Fields with names, or else without.
    Row(bool, Vec<Kind>),
}

fn kinds() -> impl Strategy<Value = Kind> {
    let leaf = prop_oneof![
        Just(Kind::BigInt),
        Just(Kind::Double),
        Just(Kind::Decimal),
        Just(Kind::Text)
    ];
    leaf.prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|kind| Kind::List(Box::new(kind))),
            (any::<bool>(), inner.clone()).prop_map(|(key, kind)| Kind::Map(key, Box::new(kind))),
            (any::<bool>(), vec(inner, 1..4)).prop_map(|(named, kinds)| Kind::Row(named, kinds)),
        ]
    })
}

fn type_text(kind: &Kind) -> String {
    match kind {
        Kind::BigInt => "bigint".to_owned(),
        Kind::Double => "double".to_owned(),
        Kind::Decimal => "decimal(38,9)".to_owned(),
        Kind::Text => "varchar".to_owned(),
        Kind::List(kind) => format!("array({})", type_text(kind)),
        Kind::Map(true, kind) => format!("map(bigint, {})", type_text(kind)),
        Kind::Map(false, kind) => format!("map(varchar, {})", type_text(kind)),
        Kind::Row(named, kinds) => {
            let field = |(index, kind): (usize, &Kind)| match named {
                true => format!("\"f {index}\" {}", type_text(kind)),
                false => type_text(kind),
            };
            let fields: Vec<_> = kinds.iter().enumerate().map(field).collect();
            format!("row({})", fields.join(", "))
        }
    }
}

fn values(kind: &Kind) -> BoxedStrategy<Value> {
    let value = match kind {
        Kind::BigInt => any::<i64>().prop_map(Value::BigInt).boxed(),
        Kind::Double => any::<f64>()
            .prop_map(|value| Value::Double(value.to_bits()))
            .boxed(),
        Kind::Decimal => {
            let limit = 10_i128.pow(38) - 1;
            (-limit..=limit).prop_map(Value::Decimal).boxed()
        }
        Kind::Text => any::<String>().prop_map(Value::Text).boxed(),
        Kind::List(kind) => vec(values(kind), 0..4).prop_map(Value::List).boxed(),
        Kind::Map(true, kind) => btree_map(any::<i64>(), values(kind), 0..4)
            .prop_map(|map| {
                Value::Map(
                    map.into_iter()
                        .map(|(k, v)| (Value::BigInt(k), v))
                        .collect(),
                )
            })
            .boxed(),
        Kind::Map(false, kind) => btree_map(any::<String>(), values(kind), 0..4)
            .prop_map(|map| Value::Map(map.into_iter().map(|(k, v)| (Value::Text(k), v)).collect()))
            .boxed(),
        Kind::Row(_, kinds) => {
            let fields: Vec<_> = kinds.iter().map(values).collect();
            fields.prop_map(Value::Row).boxed()
        }
    };
    prop_oneof![1 => Just(Value::Null), 6 => value].boxed()
}

/// As Trino writes it, but for more escapes than it makes.
fn json(value: &Value, kind: &Kind) -> String {
    match (value, kind) {
        (Value::Null, _) => "null".to_owned(),
        (Value::BigInt(value), _) => value.to_string(),
        (Value::Double(bits), _) => match f64::from_bits(*bits) {
            value if value.is_nan() => "\"NaN\"".to_owned(),
            value if value.is_infinite() && value > 0.0 => "\"Infinity\"".to_owned(),
            value if value.is_infinite() => "\"-Infinity\"".to_owned(),
            value => format!("{value:E}"),
        },
        // Java writes small ones with an exponent.
        (Value::Decimal(unscaled), _) => format!("{unscaled}E-9"),
        (Value::Text(text), _) => {
            // Every other text without escapes but the needed ones.
            let sparing = text.len() % 2 == 1;
            let escaped = |c: char| match c {
                ' '..='!' | '#'..='[' | ']'..='~' => c.to_string(),
                '\u{80}'.. if sparing => c.to_string(),
                c => {
                    let mut units = [0; 2];
                    let units = c.encode_utf16(&mut units).iter();
                    units.map(|unit| format!("\\u{unit:04x}")).collect()
                }
            };
            format!("\"{}\"", text.chars().map(escaped).collect::<String>())
        }
        (Value::List(items), Kind::List(kind)) => {
            let items: Vec<_> = items.iter().map(|item| json(item, kind)).collect();
            format!("[{}]", items.join(","))
        }
        (Value::Map(members), Kind::Map(_, kind)) => {
            let member = |(key, value): &(Value, Value)| {
                let key = match key {
                    Value::BigInt(key) => format!("\"{key}\""),
                    text => json(text, &Kind::Text),
                };
                format!("{key}:{}", json(value, kind))
            };
            let members: Vec<_> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(","))
        }
        (Value::Row(fields), Kind::Row(named, kinds)) => {
            let field = |(index, (value, kind)): (usize, (&Value, &Kind))| match named {
                true => format!("\"f {index}\":{}", json(value, kind)),
                false => format!("\"\":{}", json(value, kind)),
            };
            let fields: Vec<_> = fields.iter().zip(kinds).enumerate().map(field).collect();
            format!("{{{}}}", fields.join(","))
        }
        _ => panic!("{value:?} is no {kind:?}"),
    }
}

fn read_back(array: &ArrayRef, row: usize, kind: &Kind) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    let all = |array: &ArrayRef, kind: &Kind| {
        (0..array.len())
            .map(|row| read_back(array, row, kind))
            .collect::<Vec<_>>()
    };
    match kind {
        Kind::BigInt => Value::BigInt(array.as_primitive::<Int64Type>().value(row)),
        Kind::Double => Value::Double(array.as_primitive::<Float64Type>().value(row).to_bits()),
        Kind::Decimal => Value::Decimal(array.as_primitive::<Decimal128Type>().value(row)),
        Kind::Text => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        Kind::List(kind) => Value::List(all(&array.as_list::<i32>().value(row), kind)),
        Kind::Map(key, kind) => {
            let entries = array.as_map().value(row);
            let key_kind = if *key { Kind::BigInt } else { Kind::Text };
            let keys = all(entries.column(0), &key_kind);
            Value::Map(keys.into_iter().zip(all(entries.column(1), kind)).collect())
        }
        Kind::Row(_, kinds) => {
            let columns = array.as_struct().columns().iter().zip(kinds);
            Value::Row(
                columns
                    .map(|(column, kind)| read_back(column, row, kind))
                    .collect(),
            )
        }
    }
}

proptest! {
    #[test]
    fn any_value_is_read_as_what_it_was_written_from(
        (kind, list) in kinds().prop_flat_map(|kind| {
            let kind = Kind::List(Box::new(kind));
            let list = vec(values(&kind), 1..5);
            (Just(kind), list)
        })
    ) {
        let text = |value: &Value| (value != &Value::Null).then(|| json(value, &kind));
        let texts: Vec<_> = list.iter().map(text).collect();
        let texts: Vec<_> = texts.iter().map(Option::as_deref).collect();
        let array = decode(&type_text(&kind), &texts).unwrap();
        let found: Vec<_> = (0..array.len()).map(|row| read_back(&array, row, &kind)).collect();
        // NaN is one value, whatever its bits were.
        let list: Vec<_> = list.iter().map(one_nan).collect();
        assert_eq!(found, list);
    }

    #[test]
    fn no_text_makes_the_reader_panic(
        json in r#"[\[\]{}",:\\ unlltrue0-9eE.+u-]{0,40}"#,
        kind in kinds(),
    ) {
        let kind = type_text(&Kind::List(Box::new(kind)));
        if let Err(error) = decode(&kind, &[Some(&json)]) {
            assert_eq!(error.kind(), ErrorKind::Decode);
        }
    }
}

fn one_nan(value: &Value) -> Value {
    let all = |list: &[Value]| list.iter().map(one_nan).collect();
    match value {
        Value::Double(bits) if f64::from_bits(*bits).is_nan() => Value::Double(f64::NAN.to_bits()),
        Value::List(items) => Value::List(all(items)),
        Value::Row(fields) => Value::Row(all(fields)),
        Value::Map(members) => Value::Map(
            members
                .iter()
                .map(|(k, v)| (k.clone(), one_nan(v)))
                .collect(),
        ),
        other => other.clone(),
    }
}
