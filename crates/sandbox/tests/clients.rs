//! Clients that others wrote, in Python, against the program: each file of tests/clients, with
//! any key, and again with signatures verified.
#![cfg(all(unix, feature = "sql"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in its helpers"
)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The Python of scripts/venv.
fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let output = Command::new(root().join("scripts/venv")).output().unwrap();
        let path = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Path::new(path.trim_end()).join("bin/python")
    })
}

/// Runs a file's tests; their output is shown if one fails.
fn run(name: &str, arguments: &[&str]) {
    let output = Command::new(python())
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(format!("test_{name}.py"))
        .args(arguments)
        .current_dir(root().join("tests/clients"))
        .env("ATHENA_SANDBOX", env!("CARGO_BIN_EXE_athena-sandbox"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
}

macro_rules! files {
    ($($name:ident)*) => {
        const FILES: &[&str] = &[$(stringify!($name)),*];

        mod with_any_key {
            $(#[test]
            fn $name() {
                super::run(stringify!($name), &[]);
            })*
        }

        mod with_signatures_verified {
            $(#[test]
            fn $name() {
                super::run(stringify!($name), &["--verify-signatures"]);
            })*
        }
    };
}

files! {
    catalog
    executions
    glue
    objects
    pyathena
    sts
    types
    unload
    work_groups
}

/// Bring sandboxes of their own, which always verify.
const GUARDED: [&str; 2] = ["policies", "signatures"];

#[test]
fn policies() {
    run(GUARDED[0], &[]);
}

#[test]
fn signatures() {
    run(GUARDED[1], &[]);
}

#[test]
fn every_file_is_run() {
    let mut found: Vec<String> = std::fs::read_dir(root().join("tests/clients"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .filter_map(|name| Some(name.strip_prefix("test_")?.strip_suffix(".py")?.to_owned()))
        .collect();
    found.sort();
    let mut run = [FILES, &GUARDED].concat();
    run.sort_unstable();
    assert_eq!(found, run);
}
