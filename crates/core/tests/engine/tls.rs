//! Encrypted connections: whom the driver trusts, and what it says of a file it cannot use.

use std::path::{Path, PathBuf};

use athena_core::ErrorKind;
use athena_sandbox::{Fixture, Sandbox};

use crate::support::{cell, columns, connect_with, drain, query, random_rows, rows, start};

/// A file that goes with the test.
struct TempFile(PathBuf);

impl TempFile {
    fn new(content: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("athena-tls-{}", uuid::Uuid::new_v4()));
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn trusting(path: &Path) -> String {
    format!("TrustedCerts={};NumRetries=0;", path.display())
}

#[test]
fn results_are_read_over_tls_from_whom_is_trusted() {
    let sandbox = start(Sandbox::builder().tls());
    let data = random_rows(7, 3000);
    let named = columns(&[("n", "bigint"), ("t", "varchar"), ("i", "bigint")]);
    sandbox.fixture("SELECT 1", Fixture::rows(named, data.clone()));
    let authority = TempFile::new(sandbox.certificate_authority().unwrap().as_bytes());
    let connection = connect_with(&sandbox, &trusting(&authority.0)).unwrap();
    for fetcher in ["S3", "GetQueryResults"] {
        let more = format!("{}ResultFetcher={fetcher};", trusting(&authority.0));
        let connection = connect_with(&sandbox, &more).unwrap();
        let result = query(&connection, "SELECT 1").unwrap();
        let read = rows(&drain(&result).unwrap());
        assert_eq!(read.len(), data.len(), "{fetcher}");
        assert_eq!(read[17][0], "17", "{fetcher}");
    }
    assert!(sandbox.count("GetObject") > 0);
    drop(connection);

    // A stranger's authority is not enough, nor are those of the system alone.
    let other = start(Sandbox::builder().tls());
    let stranger = TempFile::new(other.certificate_authority().unwrap().as_bytes());
    for more in [trusting(&stranger.0), "NumRetries=0;".to_owned()] {
        let error = connect_with(&sandbox, &more).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network, "{error}");
        assert!(error.message().contains("certificate"), "{error}");
    }
}

#[test]
fn a_file_that_holds_no_certificates_is_refused_by_name() {
    let sandbox = start(Sandbox::builder());
    sandbox.fixture(
        "SELECT 1",
        Fixture::rows(columns(&[("n", "bigint")]), vec![vec![cell("1")]]),
    );
    let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
    let foreign = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (content, why) in [
        ("", "holds no certificate"),
        ("no certificate", "holds no certificate"),
        (broken, "is not in PEM form"),
        (foreign, "cannot be trusted"),
    ] {
        let file = TempFile::new(content.as_bytes());
        let error = connect_with(&sandbox, &trusting(&file.0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
        assert!(
            error.message().contains(why)
                && error.message().contains(&*file.0.display().to_string()),
            "{error}"
        );
    }
    let missing = Path::new("/nowhere/ca.pem");
    let error = connect_with(&sandbox, &trusting(missing)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LocalIo, "{error}");
    assert!(error.message().contains("/nowhere/ca.pem"), "{error}");
}
