//! [`ObjectApi`] by aws-sdk-s3.

use std::ops::Range;

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;

use super::super::{BoxFuture, ObjectApi, ObjectBody, ObjectPart, S3Location};
use super::config::SharedSdkConfig;
use super::error::from_sdk;
use crate::error::{Error, ErrorKind, Result};

/// The S3 service.
pub(crate) struct SdkObjects {
    client: aws_sdk_s3::Client,
    expected_bucket_owner: Option<String>,
}

impl SdkObjects {
    /// A client for the connection's region and endpoint. With `expected_bucket_owner`, a
    /// bucket of another account is refused by S3.
    pub(crate) fn new(shared: &SharedSdkConfig, expected_bucket_owner: Option<String>) -> Self {
        let endpoint = shared.s3_endpoint.clone();
        let path_style = endpoint.as_deref().is_some_and(needs_path_style);
        let mut config = aws_sdk_s3::config::Builder::from(&shared.sdk);
        config.set_endpoint_url(endpoint);
        Self {
            client: aws_sdk_s3::Client::from_conf(config.force_path_style(path_style).build()),
            expected_bucket_owner,
        }
    }
}

/// Whether bucket names cannot stand in front of the endpoint's host name.
fn needs_path_style(endpoint: &str) -> bool {
    let rest = endpoint
        .split_once("://")
        .map_or(endpoint, |(_, rest)| rest);
    let host = rest.split(['/', ':']).next().unwrap_or_default();
    host == "localhost" || host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

impl ObjectApi for SdkObjects {
    fn get_range<'a>(
        &'a self,
        location: &'a S3Location,
        range: Range<u64>,
        if_match: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectPart>> {
        Box::pin(async move {
            let answer = self
                .client
                .get_object()
                .bucket(&location.bucket)
                .key(&location.key)
                .range(format!(
                    "bytes={}-{}",
                    range.start,
                    range.end.saturating_sub(1)
                ))
                .set_if_match(if_match.map(str::to_owned))
                .set_expected_bucket_owner(self.expected_bucket_owner.clone())
                .send()
                .await;
            let output = match answer {
                Ok(output) => output,
                // A range over an object of no bytes cannot be satisfied.
                Err(source)
                    if range.start == 0
                        && source
                            .raw_response()
                            .is_some_and(|r| r.status().as_u16() == 416) =>
                {
                    return Ok(ObjectPart {
                        etag: None,
                        object_size: 0,
                        length: 0,
                        body: Box::new(SdkBody(ByteStream::from_static(b""))),
                    });
                }
                Err(source) => {
                    return Err(add_location(from_sdk("GetObject", source), location));
                }
            };
            let length = output
                .content_length
                .and_then(|length| u64::try_from(length).ok());
            let (object_size, length) = match output.content_range.as_deref().map(content_range) {
                Some(Some(answer)) if answer.range.start == range.start => {
                    (answer.object_size, answer.range.end - answer.range.start)
                }
                // The whole object in answer to a range that starts it.
                None if range.start == 0 => {
                    let length = length.ok_or_else(|| bad_range(location, "no length"))?;
                    (length, length)
                }
                _ => {
                    let got = output.content_range.as_deref().unwrap_or("no range");
                    return Err(bad_range(location, got));
                }
            };
            Ok(ObjectPart {
                etag: output.e_tag,
                object_size,
                length,
                body: Box::new(SdkBody(output.body)),
            })
        })
    }
}

/// Names the object in an error that has the service's text only.
fn add_location(error: Error, location: &S3Location) -> Error {
    let request_id = error.request_id().map(str::to_owned);
    Error::new(error.kind(), format!("{location}: {}", error.message()))
        .with_request_id(request_id)
        .with_source(error)
}

fn bad_range(location: &S3Location, got: &str) -> Error {
    Error::new(
        ErrorKind::Service,
        format!("{location}: the answer to a ranged read says {got:?}"),
    )
}

struct ContentRange {
    range: Range<u64>,
    object_size: u64,
}

/// Reads `bytes 0-9/100`.
fn content_range(text: &str) -> Option<ContentRange> {
    let (range, object_size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
    let object_size = object_size.parse().ok()?;
    (first <= last && last < object_size).then_some(ContentRange {
        range: first..last + 1,
        object_size,
    })
}

struct SdkBody(ByteStream);

impl ObjectBody for SdkBody {
    fn next_chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(async move {
            match self.0.next().await {
                None => Ok(None),
                Some(Ok(chunk)) => Ok(Some(chunk)),
                Some(Err(source)) => Err(Error::new(
                    ErrorKind::Network,
                    "the connection broke while the result object was read",
                )
                .with_source(source)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_ranges_are_checked() {
        let answer = content_range("bytes 5-9/100").unwrap();
        assert_eq!((answer.range, answer.object_size), (5..10, 100));
        for bad in [
            "",
            "bytes */0",
            "bytes 9-5/100",
            "bytes 0-100/100",
            "items 0-1/2",
            "bytes 0-1/*",
        ] {
            assert!(content_range(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn hosts_without_a_name_need_path_style() {
        for (endpoint, path_style) in [
            ("http://127.0.0.1:9000", true),
            ("http://localhost:9000/x", true),
            ("http://[::1]:9000", true),
            ("https://s3.eu-west-1.amazonaws.com", false),
            (
                "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com",
                false,
            ),
        ] {
            assert_eq!(needs_path_style(endpoint), path_style, "{endpoint}");
        }
    }
}
