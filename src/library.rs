//! Functions of the library as a whole: version and log.

use std::ffi::{CStr, c_char};

use crate::boundary::run;
use crate::error::athena_error;
use crate::status::athena_status;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library that is loaded, as "major.minor.patch"; compare with
/// ATHENA_VERSION, the version of this header.
///
/// The text lives as long as the library is loaded. Since 0.1.
#[unsafe(no_mangle)]
pub extern "C" fn athena_version() -> *const c_char {
    CStr::from_bytes_with_nul(VERSION.as_bytes()).map_or(c"".as_ptr(), CStr::as_ptr)
}

/// The version of the library that is loaded, as ATHENA_VERSION_NUMBER counts: major times
/// 1000000, plus minor times 1000, plus patch. Since 0.1.
#[unsafe(no_mangle)]
pub extern "C" fn athena_version_number() -> i32 {
    const PARTS: [&str; 3] = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ];
    PARTS.iter().fold(0, |number, part| {
        number * 1000 + part.parse::<i32>().unwrap_or(0)
    })
}

/// Sets how much the library logs, for the whole process: 0 off, 1 fatal, 2 error,
/// 3 warning, 4 info, 5 debug, 6 trace. The same as the option LogLevel.
///
/// May be called at any time from any thread. Errors: INVALID_ARGUMENT. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_set_log_level(
    level: i32,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_set_log_level", out_error, || {
        athena_core::log::set_level(level)
    })
}
