//! Signature version 4, as a client makes it.

use std::time::{Duration, SystemTime};

use athena_sandbox::Sandbox;
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};

use super::{Response, send};

pub const ID: &str = "AKIATEST";
pub const SECRET: &str = "a-secret-for-tests";

/// Whose keys sign for which service, and when.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    pub id: &'a str,
    pub secret: &'a str,
    pub session: Option<&'a str>,
    pub service: &'a str,
    pub offset: Duration,
}

/// A signed request: its headers, and what a chunked body goes on with.
pub struct Signed {
    pub headers: Vec<(String, String)>,
    pub key: Vec<u8>,
    pub date: String,
    pub scope: String,
    pub signature: String,
}

impl<'a> Signer<'a> {
    pub fn new(service: &'a str) -> Self {
        Self {
            id: ID,
            secret: SECRET,
            session: None,
            service,
            offset: Duration::ZERO,
        }
    }

    fn date(&self) -> String {
        amz_date(SystemTime::now() - self.offset)
    }

    fn key(&self, scope: &str) -> Vec<u8> {
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in scope.split('/') {
            key = hmac(&key, part);
        }
        key
    }

    /// Signs a request. `target` has no query, or one that is in order and encoded.
    pub fn sign(&self, host: &str, method: &str, target: &str, payload: &str) -> Signed {
        let date = self.date();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut headers = vec![
            ("host".to_owned(), host.to_owned()),
            ("x-amz-content-sha256".to_owned(), payload.to_owned()),
            ("x-amz-date".to_owned(), date.clone()),
        ];
        if let Some(token) = self.session {
            headers.push(("x-amz-security-token".to_owned(), token.to_owned()));
        }
        let names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(";");
        let lines: String = headers
            .iter()
            .map(|(name, value)| format!("{name}:{value}\n"))
            .collect();
        let canonical = format!("{method}\n{path}\n{query}\n{lines}\n{names}\n{payload}");
        let scope = format!("{}/us-east-1/{}/aws4_request", &date[..8], self.service);
        let key = self.key(&scope);
        let signature = signature(&key, &date, &scope, &canonical);
        headers.push((
            "authorization".to_owned(),
            format!(
                "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}",
                self.id
            ),
        ));
        Signed {
            headers,
            key,
            date,
            scope,
            signature,
        }
    }

    /// A presigned URL without its host.
    pub fn presign(&self, host: &str, method: &str, path: &str, seconds: u64) -> String {
        let date = self.date();
        let scope = format!("{}/us-east-1/s3/aws4_request", &date[..8]);
        let encode = |text: &str| {
            let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            encoded.replace("%2D", "-").replace("%5F", "_")
        };
        let mut query = format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Date={date}&X-Amz-Expires={seconds}",
            encode(&format!("{}/{scope}", self.id)),
        );
        if let Some(token) = self.session {
            query.push_str(&format!("&X-Amz-Security-Token={}", encode(token)));
        }
        query.push_str("&X-Amz-SignedHeaders=host");
        let canonical = format!("{method}\n{path}\n{query}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD");
        let signature = signature(&self.key(&scope), &date, &scope, &canonical);
        format!("{path}?{query}&X-Amz-Signature={signature}")
    }

    /// Calls an operation of Athena or Glue.
    pub fn json(&self, sandbox: &Sandbox, target: &str, body: &str) -> Response {
        let host = sandbox.address().to_string();
        let signed = self.sign(&host, "POST", "/", &hex(&Sha256::digest(body)));
        let mut headers = signed.headers;
        headers.push((
            "content-type".to_owned(),
            "application/x-amz-json-1.1".to_owned(),
        ));
        headers.push(("x-amz-target".to_owned(), target.to_owned()));
        send(sandbox, "POST", "/", &borrowed(&headers), body.as_bytes()).unwrap()
    }

    pub fn athena(&self, sandbox: &Sandbox) -> Response {
        self.json(sandbox, "AmazonAthena.ListWorkGroups", "{}")
    }

    /// Calls an operation of STS.
    pub fn sts(&self, sandbox: &Sandbox, form: &str) -> Response {
        let host = sandbox.address().to_string();
        let signed = self.sign(&host, "POST", "/", &hex(&Sha256::digest(form)));
        let mut headers = signed.headers;
        headers.push((
            "content-type".to_owned(),
            "application/x-www-form-urlencoded".to_owned(),
        ));
        send(sandbox, "POST", "/", &borrowed(&headers), form.as_bytes()).unwrap()
    }

    pub fn get(&self, sandbox: &Sandbox) -> Response {
        self.s3(sandbox, "GET", "/bucket/k", b"")
    }

    pub fn s3(&self, sandbox: &Sandbox, method: &str, target: &str, body: &[u8]) -> Response {
        let host = sandbox.address().to_string();
        let signed = self.sign(&host, method, target, "UNSIGNED-PAYLOAD");
        send(sandbox, method, target, &borrowed(&signed.headers), body).unwrap()
    }
}

fn signature(key: &[u8], date: &str, scope: &str, canonical: &str) -> String {
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hex(&Sha256::digest(canonical))
    );
    hex(&hmac(key, &to_sign))
}

impl Signed {
    /// The signature of the next chunk, whose data this is.
    pub fn chunk(&mut self, data: &[u8]) -> String {
        let to_sign = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
            self.date,
            self.scope,
            self.signature,
            hex(&Sha256::digest(b"")),
            hex(&Sha256::digest(data))
        );
        self.signature = hex(&hmac(&self.key, &to_sign));
        self.signature.clone()
    }

    /// The signature of the trailers.
    pub fn trailers(&mut self, lines: &str) -> String {
        let to_sign = format!(
            "AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}",
            self.date,
            self.scope,
            self.signature,
            hex(&Sha256::digest(lines))
        );
        hex(&hmac(&self.key, &to_sign))
    }
}

pub fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// From `Sun, 06 Nov 1994 08:49:37 GMT` to `19941106T084937Z`.
fn amz_date(time: SystemTime) -> String {
    let text = httpdate::fmt_http_date(time);
    let month = "JanFebMarAprMayJunJulAugSepOctNovDec"
        .find(&text[8..11])
        .unwrap()
        / 3
        + 1;
    format!(
        "{}{month:02}{}T{}Z",
        &text[12..16],
        &text[5..7],
        text[17..25].replace(':', "")
    )
}
