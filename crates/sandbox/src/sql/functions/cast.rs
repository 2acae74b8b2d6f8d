//! `CAST` and `TRY_CAST` with Trino's conversions and error texts.

use std::net::IpAddr;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array as _, ArrayRef, AsArray as _, Float64Array, GenericListArray, MapArray, StringArray,
    StructArray,
};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::ReturnFieldArgs;

use super::{Arguments, AthenaError, Function, json, json_cast, json_text};
use crate::sql::text::ColumnText;
use crate::sql::type_text;
use crate::sql::types::AthenaType;

pub(super) fn functions() -> Vec<Function> {
    vec![
        cast_strictly(),
        Function::new("athena_try_cast", 2..=2, target_field, |args| {
            run(args, true)
        }),
    ]
}

/// `CAST(x AS type)`.
pub(super) fn cast_strictly() -> Function {
    Function::new("athena_cast", 2..=2, target_field, |args| run(args, false))
}

fn target_field(args: &ReturnFieldArgs<'_>) -> Result<FieldRef> {
    let text = match args.scalar_arguments.get(1) {
        Some(Some(ScalarValue::Utf8(Some(text)))) => text,
        _ => {
            return Err(DataFusionError::Internal(
                "a cast needs its type as text".to_owned(),
            ));
        }
    };
    let target = type_text::parse(text).ok_or_else(|| {
        AthenaError::new("TYPE_MISMATCH", format!("line 1:8: Unknown type: {text}"))
    })?;
    let source = AthenaType::of_field(&args.arg_fields[0]);
    if target == AthenaType::Json && !json_text::has_json(&source) {
        let message = format!("line 1:8: Cannot cast {source} to json");
        return Err(AthenaError::new("TYPE_MISMATCH", message).into());
    }
    // Zones and intervals keep their Arrow type when the kind is the same.
    let from = args.arg_fields[0].data_type();
    let literal = args.scalar_arguments.first().copied().flatten();
    let data_type = match (&target, from) {
        (AthenaType::TimestampWithTimeZone(_), DataType::Utf8) => {
            super::moments::with_zone_of(literal, target.arrow())
        }
        (AthenaType::TimestampWithTimeZone(_), DataType::Timestamp(_, Some(zone))) => {
            match target.arrow() {
                DataType::Timestamp(unit, _) => DataType::Timestamp(unit, Some(Arc::clone(zone))),
                other => other,
            }
        }
        _ => target.arrow(),
    };
    Ok(target.field_of("result", data_type, true))
}

fn run(args: &Arguments, lenient: bool) -> Result<ArrayRef> {
    let target = AthenaType::of_field(&args.returns);
    convert(
        &args.arrays[0],
        &args.fields[0],
        &target,
        args.returns.data_type(),
        lenient,
    )
}

/// Converts a column. With `lenient`, what cannot be converted becomes NULL.
pub(super) fn convert(
    array: &ArrayRef,
    from: &Field,
    target: &AthenaType,
    to: &DataType,
    lenient: bool,
) -> Result<ArrayRef> {
    let source = AthenaType::of_field(from);
    match (&source, target) {
        (AthenaType::Unknown, _) => Ok(cast(array, to)?),
        (AthenaType::Json, AthenaType::Json) => Ok(Arc::clone(array)),
        (AthenaType::Json, _) => json_cast::from_json(array, target, lenient),
        (_, AthenaType::Json) => json::to_json(array, from),
        (AthenaType::Varbinary, AthenaType::Varchar(None)) => Ok(cast(array, &DataType::Utf8)?),
        (_, AthenaType::Varchar(length)) => {
            let is_text = matches!(source, AthenaType::Varchar(_) | AthenaType::Char(_));
            let text = to_text(array, from, length.unwrap_or(i32::MAX))?;
            if !is_text && length.is_some() {
                return uncut(array, from, text, target, lenient);
            }
            Ok(text)
        }
        (_, AthenaType::Char(length)) => to_text(array, from, *length),
        (_, AthenaType::Uuid | AthenaType::IpAddress) => canonical(array, from, target, lenient),
        (_, AthenaType::TimeWithTimeZone(_)) => to_text(array, from, i32::MAX),
        (AthenaType::Array(_), AthenaType::Array(item)) => list(array, item, to, lenient),
        (AthenaType::Map(..), AthenaType::Map(key, value)) => map(array, (key, value), to, lenient),
        (AthenaType::Row(_), AthenaType::Row(fields)) => row(array, fields, to, lenient),
        (AthenaType::Timestamp(_) | AthenaType::TimestampWithTimeZone(_), AthenaType::Date) => {
            super::moments::write(super::moments::read(array)?, &DataType::Date32)
        }
        (AthenaType::TimestampWithTimeZone(_), AthenaType::Timestamp(_)) => {
            super::moments::write(super::moments::read(array)?, to)
        }
        (AthenaType::Varchar(_) | AthenaType::Char(_), AthenaType::TimestampWithTimeZone(_)) => {
            checked(array, from, target, to, lenient)
        }
        (
            AthenaType::Double | AthenaType::Real,
            AthenaType::Tinyint | AthenaType::Smallint | AthenaType::Integer | AthenaType::Bigint,
        ) => {
            let doubles = cast(array, &DataType::Float64)?;
            let rounded: Float64Array = doubles.as_primitive::<Float64Type>().unary(f64::round);
            checked(&(Arc::new(rounded) as ArrayRef), from, target, to, lenient)
        }
        (
            AthenaType::Decimal(..),
            AthenaType::Tinyint | AthenaType::Smallint | AthenaType::Integer | AthenaType::Bigint,
        ) => {
            let rounded = cast(array, &DataType::Decimal128(38, 0))?;
            checked(&rounded, from, target, to, lenient)
        }
        (AthenaType::Varchar(_) | AthenaType::Char(_), _) => {
            let trimmed: StringArray = cast(array, &DataType::Utf8)?
                .as_string::<i32>()
                .iter()
                .map(|text| Some(complete(text?.trim(), target)))
                .collect();
            checked(&(Arc::new(trimmed) as ArrayRef), from, target, to, lenient)
        }
        _ => checked(array, from, target, to, lenient),
    }
}

