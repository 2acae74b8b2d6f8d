//! The program: its ready line, its end, and its refusals.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_athena-sandbox"));
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Calls an operation of Athena or Glue; answers the whole response.
fn ask(address: &str, target: &str, body: &str) -> String {
    let service = match target.starts_with("AWSGlue") {
        true => "glue",
        false => "athena",
    };
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/x-amz-json-1.1\r\n\
         x-amz-target: {target}\r\nauthorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/{service}/\
         aws4_request, SignedHeaders=host, Signature=00\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_says_where_it_listens_and_ends_at_sigterm() {
    let mut child = program(&["--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line
        .trim_end()
        .strip_prefix("ready http://")
        .unwrap()
        .to_owned();
    TcpStream::connect(&address).unwrap();
    assert!(
        Command::new("kill")
            .arg(child.id().to_string())
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    assert!(TcpStream::connect(&address).is_err());
}

#[test]
fn bad_arguments_are_refused_in_one_line() {
    for (arguments, part) in [
        (&["--listen", "0.0.0.0:0"][..], "not a loopback address"),
        (&["--listen", "nowhere"], "not an address"),
        (&["--listen"], "needs a value"),
        (&["--nonsense"], "unknown argument '--nonsense'"),
        (&["--latency-ms", "soon"], "not a whole number"),
        (&["--access-key", "AKIA"], "--secret-key"),
        (&["--verify-signatures"], "--access-key"),
    ] {
        let output = program(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(output.stdout, b"");
        assert!(
            text.contains(part) && text.lines().count() == 1,
            "{arguments:?}: {text}"
        );
    }
}

#[test]
fn it_encrypts_and_obeys_policies() {
    let folder = std::env::temp_dir().join(format!("athena-program-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&folder).unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let policy = file(
        "policy.json",
        r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#,
    );
    let odd = file(
        "odd.json",
        r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringEquals": {"aws:Odd": "x"}}}}"#,
    );
    let authority = folder.join("ca.pem").display().to_string();
    let mut child = program(&["--policy", &policy, "--tls", &authority])
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with("ready https://127.0.0.1:"), "{line}");
    let text = std::fs::read_to_string(&authority).unwrap();
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----"), "{text}");
    child.kill().unwrap();
    child.wait().unwrap();

    for (path, part) in [
        (odd.as_str(), "aws:Odd"),
        ("/nowhere.json", "/nowhere.json"),
    ] {
        let output = program(&["--policy", path]).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(text.contains(part) && text.lines().count() == 1, "{text}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn s3_tables_buckets_are_catalogues() {
    let mut child = program(&["--s3-tables", "lake", "--s3-tables", "house"])
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("ready http://").unwrap();
    let answer = ask(address, "AWSGlue.GetCatalogs", r#"{"Recursive": true}"#);
    for bucket in ["lake", "house"] {
        assert!(
            answer.contains(&format!("123456789012:s3tablescatalog/{bucket}")),
            "{answer}"
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn help_and_version_are_printed() {
    for (argument, part) in [
        ("--help", "--listen ADDRESS"),
        ("--version", env!("CARGO_PKG_VERSION")),
    ] {
        let output = program(&[argument]).output().unwrap();
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(part));
    }
}

#[cfg(feature = "sql")]
#[test]
fn tables_of_datasets_are_listed_by_athena_and_by_glue() {
    let mut child = program(&["--dataset", "flights", "--dataset", "tpch:0.001"])
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let address = line.trim_end().strip_prefix("ready http://").unwrap();
    let json = |answer: &str| -> serde_json::Value {
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
        serde_json::from_str(body).unwrap()
    };
    let names = |tables: &serde_json::Value| -> Vec<String> {
        let tables = tables.as_array().unwrap().iter();
        tables
            .map(|t| t["Name"].as_str().unwrap().to_owned())
            .collect()
    };
    for (database, tables, (table, column, hive_type)) in [
        (
            "flights",
            vec!["airlines", "airports", "flights", "planes", "weather"],
            ("flights", "time_hour", "timestamp"),
        ),
        (
            "tpch",
            vec![
                "customer", "lineitem", "nation", "orders", "part", "partsupp", "region",
                "supplier",
            ],
            ("lineitem", "l_extendedprice", "decimal(15,2)"),
        ),
    ] {
        let body = format!(r#"{{"CatalogName": "AwsDataCatalog", "DatabaseName": "{database}"}}"#);
        let listed = json(&ask(address, "AmazonAthena.ListTableMetadata", &body));
        assert_eq!(names(&listed["TableMetadataList"]), tables, "{database}");
        let body = format!(r#"{{"DatabaseName": "{database}"}}"#);
        let listed = json(&ask(address, "AWSGlue.GetTables", &body));
        assert_eq!(names(&listed["TableList"]), tables, "{database}");
        let body = format!(r#"{{"DatabaseName": "{database}", "Name": "{table}"}}"#);
        let described = json(&ask(address, "AWSGlue.GetTable", &body));
        let columns = &described["Table"]["StorageDescriptor"]["Columns"];
        let found = columns
            .as_array()
            .unwrap()
            .iter()
            .find(|found| found["Name"] == column);
        assert_eq!(found.unwrap()["Type"], hive_type, "{columns}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
