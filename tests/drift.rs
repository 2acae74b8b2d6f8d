//! Facts that stand in two files agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod support;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

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

#[test]
fn every_behaviour_of_the_sandbox_has_its_test() {
    let tests = tests_of_the_tree();
    let document = fs::read_to_string(root().join("docs/sandbox.md")).unwrap();
    let rows: Vec<&str> = document
        .lines()
        .skip_while(|line| !line.starts_with("| Behaviour |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .collect();
    assert!(
        rows.len() > 30,
        "docs/sandbox.md has no table of behaviours"
    );
    let mut wrong = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [behaviour, _real, _sandbox, named] = cells[..] else {
            wrong.push(format!("not four cells: {row}"));
            continue;
        };
        let mut names = named.split('`').skip(1).step_by(2).peekable();
        if names.peek().is_none() {
            wrong.push(format!("no test: {behaviour}"));
        }
        wrong.extend(
            names
                .filter(|name| !tests.contains_key(*name))
                .map(|name| format!("no test is called {name}: {behaviour}")),
        );
        // `(file.rs)` after a name says where to look.
        for file in named
            .split('(')
            .skip(1)
            .filter_map(|part| part.split(')').next())
        {
            let there = tests.values().flatten().any(|path| path.ends_with(file));
            if !there {
                wrong.push(format!("no test is in {file}: {behaviour}"));
            }
        }
    }
    assert!(wrong.is_empty(), "docs/sandbox.md:\n{}", wrong.join("\n"));
}

/// The names of all tests in Rust and Python, and the files they are in.
fn tests_of_the_tree() -> HashMap<String, Vec<PathBuf>> {
    let mut files = Vec::new();
    for folder in ["crates", "src", "tests"] {
        list_files(&root().join(folder), &mut files);
    }
    let mut tests: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for file in files {
        let python = file.extension().is_some_and(|extension| extension == "py");
        let mut marked = python;
        for line in fs::read_to_string(&file).unwrap().lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                marked = true;
            }
            let keyword = if python { "def " } else { "fn " };
            let Some((_, after)) = line.split_once(keyword) else {
                continue;
            };
            let name = after.split(['(', '<']).next().unwrap_or_default();
            if marked && (!python || name.starts_with("test_")) {
                tests.entry(name.to_owned()).or_default().push(file.clone());
            }
            marked = python;
        }
    }
    tests
}

fn list_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list_files(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "py")
        {
            found.push(path);
        }
    }
}
