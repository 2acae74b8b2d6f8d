//! Listing of buckets and objects.

use std::collections::BTreeMap;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Target;
use crate::clock::iso8601;
use crate::reply::{Reply, xml};
use crate::service::{ACCOUNT, Service};
use crate::store::ObjectFacts;
use crate::xml::element;

const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

pub(super) fn buckets(service: &Service) -> io::Result<Reply> {
    let buckets: String = service
        .store
        .buckets()?
        .iter()
        .map(|name| {
            format!(
                "<Bucket>{}<CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>",
                element("Name", name)
            )
        })
        .collect();
    Ok(xml(
        200,
        &format!(
            "<ListAllMyBucketsResult {XMLNS}><Owner><ID>{ACCOUNT}</ID></Owner><Buckets>{buckets}</Buckets>\
             </ListAllMyBucketsResult>"
        ),
    ))
}

/// ListObjectsV2, or the older ListObjects.
pub(super) fn objects(service: &Service, target: &Target, v2: bool) -> io::Result<Reply> {
    let parameter = |name| target.parameter(name).filter(|value| !value.is_empty());
    let prefix = parameter("prefix").unwrap_or("");
    let delimiter = parameter("delimiter");
    let max_keys = parameter("max-keys")
        .and_then(|text| text.parse().ok())
        .unwrap_or(1000)
        .min(1000);
    let after = if v2 {
        let token = parameter("continuation-token").and_then(|token| STANDARD.decode(token).ok());
        token
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .or_else(|| parameter("start-after").map(str::to_owned))
    } else {
        parameter("marker").map(str::to_owned)
    };
    let encode = |text: &str| match parameter("encoding-type") {
        Some("url") => utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
        _ => text.to_owned(),
    };

    // A common prefix stands for all keys below it, at the place of the first.
    let mut entries: BTreeMap<String, Option<ObjectFacts>> = BTreeMap::new();
    for (key, facts) in service.store.list(&target.bucket, prefix)? {
        let common = delimiter.and_then(|delimiter| {
            let end = key[prefix.len()..].find(delimiter)? + prefix.len() + delimiter.len();
            Some(key[..end].to_owned())
        });
        match common {
            Some(common) => entries.insert(common, None),
            None => entries.insert(key, Some(facts)),
        };
    }
    let mut entries = entries
        .into_iter()
        .filter(|(name, _)| after.as_ref().is_none_or(|after| name > after));
    let page: Vec<_> = entries.by_ref().take(max_keys).collect();
    let truncated = max_keys > 0 && entries.next().is_some();

    let mut body = format!(
        "<ListBucketResult {XMLNS}>{}{}<MaxKeys>{max_keys}</MaxKeys><IsTruncated>{truncated}</IsTruncated>",
        element("Name", &target.bucket),
        element("Prefix", &encode(prefix)),
    );
    if v2 {
        body.push_str(&format!("<KeyCount>{}</KeyCount>", page.len()));
    }
    if let Some(delimiter) = delimiter {
        body.push_str(&element("Delimiter", &encode(delimiter)));
    }
    if let Some(encoding) = parameter("encoding-type") {
        body.push_str(&element("EncodingType", encoding));
    }
    if let (true, Some((last, _))) = (truncated, page.last()) {
        body.push_str(&if v2 {
            element("NextContinuationToken", &STANDARD.encode(last))
        } else {
            element("NextMarker", &encode(last))
        });
    }
    for (name, facts) in &page {
        body.push_str(&match facts {
            None => format!(
                "<CommonPrefixes>{}</CommonPrefixes>",
                element("Prefix", &encode(name))
            ),
            Some(facts) => format!(
                "<Contents>{}{}{}<Size>{}</Size><StorageClass>STANDARD</StorageClass></Contents>",
                element("Key", &encode(name)),
                element("LastModified", &iso8601(facts.modified)),
                element("ETag", &facts.etag),
                facts.size,
            ),
        });
    }
    body.push_str("</ListBucketResult>");
    Ok(xml(200, &body))
}
