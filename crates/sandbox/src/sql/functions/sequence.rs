//! `sequence(start, stop[, step])` of integers, dates and timestamps.

use std::sync::Arc;

use chrono::{Duration, Months, NaiveDateTime};
use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Int64Array, Int64Builder, ListArray, ListBuilder,
    new_empty_array,
};
use datafusion::arrow::buffer::{NullBuffer, OffsetBuffer};
use datafusion::arrow::compute::{cast, concat};
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Int64Type, IntervalMonthDayNano, IntervalMonthDayNanoType,
    IntervalUnit,
};
use datafusion::error::Result;
use datafusion::logical_expr::ReturnFieldArgs;

use super::moments::{read, write};
use super::{Arguments, Function, invalid_argument, returning};
use crate::sql::types::AthenaType;

/// As many entries as Trino allows in one array made so.
const MAX_ENTRIES: usize = 10_000;

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("sequence", 2..=3, field, sequence),
        Function::new(
            "athena_ordinality",
            1..=usize::MAX,
            |_| returning(&AthenaType::Array(Box::new(AthenaType::Bigint))),
            ordinality,
        ),
    ]
}

/// 1, 2, 3 and so on, as long as the longest of some arrays.
fn ordinality(args: &Arguments) -> Result<ArrayRef> {
    let lists: Vec<&ListArray> = args
        .arrays
        .iter()
        .filter_map(|array| array.as_list_opt::<i32>())
        .collect();
    let mut lists_of_numbers = ListBuilder::new(Int64Builder::new());
    for row in 0..args.rows {
        let there = lists.iter().filter(|list| list.is_valid(row));
        let longest = there.map(|list| list.value_length(row)).max().unwrap_or(0);
        for number in 1..=i64::from(longest) {
            lists_of_numbers.values().append_value(number);
        }
        lists_of_numbers.append(true);
    }
    Ok(Arc::new(lists_of_numbers.finish()))
}

fn field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let item = match args.arg_fields[0].data_type() {
        moment @ (DataType::Date32 | DataType::Timestamp(..)) => moment.clone(),
        _ => DataType::Int64,
    };
    let list = DataType::List(Arc::new(Field::new("item", item, true)));
    Ok(AthenaType::of_arrow(&list).field_of("result", list, true))
}

fn sequence(args: &Arguments) -> Result<ArrayRef> {
    let DataType::List(item) = args.returns.data_type() else {
        return Err(invalid_argument("sequence makes arrays"));
    };
    let rows = match item.data_type() {
        DataType::Int64 => integers(args)?,
        moment => moments(args, moment)?,
    };
    let lengths = rows
        .iter()
        .map(|row| row.as_ref().map_or(0, |row| row.len()));
    let offsets = OffsetBuffer::from_lengths(lengths);
    let nulls: NullBuffer = rows.iter().map(Option::is_some).collect();
    let parts: Vec<ArrayRef> = rows.into_iter().flatten().collect();
    let values = if parts.is_empty() {
        new_empty_array(item.data_type())
    } else {
        let parts: Vec<&dyn datafusion::arrow::array::Array> =
            parts.iter().map(AsRef::as_ref).collect();
        concat(&parts)?
    };
    let list = ListArray::try_new(Arc::clone(item), offsets, values, Some(nulls))?;
    Ok(Arc::new(list))
}

fn integers(args: &Arguments) -> Result<Vec<Option<ArrayRef>>> {
    let columns = (0..args.arrays.len())
        .map(|index| args.converted(index, &DataType::Int64))
        .collect::<Result<Vec<_>>>()?;
    let value = |column: usize, row: usize| {
        let column = columns.get(column)?.as_primitive::<Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    };
    (0..args.rows)
        .map(|row| {
            let (Some(start), Some(stop)) = (value(0, row), value(1, row)) else {
                return Ok(None);
            };
            let step = match (columns.len(), value(2, row)) {
                (2, _) => {
                    if start <= stop {
                        1
                    } else {
                        -1
                    }
                }
                (_, Some(step)) => step,
                (_, None) => return Ok(None),
            };
            let numbers = steps(start, stop, step.signum(), |at, _| at.checked_add(step))?;
            Ok(Some(Arc::new(Int64Array::from(numbers)) as ArrayRef))
        })
        .collect()
}

fn moments(args: &Arguments, item: &DataType) -> Result<Vec<Option<ArrayRef>>> {
    let starts = read(&args.arrays[0])?;
    let stops = read(&args.arrays[1])?;
    let day = IntervalMonthDayNano::new(0, 1, 0);
    let intervals = match args.arrays.get(2) {
        Some(array) => Some(cast(
            array,
            &DataType::Interval(IntervalUnit::MonthDayNano),
        )?),
        None => None,
    };
    (0..args.rows)
        .map(|row| {
            let (Some(start), Some(stop)) = (starts[row], stops[row]) else {
                return Ok(None);
            };
            let step = match &intervals {
                Some(array) if array.is_null(row) => return Ok(None),
                Some(array) => array.as_primitive::<IntervalMonthDayNanoType>().value(row),
                None if start <= stop => day,
                None => IntervalMonthDayNano::new(0, -1, 0),
            };
            let sign = [
                i64::from(step.months),
                i64::from(step.days),
                step.nanoseconds,
            ]
            .into_iter()
            .find(|part| *part != 0)
            .unwrap_or(0)
            .signum();
            // Counted from the start, so that months from the 31st come back to a 31st.
            let all = steps(start, stop, sign, |_, count| plus(start, step, count))?;
            Ok(Some(write(all.into_iter().map(Some).collect(), item)?))
        })
        .collect()
}

/// From `start` to `stop`, both included; `next` gets the last value and the count so far.
fn steps<T: Copy + PartialOrd>(
    start: T,
    stop: T,
    sign: i64,
    next: impl Fn(T, i32) -> Option<T>,
) -> Result<Vec<T>> {
    if sign == 0 {
        return Err(invalid_argument("step must not be zero"));
    }
    let mut all = Vec::new();
    let mut at = Some(start);
    let mut count = 0;
    while let Some(value) = at.filter(|at| if sign > 0 { *at <= stop } else { *at >= stop }) {
        if all.len() == MAX_ENTRIES {
            return Err(invalid_argument(format!(
                "result of sequence function must not have more than {MAX_ENTRIES} entries"
            )));
        }
        all.push(value);
        count += 1;
        at = next(value, count);
    }
    if all.is_empty() {
        return Err(invalid_argument(
            "sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start",
        ));
    }
    Ok(all)
}

/// `start` plus `count` steps.
fn plus(start: NaiveDateTime, step: IntervalMonthDayNano, count: i32) -> Option<NaiveDateTime> {
    let months = step.months.checked_mul(count)?;
    let amount = Months::new(months.unsigned_abs());
    let moved = if months < 0 {
        start.checked_sub_months(amount)?
    } else {
        start.checked_add_months(amount)?
    };
    let days = Duration::try_days(i64::from(step.days).checked_mul(count.into())?)?;
    let nanos = Duration::nanoseconds(step.nanoseconds.checked_mul(count.into())?);
    moved.checked_add_signed(days)?.checked_add_signed(nanos)
}
