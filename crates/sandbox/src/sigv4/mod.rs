//! Signature version 4: which keys exist, and whether a request was signed with one.

mod chunks;
mod claim;
mod signature;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hyper::http::request::Parts;
use sha2::{Digest, Sha256};

pub(crate) use chunks::ChunkChain;
use claim::{Claim, text};
pub(crate) use signature::hex;
use signature::{hmac, signing_key, string_to_sign};

use crate::clock::parse_amz_date;
use crate::policy::Policy;

/// A caller's clock may be this much off.
const MAX_SKEW: Duration = Duration::from_secs(15 * 60);

/// Why a request is not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AuthError {
    /// No Authorization header, and no presigned URL.
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
    /// A presigned URL whose parameters do not make sense.
    BadQuery(&'static str),
    /// A presigned URL whose time is over.
    Lapsed,
    /// Signed for another service.
    WrongService {
        /// The service in the credential's scope.
        named: String,
        /// The service that was called.
        wanted: &'static str,
    },
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
    /// Of sessions: what their maker left them of the rights.
    pub(crate) policy: Option<Arc<Policy>>,
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
    /// The region the request was signed for.
    pub(crate) region: String,
    /// Of sessions: what their maker left them of the rights.
    pub(crate) policy: Option<Arc<Policy>>,
    /// Where signatures are verified: how those of a chunked body start.
    pub(crate) chunks: Option<ChunkChain>,
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

    /// Ends all sessions now.
    pub(crate) fn expire_sessions(&self, now: SystemTime) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, ends) in known.values_mut().filter_map(|key| key.session.as_mut()) {
            *ends = (*ends).min(now);
        }
    }

    /// Finds out who signed the request, and verifies the signature if keys are restricted.
    pub(crate) fn check(
        &self,
        parts: &Parts,
        service: &'static str,
        payload: Payload<'_>,
        now: SystemTime,
    ) -> Result<Caller, AuthError> {
        let claim = Claim::of(parts)?;
        let key = self.get(&claim.access_key_id);
        if let Some((token, ends)) = key.as_ref().and_then(|key| key.session.as_ref()) {
            if claim.session_token.as_ref() != Some(token) {
                return Err(AuthError::InvalidToken);
            }
            if *ends <= now {
                return Err(AuthError::ExpiredToken);
            }
        }
        check_lifetime(&claim, now)?;
        let mut chunks = None;
        if self.restricted {
            let key = key
                .as_ref()
                .ok_or_else(|| AuthError::UnknownKey(claim.access_key_id.clone()))?;
            chunks = Some(verify(parts, service, payload, &claim, &key.secret, now)?);
        }
        let region = claim.scope.split('/').nth(1).unwrap_or("us-east-1");
        let (arn, policy) = key.map_or_else(
            || {
                let account = crate::service::ACCOUNT;
                (format!("arn:aws:iam::{account}:user/sandbox"), None)
            },
            |key| (key.arn, key.policy),
        );
        Ok(Caller {
            region: region.to_owned(),
            access_key_id: claim.access_key_id,
            arn,
            policy,
            chunks,
        })
    }
}

/// Presigned URLs live for a time of their own, whether or not signatures are verified.
fn check_lifetime(claim: &Claim, now: SystemTime) -> Result<(), AuthError> {
    let Some(seconds) = claim.expires else {
        return Ok(());
    };
    let signed_at = claim
        .date
        .as_deref()
        .and_then(parse_amz_date)
        .ok_or(AuthError::BadQuery(
            "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"",
        ))?;
    if signed_at > now + MAX_SKEW {
        return Err(AuthError::BadQuery("Request is not yet valid"));
    }
    if signed_at + Duration::from_secs(seconds) < now {
        return Err(AuthError::Lapsed);
    }
    Ok(())
}

/// Verifies the signature; answers the start of the chain that a chunked body goes on with.
fn verify(
    parts: &Parts,
    service: &'static str,
    payload: Payload<'_>,
    claim: &Claim,
    secret: &str,
    now: SystemTime,
) -> Result<ChunkChain, AuthError> {
    let date = claim.date.as_deref().ok_or(AuthError::Incomplete(
        "Authorization header requires existence of a 'X-Amz-Date' header.",
    ))?;
    let signed_at =
        parse_amz_date(date).ok_or(AuthError::Incomplete("X-Amz-Date is not a date."))?;
    let skew = now
        .duration_since(signed_at)
        .unwrap_or_else(|error| error.duration());
    if claim.expires.is_none() && skew > MAX_SKEW {
        return Err(AuthError::Skewed);
    }
    let mut scope = claim.scope.split('/');
    if scope.next() != date.get(..8) {
        return Err(AuthError::Incomplete(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP",
        ));
    }
    let named = scope.nth(1).unwrap_or_default();
    if named != service {
        return Err(AuthError::WrongService {
            named: named.to_owned(),
            wanted: service,
        });
    }
    if scope.next() != Some("aws4_request") {
        return Err(AuthError::Incomplete(
            "Credential should be scoped with a valid terminator: 'aws4_request'.",
        ));
    }
    if !claim.signed_headers.split(';').any(|name| name == "host") {
        return Err(AuthError::Incomplete(
            "'Host' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    let payload_hash = match (payload, text(&parts.headers, "x-amz-content-sha256")) {
        (Payload::Bytes(bytes), _) => hex(&Sha256::digest(bytes)),
        (Payload::Declared, Some(declared)) => declared.to_owned(),
        (Payload::Declared, None) if claim.expires.is_some() => "UNSIGNED-PAYLOAD".to_owned(),
        (Payload::Declared, None) => {
            return Err(AuthError::Incomplete(
                "Missing required header for this request: x-amz-content-sha256",
            ));
        }
    };
    let key = signing_key(secret, &claim.scope);
    let to_sign = string_to_sign(parts, claim, date, &payload_hash);
    // Both sides are digests, so the time of the comparison tells nothing about the key.
    if hex(&hmac(&key, to_sign.as_bytes())) != claim.signature {
        return Err(AuthError::Mismatch);
    }
    Ok(ChunkChain {
        key,
        date: date.to_owned(),
        scope: claim.scope.clone(),
        previous: claim.signature.clone(),
    })
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
                policy: None,
            },
        );
        keys
    }

    fn check(keys: &Keys, parts: &Parts, date: &str) -> Result<Caller, AuthError> {
        keys.check(
            parts,
            "service",
            Payload::Bytes(b""),
            parse_amz_date(date).unwrap(),
        )
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
        let at_s3 = keys(SECRET).check(
            &parts(SIGNATURE),
            "s3",
            Payload::Bytes(b""),
            parse_amz_date(at).unwrap(),
        );
        assert_eq!(
            at_s3,
            Err(AuthError::WrongService {
                named: "service".into(),
                wanted: "s3"
            })
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
                policy: None,
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
