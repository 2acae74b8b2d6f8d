//! `athena_statement`: one SQL statement, run once or many times.

use std::ffi::{c_char, c_void};
use std::time::Duration;

use athena_core::session::Statement;

use crate::boundary::{Out, handed_out, invalid, run};
use crate::connection::athena_connection;
use crate::error::athena_error;
use crate::progress::{self, athena_progress, athena_progress_callback};
use crate::result::athena_result;
use crate::status::athena_status;

/// SQL text with its bound values, timeout and progress callback.
///
/// Runs one query at a time. athena_statement_execute() submits and waits; a caller with a
/// loop of its own uses athena_statement_submit(), athena_statement_poll() and
/// athena_statement_wait() instead. Results already handed out are independent of it.
///
/// Made by: athena_statement_new(). Methods: athena_statement_set_sql(),
/// athena_statement_bind_null() and its siblings, athena_statement_clear_bindings(),
/// athena_statement_parameter_count(), athena_statement_set_timeout_ms(),
/// athena_statement_set_progress(), athena_statement_execute(), athena_statement_submit(),
/// athena_statement_poll(), athena_statement_wait(), athena_statement_cancel(),
/// athena_statement_free().
pub struct athena_statement {
    pub(crate) statement: Statement,
}

/// Makes a statement without text.
///
/// On success `*out_statement` is the caller's, to free with athena_statement_free(); it
/// keeps what it needs of the connection. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_new(
    connection: *const athena_connection,
    out_statement: *mut *mut athena_statement,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_new", out_error, || {
        let connection = handle!(connection);
        let out_statement = out!(out_statement);
        let statement = connection.connection.statement();
        out_statement.write(handed_out(athena_statement { statement }));
        Ok(())
    })
}

/// Sets the SQL text. `sql` is borrowed. Bound values stay.
///
/// Errors: INVALID_ARGUMENT (not UTF-8, over Athena's limit of 262144 bytes),
/// INVALID_STATE while a query runs. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_set_sql(
    statement: *mut athena_statement,
    sql: *const c_char,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_set_sql", out_error, || {
        handle!(statement).statement.set_sql(text!(sql))
    })
}

/// Counts the `?` parameters of the SQL text; those in strings, quoted names and comments
/// are none. Asks no server.
///
/// Errors: INVALID_STATE before athena_statement_set_sql(). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_parameter_count(
    statement: *const athena_statement,
    out_count: *mut usize,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_parameter_count", out_error, || {
        let statement = handle!(statement);
        let out_count = out!(out_count);
        out_count.write(statement.statement.parameter_count()?);
        Ok(())
    })
}

/// Limits how long a query of this statement may take, from submission to its end; then it
/// is stopped and the call answers TIMEOUT. 0 lifts the limit. Without this call the option
/// QueryTimeout holds.
///
/// Errors: INVALID_ARGUMENT (negative), INVALID_STATE while a query runs. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_set_timeout_ms(
    statement: *mut athena_statement,
    timeout_ms: i64,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_set_timeout_ms", out_error, || {
        let statement = handle!(statement);
        let milliseconds = u64::try_from(timeout_ms).map_err(|error| {
            invalid(format!(
                "timeout_ms is {timeout_ms}; give 0 for none, or more"
            ))
            .with_source(error)
        })?;
        let timeout = (milliseconds > 0).then(|| Duration::from_millis(milliseconds));
        statement.statement.set_timeout(timeout)
    })
}

/// Has `callback` called with every state seen of a running query; NULL ends that.
///
/// `user_data` is passed on untouched and may be NULL. Both must stay valid until the
/// callback is replaced or the statement freed, and until a query that runs meanwhile has
/// ended. The callback runs on a thread of the library, one call at a time; it may call
/// athena_statement_cancel() and nothing else on this statement, and must return soon.
///
/// Errors: INVALID_STATE while a query runs. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_set_progress(
    statement: *mut athena_statement,
    callback: athena_progress_callback,
    user_data: *mut c_void,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_set_progress", out_error, || {
        handle!(statement)
            .statement
            .set_progress(progress::callback(callback, user_data))
    })
}

