//! The scripts of `make bench`, on a workload so small that its numbers mean nothing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]
#![cfg(unix)]

mod support;

use std::process::Command;

use support::{library, root, scratch, succeed, venv};

#[test]
fn the_benchmark_runs_and_reports() {
    let library = library();
    let built = library.parent().unwrap().parent().unwrap();
    assert!(
        built.join("athena-sandbox").is_file(),
        "cargo test --workspace builds it"
    );
    succeed(
        Command::new(venv().join("bin/python"))
            .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
            .current_dir(root().join("tests/bench"))
            .env("ATHENA_LIBRARY", &library)
            .env("ATHENA_RELEASE", built)
            .env("BENCH_BUILD", scratch("bench"))
            .env("PYTHONPATH", root().join("bench"))
            .env("PYTHONDONTWRITEBYTECODE", "1"),
        "python3",
    );
}
