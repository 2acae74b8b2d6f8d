//! One JSON object a line, compressed.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::FieldRef;
use datafusion::error::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{FileWriter, OutputColumn};
use crate::sql::functions::json_texts;

/// One file.
pub(super) struct JsonFile {
    out: GzEncoder<BufWriter<File>>,
    fields: Vec<FieldRef>,
}

impl JsonFile {
    /// Begins a file.
    pub(super) fn new(file: File, columns: &[OutputColumn]) -> Self {
        Self {
            out: GzEncoder::new(BufWriter::new(file), Compression::default()),
            fields: columns.iter().map(OutputColumn::field).collect(),
        }
    }
}

impl FileWriter for JsonFile {
    fn write(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let values = columns
            .iter()
            .zip(&self.fields)
            .map(|(array, field)| json_texts(array, field))
            .collect::<Result<Vec<_>>>()?;
        let names: Vec<String> = self
            .fields
            .iter()
            .map(|field| serde_json::Value::from(field.name().as_str()).to_string())
            .collect();
        let rows = values.first().map_or(0, Vec::len);
        for row in 0..rows {
            let mut line = String::from("{");
            for (index, (name, column)) in names.iter().zip(&values).enumerate() {
                if index > 0 {
                    line.push(',');
                }
                line.push_str(name);
                line.push(':');
                let text = column.get(row).and_then(Option::as_deref);
                line.push_str(text.unwrap_or("null"));
            }
            line.push_str("}\n");
            self.out.write_all(line.as_bytes())?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        self.out.finish()?.flush()?;
        Ok(())
    }
}
