//! Rights on S3's operations.

use super::access::{bucket_arn, object_arn};
use super::{Access, Denied};
use crate::s3::Target;

/// Asks for an operation. `source` is what a copy reads.
pub(crate) fn authorize(
    access: Access<'_>,
    operation: &str,
    target: &Target,
    source: Option<(&str, &str)>,
) -> Result<(), Denied> {
    if access.is_open() {
        return Ok(());
    }
    let bucket = bucket_arn(&target.bucket);
    let object = object_arn(&target.bucket, &target.key);
    if let Some((bucket, key)) = source {
        access.may("s3:GetObject", &object_arn(bucket, key))?;
    }
    match operation {
        "ListBuckets" => access.may("s3:ListAllMyBuckets", "*"),
        "HeadBucket" => access.may("s3:ListBucket", &bucket),
        "ListObjects" | "ListObjectsV2" => access
            .with("s3:prefix", target.parameter("prefix").unwrap_or_default())
            .with(
                "s3:delimiter",
                target.parameter("delimiter").unwrap_or_default(),
            )
            .may("s3:ListBucket", &bucket),
        "ListMultipartUploads" => access.may("s3:ListBucketMultipartUploads", &bucket),
        "CreateBucket" | "DeleteBucket" | "GetBucketLocation" | "GetBucketVersioning" => {
            access.may(&format!("s3:{operation}"), &bucket)
        }
        "GetObject" | "HeadObject" => access.may("s3:GetObject", &object),
        "DeleteObject" => access.may("s3:DeleteObject", &object),
        // Asked for each key.
        "DeleteObjects" => Ok(()),
        "AbortMultipartUpload" => access.may("s3:AbortMultipartUpload", &object),
        "ListParts" => access.may("s3:ListMultipartUploadParts", &object),
        _ => access.may("s3:PutObject", &object),
    }
}
