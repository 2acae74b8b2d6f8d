//! The driver against a server that others wrote, which verifies signatures and permissions.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]
#![cfg(unix)]

mod support;

use std::process::Command;

use support::{library, root, succeed, venv};

#[test]
fn ministack_accepts_and_refuses_the_drivers_requests_as_aws_would() {
    succeed(
        Command::new(venv().join("bin/python"))
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .current_dir(root().join("tests/ministack"))
            .env("ATHENA_LIBRARY", library())
            .env("PYTHONPATH", root().join("examples/python"))
            .env("PYTHONDONTWRITEBYTECODE", "1"),
        "python3",
    );
}
