//! Prepared statements, by work group and name.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use super::work_groups;
use crate::clock::epoch_seconds;
use crate::error::ApiError;
use crate::saved::{LIMIT, limit_reached};
use crate::service::{Prepared, Service};

pub(super) fn create(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let (group, name) = key(service, input)?;
    let statement = read(input)?;
    let mut all = service.prepared();
    if all.contains_key(&(group.clone(), name.clone())) {
        return Err(ApiError::invalid_input(format!(
            "Prepared statement {name} already exists"
        )));
    }
    if all.keys().filter(|(other, _)| *other == group).count() >= LIMIT {
        return Err(ApiError::invalid_input(limit_reached(&name)));
    }
    all.insert((group, name), statement);
    Ok(json!({}))
}

pub(super) fn update(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let key = key(service, input)?;
    let statement = read(input)?;
    match service.prepared().get_mut(&key) {
        Some(old) => {
            *old = statement;
            Ok(json!({}))
        }
        None => Err(not_found(&key.1)),
    }
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let (group, name) = key(service, input)?;
    let all = service.prepared();
    let statement = all
        .get(&(group.clone(), name.clone()))
        .ok_or_else(|| not_found(&name))?;
    Ok(json!({"PreparedStatement": describe(&group, &name, statement)}))
}

pub(super) fn delete(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let key = key(service, input)?;
    match service.prepared().remove(&key) {
        Some(_) => Ok(json!({})),
        None => Err(not_found(&key.1)),
    }
}

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let group = work_groups::find(service, input.required("WorkGroup")?)?.name;
    let all: Vec<Value> = service
        .prepared()
        .iter()
        .filter(|((other, _), _)| *other == group)
        .map(|((_, name), statement)| {
            json!({"StatementName": name, "LastModifiedTime": epoch_seconds(statement.modified)})
        })
        .collect();
    let (page, next) = paging::page(input, "ListPreparedStatements", 1, 50, all)?;
    Ok(with_token(json!({"PreparedStatements": page}), next))
}

pub(super) fn batch_get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let group = work_groups::find(service, input.required("WorkGroup")?)?.name;
    let names = input.strings("PreparedStatementNames")?.unwrap_or_default();
    let all = service.prepared();
    let (mut found, mut unprocessed) = (Vec::new(), Vec::new());
    for name in names {
        match all.get(&(group.clone(), name.to_owned())) {
            Some(statement) => found.push(describe(&group, name, statement)),
            None => unprocessed.push(json!({
                "StatementName": name,
                "ErrorCode": "STATEMENT_NOT_FOUND",
                "ErrorMessage": format!("PreparedStatement {name} was not found"),
            })),
        }
    }
    Ok(json!({"PreparedStatements": found, "UnprocessedPreparedStatementNames": unprocessed}))
}

fn key(service: &Service, input: Input<'_>) -> Result<(String, String), ApiError> {
    let name = input.required("StatementName")?;
    let group = input.required("WorkGroup")?;
    let mut letters = name.bytes();
    let valid = letters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|byte| byte.is_ascii_alphanumeric() || b"_@:".contains(&byte))
        && name.len() <= 256;
    let mut constraints = Constraints::default();
    constraints.matches("StatementName", valid, "[a-zA-Z_][a-zA-Z0-9_@:]{1,256}");
    constraints.check()?;
    Ok((work_groups::find(service, group)?.name, name.to_owned()))
}

fn read(input: Input<'_>) -> Result<Prepared, ApiError> {
    Ok(Prepared {
        query: input.required("QueryStatement")?.to_owned(),
        description: input.string("Description")?.map(str::to_owned),
        modified: SystemTime::now(),
    })
}

fn not_found(name: &str) -> ApiError {
    ApiError::not_found(name, format!("PreparedStatement {name} was not found"))
}

fn describe(group: &str, name: &str, statement: &Prepared) -> Value {
    let mut described = json!({
        "StatementName": name,
        "QueryStatement": statement.query,
        "WorkGroupName": group,
        "LastModifiedTime": epoch_seconds(statement.modified),
    });
    if let Some(description) = &statement.description {
        described["Description"] = description.as_str().into();
    }
    described
}
