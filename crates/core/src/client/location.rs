//! Where an object lies.

use crate::error::{Error, ErrorKind, Result};

/// A bucket and a key, read from an `s3://bucket/key` text as Athena reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct S3Location {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl S3Location {
    /// Reads `s3://bucket/key`. The key is taken as it stands: Athena does not encode it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        text.strip_prefix("s3://")
            .and_then(|rest| rest.split_once('/'))
            .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
            .map(|(bucket, key)| Self {
                bucket: bucket.to_owned(),
                key: key.to_owned(),
            })
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::Service,
                    format!("the service reported the result location {text:?}, which is not s3://bucket/key"),
                )
            })
    }
}

impl std::fmt::Display for S3Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_bucket_and_a_key() {
        let location = S3Location::parse("s3://b/p/a%20b.csv").unwrap();
        assert_eq!(
            (location.bucket.as_str(), location.key.as_str()),
            ("b", "p/a%20b.csv")
        );
        for bad in ["", "s3://", "s3://b", "s3://b/", "s3:///k", "https://b/k"] {
            assert!(S3Location::parse(bad).is_err(), "{bad}");
        }
    }
}
