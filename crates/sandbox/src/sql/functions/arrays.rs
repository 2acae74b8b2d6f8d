//! Array functions that choose elements, with Trino's treatment of NULL.

use std::cmp::Ordering;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, BooleanArray, ListArray, UInt32Array, new_empty_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{SortOptions, concat, take};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::arrow::row::{RowConverter, Rows, SortField};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ReturnFieldArgs;

use super::{Arguments, Function, invalid_argument, returning};
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("athena_array_sort", 1..=1, same, sort).taking("a"),
        Function::new("athena_array_max", 1..=1, item, |args| {
            extreme(args, Ordering::Greater)
        })
        .taking("a"),
        Function::new("athena_array_min", 1..=1, item, |args| {
            extreme(args, Ordering::Less)
        })
        .taking("a"),
        Function::new("athena_array_remove", 2..=2, same, remove).taking("a"),
        Function::new(
            "athena_contains",
            2..=2,
            |_| returning(&AthenaType::Boolean),
            contains,
        )
        .taking("a"),
        Function::new("athena_reverse", 1..=1, reverse_field, reverse),
        Function::new("athena_slice", 3..=3, same, slice).taking("aii"),
        Function::new("trim_array", 2..=2, same, trim).taking("ai"),
        Function::new("athena_repeat", 2..=2, list_of_first, repeat).taking("*i"),
        Function::new("ngrams", 2..=2, list_of_first, ngrams).taking("ai"),
        Function::new("combinations", 2..=2, list_of_first, combinations).taking("ai"),
    ]
}

fn same(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    Ok(named(&args.arg_fields[0]))
}

fn named(field: &Field) -> FieldRef {
    Arc::new(field.clone().with_name("result").with_nullable(true))
}

fn item(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    match args.arg_fields[0].data_type() {
        DataType::List(item) => Ok(named(item)),
        _ => returning(&AthenaType::Unknown),
    }
}

fn list_of_first(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let item = args.arg_fields[0].as_ref().clone();
    let item = item.with_name("item").with_nullable(true);
    Ok(Arc::new(Field::new(
        "result",
        DataType::List(Arc::new(item)),
        true,
    )))
}

/// The first argument's lists; an untyped NULL has none.
fn lists(args: &Arguments) -> Result<ListArray> {
    match args.arrays[0].as_list_opt::<i32>() {
        Some(lists) => Ok(lists.clone()),
        None => {
            let list = DataType::List(Arc::new(Field::new("item", DataType::Null, true)));
            Ok(args.converted(0, &list)?.as_list::<i32>().clone())
        }
    }
}

/// Where the elements of a row are among the values.
pub(super) fn range(lists: &ListArray, row: usize) -> std::ops::Range<usize> {
    let offset = |index: usize| usize::try_from(lists.value_offsets()[index]).unwrap_or(0);
    offset(row)..offset(row + 1)
}

/// Elements as rows that compare, in any order of the nulls.
fn comparable(values: &ArrayRef) -> Result<Rows> {
    let options = SortOptions {
        descending: false,
        nulls_first: false,
    };
    let field = SortField::new_with_options(values.data_type().clone(), options);
    let converter = RowConverter::new(vec![field])?;
    Ok(converter.convert_columns(&[Arc::clone(values)])?)
}

/// Lists of the elements at these positions.
fn chosen(lists: &ListArray, rows: Vec<Option<Vec<usize>>>) -> Result<ArrayRef> {
    let DataType::List(item) = lists.data_type() else {
        return Err(DataFusionError::Internal("a list has no items".to_owned()));
    };
    gathered(item, lists.values(), rows)
}

pub(super) fn gathered(
    item: &FieldRef,
    values: &ArrayRef,
    rows: Vec<Option<Vec<usize>>>,
) -> Result<ArrayRef> {
    let lengths = rows.iter().map(|row| row.as_ref().map_or(0, Vec::len));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls: NullBuffer = rows.iter().map(Option::is_some).collect();
    let indices: UInt32Array = rows
        .into_iter()
        .flatten()
        .flatten()
        .map(|index| u32::try_from(index).ok())
        .collect();
    let values = take(values, &indices, None)?;
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(item),
        offsets,
        values,
        Some(nulls),
    )?))
}

