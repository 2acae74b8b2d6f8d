//! What the sandbox was asked, so that tests can count calls and look for leaked secrets.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use hyper::HeaderMap;
use serde_json::Value;

/// Older requests are forgotten beyond this number.
const LIMIT: usize = 20_000;

/// A service of the sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceName {
    /// Amazon Athena.
    Athena,
    /// AWS Glue.
    Glue,
    /// Amazon S3.
    S3,
    /// AWS STS.
    Sts,
}

impl ServiceName {
    /// `athena`, `glue`, `s3` or `sts`: the name requests are signed for.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Athena => "athena",
            Self::Glue => "glue",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service it was for.
    pub service: ServiceName,
    /// E.g. `StartQueryExecution`, `GetObject`.
    pub operation: String,
    /// Path and query as sent, e.g. `/bucket/key?list-type=2`. The signature and the session
    /// token of presigned URLs are replaced by `…`.
    pub target: String,
    /// Names in lower case. The signature and session tokens are replaced by `…`.
    pub headers: Vec<(String, String)>,
    /// The body of an Athena or Glue request, if it was JSON; the fields of an STS request,
    /// tokens and assertions replaced by `…`.
    pub body: Option<Value>,
}

impl Request {
    /// The first value of a header, by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Headers as recorded: nothing in them can be used to sign or replay.
pub(crate) fn harmless_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let text = match name.as_str() {
                "authorization" => text.split("Signature=").next().unwrap_or("").to_owned() + "…",
                "x-amz-security-token" => "…".to_owned(),
                _ => text.into_owned(),
            };
            (name.as_str().to_owned(), text)
        })
        .collect()
}

/// Path and query as recorded: nothing in it can be used as a presigned URL.
pub(crate) fn harmless_target(uri: &hyper::Uri) -> String {
    let Some(query) = uri.query() else {
        return uri.path().to_owned();
    };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name @ ("X-Amz-Signature" | "X-Amz-Security-Token"), _)) => format!("{name}=…"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{}?{}", uri.path(), pairs.join("&"))
}

/// The requests so far.
#[derive(Debug, Default)]
pub(crate) struct Record(Mutex<VecDeque<Request>>);

impl Record {
    pub(crate) fn add(&self, request: Request) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == LIMIT {
            all.pop_front();
        }
        all.push_back(request);
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    pub(crate) fn clear(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}
