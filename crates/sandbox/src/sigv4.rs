//! Signature version 4: which keys exist, and whether a request was signed with one.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use hyper::http::request::Parts;
use sha2::{Digest, Sha256};

use crate::clock::parse_amz_date;

/// A caller's clock may be this much off.
const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// Why a request is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// No Authorization header.
    Missing,
    /// An Authorization header without its parts.
    Incomplete(&'static str),
    /// No such key.
    UnknownKey(String),
    /// The key belongs to a session, and the token is not that session's.
    InvalidToken,
    /// The session is over.
    ExpiredToken,
    /// Signed too long ago, or in the future.
    Skewed,
    /// Signed with another secret, or changed since.
    Mismatch,
}

/// A key pair; temporary ones have a token and an end.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) secret: String,
    pub(crate) session: Option<(String, SystemTime)>,
    /// Who calls with this key.
    pub(crate) arn: String,
}

/// The keys there are.
#[derive(Default)]
pub(crate) struct Keys {
    /// When false, any key is accepted and no signature is verified.
    pub(crate) restricted: bool,
    known: Mutex<HashMap<String, Key>>,
}

/// Who signed a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) access_key_id: String,
    pub(crate) arn: String,
}

/// What the signature says about the body.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload<'a> {
    /// These bytes were signed.
    Bytes(&'a [u8]),
    /// The value of `x-amz-content-sha256` was signed.
    Declared,
}

impl Keys {
    pub(crate) fn add(&self, id: &str, key: Key) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.to_owned(), key);
    }

    fn get(&self, id: &str) -> Option<Key> {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(id)
            .cloned()
    }

    /// Finds out who signed the request, and verifies the signature if keys are restricted.
    pub(crate) fn check(
        &self,
        parts: &Parts,
        payload: Payload<'_>,
        now: SystemTime,
    ) -> Result<Caller, AuthError> {
        let header = text(&parts.headers, "authorization").ok_or(AuthError::Missing)?;
        let authorization = Authorization::parse(header)?;
        let id = authorization.access_key_id;
        let key = self.get(id);
        if let Some(Key {
            session: Some((token, ends)),
            ..
        }) = &key
        {
            if text(&parts.headers, "x-amz-security-token") != Some(token) {
                return Err(AuthError::InvalidToken);
            }
            if *ends <= now {
                return Err(AuthError::ExpiredToken);
            }
        }
        if self.restricted {
            let key = key
                .as_ref()
                .ok_or_else(|| AuthError::UnknownKey(id.to_owned()))?;
            verify(parts, payload, &authorization, &key.secret, now)?;
        }
        Ok(Caller {
            access_key_id: id.to_owned(),
            arn: key.map_or_else(
                || format!("arn:aws:iam::{}:user/sandbox", crate::service::ACCOUNT),
                |key| key.arn,
            ),
        })
    }
}

/// The parts of an Authorization header.
struct Authorization<'a> {
    access_key_id: &'a str,
    /// Date, region, service, terminator.
    scope: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(header: &'a str) -> Result<Self, AuthError> {
        let fields = header
            .strip_prefix("AWS4-HMAC-SHA256")
            .ok_or(AuthError::Incomplete(
                "Authorization header requires the algorithm 'AWS4-HMAC-SHA256'.",
            ))?;
        let field = |name: &str| {
            fields
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
                .filter(|v| !v.is_empty())
        };
        let credential = field("Credential").ok_or(AuthError::Incomplete(
            "Authorization header requires 'Credential' parameter.",
        ))?;
        let (access_key_id, scope) = credential
            .split_once('/')
            .filter(|(id, scope)| !id.is_empty() && scope.split('/').count() == 4)
            .ok_or(AuthError::Incomplete(
                "Credential must have exactly 5 slash-delimited elements.",
            ))?;
        Ok(Self {
            access_key_id,
            scope,
            signed_headers: field("SignedHeaders").ok_or(AuthError::Incomplete(
                "Authorization header requires 'SignedHeaders' parameter.",
            ))?,
            signature: field("Signature").ok_or(AuthError::Incomplete(
                "Authorization header requires 'Signature' parameter.",
            ))?,
        })
    }
}

