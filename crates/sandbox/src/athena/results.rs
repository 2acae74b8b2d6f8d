//! GetQueryResults.

use bytes::Bytes;
use serde_json::Value;

use super::executions::find;
use super::input::{Constraints, Input};
use super::paging::{position, token};
use crate::columns::column_info;
use crate::error::ApiError;
use crate::execution::{Execution, Outcome, State};
use crate::fault::FaultAction;
use crate::pages::{self, Page};
use crate::policy::on_behalf;
use crate::result_files::{Format, Layout};
use crate::run::is_hive_failure;
use crate::service::Service;
use crate::sigv4::Caller;

const MAX_ROWS: i64 = 1000;

pub(super) fn get_query_results(
    service: &Service,
    caller: &Caller,
    input: Input<'_>,
    faults: &[FaultAction],
) -> Result<Bytes, ApiError> {
    let id = input.string("QueryExecutionId")?;
    let next_token = input.string("NextToken")?;
    let max_results = input.integer("MaxResults")?;
    let result_type = input.string("QueryResultType")?;
    let mut constraints = Constraints::default();
    constraints.required("QueryExecutionId", id.is_some());
    constraints.length("QueryExecutionId", id, 1, 128);
    constraints.length("NextToken", next_token, 1, 1024);
    constraints.range("MaxResults", max_results, 1, i64::MAX);
    if result_type.is_some_and(|name| !["DATA_ROWS", "DATA_MANIFEST"].contains(&name)) {
        constraints.fail(
            "queryResultType",
            "satisfy enum value set: [DATA_MANIFEST, DATA_ROWS]",
        );
    }
    constraints.check()?;

    let execution = find(service, id.unwrap_or_default())?;
    if max_results.is_some_and(|count| count > MAX_ROWS) {
        return Err(ApiError::invalid_input(format!(
            "MaxResults is more than maximum allowed length {MAX_ROWS}"
        )));
    }
    let Some(outcome) = finished(&execution)? else {
        return Ok(Bytes::from_static(
            br#"{"ResultSet":{"Rows":[],"ResultSetMetadata":{"ColumnInfo":[]}}}"#,
        ));
    };
    on_behalf::may_read_results(service.access(caller), &execution)?;
    let limit = usize::try_from(max_results.unwrap_or(MAX_ROWS)).unwrap_or(usize::MAX);
    let (path, format) = match result_type {
        Some("DATA_MANIFEST") => {
            let manifest = outcome.manifest.as_ref().ok_or_else(|| {
                ApiError::invalid_input(
                    "QueryResultType DATA_MANIFEST is not supported for this query",
                )
            })?;
            (
                Some(service.store.path(&manifest.bucket, &manifest.key)),
                Format::Csv,
            )
        }
        _ => (outcome.file.clone(), Layout::of(&execution.kind).format),
    };

    let Some(path) = path else {
        check_token(&execution, next_token)?;
        return Ok(render(&outcome, None, None));
    };
    // What pages are read from is not always the object itself.
    let manifest = result_type == Some("DATA_MANIFEST");
    let object = execution.place.as_ref().filter(|_| !manifest);
    let object = object.map(|place| service.store.path(&place.bucket, &place.key));
    if !path.exists() || object.is_some_and(|object| !object.exists()) {
        return Err(not_found());
    }
    let empty =
        matches!(format, Format::Txt { .. }) && path.metadata().is_ok_and(|file| file.len() == 0);
    let offset = if empty {
        0
    } else {
        check_token(&execution, next_token)?
    };
    let page = pages::read(&path, format, offset, limit).map_err(ApiError::internal)?;
    // A full page always has a token, even when nothing is left.
    let full =
        page.count == limit || (faults.contains(&FaultAction::ExtraEmptyPage) && page.count > 0);
    let repeated = next_token.filter(|_| faults.contains(&FaultAction::RepeatToken));
    let next = match repeated {
        Some(token) => Some(token.to_owned()),
        None => full.then(|| token(&execution.id, page.next)),
    };
    Ok(render(&outcome, Some(&page), next))
}

fn not_found() -> ApiError {
    ApiError::invalid_request("RESULT_NOT_FOUND", "Could not find results")
}

fn check_token(execution: &Execution, next_token: Option<&str>) -> Result<u64, ApiError> {
    let Some(text) = next_token else {
        return Ok(0);
    };
    position(&execution.id, text)
        .ok_or_else(|| ApiError::invalid_input(format!("Malformed nextPageToken {text}")))
}

/// The outcome to read; `None` is the empty answer of a failed Hive statement.
fn finished(execution: &Execution) -> Result<Option<Outcome>, ApiError> {
    const WRONG_STATE: &str = "INVALID_QUERY_EXECUTION_STATE";
    let progress = execution.progress();
    match progress.visible() {
        State::Succeeded => progress.outcome.clone().map(Some).ok_or_else(not_found),
        State::Cancelled => Err(not_found()),
        State::Failed
            if progress
                .reason
                .as_ref()
                .is_some_and(|reason| is_hive_failure(execution, reason)) =>
        {
            Ok(None)
        }
        // What the engine does not alter leaves nothing at all.
        State::Failed if execution.kind.substatement_type.starts_with("ALTER_TABLE") => {
            Err(not_found())
        }
        State::Failed => Err(ApiError::invalid_request(
            WRONG_STATE,
            "Query did not finish successfully. Final query state: FAILED",
        )),
        state => Err(ApiError::invalid_request(
            WRONG_STATE,
            format!(
                "Query has not yet finished. Current state: {}",
                state.as_str()
            ),
        )),
    }
}

/// The body, written by hand: pages are large, and their rows are JSON already.
fn render(outcome: &Outcome, page: Option<&Page>, next: Option<String>) -> Bytes {
    let rows = page.map_or(&[][..], |page| page.rows.as_slice());
    let columns: Value = outcome.columns.iter().map(column_info).collect();
    let mut body = Vec::with_capacity(rows.len() + 1024);
    body.push(b'{');
    if let Some(count) = outcome.update_count {
        body.extend_from_slice(format!("\"UpdateCount\":{count},").as_bytes());
    }
    body.extend_from_slice(b"\"ResultSet\":{\"Rows\":[");
    body.extend_from_slice(rows);
    body.extend_from_slice(
        format!("],\"ResultSetMetadata\":{{\"ColumnInfo\":{columns}}}}}").as_bytes(),
    );
    if let Some(next) = next {
        body.extend_from_slice(format!(",\"NextToken\":\"{next}\"").as_bytes());
    }
    body.push(b'}');
    body.into()
}
