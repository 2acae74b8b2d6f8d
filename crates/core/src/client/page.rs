//! One page of GetQueryResults, and how its JSON is read.
//!
//! Pages are large and most of their text is the cells': they are copied once, into one piece
//! of memory per page, and not into a string each.

mod json;

use std::fmt;

use crate::types::{AthenaType, Column};
use json::{Json, Malformed};

/// One page of GetQueryResults.
#[derive(Debug, Default)]
pub(crate) struct ResultPage {
    /// `None` when the answer has no metadata (failed Hive DDL).
    pub(crate) columns: Option<Vec<Column>>,
    pub(crate) rows: PageRows,
    pub(crate) next_token: Option<String>,
    pub(crate) update_count: Option<i64>,
}

/// Rows of cells. A row may be narrower than the columns.
#[derive(Default)]
pub(crate) struct PageRows {
    /// The text of all cells, one behind the other.
    text: String,
    cells: Vec<Cell>,
    /// How many cells there are up to the end of each row.
    row_ends: Vec<usize>,
}

struct Cell {
    /// Where its text ends and that of the next cell begins.
    end: usize,
    is_null: bool,
}

/// A row of a page.
#[derive(Clone, Copy)]
pub(crate) struct PageRow<'a> {
    rows: &'a PageRows,
    first_cell: usize,
    end_cell: usize,
}

impl PageRows {
    /// The rows in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = PageRow<'_>> {
        let starts = std::iter::once(&0).chain(&self.row_ends);
        starts.zip(&self.row_ends).map(|(start, end)| PageRow {
            rows: self,
            first_cell: *start,
            end_cell: *end,
        })
    }

    fn push_null(&mut self) {
        self.cells.push(Cell {
            end: self.text.len(),
            is_null: true,
        });
    }

    /// Ends a cell whose text has been appended.
    fn end_cell(&mut self) {
        self.cells.push(Cell {
            end: self.text.len(),
            is_null: false,
        });
    }

    fn end_row(&mut self) {
        self.row_ends.push(self.cells.len());
    }
}

impl<'a> PageRow<'a> {
    /// The cells in order; `None` is SQL NULL.
    pub(crate) fn cells(self) -> impl Iterator<Item = Option<&'a str>> {
        let PageRows { text, cells, .. } = self.rows;
        let before = self.first_cell.checked_sub(1);
        let mut start = before
            .and_then(|cell| cells.get(cell))
            .map_or(0, |cell| cell.end);
        let cells = cells
            .get(self.first_cell..self.end_cell)
            .unwrap_or_default();
        cells.iter().map(move |cell| {
            let value = text.get(start..cell.end);
            start = cell.end;
            value.filter(|_| !cell.is_null)
        })
    }

    /// The cells, each on its own.
    pub(crate) fn to_owned(self) -> Vec<Option<String>> {
        self.cells().map(|cell| cell.map(str::to_owned)).collect()
    }

    /// Whether it has no cells.
    pub(crate) fn is_empty(self) -> bool {
        self.first_cell == self.end_cell
    }
}

impl fmt::Debug for PageRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.iter().map(PageRow::to_owned);
        f.debug_list().entries(rows).finish()
    }
}

/// Reads the body of an answer. Members it does not know are passed over; a row or a cell that
/// is `null` is one without members.
pub(crate) fn read(body: &[u8]) -> Result<ResultPage, Malformed> {
    let mut json = Json::new(body)?;
    let mut page = ResultPage::default();
    json.object(|json, member| match member {
        "ResultSet" => json.object(|json, member| match member {
            "Rows" => {
                let rows = &mut page.rows;
                rows.text.reserve(body.len() / 2);
                json.array(|json| read_row(json, rows))
            }
            "ResultSetMetadata" => json.object(|json, member| match member {
                "ColumnInfo" => {
                    let columns = page.columns.insert(Vec::new());
                    json.array(|json| {
                        columns.push(read_column(json)?);
                        Ok(())
                    })
                }
                _ => json.skip(),
            }),
            _ => json.skip(),
        }),
        "NextToken" => {
            page.next_token = json.text()?;
            Ok(())
        }
        "UpdateCount" => {
            page.update_count = json.integer()?;
            Ok(())
        }
        _ => json.skip(),
    })?;
    json.end()?;
    Ok(page)
}

fn read_row(json: &mut Json<'_>, rows: &mut PageRows) -> Result<(), Malformed> {
    json.object(|json, member| match member {
        "Data" => json.array(|json| read_cell(json, rows)),
        _ => json.skip(),
    })?;
    rows.end_row();
    Ok(())
}

fn read_cell(json: &mut Json<'_>, rows: &mut PageRows) -> Result<(), Malformed> {
    // As Athena writes nearly all of them.
    if let Some(text) = json.take_between("{\"VarCharValue\":\"", "\"}") {
        rows.text.push_str(text);
        rows.end_cell();
        return Ok(());
    }
    let mut has_value = false;
    json.object(|json, member| match member {
        "VarCharValue" => {
            has_value = json.append_text(&mut rows.text)?;
            Ok(())
        }
        _ => json.skip(),
    })?;
    if has_value {
        rows.end_cell();
    } else {
        rows.push_null();
    }
    Ok(())
}

fn read_column(json: &mut Json<'_>) -> Result<Column, Malformed> {
    let (mut name, mut type_name) = (None, None);
    let (mut precision, mut scale) = (None, None);
    json.object(|json, member| {
        match member {
            "Name" => name = json.text()?,
            "Type" => type_name = json.text()?,
            "Precision" => precision = json.integer()?,
            "Scale" => scale = json.integer()?,
            _ => json.skip()?,
        }
        Ok(())
    })?;
    let small = |number: Option<i64>| {
        let number = number.map(i32::try_from);
        number.and_then(Result::ok).unwrap_or_default()
    };
    let type_name = type_name.unwrap_or_default();
    let athena_type = AthenaType::from_column_info(&type_name, small(precision), small(scale));
    Ok(Column::new(name.unwrap_or_default(), athena_type))
}

#[cfg(test)]
mod tests;
