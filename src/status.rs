//! `athena_status` and its names.

use std::ffi::{CStr, c_char};

use athena_core::Status;

/// How a call ended. The numbers are ADBC's status codes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum athena_status {
    /// It did what was asked.
    Ok = 0,
    /// It failed, and no value below fits.
    Unknown = 1,
    /// The driver does not have this feature.
    NotImplemented = 2,
    /// A table, workgroup, query, result or option does not exist.
    NotFound = 3,
    /// The thing to be created is there already.
    AlreadyExists = 4,
    /// An argument or option is wrong; the message names it.
    InvalidArgument = 5,
    /// The call does not fit the state of the object.
    InvalidState = 6,
    /// The query or its data is at fault: syntax, types, a value that cannot be decoded.
    InvalidData = 7,
    /// A constraint was violated.
    Integrity = 8,
    /// A bug of the driver.
    Internal = 9,
    /// The network, the service or the result bucket failed.
    Io = 10,
    /// The query, or the reading of its result, was cancelled.
    Cancelled = 11,
    /// A time limit passed.
    Timeout = 12,
    /// There are no credentials, or the service does not know them.
    Unauthenticated = 13,
    /// The credentials are known but lack a permission.
    Unauthorized = 14,
}

impl From<Status> for athena_status {
    fn from(status: Status) -> Self {
        match status {
            Status::Unknown => Self::Unknown,
            Status::NotImplemented => Self::NotImplemented,
            Status::NotFound => Self::NotFound,
            Status::AlreadyExists => Self::AlreadyExists,
            Status::InvalidArgument => Self::InvalidArgument,
            Status::InvalidState => Self::InvalidState,
            Status::InvalidData => Self::InvalidData,
            Status::Integrity => Self::Integrity,
            Status::Internal => Self::Internal,
            Status::Io => Self::Io,
            Status::Cancelled => Self::Cancelled,
            Status::Timeout => Self::Timeout,
            Status::Unauthenticated => Self::Unauthenticated,
            Status::Unauthorized => Self::Unauthorized,
        }
    }
}

/// Names a status, for logs: "OK", "INVALID_ARGUMENT", ...; "?" for a number that is none.
///
/// The text lives as long as the library is loaded. Since 0.1.
#[unsafe(no_mangle)]
pub extern "C" fn athena_status_name(status: i32) -> *const c_char {
    let name: &CStr = match status {
        0 => c"OK",
        1 => c"UNKNOWN",
        2 => c"NOT_IMPLEMENTED",
        3 => c"NOT_FOUND",
        4 => c"ALREADY_EXISTS",
        5 => c"INVALID_ARGUMENT",
        6 => c"INVALID_STATE",
        7 => c"INVALID_DATA",
        8 => c"INTEGRITY",
        9 => c"INTERNAL",
        10 => c"IO",
        11 => c"CANCELLED",
        12 => c"TIMEOUT",
        13 => c"UNAUTHENTICATED",
        14 => c"UNAUTHORIZED",
        _ => c"?",
    };
    name.as_ptr()
}
