//! Who may call: signatures, keys, sessions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::time::{Duration, SystemTime};

use athena_sandbox::Sandbox;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use support::*;

const SECRET: &str = "a-secret-for-tests";

struct Signer<'a> {
    id: &'a str,
    secret: &'a str,
    session: Option<&'a str>,
    service: &'a str,
    offset: Duration,
}

impl<'a> Signer<'a> {
    fn new(service: &'a str) -> Self {
        Self {
            id: "AKIATEST",
            secret: SECRET,
            session: None,
            service,
            offset: Duration::ZERO,
        }
    }

    fn headers(
        &self,
        host: &str,
        method: &str,
        path: &str,
        payload: &str,
    ) -> Vec<(String, String)> {
        let time = httpdate::HttpDate::from(SystemTime::now() - self.offset);
        let date = amz_date(time.into());
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
        let canonical = format!("{method}\n{path}\n\n{lines}\n{names}\n{payload}");
        let scope = format!("{}/us-east-1/{}/aws4_request", &date[..8], self.service);
        let to_sign = format!(
            "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
            hex(&Sha256::digest(canonical))
        );
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in scope.split('/').chain([to_sign.as_str()]) {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(part.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        headers.remove(0);
        let value = format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            self.id,
            hex(&key)
        );
        headers.push(("authorization".to_owned(), value));
        headers
    }

    fn athena(&self, sandbox: &Sandbox) -> Response {
        let host = sandbox.address().to_string();
        let mut headers = self.headers(&host, "POST", "/", &hex(&Sha256::digest("{}")));
        headers.push((
            "content-type".to_owned(),
            "application/x-amz-json-1.1".to_owned(),
        ));
        headers.push((
            "x-amz-target".to_owned(),
            "AmazonAthena.ListWorkGroups".to_owned(),
        ));
        send(sandbox, "POST", "/", &borrowed(&headers), b"{}").unwrap()
    }

    fn get(&self, sandbox: &Sandbox) -> Response {
        let host = sandbox.address().to_string();
        let headers = self.headers(&host, "GET", "/bucket/k", "UNSIGNED-PAYLOAD");
        send(sandbox, "GET", "/bucket/k", &borrowed(&headers), b"").unwrap()
    }
}

fn borrowed(headers: &[(String, String)]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

fn hex(bytes: &[u8]) -> String {
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

fn guarded() -> Sandbox {
    let sandbox = builder()
        .credentials("AKIATEST", SECRET)
        .start_blocking()
        .unwrap();
    sandbox.put_object("bucket", "k", b"body").unwrap();
    sandbox
}

#[test]
fn signed_requests_are_accepted() {
    let sandbox = guarded();
    assert_eq!(Signer::new("athena").athena(&sandbox).status, 200);
    let object = Signer::new("s3").get(&sandbox);
    assert_eq!((object.status, object.text().as_str()), (200, "body"));
}

#[test]
fn wrong_keys_and_old_signatures_are_refused() {
    let sandbox = guarded();
    let late = Duration::from_secs(3600);
    for (signer, athena, s3) in [
        (
            Signer {
                secret: "wrong",
                ..Signer::new("s3")
            },
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
        ),
        (
            Signer {
                id: "AKIAOTHER",
                ..Signer::new("s3")
            },
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
        ),
        (
            Signer {
                offset: late,
                ..Signer::new("s3")
            },
            "InvalidSignatureException",
            "RequestTimeTooSkewed",
        ),
    ] {
        let response = signer.athena(&sandbox);
        assert_eq!(
            (response.status, response.json()["__type"].as_str()),
            (403, Some(athena))
        );
        let response = signer.get(&sandbox);
        assert_eq!(response.status, 403);
        assert!(
            response.text().contains(&format!("<Code>{s3}</Code>")),
            "{}",
            response.text()
        );
    }
}

#[test]
fn unsigned_requests_are_refused_even_without_known_keys() {
    let sandbox = sandbox();
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", "AmazonAthena.ListWorkGroups"),
    ];
    let response = send(&sandbox, "POST", "/", &headers, b"{}").unwrap();
    assert_eq!(
        response.json()["__type"],
        "MissingAuthenticationTokenException"
    );
    let response = send(&sandbox, "GET", "/bucket/k", &[], b"").unwrap();
    assert!(response.text().contains("<Code>AccessDenied</Code>"));
}

#[test]
fn an_assumed_role_signs_with_its_session() {
    let sandbox = guarded();
    let form = b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fr\
                 &RoleSessionName=me&WebIdentityToken=t";
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = send(&sandbox, "POST", "/", &headers, form).unwrap().text();
    let part = |name: &str| {
        let after = answer
            .split(&format!("<{name}>"))
            .nth(1)
            .unwrap_or_else(|| panic!("{answer}"));
        after.split('<').next().unwrap().to_owned()
    };
    assert_eq!(part("Arn"), "arn:aws:sts::123456789012:assumed-role/r/me");
    let (id, secret, session) = (
        part("AccessKeyId"),
        part("SecretAccessKey"),
        part("SessionToken"),
    );
    let signer = Signer {
        id: &id,
        secret: &secret,
        session: Some(&session),
        ..Signer::new("athena")
    };
    assert_eq!(signer.athena(&sandbox).status, 200);
    let without = Signer {
        session: None,
        ..signer
    };
    assert_eq!(
        without.athena(&sandbox).json()["__type"],
        "UnrecognizedClientException"
    );
}

#[test]
fn only_loopback_addresses_are_served() {
    let error = Sandbox::builder()
        .listen("0.0.0.0:0".parse().unwrap())
        .start_blocking()
        .err()
        .unwrap();
    assert!(error.to_string().contains("loopback"), "{error}");
}

#[test]
fn the_temporary_folder_goes_with_the_sandbox() {
    let folders = || {
        std::fs::read_dir(std::env::temp_dir())
            .unwrap()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.starts_with("athena-sandbox-"))
            .collect::<std::collections::HashSet<_>>()
    };
    let sandbox = sandbox();
    sandbox.put_object("my-only-bucket", "k", b"x").unwrap();
    let mine: Vec<String> = folders()
        .into_iter()
        .filter(|name| {
            std::env::temp_dir()
                .join(name)
                .join("buckets/my-only-bucket")
                .exists()
        })
        .collect();
    assert_eq!(mine.len(), 1);
    drop(sandbox);
    assert!(!folders().contains(&mine[0]));
}
