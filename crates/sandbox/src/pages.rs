//! Pages of a result, read from its file: nothing is held between pages.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::result_files::Format;

const BLOCK: usize = 256 * 1024;

/// Rows as the JSON of `ResultSet.Rows`, and where the next page starts.
#[derive(Debug)]
pub(crate) struct Page {
    /// `{"Data":[…]},{"Data":[…]}`.
    pub(crate) rows: Vec<u8>,
    pub(crate) count: usize,
    pub(crate) next: u64,
}

/// Reads up to `limit` rows that start at byte `offset`.
pub(crate) fn read(path: &Path, format: Format, offset: u64, limit: usize) -> io::Result<Page> {
    let file = File::open(path)?;
    let mut input = Input {
        size: file.metadata()?.len(),
        file,
        offset,
        buffer: Vec::new(),
        position: 0,
        at_end: false,
    };
    let mut page = Page {
        rows: Vec::new(),
        count: 0,
        next: offset,
    };
    let mut cells = Vec::new();
    while page.count < limit {
        cells.clear();
        let Some(length) = input.record(format, offset, &mut cells)? else {
            break;
        };
        if page.count > 0 {
            page.rows.push(b',');
        }
        write_row(&mut page.rows, &input.buffer, &cells);
        page.count += 1;
        page.next += length as u64;
    }
    if std::str::from_utf8(&page.rows).is_err() {
        page.rows = String::from_utf8_lossy(&page.rows)
            .into_owned()
            .into_bytes();
    }
    Ok(page)
}

/// A cell's bytes in the buffer.
#[derive(Debug, Clone)]
enum CellBytes {
    Null,
    Plain(Range<usize>),
    /// With doubled quotes inside.
    Escaped(Range<usize>),
}

struct Input {
    file: File,
    size: u64,
    offset: u64,
    buffer: Vec<u8>,
    position: usize,
    at_end: bool,
}

impl Input {
    /// Finds the next record and passes it; answers its length, or `None` at the end.
    fn record(
        &mut self,
        format: Format,
        first: u64,
        cells: &mut Vec<CellBytes>,
    ) -> io::Result<Option<usize>> {
        loop {
            cells.clear();
            let start = self.position;
            let found = match format {
                Format::Csv => csv_record(&self.buffer, start, self.at_end, cells),
                Format::Txt { .. } => self.line(first, cells),
                Format::None => None,
            };
            if let Some(end) = found {
                self.position = end;
                return Ok(Some(end - start));
            }
            if self.at_end {
                return Ok(None);
            }
            self.fill()?;
        }
    }

    /// A line of text. Without a last newline, so a file that ends in one has an empty last
    /// line; the position one beyond the end means that it, too, has been read.
    fn line(&self, first: u64, cells: &mut Vec<CellBytes>) -> Option<usize> {
        let start = self.position;
        let rest = self.buffer.get(start..)?;
        if let Some(length) = memchr::memchr(b'\n', rest) {
            cells.push(CellBytes::Plain(start..start + length));
            return Some(start + length + 1);
        }
        let beyond = first + start as u64 > self.size;
        if !self.at_end || self.size == 0 || beyond {
            return None;
        }
        cells.push(CellBytes::Plain(start..self.buffer.len()));
        Some(self.buffer.len() + 1)
    }

    /// Reads one more block behind what is not consumed yet.
    fn fill(&mut self) -> io::Result<()> {
        let old = self.buffer.len();
        let grow = BLOCK.max(old);
        self.buffer.resize(old + grow, 0);
        let mut got = 0;
        while got < grow {
            match self
                .file
                .read_at(&mut self.buffer[old + got..], self.offset)?
            {
                0 => {
                    self.at_end = true;
                    break;
                }
                count => {
                    got += count;
                    self.offset += count as u64;
                }
            }
        }
        self.buffer.truncate(old + got);
        Ok(())
    }
}

/// Finds the cells of the record at `start` and the place behind it; `None` when the buffer
/// ends within it.
fn csv_record(
    buffer: &[u8],
    start: usize,
    at_end: bool,
    cells: &mut Vec<CellBytes>,
) -> Option<usize> {
    if start >= buffer.len() {
        return None;
    }
    let mut position = start;
    loop {
        let (cell, end) = if buffer.get(position) == Some(&b'"') {
            quoted_cell(buffer, position + 1, at_end)?
        } else {
            let rest = &buffer[position..];
            let end = match memchr::memchr2(b',', b'\n', rest) {
                Some(length) => position + length,
                None if at_end => buffer.len(),
                None => return None,
            };
            let cell = if end == position {
                CellBytes::Null
            } else {
                CellBytes::Plain(position..end)
            };
            (cell, end)
        };
        cells.push(cell);
        match buffer.get(end) {
            Some(b',') => position = end + 1,
            Some(_) => return Some(end + 1),
            None => return at_end.then_some(end),
        }
    }
}

