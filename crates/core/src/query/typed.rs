//! The query that is sent in a query's place, so that arrays, maps and rows arrive as JSON.
//!
//! Athena's own text of them is ambiguous. `SELECT q.c1, CAST(q.c2 AS JSON) FROM (…) q(c1, c2)`
//! loses nothing. Columns that are not nested are passed through. The order of the rows, which
//! a subquery does not keep, is made anew outside.

use super::tokenizer::Outline;
use super::{casts, order};
use crate::error::{Error, ErrorKind, Result};
use crate::types::{AthenaType, Column};

/// The query to send for `sql`, a query ([`Outline::is_query`]) with these columns; `None` if
/// it needs no other, because no column is nested. Its parameters are those of `sql`.
///
/// Errors: `NotImplemented` for an order that cannot be made outside, and for a type of which
/// no lossless form is known. Nothing was sent then.
pub(crate) fn typed_query(sql: &str, columns: &[Column]) -> Result<Option<String>> {
    if !columns.iter().any(|column| column.athena_type.is_nested()) {
        return Ok(None);
    }
    let outputs = columns.iter().enumerate().map(|(index, column)| {
        let name = format!("q.c{}", index + 1);
        if !column.athena_type.is_nested() {
            return Ok(name);
        }
        match casts::castable_to_json(&column.athena_type, &name) {
            Ok(castable) => Ok(format!("CAST({castable} AS JSON)")),
            Err(part) => Err(no_json(column, part)),
        }
    });
    let outputs = outputs.collect::<Result<Vec<_>>>()?.join(", ");
    let names: Vec<_> = (1..=columns.len()).map(|n| format!("c{n}")).collect();
    let names = names.join(", ");
    let ordered = order::split(Outline::of(sql).body, columns)?;
    let (rows, order) = (ordered.rows, ordered.order);
    let separator = if order.is_empty() { "" } else { " " };
    Ok(Some(format!(
        "SELECT {outputs} FROM ({rows}) q({names}){separator}{order}"
    )))
}

fn no_json(column: &Column, part: &AthenaType) -> Error {
    let (name, whole) = (&column.name, &column.athena_type);
    Error::new(
        ErrorKind::NotImplemented,
        format!(
            "column {name:?} ({whole}) cannot be returned as typed values: no lossless form of {part} is known; convert it in the query, or use ComplexTypes=text"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(list: &[(&str, &str)]) -> Vec<Column> {
        let column =
            |(name, text): &(&str, &str)| Column::new(*name, AthenaType::parse(text).unwrap());
        list.iter().map(column).collect()
    }

    #[test]
    fn nested_columns_are_cast_and_others_passed_through() {
        let columns = columns(&[
            ("n", "bigint"),
            ("a", "array(integer)"),
            ("u", "array(uuid)"),
        ]);
        for (sql, expected) in [
            (
                "SELECT n, a, u FROM t",
                "SELECT q.c1, CAST(q.c2 AS JSON), CAST(CAST(q.c3 AS array(varchar)) AS JSON) \
                 FROM (SELECT n, a, u FROM t) q(c1, c2, c3)",
            ),
            (
                "SELECT n, a, u FROM t -- all\nORDER BY N DESC, 2 LIMIT ? ; -- end",
                "SELECT q.c1, CAST(q.c2 AS JSON), CAST(CAST(q.c3 AS array(varchar)) AS JSON) \
                 FROM (SELECT n, a, u FROM t) q(c1, c2, c3) ORDER BY q.c1 DESC, q.c2 LIMIT ?",
            ),
        ] {
            assert_eq!(
                typed_query(sql, &columns).unwrap().as_deref(),
                Some(expected)
            );
        }
    }

    #[test]
    fn without_nested_columns_the_query_stays() {
        let columns = columns(&[("n", "bigint"), ("j", "json")]);
        let sql = "SELECT n, j FROM t ORDER BY n + 1";
        assert_eq!(typed_query(sql, &columns).unwrap(), None);
    }

    #[test]
    fn types_without_a_lossless_form_are_named() {
        let columns = columns(&[("n", "bigint"), ("s", "row(a array(HyperLogLog))")]);
        let error = typed_query("SELECT 1", &columns).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotImplemented);
        for part in ["\"s\"", "row(a array(HyperLogLog))", "form of HyperLogLog"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
}
