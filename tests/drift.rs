//! Facts that stand in two files agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::fs;

use support::root;

const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn the_header_has_the_packages_version() {
    let header = fs::read_to_string(root().join("include/athena.h")).unwrap();
    assert!(header.contains(&format!("#define ATHENA_VERSION \"{VERSION}\"\n")));
    for (name, number) in [
        ("MAJOR", env!("CARGO_PKG_VERSION_MAJOR")),
        ("MINOR", env!("CARGO_PKG_VERSION_MINOR")),
        ("PATCH", env!("CARGO_PKG_VERSION_PATCH")),
    ] {
        assert!(header.contains(&format!("#define ATHENA_VERSION_{name} {number}\n")));
    }
}

#[test]
fn the_changelog_has_the_packages_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(
        changelog.contains(&format!("## [{VERSION}]")),
        "CHANGELOG.md has no heading \"## [{VERSION}]\""
    );
}
