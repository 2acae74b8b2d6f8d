//! A query that ended without a result → an engine error.

use super::QueryExecution;
use crate::error::{Error, ErrorKind};

/// Athena's text for a query stopped at the workgroup's bytes-scanned cutoff. Its state is
/// CANCELLED, but nobody cancelled it.
const SCAN_LIMIT: &str = "Bytes scanned limit was exceeded";

/// The error of a query that ended FAILED.
pub(super) fn failed(execution: &QueryExecution) -> Error {
    let athena = execution.athena_error.clone().unwrap_or_default();
    let reason = execution
        .state_change_reason
        .clone()
        .or(athena.error_message)
        .unwrap_or_else(|| "the query failed; Athena gave no reason".to_owned());
    let kind = kind_of(&reason, athena.error_type);
    let mut error = Error::new(kind, reason)
        .with_athena_error(athena.error_category, athena.error_type)
        .with_query_execution_id(&execution.query_execution_id);
    if let Some(sqlstate) = sqlstate_of(error.message()) {
        error = error.with_sqlstate(sqlstate);
    }
    if athena.retryable {
        error = error.with_retryable(true);
    }
    error
}

/// The error of a query that ended CANCELLED without this caller's doing.
pub(super) fn cancelled(execution: &QueryExecution) -> Error {
    let reason = execution.state_change_reason.as_deref();
    let kind = match reason {
        Some(reason) if reason.contains(SCAN_LIMIT) => ErrorKind::ScanLimit,
        _ => ErrorKind::Cancelled,
    };
    Error::new(kind, reason.unwrap_or("the query was cancelled"))
        .with_query_execution_id(&execution.query_execution_id)
}

/// By the error name in front of the reason, else by AWS's error type.
fn kind_of(reason: &str, error_type: Option<i32>) -> ErrorKind {
    match name_of(reason) {
        "TABLE_NOT_FOUND" | "SCHEMA_NOT_FOUND" | "CATALOG_NOT_FOUND" => ErrorKind::TableNotFound,
        "COLUMN_NOT_FOUND" => ErrorKind::ColumnNotFound,
        "TABLE_ALREADY_EXISTS" => ErrorKind::AlreadyExists,
        "DIVISION_BY_ZERO" => ErrorKind::DivisionByZero,
        "SYNTAX_ERROR" => ErrorKind::Syntax,
        "PERMISSION_DENIED" => ErrorKind::Unauthorized,
        "HIVE_CANNOT_OPEN_SPLIT" if reason.contains("Slow Down") => ErrorKind::EngineFailed,
        _ => match error_type {
            Some(1500 | 1501) => ErrorKind::Unauthorized,
            Some(
                100
                | 200..=205
                | 207..=232
                | 300..=303
                | 400
                | 9999
                | 1401
                | 1403..=1406
                | 1700
                | 1701,
            ) => ErrorKind::EngineFailed,
            _ => ErrorKind::QueryFailed,
        },
    }
}

/// SQLSTATEs more exact than the kind's.
fn sqlstate_of(reason: &str) -> Option<&'static str> {
    Some(match name_of(reason) {
        "INVALID_CAST_ARGUMENT" => "22018",
        "NUMERIC_VALUE_OUT_OF_RANGE" => "22003",
        "INVALID_FUNCTION_ARGUMENT" => "22023",
        "TYPE_MISMATCH" => "42804",
        "FUNCTION_NOT_FOUND" => "42883",
        "AMBIGUOUS_NAME" => "42702",
        "INVALID_PARAMETER_USAGE" => "07001",
        "NOT_SUPPORTED" => "0A000",
        _ => return None,
    })
}

/// The error name in `ERROR_NAME: text`, or nothing.
fn name_of(reason: &str) -> &str {
    reason
        .split_once(':')
        .map(|(name, _)| name)
        .filter(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{AthenaError, QueryExecutionState};
    use super::*;

    fn execution(reason: &str, error_type: i32) -> QueryExecution {
        let mut execution = QueryExecution::new("id-1", QueryExecutionState::Failed);
        execution.state_change_reason = Some(reason.to_owned());
        execution.athena_error = Some(AthenaError {
            error_category: Some(2),
            error_type: Some(error_type),
            ..AthenaError::default()
        });
        execution
    }

    #[test]
    fn failures_are_told_apart_by_name_then_by_number() {
        let cases = [
            (
                "TABLE_NOT_FOUND: line 1:15: Table 'x' does not exist",
                1301,
                ErrorKind::TableNotFound,
                "42S02",
            ),
            (
                "DIVISION_BY_ZERO: Division by zero",
                1001,
                ErrorKind::DivisionByZero,
                "22012",
            ),
            (
                "INVALID_CAST_ARGUMENT: Cannot cast 'a' to INT",
                1100,
                ErrorKind::QueryFailed,
                "22018",
            ),
            (
                "FAILED: SemanticException [Error 10001]: x",
                1003,
                ErrorKind::QueryFailed,
                "HY000",
            ),
            ("Internal error", 100, ErrorKind::EngineFailed, "HY000"),
            ("Something new", 4711, ErrorKind::QueryFailed, "HY000"),
        ];
        for (reason, error_type, kind, sqlstate) in cases {
            let error = failed(&execution(reason, error_type));
            assert_eq!(error.kind(), kind, "{reason}");
            assert_eq!(error.sqlstate(), sqlstate, "{reason}");
            assert_eq!(error.message(), reason);
            assert_eq!(error.athena_error_type(), Some(error_type));
            assert_eq!(error.query_execution_id(), Some("id-1"));
        }
    }

    #[test]
    fn the_scan_limit_is_no_cancellation_by_the_user() {
        let error = cancelled(&execution(SCAN_LIMIT, 0));
        assert_eq!(error.kind(), ErrorKind::ScanLimit);
        assert_eq!(
            cancelled(&execution("Query cancelled by user", 0)).kind(),
            ErrorKind::Cancelled
        );
    }
}