/// `2020-01-01 10:00` is a moment too; Arrow wants the seconds.
fn complete<'a>(text: &'a str, target: &AthenaType) -> std::borrow::Cow<'a, str> {
    let is_moment = matches!(
        target,
        AthenaType::Timestamp(_) | AthenaType::TimestampWithTimeZone(_)
    );
    let minutes = text
        .split_once([' ', 'T'])
        .is_some_and(|(_, time)| time.len() == 5 && time.as_bytes()[2] == b':');
    if is_moment && minutes {
        format!("{text}:00").into()
    } else {
        text.into()
    }
}

/// Arrow's cast, with a refusal that names the first value it could not take.
fn checked(
    array: &ArrayRef,
    from: &Field,
    target: &AthenaType,
    to: &DataType,
    lenient: bool,
) -> Result<ArrayRef> {
    let options = CastOptions {
        safe: true,
        ..CastOptions::default()
    };
    let converted = cast_with_options(array, to, &options).map_err(|error| {
        AthenaError::new(
            "TYPE_MISMATCH",
            format!(
                "line 1:8: Cannot cast {} to {target} ({error})",
                AthenaType::of_field(from)
            ),
        )
    })?;
    let lost = (0..array.len()).find(|&row| converted.is_null(row) && array.is_valid(row));
    match lost {
        Some(row) if !lenient => {
            let plain = Field::new("value", array.data_type().clone(), true);
            let text = ColumnText::new(array, &plain)?
                .cell(row)
                .unwrap_or_default();
            Err(refused(&AthenaType::of_field(from), target, &text).into())
        }
        _ => Ok(converted),
    }
}

fn refused(source: &AthenaType, target: &AthenaType, text: &str) -> AthenaError {
    let message = match (source, target) {
        (AthenaType::Varchar(_) | AthenaType::Char(_), AthenaType::Date) => {
            format!("Value cannot be cast to date: {text}")
        }
        (
            AthenaType::Varchar(_) | AthenaType::Char(_),
            AthenaType::Timestamp(_) | AthenaType::TimestampWithTimeZone(_),
        ) => {
            format!("Value cannot be cast to timestamp: {text}")
        }
        (AthenaType::Varchar(_) | AthenaType::Char(_), AthenaType::Integer) => {
            format!("Cannot cast '{text}' to INT")
        }
        (AthenaType::Varchar(_) | AthenaType::Char(_), _) => {
            format!(
                "Cannot cast '{text}' to {}",
                target.to_string().to_uppercase()
            )
        }
        (_, AthenaType::Decimal(..)) => format!(
            "Cannot cast {} '{text}' to {}",
            source.to_string().to_uppercase(),
            target.to_string().to_uppercase().replace(',', ", ")
        ),
        (AthenaType::Double | AthenaType::Real, _) => {
            format!("Unable to cast {text} to {target}")
        }
        _ => {
            let message = format!("Out of range for {target}: {text}");
            return AthenaError::new("NUMERIC_VALUE_OUT_OF_RANGE", message);
        }
    };
    AthenaError::new("INVALID_CAST_ARGUMENT", message)
}

