//! S3: uploads, in one piece and in parts, checksums, copies, conditions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use athena_sandbox::Sandbox;
use support::*;

const MIB: usize = 1 << 20;

fn with_bucket() -> Sandbox {
    builder().bucket("bucket").start_blocking().unwrap()
}

fn begin(sandbox: &Sandbox, headers: &[(&str, &str)]) -> String {
    let answer = s3(sandbox, "POST", "/bucket/k?uploads", headers, b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    xml_text(&answer.text(), "UploadId")
}

/// Uploads a part; answers its entity tag.
fn part(sandbox: &Sandbox, id: &str, number: usize, body: &[u8]) -> String {
    let target = format!("/bucket/k?partNumber={number}&uploadId={id}");
    let answer = s3(sandbox, "PUT", &target, &[], body);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.header("etag").unwrap().to_owned()
}

fn complete(sandbox: &Sandbox, id: &str, parts: &[(usize, &str)]) -> Response {
    let parts: String = parts
        .iter()
        .map(|(number, etag)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        })
        .collect();
    let body = format!(
        "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
    );
    let target = format!("/bucket/k?uploadId={id}");
    s3(sandbox, "POST", &target, &[], body.as_bytes())
}

fn code(response: &Response) -> (u16, String) {
    (response.status, xml_text(&response.text(), "Code"))
}

