//! Named queries: saved texts.

use serde_json::{Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use super::work_groups;
use crate::error::ApiError;
use crate::service::Service;

pub(super) fn create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let group = work_groups::find(service, input.string("WorkGroup")?.unwrap_or("primary"))?.name;
    let mut saved = json!({
        "Name": input.required("Name")?,
        "Database": input.required("Database")?,
        "QueryString": input.required("QueryString")?,
        "WorkGroup": group,
    });
    if let Some(description) = input.string("Description")? {
        saved["Description"] = description.into();
    }
    let id = uuid::Uuid::new_v4().to_string();
    saved["NamedQueryId"] = id.as_str().into();
    service.named_queries().insert(id.clone(), saved);
    Ok(json!({"NamedQueryId": id}))
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let id = input.required("NamedQueryId")?;
    let saved = service
        .named_queries()
        .get(id)
        .cloned()
        .ok_or_else(|| not_found(id))?;
    Ok(json!({"NamedQuery": saved}))
}

pub(super) fn batch_get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let ids = input.strings("NamedQueryIds")?;
    let mut constraints = Constraints::default();
    constraints.required("NamedQueryIds", ids.is_some());
    constraints.check()?;
    let all = service.named_queries();
    let (mut found, mut unprocessed) = (Vec::new(), Vec::new());
    for id in ids.unwrap_or_default() {
        match all.get(id) {
            Some(saved) => found.push(saved.clone()),
            None => unprocessed.push(json!({
                "NamedQueryId": id,
                "ErrorCode": "INVALID_INPUT",
                "ErrorMessage": format!("NamedQuery {id} was not found"),
            })),
        }
    }
    Ok(json!({"NamedQueries": found, "UnprocessedNamedQueryIds": unprocessed}))
}

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let group = work_groups::find(service, input.string("WorkGroup")?.unwrap_or("primary"))?.name;
    let all = service.named_queries();
    let ids: Vec<String> = all
        .iter()
        .filter(|(_, saved)| saved["WorkGroup"] == group.as_str())
        .map(|(id, _)| id.clone())
        .collect();
    let (ids, next) = paging::page(input, "ListNamedQueries", 0, 50, ids)?;
    Ok(with_token(json!({"NamedQueryIds": ids}), next))
}

pub(super) fn update(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let id = input.required("NamedQueryId")?;
    let name = input.required("Name")?;
    let query = input.required("QueryString")?;
    let mut all = service.named_queries();
    let saved = all.get_mut(id).ok_or_else(|| not_found(id))?;
    saved["Name"] = name.into();
    saved["QueryString"] = query.into();
    if let Some(description) = input.string("Description")? {
        saved["Description"] = description.into();
    }
    Ok(json!({}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let id = input.required("NamedQueryId")?;
    service
        .named_queries()
        .remove(id)
        .map(|_| json!({}))
        .ok_or_else(|| not_found(id))
}

fn not_found(id: &str) -> ApiError {
    ApiError::invalid_input(format!("NamedQuery {id} was not found"))
}