/// Sends the statement to Athena, waits for the query's end and opens its result.
///
/// On success `*out_result` is the caller's, to free with athena_result_free(); it keeps
/// what it needs, so freeing the statement first is fine. Blocks; athena_statement_cancel()
/// from another thread ends it.
///
/// Errors: INVALID_STATE (no text, or a query runs), INVALID_ARGUMENT (values bound differ
/// from the parameters), INVALID_DATA (syntax, types, a failing query), NOT_FOUND,
/// UNAUTHENTICATED, UNAUTHORIZED, CANCELLED, TIMEOUT, IO; see
/// athena_error_query_execution_id(). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_execute(
    statement: *mut athena_statement,
    out_result: *mut *mut athena_result,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_execute", out_error, || {
        let statement = handle!(statement);
        let out_result = out!(out_result);
        out_result.write(handed_out(athena_result::new(
            statement.statement.execute()?,
        )));
        Ok(())
    })
}

/// Sends the statement to Athena and returns as soon as it is accepted.
///
/// With ComplexTypes=typed, a query that the connection does not know yet is described first
/// (docs/types.md), and this call waits for that.
///
/// `out_query_execution_id`, which may be NULL, receives the NUL-terminated id; it has room for
/// `id_size` bytes, and ATHENA_QUERY_EXECUTION_ID_SIZE is enough. Continue with
/// athena_statement_wait(), or athena_statement_poll() first. Freeing the statement stops
/// the query.
///
/// Errors: as athena_statement_execute() before the query runs; INVALID_ARGUMENT for too
/// small a buffer, before anything is sent. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_submit(
    statement: *mut athena_statement,
    out_query_execution_id: *mut c_char,
    id_size: usize,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_submit", out_error, || {
        let statement = handle!(statement);
        progress::check_id_buffer(out_query_execution_id, id_size)?;
        let id = progress::id_text(&statement.statement.submit()?)?;
        if !out_query_execution_id.is_null() {
            // SAFETY: not NULL and, as checked above, room for every id.
            unsafe { out_query_execution_id.copy_from_nonoverlapping(id.as_ptr(), id.len()) };
        }
        Ok(())
    })
}

/// Asks Athena once how the submitted query is doing.
///
/// `*out_progress` receives at most `progress_size` bytes; give sizeof(athena_progress). Blocks
/// for one request. A query that ended in failure is no error of this call;
/// athena_statement_wait() then says why.
///
/// Errors: INVALID_STATE (nothing submitted), IO and other errors of the request.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_poll(
    statement: *mut athena_statement,
    out_progress: *mut athena_progress,
    progress_size: usize,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_poll", out_error, || {
        let statement = handle!(statement);
        let out_progress: Out<athena_progress> = out!(out_progress);
        let progress = athena_progress::new(&statement.statement.poll()?)?;
        // SAFETY: the caller passes room for `progress_size` bytes (lib.rs, "Safety").
        unsafe { out_progress.write_prefix(&progress, progress_size) };
        Ok(())
    })
}

/// Waits for the end of the submitted query and opens its result.
///
/// Ownership, overlap and errors as athena_statement_execute(). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_wait(
    statement: *mut athena_statement,
    out_result: *mut *mut athena_result,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_wait", out_error, || {
        let statement = handle!(statement);
        let out_result = out!(out_result);
        out_result.write(handed_out(athena_result::new(statement.statement.wait()?)));
        Ok(())
    })
}

/// Stops the running query. The call that waits for it answers CANCELLED, unless the query
/// ended first.
///
/// May overlap any other call on the same statement, from any thread. Does not touch a
/// result already handed out; athena_result_cancel() does.
///
/// Errors: INVALID_STATE (nothing runs), IO (the request to stop failed). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_cancel(
    statement: *const athena_statement,
    out_error: *mut *mut athena_error,
) -> athena_status {
    run("athena_statement_cancel", out_error, || {
        handle!(statement).statement.cancel()
    })
}

/// Frees a statement and stops the query it runs. Results made from it go on working. NULL
/// is allowed. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_statement_free(statement: *mut athena_statement) {
    free!(statement);
}
