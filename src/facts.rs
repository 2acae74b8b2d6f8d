//! Facts about the query a result came from.

use std::ffi::c_char;

use athena_core::session::StatementType;

use crate::boundary::{pointer_to, write_if_some};
use crate::progress::{athena_query_execution_state, milliseconds, saturated};
use crate::result::athena_result;

/// What kind of statement a query was, in Athena's eyes.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum athena_statement_type {
    /// Athena did not say, or a kind not known here.
    Unknown = 0,
    /// CREATE, ALTER, DROP and the like.
    Ddl = 1,
    /// SELECT, INSERT, CREATE TABLE AS, and other statements that read or write rows.
    Dml = 2,
    /// SHOW, DESCRIBE, EXPLAIN and the like.
    Utility = 3,
}

impl From<StatementType> for athena_statement_type {
    fn from(statement_type: StatementType) -> Self {
        match statement_type {
            StatementType::Ddl => Self::Ddl,
            StatementType::Dml => Self::Dml,
            StatementType::Utility => Self::Utility,
        }
    }
}

/// The query's id, which the Athena console and the history show. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_query_execution_id(
    result: *const athena_result,
) -> *const c_char {
    pointer_to(optional!(result).map(|result| &result.texts.query_execution_id))
}

/// The state Athena reported last. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_state(
    result: *const athena_result,
) -> athena_query_execution_state {
    optional!(result).map_or(athena_query_execution_state::Unknown, |result| {
        result.execution().state.into()
    })
}

/// The kind of statement. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_statement_type(
    result: *const athena_result,
) -> athena_statement_type {
    optional!(result)
        .and_then(|result| result.execution().statement_type)
        .map_or(athena_statement_type::Unknown, athena_statement_type::from)
}

/// The finer kind, such as "SELECT" or "CREATE_TABLE_AS_SELECT"; NULL if Athena did not
/// say. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_substatement_type(
    result: *const athena_result,
) -> *const c_char {
    pointer_to(optional!(result).and_then(|result| result.texts.substatement_type.as_ref()))
}

/// Where Athena put the result, as an s3:// URI; NULL for results Athena manages itself.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_output_location(
    result: *const athena_result,
) -> *const c_char {
    pointer_to(optional!(result).and_then(|result| result.texts.output_location.as_ref()))
}

/// The workgroup the query ran in; NULL if Athena did not say. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_work_group(result: *const athena_result) -> *const c_char {
    pointer_to(optional!(result).and_then(|result| result.texts.work_group.as_ref()))
}

/// The number of rows written by INSERT, UPDATE, DELETE, MERGE or CREATE TABLE AS.
///
/// Returns true and writes `*out_count` if the statement has such a number. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_update_count(
    result: *const athena_result,
    out_count: *mut i64,
) -> bool {
    let number = optional!(result).and_then(|result| result.execution().update_count);
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(number, out_count) }
}

/// Whether Athena answered with the stored result of an earlier query. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_reused_previous_result(
    result: *const athena_result,
) -> bool {
    optional!(result).is_some_and(|result| result.execution().reused_previous_result)
}

/// The number of bytes the query read, which Athena bills.
///
/// Returns true and writes `*out_bytes` if Athena told it. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_data_scanned_in_bytes(
    result: *const athena_result,
    out_bytes: *mut i64,
) -> bool {
    let number = optional!(result)
        .and_then(|result| Some(saturated(result.execution().data_scanned_in_bytes?)));
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(number, out_bytes) }
}

/// Milliseconds from submission to the end of the query, as Athena counts them.
///
/// Returns true and writes `*out_ms` if Athena told it. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_total_execution_time_ms(
    result: *const athena_result,
    out_ms: *mut i64,
) -> bool {
    let number = optional!(result)
        .and_then(|result| Some(milliseconds(result.execution().total_execution_time?)));
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(number, out_ms) }
}

/// Milliseconds the engine worked. Written as by athena_result_total_execution_time_ms().
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_engine_execution_time_ms(
    result: *const athena_result,
    out_ms: *mut i64,
) -> bool {
    let number = optional!(result)
        .and_then(|result| Some(milliseconds(result.execution().engine_execution_time?)));
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(number, out_ms) }
}

/// Milliseconds spent waiting for capacity. Written as by
/// athena_result_total_execution_time_ms(). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_query_queue_time_ms(
    result: *const athena_result,
    out_ms: *mut i64,
) -> bool {
    let number = optional!(result)
        .and_then(|result| Some(milliseconds(result.execution().query_queue_time?)));
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(number, out_ms) }
}

/// Milliseconds spent planning. Written as by athena_result_total_execution_time_ms().
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_query_planning_time_ms(
    result: *const athena_result,
    out_ms: *mut i64,
) -> bool {
    let number = optional!(result)
        .and_then(|result| Some(milliseconds(result.execution().query_planning_time?)));
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(number, out_ms) }
}

/// Milliseconds spent making the result available. Written as by
/// athena_result_total_execution_time_ms(). Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_service_processing_time_ms(
    result: *const athena_result,
    out_ms: *mut i64,
) -> bool {
    let number = optional!(result)
        .and_then(|result| Some(milliseconds(result.execution().service_processing_time?)));
    // SAFETY: the caller passes NULL or room for the value (lib.rs, "Safety").
    unsafe { write_if_some(number, out_ms) }
}
