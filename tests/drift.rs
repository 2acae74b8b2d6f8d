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

#[test]
fn every_direct_dependency_has_its_reason() {
    let reasons = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    for manifest in [
        "Cargo.toml",
        "crates/core/Cargo.toml",
        "crates/sandbox/Cargo.toml",
    ] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        let mut in_dependencies = false;
        for line in text.lines() {
            if line.starts_with('[') {
                in_dependencies = line.ends_with("dependencies]") && !line.contains("workspace");
            } else if in_dependencies && let Some((name, _)) = line.split_once(['.', ' ', '=']) {
                let told = reasons
                    .split([' ', ',', '|', '\n'])
                    .any(|word| word == name);
                assert!(told, "{name} of {manifest} is not in docs/dependencies.md");
            }
        }
    }
}
