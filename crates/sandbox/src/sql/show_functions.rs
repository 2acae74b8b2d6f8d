//! The rows of SHOW FUNCTIONS.

use crate::columns::column;
use crate::engine::{Cell, Column, Failure, Sink, Summary};
use crate::wildcard::LIKE;

/// Name, return type, argument types, kind and description of each function, one a line. Types
/// are Trino's; of functions for many types, the most used are told.
const SIGNATURES: &str = include_str!("functions/signatures.txt");
/// Functions whose answer is another each time.
const RANDOM: [&str; 3] = ["rand", "random", "uuid"];

fn columns() -> Vec<Column> {
    let texts = [
        "Function",
        "Return Type",
        "Argument Types",
        "Function Type",
        "Deterministic",
        "Description",
    ];
    let sql_type = |name| match name {
        "Deterministic" => "boolean",
        _ => "varchar",
    };
    texts.map(|name| column(name, sql_type(name))).to_vec()
}

fn row(line: &str) -> Vec<Cell> {
    let mut parts = line.split('|').map(|part| Some(part.to_owned()));
    let mut row: Vec<Cell> = parts.by_ref().take(4).collect();
    let name = line.split('|').next().unwrap_or_default();
    row.push(Some((!RANDOM.contains(&name)).to_string()));
    row.extend(parts);
    row
}

/// Answers with the functions whose name is like the pattern.
pub(super) fn run(pattern: Option<&str>, sink: &mut dyn Sink) -> Result<Summary, Failure> {
    let rows: Vec<_> = SIGNATURES
        .lines()
        .filter(|line| {
            let name = line.split('|').next().unwrap_or_default();
            pattern.is_none_or(|pattern| LIKE.matches(pattern, name))
        })
        .map(row)
        .collect();
    sink.columns(columns())?;
    sink.rows(&rows)?;
    Ok(Summary {
        update_count: Some(0),
        ..Summary::default()
    })
}
