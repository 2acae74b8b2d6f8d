//! Parts of multipart uploads.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::time::SystemTime;

use hyper::body::Incoming;

use super::Call;
use super::checksum::Sum;
use super::error::S3Error;
use super::get::{RangeAnswer, parse_range};
use super::headers::insert;
use super::list::limit;
use super::multipart::Part;
use super::put::{copy_source, open_source};
use super::receive::{TempFile, copied, receive};
use crate::body::ReplyBody;
use crate::clock::iso8601;
use crate::reply::{Reply, reply, xml};
use crate::xml::element;

const XMLNS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

fn number(call: &Call<'_>) -> Result<u32, S3Error> {
    call.target
        .given("partNumber")
        .and_then(|text| text.parse().ok())
        .filter(|number| (1..=10_000).contains(number))
        .ok_or_else(|| {
            S3Error::invalid("Part number must be an integer between 1 and 10000, inclusive")
        })
}

pub(super) async fn upload(call: &Call<'_>, body: Incoming) -> Result<Reply, S3Error> {
    let number = number(call)?;
    // An upload that is not there takes no bytes.
    let algorithm = call
        .service
        .uploads
        .with(call, |upload| Ok(upload.algorithm))?;
    let headers = &call.parts.headers;
    let received = receive(call.service, headers, call.caller, body, algorithm).await?;
    let checksum = received.checksum.clone();
    let etag = received.md5.etag();
    let part = Part {
        file: received.file,
        size: received.size,
        etag: etag.clone(),
        checksum: received.checksum,
        modified: SystemTime::now(),
    };
    call.service.uploads.with(call, |upload| {
        upload.parts.insert(number, part);
        Ok(())
    })?;
    let mut response = reply(200, "", ReplyBody::bytes(""));
    insert(&mut response, "etag", &etag);
    if let Some((algorithm, value)) = &checksum {
        insert(&mut response, algorithm.header(), value);
    }
    Ok(response)
}

pub(super) fn copy(call: &Call<'_>) -> Result<Reply, S3Error> {
    let number = number(call)?;
    let algorithm = call
        .service
        .uploads
        .with(call, |upload| Ok(upload.algorithm))?;
    let (bucket, key) = copy_source(call.parts)?;
    let (mut source, facts) = open_source(call, (&bucket, &key))?;
    let range = call.parts.headers.get("x-amz-copy-source-range");
    let range = range.and_then(|value| value.to_str().ok());
    let (start, size) = match parse_range(range, facts.size) {
        RangeAnswer::Part { start, length } => (start, length),
        RangeAnswer::Whole if range.is_none() => (0, facts.size),
        _ => {
            return Err(S3Error::invalid(format!(
                "Range specified is not valid for source object of size: {}",
                facts.size
            )));
        }
    };
    let temp = TempFile(call.service.store.temp_path());
    source.seek(SeekFrom::Start(start))?;
    let md5 = copied(&mut source.take(size), &mut File::create(&temp.0)?)?;
    let checksum = match algorithm {
        Some(algorithm) => {
            let mut sum = Sum::new(algorithm);
            let mut file = File::open(&temp.0)?;
            let mut buffer = vec![0; 256 * 1024];
            while let Some(bytes) = next(&mut file, &mut buffer)? {
                sum.update(bytes);
            }
            Some((algorithm, sum.encoded()))
        }
        None => None,
    };
    let etag = md5.etag();
    let modified = SystemTime::now();
    let part = Part {
        file: temp,
        size,
        etag: etag.clone(),
        checksum,
        modified,
    };
    call.service.uploads.with(call, |upload| {
        upload.parts.insert(number, part);
        Ok(())
    })?;
    Ok(xml(
        200,
        &format!(
            "<CopyPartResult {XMLNS}>{}{}</CopyPartResult>",
            element("LastModified", &iso8601(modified)),
            element("ETag", &etag),
        ),
    ))
}

fn next<'a>(file: &mut File, buffer: &'a mut [u8]) -> io::Result<Option<&'a [u8]>> {
    let count = file.read(buffer)?;
    Ok(buffer.get(..count).filter(|bytes| !bytes.is_empty()))
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, S3Error> {
    let most = limit(call.target, "max-parts")?;
    let marker = call.target.given("part-number-marker");
    let marker: u32 = marker.and_then(|text| text.parse().ok()).unwrap_or(0);
    let id = call.target.given("uploadId").unwrap_or_default();
    let (bucket, key) = call.place();
    call.service.uploads.with(call, |upload| {
        let mut rest = upload.parts.range(marker.saturating_add(1)..);
        let page: Vec<_> = rest.by_ref().take(most).collect();
        let truncated = rest.next().is_some();
        let last = page.last().map_or(0, |(number, _)| **number);
        let mut body = format!(
            "<ListPartsResult {XMLNS}>{}{}{}<PartNumberMarker>{marker}</PartNumberMarker><NextPartNumberMarker>{last}\
             </NextPartNumberMarker><MaxParts>{most}</MaxParts><IsTruncated>{truncated}</IsTruncated>",
            element("Bucket", bucket),
            element("Key", key),
            element("UploadId", id),
        );
        for (number, part) in page {
            body.push_str(&format!(
                "<Part><PartNumber>{number}</PartNumber>{}{}<Size>{}</Size>{}</Part>",
                element("LastModified", &iso8601(part.modified)),
                element("ETag", &part.etag),
                part.size,
                part.checksum.as_ref().map_or_else(String::new, |(algorithm, value)| {
                    element(&algorithm.element(), value)
                }),
            ));
        }
        body.push_str("<StorageClass>STANDARD</StorageClass></ListPartsResult>");
        Ok(xml(200, &body))
    })
}
