//! Rights on Athena's operations.

use serde_json::{Map, Value};

use super::{Access, Denied};
use crate::service::Service;

/// Asks for an operation. A batch is refused if none of its parts is allowed; single parts
/// that are not are left out by the operation itself.
pub(crate) fn authorize(
    service: &Service,
    access: &Access<'_>,
    operation: &str,
    members: &Map<String, Value>,
) -> Result<(), Denied> {
    if access.is_open() {
        return Ok(());
    }
    let action = format!("athena:{operation}");
    let resources = resources(service, access, operation, members);
    let mut refusal = None;
    for resource in &resources {
        match access.may(&action, resource) {
            Ok(()) if operation.starts_with("BatchGet") => return Ok(()),
            Ok(()) => {}
            Err(denied) => refusal = Some(denied),
        }
    }
    refusal.map_or(Ok(()), Err)
}

/// True if a batch may tell of an execution in this work group.
pub(crate) fn may_see(access: &Access<'_>, operation: &str, work_group: &str) -> bool {
    let resource = access.arn("athena", &format!("workgroup/{work_group}"));
    access
        .may(&format!("athena:{operation}"), &resource)
        .is_ok()
}

/// The names of what an operation is about.
fn resources(
    service: &Service,
    access: &Access<'_>,
    operation: &str,
    members: &Map<String, Value>,
) -> Vec<String> {
    let text = |key: &str| members.get(key).and_then(Value::as_str);
    let group = |name: Option<&str>| {
        access.arn(
            "athena",
            &format!("workgroup/{}", name.unwrap_or("primary")),
        )
    };
    let catalog = |name: Option<&str>| {
        let name = name.unwrap_or(crate::metastore::DEFAULT_CATALOG);
        access.arn("athena", &format!("datacatalog/{name}"))
    };
    let of_execution = |id: Option<&str>| {
        let execution = id.and_then(|id| service.executions.get(id));
        group(execution.as_ref().map(|found| found.work_group.as_str()))
    };
    let of_named_query = |id: Option<&str>| {
        let saved = service.named_queries();
        let saved = id.and_then(|id| saved.get(id));
        group(saved.and_then(|saved| saved.get("WorkGroup")?.as_str()))
    };
    let ids = |key: &str| {
        let list = members.get(key).and_then(Value::as_array);
        list.into_iter().flatten().map(Value::as_str)
    };
    match operation {
        "ListWorkGroups" | "ListDataCatalogs" | "ListEngineVersions" => vec!["*".to_owned()],
        "GetDataCatalog" | "CreateDataCatalog" | "UpdateDataCatalog" | "DeleteDataCatalog" => {
            vec![catalog(text("Name"))]
        }
        "ListDatabases" | "GetDatabase" | "ListTableMetadata" | "GetTableMetadata" => {
            vec![catalog(text("CatalogName"))]
        }
        "CreateWorkGroup" => vec![group(text("Name"))],
        "TagResource" | "UntagResource" | "ListTagsForResource" => {
            vec![text("ResourceARN").unwrap_or("*").to_owned()]
        }
        "BatchGetQueryExecution" => ids("QueryExecutionIds").map(of_execution).collect(),
        "BatchGetNamedQuery" => ids("NamedQueryIds").map(of_named_query).collect(),
        "GetNamedQuery" | "UpdateNamedQuery" | "DeleteNamedQuery" => {
            vec![of_named_query(text("NamedQueryId"))]
        }
        _ if members.contains_key("QueryExecutionId") => {
            vec![of_execution(text("QueryExecutionId"))]
        }
        _ => vec![group(text("WorkGroup"))],
    }
}
