//! Tags of work groups and data catalogs, kept by ARN.

use serde_json::{Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use crate::error::ApiError;
use crate::service::Service;

const LIMIT: usize = 50;

pub(super) fn tag(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let arn = resource(service, input)?;
    let tags = input.list("Tags")?;
    let mut constraints = Constraints::default();
    constraints.required("Tags", tags.is_some());
    constraints.check()?;
    let mut all = service.tags();
    let mine = all.entry(arn).or_default();
    for tag in tags.unwrap_or_default() {
        let members = tag
            .as_object()
            .ok_or_else(|| ApiError::serialization(Some("Expected null")))?;
        let tag = Input(members);
        let key = tag.required("Key")?;
        mine.insert(
            key.to_owned(),
            tag.string("Value")?.unwrap_or("").to_owned(),
        );
    }
    if mine.len() > LIMIT {
        return Err(ApiError::invalid_input(format!(
            "Too many tags: the limit is {LIMIT}"
        )));
    }
    Ok(json!({}))
}

pub(super) fn untag(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let arn = resource(service, input)?;
    let keys = input.strings("TagKeys")?.unwrap_or_default();
    if let Some(mine) = service.tags().get_mut(&arn) {
        mine.retain(|key, _| !keys.contains(&key.as_str()));
    }
    Ok(json!({}))
}

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let arn = resource(service, input)?;
    let all: Vec<Value> = service
        .tags()
        .get(&arn)
        .into_iter()
        .flatten()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    let (tags, next) = paging::page(input, "ListTagsForResource", 75, i64::from(i32::MAX), all)?;
    Ok(with_token(json!({"Tags": tags}), next))
}

/// The ARN, of a work group that exists or of a data catalog.
fn resource(service: &Service, input: Input<'_>) -> Result<String, ApiError> {
    let arn = input.required("ResourceARN")?;
    let known = match arn
        .rsplit_once(':')
        .map(|(_, resource)| resource.split_once('/'))
    {
        Some(Some(("workgroup", name))) => service.work_groups().contains_key(name),
        Some(Some(("datacatalog", _))) => true,
        _ => false,
    };
    if known {
        Ok(arn.to_owned())
    } else {
        Err(ApiError::not_found(arn, format!("{arn} was not found")))
    }
}
