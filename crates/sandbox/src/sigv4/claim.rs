//! What a request claims about its signature: in the Authorization header, or in the query of
//! a presigned URL.

use hyper::HeaderMap;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;

use super::AuthError;

/// A claim, not verified yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) access_key_id: String,
    /// Date, region, service, terminator.
    pub(super) scope: String,
    pub(super) signed_headers: String,
    pub(super) signature: String,
    /// `20260102T030405Z`, if given.
    pub(super) date: Option<String>,
    pub(super) session_token: Option<String>,
    /// Of presigned URLs: how many seconds they live.
    pub(super) expires: Option<u64>,
}

impl Claim {
    /// Reads the claim of a request.
    pub(super) fn of(parts: &Parts) -> Result<Self, AuthError> {
        if let Some(header) = text(&parts.headers, "authorization") {
            let mut claim = Self::of_header(header)?;
            claim.date = text(&parts.headers, "x-amz-date").map(str::to_owned);
            claim.session_token = text(&parts.headers, "x-amz-security-token").map(str::to_owned);
            return Ok(claim);
        }
        let query = parts.uri.query().unwrap_or("");
        if query_value(query, "X-Amz-Algorithm").is_some() {
            return Self::of_query(query);
        }
        Err(AuthError::Missing)
    }

    fn of_header(header: &str) -> Result<Self, AuthError> {
        let fields = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .ok_or(AuthError::Incomplete(
                "Authorization header requires the algorithm 'AWS4-HMAC-SHA256'.",
            ))?;
        let field = |name: &str, missing| {
            fields
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
                .filter(|value| !value.is_empty())
                .ok_or(AuthError::Incomplete(missing))
        };
        let credential = field(
            "Credential",
            "Authorization header requires 'Credential' parameter.",
        )?;
        let (access_key_id, scope) = split_credential(credential)?;
        Ok(Self {
            access_key_id,
            scope,
            signed_headers: field(
                "SignedHeaders",
                "Authorization header requires 'SignedHeaders' parameter.",
            )?
            .to_owned(),
            signature: field(
                "Signature",
                "Authorization header requires 'Signature' parameter.",
            )?
            .to_owned(),
            ..Self::default()
        })
    }

    fn of_query(query: &str) -> Result<Self, AuthError> {
        let field = |name: &str| {
            query_value(query, name)
                .filter(|value| !value.is_empty())
                .ok_or(AuthError::BadQuery(
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, \
                     X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
                ))
        };
        if field("X-Amz-Algorithm")? != "AWS4-HMAC-SHA256" {
            return Err(AuthError::BadQuery(
                "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"",
            ));
        }
        let (access_key_id, scope) = split_credential(&field("X-Amz-Credential")?)?;
        let expires = match field("X-Amz-Expires")?.parse::<u64>() {
            Ok(seconds) if seconds <= 604_800 => seconds,
            Ok(_) => {
                return Err(AuthError::BadQuery(
                    "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less \
                     than 604800 seconds",
                ));
            }
            Err(_) => return Err(AuthError::BadQuery("X-Amz-Expires should be a number")),
        };
        Ok(Self {
            access_key_id,
            scope,
            signed_headers: field("X-Amz-SignedHeaders")?,
            signature: field("X-Amz-Signature")?,
            date: Some(field("X-Amz-Date")?),
            session_token: query_value(query, "X-Amz-Security-Token"),
            expires: Some(expires),
        })
    }
}

fn split_credential(credential: &str) -> Result<(String, String), AuthError> {
    credential
        .split_once('/')
        .filter(|(id, scope)| !id.is_empty() && scope.split('/').count() == 4)
        .map(|(id, scope)| (id.to_owned(), scope.to_owned()))
        .ok_or(AuthError::Incomplete(
            "Credential must have exactly 5 slash-delimited elements.",
        ))
}

fn query_value(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key == name).then_some(value)
    })?;
    let decoded = percent_decode_str(value).decode_utf8().ok()?;
    Some(decoded.into_owned())
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
