//! `athena_error`: an owned error and what can be asked of it.

use std::ffi::{CString, c_char};

use athena_core::Error;

use crate::boundary::{c_text, pointer_to, write_if_some};
use crate::status::athena_status;

/// Why a call failed. Immutable, so any thread may read it.
///
/// Made by: any call with an `out_error`. Methods: athena_error_status(),
/// athena_error_message(), athena_error_sqlstate(), athena_error_query_execution_id(),
/// athena_error_request_id(), athena_error_is_retryable(), athena_error_athena_category(),
/// athena_error_athena_type(), athena_error_free().
pub struct athena_error {
    error: Error,
    message: CString,
    sqlstate: CString,
    query_execution_id: Option<CString>,
    request_id: Option<CString>,
}

impl athena_error {
    pub(crate) fn new(error: Error) -> Self {
        Self {
            message: c_text(error.message()),
            sqlstate: c_text(error.sqlstate()),
            query_execution_id: error.query_execution_id().map(c_text),
            request_id: error.request_id().map(c_text),
            error,
        }
    }
}

/// The status the failed call returned; ATHENA_STATUS_OK for NULL. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_status(error: *const athena_error) -> athena_status {
    optional!(error).map_or(athena_status::Ok, |error| error.error.status().into())
}

/// What went wrong, which value was at fault, and what to do, for a person.
///
/// Holds no secret and no parameter value. At most 4 KiB. "" for NULL. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_message(error: *const athena_error) -> *const c_char {
    optional!(error).map_or(c"".as_ptr(), |error| error.message.as_ptr())
}

/// The five-character SQLSTATE; "00000" for NULL. docs/errors.md lists them. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_sqlstate(error: *const athena_error) -> *const c_char {
    optional!(error).map_or(c"00000".as_ptr(), |error| error.sqlstate.as_ptr())
}

/// The id of the query that failed; NULL if the call failed before there was one.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_query_execution_id(
    error: *const athena_error,
) -> *const c_char {
    pointer_to(optional!(error).and_then(|error| error.query_execution_id.as_ref()))
}

/// The AWS request id of the failed request, which AWS support asks for; NULL if no
/// request failed. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_request_id(error: *const athena_error) -> *const c_char {
    pointer_to(optional!(error).and_then(|error| error.request_id.as_ref()))
}

/// Whether the same call may succeed when repeated unchanged. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_is_retryable(error: *const athena_error) -> bool {
    optional!(error).is_some_and(|error| error.error.is_retryable())
}

/// Athena's own category of a failed query: 1 system, 2 user, 3 other.
///
/// Returns true and writes `*out_category` if Athena gave one. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_athena_category(
    error: *const athena_error,
    out_category: *mut i32,
) -> bool {
    let category = optional!(error).and_then(|error| error.error.athena_error_category());
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(category, out_category) }
}

/// Athena's own error type of a failed query, as its error catalogue numbers them.
///
/// Returns true and writes `*out_type` if Athena gave one. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_athena_type(
    error: *const athena_error,
    out_type: *mut i32,
) -> bool {
    let error_type = optional!(error).and_then(|error| error.error.athena_error_type());
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(error_type, out_type) }
}

/// Frees an error. NULL is allowed. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_error_free(error: *mut athena_error) {
    free!(error);
}
