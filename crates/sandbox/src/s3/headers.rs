//! Headers that belong to an object, and conditions that are put to it.

use std::time::{Duration, SystemTime};

use hyper::HeaderMap;
use hyper::header::{self, HeaderName, HeaderValue};

use super::error::S3Error;
use super::receive::Checksum;
use crate::reply::Reply;
use crate::store::{Attributes, ObjectFacts, WriteCondition};

/// Headers that are kept with an object and given back.
const KEPT: [&str; 8] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
];

/// Metadata of callers may be this long in all.
const MAX_METADATA: usize = 2048;

/// The attributes an upload gives to its object.
pub(super) fn attributes(headers: &HeaderMap) -> Result<Attributes, S3Error> {
    let mut attributes = Attributes::new();
    let mut length = 0;
    for (name, value) in headers {
        let name = name.as_str();
        let metadata = name.strip_prefix("x-amz-meta-");
        if metadata.is_none() && !KEPT.contains(&name) {
            continue;
        }
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        length += metadata.map_or(0, |name| name.len() + text.len());
        // The encoding of the transfer is none of the object.
        let text = match name {
            "content-encoding" => text
                .split(',')
                .map(str::trim)
                .filter(|part| *part != "aws-chunked")
                .collect::<Vec<_>>()
                .join(","),
            _ => text,
        };
        if !text.is_empty() {
            attributes.insert(name.to_owned(), text);
        }
    }
    if length > MAX_METADATA {
        return Err(S3Error::new(
            400,
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
        ));
    }
    Ok(attributes)
}

/// Adds a checksum of the whole object.
pub(super) fn add_checksum(attributes: &mut Attributes, checksum: Option<&Checksum>) {
    if let Some((algorithm, value)) = checksum {
        attributes.insert(algorithm.header().to_owned(), value.clone());
        attributes.insert("x-amz-checksum-type".to_owned(), "FULL_OBJECT".to_owned());
    }
}

/// Adds a header to a response, unless it cannot be one.
pub(super) fn insert(response: &mut Reply, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (
        HeaderName::from_bytes(name.as_bytes()),
        HeaderValue::from_bytes(value.as_bytes()),
    ) {
        response.headers_mut().insert(name, value);
    }
}

/// Adds the checksums among the attributes, and nothing else.
pub(super) fn insert_checksums(response: &mut Reply, attributes: &Attributes) {
    for (name, value) in attributes {
        if name.starts_with("x-amz-checksum-") {
            insert(response, name, value);
        }
    }
}

/// The condition under which an upload may replace what is there.
pub(super) fn write_condition(headers: &HeaderMap) -> Result<WriteCondition, S3Error> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let absent = match text(header::IF_NONE_MATCH) {
        None => false,
        Some("*") => true,
        Some(_) => return Err(S3Error::not_implemented()),
    };
    Ok(WriteCondition {
        absent,
        etag: text(header::IF_MATCH).map(str::to_owned),
    })
}

/// What became of the conditions of a read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    NotModified,
    Failed,
}

/// Puts the four conditions of a read to an object. `prefix` is empty, or that of the headers
/// that concern the source of a copy.
pub(super) fn judge(headers: &HeaderMap, prefix: &str, facts: &ObjectFacts) -> Verdict {
    let text = |name: &str| headers.get(format!("{prefix}{name}"))?.to_str().ok();
    let names_it = |name: &str| {
        Some(
            text(name)?
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.trim_matches('"') == facts.etag.trim_matches('"')),
        )
    };
    // HTTP dates have no fractions.
    let modified_after = |name: &str| {
        let date = httpdate::parse_http_date(text(name)?).ok()?;
        Some(whole_seconds(facts.modified) > whole_seconds(date))
    };
    // The tag decides where both are given.
    let matches = names_it("if-match")
        .or_else(|| modified_after("if-unmodified-since").map(|modified| !modified));
    if matches == Some(false) {
        return Verdict::Failed;
    }
    let changed = names_it("if-none-match")
        .map(|named| !named)
        .or_else(|| modified_after("if-modified-since"));
    match changed {
        Some(false) => Verdict::NotModified,
        _ => Verdict::Holds,
    }
}

fn whole_seconds(time: SystemTime) -> Duration {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    Duration::from_secs(since.unwrap_or_default().as_secs())
}
