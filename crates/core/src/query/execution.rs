//! What Athena tells of a query: its state, its statistics, where its result lies.

use std::time::Duration;

/// State of a query execution. `Succeeded`, `Failed` and `Cancelled` are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum QueryExecutionState {
    /// Waiting for resources. A running query may come back here.
    Queued = 0,
    /// Running.
    Running = 1,
    /// Ended; its result can be read.
    Succeeded = 2,
    /// Ended with an error.
    Failed = 3,
    /// Stopped by a caller, or by the workgroup's bytes-scanned cutoff.
    Cancelled = 4,
}

impl QueryExecutionState {
    /// Whether the state can no longer change.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The service's spelling, e.g. `SUCCEEDED`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Queued => "QUEUED",
            Self::Running => "RUNNING",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// The broad kind of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementType {
    /// Data definition, and CREATE TABLE AS SELECT.
    Ddl,
    /// Queries, data manipulation and EXPLAIN.
    Dml,
    /// SHOW and DESCRIBE.
    Utility,
}

impl StatementType {
    /// The service's spelling, e.g. `DML`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddl => "DDL",
            Self::Dml => "DML",
            Self::Utility => "UTILITY",
        }
    }
}

/// Why a query failed, in numbers. Unknown numbers are not an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AthenaError {
    /// 1 system, 2 user, 3 other.
    pub error_category: Option<i32>,
    /// See "Athena error type reference".
    pub error_type: Option<i32>,
    /// Whether the service thinks the query may succeed when run again.
    pub retryable: bool,
    /// The service's message; may differ from the state change reason.
    pub error_message: Option<String>,
}

/// A query execution as GetQueryExecution describes it. Everything but the id and the state
/// may be missing.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct QueryExecution {
    /// The id.
    pub query_execution_id: String,
    /// The state.
    pub state: QueryExecutionState,
    /// Why it failed or was cancelled, for a person.
    pub state_change_reason: Option<String>,
    /// Why it failed, in numbers.
    pub athena_error: Option<AthenaError>,
    /// The broad kind of statement.
    pub statement_type: Option<StatementType>,
    /// The exact kind of statement, e.g. `SELECT` or `CREATE_TABLE_AS_SELECT`.
    pub substatement_type: Option<String>,
    /// The result object, `None` with managed query results. With result reuse it belongs
    /// to an older query. That it is set does not mean that the object exists.
    pub output_location: Option<String>,
    /// Whether the result object is encrypted on Athena's side of S3 (CSE_KMS), so that a
    /// plain read yields ciphertext.
    pub client_side_encrypted: bool,
    /// The workgroup it runs in.
    pub work_group: Option<String>,
    /// The engine it ran on.
    pub engine_version: Option<String>,
    /// Bytes scanned so far, which is what is billed.
    pub data_scanned_in_bytes: Option<u64>,
    /// The list of files written by CTAS, INSERT or UNLOAD.
    pub data_manifest_location: Option<String>,
    /// Whether an older result was reused.
    pub reused_previous_result: bool,
    /// Time the engine worked.
    pub engine_execution_time: Option<Duration>,
    /// Time spent waiting for resources.
    pub query_queue_time: Option<Duration>,
    /// Time spent planning.
    pub query_planning_time: Option<Duration>,
    /// Time the service worked before the engine.
    pub service_pre_processing_time: Option<Duration>,
    /// Time the service worked after the engine.
    pub service_processing_time: Option<Duration>,
    /// Time from submission to end.
    pub total_execution_time: Option<Duration>,
    /// Rows written by INSERT, UPDATE, DELETE, MERGE or CTAS. Known once the result was
    /// opened.
    pub update_count: Option<i64>,
}

impl QueryExecution {
    /// An execution of which nothing but id and state is known.
    pub(crate) fn new(query_execution_id: impl Into<String>, state: QueryExecutionState) -> Self {
        Self {
            query_execution_id: query_execution_id.into(),
            state,
            state_change_reason: None,
            athena_error: None,
            statement_type: None,
            substatement_type: None,
            output_location: None,
            client_side_encrypted: false,
            work_group: None,
            engine_version: None,
            data_scanned_in_bytes: None,
            data_manifest_location: None,
            reused_previous_result: false,
            engine_execution_time: None,
            query_queue_time: None,
            query_planning_time: None,
            service_pre_processing_time: None,
            service_processing_time: None,
            total_execution_time: None,
            update_count: None,
        }
    }

    /// Whether the result's first row repeats the column names, as it does for queries and
    /// EXPLAIN, and for nothing else but SHOW FUNCTIONS.
    pub(crate) fn has_header_row(&self) -> bool {
        match self.substatement_type.as_deref() {
            Some("SELECT" | "EXPLAIN" | "SHOW_FUNCTIONS") => true,
            // The kind of EXECUTE is not documented; a CSV result means rows with a header.
            Some("EXECUTE") | None => {
                self.statement_type == Some(StatementType::Dml) && self.has_csv_result()
            }
            Some(_) => false,
        }
    }

    /// Whether the statement yields rows that lie in a CSV object.
    pub(crate) fn has_csv_result(&self) -> bool {
        let name_says_csv = self
            .output_location
            .as_deref()
            .is_some_and(|location| location.ends_with(".csv"));
        name_says_csv
            && match self.substatement_type.as_deref() {
                Some("SELECT" | "SHOW_FUNCTIONS" | "EXECUTE") | None => true,
                // UPDATE, DELETE and MERGE report a CSV that is never written.
                Some(_) => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution(statement: StatementType, sub: Option<&str>, location: &str) -> QueryExecution {
        let mut execution = QueryExecution::new("id", QueryExecutionState::Succeeded);
        execution.statement_type = Some(statement);
        execution.substatement_type = sub.map(str::to_owned);
        execution.output_location = Some(location.to_owned());
        execution
    }

    #[test]
    fn header_and_object_follow_the_kind_of_statement() {
        use StatementType::{Ddl, Dml, Utility};
        let cases = [
            (Dml, Some("SELECT"), "s3://b/x.csv", true, true),
            (Dml, Some("EXPLAIN"), "s3://b/x.txt", true, false),
            (Utility, Some("SHOW_FUNCTIONS"), "s3://b/x.csv", true, true),
            (Utility, Some("SHOW_TABLES"), "s3://b/x.txt", false, false),
            (
                Utility,
                Some("DESCRIBE_TABLE"),
                "s3://b/x.txt",
                false,
                false,
            ),
            (Dml, Some("UPDATE"), "s3://b/x.csv", false, false),
            (Dml, Some("INSERT"), "s3://b/x", false, false),
            (
                Ddl,
                Some("CREATE_TABLE_AS_SELECT"),
                "s3://b/tables/x",
                false,
                false,
            ),
            (Dml, None, "s3://b/x.csv", true, true),
            (Ddl, None, "s3://b/x.txt", false, false),
        ];
        for (statement, sub, location, header, csv) in cases {
            let execution = execution(statement, sub, location);
            assert_eq!(execution.has_header_row(), header, "{sub:?} {location}");
            assert_eq!(execution.has_csv_result(), csv, "{sub:?} {location}");
        }
    }
}
