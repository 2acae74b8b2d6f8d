//! What is sent for a statement.

use std::sync::Arc;

use super::connection;
use crate::client::StartQueryExecution;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{Config, ResultFetcher};
use crate::query::tokenizer::Outline;
use crate::query::{self, Description, Detail, Terms, Value, parameters, unload};
use crate::result::{Folder, Sent, Unload};
use crate::types::ComplexTypes;

/// The request that runs `sql` with these values bound.
///
/// Errors: `ParameterCount`, `StatementTooLong` and whatever else [`parameters::prepare`]
/// refuses.
pub(super) fn request(
    config: &Config,
    sql: &str,
    bindings: &[Option<Value>],
) -> Result<StartQueryExecution> {
    if let Some(missing) = bindings.iter().position(Option::is_none) {
        return Err(Error::new(
            ErrorKind::ParameterCount,
            format!(
                "parameter {} has no value; bind one (index {missing})",
                missing + 1
            ),
        ));
    }
    let values: Vec<Value> = bindings.iter().flatten().cloned().collect();
    let prepared = parameters::prepare(sql, &values)?;
    Ok(StartQueryExecution {
        query_string: prepared.sql,
        client_request_token: uuid::Uuid::new_v4().to_string(),
        execution_parameters: prepared.execution_parameters,
        catalog: config.catalog.clone(),
        database: config.database.clone(),
        work_group: config.work_group.clone(),
        output_location: config.output_location.clone(),
        encryption: config.encryption.clone(),
        expected_bucket_owner: config.expected_bucket_owner.clone(),
        bucket_owner_full_control: config.acl_bucket_owner_full_control,
        result_reuse: config.result_reuse.clone(),
    })
}

/// What is sent in the end.
pub(super) struct Prepared {
    pub(super) request: StartQueryExecution,
    /// What it is of the caller's statement.
    pub(super) sent: Sent,
}

/// Decides what is sent for `request`. With `ResultFetcher=unload` or `ComplexTypes=typed` a
/// query is described first, on the caller's terms; then it is sent as an UNLOAD, or, with
/// nested columns, in another form.
///
/// Errors: as [`query::describe`] and [`query::typed_query`]; `NoOutputLocation` where an
/// UNLOAD has no place for files; `StatementTooLong` for what would be sent.
pub(super) async fn prepare(
    request: StartQueryExecution,
    terms: &Terms,
    connection: &connection::Inner,
) -> Result<Prepared> {
    let config = &connection.config;
    let as_it_is = |request| Prepared {
        request,
        sent: Sent::AsItIs,
    };
    let unloads = config.fetcher == ResultFetcher::Unload;
    let typed = unloads || config.complex_types == ComplexTypes::Typed;
    let sql = request.query_string.clone();
    let outline = Outline::of(&sql);
    if !typed || !outline.is_query() {
        return Ok(as_it_is(request));
    }
    let known = &connection.descriptions;
    if unloads && (config.unload_ordered_queries || !query::is_ordered(outline.body)) {
        let description = query::describe(&request, Detail::Exact, terms, known).await?;
        if unload::holds(&description.columns) {
            return unload(request, outline.body, description, connection);
        }
    }
    let columns = query::describe(&request, Detail::Nested, terms, known)
        .await?
        .columns;
    let Some(query_string) = query::typed_query(&sql, &columns)? else {
        return Ok(as_it_is(request));
    };
    parameters::check_statement_length(&query_string)?;
    Ok(Prepared {
        request: StartQueryExecution {
            query_string,
            ..request
        },
        sent: Sent::Typed(columns),
    })
}

/// An UNLOAD of `query` in its place.
fn unload(
    request: StartQueryExecution,
    query: &str,
    description: Description,
    connection: &connection::Inner,
) -> Result<Prepared> {
    let Description {
        columns,
        results_in,
    } = description;
    let parent = results_in
        .or_else(|| connection.config.output_location.clone())
        .ok_or_else(no_place)?;
    let objects = Arc::clone(&connection.objects);
    let folder = Folder::new(&parent, objects, connection.runtime.clone())?;
    let query_string = unload::statement(query, &columns, &folder.location().to_string());
    parameters::check_statement_length(&query_string)?;
    let folder = Arc::new(folder);
    Ok(Prepared {
        request: StartQueryExecution {
            query_string,
            // No other UNLOAD writes to this folder.
            result_reuse: None,
            ..request
        },
        sent: Sent::Unload(Unload { columns, folder }),
    })
}

fn no_place() -> Error {
    Error::new(
        ErrorKind::NoOutputLocation,
        "ResultFetcher=unload needs a place in S3 for its files, but the workgroup keeps results itself; use another workgroup, or ResultFetcher=auto",
    )
}
