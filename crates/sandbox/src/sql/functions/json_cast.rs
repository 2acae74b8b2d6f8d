//! `CAST(json AS type)`.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, ListArray, MapArray, StringArray, StructArray,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::nullif;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::error::{DataFusionError, Result};

use super::AthenaError;
use super::cast::convert;
use super::json_node::Node;
use crate::sql::types::AthenaType;

/// Converts a column of json. With `lenient`, what cannot be converted becomes NULL.
pub(super) fn from_json(array: &ArrayRef, target: &AthenaType, lenient: bool) -> Result<ArrayRef> {
    let texts = array.as_string::<i32>();
    let nodes: Vec<Option<Node>> = texts.iter().map(|text| Node::parse(text?)).collect();
    let mut cast = Cast {
        failed: vec![false; nodes.len()],
    };
    let values = nodes.iter().enumerate().map(|(row, node)| Value {
        row,
        node: node.as_ref(),
    });
    let column = cast.column(&values.collect::<Vec<_>>(), target, &target.arrow())?;
    let Some(row) = cast.failed.iter().position(|failed| *failed) else {
        return Ok(column);
    };
    if lenient {
        return Ok(nullif(&column, &BooleanArray::from(cast.failed))?);
    }
    let json = texts.value(row);
    let message = match target {
        AthenaType::Array(_) | AthenaType::Map(..) | AthenaType::Row(_) => {
            format!("Cannot cast to {target}.\n{json}")
        }
        _ => format!("Cannot cast '{json}' to {target}"),
    };
    Err(AthenaError::new("INVALID_CAST_ARGUMENT", message).into())
}

/// A value somewhere in the json of a row.
#[derive(Clone, Copy)]
struct Value<'a> {
    row: usize,
    /// `None` is NULL.
    node: Option<&'a Node>,
}

impl<'a> Value<'a> {
    fn part(self, node: Option<&'a Node>) -> Self {
        Self { node, ..self }
    }
}

struct Cast {
    /// The rows that cannot be converted.
    failed: Vec<bool>,
}

impl Cast {
    fn fail(&mut self, value: Value<'_>) {
        if let Some(failed) = self.failed.get_mut(value.row) {
            *failed = true;
        }
    }

