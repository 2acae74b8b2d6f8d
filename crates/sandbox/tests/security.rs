//! Who may call: signatures, keys, sessions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::time::Duration;

use athena_sandbox::Sandbox;
use support::signer::{SECRET, Signer, borrowed};
use support::*;

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
        let response = Signer {
            service: "athena",
            ..signer
        }
        .athena(&sandbox);
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

fn code(response: &Response) -> (u16, String) {
    (response.status, xml_text(&response.text(), "Code"))
}

#[test]
fn a_signature_for_another_service_is_refused() {
    let sandbox = guarded();
    let refused = Signer::new("s3").athena(&sandbox);
    assert_eq!(refused.json()["__type"], "InvalidSignatureException");
    assert!(refused.text().contains("correct service: 'athena'"));
    let refused = Signer::new("athena").get(&sandbox);
    assert_eq!(code(&refused), (400, "AuthorizationHeaderMalformed".into()));
}

#[test]
fn odd_names_are_signed_as_they_are_sent() {
    let sandbox = guarded();
    let signer = Signer::new("s3");
    for target in [
        "/bucket/a%20b%2Bc",
        "/bucket/%E2%82%AC/x",
        "/bucket/plus+and(brackets)",
        "/bucket?list-type=2&prefix=a%2Fb",
        "/bucket?location=",
    ] {
        let method = if target.contains('?') { "GET" } else { "PUT" };
        // Signed in the canonical form, whatever form is on the wire.
        let canonical = target
            .replace('+', "%2B")
            .replace('(', "%28")
            .replace(')', "%29");
        let host = sandbox.address().to_string();
        let signed = signer.sign(&host, method, &canonical, "UNSIGNED-PAYLOAD");
        let answer = send(&sandbox, method, target, &borrowed(&signed.headers), b"").unwrap();
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
    }
}

#[test]
fn presigned_urls_work_until_they_lapse() {
    let sandbox = guarded();
    let host = sandbox.address().to_string();
    let signer = Signer::new("s3");
    let get = |target: &str| send(&sandbox, "GET", target, &[], b"").unwrap();
    let good = signer.presign(&host, "GET", "/bucket/k", 60);
    assert_eq!(get(&good).text(), "body");
    let recorded = sandbox.requests().pop().unwrap();
    assert!(
        recorded.target.ends_with("X-Amz-Signature=…"),
        "{}",
        recorded.target
    );

    let past = Signer {
        offset: Duration::from_secs(120),
        ..signer
    };
    assert_eq!(
        get(&past.presign(&host, "GET", "/bucket/k", 300)).status,
        200
    );
    let lapsed = get(&past.presign(&host, "GET", "/bucket/k", 60));
    assert_eq!(code(&lapsed), (403, "AccessDenied".into()));
    assert_eq!(xml_text(&lapsed.text(), "Message"), "Request has expired");

    let mismatch = (403, "SignatureDoesNotMatch".to_owned());
    assert_eq!(
        code(&get(&good.replace("/bucket/k?", "/bucket/other?"))),
        mismatch
    );
    assert_eq!(
        code(&get(&good.replace("Expires=60", "Expires=600"))),
        mismatch
    );
    assert_eq!(
        code(&send(&sandbox, "DELETE", &good, &[], b"").unwrap()),
        mismatch
    );
    let wrong = Signer {
        secret: "wrong",
        ..signer
    };
    assert_eq!(
        code(&get(&wrong.presign(&host, "GET", "/bucket/k", 60))),
        mismatch
    );
    for (from, to) in [
        ("X-Amz-Expires=60", "X-Amz-Expires=604801"),
        ("X-Amz-Expires=60", "X-Amz-Expires=x"),
        ("&X-Amz-SignedHeaders=host", ""),
        ("Algorithm=AWS4-HMAC-SHA256", "Algorithm=AWS4"),
    ] {
        assert_eq!(
            code(&get(&good.replace(from, to))),
            (400, "AuthorizationQueryParametersError".into()),
            "{to}"
        );
    }
    let put = signer.presign(&host, "PUT", "/bucket/new", 60);
    assert_eq!(
        send(&sandbox, "PUT", &put, &[], b"new").unwrap().status,
        200
    );
    assert_eq!(sandbox.object("bucket", "new").unwrap(), b"new");
}

/// Uploads `hello world` in two signed chunks; `tamper` may change the body.
fn upload_in_chunks(sandbox: &Sandbox, tamper: fn(String) -> String) -> Response {
    let host = sandbox.address().to_string();
    let payload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
    let mut signed = Signer::new("s3").sign(&host, "PUT", "/bucket/chunked", payload);
    let mut body = String::new();
    for chunk in ["hello ", "world", ""] {
        let signature = signed.chunk(chunk.as_bytes());
        body.push_str(&format!(
            "{:x};chunk-signature={signature}\r\n",
            chunk.len()
        ));
        if !chunk.is_empty() {
            body.push_str(&format!("{chunk}\r\n"));
        }
    }
    let trailer = "x-amz-checksum-crc32:DUoRhQ==";
    let signature = signed.trailers(&format!("{trailer}\n"));
    body.push_str(&format!(
        "{trailer}\r\nx-amz-trailer-signature:{signature}\r\n\r\n"
    ));
    let mut headers = borrowed(&signed.headers);
    headers.push(("x-amz-trailer", "x-amz-checksum-crc32"));
    headers.push(("x-amz-decoded-content-length", "11"));
    send(
        sandbox,
        "PUT",
        "/bucket/chunked",
        &headers,
        tamper(body).as_bytes(),
    )
    .unwrap()
}

#[test]
fn each_chunk_of_a_signed_body_is_verified() {
    let sandbox = guarded();
    let good = upload_in_chunks(&sandbox, |body| body);
    assert_eq!(good.status, 200, "{}", good.text());
    assert_eq!(good.header("x-amz-checksum-crc32"), Some("DUoRhQ=="));
    assert_eq!(sandbox.object("bucket", "chunked").unwrap(), b"hello world");
    sandbox.delete_object("bucket", "chunked").unwrap();
    for tamper in [
        (|body: String| body.replace("world", "World")) as fn(String) -> String,
        |body| body.replace("chunk-signature=", "chunk-signature=0"),
        |body| body.replace("DUoRhQ==", "AAAAAA=="),
        |body| body.replace(";chunk-signature", ";other"),
        |body| body.replace("x-amz-trailer-signature", "x-other"),
    ] {
        let refused = upload_in_chunks(&sandbox, tamper);
        assert_eq!(code(&refused), (403, "SignatureDoesNotMatch".into()));
    }
    assert_eq!(sandbox.keys("bucket").unwrap(), ["k"]);
}
