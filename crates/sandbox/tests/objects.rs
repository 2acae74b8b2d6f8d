//! S3: reading, writing and listing objects.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use athena_sandbox::ServiceName;
use support::*;

#[test]
fn objects_are_read_whole_and_in_ranges() {
    let sandbox = sandbox();
    sandbox.put_object("bucket", "a/b", b"0123456789").unwrap();
    let whole = get_object(&sandbox, "/bucket/a/b", &[]);
    assert_eq!((whole.status, whole.text().as_str()), (200, "0123456789"));
    let part = get_object(&sandbox, "/bucket/a/b", &[("range", "bytes=2-4")]);
    assert_eq!((part.status, part.text().as_str()), (206, "234"));
    assert_eq!(part.header("content-range"), Some("bytes 2-4/10"));
    let beyond = get_object(&sandbox, "/bucket/a/b", &[("range", "bytes=10-")]);
    assert_eq!(beyond.status, 416);
    assert!(beyond.text().contains("<Code>InvalidRange</Code>"));
    let head = s3(&sandbox, "HEAD", "/bucket/a/b", &[], b"");
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("10"))
    );
    assert_eq!(head.header("etag"), whole.header("etag"));
}

#[test]
fn a_large_object_arrives_byte_for_byte() {
    let sandbox = sandbox();
    let bytes: Vec<u8> = (0..5_000_000_u32)
        .map(|index| index.to_le_bytes()[usize::from(index % 3 == 0)])
        .collect();
    sandbox.put_object("bucket", "big", &bytes).unwrap();
    assert!(get_object(&sandbox, "/bucket/big", &[]).body == bytes);
    let part = get_object(
        &sandbox,
        "/bucket/big",
        &[("range", "bytes=1000001-4000000")],
    );
    assert!(part.body == bytes[1_000_001..=4_000_000]);
}

#[test]
fn if_match_refuses_a_replaced_object() {
    let sandbox = sandbox();
    sandbox.put_object("bucket", "k", b"one").unwrap();
    let etag = get_object(&sandbox, "/bucket/k", &[])
        .header("etag")
        .unwrap()
        .to_owned();
    assert_eq!(
        get_object(&sandbox, "/bucket/k", &[("if-match", &etag)]).status,
        200
    );
    assert_eq!(
        get_object(&sandbox, "/bucket/k", &[("if-none-match", &etag)]).status,
        304
    );
    sandbox.put_object("bucket", "k", b"two").unwrap();
    let refused = get_object(&sandbox, "/bucket/k", &[("if-match", &etag)]);
    assert_eq!(refused.status, 412);
    assert!(refused.text().contains("<Code>PreconditionFailed</Code>"));
}

#[test]
fn what_is_not_there_has_its_error() {
    let sandbox = builder().bucket("bucket").start_blocking().unwrap();
    for (target, status, code) in [
        ("/bucket/nope", 404, "NoSuchKey"),
        ("/no-bucket/nope", 404, "NoSuchBucket"),
        ("/Not_A_Bucket/x", 400, "InvalidBucketName"),
        ("/../../etc/passwd", 400, "InvalidBucketName"),
        ("/bucket/..%2f..%2f..%2fetc%2fpasswd", 404, "NoSuchKey"),
        ("/bucket/%ff", 400, "InvalidURI"),
    ] {
        let response = get_object(&sandbox, target, &[]);
        assert_eq!(response.status, status, "{target}");
        assert!(
            response.text().contains(&format!("<Code>{code}</Code>")),
            "{target}: {}",
            response.text()
        );
    }
    let owner = get_object(
        &sandbox,
        "/bucket/nope",
        &[("x-amz-expected-bucket-owner", "999999999999")],
    );
    assert_eq!(owner.status, 403);
}

#[test]
fn objects_are_put_listed_and_deleted() {
    let sandbox = sandbox();
    assert_eq!(s3(&sandbox, "PUT", "/bucket", &[], b"").status, 200);
    for key in ["a/1", "a/2", "b", "c%20d"] {
        assert_eq!(
            s3(&sandbox, "PUT", &format!("/bucket/{key}"), &[], b"body").status,
            200
        );
    }
    let list = s3(
        &sandbox,
        "GET",
        "/bucket?list-type=2&delimiter=%2F&max-keys=2",
        &[],
        b"",
    )
    .text();
    assert!(
        list.contains("<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes>"),
        "{list}"
    );
    assert!(
        list.contains("<Key>b</Key>") && list.contains("<IsTruncated>true</IsTruncated>"),
        "{list}"
    );
    let token = list
        .split("<NextContinuationToken>")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    let token = token.replace('=', "%3D");
    let rest = s3(
        &sandbox,
        "GET",
        &format!("/bucket?list-type=2&delimiter=%2F&continuation-token={token}"),
        &[],
        b"",
    );
    assert!(
        rest.text().contains("<Key>c d</Key>") && !rest.text().contains("<Key>b</Key>"),
        "{}",
        rest.text()
    );
    let body = b"<Delete><Object><Key>a/1</Key></Object><Object><Key>a/2</Key></Object></Delete>";
    assert_eq!(
        s3(&sandbox, "POST", "/bucket?delete", &[], body).status,
        200
    );
    assert_eq!(s3(&sandbox, "DELETE", "/bucket/b", &[], b"").status, 204);
    assert_eq!(sandbox.keys("bucket").unwrap(), ["c d"]);
    assert_eq!(s3(&sandbox, "DELETE", "/bucket", &[], b"").status, 409);
    assert!(
        s3(&sandbox, "GET", "/bucket?location", &[], b"")
            .text()
            .contains("LocationConstraint")
    );
}

