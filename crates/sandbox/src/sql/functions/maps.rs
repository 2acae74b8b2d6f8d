//! Functions that make maps: of arrays, of text, of what an aggregate collected.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int64Array, ListArray, MapArray, StringArray, StructArray,
    UInt32Array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{concat, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::{OwnedRow, RowConverter, Rows, SortField};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ReturnFieldArgs;

use super::arrays::{gathered, range};
use super::{Arguments, Function, invalid_argument, returning};
use crate::sql::text::ColumnText;
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("athena_map", 2..=2, of_lists_field, of_arrays).taking("aa"),
        Function::new("athena_map_agg", 2..=2, of_lists_field, of_pairs).taking("aa"),
        Function::new("athena_multimap_agg", 2..=2, multimap_field, multimap).taking("aa"),
        Function::new("athena_histogram", 1..=1, histogram_field, histogram).taking("a"),
        Function::new("athena_map_union", 1..=1, item_field, union_of_list).taking("a"),
        Function::new("map_concat", 2..=127, first_field, concatenated).taking("mm"),
        Function::new("split_to_map", 3..=3, text_map, split_to_map).taking("ttt"),
    ]
}

fn map_field(key: &Field, value: &Field) -> FieldRef {
    let key = key.clone().with_name("key").with_nullable(false);
    let value = value.clone().with_name("value").with_nullable(true);
    let entries = Field::new("entries", DataType::Struct(vec![key, value].into()), false);
    Arc::new(Field::new(
        "result",
        DataType::Map(Arc::new(entries), false),
        true,
    ))
}

/// The field of the elements of an argument.
fn items(args: &ReturnFieldArgs<'_>, index: usize) -> FieldRef {
    match args.arg_fields[index].data_type() {
        DataType::List(item) => Arc::clone(item),
        _ => Arc::new(Field::new("item", DataType::Null, true)),
    }
}

fn of_lists_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    Ok(map_field(&items(args, 0), &items(args, 1)))
}

fn multimap_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let item = items(args, 1)
        .as_ref()
        .clone()
        .with_name("item")
        .with_nullable(true);
    let list = Field::new("value", DataType::List(Arc::new(item)), true);
    Ok(map_field(&items(args, 0), &list))
}

fn histogram_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    Ok(map_field(
        &items(args, 0),
        &Field::new("value", DataType::Int64, true),
    ))
}

fn item_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    Ok(Arc::new(
        items(args, 0)
            .as_ref()
            .clone()
            .with_name("result")
            .with_nullable(true),
    ))
}

fn first_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let first = args.arg_fields[0].as_ref().clone();
    Ok(Arc::new(first.with_name("result").with_nullable(true)))
}

fn text_map(_: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let text = || Box::new(AthenaType::Varchar(None));
    returning(&AthenaType::Map(text(), text()))
}

/// A map a row, of keys and values at these positions.
fn maps(
    args: &Arguments,
    keys: &ArrayRef,
    values: &ArrayRef,
    rows: Vec<Option<Vec<(usize, usize)>>>,
) -> Result<ArrayRef> {
    let DataType::Map(entries, ordered) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("the result is no map".to_owned()));
    };
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(DataFusionError::Internal("a map has no entries".to_owned()));
    };
    let lengths = rows.iter().map(|row| row.as_ref().map_or(0, Vec::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls: NullBuffer = rows.iter().map(Option::is_some).collect();
    let pairs: Vec<(usize, usize)> = rows.into_iter().flatten().flatten().collect();
    let index = |index: &usize| u32::try_from(*index).ok();
    let key_indices: UInt32Array = pairs.iter().map(|(key, _)| index(key)).collect();
    let value_indices: UInt32Array = pairs.iter().map(|(_, value)| index(value)).collect();
    let columns = vec![
        super::arrow_cast(&take(keys, &key_indices, None)?, fields[0].data_type())?,
        super::arrow_cast(&take(values, &value_indices, None)?, fields[1].data_type())?,
    ];
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(MapArray::try_new(
        Arc::clone(entries),
        offsets,
        rows,
        Some(nulls),
        *ordered,
    )?))
}

fn comparable(keys: &ArrayRef) -> Result<Rows> {
    let converter = RowConverter::new(vec![SortField::new(keys.data_type().clone())])?;
    Ok(converter.convert_columns(&[Arc::clone(keys)])?)
}

