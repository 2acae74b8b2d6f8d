//! GetObject and HeadObject.

use std::io;

use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;

use super::Target;
use crate::body::ReplyBody;
use crate::fault::FaultAction;
use crate::reply::{Reply, reply, s3_error};
use crate::service::Service;
use crate::store::ObjectFacts;

pub(super) fn object(
    service: &Service,
    parts: &Parts,
    target: &Target,
    faults: &[FaultAction],
) -> io::Result<Reply> {
    let resource = target.resource();
    let (file, mut facts) = match service.store.open(&target.bucket, &target.key) {
        Ok(opened) => opened,
        Err(problem) if problem.kind() == io::ErrorKind::NotFound => {
            return Ok(s3_error(
                404,
                "NoSuchKey",
                "The specified key does not exist.",
                &resource,
            ));
        }
        Err(problem) => return Err(problem),
    };
    for fault in faults {
        match fault {
            FaultAction::ShortObject(size) => facts.size = facts.size.min(*size),
            FaultAction::ChangedObject => {
                facts.etag = format!("\"{}-2\"", uuid::Uuid::new_v4().simple())
            }
            _ => {}
        }
    }
    if let Some(mut refusal) = check_conditions(parts, &facts, &resource) {
        insert(&mut refusal, header::ETAG, &facts.etag);
        return Ok(refusal);
    }
    let range = parts
        .headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok());
    let (status, start, length) = match parse_range(range, facts.size) {
        RangeAnswer::Whole => (200, 0, facts.size),
        RangeAnswer::Part { start, length } => (206, start, length),
        RangeAnswer::Unsatisfiable => {
            let message = "The requested range is not satisfiable";
            let mut refusal = s3_error(416, "InvalidRange", message, &resource);
            insert(
                &mut refusal,
                header::CONTENT_RANGE,
                &format!("bytes */{}", facts.size),
            );
            return Ok(refusal);
        }
    };
    let mut response = reply(
        status,
        "binary/octet-stream",
        ReplyBody::file(file, start, length),
    );
    insert(&mut response, header::ETAG, &facts.etag);
    insert(
        &mut response,
        header::LAST_MODIFIED,
        &httpdate::fmt_http_date(facts.modified),
    );
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    insert(
        &mut response,
        HeaderName::from_static("x-amz-server-side-encryption"),
        "AES256",
    );
    let id = uuid::Uuid::new_v4().simple().to_string();
    insert(
        &mut response,
        HeaderName::from_static("x-amz-request-id"),
        &id,
    );
    if status == 206 {
        let range = format!("bytes {start}-{}/{}", start + length - 1, facts.size);
        insert(&mut response, header::CONTENT_RANGE, &range);
    }
    Ok(response)
}

fn insert(response: &mut Reply, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn check_conditions(parts: &Parts, facts: &ObjectFacts, resource: &str) -> Option<Reply> {
    let names_it = |name: HeaderName| {
        let value = parts.headers.get(name)?.to_str().ok()?;
        Some(
            value
                .split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.trim_matches('"') == facts.etag.trim_matches('"')),
        )
    };
    if names_it(header::IF_MATCH) == Some(false) {
        let message = "At least one of the pre-conditions you specified did not hold";
        return Some(s3_error(412, "PreconditionFailed", message, resource));
    }
    (names_it(header::IF_NONE_MATCH) == Some(true)).then(|| reply(304, "", ReplyBody::bytes("")))
}

#[derive(Debug, PartialEq, Eq)]
enum RangeAnswer {
    Whole,
    Part { start: u64, length: u64 },
    Unsatisfiable,
}

/// Reads one byte range; anything else asks for the whole object, as S3 takes it.
fn parse_range(header: Option<&str>, size: u64) -> RangeAnswer {
    let bounds = header.and_then(|text| text.strip_prefix("bytes=")?.split_once('-'));
    let Some((first, last)) = bounds else {
        return RangeAnswer::Whole;
    };
    let (start, end) = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(start), Ok(end)) if start <= end => (start, end.saturating_add(1).min(size)),
        (Ok(start), Err(_)) if last.trim().is_empty() => (start, size),
        (Err(_), Ok(0)) if first.is_empty() => return RangeAnswer::Unsatisfiable,
        (Err(_), Ok(count)) if first.is_empty() => (size.saturating_sub(count), size),
        _ => return RangeAnswer::Whole,
    };
    if start >= size {
        return RangeAnswer::Unsatisfiable;
    }
    RangeAnswer::Part {
        start,
        length: end - start,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_s3_reads_them() {
        let part = |start, length| RangeAnswer::Part { start, length };
        for (header, size, expected) in [
            (None, 10, RangeAnswer::Whole),
            (Some("bytes=0-3"), 10, part(0, 4)),
            (Some("bytes=4-"), 10, part(4, 6)),
            (Some("bytes=-3"), 10, part(7, 3)),
            (Some("bytes=-30"), 10, part(0, 10)),
            (Some("bytes=5-99"), 10, part(5, 5)),
            (Some("bytes=10-"), 10, RangeAnswer::Unsatisfiable),
            (Some("bytes=0-0"), 0, RangeAnswer::Unsatisfiable),
            (Some("bytes=-0"), 10, RangeAnswer::Unsatisfiable),
            (Some("bytes=7-3"), 10, RangeAnswer::Whole),
            (Some("bytes=0-1,3-4"), 10, RangeAnswer::Whole),
            (Some("lines=1-2"), 10, RangeAnswer::Whole),
        ] {
            assert_eq!(parse_range(header, size), expected, "{header:?} of {size}");
        }
    }
}
