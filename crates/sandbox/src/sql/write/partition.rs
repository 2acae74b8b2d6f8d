//! Rows by partition.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use datafusion::arrow::array::{ArrayRef, UInt32Array};
use datafusion::arrow::compute::take;
use datafusion::error::Result;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::OutputColumn;
use crate::sql::text::ColumnText;

/// What Hive writes for a NULL.
pub(in crate::sql) const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// What Hive escapes in names of folders.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'*')
    .add(b'/')
    .add(b':')
    .add(b'=')
    .add(b'?')
    .add(b'\\')
    .add(b'{')
    .add(b'[')
    .add(b']')
    .add(b'^');

/// The folder of a partition: `p=1/q=a%2Fb`.
pub(in crate::sql) fn partition_name<'a>(
    values: impl Iterator<Item = (&'a str, Option<&'a str>)>,
) -> String {
    let mut name = String::new();
    for (column, value) in values {
        if !name.is_empty() {
            name.push('/');
        }
        let value = match value {
            None | Some("") => NULL_PARTITION,
            Some(value) => value,
        };
        let column = utf8_percent_encode(column, ESCAPED);
        let written = write!(name, "{column}={}", utf8_percent_encode(value, ESCAPED));
        debug_assert!(written.is_ok(), "a String accepts every write");
    }
    name
}

/// Splits rows by the last columns: the partition's name, and the rows' other columns.
pub(super) fn split(
    arrays: &[ArrayRef],
    columns: &[OutputColumn],
    partitioned_by: usize,
) -> Result<Vec<(String, Vec<ArrayRef>)>> {
    let kept = columns.len().saturating_sub(partitioned_by);
    let fields: Vec<_> = columns.iter().skip(kept).map(OutputColumn::field).collect();
    let texts = arrays
        .iter()
        .skip(kept)
        .zip(&fields)
        .map(|(array, field)| ColumnText::new(array, field))
        .collect::<Result<Vec<_>>>()?;
    let rows = arrays.first().map_or(0, |array| array.len());
    let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for row in 0..rows {
        let values: Vec<Option<String>> = texts.iter().map(|text| text.cell(row)).collect();
        let named = fields.iter().map(|field| field.name().as_str());
        let name = partition_name(named.zip(values.iter().map(Option::as_deref)));
        groups
            .entry(name)
            .or_default()
            .push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    groups
        .into_iter()
        .map(|(name, rows)| {
            let rows = UInt32Array::from(rows);
            let taken = arrays
                .iter()
                .take(kept)
                .map(|array| Ok(take(array, &rows, None)?))
                .collect::<Result<Vec<_>>>()?;
            Ok((name, taken))
        })
        .collect()
}
