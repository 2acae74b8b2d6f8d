//! Export of a result as Arrow C structs, and as an Arrow C stream whose errno tells why it
//! ended. Arrow's own exporter answers EINVAL for everything the engine can report.

use std::ffi::{CString, c_char, c_int, c_void};
use std::ptr;
use std::sync::Arc;

use arrow::array::{Array, StructArray};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow::ffi_stream::FFI_ArrowArrayStream;
use athena_core::session::ResultStream;
use athena_core::{Error, ErrorKind, Result, Status};

use crate::boundary::{c_text, quietly};

/// The next record batch as a struct array; a released array after the last one.
pub(crate) fn next(stream: &ResultStream) -> Result<FFI_ArrowArray> {
    Ok(match stream.next_batch()? {
        Some(batch) => FFI_ArrowArray::new(&StructArray::from(batch).to_data()),
        None => FFI_ArrowArray::empty(),
    })
}

/// The result's columns as a struct type.
pub(crate) fn schema(stream: &ResultStream) -> Result<FFI_ArrowSchema> {
    FFI_ArrowSchema::try_from(stream.schema().as_ref()).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("the result's schema cannot be exported: {error}"),
        )
        .with_source(error)
    })
}

/// A stream over the batches not read yet, which it keeps alive.
pub(crate) fn export(stream: Arc<ResultStream>) -> FFI_ArrowArrayStream {
    let state = Box::new(StreamState {
        stream,
        last_error: None,
    });
    // SAFETY: the four functions expect `private_data` to be a boxed `StreamState`, and
    // `release` frees it once and clears itself.
    unsafe {
        FFI_ArrowArrayStream::new_unchecked(
            Some(get_schema),
            Some(get_next),
            Some(get_last_error),
            Some(release),
            Box::into_raw(state).cast(),
        )
    }
}

/// What an exported stream owns.
struct StreamState {
    stream: Arc<ResultStream>,
    last_error: Option<CString>,
}

impl StreamState {
    /// Writes what `read` gives to `out`; the errno of its error otherwise.
    fn answer<T>(&mut self, out: *mut T, read: impl FnOnce(&ResultStream) -> Result<T>) -> c_int {
        self.last_error = None;
        let error = match quietly(None, || Some(read(&self.stream))) {
            Some(Ok(value)) => {
                // SAFETY: the stream's consumer passes room for the value, as the Arrow C
                // stream interface says.
                unsafe { out.write_unaligned(value) };
                return 0;
            }
            Some(Err(error)) => error,
            None => Error::new(
                ErrorKind::Internal,
                "reading the stream panicked; this is a bug",
            ),
        };
        self.last_error = Some(c_text(error.message()));
        errno(error.status())
    }
}

/// # Safety
/// `stream` was made by [`export`] and is not released; nobody else uses it meanwhile.
unsafe fn state<'a>(stream: *mut FFI_ArrowArrayStream) -> &'a mut StreamState {
    // SAFETY: promised by the caller.
    let private_data = unsafe { (*stream).private_data() };
    // SAFETY: `export` stored a boxed `StreamState`, which lives until `release`.
    unsafe { &mut *private_data.cast() }
}

unsafe extern "C" fn get_schema(
    stream: *mut FFI_ArrowArrayStream,
    out: *mut FFI_ArrowSchema,
) -> c_int {
    // SAFETY: the consumer passes a live stream of ours, from one thread at a time.
    unsafe { state(stream) }.answer(out, schema)
}

unsafe extern "C" fn get_next(
    stream: *mut FFI_ArrowArrayStream,
    out: *mut FFI_ArrowArray,
) -> c_int {
    // SAFETY: the consumer passes a live stream of ours, from one thread at a time.
    unsafe { state(stream) }.answer(out, next)
}

unsafe extern "C" fn get_last_error(stream: *mut FFI_ArrowArrayStream) -> *const c_char {
    // SAFETY: the consumer passes a live stream of ours, from one thread at a time.
    let state = unsafe { state(stream) };
    state
        .last_error
        .as_ref()
        .map_or(ptr::null(), |error| error.as_ptr())
}

unsafe extern "C" fn release(stream: *mut FFI_ArrowArrayStream) {
    // SAFETY: the consumer passes a live stream of ours and does not use it afterwards.
    let stream = unsafe { &mut *stream };
    // SAFETY: the state goes away below, and the stream is marked released.
    let private_data: *mut c_void = unsafe { stream.set_private_data(ptr::null_mut()) };
    // SAFETY: as above; a released stream has no release function.
    unsafe { stream.set_release(None) };
    // SAFETY: `export` boxed it, and the cleared release function keeps this the only time.
    let state: Box<StreamState> = unsafe { Box::from_raw(private_data.cast()) };
    quietly((), || drop(state));
}

fn errno(status: Status) -> c_int {
    match status {
        Status::InvalidArgument | Status::InvalidState | Status::InvalidData => libc::EINVAL,
        Status::NotImplemented => libc::ENOSYS,
        Status::NotFound => libc::ENOENT,
        Status::AlreadyExists => libc::EEXIST,
        Status::Cancelled => libc::ECANCELED,
        Status::Timeout => libc::ETIMEDOUT,
        Status::Unauthenticated | Status::Unauthorized => libc::EACCES,
        Status::Unknown | Status::Integrity | Status::Internal | Status::Io => libc::EIO,
    }
}
