//! Connections: encrypted ones, idle ones, slow ones, many.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use athena_sandbox::Sandbox;
use support::*;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

fn get_over_tls(
    address: SocketAddr,
    name: &str,
    authority: Option<&str>,
    target: &str,
) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    if let Some(authority) = authority {
        let certificate = CertificateDer::from_pem_slice(authority.as_bytes()).unwrap();
        roots.add(certificate).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name.clone()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    let host = name.to_str();
    write!(
        stream,
        "GET {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: {AUTHORIZATION}\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn tls_is_spoken_with_a_certificate_of_its_own() {
    let sandbox = builder().tls().start_blocking().unwrap();
    assert!(
        sandbox.url().starts_with("https://127.0.0.1:"),
        "{}",
        sandbox.url()
    );
    sandbox.put_object("bucket", "k", b"a secret body").unwrap();
    let authority = sandbox.certificate_authority().unwrap();
    let address = sandbox.address();
    for (name, target) in [
        ("127.0.0.1", "/bucket/k"),
        ("localhost", "/bucket/k"),
        ("bucket.s3.localhost", "/k"),
    ] {
        let answer = get_over_tls(address, name, Some(authority), target).unwrap();
        assert!(answer.ends_with("a secret body"), "{name}: {answer}");
    }
    // A stranger's certificate is not trusted, nor is this one for other names.
    let other = builder().tls().start_blocking().unwrap();
    assert!(get_over_tls(address, "localhost", None, "/").is_err());
    assert!(get_over_tls(address, "localhost", other.certificate_authority(), "/").is_err());
    assert!(get_over_tls(address, "example.com", Some(authority), "/").is_err());
    // Whoever does not encrypt gets no answer.
    assert!(
        send(
            &sandbox,
            "GET",
            "/bucket/k",
            &[("authorization", AUTHORIZATION)],
            b""
        )
        .is_err()
    );
    let answer = get_over_tls(address, "localhost", Some(authority), "/bucket/k").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// What arrives until the server closes the connection.
fn rest(stream: &mut TcpStream) -> Vec<u8> {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut bytes = Vec::new();
    // A reset is as good an end as any.
    drop(stream.read_to_end(&mut bytes));
    bytes
}

fn slow(start: &str) -> (Sandbox, Duration, Vec<u8>) {
    let idle = Duration::from_millis(200);
    let sandbox = builder()
        .bucket("bucket")
        .idle_timeout(idle)
        .start_blocking()
        .unwrap();
    let mut stream = TcpStream::connect(sandbox.address()).unwrap();
    stream.write_all(start.as_bytes()).unwrap();
    let began = Instant::now();
    let answer = rest(&mut stream);
    (sandbox, began.elapsed(), answer)
}

#[test]
fn connections_that_say_nothing_more_are_closed() {
    let put = format!("PUT /bucket/k HTTP/1.1\r\nhost: x\r\nauthorization: {AUTHORIZATION}\r\n");
    for start in [
        String::new(),
        "POST / HT".to_owned(),
        "POST / HTTP/1.1\r\nhost: x\r\nx-amz-".to_owned(),
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\ncontent-type: application/x-amz-json-1.1\r\n\r\n{".to_owned(),
        format!("{put}content-length: 100\r\n\r\nbegun"),
    ] {
        let (sandbox, waited, answer) = slow(&start);
        assert!(waited < Duration::from_secs(5), "{start}: {waited:?}");
        let answer = String::from_utf8_lossy(&answer);
        let refused = answer.is_empty()
            || answer.contains("<Code>RequestTimeout</Code>")
            || answer.starts_with("HTTP/1.1 408");
        assert!(refused, "{start}: {answer}");
        assert_eq!(sandbox.keys("bucket").unwrap(), Vec::<String>::new());
        ok(&sandbox, "ListWorkGroups", serde_json::json!({}));
    }
}

#[test]
fn thousands_of_idle_connections_do_not_keep_others_out() {
    let sandbox = sandbox();
    let mut open = std::collections::VecDeque::new();
    for _ in 0..3000 {
        open.push_back(TcpStream::connect(sandbox.address()).unwrap());
        if open.len() > 300 {
            open.pop_front();
        }
    }
    let began = Instant::now();
    for _ in 0..20 {
        ok(&sandbox, "ListWorkGroups", serde_json::json!({}));
    }
    assert!(began.elapsed() < Duration::from_secs(20));
    drop(open);
}

#[test]
fn an_idle_connection_makes_room_and_a_busy_one_does_not() {
    use athena_sandbox::{Fault, FaultAction};

    let sandbox = sandbox();
    sandbox.put_object("bucket", "k", b"body").unwrap();
    let slowly = FaultAction::SlowFirstByte(Duration::from_secs(2));
    sandbox.fault(Fault::on("GetObject", slowly).times(1));
    let address = sandbox.address();
    let busy = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET /bucket/k HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {AUTHORIZATION}\r\n\r\n"
        )
        .unwrap();
        String::from_utf8(rest(&mut stream)).unwrap()
    });
    while sandbox.count("GetObject") == 0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    // More than are kept at a time; the first has been idle for the longest time.
    let mut open: Vec<TcpStream> = (0..520)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut first = open.remove(0);
    first
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    assert!(matches!(first.read(&mut [0]), Ok(0)));
    let mut last = open.pop().unwrap();
    write!(
        last,
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    assert!(rest(&mut last).starts_with(b"HTTP/1.1 403"));
    assert!(busy.join().unwrap().ends_with("body"));
}
