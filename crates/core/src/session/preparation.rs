//! What is sent for a statement.

use crate::client::StartQueryExecution;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Config;
use crate::query::tokenizer::Outline;
use crate::query::{self, Descriptions, Detail, Terms, Value, parameters};
use crate::result::Described;
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
    /// The columns of the caller's query, if it is not what is sent.
    pub(super) described: Option<Described>,
}

/// Decides what is sent for `request`. With `ComplexTypes=typed` a query is described first,
/// on the caller's terms, and one with nested columns is sent in another form.
///
/// Errors: as [`query::describe`] and [`query::typed_query`]; `StatementTooLong` for what would
/// be sent.
pub(super) async fn prepare(
    request: StartQueryExecution,
    complex: ComplexTypes,
    terms: &Terms,
    known: &Descriptions,
) -> Result<Prepared> {
    let is_query = || Outline::of(&request.query_string).is_query();
    if complex == ComplexTypes::Text || !is_query() {
        return Ok(Prepared {
            request,
            described: None,
        });
    }
    let columns = query::describe(&request, Detail::Nested, terms, known).await?;
    let Some(query_string) = query::typed_query(&request.query_string, &columns)? else {
        return Ok(Prepared {
            request,
            described: None,
        });
    };
    parameters::check_statement_length(&query_string)?;
    Ok(Prepared {
        request: StartQueryExecution {
            query_string,
            ..request
        },
        described: Some(columns),
    })
}
