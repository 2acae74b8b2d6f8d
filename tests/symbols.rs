//! The symbols: the library exports what `abi/athena.symbols` lists, and nothing else.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use support::{library, root, succeed};

fn listed() -> BTreeSet<String> {
    let text = fs::read_to_string(root().join("abi/athena.symbols"))
        .expect("abi/athena.symbols can be read");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_exports_are_the_listed_ones() {
    let mut nm = Command::new("nm");
    nm.args(["-D", "--defined-only", "--format=posix"])
        .arg(library());
    let exported: BTreeSet<String> = succeed(&mut nm, "binutils")
        .lines()
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .collect();
    let listed = listed();
    let added: Vec<_> = exported.difference(&listed).collect();
    let missing: Vec<_> = listed.difference(&exported).collect();
    assert!(
        added.is_empty() && missing.is_empty(),
        "exported but not in abi/athena.symbols: {added:?}; listed but not exported: {missing:?}"
    );
}

#[test]
fn the_header_declares_every_export() {
    let header = fs::read_to_string(root().join("include/athena.h"))
        .expect("abi/athena.symbols can be read");
    for symbol in listed() {
        assert!(
            header.contains(&format!("{symbol}(")),
            "{symbol} is not in the header"
        );
    }
}

#[test]
fn every_function_with_a_pointer_is_tested_with_null() {
    let source = fs::read_to_string(root().join("c-tests/test_null_args.c"))
        .expect("abi/athena.symbols can be read");
    let without_pointers = [
        "athena_status_name",
        "athena_version",
        "athena_version_number",
    ];
    for symbol in listed() {
        assert!(
            without_pointers.contains(&symbol.as_str()) || source.contains(&symbol),
            "{symbol} is missing in c-tests/test_null_args.c"
        );
    }
}

#[test]
fn the_library_bears_its_soname() {
    let mut readelf = Command::new("readelf");
    readelf.arg("--dynamic").arg(library());
    let dynamic = succeed(&mut readelf, "binutils");
    assert!(
        dynamic.contains("Library soname: [libathena.so.0]"),
        "{dynamic}"
    );
}
