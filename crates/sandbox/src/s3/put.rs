//! PutObject, CopyObject and deletions.

use hyper::body::Incoming;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

use super::Call;
use super::document::{self, Element};
use super::error::S3Error;
use super::headers::{
    Verdict, add_checksum, attributes, insert, insert_checksums, judge, write_condition,
};
use super::receive::{TempFile, copied, receive};
use crate::body::ReplyBody;
use crate::clock::iso8601;
use crate::reply::{Reply, reply, xml};
use crate::store::{Attributes, ETAG, ObjectFacts, is_bucket_name};
use crate::xml::element;

/// DeleteObjects takes at most so many keys.
const MAX_DELETES: usize = 1000;

pub(super) async fn object(call: &Call<'_>, body: Incoming) -> Result<Reply, S3Error> {
    let headers = &call.parts.headers;
    let condition = write_condition(headers)?;
    let mut attributes = attributes(headers)?;
    let received = receive(call.service, headers, call.caller, body, None).await?;
    add_checksum(&mut attributes, received.checksum.as_ref());
    add_etag(&mut attributes, received.md5.etag());
    let facts = call
        .service
        .store
        .publish_as(&received.file.0, call.place(), &attributes, &condition)
        .map_err(S3Error::of_write)?;
    let mut response = reply(200, "", ReplyBody::bytes(""));
    insert(&mut response, "etag", &facts.etag);
    let encryption = attributes.get("x-amz-server-side-encryption");
    insert(
        &mut response,
        "x-amz-server-side-encryption",
        encryption.map_or("AES256", String::as_str),
    );
    insert_checksums(&mut response, &attributes);
    Ok(response)
}

/// An object's entity tag is the MD5 of its bytes, unless a key of its own encrypts them.
fn add_etag(attributes: &mut Attributes, etag: String) {
    let plain = attributes
        .get("x-amz-server-side-encryption")
        .is_none_or(|kind| kind == "AES256");
    if plain {
        attributes.insert(ETAG.to_owned(), etag);
    }
}

/// The bucket and key in `x-amz-copy-source`.
pub(super) fn copy_source(parts: &Parts) -> Result<(String, String), S3Error> {
    let header = parts.headers.get("x-amz-copy-source");
    let text = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (path, version) = text.split_once("?versionId=").unwrap_or((text, "null"));
    if version != "null" {
        return Err(S3Error::not_implemented());
    }
    let path = percent_decode_str(path).decode_utf8_lossy();
    path.strip_prefix('/')
        .unwrap_or(&path)
        .split_once('/')
        .filter(|(bucket, key)| is_bucket_name(bucket) && !key.is_empty())
        .map(|(bucket, key)| (bucket.to_owned(), key.to_owned()))
        .ok_or_else(|| {
            S3Error::invalid(
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey",
            )
        })
}

/// Opens the source of a copy, if its conditions hold.
pub(super) fn open_source(
    call: &Call<'_>,
    (bucket, key): (&str, &str),
) -> Result<(std::fs::File, ObjectFacts), S3Error> {
    if !call.service.store.bucket_exists(bucket) {
        return Err(S3Error::new(
            404,
            "NoSuchBucket",
            "The specified bucket does not exist",
        ));
    }
    let opened = call.service.store.open(bucket, key);
    let (file, facts) = opened.map_err(S3Error::of_write)?;
    match judge(&call.parts.headers, "x-amz-copy-source-", &facts) {
        Verdict::Holds => Ok((file, facts)),
        Verdict::NotModified | Verdict::Failed => Err(S3Error::precondition_failed()),
    }
}

pub(super) fn copy(call: &Call<'_>) -> Result<Reply, S3Error> {
    let headers = &call.parts.headers;
    let (bucket, key) = copy_source(call.parts)?;
    let replaced = headers
        .get("x-amz-metadata-directive")
        .is_some_and(|value| value == "REPLACE");
    if (bucket.as_str(), key.as_str()) == call.place() && !replaced {
        return Err(S3Error::new(
            400,
            "InvalidRequest",
            "This copy request is illegal because it is trying to copy an object to itself without changing the \
             object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    let condition = write_condition(headers)?;
    let (mut source, facts) = open_source(call, (&bucket, &key))?;
    let store = &call.service.store;
    let mut kept = store.attributes(&bucket, &key, &facts);
    if replaced {
        kept.retain(|name, _| name.starts_with("x-amz-checksum-"));
        kept.extend(attributes(headers)?);
    }
    let temp = TempFile(store.temp_path());
    let md5 = copied(&mut source, &mut std::fs::File::create(&temp.0)?)?;
    add_etag(&mut kept, md5.etag());
    let facts = store
        .publish_as(&temp.0, call.place(), &kept, &condition)
        .map_err(S3Error::of_write)?;
    Ok(xml(
        200,
        &format!(
            "<CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{}{}</CopyObjectResult>",
            element("LastModified", &iso8601(facts.modified)),
            element("ETag", &facts.etag),
        ),
    ))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, S3Error> {
    let (bucket, key) = call.place();
    let store = &call.service.store;
    let condition = write_condition(&call.parts.headers)?;
    if let Some(wanted) = condition.etag {
        let (_, facts) = store.open(bucket, key).map_err(S3Error::of_write)?;
        if wanted != "*" && wanted.trim_matches('"') != facts.etag.trim_matches('"') {
            return Err(S3Error::precondition_failed());
        }
    }
    store.remove(bucket, key)?;
    Ok(reply(204, "", ReplyBody::bytes("")))
}

/// DeleteObjects: at most 1000 keys in an XML document.
pub(super) async fn delete_many(call: &Call<'_>, body: Incoming) -> Result<Reply, S3Error> {
    let text = super::receive::document(call.service, body).await?;
    let root = document::parse(&text, "Delete")?;
    let objects: Vec<&Element> = root.children("Object").collect();
    if objects.is_empty() || objects.len() > MAX_DELETES {
        return Err(S3Error::malformed_xml());
    }
    let quiet = root.text("Quiet") == Some("true");
    let mut answer = String::new();
    for object in objects {
        let key = object.text("Key").ok_or_else(S3Error::malformed_xml)?;
        let refusal = call.may_delete(key).err().or_else(|| {
            let removed = call.service.store.remove(&call.target.bucket, key);
            removed.err().map(S3Error::from)
        });
        answer.push_str(&match refusal {
            Some(problem) => format!(
                "<Error>{}{}{}</Error>",
                element("Key", key),
                element("Code", problem.code),
                element("Message", &problem.message),
            ),
            None if quiet => String::new(),
            None => format!("<Deleted>{}</Deleted>", element("Key", key)),
        });
    }
    Ok(xml(
        200,
        &format!(
            "<DeleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{answer}</DeleteResult>"
        ),
    ))
}
