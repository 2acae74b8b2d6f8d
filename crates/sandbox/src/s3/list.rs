//! Listing of objects.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Call;
use super::error::S3Error;
use super::target::Target;
use crate::clock::iso8601;
use crate::fault::FaultAction;
use crate::reply::{Reply, xml};
use crate::service::ACCOUNT;
use crate::store::ObjectFacts;
use crate::xml::element;

const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

/// What `encoding-type=url` leaves as it is.
const URL: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'*')
    .remove(b'/');

/// Encodes names as the request asks.
pub(super) struct Encoding(bool);

impl Encoding {
    pub(super) fn of(target: &Target) -> Result<Self, S3Error> {
        match target.given("encoding-type") {
            None => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            Some(_) => Err(S3Error::invalid(
                "Invalid Encoding Method specified in Request",
            )),
        }
    }

    pub(super) fn element(&self, name: &str, text: &str) -> String {
        if self.0 {
            element(name, &utf8_percent_encode(text, URL).to_string())
        } else {
            element(name, text)
        }
    }

    pub(super) fn declaration(&self) -> &'static str {
        if self.0 {
            "<EncodingType>url</EncodingType>"
        } else {
            ""
        }
    }
}

/// A number of 0 and more, at most 1000, which is also what stands for none.
pub(super) fn limit(target: &Target, name: &str) -> Result<usize, S3Error> {
    match target.given(name) {
        None => Ok(1000),
        Some(text) => text
            .parse::<usize>()
            .map(|count| count.min(1000))
            .map_err(|_problem| {
                S3Error::invalid(format!(
                    "Provided {name} not an integer or within integer range"
                ))
            }),
    }
}

/// A continuation token, read.
fn continuation(target: &Target) -> Result<Option<String>, S3Error> {
    let Some(token) = target.parameter("continuation-token") else {
        return Ok(None);
    };
    STANDARD
        .decode(token)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| !text.is_empty())
        .map(Some)
        .ok_or_else(|| S3Error::invalid("The continuation token provided is incorrect"))
}

/// ListObjectsV2, or the older ListObjects.
pub(super) fn objects(call: &Call<'_>, v2: bool) -> Result<Reply, S3Error> {
    let target = call.target;
    let prefix = target.given("prefix").unwrap_or("");
    let delimiter = target.given("delimiter");
    let most = limit(target, "max-keys")?;
    let encoding = Encoding::of(target)?;
    let token = if v2 { continuation(target)? } else { None };
    let given = target.given(if v2 { "start-after" } else { "marker" });
    let after = token.as_deref().or(given);

    // A common prefix stands for all keys below it, at the place of the first.
    let mut entries: BTreeMap<String, Option<ObjectFacts>> = BTreeMap::new();
    for (key, facts) in call.service.store.list(&target.bucket, prefix)? {
        let common = delimiter.and_then(|delimiter| {
            let end = key.get(prefix.len()..)?.find(delimiter)? + prefix.len() + delimiter.len();
            Some(key.get(..end)?.to_owned())
        });
        let behind = |name: &str| after.is_none_or(|after| name > after);
        match common {
            // Where a page ended with a common prefix, the next starts behind all of it.
            Some(common) if behind(&key) && after != Some(common.as_str()) => {
                entries.insert(common, None);
            }
            None if behind(&key) => {
                entries.insert(key, Some(facts));
            }
            _ => {}
        }
    }
    let total = entries.len();
    let page: Vec<_> = entries.into_iter().take(most).collect();
    let given_token = target.parameter("continuation-token").filter(|_| v2);
    let repeated = given_token.filter(|_| call.faults.contains(&FaultAction::RepeatToken));
    let truncated = most > 0 && page.len() < total || repeated.is_some();

    let mut body = format!(
        "<ListBucketResult {XMLNS}>{}{}<MaxKeys>{most}</MaxKeys><IsTruncated>{truncated}</IsTruncated>{}",
        element("Name", &target.bucket),
        encoding.element("Prefix", prefix),
        encoding.declaration(),
    );
    if let Some(delimiter) = delimiter {
        body.push_str(&encoding.element("Delimiter", delimiter));
    }
    let last = page.last().filter(|_| truncated).map(|(name, _)| name);
    if v2 {
        body.push_str(&format!("<KeyCount>{}</KeyCount>", page.len()));
        if let Some(token) = given_token {
            body.push_str(&element("ContinuationToken", token));
        }
        if let Some(start) = given {
            body.push_str(&encoding.element("StartAfter", start));
        }
        if let Some(token) = repeated {
            body.push_str(&element("NextContinuationToken", token));
        } else if let Some(last) = last {
            body.push_str(&element("NextContinuationToken", &STANDARD.encode(last)));
        }
    } else {
        body.push_str(&encoding.element("Marker", given.unwrap_or("")));
        // Without a delimiter the last key is the marker of the next page.
        if let (Some(last), Some(_)) = (last, delimiter) {
            body.push_str(&encoding.element("NextMarker", last));
        }
    }
    let owned = !v2 || target.given("fetch-owner") == Some("true");
    for (name, facts) in &page {
        body.push_str(&match facts {
            None => format!(
                "<CommonPrefixes>{}</CommonPrefixes>",
                encoding.element("Prefix", name)
            ),
            Some(facts) => {
                let etag = call.service.store.etag(&target.bucket, name, facts);
                contents((name, &etag), facts, &encoding, owned)
            }
        });
    }
    body.push_str("</ListBucketResult>");
    Ok(xml(200, &body))
}

fn contents(
    (key, etag): (&str, &str),
    facts: &ObjectFacts,
    encoding: &Encoding,
    owned: bool,
) -> String {
    let owner = if owned {
        format!("<Owner><ID>{ACCOUNT}</ID></Owner>")
    } else {
        String::new()
    };
    format!(
        "<Contents>{}{}{}<Size>{}</Size>{owner}<StorageClass>STANDARD</StorageClass></Contents>",
        encoding.element("Key", key),
        element("LastModified", &iso8601(facts.modified)),
        element("ETag", etag),
        facts.size,
    )
}
