//! A raw HTTP client, so that the tests see what is on the wire.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub mod signer;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use athena_sandbox::{Builder, Sandbox, WorkGroup};
use serde_json::{Value, json};

pub const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=AKIDANY/20260101/us-east-1/athena/aws4_request, \
                                 SignedHeaders=host;x-amz-date, Signature=00";

/// A response as it came.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A sandbox whose `primary` work group has an output location.
pub fn builder() -> Builder {
    Sandbox::builder().work_group(WorkGroup::new("primary").output_location("s3://results/out/"))
}

pub fn sandbox() -> Sandbox {
    builder().start_blocking().unwrap()
}

/// Sends a request; an error is a connection that ended before a whole response.
pub fn send(
    sandbox: &Sandbox,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(sandbox.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut head = format!("{method} {target} HTTP/1.1\r\nconnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "host") {
        head.push_str(&format!("host: {}\r\n", sandbox.address()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    read(&mut stream, method)
}

pub fn read(stream: &mut TcpStream, method: &str) -> std::io::Result<Response> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(0, |(_, v)| v.parse().unwrap());
    let length = if method == "HEAD" || status == 304 || status == 204 {
        0
    } else {
        length
    };
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let mut chunk = [0; 65536];
        match stream.read(&mut chunk)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            count => body.extend_from_slice(&chunk[..count]),
        }
    }
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// Calls an Athena operation with any body.
pub fn athena_raw(sandbox: &Sandbox, operation: &str, body: &[u8]) -> Response {
    let target = format!("AmazonAthena.{operation}");
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", &target),
        ("authorization", AUTHORIZATION),
    ];
    send(sandbox, "POST", "/", &headers, body).unwrap()
}

/// Calls an Athena operation.
pub fn athena(sandbox: &Sandbox, operation: &str, input: Value) -> Response {
    athena_raw(sandbox, operation, input.to_string().as_bytes())
}

/// Calls a Glue operation; answers the status and the body.
pub fn glue(sandbox: &Sandbox, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("AWSGlue.{operation}");
    let headers = [
        ("content-type", "application/x-amz-json-1.1"),
        ("x-amz-target", &target),
        ("authorization", AUTHORIZATION),
    ];
    let response = send(sandbox, "POST", "/", &headers, input.to_string().as_bytes()).unwrap();
    (response.status, response.json())
}

/// Calls a Glue operation that must succeed.
pub fn glue_ok(sandbox: &Sandbox, operation: &str, input: Value) -> Value {
    let (status, body) = glue(sandbox, operation, input);
    assert_eq!(status, 200, "{operation}: {body}");
    body
}

/// Calls a Glue operation that must be refused; answers the type and the message.
pub fn glue_refused(sandbox: &Sandbox, operation: &str, input: Value) -> (String, String) {
    let (status, body) = glue(sandbox, operation, input);
    assert_eq!(status, 400, "{operation}: {body}");
    let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
    (text("__type"), text("Message"))
}

/// Calls an operation that must succeed.
pub fn ok(sandbox: &Sandbox, operation: &str, input: Value) -> Value {
    let response = athena(sandbox, operation, input);
    assert_eq!(response.status, 200, "{operation}: {}", response.text());
    response.json()
}

/// Calls an operation that must be refused; answers `(code, message)`.
pub fn refused(sandbox: &Sandbox, operation: &str, input: Value) -> (String, String) {
    let response = athena(sandbox, operation, input);
    assert_eq!(response.status, 400, "{operation}: {}", response.text());
    let error = response.json();
    assert_eq!(error["__type"], "InvalidRequestException", "{error}");
    assert_eq!(error["AthenaErrorCode"], error["ErrorCode"]);
    assert_eq!(response.header("x-amzn-errortype"), None);
    let text = |key: &str| error[key].as_str().unwrap().to_owned();
    (text("AthenaErrorCode"), text("Message"))
}

pub fn token() -> String {
    uuid::Uuid::new_v4().to_string()
}

pub fn start(sandbox: &Sandbox, sql: &str) -> String {
    let input = json!({"QueryString": sql, "ClientRequestToken": token()});
    ok(sandbox, "StartQueryExecution", input)["QueryExecutionId"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// One poll.
pub fn execution(sandbox: &Sandbox, id: &str) -> Value {
    ok(
        sandbox,
        "GetQueryExecution",
        json!({"QueryExecutionId": id}),
    )["QueryExecution"]
        .clone()
}

pub fn state(execution: &Value) -> String {
    execution["Status"]["State"].as_str().unwrap().to_owned()
}

/// Polls to the end.
pub fn finish(sandbox: &Sandbox, id: &str) -> Value {
    for _ in 0..1000 {
        let execution = execution(sandbox, id);
        if !["QUEUED", "RUNNING"].contains(&state(&execution).as_str()) {
            return execution;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{id} did not end");
}

/// An S3 request.
pub fn s3(
    sandbox: &Sandbox,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response {
    let mut all = vec![("authorization", AUTHORIZATION)];
    all.extend_from_slice(headers);
    send(sandbox, method, target, &all, body).unwrap()
}

/// The text of the first XML element of a name.
pub fn xml_text(xml: &str, name: &str) -> String {
    let after = xml.split(&format!("<{name}>")).nth(1);
    let text = after.unwrap_or_else(|| panic!("no <{name}> in {xml}"));
    text.split('<').next().unwrap().to_owned()
}

pub fn get_object(sandbox: &Sandbox, path: &str, headers: &[(&str, &str)]) -> Response {
    let mut all = vec![("authorization", AUTHORIZATION)];
    all.extend_from_slice(headers);
    send(sandbox, "GET", path, &all, b"").unwrap()
}

/// The object's path on the endpoint, from its URI.
pub fn path(uri: &str) -> String {
    uri.strip_prefix("s3:/").unwrap().to_owned()
}

pub fn cell(text: &str) -> Option<String> {
    Some(text.to_owned())
}
