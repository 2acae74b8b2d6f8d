//! The S3 API, with buckets in paths and in hosts.

mod buckets;
mod checksum;
mod chunked;
mod document;
mod error;
mod get;
mod headers;
mod list;
mod multipart;
mod parts;
mod put;
mod receive;
mod target;

use hyper::body::Incoming;
use hyper::http::request::Parts;

pub(crate) use multipart::Uploads;
pub(crate) use target::Target;

use crate::fault::FaultAction;
use crate::policy::Access;
use crate::reply::{Reply, s3_error};
use crate::service::{ACCOUNT, Service};
use crate::sigv4::Caller;
use crate::store::is_bucket_name;
use error::S3Error;

/// The bucket and key that a copy reads; none for other operations.
pub(crate) fn copy_source(parts: &Parts, operation: &str) -> Option<(String, String)> {
    let copies = matches!(operation, "CopyObject" | "UploadPartCopy");
    copies.then(|| put::copy_source(parts).ok())?
}

/// One request, on its way through the operations.
pub(crate) struct Call<'a> {
    pub(crate) service: &'a Service,
    pub(crate) parts: &'a Parts,
    pub(crate) target: &'a Target,
    pub(crate) caller: &'a Caller,
    pub(crate) access: &'a Access<'a>,
    pub(crate) faults: &'a [FaultAction],
}

impl Call<'_> {
    /// Bucket and key.
    fn place(&self) -> (&str, &str) {
        (&self.target.bucket, &self.target.key)
    }

    fn refuse(&self, refusal: S3Error) -> Reply {
        s3_error(
            refusal.status,
            refusal.code,
            &refusal.message,
            &self.target.resource(),
        )
    }

    /// Answers the request.
    pub(crate) async fn answer(&self, operation: &str, body: Incoming) -> Reply {
        self.dispatch(operation, body)
            .await
            .unwrap_or_else(|refusal| self.refuse(self.hide_absence(refusal)))
    }

    /// Who may not list a bucket is not told what is not in it.
    fn hide_absence(&self, refusal: S3Error) -> S3Error {
        if refusal.code != "NoSuchKey" {
            return refusal;
        }
        let bucket = format!("arn:aws:s3:::{}", self.target.bucket);
        match self.access.may("s3:ListBucket", &bucket) {
            Ok(()) => refusal,
            Err(denied) => S3Error::access_denied(&denied),
        }
    }

    /// Asks for the deletion of one of several keys.
    fn may_delete(&self, key: &str) -> Result<(), S3Error> {
        let object = format!("arn:aws:s3:::{}/{key}", self.target.bucket);
        self.access
            .may("s3:DeleteObject", &object)
            .map_err(|denied| S3Error::access_denied(&denied))
    }

    async fn dispatch(&self, operation: &str, body: Incoming) -> Result<Reply, S3Error> {
        self.check_bucket(operation)?;
        match operation {
            "ListBuckets" => buckets::list(self),
            "GetBucketLocation" => Ok(buckets::location()),
            "GetBucketVersioning" => Ok(buckets::versioning()),
            "HeadBucket" => Ok(buckets::head()),
            "CreateBucket" => buckets::create(self),
            "DeleteBucket" => buckets::delete(self),
            "ListObjectsV2" | "ListObjects" => list::objects(self, operation == "ListObjectsV2"),
            "GetObject" | "HeadObject" => get::object(self),
            "PutObject" => put::object(self, body).await,
            "CopyObject" => put::copy(self),
            "DeleteObject" => put::delete(self),
            "DeleteObjects" => put::delete_many(self, body).await,
            "CreateMultipartUpload" => multipart::create(self),
            "UploadPart" => parts::upload(self, body).await,
            "UploadPartCopy" => parts::copy(self),
            "ListParts" => parts::list(self),
            "CompleteMultipartUpload" => multipart::complete(self, body).await,
            "AbortMultipartUpload" => multipart::abort(self),
            "ListMultipartUploads" => multipart::list(self),
            _ => Err(S3Error::not_implemented()),
        }
    }

    /// The errors that concern the bucket whatever the operation.
    fn check_bucket(&self, operation: &str) -> Result<(), S3Error> {
        if operation == "ListBuckets" {
            return Ok(());
        }
        if !is_bucket_name(&self.target.bucket) {
            return Err(S3Error::new(
                400,
                "InvalidBucketName",
                "The specified bucket is not valid.",
            ));
        }
        for header in [
            "x-amz-expected-bucket-owner",
            "x-amz-source-expected-bucket-owner",
        ] {
            let owner = self.parts.headers.get(header);
            if owner.is_some_and(|owner| owner.as_bytes() != ACCOUNT.as_bytes()) {
                return Err(S3Error::new(403, "AccessDenied", "Access Denied"));
            }
        }
        if operation != "CreateBucket" && !self.service.store.bucket_exists(&self.target.bucket) {
            return Err(S3Error::new(
                404,
                "NoSuchBucket",
                "The specified bucket does not exist",
            ));
        }
        if self.target.key.len() > 1024 {
            return Err(S3Error::new(400, "KeyTooLongError", "Your key is too long"));
        }
        Ok(())
    }
}
