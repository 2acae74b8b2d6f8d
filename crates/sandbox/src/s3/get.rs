//! GetObject and HeadObject.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use hyper::header;

use super::Call;
use super::error::S3Error;
use super::headers::{Verdict, insert, judge};
use crate::body::ReplyBody;
use crate::fault::FaultAction;
use crate::reply::{Reply, reply};
use crate::service::ChecksumType;
use crate::store::{Attributes, ObjectFacts};

/// Parameters that put another header into the answer.
const OVERRIDES: [&str; 6] = [
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
];

pub(super) fn object(call: &Call<'_>) -> Result<Reply, S3Error> {
    let (bucket, key) = call.place();
    if call
        .target
        .given("versionId")
        .is_some_and(|id| id != "null")
    {
        return Err(S3Error::new(
            404,
            "NoSuchVersion",
            "The specified version does not exist.",
        ));
    }
    let opened = call.service.store.open(bucket, key);
    let (file, mut facts) = opened.map_err(S3Error::of_write)?;
    let attributes = call.service.store.attributes(bucket, key, &facts);
    for fault in call.faults {
        match fault {
            FaultAction::ShortObject(size) => facts.size = facts.size.min(*size),
            FaultAction::ChangedObject => {
                facts.etag = format!("\"{}-2\"", uuid::Uuid::new_v4().simple())
            }
            _ => {}
        }
    }
    match judge(&call.parts.headers, "", &facts) {
        Verdict::Holds => {}
        Verdict::NotModified => {
            let mut response = reply(304, "", ReplyBody::bytes(""));
            insert(&mut response, "etag", &facts.etag);
            return Ok(response);
        }
        Verdict::Failed => return Err(S3Error::precondition_failed()),
    }
    let (status, start, length) = match range(call, facts.size)? {
        RangeAnswer::Whole => (200, 0, facts.size),
        RangeAnswer::Part { start, length } => (206, start, length),
        RangeAnswer::Unsatisfiable => return Ok(unsatisfiable(call, &facts)),
    };
    let checksum = if length == facts.size {
        checksum(call, &file, length).map_err(S3Error::of_write)?
    } else {
        None
    };
    let mut response = reply(
        status,
        "binary/octet-stream",
        ReplyBody::file(file, start, length),
    );
    describe(call, &mut response, &facts, &attributes);
    for (name, value) in checksum.iter().flatten() {
        insert(&mut response, name, value);
    }
    if call.faults.contains(&FaultAction::NoEtag) {
        response.headers_mut().remove(header::ETAG);
    }
    if status == 206 {
        let last = start + length - 1;
        let range = format!("bytes {start}-{last}/{}", facts.size);
        insert(&mut response, "content-range", &range);
    }
    Ok(response)
}

/// The checksum headers of a whole object, where the sandbox is to send them and the caller
/// asks.
fn checksum(
    call: &Call<'_>,
    file: &File,
    length: u64,
) -> io::Result<Option<[(&'static str, String); 2]>> {
    let Some(kind) = call.service.settings.checksums.filter(|_| wanted(call)) else {
        return Ok(None);
    };
    let mut bytes = vec![0; usize::try_from(length).map_err(io::Error::other)?];
    file.read_exact_at(&mut bytes, 0)?;
    let crc = |bytes: &[u8]| crc_fast::checksum(CrcAlgorithm::Crc64Nvme, bytes);
    let (name, value) = match kind {
        ChecksumType::FullObject => ("FULL_OBJECT", crc(&bytes)),
        // As of an object of one part.
        ChecksumType::Composite => ("COMPOSITE", crc(&crc(&bytes).to_be_bytes())),
    };
    Ok(Some([
        ("x-amz-checksum-type", name.to_owned()),
        (
            "x-amz-checksum-crc64nvme",
            STANDARD.encode(value.to_be_bytes()),
        ),
    ]))
}

/// Whether the caller asks for checksums.
fn wanted(call: &Call<'_>) -> bool {
    let mode = call.parts.headers.get("x-amz-checksum-mode");
    mode.is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"ENABLED"))
}

fn describe(call: &Call<'_>, response: &mut Reply, facts: &ObjectFacts, attributes: &Attributes) {
    let whole = response.status() == 200;
    // The checksum of the whole says nothing of a part.
    let checksums = whole && wanted(call);
    for (name, value) in attributes {
        if checksums || !name.starts_with("x-amz-checksum-") {
            insert(response, name, value);
        }
    }
    for name in OVERRIDES {
        if let (Some(value), Some(header)) =
            (call.target.given(name), name.strip_prefix("response-"))
        {
            insert(response, header, value);
        }
    }
    insert(response, "etag", &facts.etag);
    insert(
        response,
        "last-modified",
        &httpdate::fmt_http_date(facts.modified),
    );
    insert(response, "accept-ranges", "bytes");
    if !attributes.contains_key("x-amz-server-side-encryption") {
        insert(response, "x-amz-server-side-encryption", "AES256");
    }
}

fn unsatisfiable(call: &Call<'_>, facts: &ObjectFacts) -> Reply {
    let refusal = S3Error::new(
        416,
        "InvalidRange",
        "The requested range is not satisfiable",
    );
    let mut response = call.refuse(refusal);
    let range = format!("bytes */{}", facts.size);
    insert(&mut response, "content-range", &range);
    response
}

/// The range of the header, or of the part: every object has one part.
fn range(call: &Call<'_>, size: u64) -> Result<RangeAnswer, S3Error> {
    let ignored = call.faults.contains(&FaultAction::IgnoreRange);
    let header = call.parts.headers.get(header::RANGE).filter(|_| !ignored);
    match call.target.given("partNumber") {
        None => {}
        Some("1") if header.is_none() => return Ok(RangeAnswer::Whole),
        Some(_) if header.is_some() => {
            return Err(S3Error::new(
                400,
                "InvalidRequest",
                "Cannot specify both Range header and partNumber query parameter",
            ));
        }
        Some(_) => {
            return Err(S3Error::new(
                416,
                "InvalidPartNumber",
                "The requested partnumber is not satisfiable",
            ));
        }
    }
    Ok(parse_range(
        header.and_then(|value| value.to_str().ok()),
        size,
    ))
}

/// What a Range header asks of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum RangeAnswer {
    Whole,
    Part { start: u64, length: u64 },
    Unsatisfiable,
}

/// Reads one byte range; anything else asks for the whole object, as S3 takes it.
pub(super) fn parse_range(header: Option<&str>, size: u64) -> RangeAnswer {
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
