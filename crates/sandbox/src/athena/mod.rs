//! The Athena API: one file per group of operations.

mod executions;
pub(crate) mod input;
mod paging;
mod results;
mod start;
pub(crate) mod work_groups;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::fault::FaultAction;
use crate::service::Service;
use input::Input;

/// Answers one operation; the bytes are JSON.
pub(crate) fn handle(
    service: &Arc<Service>,
    operation: &str,
    members: &Map<String, Value>,
    faults: &[FaultAction],
) -> Result<Bytes, ApiError> {
    let input = Input(members);
    let value = match operation {
        "GetQueryResults" => return results::get_query_results(service, input, faults),
        "StartQueryExecution" => start::start_query_execution(service, input)?,
        "GetQueryExecution" => executions::get_query_execution(service, input)?,
        "BatchGetQueryExecution" => executions::batch_get_query_execution(service, input)?,
        "StopQueryExecution" => executions::stop_query_execution(service, input)?,
        "ListQueryExecutions" => executions::list_query_executions(service, input)?,
        "GetQueryRuntimeStatistics" => executions::get_query_runtime_statistics(service, input)?,
        "GetWorkGroup" => work_groups::get(service, input)?,
        "ListWorkGroups" => work_groups::list(service, input)?,
        "CreateWorkGroup" => work_groups::create(service, input)?,
        "UpdateWorkGroup" => work_groups::update(service, input)?,
        "DeleteWorkGroup" => work_groups::delete(service, input)?,
        "ListEngineVersions" => work_groups::engine_versions(input)?,
        _ => return Err(ApiError::unknown_operation()),
    };
    Ok(value.to_string().into())
}
