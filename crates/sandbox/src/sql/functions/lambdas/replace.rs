//! `regexp_replace(text, pattern, groups -> …)`.

use datafusion::arrow::array::{ArrayRef, AsArray as _, UInt32Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::error::Result;

use super::elements::evaluate;
use super::{Call, LambdaFunction};
use crate::sql::functions::patterns::Compiled;
use crate::sql::functions::strings::column;
use crate::sql::functions::text_arrays;
use crate::sql::types::AthenaType;

pub(super) fn function() -> LambdaFunction {
    LambdaFunction::new(
        "athena_regexp_replace_by",
        (2, 1),
        |_| {
            let text = AthenaType::Varchar(None);
            let groups = AthenaType::Array(Box::new(text));
            Some(vec![vec![groups.field("groups", true)]])
        },
        |_, _| Some(AthenaType::Varchar(None).field("result", true)),
        replace,
    )
}

/// The lambda is evaluated once, over the matches of all rows.
fn replace(call: &Call) -> Result<ArrayRef> {
    let texts = cast(call.value(0)?, &DataType::Utf8)?;
    let patterns = cast(call.value(1)?, &DataType::Utf8)?;
    let (texts, patterns) = (texts.as_string::<i32>(), patterns.as_string::<i32>());
    let compiled = Compiled::default();
    let mut rows: Vec<u32> = Vec::new();
    let mut places = Vec::new();
    let mut groups: Vec<Option<Vec<Option<String>>>> = Vec::new();
    for (row, (text, pattern)) in (0_u32..).zip(texts.iter().zip(patterns)) {
        let (Some(text), Some(pattern)) = (text, pattern) else {
            continue;
        };
        for found in compiled.get(pattern)?.captures_iter(text) {
            let parts = found.iter().skip(1);
            let parts = parts.map(|part| part.map(|part| part.as_str().to_owned()));
            groups.push(Some(parts.collect()));
            places.push(found.get(0).map_or(0..0, |whole| whole.range()));
            rows.push(row);
        }
    }
    let rows = UInt32Array::from(rows);
    let replacements = evaluate(call.lambda(0)?, &[text_arrays(groups)], &rows)?;
    let replacements = cast(&replacements, &DataType::Utf8)?;
    let replacements = replacements.as_string::<i32>();
    let mut matches = rows
        .values()
        .iter()
        .zip(places)
        .zip(replacements)
        .peekable();
    let replaced = (0_u32..)
        .zip(texts.iter().zip(patterns))
        .map(|(row, (text, pattern))| {
            let (text, _) = text.zip(pattern)?;
            let (mut out, mut end) = (String::new(), 0);
            while let Some(((_, place), replacement)) = matches.next_if(|((of, _), _)| **of == row)
            {
                out.push_str(text.get(end..place.start).unwrap_or_default());
                // NULL leaves nothing, as in Trino.
                out.push_str(replacement.unwrap_or_default());
                end = place.end;
            }
            out.push_str(text.get(end..).unwrap_or_default());
            Some(out)
        });
    Ok(column(replaced.collect()))
}