    fn column(
        &mut self,
        values: &[Value<'_>],
        target: &AthenaType,
        to: &DataType,
    ) -> Result<ArrayRef> {
        match (target, to) {
            (AthenaType::Json, _) => {
                let texts = values.iter().map(|value| value.node.map(Node::sorted));
                Ok(Arc::new(texts.collect::<StringArray>()))
            }
            (AthenaType::Array(item), DataType::List(field)) => self.list(values, item, field),
            (AthenaType::Map(key, value), DataType::Map(entries, _)) => {
                self.map(values, (key, value), entries)
            }
            (AthenaType::Row(fields), DataType::Struct(_)) => self.row(values, fields, to),
            _ => self.scalars(values, target, to),
        }
    }

    fn list(
        &mut self,
        values: &[Value<'_>],
        item: &AthenaType,
        field: &FieldRef,
    ) -> Result<ArrayRef> {
        let mut items = Vec::new();
        let mut lengths = Vec::with_capacity(values.len());
        let mut valid = Vec::with_capacity(values.len());
        for value in values {
            let before = items.len();
            match value.node {
                Some(Node::Array(nodes)) => {
                    items.extend(nodes.iter().map(|node| value.part(Some(node))));
                }
                None | Some(Node::Null) => {}
                Some(_) => self.fail(*value),
            }
            lengths.push(items.len() - before);
            valid.push(matches!(value.node, Some(Node::Array(_))));
        }
        let items = self.column(&items, item, field.data_type())?;
        Ok(Arc::new(ListArray::try_new(
            Arc::clone(field),
            OffsetBuffer::from_lengths(lengths),
            items,
            Some(valid.into()),
        )?))
    }

    fn map(
        &mut self,
        values: &[Value<'_>],
        (key, item): (&AthenaType, &AthenaType),
        entries: &FieldRef,
    ) -> Result<ArrayRef> {
        let DataType::Struct(fields) = entries.data_type() else {
            return Err(DataFusionError::Internal("a map has entries".to_owned()));
        };
        let mut keys: Vec<(usize, Node)> = Vec::new();
        let mut items = Vec::new();
        let mut lengths = Vec::with_capacity(values.len());
        let mut valid = Vec::with_capacity(values.len());
        for value in values {
            let before = items.len();
            match value.node {
                Some(Node::Object(members)) => {
                    for (key, node) in members {
                        keys.push((value.row, Node::Text(key.clone())));
                        items.push(value.part(Some(node)));
                    }
                    let mut names: Vec<&str> =
                        members.iter().map(|(name, _)| name.as_str()).collect();
                    names.sort_unstable();
                    if names.windows(2).any(|pair| pair.first() == pair.last()) {
                        self.fail(*value);
                    }
                }
                None | Some(Node::Null) => {}
                Some(_) => self.fail(*value),
            }
            lengths.push(items.len() - before);
            valid.push(matches!(value.node, Some(Node::Object(_))));
        }
        let keys: Vec<Value<'_>> = keys
            .iter()
            .map(|(row, node)| Value {
                row: *row,
                node: Some(node),
            })
            .collect();
        let keys = self.column(&keys, key, fields[0].data_type())?;
        let keys = without_nulls(keys)?;
        let items = self.column(&items, item, fields[1].data_type())?;
        let entries_array = StructArray::try_new(fields.clone(), vec![keys, items], None)?;
        Ok(Arc::new(MapArray::try_new(
            Arc::clone(entries),
            OffsetBuffer::from_lengths(lengths),
            entries_array,
            Some(valid.into()),
            false,
        )?))
    }

    /// From objects by name, from arrays by place.
    fn row(
        &mut self,
        values: &[Value<'_>],
        targets: &[(Option<String>, AthenaType)],
        to: &DataType,
    ) -> Result<ArrayRef> {
        let DataType::Struct(fields) = to else {
            return Err(DataFusionError::Internal("rows are structs".to_owned()));
        };
        for value in values {
            match value.node {
                Some(Node::Array(items)) if items.len() != targets.len() => self.fail(*value),
                None | Some(Node::Null | Node::Array(_) | Node::Object(_)) => {}
                Some(_) => self.fail(*value),
            }
        }
        let columns = targets
            .iter()
            .zip(fields)
            .enumerate()
            .map(|(index, ((name, target), field))| {
                let parts: Vec<Value<'_>> = values
                    .iter()
                    .map(|value| {
                        value.part(match (value.node, name) {
                            (Some(Node::Array(items)), _) => items.get(index),
                            (Some(node), Some(name)) => node.member(name),
                            _ => None,
                        })
                    })
                    .collect();
                self.column(&parts, target, field.data_type())
            })
            .collect::<Result<Vec<_>>>()?;
        let valid: NullBuffer = values
            .iter()
            .map(|value| matches!(value.node, Some(Node::Array(_) | Node::Object(_))))
            .collect();
        let rows =
            StructArray::try_new_with_length(fields.clone(), columns, Some(valid), values.len());
        Ok(Arc::new(rows?))
    }

    fn scalars(
        &mut self,
        values: &[Value<'_>],
        target: &AthenaType,
        to: &DataType,
    ) -> Result<ArrayRef> {
        let texts: StringArray = values
            .iter()
            .map(|value| {
                let text = scalar_text(value.node?, target);
                if text.is_none() && value.node != Some(&Node::Null) {
                    self.fail(*value);
                }
                text
            })
            .collect();
        let texts: ArrayRef = Arc::new(texts);
        let from = AthenaType::Varchar(None).field("json", true);
        let converted = convert(&texts, &from, target, to, true)?;
        for (index, value) in values.iter().enumerate() {
            if converted.is_null(index) && texts.is_valid(index) {
                self.fail(*value);
            }
        }
        Ok(converted)
    }
}

/// A scalar in the spelling that a cast from text takes; `None` for what has none.
fn scalar_text(node: &Node, target: &AthenaType) -> Option<String> {
    let whole = matches!(
        target,
        AthenaType::Tinyint | AthenaType::Smallint | AthenaType::Integer | AthenaType::Bigint
    );
    let numeric = whole
        || matches!(
            target,
            AthenaType::Real | AthenaType::Double | AthenaType::Decimal(..)
        );
    match node {
        Node::Null | Node::Array(_) | Node::Object(_) => None,
        Node::Text(text) => Some(text.clone()),
        Node::Boolean(value) if numeric => Some(u8::from(*value).to_string()),
        Node::Boolean(value) => Some(value.to_string()),
        Node::Number(digits) if *target == AthenaType::Boolean => {
            let number: f64 = digits.parse().ok()?;
            Some((number != 0.0).to_string())
        }
        Node::Number(digits) if whole && digits.contains(['.', 'e', 'E']) => {
            let number: f64 = digits.parse().ok()?;
            Some(format!("{:.0}", number.round()))
        }
        // As json has it, where numbers with a fraction are doubles.
        Node::Number(_) => Some(node.to_string()),
    }
}

/// Keys of rows that failed may be NULL; a map's keys may not.
fn without_nulls(keys: ArrayRef) -> Result<ArrayRef> {
    if keys.null_count() == 0 {
        return Ok(keys);
    }
    let data = keys.to_data().into_builder().nulls(None).build();
    Ok(datafusion::arrow::array::make_array(data?))
}
