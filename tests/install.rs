//! Installs the library and builds a program against it as a stranger would, outside the
//! tree: by pkg-config and by CMake, shared and static.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use athena_sandbox::{Fixture, Sandbox, column};
use support::{library, root, scratch, succeed, venv};

/// A prefix the library was installed into, and which was moved afterwards.
fn prefix() -> &'static Path {
    static PREFIX: OnceLock<PathBuf> = OnceLock::new();
    PREFIX.get_or_init(|| {
        let scratch = scratch("install");
        succeed(
            Command::new(root().join("scripts/install"))
                .env(
                    "LIBRARY_DIR",
                    library().parent().expect("it is in a folder"),
                )
                .env("DESTDIR", &scratch)
                .env("PREFIX", "/opt/athena"),
            "dash",
        );
        let prefix = scratch.join("moved");
        fs::rename(scratch.join("opt/athena"), &prefix).expect("the prefix can be moved");
        prefix
    })
}

/// Runs a program that was built against the installed library.
fn assert_works(program: &Path) {
    let fixture = Fixture::rows(
        vec![column("a", "integer"), column("b", "varchar")],
        vec![vec![Some("1".into()), Some("x".into())]],
    );
    let sandbox = Sandbox::builder()
        .fixture("SELECT a, b FROM t", fixture)
        .start_blocking()
        .expect("the sandbox starts");
    let connection_string = format!(
        "Region=us-east-1;Endpoint={};User=test;Password=test;S3OutputLocation=s3://results/",
        sandbox.url()
    );
    let mut command = Command::new(program);
    command.arg(connection_string).arg("SELECT a, b FROM t");
    assert_eq!(
        succeed(&mut command, "gcc"),
        concat!("version ", env!("CARGO_PKG_VERSION"), ", 2 columns\n")
    );
}

fn pkg_config(arguments: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command
        .env("PKG_CONFIG_PATH", prefix().join("lib/pkgconfig"))
        .args(arguments)
        .arg("athena");
    let words = succeed(&mut command, "pkg-config");
    words.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_library_is_installed_under_all_its_names() {
    let version = env!("CARGO_PKG_VERSION");
    let lib = prefix().join("lib");
    let link = |name: &str| fs::read_link(lib.join(name)).expect("a link");
    assert_eq!(link("libathena.so"), Path::new("libathena.so.0"));
    assert_eq!(
        link("libathena.so.0"),
        PathBuf::from(format!("libathena.so.{version}"))
    );
    let mut readelf = Command::new("readelf");
    let headers = succeed(readelf.arg("-d").arg(lib.join("libathena.so")), "binutils");
    assert!(
        headers.contains("Library soname: [libathena.so.0]"),
        "{headers}"
    );
    assert_eq!(
        fs::read(prefix().join("include/athena.h")).expect("the header is installed"),
        fs::read(root().join("include/athena.h")).expect("the header is committed")
    );
    assert_eq!(pkg_config(&["--modversion"]), [version]);
}

#[test]
fn a_program_builds_with_pkg_config() {
    let program = scratch("install-pkg-config").join("user");
    succeed(
        Command::new("cc")
            .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
            .arg(root().join("tests/install/user.c"))
            .args(pkg_config(&["--cflags", "--libs"]))
            .arg(format!("-Wl,-rpath,{}", prefix().join("lib").display()))
            .arg("-o")
            .arg(&program),
        "gcc",
    );
    assert_works(&program);
}

#[test]
fn programs_build_with_cmake() {
    let cmake = venv().join("bin/cmake");
    let build = scratch("install-cmake");
    succeed(
        Command::new(&cmake)
            .arg("-S")
            .arg(root().join("tests/install"))
            .arg("-B")
            .arg(&build)
            .arg(format!("-DCMAKE_PREFIX_PATH={}", prefix().display())),
        "cmake",
    );
    succeed(Command::new(&cmake).arg("--build").arg(&build), "make");
    assert_works(&build.join("shared"));
    assert_works(&build.join("static"));
    let mut readelf = Command::new("readelf");
    let headers = succeed(readelf.arg("-d").arg(build.join("static")), "binutils");
    assert!(!headers.contains("libathena"), "{headers}");
}
