//! The columns a query would have, found out without reading data.
//!
//! Athena has no call for that, so two queries that yield no rows are run in place of the
//! caller's: one whose result tells names and base types, and, where those are not all there
//! is to a type, one that asks `typeof`. What they scan is logged; it should be nothing.

mod descriptions;
mod place;

use std::sync::Arc;

use super::QueryExecution;
use super::parameters::check_statement_length;
use super::poll::Terms;
use super::tokenizer::Outline;
use crate::client::{ResultPage, StartQueryExecution};
use crate::error::{Error, ErrorKind, Result};
use crate::types::{AthenaType, Column};

pub(crate) use descriptions::Descriptions;

/// How much of a type must be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// What arrays, maps and rows consist of; the precision of times as it is reported, which
    /// may be a guess ([`AthenaType::from_column_info`]).
    Nested,
    /// The precision of times and timestamps too.
    Exact,
}

/// What was found out about a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    /// The columns it would have.
    pub(crate) columns: Arc<[Column]>,
    /// The folder in S3, with a slash at its end, that results go to in this context; `None`
    /// where the workgroup keeps them itself.
    pub(crate) results_in: Option<String>,
}

/// The columns that `request`'s query would have, with full types. Runs one query, or two if
/// a type needs it, on the caller's terms; none if the answer is known.
///
/// Errors: `NotImplemented` for a statement that is no query ([`Outline::is_query`]); the
/// query's own, for what Athena finds wrong with it; `Cancelled`, `Timeout`.
pub(crate) async fn describe(
    request: &StartQueryExecution,
    detail: Detail,
    terms: &Terms,
    known: &Descriptions,
) -> Result<Description> {
    let outline = Outline::of(&request.query_string);
    if !outline.is_query() {
        return Err(Error::new(
            ErrorKind::NotImplemented,
            "only queries (SELECT, WITH, VALUES, TABLE) can be described",
        ));
    }
    if let Some(description) = known.find(request, detail) {
        return Ok(description);
    }
    // The caller's progress is that of the query itself.
    let quiet = Terms {
        progress: None,
        ..terms.clone()
    };
    let asking = Asking {
        query: outline.body,
        request,
        terms: &quiet,
    };
    let (mut columns, results_in) = asking.names_and_base_types().await?;
    let unclear: Vec<usize> = (0..columns.len())
        .filter(|&index| columns.get(index).is_some_and(|c| is_unclear(c, detail)))
        .collect();
    if !unclear.is_empty() {
        asking.full_types(&mut columns, &unclear).await?;
    }
    let description = Description {
        columns: columns.into(),
        results_in,
    };
    known.remember(request, detail, description.clone());
    Ok(description)
}

/// Whether a column's base type does not tell enough of its type.
fn is_unclear(column: &Column, detail: Detail) -> bool {
    match column.athena_type {
        AthenaType::Array(_) | AthenaType::Map(_) | AthenaType::Row(_) => true,
        AthenaType::Time { .. } | AthenaType::Timestamp { .. } => detail == Detail::Exact,
        _ => false,
    }
}

/// Runs queries about a query, in its own context and with its own parameters.
struct Asking<'a> {
    query: &'a str,
    request: &'a StartQueryExecution,
    terms: &'a Terms,
}

impl Asking<'_> {
    /// And the folder that results go to.
    async fn names_and_base_types(&self) -> Result<(Vec<Column>, Option<String>)> {
        const PREFIX: &str = "SELECT * FROM (";
        let (page, execution) = self
            .answer(format!("{PREFIX}{}) LIMIT 0", self.query))
            .await
            .map_err(|error| {
                let sql = &self.request.query_string;
                let message = place::moved(error.message(), PREFIX, sql, self.query);
                match message {
                    Some(message) => error.with_message(message),
                    None => error,
                }
            })?;
        let folder = |location: String| Some(location.get(..=location.rfind('/')?)?.to_owned());
        match page.columns {
            Some(columns) if !columns.is_empty() => {
                Ok((columns, execution.output_location.and_then(folder)))
            }
            _ => Err(unexpected("no columns")),
        }
    }

    /// Replaces the types of the columns at the positions `unclear`.
    async fn full_types(&self, columns: &mut [Column], unclear: &[usize]) -> Result<()> {
        let (page, _) = self
            .answer(typeof_query(self.query, columns.len(), unclear))
            .await?;
        // The first row repeats the names of the columns.
        let rows: Vec<_> = page.rows.iter().collect();
        let [_, types] = rows.as_slice() else {
            return Err(unexpected("not one row of types"));
        };
        if types.cells().count() != unclear.len() {
            return Err(unexpected("another number of types than was asked for"));
        }
        for (index, text) in unclear.iter().zip(types.cells()) {
            let Some(column) = columns.get_mut(*index) else {
                continue;
            };
            let text = text.unwrap_or_default();
            column.athena_type = AthenaType::parse(text).map_err(|error| {
                let name = &column.name;
                Error::new(error.kind(), format!("Column {name:?}: {error}")).with_source(error)
            })?;
        }
        Ok(())
    }

    /// The first page of the result of `sql`, and what is told of the query.
    async fn answer(&self, sql: String) -> Result<(ResultPage, QueryExecution)> {
        check_statement_length(&sql)?;
        let request = StartQueryExecution {
            query_string: sql,
            client_request_token: uuid::Uuid::new_v4().to_string(),
            // An older answer may be about a table that has changed since.
            result_reuse: None,
            ..self.request.clone()
        };
        let watch = self.terms.start(request).await?;
        let execution = watch.until_final().await?;
        let id = watch.query_execution_id;
        match execution.data_scanned_in_bytes.unwrap_or_default() {
            0 => tracing::info!(query_execution_id = %id, "described"),
            bytes => {
                tracing::warn!(query_execution_id = %id, data_scanned_in_bytes = bytes, "describing a query scanned data");
            }
        }
        let page = self.terms.api.get_query_results(&id, None, 2);
        let page = self.terms.bounded(page).await;
        let page = page.map_err(|error| error.with_query_execution_id(id))?;
        Ok((page, execution))
    }
}

/// Asks for the types of the columns at the positions `asked` of a query with `count` columns.
/// The row comes from the other side of the join, so the query need not yield any.
fn typeof_query(query: &str, count: usize, asked: &[usize]) -> String {
    let types: Vec<_> = asked
        .iter()
        .map(|n| format!("typeof(q.c{})", n + 1))
        .collect();
    let names: Vec<_> = (1..=count).map(|n| format!("c{n}")).collect();
    let (types, names) = (types.join(", "), names.join(", "));
    format!("SELECT {types} FROM (VALUES 1) t(one) LEFT JOIN ({query}) q({names}) ON false")
}

fn unexpected(what: &str) -> Error {
    let message = format!("Athena's answer about the query's columns has {what}");
    Error::new(ErrorKind::Service, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_asked_for_by_position() {
        assert_eq!(
            typeof_query("SELECT a, b, a FROM t", 3, &[0, 2]),
            "SELECT typeof(q.c1), typeof(q.c3) FROM (VALUES 1) t(one) \
             LEFT JOIN (SELECT a, b, a FROM t) q(c1, c2, c3) ON false"
        );
    }
}
