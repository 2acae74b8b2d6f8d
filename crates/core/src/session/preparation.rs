//! What is sent for a statement.

use crate::client::StartQueryExecution;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Config;
use crate::query::{Value, parameters};

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