fn verify(
    parts: &Parts,
    payload: Payload<'_>,
    authorization: &Authorization<'_>,
    secret: &str,
    now: SystemTime,
) -> Result<(), AuthError> {
    let date = text(&parts.headers, "x-amz-date").ok_or(AuthError::Incomplete(
        "Authorization header requires existence of a 'X-Amz-Date' header.",
    ))?;
    let signed_at =
        parse_amz_date(date).ok_or(AuthError::Incomplete("X-Amz-Date is not a date."))?;
    let skew = now
        .duration_since(signed_at)
        .unwrap_or_else(|error| error.duration());
    if skew > MAX_SKEW {
        return Err(AuthError::Skewed);
    }
    if !authorization
        .signed_headers
        .split(';')
        .any(|name| name == "host")
    {
        return Err(AuthError::Incomplete(
            "'Host' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    let payload_hash = match payload {
        Payload::Bytes(bytes) => hex(&Sha256::digest(bytes)),
        Payload::Declared => text(&parts.headers, "x-amz-content-sha256")
            .ok_or(AuthError::Incomplete(
                "Missing required header for this request: x-amz-content-sha256",
            ))?
            .to_owned(),
    };
    let canonical = canonical_request(parts, authorization.signed_headers, &payload_hash);
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{}\n{}",
        authorization.scope,
        hex(&Sha256::digest(canonical.as_bytes()))
    );
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in authorization.scope.split('/') {
        key = hmac(&key, part.as_bytes());
    }
    // Both sides are digests, so the time of the comparison tells nothing about the key.
    if hex(&hmac(&key, to_sign.as_bytes())) == authorization.signature {
        Ok(())
    } else {
        Err(AuthError::Mismatch)
    }
}

fn canonical_request(parts: &Parts, signed_headers: &str, payload_hash: &str) -> String {
    let mut query: Vec<String> = parts
        .uri
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            if pair.contains('=') {
                pair.to_owned()
            } else {
                format!("{pair}=")
            }
        })
        .collect();
    query.sort_by(|left, right| left.split_once('=').cmp(&right.split_once('=')));
    let mut canonical = format!(
        "{}\n{}\n{}\n",
        parts.method,
        parts.uri.path(),
        query.join("&")
    );
    for name in signed_headers.split(';') {
        let values: Vec<String> = parts
            .headers
            .get_all(name)
            .iter()
            .map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes());
                text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect();
        canonical.push_str(&format!("{name}:{}\n", values.join(",")));
    }
    canonical.push_str(&format!("\n{signed_headers}\n{payload_hash}"));
    canonical
}

fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    match Hmac::<Sha256>::new_from_slice(key) {
        Ok(mut mac) => {
            mac.update(message);
            mac.finalize().into_bytes().to_vec()
        }
        // HMAC takes keys of any length; without a digest nothing can match.
        Err(_) => Vec::new(),
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const SIGNATURE: &str = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";

    /// The `get-vanilla-query-order-key-case` case of Amazon's published test suite.
    fn parts(signature: &str) -> Parts {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let request = Request::get("/?Param2=value2&Param1=value1")
            .header("host", "example.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .header("authorization", authorization)
            .body(())
            .unwrap();
        request.into_parts().0
    }

    fn keys(secret: &str) -> Keys {
        let keys = Keys {
            restricted: true,
            ..Keys::default()
        };
        keys.add(
            "AKIDEXAMPLE",
            Key {
                secret: secret.into(),
                session: None,
                arn: "arn".into(),
            },
        );
        keys
    }

    fn check(keys: &Keys, parts: &Parts, date: &str) -> Result<Caller, AuthError> {
        keys.check(parts, Payload::Bytes(b""), parse_amz_date(date).unwrap())
    }

    #[test]
    fn the_published_example_verifies() {
        let caller = check(&keys(SECRET), &parts(SIGNATURE), "20150830T124000Z").unwrap();
        assert_eq!(caller.access_key_id, "AKIDEXAMPLE");
    }

    #[test]
    fn anything_else_is_refused() {
        let at = "20150830T123600Z";
        assert_eq!(
            check(&keys("other"), &parts(SIGNATURE), at),
            Err(AuthError::Mismatch)
        );
        assert_eq!(
            check(&keys(SECRET), &parts(&SIGNATURE.replace('b', "c")), at),
            Err(AuthError::Mismatch)
        );
        assert_eq!(
            check(&keys(SECRET), &parts(SIGNATURE), "20150830T130000Z"),
            Err(AuthError::Skewed)
        );
        let nobody = Keys {
            restricted: true,
            ..Keys::default()
        };
        assert_eq!(
            check(&nobody, &parts(SIGNATURE), at),
            Err(AuthError::UnknownKey("AKIDEXAMPLE".into()))
        );
        let mut bare = parts(SIGNATURE);
        bare.headers.remove("authorization");
        assert_eq!(check(&Keys::default(), &bare, at), Err(AuthError::Missing));
    }

    #[test]
    fn sessions_need_their_token_and_end() {
        let keys = Keys::default();
        let ends = parse_amz_date("20150830T130000Z").unwrap();
        let session = Some(("token".to_owned(), ends));
        keys.add(
            "AKIDEXAMPLE",
            Key {
                secret: SECRET.into(),
                session,
                arn: "arn".into(),
            },
        );
        let mut parts = parts(SIGNATURE);
        assert_eq!(
            check(&keys, &parts, "20150830T123600Z"),
            Err(AuthError::InvalidToken)
        );
        parts
            .headers
            .insert("x-amz-security-token", "token".parse().unwrap());
        assert!(check(&keys, &parts, "20150830T123600Z").is_ok());
        assert_eq!(
            check(&keys, &parts, "20150830T130000Z"),
            Err(AuthError::ExpiredToken)
        );
    }
}
