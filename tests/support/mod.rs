//! What the tests of the C library share: where it was built, and running C tools.

#![allow(dead_code, reason = "no test file needs all of it")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The shared library cargo built for these tests.
pub fn library() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let library = test.with_file_name(format!(
        "{}athena{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    assert!(library.is_file(), "{} was not built", library.display());
    library
}

/// An empty directory for the files of one test.
pub fn scratch(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if directory.exists() {
        std::fs::remove_dir_all(&directory).expect("the scratch directory can be emptied");
    }
    std::fs::create_dir_all(&directory).expect("the scratch directory can be made");
    directory
}

/// Runs a tool to its end. One that is missing fails the test with the package to install.
pub fn run(command: &mut Command, package: &str) -> Output {
    let program = command.get_program().to_string_lossy().into_owned();
    command.output().unwrap_or_else(|error| {
        panic!("{program} cannot be run ({error}): install the Debian package {package}")
    })
}

/// Runs a tool that must succeed; its standard output.
pub fn succeed(command: &mut Command, package: &str) -> String {
    let output = run(command, package);
    assert!(
        output.status.success(),
        "{command:?} ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The Python of scripts/venv, with the packages of tests/requirements.txt.
pub fn venv() -> &'static Path {
    static VENV: OnceLock<PathBuf> = OnceLock::new();
    VENV.get_or_init(|| {
        let path = succeed(
            &mut Command::new(root().join("scripts/venv")),
            "python3-venv",
        );
        PathBuf::from(path.trim_end())
    })
}
