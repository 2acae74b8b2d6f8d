//! The S3 API, path style.

mod chunked;
mod get;
mod list;
mod put;

use std::io;

use hyper::Method;
use hyper::body::Incoming;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::body::ReplyBody;
use crate::fault::FaultAction;
use crate::reply::{Reply, reply, s3_error, xml};
use crate::service::{ACCOUNT, Service};
use crate::store::is_bucket_name;

/// What an S3 request is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// Decoded query parameters.
    pub(crate) query: Vec<(String, String)>,
}

impl Target {
    /// Reads the path `/bucket/key`; `None` if it is not UTF-8 once decoded.
    pub(crate) fn parse(parts: &Parts) -> Option<Self> {
        let decode = |text: &str| {
            percent_decode_str(text)
                .decode_utf8()
                .ok()
                .map(String::from)
        };
        let path = parts.uri.path().strip_prefix('/').unwrap_or("");
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let query = parts
            .uri
            .query()
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(name)?, decode(&value.replace('+', " "))?))
            })
            .collect::<Option<_>>()?;
        Some(Self {
            bucket: decode(bucket)?,
            key: decode(key)?,
            query,
        })
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.parameter(name).is_some()
    }

    fn resource(&self) -> String {
        format!("/{}/{}", self.bucket, self.key)
    }
}

/// The name of the operation in Amazon's API.
pub(crate) fn operation(method: &Method, target: &Target) -> &'static str {
    let on_object = !target.key.is_empty();
    match (method.as_str(), on_object) {
        ("GET", _) if target.bucket.is_empty() => "ListBuckets",
        ("GET", false) if target.has("location") => "GetBucketLocation",
        ("GET", false) if target.parameter("list-type") == Some("2") => "ListObjectsV2",
        ("GET", false) => "ListObjects",
        ("HEAD", false) => "HeadBucket",
        ("PUT", false) => "CreateBucket",
        ("DELETE", false) => "DeleteBucket",
        ("POST", false) if target.has("delete") => "DeleteObjects",
        // Multipart uploads: taking a part for a whole object would lose data.
        (_, true) if target.has("uploadId") || target.has("uploads") => "Unknown",
        ("GET", true) => "GetObject",
        ("HEAD", true) => "HeadObject",
        ("PUT", true) => "PutObject",
        ("DELETE", true) => "DeleteObject",
        _ => "Unknown",
    }
}

/// Answers an S3 request.
pub(crate) async fn handle(
    service: &Service,
    parts: &Parts,
    target: &Target,
    operation: &str,
    body: Incoming,
    faults: &[FaultAction],
) -> Reply {
    if let Some(refusal) = check_bucket(service, parts, target, operation) {
        return refusal;
    }
    let answer = match operation {
        "ListBuckets" => list::buckets(service),
        "GetBucketLocation" => Ok(xml(
            200,
            "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>",
        )),
        "ListObjectsV2" | "ListObjects" => {
            list::objects(service, target, operation == "ListObjectsV2")
        }
        "HeadBucket" => Ok(reply(200, "", ReplyBody::bytes(""))),
        "CreateBucket" => service
            .store
            .create_bucket(&target.bucket)
            .map(|()| reply(200, "", ReplyBody::bytes(""))),
        "DeleteBucket" => delete_bucket(service, target),
        "GetObject" | "HeadObject" => get::object(service, parts, target, faults),
        "PutObject" => put::object(service, parts, target, body).await,
        "DeleteObject" => service
            .store
            .remove(&target.bucket, &target.key)
            .map(|()| reply(204, "", ReplyBody::bytes(""))),
        "DeleteObjects" => put::delete_many(service, target, body).await,
        _ => Ok(s3_error(
            501,
            "NotImplemented",
            "A header or query you provided implies functionality that is not implemented.",
            &target.resource(),
        )),
    };
    answer.unwrap_or_else(|problem| {
        s3_error(
            500,
            "InternalError",
            &problem.to_string(),
            &target.resource(),
        )
    })
}

/// The errors that concern the bucket whatever the operation.
fn check_bucket(
    service: &Service,
    parts: &Parts,
    target: &Target,
    operation: &str,
) -> Option<Reply> {
    if operation == "ListBuckets" {
        return None;
    }
    let resource = target.resource();
    if !is_bucket_name(&target.bucket) {
        return Some(s3_error(
            400,
            "InvalidBucketName",
            "The specified bucket is not valid.",
            &resource,
        ));
    }
    let owner = parts.headers.get("x-amz-expected-bucket-owner");
    if owner.is_some_and(|owner| owner.as_bytes() != ACCOUNT.as_bytes()) {
        return Some(s3_error(403, "AccessDenied", "Access Denied", &resource));
    }
    if operation != "CreateBucket" && !service.store.bucket_exists(&target.bucket) {
        return Some(s3_error(
            404,
            "NoSuchBucket",
            "The specified bucket does not exist",
            &resource,
        ));
    }
    if target.key.len() > 1024 {
        return Some(s3_error(
            400,
            "KeyTooLongError",
            "Your key is too long",
            &resource,
        ));
    }
    None
}

fn delete_bucket(service: &Service, target: &Target) -> io::Result<Reply> {
    match service.store.delete_bucket(&target.bucket) {
        Ok(()) => Ok(reply(204, "", ReplyBody::bytes(""))),
        Err(problem) if problem.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(s3_error(
            409,
            "BucketNotEmpty",
            "The bucket you tried to delete is not empty",
            &target.resource(),
        )),
        Err(problem) => Err(problem),
    }
}
