//! The Athena API: one file per group of operations.

pub(crate) mod data_catalogs;
mod executions;
pub(crate) mod input;
pub(crate) mod metadata;
mod named_queries;
pub(crate) mod paging;
mod plan;
mod prepared;
mod results;
mod settings;
mod start;
mod statements;
mod tags;
pub(crate) mod work_groups;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::fault::FaultAction;
use crate::policy::on_behalf;
use crate::service::Service;
use crate::sigv4::Caller;
use input::Input;

/// What operations of Athena that concern Spark, capacity and the console have in their names.
const NOT_OFFERED: [&str; 9] = [
    "ApplicationDPUSizes",
    "CalculationExecution",
    "CapacityAssignment",
    "CapacityReservation",
    "Executors",
    "Notebook",
    "PresignedNotebook",
    "ResourceDashboard",
    "Session",
];

/// Answers one operation; the bytes are JSON.
pub(crate) async fn handle(
    service: &Arc<Service>,
    caller: &Caller,
    operation: &str,
    members: &Map<String, Value>,
    faults: &[FaultAction],
) -> Result<Bytes, ApiError> {
    let input = Input(members);
    if matches!(
        operation,
        "ListDatabases" | "GetDatabase" | "ListTableMetadata" | "GetTableMetadata"
    ) {
        let names = (input.string("DatabaseName")?, input.string("TableName")?);
        on_behalf::may_read_metadata(service.access(caller), operation, names)?;
    }
    let value = match operation {
        "GetQueryResults" => return results::get_query_results(service, caller, input, faults),
        "StartQueryExecution" => start::start_query_execution(service, caller, input, faults)?,
        "GetQueryExecution" => executions::get_query_execution(service, input)?,
        "BatchGetQueryExecution" => executions::batch_get_query_execution(service, caller, input)?,
        "StopQueryExecution" => executions::stop_query_execution(service, input)?,
        "ListQueryExecutions" => executions::list_query_executions(service, input)?,
        "GetQueryRuntimeStatistics" => executions::get_query_runtime_statistics(service, input)?,
        "GetWorkGroup" => work_groups::get(service, input)?,
        "ListWorkGroups" => work_groups::list(service, input)?,
        "CreateWorkGroup" => work_groups::create(service, input)?,
        "UpdateWorkGroup" => work_groups::update(service, input)?,
        "DeleteWorkGroup" => work_groups::delete(service, input)?,
        "ListEngineVersions" => work_groups::engine_versions(input)?,
        "CreatePreparedStatement" => prepared::create(service, input)?,
        "UpdatePreparedStatement" => prepared::update(service, input)?,
        "GetPreparedStatement" => prepared::get(service, input)?,
        "BatchGetPreparedStatement" => prepared::batch_get(service, input)?,
        "ListPreparedStatements" => prepared::list(service, input)?,
        "DeletePreparedStatement" => prepared::delete(service, input)?,
        "CreateNamedQuery" => named_queries::create(service, input)?,
        "UpdateNamedQuery" => named_queries::update(service, input)?,
        "GetNamedQuery" => named_queries::get(service, input)?,
        "BatchGetNamedQuery" => named_queries::batch_get(service, input)?,
        "ListNamedQueries" => named_queries::list(service, input)?,
        "DeleteNamedQuery" => named_queries::delete(service, input)?,
        "ListDataCatalogs" => data_catalogs::list(service, input)?,
        "GetDataCatalog" => data_catalogs::get(service, input)?,
        "CreateDataCatalog" => data_catalogs::create(service, input)?,
        "UpdateDataCatalog" => data_catalogs::update(service, input)?,
        "DeleteDataCatalog" => data_catalogs::delete(service, input)?,
        "ListDatabases" => metadata::list_databases(service, input)?,
        "GetDatabase" => metadata::get_database(service, input)?,
        "ListTableMetadata" => metadata::list_table_metadata(service, input).await?,
        "GetTableMetadata" => metadata::get_table_metadata(service, input).await?,
        "TagResource" => tags::tag(service, input)?,
        "UntagResource" => tags::untag(service, input)?,
        "ListTagsForResource" => tags::list(service, input)?,
        _ if NOT_OFFERED.iter().any(|part| operation.contains(part)) => {
            return Err(ApiError::invalid_input(format!(
                "{operation} is not offered by athena-sandbox"
            )));
        }
        _ => return Err(ApiError::unknown_operation()),
    };
    Ok(value.to_string().into())
}
