//! Buckets.

use std::io;

use super::Call;
use super::error::S3Error;
use super::headers::insert;
use crate::body::ReplyBody;
use crate::clock::iso8601;
use crate::reply::{Reply, reply, xml};
use crate::service::ACCOUNT;
use crate::xml::element;

const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

/// Where every bucket is, whatever region callers sign for.
const REGION: &str = "us-east-1";

pub(super) fn list(call: &Call<'_>) -> Result<Reply, S3Error> {
    let prefix = call.target.given("prefix").unwrap_or("");
    let most = match call.target.given("max-buckets") {
        None => usize::MAX,
        Some(text) => text
            .parse()
            .ok()
            .filter(|count| (1..=10_000).contains(count))
            .ok_or_else(|| {
                S3Error::invalid("Argument max-buckets must be an integer between 1 and 10000")
            })?,
    };
    let after = call.target.given("continuation-token").unwrap_or("");
    let mut all = call
        .service
        .store
        .buckets()?
        .into_iter()
        .filter(|(name, _)| name.starts_with(prefix) && name.as_str() > after);
    let page: Vec<_> = all.by_ref().take(most).collect();
    let buckets: String = page
        .iter()
        .map(|(name, created)| {
            format!(
                "<Bucket>{}{}</Bucket>",
                element("Name", name),
                element("CreationDate", &iso8601(*created))
            )
        })
        .collect();
    let next = match (page.last(), all.next()) {
        (Some((last, _)), Some(_)) => element("ContinuationToken", last),
        _ => String::new(),
    };
    Ok(xml(
        200,
        &format!(
            "<ListAllMyBucketsResult {XMLNS}><Owner><ID>{ACCOUNT}</ID></Owner><Buckets>{buckets}</Buckets>{next}\
             </ListAllMyBucketsResult>"
        ),
    ))
}

pub(super) fn location() -> Reply {
    xml(200, &format!("<LocationConstraint {XMLNS}/>"))
}

pub(super) fn versioning() -> Reply {
    xml(200, &format!("<VersioningConfiguration {XMLNS}/>"))
}

pub(super) fn head() -> Reply {
    let mut response = reply(200, "application/xml", ReplyBody::bytes(""));
    insert(&mut response, "x-amz-bucket-region", REGION);
    response
}

/// Succeeds also if the bucket is there, as in us-east-1.
pub(super) fn create(call: &Call<'_>) -> Result<Reply, S3Error> {
    call.service.store.create_bucket(&call.target.bucket)?;
    let mut response = reply(200, "", ReplyBody::bytes(""));
    insert(
        &mut response,
        "location",
        &format!("/{}", call.target.bucket),
    );
    Ok(response)
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, S3Error> {
    match call.service.store.delete_bucket(&call.target.bucket) {
        Ok(()) => Ok(reply(204, "", ReplyBody::bytes(""))),
        Err(problem) if problem.kind() == io::ErrorKind::DirectoryNotEmpty => Err(S3Error::new(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
        )),
        Err(problem) => Err(problem.into()),
    }
}
