//! The files a statement leaves: their names, and the sink that writes them.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::engine::{Cell, Column, Failure, Sink, StatementKind, StatementType};

/// The form of the main result object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Quoted CSV with a header line.
    Csv,
    /// Lines; `header` puts the column name first.
    Txt { header: bool },
    /// Only `.metadata` is written.
    None,
}

/// Where the result of a kind of statement goes, relative to the output location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) prefix: &'static str,
    pub(crate) suffix: &'static str,
    pub(crate) format: Format,
}

impl Layout {
    pub(crate) fn of(kind: &StatementKind) -> Self {
        let (prefix, suffix, format) = match kind.substatement_type {
            "SELECT" | "SHOW_FUNCTIONS" => ("", ".csv", Format::Csv),
            "UPDATE" | "DELETE" | "MERGE" => ("", ".csv", Format::None),
            "INSERT" | "UNLOAD" => ("", "", Format::None),
            "CREATE_TABLE_AS_SELECT" => ("tables/", "", Format::None),
            "EXPLAIN" => ("", ".txt", Format::Txt { header: true }),
            _ => ("", ".txt", Format::Txt { header: false }),
        };
        Self {
            prefix,
            suffix,
            format,
        }
    }
}

/// `UpdateCount` of a kind of statement when the engine named none.
pub(crate) fn default_update_count(kind: &StatementKind) -> Option<i64> {
    match (kind.statement_type, kind.substatement_type) {
        (_, "CREATE_TABLE_AS_SELECT") => Some(0),
        (_, "EXPLAIN" | "SHOW_CREATE_TABLE" | "DESCRIBE_TABLE" | "VACUUM_TABLE") => None,
        (StatementType::Dml | StatementType::Utility, _) => Some(0),
        (StatementType::Ddl, _) => None,
    }
}

/// True for statements whose only result is a number of rows.
pub(crate) fn counts_rows(kind: &StatementKind) -> bool {
    Layout::of(kind).format == Format::None
}

/// Writes rows to a file as they arrive, in the form the statement's kind has.
pub(crate) struct ResultWriter {
    out: BufWriter<File>,
    path: PathBuf,
    format: Format,
    columns: Vec<Column>,
    rows: u64,
    empty: bool,
    line: Vec<u8>,
}

impl ResultWriter {
    pub(crate) fn create(path: &Path, format: Format) -> io::Result<Self> {
        Ok(Self {
            out: BufWriter::with_capacity(256 * 1024, File::create(path)?),
            path: path.to_owned(),
            format,
            columns: Vec::new(),
            rows: 0,
            empty: true,
            line: Vec::new(),
        })
    }

    /// The file of the rows.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes the file and hands over the columns and the number of rows. The file is
    /// removed with the writer, unless it has been moved away.
    pub(crate) fn finish(&mut self) -> io::Result<(Vec<Column>, u64)> {
        self.out.flush()?;
        Ok((std::mem::take(&mut self.columns), self.rows))
    }

    fn write_row(&mut self, row: &[Cell]) -> io::Result<()> {
        self.line.clear();
        match self.format {
            Format::Csv => csv_record(&mut self.line, row.iter().map(Option::as_deref)),
            Format::Txt { .. } => {
                let texts: Vec<&str> = row
                    .iter()
                    .map(|cell| cell.as_deref().unwrap_or(""))
                    .collect();
                if !self.empty {
                    self.line.push(b'\n');
                }
                self.line.extend_from_slice(texts.join("\t").as_bytes());
            }
            Format::None => return Ok(()),
        }
        self.empty = false;
        self.out.write_all(&self.line)
    }
}

impl Drop for ResultWriter {
    fn drop(&mut self) {
        // A published file has been moved away; what is still here is of no use to anybody.
        drop(std::fs::remove_file(&self.path));
    }
}

impl Sink for ResultWriter {
    fn columns(&mut self, columns: Vec<Column>) -> Result<(), Failure> {
        let names: Vec<Cell> = columns
            .iter()
            .map(|column| Some(column.name.clone()))
            .collect();
        self.columns = columns;
        match self.format {
            Format::Csv | Format::Txt { header: true } => {
                self.write_row(&names).map_err(write_failed)
            }
            Format::Txt { header: false } | Format::None => Ok(()),
        }
    }

    fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<(), Failure> {
        for row in rows {
            self.write_row(row).map_err(write_failed)?;
        }
        self.rows += rows.len() as u64;
        Ok(())
    }
}

/// The failure Athena reports when it cannot write a result.
pub(crate) fn write_failed(error: impl std::fmt::Display) -> Failure {
    Failure {
        reason: format!("Failed to write results to S3: {error}"),
        message: None,
        error_category: 1,
        error_type: 401,
        retryable: false,
    }
}

/// Appends one line: every value quoted, NULL as nothing.
pub(crate) fn csv_record<'a>(out: &mut Vec<u8>, cells: impl Iterator<Item = Option<&'a str>>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if let Some(text) = cell {
            out.push(b'"');
            let mut rest = text.as_bytes();
            while let Some(quote) = memchr::memchr(b'"', rest) {
                out.extend_from_slice(&rest[..=quote]);
                out.push(b'"');
                rest = &rest[quote + 1..];
            }
            out.extend_from_slice(rest);
            out.push(b'"');
        }
    }
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::column;

    fn written(format: Format, names: &[&str], rows: &[Vec<Cell>]) -> String {
        let path = std::env::temp_dir().join(format!("athena-result-{}", uuid::Uuid::new_v4()));
        let mut writer = ResultWriter::create(&path, format).unwrap();
        writer
            .columns(names.iter().map(|name| column(name, "varchar")).collect())
            .unwrap();
        writer.rows(rows).unwrap();
        writer.finish().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        drop(writer);
        assert!(!path.exists());
        text
    }

    fn cell(text: &str) -> Cell {
        Some(text.to_owned())
    }

    #[test]
    fn csv_quotes_every_value_and_leaves_null_bare() {
        let rows = [
            vec![cell("1"), cell("a\"b")],
            vec![None, cell("")],
            vec![cell("x,\ny"), None],
        ];
        assert_eq!(
            written(Format::Csv, &["n", "s"], &rows),
            "\"n\",\"s\"\n\"1\",\"a\"\"b\"\n,\"\"\n\"x,\ny\",\n"
        );
        assert_eq!(written(Format::Csv, &["n"], &[vec![None]]), "\"n\"\n\n");
        assert_eq!(written(Format::Csv, &["n"], &[]), "\"n\"\n");
    }

    #[test]
    fn txt_joins_rows_without_a_last_newline() {
        let rows = [vec![cell("a"), cell("b")], vec![cell("c")]];
        assert_eq!(
            written(Format::Txt { header: false }, &["x", "y"], &rows),
            "a\tb\nc"
        );
        assert_eq!(
            written(
                Format::Txt { header: true },
                &["Query Plan"],
                &[vec![cell("p")]]
            ),
            "Query Plan\np"
        );
        assert_eq!(written(Format::Txt { header: false }, &["x"], &[]), "");
    }
}
