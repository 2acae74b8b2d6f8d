//! Which service a request is for.

use hyper::Method;
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;

use crate::record::ServiceName;

/// Where a request goes.
pub(crate) enum Route {
    /// Athena or Glue, with the operation; empty if there is none of that name.
    Json(ServiceName, String),
    /// STS.
    Sts,
    /// S3: whatever is nothing else.
    S3,
    /// A target with another content type than JSON 1.1.
    NoSuchProtocol,
}

impl Route {
    pub(crate) fn of(parts: &Parts) -> Self {
        let header = |name: &str| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let content_type = header(CONTENT_TYPE.as_str()).unwrap_or("");
        let content_type = content_type.split(';').next().unwrap_or("").trim();
        let target = header("x-amz-target");
        let json = content_type == "application/x-amz-json-1.1";
        if parts.method != Method::POST || parts.uri.path() != "/" {
            return Self::S3;
        }
        match target {
            _ if content_type == "application/x-www-form-urlencoded" => Self::Sts,
            Some(_) if !json => Self::NoSuchProtocol,
            None if !json && content_type.starts_with("application/x-amz-json") => {
                Self::NoSuchProtocol
            }
            None if !json => Self::S3,
            Some(target) => match target.split_once('.') {
                Some(("AmazonAthena", operation)) => {
                    Self::Json(ServiceName::Athena, operation.to_owned())
                }
                Some(("AWSGlue", operation)) => Self::Json(ServiceName::Glue, operation.to_owned()),
                _ => Self::Json(ServiceName::Athena, String::new()),
            },
            None => Self::Json(ServiceName::Athena, String::new()),
        }
    }
}