/// Text of any value, cut to a length in characters.
fn to_text(array: &ArrayRef, from: &Field, length: i32) -> Result<ArrayRef> {
    let limit = usize::try_from(length).unwrap_or(0);
    let cut = |text: String| match text.char_indices().nth(limit) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    };
    let text = ColumnText::new(array, from)?;
    let texts: StringArray = (0..array.len())
        .map(|row| text.cell(row).map(cut))
        .collect();
    Ok(Arc::new(texts))
}

/// Uuids and addresses in the one spelling that each of them has.
fn canonical(
    array: &ArrayRef,
    from: &Field,
    target: &AthenaType,
    lenient: bool,
) -> Result<ArrayRef> {
    let texts = to_text(array, from, i32::MAX)?;
    let spelled = texts.as_string::<i32>().iter().map(|text| {
        let Some(text) = text else { return Ok(None) };
        let spelled = match target {
            AthenaType::Uuid => uuid::Uuid::try_parse(text).ok().map(|id| id.to_string()),
            _ => {
                let address: Option<IpAddr> = text.parse().ok();
                address.map(|address| address.to_canonical().to_string())
            }
        };
        if spelled.is_none() && !lenient {
            let name = target.to_string().to_uppercase();
            let message = format!("Cannot cast value to {name}: {text}");
            return Err(AthenaError::new("INVALID_CAST_ARGUMENT", message).into());
        }
        Ok(spelled)
    });
    Ok(Arc::new(spelled.collect::<Result<StringArray>>()?))
}

/// Only text may be cut to a length.
fn uncut(
    array: &ArrayRef,
    from: &Field,
    cut: ArrayRef,
    target: &AthenaType,
    lenient: bool,
) -> Result<ArrayRef> {
    let whole = to_text(array, from, i32::MAX)?;
    let (whole, cut) = (whole.as_string::<i32>(), cut.as_string::<i32>());
    let texts = whole
        .iter()
        .zip(cut)
        .map(|(whole, cut)| match (whole, cut) {
            (Some(whole), Some(cut)) if whole != cut => {
                let message = format!("Value {whole} cannot be represented as {target}");
                let error = AthenaError::new("INVALID_CAST_ARGUMENT", message);
                if lenient { Ok(None) } else { Err(error.into()) }
            }
            (whole, _) => Ok(whole),
        })
        .collect::<Result<StringArray>>()?;
    Ok(Arc::new(texts))
}

fn list(array: &ArrayRef, item: &AthenaType, to: &DataType, lenient: bool) -> Result<ArrayRef> {
    let (DataType::List(from), DataType::List(to_field)) = (array.data_type(), to) else {
        return Ok(cast(array, to)?);
    };
    let lists = array.as_list::<i32>();
    let items = convert(lists.values(), from, item, to_field.data_type(), lenient)?;
    Ok(Arc::new(GenericListArray::<i32>::try_new(
        Arc::clone(to_field),
        lists.offsets().clone(),
        items,
        lists.nulls().cloned(),
    )?))
}

fn row(
    array: &ArrayRef,
    targets: &[(Option<String>, AthenaType)],
    to: &DataType,
    lenient: bool,
) -> Result<ArrayRef> {
    let (DataType::Struct(from), DataType::Struct(fields)) = (array.data_type(), to) else {
        return Ok(cast(array, to)?);
    };
    if from.len() != targets.len() {
        return Err(AthenaError::new(
            "TYPE_MISMATCH",
            "line 1:8: Cannot cast rows of different width",
        )
        .into());
    }
    let rows = array.as_struct();
    let columns = targets
        .iter()
        .enumerate()
        .map(|(index, (_, target))| {
            convert(
                rows.column(index),
                &from[index],
                target,
                fields[index].data_type(),
                lenient,
            )
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(StructArray::try_new(
        fields.clone(),
        columns,
        rows.nulls().cloned(),
    )?))
}

fn map(
    array: &ArrayRef,
    targets: (&AthenaType, &AthenaType),
    to: &DataType,
    lenient: bool,
) -> Result<ArrayRef> {
    let maps = array.as_map();
    let DataType::Map(entries_field, ordered) = to else {
        return Ok(cast(array, to)?);
    };
    let DataType::Struct(fields) = entries_field.data_type() else {
        return Ok(cast(array, to)?);
    };
    let (key_field, value_field) = maps.entries_fields();
    let keys = convert(
        maps.keys(),
        key_field,
        targets.0,
        fields[0].data_type(),
        lenient,
    )?;
    let values = convert(
        maps.values(),
        value_field,
        targets.1,
        fields[1].data_type(),
        lenient,
    )?;
    let entries = StructArray::try_new(fields.clone(), vec![keys, values], None)?;
    Ok(Arc::new(MapArray::try_new(
        Arc::clone(entries_field),
        maps.offsets().clone(),
        entries,
        maps.nulls().cloned(),
        *ordered,
    )?))
}
