//! Tags of work groups and data catalogs, kept by the last part of their ARN.

use serde_json::{Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use crate::error::ApiError;
use crate::service::Service;

const LIMIT: usize = 50;

pub(super) fn tag(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let resource = resource(service, input)?;
    let tags = read(input)?;
    let mut constraints = Constraints::default();
    constraints.required("Tags", tags.is_some());
    constraints.check()?;
    put(service, resource, tags.unwrap_or_default())?;
    Ok(json!({}))
}

/// The member `Tags`.
pub(super) fn read(input: Input<'_>) -> Result<Option<Vec<(String, String)>>, ApiError> {
    let Some(tags) = input.list("Tags")? else {
        return Ok(None);
    };
    let read_one = |tag: &Value| {
        let members = tag
            .as_object()
            .ok_or_else(|| ApiError::serialization(Some("Expected null")))?;
        let tag = Input(members);
        let key = tag.required("Key")?.to_owned();
        Ok((key, tag.string("Value")?.unwrap_or("").to_owned()))
    };
    tags.iter()
        .map(read_one)
        .collect::<Result<_, _>>()
        .map(Some)
}

/// Puts tags on a resource such as `workgroup/primary`.
pub(super) fn put(
    service: &Service,
    resource: String,
    tags: Vec<(String, String)>,
) -> Result<(), ApiError> {
    let mut all = service.tags();
    let mut mine = all.get(&resource).cloned().unwrap_or_default();
    mine.extend(tags);
    if mine.len() > LIMIT {
        return Err(ApiError::invalid_input(format!(
            "Too many tags: the limit is {LIMIT}"
        )));
    }
    all.insert(resource, mine);
    Ok(())
}

pub(super) fn untag(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let resource = resource(service, input)?;
    let keys = input.strings("TagKeys")?.unwrap_or_default();
    if let Some(mine) = service.tags().get_mut(&resource) {
        mine.retain(|key, _| !keys.contains(&key.as_str()));
    }
    Ok(json!({}))
}

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let resource = resource(service, input)?;
    let all: Vec<Value> = service
        .tags()
        .get(&resource)
        .into_iter()
        .flatten()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    let (tags, next) = paging::page(input, "ListTagsForResource", 75, i64::from(i32::MAX), all)?;
    Ok(with_token(json!({"Tags": tags}), next))
}

/// What the ARN ends with: a work group that exists, or a data catalog.
fn resource(service: &Service, input: Input<'_>) -> Result<String, ApiError> {
    let arn = input.required("ResourceARN")?;
    let (_, resource) = arn.rsplit_once(':').unwrap_or_default();
    let known = match resource.split_once('/') {
        Some(("workgroup", name)) => service.work_groups().contains_key(name),
        Some(("datacatalog", name)) => {
            name.eq_ignore_ascii_case(crate::metastore::DEFAULT_CATALOG)
                || service.data_catalogs().contains_key(&name.to_lowercase())
        }
        _ => false,
    };
    if known {
        Ok(resource.to_owned())
    } else {
        Err(ApiError::not_found(arn, format!("{arn} was not found")))
    }
}
