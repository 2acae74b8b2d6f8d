//! Reading a result: batch by batch, or as one Arrow stream.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow::ffi_stream::FFI_ArrowArrayStream;

use athena_core::{Error, ErrorKind};

use crate::boundary::run;
use crate::error::athena_error;
use crate::result::athena_result;
use crate::status::athena_status;
use crate::stream;

/// Reads the next record batch of a result.
///
/// On success `*out_batch` is a struct array with one child per column, of the type
/// athena_result_schema() tells; the caller calls its `release`. After the last batch
/// `out_batch->release` is NULL, and so it stays for every further call. A batch outlives
/// the result. Blocks. What `*out_batch` held before is overwritten, not released.
///
/// Errors: INVALID_DATA (a value that cannot be decoded; the message names column, row and
/// value), CANCELLED (athena_result_cancel()), IO (network, truncated result),
/// INVALID_STATE after athena_result_stream(). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_fetch(
    result: *mut athena_result,
    out_batch: *mut FFI_ArrowArray,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_fetch", out_error, || {
        let result = handle!(result);
        let out_batch = out!(out_batch);
        if result.handed_over.load(Ordering::Acquire) {
            return Err(handed_over());
        }
        out_batch.write(stream::next(&result.stream)?);
        Ok(())
    })
}

/// Describes the columns of a result as an Arrow struct type.
///
/// On success the caller calls the `release` of `*out_schema`. The metadata "ATHENA:type"
/// of each child is Athena's own type text. A result without columns has no children.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_schema(
    result: *const athena_result,
    out_schema: *mut FFI_ArrowSchema,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_result_schema", out_error, || {
        let result = handle!(result);
        let out_schema = out!(out_schema);
        out_schema.write(stream::schema(&result.stream)?);
        Ok(())
    })
}

/// Hands over the batches not fetched yet as an Arrow stream.
///
/// On success the caller calls the `release` of `*out_stream`, which outlives the result.
/// The result keeps its facts and can still be cancelled, but has no more batches of its
/// own. The stream's functions answer 0 or an errno: ECANCELED, ETIMEDOUT, EACCES, ENOENT,
/// EINVAL, EIO and so on; its get_last_error() gives the message.
///
/// Errors: INVALID_STATE (handed over before). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_stream(
    result: *mut athena_result,
    out_stream: *mut FFI_ArrowArrayStream,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_result_stream", out_error, || {
        let result = handle!(result);
        let out_stream = out!(out_stream);
        if result.handed_over.swap(true, Ordering::AcqRel) {
            return Err(handed_over());
        }
        out_stream.write(stream::export(Arc::clone(&result.stream)));
        Ok(())
    })
}

/// Stops the reading of a result: a fetch that waits, and every later one, answers
/// CANCELLED. Batches already handed out stay valid.
///
/// May overlap any other call on the result or its stream. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_cancel(
    result: *const athena_result,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_result_cancel", out_error, || {
        handle!(result).stream.cancel();
        Ok(())
    })
}

fn handed_over() -> Error {
    Error::new(
        ErrorKind::InvalidState,
        "the batches of this result were handed over by athena_result_stream(); read that stream",
    )
}
