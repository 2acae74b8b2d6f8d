//! `athena_result`: what a query gave, and its columns.

use std::ffi::{CString, c_char};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use athena_core::session::{QueryExecution, ResultStream};

use crate::boundary::{c_text, pointer_to};

/// The result of a query that succeeded: record batches still to be read, and facts about
/// the query.
///
/// Made by: athena_execute(), athena_statement_execute(), athena_statement_wait(). Methods:
/// athena_fetch(), athena_result_schema(), athena_result_stream(), athena_result_cancel(),
/// athena_result_column_count(), athena_result_column_name(), athena_result_column_type(),
/// athena_result_query_execution_id(), athena_result_state(),
/// athena_result_statement_type(), athena_result_substatement_type(),
/// athena_result_output_location(), athena_result_work_group(),
/// athena_result_update_count(), athena_result_reused_previous_result(),
/// athena_result_data_scanned_in_bytes(), athena_result_total_execution_time_ms(),
/// athena_result_engine_execution_time_ms(), athena_result_query_queue_time_ms(),
/// athena_result_query_planning_time_ms(), athena_result_service_processing_time_ms(),
/// athena_result_free().
pub struct athena_result {
    pub(crate) stream: Arc<ResultStream>,
    /// Whether the batches left belong to an exported stream.
    pub(crate) handed_over: AtomicBool,
    pub(crate) texts: FactTexts,
    columns: Vec<Column>,
}

/// The facts that are text, as C wants them.
pub(crate) struct FactTexts {
    pub(crate) query_execution_id: CString,
    pub(crate) substatement_type: Option<CString>,
    pub(crate) output_location: Option<CString>,
    pub(crate) work_group: Option<CString>,
}

struct Column {
    name: CString,
    athena_type: CString,
}

impl athena_result {
    pub(crate) fn new(stream: ResultStream) -> Self {
        let execution = stream.execution();
        let texts = FactTexts {
            query_execution_id: c_text(&execution.query_execution_id),
            substatement_type: execution.substatement_type.as_deref().map(c_text),
            output_location: execution.output_location.as_deref().map(c_text),
            work_group: execution.work_group.as_deref().map(c_text),
        };
        let columns = stream
            .columns()
            .iter()
            .map(|column| Column {
                name: c_text(&column.name),
                athena_type: c_text(&column.athena_type.to_string()),
            })
            .collect();
        Self {
            stream: Arc::new(stream),
            handed_over: AtomicBool::new(false),
            texts,
            columns,
        }
    }

    pub(crate) fn execution(&self) -> &QueryExecution {
        self.stream.execution()
    }
}

/// How many columns the result has; 0 for a statement that gives none. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_column_count(result: *const athena_result) -> usize {
    optional!(result).map_or(0, |result| result.columns.len())
}

/// The name of column `index`, counted from 0; NULL from athena_result_column_count() on.
/// Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_column_name(
    result: *const athena_result,
    index: usize,
) -> *const c_char {
    pointer_to(optional!(result).and_then(|result| Some(&result.columns.get(index)?.name)))
}

/// Athena's type of column `index`, such as "decimal(10,2)"; NULL from
/// athena_result_column_count() on. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_column_type(
    result: *const athena_result,
    index: usize,
) -> *const c_char {
    pointer_to(optional!(result).and_then(|result| Some(&result.columns.get(index)?.athena_type)))
}

/// Frees a result; what was not read is dropped. Batches, schemas and streams handed out go
/// on working. NULL is allowed. Since 0.1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn athena_result_free(result: *mut athena_result) {
    free!(result);
}