#[test]
fn parts_become_one_object() {
    let sandbox = with_bucket();
    let id = begin(&sandbox, &[("content-type", "text/plain")]);
    let second = part(&sandbox, &id, 7, b"the end");
    let lost = part(&sandbox, &id, 2, &vec![b'x'; 5 * MIB]);
    let first = part(&sandbox, &id, 2, &vec![b'a'; 5 * MIB]);
    assert_ne!(lost, first);
    let target = format!("/bucket/k?uploadId={id}&max-parts=1");
    let listed = s3(&sandbox, "GET", &target, &[], b"").text();
    assert_eq!(xml_text(&listed, "PartNumber"), "2");
    assert_eq!(xml_text(&listed, "Size"), (5 * MIB).to_string());
    assert_eq!(xml_text(&listed, "IsTruncated"), "true");
    let uploads = s3(&sandbox, "GET", "/bucket?uploads", &[], b"").text();
    assert_eq!(xml_text(&uploads, "UploadId"), id);
    assert_eq!(get_object(&sandbox, "/bucket/k", &[]).status, 404);

    let answer = complete(&sandbox, &id, &[(2, &first), (7, &second)]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let object = get_object(&sandbox, "/bucket/k", &[]);
    assert_eq!(object.body.len(), 5 * MIB + 7);
    assert!(object.body.ends_with(b"aathe end"));
    assert_eq!(object.header("content-type"), Some("text/plain"));
    assert_eq!(
        code(&complete(&sandbox, &id, &[(2, &first)])),
        (404, "NoSuchUpload".into())
    );
    let uploads = s3(&sandbox, "GET", "/bucket?uploads", &[], b"").text();
    assert!(!uploads.contains("<Upload>"), "{uploads}");
}

#[test]
fn what_is_wrong_with_a_multipart_upload_is_said() {
    let sandbox = with_bucket();
    let id = begin(&sandbox, &[]);
    let (one, two) = (part(&sandbox, &id, 1, b"1"), part(&sandbox, &id, 2, b"2"));
    for (parts, expected) in [
        (&[][..], "MalformedXML"),
        (&[(2, two.as_str()), (1, one.as_str())], "InvalidPartOrder"),
        (&[(1, &one), (3, &two)], "InvalidPart"),
        (&[(1, "\"other\"")], "InvalidPart"),
        (&[(1, &one), (2, &two)], "EntityTooSmall"),
    ] {
        assert_eq!(
            code(&complete(&sandbox, &id, parts)),
            (400, expected.to_owned())
        );
    }
    let bad = s3(
        &sandbox,
        "POST",
        &format!("/bucket/k?uploadId={id}"),
        &[],
        b"<CompleteMulti",
    );
    assert_eq!(code(&bad), (400, "MalformedXML".to_owned()));
    for (target, expected) in [
        (
            format!("/bucket/k?partNumber=0&uploadId={id}"),
            "InvalidArgument",
        ),
        (
            format!("/bucket/k?partNumber=10001&uploadId={id}"),
            "InvalidArgument",
        ),
        (
            format!("/bucket/other?partNumber=1&uploadId={id}"),
            "NoSuchUpload",
        ),
        (
            "/bucket/k?partNumber=1&uploadId=x".to_owned(),
            "NoSuchUpload",
        ),
    ] {
        let refused = s3(&sandbox, "PUT", &target, &[], b"x");
        assert_eq!(xml_text(&refused.text(), "Code"), expected, "{target}");
    }
    let target = format!("/bucket/k?uploadId={id}");
    assert_eq!(s3(&sandbox, "DELETE", &target, &[], b"").status, 204);
    assert_eq!(
        code(&s3(&sandbox, "DELETE", &target, &[], b"")),
        (404, "NoSuchUpload".into())
    );
    assert_eq!(sandbox.keys("bucket").unwrap(), Vec::<String>::new());
}

/// `123456789`, and what the catalogues of checksums say of it.
const DIGITS: [(&str, &str, &str); 5] = [
    ("crc32", "CRC32", "y/Q5Jg=="),
    ("crc32c", "CRC32C", "4waSgw=="),
    ("crc64nvme", "CRC64NVME", "rosUhgp5mIg="),
    ("sha1", "SHA1", "98O8HYCOBHMq32eZZczDTKeuNEE="),
    (
        "sha256",
        "SHA256",
        "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
    ),
];

#[test]
fn checksums_are_verified_kept_and_given_back() {
    let sandbox = with_bucket();
    for (name, shown, value) in DIGITS {
        let header = format!("x-amz-checksum-{name}");
        let put = s3(
            &sandbox,
            "PUT",
            "/bucket/k",
            &[(&header, value)],
            b"123456789",
        );
        assert_eq!(
            (put.status, put.header(&header)),
            (200, Some(value)),
            "{name}"
        );
        let plain = get_object(&sandbox, "/bucket/k", &[]);
        assert_eq!(plain.header(&header), None);
        let mode = ("x-amz-checksum-mode", "ENABLED");
        let asked = get_object(&sandbox, "/bucket/k", &[mode]);
        assert_eq!(asked.header(&header), Some(value));
        assert_eq!(asked.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
        let part = get_object(&sandbox, "/bucket/k", &[mode, ("range", "bytes=0-1")]);
        assert_eq!((part.status, part.header(&header)), (206, None));
        let wrong = s3(
            &sandbox,
            "PUT",
            "/bucket/wrong",
            &[(&header, value)],
            b"12345678",
        );
        assert_eq!(code(&wrong), (400, "BadDigest".to_owned()));
        assert!(wrong.text().contains(shown), "{}", wrong.text());

        let streaming = [
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-trailer", header.as_str()),
            ("x-amz-decoded-content-length", "9"),
            ("content-encoding", "aws-chunked"),
        ];
        let trailed = format!("9\r\n123456789\r\n0\r\n{header}:{value}\r\n\r\n");
        let put = s3(&sandbox, "PUT", "/bucket/k", &streaming, trailed.as_bytes());
        assert_eq!((put.status, put.header(&header)), (200, Some(value)));
        let head = s3(&sandbox, "HEAD", "/bucket/k", &[mode], b"");
        assert_eq!(head.header(&header), Some(value));
        assert_eq!(head.header("content-encoding"), None);
        let lie = trailed.replace("123456789", "123456780");
        let put = s3(&sandbox, "PUT", "/bucket/wrong", &streaming, lie.as_bytes());
        assert_eq!(code(&put), (400, "BadDigest".to_owned()));
    }
    let md5 = |value| {
        s3(
            &sandbox,
            "PUT",
            "/bucket/m",
            &[("content-md5", value)],
            b"123456789",
        )
    };
    assert_eq!(md5("JfnnlDI7RTiF9RgfG2JNCw==").status, 200);
    assert_eq!(code(&md5("AAAA")), (400, "BadDigest".to_owned()));
    let two = [
        ("x-amz-checksum-crc32", "y/Q5Jg=="),
        ("x-amz-checksum-sha1", "x"),
    ];
    assert_eq!(
        code(&s3(&sandbox, "PUT", "/bucket/m", &two, b"123456789")),
        (400, "InvalidRequest".to_owned())
    );
    assert_eq!(sandbox.keys("bucket").unwrap(), ["k", "m"]);
}

#[test]
fn the_checksum_of_parts_is_made_of_theirs_or_of_the_whole() {
    let sandbox = with_bucket();
    for (kind, value) in [("COMPOSITE", "7kxlUA==-1"), ("FULL_OBJECT", "y/Q5Jg==")] {
        let id = begin(
            &sandbox,
            &[
                ("x-amz-checksum-algorithm", "CRC32"),
                ("x-amz-checksum-type", kind),
            ],
        );
        let target = format!("/bucket/k?partNumber=1&uploadId={id}");
        let put = s3(&sandbox, "PUT", &target, &[], b"123456789");
        assert_eq!(put.header("x-amz-checksum-crc32"), Some("y/Q5Jg=="));
        let etag = put.header("etag").unwrap().to_owned();
        let answer = complete(&sandbox, &id, &[(1, &etag)]);
        assert_eq!(xml_text(&answer.text(), "ChecksumCRC32"), value, "{kind}");
        let mode = [("x-amz-checksum-mode", "ENABLED")];
        let object = get_object(&sandbox, "/bucket/k", &mode);
        assert_eq!(object.header("x-amz-checksum-crc32"), Some(value));
        assert_eq!(object.header("x-amz-checksum-type"), Some(kind));
    }
}

#[test]
fn metadata_is_kept_and_copied_or_replaced() {
    let sandbox = with_bucket();
    let headers = [
        ("content-type", "text/csv"),
        ("cache-control", "no-cache"),
        ("x-amz-meta-owner", "me"),
    ];
    s3(&sandbox, "PUT", "/bucket/a%20b", &headers, b"body");
    let from = ("x-amz-copy-source", "/bucket/a%20b");
    let copied = s3(&sandbox, "PUT", "/bucket/copy", &[from], b"");
    assert_eq!(copied.status, 200, "{}", copied.text());
    let read = get_object(&sandbox, "/bucket/copy", &[]);
    assert_eq!(read.text(), "body");
    for (name, value) in headers {
        assert_eq!(read.header(name), Some(value));
    }
    let replace = [
        from,
        ("x-amz-metadata-directive", "REPLACE"),
        ("content-type", "text/plain"),
    ];
    s3(&sandbox, "PUT", "/bucket/copy", &replace, b"");
    let read = get_object(
        &sandbox,
        "/bucket/copy?response-content-disposition=attachment",
        &[],
    );
    assert_eq!(read.header("content-type"), Some("text/plain"));
    assert_eq!(read.header("x-amz-meta-owner"), None);
    assert_eq!(read.header("content-disposition"), Some("attachment"));
    // An object that is replaced takes nothing over.
    sandbox.put_object("bucket", "copy", b"new").unwrap();
    let read = get_object(&sandbox, "/bucket/copy", &[]);
    assert_eq!(read.header("content-type"), Some("binary/octet-stream"));

    for (source, expected) in [
        ("/bucket/nope", (404, "NoSuchKey")),
        ("/no-bucket/k", (404, "NoSuchBucket")),
        ("nonsense", (400, "InvalidArgument")),
        ("/bucket/../../etc/passwd", (404, "NoSuchKey")),
        ("/bucket/copy", (400, "InvalidRequest")),
    ] {
        let refused = s3(
            &sandbox,
            "PUT",
            "/bucket/copy",
            &[("x-amz-copy-source", source)],
            b"",
        );
        assert_eq!(
            code(&refused),
            (expected.0, expected.1.to_owned()),
            "{source}"
        );
    }
}

#[test]
fn a_part_can_be_copied_from_a_range() {
    let sandbox = with_bucket();
    sandbox
        .put_object("bucket", "source", b"0123456789")
        .unwrap();
    let id = begin(&sandbox, &[]);
    let target = format!("/bucket/k?partNumber=1&uploadId={id}");
    let copy = |range| {
        let headers = [
            ("x-amz-copy-source", "bucket/source"),
            ("x-amz-copy-source-range", range),
        ];
        s3(&sandbox, "PUT", &target, &headers, b"")
    };
    assert_eq!(code(&copy("bytes=10-12")), (400, "InvalidArgument".into()));
    let etag = xml_text(&copy("bytes=3-5").text(), "ETag").replace("&quot;", "\"");
    assert_eq!(complete(&sandbox, &id, &[(1, &etag)]).status, 200);
    assert_eq!(sandbox.object("bucket", "k").unwrap(), b"345");
}

#[test]
fn conditions_protect_what_is_there() {
    let sandbox = with_bucket();
    let put = |name, value| s3(&sandbox, "PUT", "/bucket/k", &[(name, value)], b"body");
    let put_other = |name, value| s3(&sandbox, "PUT", "/bucket/k", &[(name, value)], b"other");
    assert_eq!(code(&put("if-match", "\"x\"")), (404, "NoSuchKey".into()));
    let first = put("if-none-match", "*");
    assert_eq!(first.status, 200);
    let failed = (412, "PreconditionFailed".to_owned());
    assert_eq!(code(&put("if-none-match", "*")), failed);
    assert_eq!(code(&put("if-match", "\"x\"")), failed);
    let etag = first.header("etag").unwrap().to_owned();
    assert_eq!(
        etag, "\"841a2d689ad86bd1611447453c22c6fc\"",
        "the MD5 of body"
    );
    assert_eq!(put_other("if-match", &etag).status, 200);
    assert_eq!(code(&put("if-match", &etag)), failed);
    let now = httpdate::fmt_http_date(std::time::SystemTime::now());
    let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (name, value, status) in [
        ("if-modified-since", now.as_str(), 304),
        ("if-modified-since", long_ago, 200),
        ("if-unmodified-since", now.as_str(), 200),
        ("if-unmodified-since", long_ago, 412),
    ] {
        let read = get_object(&sandbox, "/bucket/k", &[(name, value)]);
        assert_eq!(read.status, status, "{name}: {value}");
    }
}

#[test]
fn the_host_can_name_the_bucket() {
    let sandbox = with_bucket();
    let host = ("host", "bucket.s3.us-east-1.localhost:1234");
    assert_eq!(s3(&sandbox, "PUT", "/a/b", &[host], b"body").status, 200);
    assert_eq!(sandbox.keys("bucket").unwrap(), ["a/b"]);
    assert_eq!(
        get_object(&sandbox, "/a/b", &[("host", "bucket.localhost")]).text(),
        "body"
    );
    let listed = s3(&sandbox, "GET", "/?list-type=2", &[host], b"").text();
    assert_eq!(xml_text(&listed, "Key"), "a/b");
    let other = ("host", "other-bucket.s3.localhost");
    assert_eq!(
        code(&s3(&sandbox, "GET", "/a/b", &[other], b"")),
        (404, "NoSuchBucket".into())
    );
    assert_eq!(s3(&sandbox, "PUT", "/", &[other], b"").status, 200);
    assert_eq!(s3(&sandbox, "HEAD", "/other-bucket", &[], b"").status, 200);
    let body = b"<Delete><Object><Key>a/b</Key></Object><Quiet>true</Quiet></Delete>";
    let deleted = s3(&sandbox, "POST", "/?delete", &[host], body);
    assert_eq!(
        (deleted.status, deleted.text().contains("<Deleted>")),
        (200, false)
    );
    assert_eq!(sandbox.keys("bucket").unwrap(), Vec::<String>::new());
}

#[test]
fn unknown_sub_resources_are_not_answered_with_the_object() {
    let sandbox = with_bucket();
    sandbox.put_object("bucket", "k", b"body").unwrap();
    for target in [
        "/bucket/k?tagging",
        "/bucket/k?acl",
        "/bucket?policy",
        "/bucket?versions",
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = s3(&sandbox, method, target, &[], b"");
            assert_eq!(
                code(&answer),
                (501, "NotImplemented".into()),
                "{method} {target}"
            );
        }
    }
    assert_eq!(sandbox.keys("bucket").unwrap(), ["k"]);
}

#[test]
fn lists_go_on_where_they_ended() {
    let sandbox = with_bucket();
    let odd = "odd/ü &<>\"'+%\u{1}\n";
    for key in ["a/1", "a/2", "b", "c/1", "c/2", "d", odd] {
        sandbox.put_object("bucket", key, b"x").unwrap();
    }
    // Version 1 with a delimiter: the marker may be a common prefix.
    let mut seen = Vec::new();
    let mut marker = String::new();
    loop {
        let target = format!("/bucket?delimiter=/&max-keys=1&marker={marker}");
        let page = s3(&sandbox, "GET", &target, &[], b"").text();
        let name = if page.contains("<Key>") {
            "Key"
        } else {
            "CommonPrefixes><Prefix"
        };
        seen.push(xml_text(&page, name));
        if xml_text(&page, "IsTruncated") == "false" {
            break;
        }
        marker = xml_text(&page, "NextMarker");
    }
    assert_eq!(seen, ["a/", "b", "c/", "d", "odd/"]);
    // Starting within a common prefix still shows it.
    let page = s3(
        &sandbox,
        "GET",
        "/bucket?list-type=2&delimiter=/&start-after=c/1&max-keys=1",
        &[],
        b"",
    );
    assert!(
        page.text().contains("<CommonPrefixes><Prefix>c/</Prefix>"),
        "{}",
        page.text()
    );
    let page = s3(
        &sandbox,
        "GET",
        "/bucket?list-type=2&prefix=odd/&encoding-type=url",
        &[],
        b"",
    );
    assert_eq!(
        xml_text(&page.text(), "Key"),
        "odd/%C3%BC%20%26%3C%3E%22%27%2B%25%01%0A"
    );
    let page = s3(&sandbox, "GET", "/bucket?prefix=odd/", &[], b"").text();
    assert_eq!(
        xml_text(&page, "Key"),
        "odd/ü &amp;&lt;&gt;&quot;'+%&#x1;\n"
    );
    for target in [
        "/bucket?list-type=2&max-keys=x",
        "/bucket?list-type=2&max-keys=-1",
        "/bucket?list-type=2&continuation-token=!",
        "/bucket?list-type=2&encoding-type=x",
    ] {
        let refused = s3(&sandbox, "GET", target, &[], b"");
        assert_eq!(code(&refused), (400, "InvalidArgument".into()), "{target}");
    }
    let none = s3(&sandbox, "GET", "/bucket?list-type=2&max-keys=0", &[], b"").text();
    assert_eq!(xml_text(&none, "KeyCount"), "0");
    assert_eq!(xml_text(&none, "IsTruncated"), "false");
}

#[test]
fn keys_are_any_text() {
    let sandbox = with_bucket();
    for (path, key) in [
        ("/bucket//leading", "/leading"),
        ("/bucket/a+b", "a+b"),
        ("/bucket/a%2Bb%20c", "a+b c"),
        ("/bucket/%E2%82%AC/..%2F..", "€/../.."),
        ("/bucket/trailing/", "trailing/"),
        ("/bucket/=+~x", "=+~x"),
        ("/bucket/q%3Fx=1&y", "q?x=1&y"),
    ] {
        assert_eq!(s3(&sandbox, "PUT", path, &[], key.as_bytes()).status, 200);
        assert_eq!(get_object(&sandbox, path, &[]).text(), key);
        assert_eq!(sandbox.keys("bucket").unwrap(), [key]);
        assert_eq!(s3(&sandbox, "DELETE", path, &[], b"").status, 204);
    }
    let long = format!("/bucket/{}", "x".repeat(1025));
    assert_eq!(
        code(&s3(&sandbox, "PUT", &long, &[], b"")),
        (400, "KeyTooLongError".into())
    );
    assert_eq!(s3(&sandbox, "DELETE", "/bucket", &[], b"").status, 204);
}
