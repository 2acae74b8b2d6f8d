//! The arithmetic of signature version 4.

use hmac::{Hmac, KeyInit, Mac};
use hyper::http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::claim::Claim;

/// What the canonical form encodes in names and values of the query.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
/// What it encodes in the path.
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// The key that signs, for one scope.
pub(super) fn signing_key(secret: &str, scope: &str) -> Vec<u8> {
    let mut key = format!("AWS4{secret}").into_bytes();
    for part in scope.split('/') {
        key = hmac(&key, part.as_bytes());
    }
    key
}

/// The text whose HMAC is the signature of a request.
pub(super) fn string_to_sign(parts: &Parts, claim: &Claim, date: &str, payload: &str) -> String {
    let canonical = canonical_request(parts, &claim.signed_headers, payload);
    format!(
        "AWS4-HMAC-SHA256\n{date}\n{}\n{}",
        claim.scope,
        hex(&Sha256::digest(canonical.as_bytes()))
    )
}

fn canonical_request(parts: &Parts, signed_headers: &str, payload_hash: &str) -> String {
    let encode = |text: &str, set| {
        // What is no UTF-8 cannot have been signed as such, and is left as it came.
        match percent_decode_str(text).decode_utf8() {
            Ok(decoded) => utf8_percent_encode(&decoded, set).to_string(),
            Err(_) => text.to_owned(),
        }
    };
    let mut query: Vec<(String, String)> = parts
        .uri
        .query()
        .unwrap_or("")
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| (encode(name, QUERY), encode(value, QUERY)))
        .collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut canonical = format!(
        "{}\n{}\n{}\n",
        parts.method,
        encode(parts.uri.path(), PATH),
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

pub(super) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
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