fn list(args: &Arguments, index: usize) -> Result<ListArray> {
    match args.arrays[index].as_list_opt::<i32>() {
        Some(list) => Ok(list.clone()),
        None => {
            let list = DataType::List(Arc::new(Field::new("item", DataType::Null, true)));
            Ok(args.converted(index, &list)?.as_list::<i32>().clone())
        }
    }
}

/// `map(keys, values)`: keys are unique.
fn of_arrays(args: &Arguments) -> Result<ArrayRef> {
    let (keys, values) = (list(args, 0)?, list(args, 1)?);
    let known = comparable(keys.values())?;
    let rows = args.each(|row| {
        let (of_keys, of_values) = (range(&keys, row), range(&values, row));
        if of_keys.len() != of_values.len() {
            return Err(invalid_argument(
                "Key and value arrays must be the same length",
            ));
        }
        let mut seen = HashMap::new();
        for key in of_keys.clone() {
            if keys.values().is_null(key) {
                return Err(invalid_argument("map key cannot be null"));
            }
            if seen.insert(known.row(key).owned(), ()).is_some() {
                let plain = Field::new("key", keys.values().data_type().clone(), true);
                let text = ColumnText::new(keys.values(), &plain)?
                    .cell(key)
                    .unwrap_or_default();
                return Err(invalid_argument(format!(
                    "Duplicate map keys ({text}) are not allowed"
                )));
            }
        }
        Ok(Some(of_keys.zip(of_values).collect()))
    })?;
    maps(args, keys.values(), values.values(), rows)
}

/// `map_agg`: of equal keys the first counts, NULL keys do not.
fn of_pairs(args: &Arguments) -> Result<ArrayRef> {
    let (keys, values) = (list(args, 0)?, list(args, 1)?);
    let known = comparable(keys.values())?;
    let rows = args.each(|row| {
        let mut seen = HashMap::new();
        let pairs = range(&keys, row).zip(range(&values, row));
        Ok(Some(
            pairs
                .filter(|(key, _)| keys.values().is_valid(*key))
                .filter(|(key, _)| seen.insert(known.row(*key).owned(), ()).is_none())
                .collect(),
        ))
    })?;
    maps(args, keys.values(), values.values(), rows)
}

