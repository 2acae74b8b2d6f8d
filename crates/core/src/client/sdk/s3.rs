//! [`ObjectApi`] by aws-sdk-s3.

use std::error::Error as StdError;
use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumType, Delete, ObjectIdentifier};
use aws_smithy_checksums::body::validate;
use bytes::Bytes;

use super::super::{BoxFuture, ObjectApi, ObjectBody, ObjectList, ObjectPart, S3Location};
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
        let (start, last) = (range.start, range.end.saturating_sub(1));
        Box::pin(self.get(location, Span::From(start, last), if_match))
    }

    fn get_tail<'a>(
        &'a self,
        location: &'a S3Location,
        length: u64,
    ) -> BoxFuture<'a, Result<ObjectPart>> {
        Box::pin(self.get(location, Span::Last(length), None))
    }

    fn list<'a>(
        &'a self,
        prefix: &'a S3Location,
        next_token: Option<String>,
    ) -> BoxFuture<'a, Result<ObjectList>> {
        Box::pin(async move {
            let output = self
                .client
                .list_objects_v2()
                .bucket(&prefix.bucket)
                .prefix(&prefix.key)
                .set_continuation_token(next_token)
                .set_expected_bucket_owner(self.expected_bucket_owner.clone())
                .send()
                .await
                .map_err(|source| add_location(from_sdk("ListObjectsV2", source), prefix))?;
            let objects = output.contents.unwrap_or_default();
            Ok(ObjectList {
                keys: objects
                    .into_iter()
                    .filter_map(|object| object.key)
                    .collect(),
                next_token: output.next_continuation_token,
            })
        })
    }

    fn delete<'a>(&'a self, bucket: &'a str, keys: &'a [String]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let output = self
                .client
                .delete_objects()
                .bucket(bucket)
                .delete(to_delete(keys)?)
                .set_expected_bucket_owner(self.expected_bucket_owner.clone())
                .send()
                .await
                .map_err(|source| from_sdk("DeleteObjects", source))?;
            match output.errors.unwrap_or_default().first() {
                None => Ok(()),
                Some(error) => Err(Error::new(
                    ErrorKind::Service,
                    format!(
                        "s3://{bucket}/{} cannot be deleted: {} {}",
                        error.key().unwrap_or_default(),
                        error.code().unwrap_or_default(),
                        error.message().unwrap_or_default()
                    ),
                )),
            }
        })
    }
}

fn to_delete(keys: &[String]) -> Result<Delete> {
    keys.iter()
        .map(|key| ObjectIdentifier::builder().key(key).build())
        .collect::<std::result::Result<Vec<_>, _>>()
        .and_then(|objects| {
            let delete = Delete::builder().set_objects(Some(objects));
            delete.quiet(true).build()
        })
        .map_err(|source| {
            Error::new(ErrorKind::Internal, "nothing was named to delete").with_source(source)
        })
}

/// Which bytes of an object are asked for.
#[derive(Clone, Copy)]
enum Span {
    /// From the first to the last, both included.
    From(u64, u64),
    /// So many at the end.
    Last(u64),
}

impl Span {
    fn header(self) -> String {
        match self {
            Self::From(first, last) => format!("bytes={first}-{last}"),
            Self::Last(length) => format!("bytes=-{length}"),
        }
    }

    /// Whether the whole object may be the answer.
    fn may_be_all(self) -> bool {
        matches!(self, Self::From(0, _) | Self::Last(_))
    }

    fn is_answered_by(self, answer: &ContentRange) -> bool {
        let ContentRange { range, object_size } = answer;
        match self {
            Self::From(first, _) => range.start == first,
            Self::Last(length) => {
                range.start == object_size.saturating_sub(length) && range.end == *object_size
            }
        }
    }
}

impl SdkObjects {
    async fn get(
        &self,
        location: &S3Location,
        span: Span,
        if_match: Option<&str>,
    ) -> Result<ObjectPart> {
        let answer = self
            .client
            .get_object()
            .bucket(&location.bucket)
            .key(&location.key)
            .range(span.header())
            .set_if_match(if_match.map(str::to_owned))
            .set_expected_bucket_owner(self.expected_bucket_owner.clone())
            .send()
            .await;
        let output = match answer {
            Ok(output) => output,
            // A range over an object of no bytes cannot be satisfied.
            Err(source)
                if span.may_be_all()
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
        let (object_size, length) = sizes(&output, span).map_err(|got| bad_range(location, got))?;
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
    }
}

/// The size of the object and that of the body, as the answer tells them; what it tells
/// instead is the error.
fn sizes(output: &GetObjectOutput, span: Span) -> std::result::Result<(u64, u64), &str> {
    match output.content_range.as_deref() {
        Some(text) => match content_range(text) {
            Some(answer) if span.is_answered_by(&answer) => {
                Ok((answer.object_size, answer.range.end - answer.range.start))
            }
            _ => Err(text),
        },
        None if span.may_be_all() => {
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
    fn an_answer_is_for_the_bytes_that_were_asked_for() {
        for (span, answer, right) in [
            (Span::From(5, 9), "bytes 5-9/100", true),
            (Span::From(5, 9), "bytes 5-7/8", true),
            (Span::From(5, 9), "bytes 0-4/100", false),
            (Span::Last(10), "bytes 90-99/100", true),
            (Span::Last(10), "bytes 0-4/5", true),
            (Span::Last(10), "bytes 89-99/100", false),
            (Span::Last(10), "bytes 90-98/100", false),
        ] {
            let answer = content_range(answer).unwrap();
            assert_eq!(span.is_answered_by(&answer), right, "{}", span.header());
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
