//! Fixtures by HTTP.

use serde_json::Value;

use super::members::{failure, list, maybe_text, number, only, states, text};
use crate::columns::column;
use crate::engine::{Cell, Column};
use crate::faulty::millis;
use crate::fixture::{Fixture, Matcher};

/// Everything a fixture may say.
const MEMBERS: [&str; 12] = [
    "sql",
    "match",
    "columns",
    "rows",
    "csv_file",
    "files",
    "states",
    "failure",
    "update_count",
    "data_scanned",
    "queue_delay_ms",
    "run_delay_ms",
];

/// `{"sql": …, "match": "exact" or "contains", "columns": [{"name", "type"}], "rows": [[…]],
/// "csv_file": path, "files": [{"name", "path"}], "states": […], "failure": {"reason", "category", "type", "retryable"},
/// "update_count": n, "data_scanned": n, "queue_delay_ms": n, "run_delay_ms": n}`.
pub(super) fn fixture(json: &Value) -> Result<(Matcher, Fixture), String> {
    only(json, &MEMBERS)?;
    let sql = text(json, "sql")?.to_owned();
    let matcher = match maybe_text(json, "match")?.unwrap_or("exact") {
        "exact" => Matcher::Exact(sql),
        "contains" => Matcher::Contains(sql),
        other => {
            return Err(format!(
                "'match' must be 'exact' or 'contains', not '{other}'"
            ));
        }
    };
    let columns: Vec<Column> = list(json, "columns")?
        .iter()
        .map(|entry| Ok(column(text(entry, "name")?, text(entry, "type")?)))
        .collect::<Result<_, String>>()?;
    let mut fixture = match maybe_text(json, "csv_file")? {
        Some(path) => Fixture::from_csv_file(path, columns),
        None => Fixture::rows(columns, rows(list(json, "rows")?)?),
    };
    for file in list(json, "files")? {
        fixture = fixture.linked_file(text(file, "name")?, text(file, "path")?);
    }
    if !json["states"].is_null() {
        fixture = fixture.states(states(json, "states")?);
    }
    if !json["failure"].is_null() {
        fixture = fixture.failure(failure(&json["failure"])?);
    }
    let count = number(json, "update_count")?;
    if let Some(updated) = count.and_then(|count| i64::try_from(count).ok()) {
        fixture = fixture.update_count(updated);
    }
    if let Some(bytes) = number(json, "data_scanned")? {
        fixture = fixture.data_scanned(bytes);
    }
    if let Some(delay) = number(json, "queue_delay_ms")? {
        fixture = fixture.queue_delay(millis(delay));
    }
    if let Some(delay) = number(json, "run_delay_ms")? {
        fixture = fixture.run_delay(millis(delay));
    }
    Ok((matcher, fixture))
}

fn rows(rows: &[Value]) -> Result<Vec<Vec<Cell>>, String> {
    let cell = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        other => Err(format!("a cell must be a string or null, not {other}")),
    };
    rows.iter()
        .map(|row| {
            row.as_array()
                .ok_or("a row must be a list")?
                .iter()
                .map(cell)
                .collect()
        })
        .collect()
}
