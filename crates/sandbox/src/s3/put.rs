//! PutObject and DeleteObjects: bodies go to disk as they arrive.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::header::{ETAG, HeaderValue};
use hyper::http::request::Parts;
use sha2::{Digest, Sha256};

use super::Target;
use super::chunked::Unchunker;
use crate::body::ReplyBody;
use crate::reply::{Reply, reply, s3_error, xml};
use crate::service::Service;
use crate::sigv4::hex;
use crate::xml::{element, texts};

pub(super) async fn object(
    service: &Service,
    parts: &Parts,
    target: &Target,
    body: Incoming,
) -> io::Result<Reply> {
    let temp = service.store.temp_path();
    let stored = match receive(&temp, parts, body).await {
        Ok(Stored {
            digest_matches: true,
        }) => service.store.publish(&temp, &target.bucket, &target.key),
        Ok(_) => {
            std::fs::remove_file(&temp)?;
            let message =
                "The provided 'x-amz-content-sha256' header does not match what was computed.";
            return Ok(s3_error(
                400,
                "XAmzContentSHA256Mismatch",
                message,
                &target.resource(),
            ));
        }
        Err(problem) => Err(problem),
    };
    if let Err(problem) = stored {
        drop(std::fs::remove_file(&temp));
        if problem.kind() == io::ErrorKind::InvalidData {
            return Ok(s3_error(
                400,
                "IncompleteBody",
                &problem.to_string(),
                &target.resource(),
            ));
        }
        return Err(problem);
    }
    let (_, facts) = service.store.open(&target.bucket, &target.key)?;
    let mut response = reply(200, "", ReplyBody::bytes(""));
    if let Ok(etag) = HeaderValue::from_str(&facts.etag) {
        response.headers_mut().insert(ETAG, etag);
    }
    Ok(response)
}

struct Stored {
    digest_matches: bool,
}

/// Writes a body to a file, taking apart Amazon's chunked encoding where it is used.
async fn receive(path: &Path, parts: &Parts, mut body: Incoming) -> io::Result<Stored> {
    let declared = parts
        .headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let mut unchunker = declared.starts_with("STREAMING-").then(Unchunker::default);
    let mut digest = (declared.len() == 64).then(Sha256::new);
    let mut out = BufWriter::with_capacity(256 * 1024, File::create(path)?);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if let Some(digest) = &mut digest {
            digest.update(data);
        }
        match &mut unchunker {
            Some(unchunker) => unchunker.push(data, &mut out)?,
            None => out.write_all(data)?,
        }
    }
    if let Some(unchunker) = unchunker {
        unchunker.finish()?;
    }
    out.flush()?;
    Ok(Stored {
        digest_matches: digest.is_none_or(|digest| hex(&digest.finalize()) == declared),
    })
}

/// DeleteObjects: at most 1000 keys in an XML document.
pub(super) async fn delete_many(
    service: &Service,
    target: &Target,
    body: Incoming,
) -> io::Result<Reply> {
    let collected = Limited::new(body, 2 * 1024 * 1024).collect().await;
    let bytes = collected
        .map_err(|problem| io::Error::new(io::ErrorKind::InvalidData, problem))?
        .to_bytes();
    let document = String::from_utf8_lossy(&bytes);
    let mut deleted = String::new();
    for key in texts(&document, "Key") {
        service.store.remove(&target.bucket, &key)?;
        deleted.push_str(&format!("<Deleted>{}</Deleted>", element("Key", &key)));
    }
    Ok(xml(
        200,
        &format!(
            "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{deleted}</DeleteResult>"
        ),
    ))
}
