//! Maps as arrays of rows, and back.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, ListArray, MapArray, StructArray,
};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::arrow::row::{RowConverter, SortField};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ReturnFieldArgs;

use super::{Arguments, AthenaError, Function, invalid_argument};
use crate::sql::types::{AthenaType, UNNAMED_FIELD};

pub(super) fn functions() -> Vec<Function> {
    vec![
        Function::new("map_entries", 1..=1, entries_field, map_entries),
        Function::new("map_from_entries", 1..=1, map_field, map_from_entries),
    ]
}

fn unexpected(args: &ReturnFieldArgs<'_>, name: &str) -> DataFusionError {
    let athena_type = AthenaType::of_field(&args.arg_fields[0]);
    let message = format!("line 1:8: Unexpected parameters ({athena_type}) for function {name}");
    AthenaError::new("FUNCTION_NOT_FOUND", message).into()
}

/// `array(row(K, V))`: the fields of the rows have no names.
fn entries_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let DataType::Map(entries, _) = args.arg_fields[0].data_type() else {
        return Err(unexpected(args, "map_entries"));
    };
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(unexpected(args, "map_entries"));
    };
    let fields: Fields = fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let name = format!("{UNNAMED_FIELD}{index}");
            field.as_ref().clone().with_name(name).with_nullable(true)
        })
        .collect();
    let item = Field::new("item", DataType::Struct(fields), true);
    let list = DataType::List(Arc::new(item));
    Ok(Arc::new(Field::new("result", list, true)))
}

fn map_entries(args: &Arguments) -> Result<ArrayRef> {
    let maps = args.arrays[0].as_map();
    let DataType::List(item) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("entries are no list".to_owned()));
    };
    let DataType::Struct(fields) = item.data_type() else {
        return Err(DataFusionError::Internal("entries are no rows".to_owned()));
    };
    let columns = vec![Arc::clone(maps.keys()), Arc::clone(maps.values())];
    let rows = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(ListArray::try_new(
        Arc::clone(item),
        maps.offsets().clone(),
        Arc::new(rows),
        maps.nulls().cloned(),
    )?))
}

fn map_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let fields = match args.arg_fields[0].data_type() {
        DataType::List(item) => match item.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => fields,
            _ => return Err(unexpected(args, "map_from_entries")),
        },
        _ => return Err(unexpected(args, "map_from_entries")),
    };
    let key = fields[0]
        .as_ref()
        .clone()
        .with_name("key")
        .with_nullable(false);
    let value = fields[1]
        .as_ref()
        .clone()
        .with_name("value")
        .with_nullable(true);
    let entries = Field::new("entries", DataType::Struct(vec![key, value].into()), false);
    let map = DataType::Map(Arc::new(entries), false);
    Ok(Arc::new(Field::new("result", map, true)))
}

fn map_from_entries(args: &Arguments) -> Result<ArrayRef> {
    let lists = args.arrays[0].as_list::<i32>();
    let rows = lists.values().as_struct();
    let DataType::Map(entries, ordered) = args.returns.data_type() else {
        return Err(DataFusionError::Internal("no map".to_owned()));
    };
    let DataType::Struct(fields) = entries.data_type() else {
        return Err(DataFusionError::Internal("no entries".to_owned()));
    };
    let keys = rows.column(0);
    let converter = RowConverter::new(vec![SortField::new(keys.data_type().clone())])?;
    let comparable = converter.convert_columns(&[Arc::clone(keys)])?;
    for row in (0..lists.len()).filter(|&row| lists.is_valid(row)) {
        let start = usize::try_from(lists.value_offsets()[row]).unwrap_or_default();
        let end = usize::try_from(lists.value_offsets()[row + 1]).unwrap_or_default();
        if (start..end).any(|index| rows.is_null(index)) {
            return Err(invalid_argument("map entry cannot be null"));
        }
        if (start..end).any(|index| keys.is_null(index)) {
            return Err(invalid_argument("map key cannot be null"));
        }
        let mut sorted: Vec<_> = (start..end).map(|index| comparable.row(index)).collect();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(invalid_argument("Duplicate map keys are not allowed"));
        }
    }
    // Entries of NULL rows may have NULL keys; nothing may refer to them.
    let columns = vec![Arc::clone(keys), Arc::clone(rows.column(1))];
    let entries_array = StructArray::try_new(fields.clone(), columns, None)?;
    Ok(Arc::new(MapArray::try_new(
        Arc::clone(entries),
        lists.offsets().clone(),
        entries_array,
        lists.nulls().cloned(),
        *ordered,
    )?))
}