fn sort(args: &Arguments) -> Result<ArrayRef> {
    let lists = lists(args)?;
    let keys = comparable(lists.values())?;
    let rows = args.each(|row| {
        let mut indices: Vec<usize> = range(&lists, row).collect();
        indices.sort_by(|one, other| keys.row(*one).cmp(&keys.row(*other)));
        Ok(Some(indices))
    })?;
    chosen(&lists, rows)
}

/// NULL when any element is.
fn extreme(args: &Arguments, wanted: Ordering) -> Result<ArrayRef> {
    let lists = lists(args)?;
    let keys = comparable(lists.values())?;
    let found = args.each(|row| {
        let mut best: Option<usize> = None;
        for index in range(&lists, row) {
            if lists.values().is_null(index) {
                return Ok(None);
            }
            if best.is_none_or(|best| keys.row(index).cmp(&keys.row(best)) == wanted) {
                best = Some(index);
            }
        }
        Ok(best.and_then(|best| u32::try_from(best).ok()))
    })?;
    Ok(take(lists.values(), &UInt32Array::from(found), None)?)
}

/// The second argument in the type of the first one's elements, comparable with them.
fn needles(args: &Arguments, lists: &ListArray) -> Result<(Rows, Rows)> {
    let needle = args.converted(1, lists.values().data_type())?;
    Ok((comparable(lists.values())?, comparable(&needle)?))
}

fn remove(args: &Arguments) -> Result<ArrayRef> {
    let lists = lists(args)?;
    let (keys, needles) = needles(args, &lists)?;
    let rows = args.each(|row| {
        let kept = range(&lists, row).filter(|index| keys.row(*index) != needles.row(row));
        Ok(Some(kept.collect()))
    })?;
    chosen(&lists, rows)
}

/// NULL when it is not found and some element is NULL.
fn contains(args: &Arguments) -> Result<ArrayRef> {
    let lists = lists(args)?;
    let (keys, needles) = needles(args, &lists)?;
    let found = args.each(|row| {
        if range(&lists, row).any(|index| keys.row(index) == needles.row(row)) {
            return Ok(Some(true));
        }
        let unknown = range(&lists, row).any(|index| lists.values().is_null(index));
        Ok((!unknown).then_some(false))
    })?;
    Ok(Arc::new(found.into_iter().collect::<BooleanArray>()))
}

fn reverse_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    match AthenaType::of_field(&args.arg_fields[0]) {
        AthenaType::Array(_) | AthenaType::Varchar(_) | AthenaType::Varbinary => same(args),
        AthenaType::Char(_) | AthenaType::Unknown => returning(&AthenaType::Varchar(None)),
        other => Err(super::AthenaError::new(
            "FUNCTION_NOT_FOUND",
            format!("line 1:8: Unexpected parameters ({other}) for function reverse"),
        )
        .into()),
    }
}

fn reverse(args: &Arguments) -> Result<ArrayRef> {
    match args.athena_type(0) {
        AthenaType::Array(_) => {
            let lists = lists(args)?;
            let rows = args.each(|row| Ok(Some(range(&lists, row).rev().collect())))?;
            chosen(&lists, rows)
        }
        AthenaType::Varbinary => {
            let bytes = args.bytes(0)?;
            let rows = args.each(|row| {
                Ok(Some(
                    bytes.value(row).iter().rev().copied().collect::<Vec<u8>>(),
                ))
            })?;
            Ok(Arc::new(
                rows.into_iter()
                    .collect::<datafusion::arrow::array::BinaryArray>(),
            ))
        }
        _ => {
            let strings = args.strings(0)?;
            let rows =
                args.each(|row| Ok(Some(strings.value(row).chars().rev().collect::<String>())))?;
            Ok(super::strings::column(rows))
        }
    }
}

fn slice(args: &Arguments) -> Result<ArrayRef> {
    let lists = lists(args)?;
    let (starts, lengths) = (args.integers(1)?, args.integers(2)?);
    let rows = args.each(|row| {
        let (start, length) = (starts.value(row), lengths.value(row));
        if start == 0 {
            return Err(invalid_argument("SQL array indices start at 1"));
        }
        if length < 0 {
            return Err(invalid_argument(
                "length must be greater than or equal to 0",
            ));
        }
        let all = range(&lists, row);
        let from = usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX);
        let skipped = if start > 0 {
            Some(from - 1)
        } else {
            all.len().checked_sub(from)
        };
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        Ok(Some(match skipped {
            Some(skipped) => all.skip(skipped).take(length).collect(),
            None => Vec::new(),
        }))
    })?;
    chosen(&lists, rows)
}

