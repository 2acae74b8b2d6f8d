//! What the machine around the driver provides: proxies, container and instance roles.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use athena_core::ErrorKind;
use athena_core::options::Options;
use athena_core::session::Connection;
use athena_sandbox::{Fault, FaultAction, Sandbox};

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

const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

/// An empty folder of this process.
fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("athena-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
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

#[test]
fn a_web_identity_token_is_exchanged_at_the_address_of_the_options() {
    let sandbox = guarded();
    let folder = scratch("web-identity");
    let token = folder.join("token");
    let environment = |path: &str| {
        [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", path.to_owned()),
            ("AWS_ROLE_ARN", ROLE.to_owned()),
            ("AWS_ROLE_SESSION_NAME", "pod-7".to_owned()),
        ]
    };
    let connect = |path: &str| {
        let environment = environment(path);
        let environment = environment
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        connect_in_child(&blank_keys(&sandbox), &environment)
    };
    std::fs::write(&token, "a.jwt.token\n").unwrap();
    let said = connect(token.to_str().unwrap());
    assert!(said.contains("connected"), "{said}");
    assert_eq!(sandbox.count("AssumeRoleWithWebIdentity"), 1);
    let requests = sandbox.requests();
    let call = requests
        .iter()
        .find(|request| request.operation == "GetWorkGroup")
        .unwrap();
    assert!(call.header("x-amz-security-token").is_some());

    let said = connect("/nonexistent/token");
    assert!(said.contains("NoCredentials"), "{said}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_session_of_single_sign_on_is_exchanged_for_keys() {
    let sandbox = guarded();
    let path = "/federation/credentials?role_name=reader&account_id=123456789012";
    let keys = format!(
        r#"{{"roleCredentials":{{"accessKeyId":"{ID}","secretAccessKey":"{SECRET}","sessionToken":"","expiration":4102444800000}}}}"#
    );
    let (address, seen) = serve(HashMap::from([(path, keys)]));
    let folder = scratch("single-sign-on");
    let cache = folder.join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    std::fs::write(
        folder.join(".aws/config"),
        "[profile portal]\nregion=eu-west-1\nsso_start_url=https://example.awsapps.com/start\n\
         sso_region=eu-west-1\nsso_account_id=123456789012\nsso_role_name=reader\n",
    )
    .unwrap();
    // Named after the SHA-1 of the start page.
    std::fs::write(
        cache.join("e8be5486177c5b5392bd9aa76563515b29358e6e.json"),
        r#"{"accessToken":"token-of-the-portal","expiresAt":"2099-01-01T00:00:00Z","region":"eu-west-1","startUrl":"https://example.awsapps.com/start"}"#,
    )
    .unwrap();
    let endpoint = format!("http://{address}");
    let said = connect_in_child(
        &format!("{}ProfileName=portal", blank_keys(&sandbox)),
        &[
            ("HOME", folder.to_str().unwrap()),
            ("AWS_ENDPOINT_URL_SSO", &endpoint),
        ],
    );
    assert!(
        said.contains("connected"),
        "{said} {:?}",
        seen.lock().unwrap()
    );
    let request = seen.lock().unwrap()[0].join("\n");
    assert!(request.contains("token-of-the-portal"), "{request}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_role_that_may_not_be_assumed_is_told_with_the_reason_of_sts() {
    let sandbox = guarded();
    sandbox.fault(Fault::on("AssumeRole", FaultAction::AccessDenied));
    let more = format!("User={ID};Password={SECRET};NumRetries=0;RoleArn={ROLE}");
    let error = connect_with(&sandbox, &more).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized, "{error}");
    assert!(
        error
            .message()
            .contains("STS refused the role: AccessDenied"),
        "{error}"
    );
}

#[test]
fn dual_stack_and_fips_have_hosts_of_their_own() {
    for (more, host) in [
        ("", "athena.eu-west-1.amazonaws.com"),
        ("UseDualStack=1", "athena.eu-west-1.api.aws"),
        ("UseFips=1", "athena-fips.eu-west-1.amazonaws.com"),
        ("UseFips=1;UseDualStack=1", "athena-fips.eu-west-1.api.aws"),
    ] {
        let (proxy, seen) = serve(HashMap::new());
        let text = format!(
            "Region=eu-west-1;User={ID};Password={SECRET};NumRetries=0;ProxyHost=http://{proxy};{more}"
        );
        let opened = Options::parse(&text).and_then(Connection::open);
        assert!(opened.is_err(), "the proxy reaches nothing");
        let asked = seen.lock().unwrap()[0][0].clone();
        assert_eq!(asked, format!("CONNECT {host}:443 HTTP/1.1"), "{more}");
    }
}