/// Positions grouped by key, in order of first appearance.
fn grouped(
    known: &Rows,
    keys: &ArrayRef,
    pairs: impl Iterator<Item = (usize, usize)>,
) -> Vec<(usize, Vec<usize>)> {
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    let mut places: HashMap<OwnedRow, usize> = HashMap::new();
    for (key, value) in pairs.filter(|(key, _)| keys.is_valid(*key)) {
        let place = *places.entry(known.row(key).owned()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        if let Some((_, values)) = groups.get_mut(place) {
            values.push(value);
        }
    }
    groups
}

fn multimap(args: &Arguments) -> Result<ArrayRef> {
    let (keys, values) = (list(args, 0)?, list(args, 1)?);
    let known = comparable(keys.values())?;
    let mut lists: Vec<Option<Vec<usize>>> = Vec::new();
    let mut rows = Vec::new();
    for groups in args.each(|row| {
        let pairs = range(&keys, row).zip(range(&values, row));
        Ok(Some(grouped(&known, keys.values(), pairs)))
    })? {
        rows.push(groups.map(|groups| {
            groups
                .into_iter()
                .map(|(key, of_key)| {
                    lists.push(Some(of_key));
                    (key, lists.len() - 1)
                })
                .collect()
        }));
    }
    let item = Arc::new(Field::new(
        "item",
        values.values().data_type().clone(),
        true,
    ));
    let lists = gathered(&item, values.values(), lists)?;
    maps(args, keys.values(), &lists, rows)
}

fn histogram(args: &Arguments) -> Result<ArrayRef> {
    let keys = list(args, 0)?;
    let known = comparable(keys.values())?;
    let mut counts: Vec<i64> = Vec::new();
    let mut rows = Vec::new();
    for groups in args.each(|row| {
        let pairs = range(&keys, row).map(|index| (index, index));
        Ok(Some(grouped(&known, keys.values(), pairs)))
    })? {
        rows.push(groups.map(|groups| {
            groups
                .into_iter()
                .map(|(key, of_key)| {
                    counts.push(i64::try_from(of_key.len()).unwrap_or(i64::MAX));
                    (key, counts.len() - 1)
                })
                .collect()
        }));
    }
    let counts: ArrayRef = Arc::new(Int64Array::from(counts));
    maps(args, keys.values(), &counts, rows)
}

/// `map_union`: of equal keys the first counts.
fn union_of_list(args: &Arguments) -> Result<ArrayRef> {
    let lists = list(args, 0)?;
    let Some(entries) = lists.values().as_map_opt() else {
        return Err(invalid_argument("map_union takes maps"));
    };
    let known = comparable(entries.keys())?;
    let offset = |index: usize| usize::try_from(entries.value_offsets()[index]).unwrap_or(0);
    let rows = args.each(|row| {
        let mut seen = HashMap::new();
        Ok(Some(
            range(&lists, row)
                .filter(|map| entries.is_valid(*map))
                .flat_map(|map| offset(map)..offset(map + 1))
                .filter(|entry| seen.insert(known.row(*entry).owned(), ()).is_none())
                .map(|entry| (entry, entry))
                .collect(),
        ))
    })?;
    maps(args, entries.keys(), entries.values(), rows)
}

/// `map_concat`: of equal keys the last counts.
fn concatenated(args: &Arguments) -> Result<ArrayRef> {
    let columns = (0..args.arrays.len())
        .map(|index| {
            let same = args.converted(index, args.returns.data_type())?;
            Ok(same.as_map().clone())
        })
        .collect::<Result<Vec<MapArray>>>()?;
    let all = |part: fn(&MapArray) -> &ArrayRef| {
        let parts: Vec<&dyn datafusion::arrow::array::Array> =
            columns.iter().map(|column| part(column).as_ref()).collect();
        concat(&parts)
    };
    let (keys, values) = (all(MapArray::keys)?, all(MapArray::values)?);
    let known = comparable(&keys)?;
    let rows = args.each(|row| {
        let mut base = 0;
        let mut entries: Vec<usize> = Vec::new();
        for column in &columns {
            let offset = |index: usize| usize::try_from(column.value_offsets()[index]).unwrap_or(0);
            entries.extend((offset(row)..offset(row + 1)).map(|entry| base + entry));
            base += column.keys().len();
        }
        let mut last: HashMap<OwnedRow, usize> = HashMap::new();
        for entry in &entries {
            last.insert(known.row(*entry).owned(), *entry);
        }
        let kept = entries.into_iter();
        let kept = kept.filter(|entry| last.get(&known.row(*entry).owned()) == Some(entry));
        Ok(Some(kept.map(|entry| (entry, entry)).collect()))
    })?;
    maps(args, &keys, &values, rows)
}

fn split_to_map(args: &Arguments) -> Result<ArrayRef> {
    let strings = args.strings(0)?;
    let (outer, inner) = (args.strings(1)?, args.strings(2)?);
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    let mut rows = Vec::new();
    for pairs in args.each(|row| {
        let (outer, inner) = (outer.value(row), inner.value(row));
        if outer.is_empty() || inner.is_empty() || outer == inner {
            return Err(invalid_argument(
                "entryDelimiter and keyValueDelimiter must not be empty nor the same",
            ));
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for entry in strings
            .value(row)
            .split(outer)
            .filter(|entry| !entry.is_empty())
        {
            match entry.split_once(inner) {
                Some((_, value)) if value.contains(inner) => {}
                Some((key, _)) if pairs.iter().any(|(known, _)| known == key) => {
                    return Err(invalid_argument(format!(
                        "Duplicate keys ({key}) are not allowed"
                    )));
                }
                Some((key, value)) => {
                    pairs.push((key.to_owned(), value.to_owned()));
                    continue;
                }
                None => {}
            }
            return Err(invalid_argument(format!(
                "Key-value delimiter must appear exactly once in each entry. Bad input: '{entry}'"
            )));
        }
        Ok(Some(pairs))
    })? {
        rows.push(pairs.map(|pairs| {
            pairs
                .into_iter()
                .map(|(key, value)| {
                    keys.push(key);
                    values.push(value);
                    (keys.len() - 1, values.len() - 1)
                })
                .collect()
        }));
    }
    let keys: ArrayRef = Arc::new(StringArray::from(keys));
    let values: ArrayRef = Arc::new(StringArray::from(values));
    maps(args, &keys, &values, rows)
}
