//! Delimited text as Hive's LazySimpleSerDe reads it, compressed.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{Array as _, ArrayRef, AsArray as _};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{ArrowNativeType as _, DataType, Field, FieldRef};
use datafusion::error::{DataFusionError, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{FileWriter, OutputColumn};
use crate::sql::text::ColumnText;
use crate::sql::types::AthenaType;

/// What stands for NULL.
const NULL: &str = "\\N";

/// One file.
pub(super) struct TextFile {
    out: GzEncoder<BufWriter<File>>,
    fields: Vec<FieldRef>,
    delimiter: char,
}

impl TextFile {
    /// Begins a file.
    pub(super) fn new(file: File, columns: &[OutputColumn], delimiter: char) -> Self {
        Self {
            out: GzEncoder::new(BufWriter::new(file), Compression::default()),
            fields: columns.iter().map(OutputColumn::field).collect(),
            delimiter,
        }
    }
}

impl FileWriter for TextFile {
    fn write(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let values = columns
            .iter()
            .zip(&self.fields)
            .map(|(array, field)| texts(array, field, 2))
            .collect::<Result<Vec<_>>>()?;
        let rows = values.first().map_or(0, Vec::len);
        for row in 0..rows {
            let mut line = String::new();
            for (index, column) in values.iter().enumerate() {
                if index > 0 {
                    line.push(self.delimiter);
                }
                let text = column.get(row).and_then(Option::as_deref);
                line.push_str(text.unwrap_or(NULL));
            }
            line.push('\n');
            self.out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.out.finish()?.flush()?;
        Ok(())
    }
}

/// The texts of a column; items of nested values stand between control characters, the
/// first of which is `separator`.
fn texts(array: &ArrayRef, field: &Field, separator: u8) -> Result<Vec<Option<String>>> {
    let athena_type = AthenaType::of_field(field);
    let joined = |parts: Vec<Option<String>>, by: u8| {
        let parts: Vec<String> = parts
            .into_iter()
            .map(|part| part.unwrap_or_else(|| NULL.to_owned()))
            .collect();
        parts.join(&char::from(by).to_string())
    };
    match (&athena_type, array.data_type()) {
        (AthenaType::Array(_), DataType::List(item)) => {
            let lists = array.as_list::<i32>();
            let items = texts(lists.values(), item, separator + 1)?;
            let offsets = lists.value_offsets();
            Ok(rows(array, |row| {
                let range = offsets[row].as_usize()..offsets[row + 1].as_usize();
                joined(items[range].to_vec(), separator)
            }))
        }
        (AthenaType::Map(..), _) => {
            let maps = array.as_map();
            let (key_field, value_field) = maps.entries_fields();
            let keys = texts(maps.keys(), key_field, separator + 2)?;
            let values = texts(maps.values(), value_field, separator + 2)?;
            let offsets = maps.value_offsets();
            Ok(rows(array, |row| {
                let range = offsets[row].as_usize()..offsets[row + 1].as_usize();
                let entries = range
                    .map(|index| {
                        let entry = vec![keys[index].clone(), values[index].clone()];
                        Some(joined(entry, separator + 1))
                    })
                    .collect();
                joined(entries, separator)
            }))
        }
        (AthenaType::Row(_), DataType::Struct(fields)) => {
            let parts = array
                .as_struct()
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| texts(column, field, separator + 1))
                .collect::<Result<Vec<_>>>()?;
            Ok(rows(array, |row| {
                let values = parts.iter().map(|part| part[row].clone()).collect();
                joined(values, separator)
            }))
        }
        (AthenaType::Varbinary, _) => {
            let bytes = cast(array, &DataType::Binary)?;
            let bytes = bytes.as_binary::<i32>();
            Ok(rows(array, |row| STANDARD.encode(bytes.value(row))))
        }
        (AthenaType::Array(_), other) => Err(DataFusionError::Internal(format!("list of {other}"))),
        _ => {
            let text = ColumnText::new(array, field)?;
            Ok((0..array.len()).map(|row| text.cell(row)).collect())
        }
    }
}

fn rows(array: &ArrayRef, text: impl Fn(usize) -> String) -> Vec<Option<String>> {
    (0..array.len())
        .map(|row| array.is_valid(row).then(|| text(row)))
        .collect()
}
