//! Generates the C header into `OUT_DIR` and names the shared library.
//!
//! Nothing is written into the tree: `tests/header.rs` compares the generated header with
//! the committed `include/athena.h`, and `make header` copies it there.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// The first number of the SONAME. It changes when the ABI breaks.
const ABI_VERSION: &str = "0";

fn main() -> Result<(), Box<dyn Error>> {
    for input in ["build.rs", "cbindgen.toml", "src"] {
        println!("cargo:rerun-if-changed={input}");
    }
    name_library()?;

    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    let version = version_macros()?;
    config.after_includes = Some(version + &config.after_includes.unwrap_or_default());
    let header = PathBuf::from(env::var("OUT_DIR")?).join("athena.h");
    let mut text = Vec::new();
    cbindgen::Builder::new()
        .with_src(root.join("src/lib.rs"))
        .with_config(config)
        .generate()?
        .write(&mut text);
    fs::write(&header, text)?;
    println!(
        "cargo:rustc-env=ATHENA_GENERATED_HEADER={}",
        header.display()
    );
    Ok(())
}

/// Gives the shared library the name a program records when it links it, and keeps what
/// `abi/athena.symbols` does not list out of it.
fn name_library() -> Result<(), env::VarError> {
    match env::var("CARGO_CFG_TARGET_OS")?.as_str() {
        "linux" => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libathena.so.{ABI_VERSION}");
            // Some dependencies define C functions of their own, which are nobody's business.
            println!("cargo:rustc-cdylib-link-arg=-Wl,--exclude-libs,ALL");
        }
        "macos" => println!(
            "cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libathena.{ABI_VERSION}.dylib"
        ),
        _ => {}
    }
    Ok(())
}

/// The package's version as macros, so that the header and `Cargo.toml` cannot disagree.
fn version_macros() -> Result<String, env::VarError> {
    let version = env::var("CARGO_PKG_VERSION")?;
    let major = env::var("CARGO_PKG_VERSION_MAJOR")?;
    let minor = env::var("CARGO_PKG_VERSION_MINOR")?;
    let patch = env::var("CARGO_PKG_VERSION_PATCH")?;
    Ok(format!(
        r#"
/* The version this header was made for; athena_version() tells the library's. */
#define ATHENA_VERSION "{version}"
#define ATHENA_VERSION_MAJOR {major}
#define ATHENA_VERSION_MINOR {minor}
#define ATHENA_VERSION_PATCH {patch}
#define ATHENA_VERSION_NUMBER \
    (ATHENA_VERSION_MAJOR * 1000000 + ATHENA_VERSION_MINOR * 1000 + ATHENA_VERSION_PATCH)
"#
    ))
}
