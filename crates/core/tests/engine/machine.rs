//! What the machine around the driver provides: proxies, container and instance roles.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use athena_core::ErrorKind;
use athena_sandbox::Sandbox;

use crate::credentials::{ID, SECRET, connect_in_child, guarded};
use crate::support::connect_with;

/// A request as it arrived: first line, then headers.
type Seen = Arc<Mutex<Vec<Vec<String>>>>;

/// Answers by the path of the request, 502 to what it does not know; one request a connection.
fn serve(answers: HashMap<&'static str, String>) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Seen::default();
    let list = Arc::clone(&seen);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let lines: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let path = lines
                .first()
                .and_then(|line| line.split(' ').nth(1))
                .unwrap_or_default();
            let (status, body) = match answers.get(path) {
                Some(body) => ("200 OK", body.as_str()),
                None => ("502 Bad Gateway", ""),
            };
            list.lock().unwrap().push(lines.clone());
            let length = body.len();
            // A client that has gone away is not this server's concern.
            drop(write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\
                 x-aws-ec2-metadata-token-ttl-seconds: 300\r\n\r\n{body}"
            ));
        }
    });
    (address, seen)
}

fn keys_as_json() -> String {
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"{ID}","SecretAccessKey":"{SECRET}","Token":"","Expiration":"2099-01-01T00:00:00Z","LastUpdated":"2020-01-01T00:00:00Z"}}"#
    )
}

fn blank_keys(sandbox: &Sandbox) -> String {
    format!("Endpoint={};NumRetries=0;Region=eu-west-1;", sandbox.url())
}

#[test]
fn requests_go_through_the_proxy_unless_the_host_is_exempt() {
    let sandbox = guarded();
    let (proxy, seen) = serve(HashMap::new());
    let port = proxy.rsplit(':').next().unwrap();
    let keys = format!("User={ID};Password={SECRET};NumRetries=0;");
    let options =
        format!("{keys}ProxyHost=http://127.0.0.1;ProxyPort={port};ProxyUID=who;ProxyPWD=pass");
    let error = connect_with(&sandbox, &options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service, "{error}");
    let request = seen.lock().unwrap()[0].join("\n");
    assert!(
        request.starts_with(&format!("POST {}", sandbox.url())),
        "{request}"
    );
    // who:pass
    assert!(
        request
            .to_lowercase()
            .contains("proxy-authorization: basic d2hvonbhc3m="),
        "{request}"
    );
    assert_eq!(sandbox.requests().len(), 0);
    connect_with(
        &sandbox,
        &format!("{options};NonProxyHosts=127.0.0.1|localhost"),
    )
    .unwrap();
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[test]
fn a_container_role_is_found_when_keys_are_blank() {
    let sandbox = guarded();
    let (address, seen) = serve(HashMap::from([("/role", keys_as_json())]));
    let uri = format!("http://{address}/role");
    let said = connect_in_child(
        &blank_keys(&sandbox),
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &uri)],
    );
    assert_eq!(seen.lock().unwrap().len(), 1, "{said}");
    assert!(said.contains("connected"), "{said}");
}

#[test]
fn an_instance_role_is_found_and_can_be_asked_for() {
    let list = "/latest/meta-data/iam/security-credentials/";
    let sandbox = guarded();
    let (address, seen) = serve(HashMap::from([
        ("/latest/api/token", "token".to_owned()),
        (list, "reader".to_owned()),
        (
            "/latest/meta-data/iam/security-credentials/reader",
            keys_as_json(),
        ),
    ]));
    let endpoint = format!("http://{address}");
    let environment = [
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint.as_str()),
    ];
    for more in ["", "CredentialsProvider=InstanceProfile"] {
        let said = connect_in_child(&format!("{}{more}", blank_keys(&sandbox)), &environment);
        assert!(
            said.contains("connected"),
            "{more}: {said} {:?}",
            seen.lock().unwrap()
        );
    }
}