fn trim(args: &Arguments) -> Result<ArrayRef> {
    let lists = lists(args)?;
    let counts = args.integers(1)?;
    let rows = args.each(|row| {
        let all = range(&lists, row);
        let (length, count) = (all.len(), counts.value(row));
        if count < 0 {
            return Err(invalid_argument("size must not be negative"));
        }
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        match length.checked_sub(count) {
            Some(kept) => Ok(Some(all.take(kept).collect())),
            None => Err(invalid_argument(format!(
                "size must not exceed array cardinality {length}: {count}"
            ))),
        }
    })?;
    chosen(&lists, rows)
}

/// As many entries as Trino allows in one array made so.
const MAX_ENTRIES: i64 = 10_000;

fn repeat(args: &Arguments) -> Result<ArrayRef> {
    let DataType::List(item) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("repeat makes arrays".to_owned()));
    };
    let counts = args.integers(1)?;
    let rows = (0..args.rows)
        .map(|row| {
            if counts.is_null(row) {
                return Ok(None);
            }
            match counts.value(row) {
                count @ 0..=MAX_ENTRIES => Ok(Some(vec![row; usize::try_from(count).unwrap_or(0)])),
                count => Err(invalid_argument(format!(
                    "count argument of repeat function must be between 0 and {MAX_ENTRIES}: {count}"
                ))),
            }
        })
        .collect::<Result<_>>()?;
    gathered(item, &args.arrays[0], rows)
}

/// Lists of lists: for each row the positions of each inner list.
fn nested(args: &Arguments, rows: Vec<Option<Vec<Vec<usize>>>>) -> Result<ArrayRef> {
    let DataType::List(item) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("lists are no lists".to_owned()));
    };
    let source = lists(args)?;
    let outer: Vec<Option<usize>> = rows.iter().map(|row| row.as_ref().map(Vec::len)).collect();
    let inner: Vec<ArrayRef> = rows
        .into_iter()
        .flatten()
        .map(|row| chosen(&source, row.into_iter().map(Some).collect()))
        .collect::<Result<_>>()?;
    let values = if inner.is_empty() {
        new_empty_array(item.data_type())
    } else {
        let parts: Vec<&dyn datafusion::arrow::array::Array> =
            inner.iter().map(AsRef::as_ref).collect();
        concat(&parts)?
    };
    let values = super::arrow_cast(&values, item.data_type())?;
    let offsets = OffsetBuffer::from_lengths(outer.iter().map(|length| length.unwrap_or(0)));
    let nulls: NullBuffer = outer.iter().map(Option::is_some).collect();
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(item),
        offsets,
        values,
        Some(nulls),
    )?))
}

fn ngrams(args: &Arguments) -> Result<ArrayRef> {
    let lists = lists(args)?;
    let lengths = args.integers(1)?;
    let rows = args.each(|row| {
        let Some(length) = usize::try_from(lengths.value(row)).ok().filter(|n| *n > 0) else {
            return Err(invalid_argument("N must be positive"));
        };
        let all: Vec<usize> = range(&lists, row).collect();
        let grams = if all.len() <= length {
            vec![all]
        } else {
            all.windows(length).map(<[usize]>::to_vec).collect()
        };
        Ok(Some(grams))
    })?;
    nested(args, rows)
}

fn combinations(args: &Arguments) -> Result<ArrayRef> {
    const MAX: usize = 100_000;
    let lists = lists(args)?;
    let lengths = args.integers(1)?;
    let rows = args.each(|row| {
        let Some(length) = usize::try_from(lengths.value(row)).ok().filter(|n| *n <= 5) else {
            return Err(invalid_argument(
                "combination size must not be negative and not exceed 5",
            ));
        };
        let mut found: Vec<Vec<usize>> = vec![Vec::new()];
        for _ in 0..length {
            found = found
                .into_iter()
                .flat_map(|start| {
                    let from = start
                        .last()
                        .map_or(range(&lists, row).start, |last| last + 1);
                    (from..range(&lists, row).end).map(move |next| {
                        let mut longer = start.clone();
                        longer.push(next);
                        longer
                    })
                })
                .take(MAX + 1)
                .collect();
        }
        if found.len() > MAX {
            return Err(invalid_argument(format!(
                "combinations exceed max size of {MAX} elements"
            )));
        }
        Ok(Some(found))
    })?;
    nested(args, rows)
}