#[test]
fn a_body_that_is_not_what_was_signed_is_refused() {
    let sandbox = sandbox();
    s3(&sandbox, "PUT", "/bucket", &[], b"");
    let wrong = "0".repeat(64);
    let response = s3(
        &sandbox,
        "PUT",
        "/bucket/k",
        &[("x-amz-content-sha256", &wrong)],
        b"body",
    );
    assert!(
        response
            .text()
            .contains("<Code>XAmzContentSHA256Mismatch</Code>")
    );
    let streaming = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("content-encoding", "aws-chunked"),
    ];
    let chunked = b"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:26gLsg==\r\n\r\n";
    assert_eq!(
        s3(&sandbox, "PUT", "/bucket/k", &streaming, chunked).status,
        200
    );
    assert_eq!(sandbox.object("bucket", "k").unwrap(), b"body");
    assert_eq!(
        s3(&sandbox, "PUT", "/bucket/cut", &streaming, b"9\r\nbody").status,
        400
    );
    assert_eq!(sandbox.keys("bucket").unwrap(), ["k"]);
}

#[test]
fn requests_are_recorded_without_their_secrets() {
    let sandbox = sandbox();
    let headers = [
        ("x-amz-security-token", "the-secret-token"),
        ("range", "bytes=0-1"),
    ];
    get_object(&sandbox, "/bucket/k?x=1", &headers);
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!(
        (request.service, request.operation.as_str()),
        (ServiceName::S3, "GetObject")
    );
    assert_eq!(request.target, "/bucket/k?x=1");
    assert_eq!(request.header("range"), Some("bytes=0-1"));
    assert!(
        request
            .header("authorization")
            .unwrap()
            .contains("Credential=AKIDANY/")
    );
    assert!(
        !format!("{request:?}").contains("the-secret-token")
            && !format!("{request:?}").contains("Signature=00")
    );
    assert_eq!(sandbox.count("GetObject"), 1);
}

#[test]
fn entity_tags_are_md5s_and_md5s_of_md5s() {
    let sandbox = builder().bucket("bucket").start_blocking().unwrap();
    let tag = |bytes: &[u8]| {
        use md5::{Digest as _, Md5};
        Md5::digest(bytes).to_vec()
    };
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let listed = |key: &str| {
        let list = s3(
            &sandbox,
            "GET",
            &format!("/bucket?list-type=2&prefix={key}"),
            &[],
            b"",
        );
        xml_text(&list.text(), "ETag").replace("&quot;", "\"")
    };
    let got = |key: &str| {
        let head = s3(&sandbox, "HEAD", &format!("/bucket/{key}"), &[], b"");
        head.header("etag").unwrap().to_owned()
    };
    let simple = format!("\"{}\"", hex(&tag(b"some text")));
    s3(&sandbox, "PUT", "/bucket/simple", &[], b"some text");
    assert_eq!(
        (got("simple"), listed("simple")),
        (simple.clone(), simple.clone())
    );
    sandbox
        .put_object("bucket", "direct", b"some text")
        .unwrap();
    assert_eq!(got("direct"), simple);

    let first = vec![7; 5 << 20];
    let second = b"the rest";
    let begun = s3(&sandbox, "POST", "/bucket/k?uploads", &[], b"");
    let id = xml_text(&begun.text(), "UploadId");
    let part = |number: usize, body: &[u8]| {
        let target = format!("/bucket/k?partNumber={number}&uploadId={id}");
        let answer = s3(&sandbox, "PUT", &target, &[], body);
        answer.header("etag").unwrap().to_owned()
    };
    let (one, two) = (part(1, &first), part(2, second));
    assert_eq!(one, format!("\"{}\"", hex(&tag(&first))));
    let parts = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{one}</ETag></Part><Part><PartNumber>2</PartNumber><ETag>{two}</ETag></Part></CompleteMultipartUpload>"
    );
    let target = format!("/bucket/k?uploadId={id}");
    assert_eq!(
        s3(&sandbox, "POST", &target, &[], parts.as_bytes()).status,
        200
    );
    let digests = [tag(&first), tag(second)].concat();
    let joined = format!("\"{}-2\"", hex(&tag(&digests)));
    assert_eq!((got("k"), listed("k")), (joined.clone(), joined));
    // A copy is one piece again; what a key of its own encrypts has no MD5.
    s3(
        &sandbox,
        "PUT",
        "/bucket/copy",
        &[("x-amz-copy-source", "/bucket/k")],
        b"",
    );
    let whole = [first.as_slice(), second].concat();
    assert_eq!(got("copy"), format!("\"{}\"", hex(&tag(&whole))));
    let kms = [("x-amz-server-side-encryption", "aws:kms")];
    s3(&sandbox, "PUT", "/bucket/secret", &kms, b"some text");
    assert_ne!(got("secret"), simple);
}
