//! The header: what cbindgen makes of `src/` is what is committed, and it stands alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::fs;
use std::process::Command;

use support::{root, scratch, succeed};

#[test]
fn the_committed_header_is_the_generated_one() {
    let generated = fs::read_to_string(env!("ATHENA_GENERATED_HEADER")).unwrap();
    let path = root().join("include/athena.h");
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    let differing = generated
        .lines()
        .zip(committed.lines())
        .position(|(generated, committed)| generated != committed);
    assert!(
        generated == committed,
        "include/athena.h differs from src/ from line {:?} on; run `make header`",
        differing.map(|line| line + 1)
    );
}

#[test]
fn the_header_compiles_alone_as_c_and_cpp() {
    let directory = scratch("header-alone");
    for (compiler, standard, suffix, package) in [
        ("cc", "c99", "c", "gcc"),
        ("cc", "c17", "c", "gcc"),
        ("c++", "c++11", "cpp", "g++"),
        ("c++", "c++20", "cpp", "g++"),
    ] {
        let source = directory.join(format!("alone.{suffix}"));
        // Twice, so that the include guard is compiled, too.
        fs::write(&source, "#include <athena.h>\n#include <athena.h>\n").unwrap();
        let mut command = Command::new(compiler);
        command
            .arg(format!("-std={standard}"))
            .args([
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-fsyntax-only",
                "-I",
            ])
            .arg(root().join("include"))
            .arg(&source);
        succeed(&mut command, package);
    }
}