/// The cell whose text starts at `start`, and the place behind its closing quote.
fn quoted_cell(buffer: &[u8], start: usize, at_end: bool) -> Option<(CellBytes, usize)> {
    let mut escaped = false;
    let mut position = start;
    loop {
        let Some(length) = memchr::memchr(b'"', buffer.get(position..)?) else {
            return at_end.then_some((CellBytes::Plain(start..buffer.len()), buffer.len()));
        };
        let quote = position + length;
        match buffer.get(quote + 1) {
            Some(b'"') => {
                escaped = true;
                position = quote + 2;
            }
            None if !at_end => return None,
            _ => {
                let range = start..quote;
                let cell = if escaped {
                    CellBytes::Escaped(range)
                } else {
                    CellBytes::Plain(range)
                };
                return Some((cell, quote + 1));
            }
        }
    }
}

fn write_row(out: &mut Vec<u8>, buffer: &[u8], cells: &[CellBytes]) {
    out.extend_from_slice(b"{\"Data\":[");
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match cell {
            CellBytes::Null => out.extend_from_slice(b"{}"),
            CellBytes::Plain(range) => write_cell(out, &buffer[range.clone()]),
            CellBytes::Escaped(range) => {
                let mut text = Vec::with_capacity(range.len());
                let mut rest = &buffer[range.clone()];
                while let Some(quote) = memchr::memchr(b'"', rest) {
                    text.extend_from_slice(&rest[..=quote]);
                    rest = rest.get(quote + 2..).unwrap_or_default();
                }
                text.extend_from_slice(rest);
                write_cell(out, &text);
            }
        }
    }
    out.extend_from_slice(b"]}");
}

fn write_cell(out: &mut Vec<u8>, text: &[u8]) {
    out.extend_from_slice(b"{\"VarCharValue\":\"");
    let mut rest = text;
    while let Some(place) = rest
        .iter()
        .position(|byte| *byte < 0x20 || *byte == b'"' || *byte == b'\\')
    {
        out.extend_from_slice(&rest[..place]);
        match rest[place] {
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            byte => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = &rest[place + 1..];
    }
    out.extend_from_slice(rest);
    out.extend_from_slice(b"\"}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// All pages of `limit` rows: each page's rows, cells as text or null.
    fn pages(text: &str, format: Format, limit: usize) -> Vec<Value> {
        let path = std::env::temp_dir().join(format!("athena-pages-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, text).unwrap();
        let (mut offset, mut pages) = (0, Vec::new());
        loop {
            let page = read(&path, format, offset, limit).unwrap();
            let json = format!("[{}]", String::from_utf8(page.rows).unwrap());
            let rows: Vec<Value> = serde_json::from_str::<Vec<Value>>(&json)
                .unwrap()
                .into_iter()
                .map(|row| {
                    row["Data"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .map(|d| d["VarCharValue"].clone())
                        .collect()
                })
                .collect();
            assert_eq!(rows.len(), page.count);
            pages.push(rows.into());
            if page.count < limit {
                break;
            }
            offset = page.next;
        }
        std::fs::remove_file(path).unwrap();
        pages
    }

    #[test]
    fn csv_cells_come_back_as_they_were_written() {
        let text = "\"n\",\"s\"\n\"1\",\"a\"\"b\\\"\n,\"\"\n\"x,\ny\t\u{1}é\",\n";
        let expected = serde_json::json!([
            ["n", "s"],
            ["1", "a\"b\\"],
            [null, ""],
            ["x,\ny\t\u{1}é", null]
        ]);
        assert_eq!(
            pages(text, Format::Csv, 10),
            std::slice::from_ref(&expected)
        );
        let single: Vec<Value> = pages(text, Format::Csv, 1)
            .into_iter()
            .map(|page| page[0].clone())
            .collect();
        assert_eq!(Value::from(single[..4].to_vec()), expected);
    }

    #[test]
    fn a_blank_csv_line_is_a_null() {
        assert_eq!(
            pages("\"n\"\n\n", Format::Csv, 10),
            [serde_json::json!([["n"], [null]])]
        );
    }

    #[test]
    fn a_record_longer_than_a_block_is_whole() {
        let long = "x".repeat(3 * BLOCK);
        let text = format!("\"n\"\n\"{long}\"\n\"y\"\n");
        assert_eq!(
            pages(&text, Format::Csv, 10),
            [serde_json::json!([["n"], [long], ["y"]])]
        );
    }

    #[test]
    fn txt_lines_have_no_last_newline() {
        let txt = Format::Txt { header: false };
        assert_eq!(pages("", txt, 10), [serde_json::json!([])]);
        assert_eq!(
            pages("a\tb\nc", txt, 10),
            [serde_json::json!([["a\tb"], ["c"]])]
        );
        assert_eq!(pages("\n", txt, 10), [serde_json::json!([[""], [""]])]);
        assert_eq!(
            pages("a\nb", txt, 1),
            [
                serde_json::json!([["a"]]),
                serde_json::json!([["b"]]),
                serde_json::json!([])
            ]
        );
        assert_eq!(
            pages("a\n", txt, 2),
            [serde_json::json!([["a"], [""]]), serde_json::json!([])]
        );
    }
}
