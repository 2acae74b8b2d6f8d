//! What an S3 request is about: bucket, key, operation.

use hyper::Method;
use hyper::header::HOST;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

/// Bucket and key, from path or host, and the query.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// Decoded query parameters.
    pub(crate) query: Vec<(String, String)>,
}

/// Sub-resources that are not there: answering with the object or the list of a bucket would
/// be a made-up success.
const UNKNOWN_PARTS: [&str; 28] = [
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "tagging",
    "torrent",
    "versions",
    "website",
];

impl Target {
    /// Reads `/bucket/key`, or `/key` where the host names the bucket; `None` if it is not
    /// UTF-8 once decoded.
    pub(crate) fn parse(parts: &Parts) -> Option<Self> {
        let decode = |text: &str| {
            percent_decode_str(text)
                .decode_utf8()
                .ok()
                .map(String::from)
        };
        let path = parts.uri.path().strip_prefix('/').unwrap_or("");
        let (bucket, key) = match bucket_of_host(parts) {
            Some(bucket) => (bucket, path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        let query = parts
            .uri
            .query()
            .unwrap_or("")
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(name)?, decode(&value.replace('+', " "))?))
            })
            .collect::<Option<_>>()?;
        Some(Self {
            bucket: decode(bucket)?,
            key: decode(key)?,
            query,
        })
    }

    /// A query parameter; nothing is said about its being empty.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A query parameter that is not empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.parameter(name).filter(|value| !value.is_empty())
    }

    fn has(&self, name: &str) -> bool {
        self.parameter(name).is_some()
    }

    pub(crate) fn resource(&self) -> String {
        format!("/{}/{}", self.bucket, self.key)
    }

    /// The name of the operation in Amazon's API.
    pub(crate) fn operation(&self, parts: &Parts) -> &'static str {
        if UNKNOWN_PARTS.iter().any(|name| self.has(name)) {
            return "Unknown";
        }
        let on_object = !self.key.is_empty();
        match (parts.method.as_str(), on_object) {
            ("GET", _) if self.bucket.is_empty() => "ListBuckets",
            (_, true) => self.object_operation(parts),
            ("GET", false) if self.has("location") => "GetBucketLocation",
            ("GET", false) if self.has("versioning") => "GetBucketVersioning",
            ("GET", false) if self.has("uploads") => "ListMultipartUploads",
            ("GET", false) if self.parameter("list-type") == Some("2") => "ListObjectsV2",
            ("GET", false) => "ListObjects",
            ("HEAD", false) => "HeadBucket",
            ("PUT", false) if self.has("versioning") => "Unknown",
            ("PUT", false) => "CreateBucket",
            ("DELETE", false) => "DeleteBucket",
            ("POST", false) if self.has("delete") => "DeleteObjects",
            _ => "Unknown",
        }
    }

    fn object_operation(&self, parts: &Parts) -> &'static str {
        let copies = parts.headers.contains_key("x-amz-copy-source");
        match parts.method {
            Method::POST if self.has("uploads") => "CreateMultipartUpload",
            Method::POST if self.has("uploadId") => "CompleteMultipartUpload",
            Method::PUT if self.has("uploadId") && copies => "UploadPartCopy",
            Method::PUT if self.has("uploadId") => "UploadPart",
            Method::GET if self.has("uploadId") => "ListParts",
            Method::DELETE if self.has("uploadId") => "AbortMultipartUpload",
            _ if self.has("uploads") => "Unknown",
            Method::GET => "GetObject",
            Method::HEAD => "HeadObject",
            Method::PUT if copies => "CopyObject",
            Method::PUT => "PutObject",
            Method::DELETE => "DeleteObject",
            _ => "Unknown",
        }
    }
}

/// The bucket in hosts such as `bucket.s3.us-east-1.amazonaws.com`, `bucket.s3.localhost` and
/// `bucket.localhost`.
fn bucket_of_host(parts: &Parts) -> Option<&str> {
    let host = match parts.headers.get(HOST) {
        Some(value) => value.to_str().ok()?,
        None => parts.uri.authority()?.as_str(),
    };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let amazon = name.strip_suffix(".amazonaws.com");
    let name = amazon.or_else(|| name.strip_suffix(".localhost"))?;
    // What is left is the bucket, the service and the region, or a part of these.
    let labels: Vec<&str> = name.split('.').collect();
    let service = labels
        .iter()
        .rposition(|label| *label == "s3" || (amazon.is_some() && label.starts_with("s3-")));
    let bucket = match service {
        // The name of the service, or of another one, is no bucket.
        Some(0) => return None,
        Some(place) => {
            let length: usize = labels.iter().take(place).map(|label| label.len() + 1).sum();
            name.get(..length - 1)?
        }
        None if ["athena", "glue", "sts"].contains(labels.first()?) => return None,
        None if amazon.is_none() => name,
        None => return None,
    };
    (!bucket.is_empty()).then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_bucket_is_found_in_path_or_host() {
        for (host, uri, bucket, key) in [
            ("127.0.0.1:9", "/b/k/l", "b", "k/l"),
            ("localhost:9", "/b/k", "b", "k"),
            ("s3.localhost:9", "/b/k", "b", "k"),
            ("s3.us-east-1.amazonaws.com", "/b/k", "b", "k"),
            ("athena.localhost:9", "/b/k", "b", "k"),
            ("buck.localhost:9", "/k/l", "buck", "k/l"),
            ("buck.s3.localhost:9", "/k", "buck", "k"),
            ("bu.ck.s3.localhost:9", "/k", "bu.ck", "k"),
            ("buck.s3.eu-west-1.localhost:9", "/k", "buck", "k"),
            ("buck.s3.eu-west-1.amazonaws.com", "/", "buck", ""),
            ("buck.s3-eu-west-1.amazonaws.com", "/k", "buck", "k"),
            ("s3-buck.localhost", "/k", "s3-buck", "k"),
            ("example.com", "/b/k", "b", "k"),
        ] {
            let target = Target::parse(&parts("GET", uri, &[("host", host)])).unwrap();
            assert_eq!(
                (target.bucket.as_str(), target.key.as_str()),
                (bucket, key),
                "{host}{uri}"
            );
        }
    }

    #[test]
    fn operations_have_their_names() {
        let copy = [("x-amz-copy-source", "b/k")];
        for (method, uri, headers, expected) in [
            ("GET", "/", &[][..], "ListBuckets"),
            ("GET", "/b?uploads", &[], "ListMultipartUploads"),
            ("GET", "/b?list-type=2", &[], "ListObjectsV2"),
            ("PUT", "/b/k", &copy, "CopyObject"),
            ("PUT", "/b/k?partNumber=1&uploadId=x", &[], "UploadPart"),
            (
                "PUT",
                "/b/k?partNumber=1&uploadId=x",
                &copy,
                "UploadPartCopy",
            ),
            ("POST", "/b/k?uploads", &[], "CreateMultipartUpload"),
            ("GET", "/b/k?tagging", &[], "Unknown"),
            ("PUT", "/b?policy", &[], "Unknown"),
            ("PATCH", "/b/k", &[], "Unknown"),
        ] {
            let parts = parts(method, uri, headers);
            let target = Target::parse(&parts).unwrap();
            assert_eq!(target.operation(&parts), expected, "{method} {uri}");
        }
    }
}
