//! [`ObjectApi`] by aws-sdk-s3.

use std::error::Error as StdError;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ChecksumType;
use aws_smithy_checksums::body::validate;
use bytes::Bytes;

use super::super::{BoxFuture, ObjectApi, ObjectBody, ObjectPart, S3Location};
use super::config::SharedSdkConfig;
use super::error::from_sdk;
use crate::error::{Error, ErrorKind, Result};

/// The S3 service.
pub(crate) struct SdkObjects {
    client: aws_sdk_s3::Client,
    expected_bucket_owner: Option<String>,
    /// Longest wait for bytes of a body; the SDK's own covers the headers only.
    read_timeout: Option<Duration>,
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
            read_timeout: shared
                .sdk
                .timeout_config()
                .and_then(|timeouts| timeouts.read_timeout()),
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
                        body: Box::new(NoBytes),
                    });
                }
                Err(source) => {
                    return Err(add_location(from_sdk("GetObject", source), location));
                }
            };
            let (object_size, length) =
                sizes(&output, range.start).map_err(|got| bad_range(location, got))?;
            Ok(ObjectPart {
                object_size,
                length,
                body: Box::new(SdkBody {
                    location: location.clone(),
                    read_timeout: self.read_timeout,
                    of_parts: output.checksum_type == Some(ChecksumType::Composite),
                    stream: output.body,
                }),
                etag: output.e_tag,
            })
        })
    }
}

/// The size of the object and that of the body, as the answer to a range from `start` tells
/// them; what it tells instead is the error.
fn sizes(output: &GetObjectOutput, start: u64) -> std::result::Result<(u64, u64), &str> {
    match output.content_range.as_deref() {
        Some(text) => match content_range(text) {
            Some(answer) if answer.range.start == start => {
                Ok((answer.object_size, answer.range.end - answer.range.start))
            }
            _ => Err(text),
        },
        // The whole object in answer to a range that starts it.
        None if start == 0 => {
            let length = output.content_length.map(u64::try_from);
            let length = length
                .and_then(std::result::Result::ok)
                .ok_or("no length")?;
            Ok((length, length))
        }
        None => Err("no range"),
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
        format!(
            "{location}: the answer to a ranged read says {got:?}; is there a proxy that drops \
             the Range header?"
        ),
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

/// The body of an empty object.
struct NoBytes;

impl ObjectBody for NoBytes {
    fn next_chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(async { Ok(None) })
    }
}

struct SdkBody {
    location: S3Location,
    read_timeout: Option<Duration>,
    /// The checksum sent, if any, is that of the checksums of the object's parts, which the SDK
    /// takes for one of the bytes when a range covers the whole object.
    of_parts: bool,
    stream: ByteStream,
}

impl ObjectBody for SdkBody {
    fn next_chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(async move {
            let next = match self.read_timeout {
                None => self.stream.next().await,
                Some(limit) => match tokio::time::timeout(limit, self.stream.next()).await {
                    Ok(next) => next,
                    Err(source) => {
                        let message = format!(
                            "{}: no byte came for {} s",
                            self.location,
                            limit.as_secs_f64()
                        );
                        let error = Error::new(ErrorKind::ConnectionTimeout, message);
                        return Err(error.with_source(source));
                    }
                },
            };
            match next {
                None => Ok(None),
                Some(Ok(chunk)) => Ok(Some(chunk)),
                Some(Err(source)) if is_mismatch(&source) => {
                    if self.of_parts {
                        return Ok(None);
                    }
                    let message = format!(
                        "{}: the bytes read do not have the checksum that was sent with them",
                        self.location
                    );
                    Err(Error::new(ErrorKind::ResultChanged, message).with_source(source))
                }
                Some(Err(source)) => {
                    let message = format!(
                        "{}: the connection broke while the object was read",
                        self.location
                    );
                    Err(Error::new(ErrorKind::Network, message).with_source(source))
                }
            }
        })
    }
}

/// Whether the SDK found that the bytes do not have the checksum in the answer's headers.
fn is_mismatch(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |&error| error.source())
        .any(|cause| cause.downcast_ref::<validate::Error>().is_some())
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
