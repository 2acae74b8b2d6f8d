//! What every C function does around its work: check pointers, catch panics, hand out
//! values and errors.

use std::any::Any;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;

use athena_core::{Error, ErrorKind, Result};

use crate::error::athena_error;
use crate::status::athena_status;

/// The argument as `&T`; NULL ends the surrounding [`run`] closure with INVALID_ARGUMENT.
macro_rules! handle {
    ($pointer:ident) => {
        // SAFETY: the caller passes NULL or a live object (lib.rs, "Safety").
        unsafe { $crate::boundary::borrow($pointer, stringify!($pointer)) }?
    };
}

/// The NUL-terminated argument as `&str`.
macro_rules! text {
    ($pointer:ident) => {
        // SAFETY: the caller passes NULL or a NUL-terminated string (lib.rs, "Safety").
        unsafe { $crate::boundary::borrow_text($pointer, stringify!($pointer)) }?
    };
}

/// The argument `pointer`, `length` as `&[u8]`.
macro_rules! bytes {
    ($pointer:ident, $length:expr) => {
        // SAFETY: the caller passes NULL or `length` readable bytes (lib.rs, "Safety").
        unsafe { $crate::boundary::borrow_bytes($pointer, $length, stringify!($pointer)) }?
    };
}

/// The argument as an [`Out`] to write on success.
macro_rules! out {
    ($pointer:ident) => {
        // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
        unsafe { $crate::boundary::Out::new($pointer, stringify!($pointer)) }?
    };
}

/// An object, or `None` for NULL: for functions that return no status.
macro_rules! optional {
    ($pointer:ident) => {
        // SAFETY: the caller passes NULL or a live object (lib.rs, "Safety").
        unsafe { $pointer.as_ref() }
    };
}

/// Takes back and drops an object made by [`handed_out`]; nothing for NULL.
macro_rules! free {
    ($pointer:ident) => {
        $crate::boundary::quietly((), || {
            if !$pointer.is_null() {
                // SAFETY: the caller passes what `handed_out` made, and passes it once.
                drop(unsafe { Box::from_raw($pointer) });
            }
        })
    };
}

/// Runs the body of one fallible C function and turns its end into a status.
///
/// A panic becomes an INTERNAL error of this one call. `out_error` may be NULL.
pub(crate) fn run(
    function: &str,
    out_error: *mut *mut athena_error,
    body: impl FnOnce() -> Result<()>,
) -> athena_status {
    let error = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return athena_status::Ok,
        Ok(Err(error)) => error,
        Err(panic) => panicked(function, panic.as_ref()),
    };
    let status = error.status().into();
    if !out_error.is_null() {
        let error = handed_out(athena_error::new(error));
        // SAFETY: not NULL, so the caller promises room for a pointer. Unaligned, because C
        // may keep it inside a packed struct.
        unsafe { out_error.write_unaligned(error) };
    }
    status
}

/// Runs the body of a function that cannot report an error; a panic answers `fallback`.
pub(crate) fn quietly<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// The error for a caught panic. A formatted panic message may quote data, so only a
/// literal one is repeated.
fn panicked(function: &str, panic: &(dyn Any + Send)) -> Error {
    let what = panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("the panic message is on the standard error stream");
    Error::new(
        ErrorKind::Internal,
        format!("{function} panicked: {what}; this is a bug of the driver, please report it"),
    )
}

/// Moves an object to the heap for the caller, who gives it back to its `_free` function.
pub(crate) fn handed_out<T>(object: T) -> *mut T {
    Box::into_raw(Box::new(object))
}

/// Text for C. A NUL inside, which no Athena name has, becomes U+FFFD.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{FFFD}")).unwrap_or_default()
}

/// The pointer to hand out for a text that may be missing.
pub(crate) fn pointer_to(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}

/// A place of the caller's that receives a value on success.
pub(crate) struct Out<T>(NonNull<T>);

impl<T> Out<T> {
    /// # Safety
    /// `pointer` is NULL, or writable for a `T` (aligned or not) while the `Out` lives.
    pub(crate) unsafe fn new(pointer: *mut T, name: &str) -> Result<Self> {
        NonNull::new(pointer).map(Self).ok_or_else(|| is_null(name))
    }

    /// Hands `value` to the caller. What was there before is not dropped.
    pub(crate) fn write(self, value: T) {
        // SAFETY: `new` was promised room. Unaligned, because C may keep it inside a packed
        // struct.
        unsafe { self.0.write_unaligned(value) };
    }

    /// Hands over the first `size` bytes of `value`, for a caller that was compiled when the
    /// struct was shorter.
    ///
    /// # Safety
    /// There is room for `size` bytes.
    pub(crate) unsafe fn write_prefix(self, value: &T, size: usize)
    where
        T: Copy,
    {
        let size = size.min(size_of::<T>());
        let bytes = std::ptr::from_ref(value).cast::<u8>();
        // SAFETY: room for `size` bytes was promised, and `value` has at least as many.
        unsafe {
            self.0
                .as_ptr()
                .cast::<u8>()
                .copy_from_nonoverlapping(bytes, size)
        };
    }
}

/// Writes `value` if there is one and a place for it; tells whether it did.
///
/// # Safety
/// `pointer` is NULL or writable for a `T`, aligned or not.
pub(crate) unsafe fn write_if_some<T>(value: Option<T>, pointer: *mut T) -> bool {
    let (Some(value), Some(place)) = (value, NonNull::new(pointer)) else {
        return false;
    };
    // SAFETY: not NULL, so the caller promises room.
    unsafe { place.write_unaligned(value) };
    true
}

/// # Safety
/// `pointer` is NULL, or points to a `T` that lives as long as `'a`.
pub(crate) unsafe fn borrow<'a, T>(pointer: *const T, name: &str) -> Result<&'a T> {
    // SAFETY: promised by the caller.
    unsafe { pointer.as_ref() }.ok_or_else(|| is_null(name))
}

/// # Safety
/// `pointer` is NULL, or points to a NUL-terminated string that lives as long as `'a`.
pub(crate) unsafe fn borrow_text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    if pointer.is_null() {
        return Err(is_null(name));
    }
    // SAFETY: not NULL, so the caller promises a NUL-terminated string.
    let text = unsafe { CStr::from_ptr(pointer) };
    utf8(text.to_bytes(), name)
}

/// NULL with length 0 is empty, as an empty `std::string_view` is.
///
/// # Safety
/// `pointer` is NULL, or points to `length` bytes that live as long as `'a`.
pub(crate) unsafe fn borrow_bytes<'a>(
    pointer: *const u8,
    length: usize,
    name: &str,
) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(is_null(name));
    }
    if isize::try_from(length).is_err() {
        return Err(invalid(format!(
            "the length {length} of {name} is no size of an object"
        )));
    }
    // SAFETY: not NULL, so the caller promises `length` bytes, which fit into an `isize`.
    Ok(unsafe { std::slice::from_raw_parts(pointer, length) })
}

/// `bytes` as text; the error names the argument and the place, and does not quote it.
pub(crate) fn utf8<'a>(bytes: &'a [u8], name: &str) -> Result<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        invalid(format!(
            "{name} is not valid UTF-8: byte {at} starts no character"
        ))
        .with_source(error)
    })
}

/// INVALID_ARGUMENT with a message that names the argument.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidArgument, message)
}

fn is_null(name: &str) -> Error {
    invalid(format!("{name} is NULL"))
}
