//! Reading, listing and stopping query executions.

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::input::{Constraints, Input};
use super::paging::{self, with_token};
use super::work_groups;
use crate::clock::epoch_seconds;
use crate::engine::{Stage, StagePlan, StatementType};
use crate::error::ApiError;
use crate::execution::{Execution, State};
use crate::policy::may_see_execution;
use crate::run;
use crate::service::Service;
use crate::sigv4::Caller;

pub(super) fn find(service: &Service, id: &str) -> Result<Arc<Execution>, ApiError> {
    service.executions.get(id).ok_or_else(|| {
        ApiError::invalid_request(
            "QUERY_EXECUTION_NOT_FOUND",
            format!("QueryExecution {id} was not found"),
        )
    })
}

pub(super) fn get_query_execution(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let id = input.required("QueryExecutionId")?;
    Ok(json!({"QueryExecution": describe(&*find(service, id)?)}))
}

pub(super) fn batch_get_query_execution(
    service: &Service,
    caller: &Caller,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    let ids = input.strings("QueryExecutionIds")?;
    let mut constraints = Constraints::default();
    constraints.required("QueryExecutionIds", ids.is_some());
    match ids.as_ref().map(Vec::len) {
        Some(0) => constraints.fail(
            "queryExecutionIds",
            "have length greater than or equal to 1",
        ),
        Some(count) if count > 50 => {
            constraints.fail("queryExecutionIds", "have length less than or equal to 50")
        }
        _ => {}
    }
    constraints.check()?;
    let access = service.access(caller);
    let may_see = |execution: &Execution| {
        may_see_execution(&access, "BatchGetQueryExecution", &execution.work_group)
    };
    let mut found = Vec::new();
    let mut unprocessed = Vec::new();
    for id in ids.unwrap_or_default() {
        match service.executions.get(id) {
            Some(execution) if !may_see(&execution) => unprocessed.push(json!({
                "QueryExecutionId": id,
                "ErrorCode": "ACCESS_DENIED",
                "ErrorMessage": format!("Access to QueryExecution {id} is denied"),
            })),
            Some(execution) => found.push(describe(&execution)),
            None => unprocessed.push(json!({
                "QueryExecutionId": id,
                "ErrorCode": "QUERY_EXECUTION_NOT_FOUND",
                "ErrorMessage": format!("QueryExecution {id} was not found"),
            })),
        }
    }
    Ok(json!({"QueryExecutions": found, "UnprocessedQueryExecutionIds": unprocessed}))
}

pub(super) fn stop_query_execution(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let execution = find(service, input.required("QueryExecutionId")?)?;
    if execution.stop() {
        run::remove_results(service, &execution);
    }
    Ok(json!({}))
}

pub(super) fn list_query_executions(
    service: &Service,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    let name = input.string("WorkGroup")?;
    work_groups::check_name("WorkGroup", name)?;
    let group = work_groups::find(service, name.unwrap_or("primary"))?;
    let ids: Vec<String> = service
        .executions
        .newest_first()
        .iter()
        .filter(|execution| execution.work_group == group.name)
        .map(|execution| execution.id.clone())
        .collect();
    let (ids, next) = paging::page(input, "ListQueryExecutions", 0, 50, ids)?;
    Ok(with_token(json!({"QueryExecutionIds": ids}), next))
}

pub(super) fn get_query_runtime_statistics(
    service: &Service,
    input: Input<'_>,
) -> Result<Value, ApiError> {
    let execution = find(service, input.required("QueryExecutionId")?)?;
    let progress = execution.progress();
    let mut statistics =
        json!({"Timeline": timeline(&execution, progress.started, progress.completed)});
    if let Some(outcome) = &progress.outcome {
        let bytes = outcome
            .file
            .as_ref()
            .and_then(|path| path.metadata().ok())
            .map_or(0, |file| file.len());
        let output = outcome.update_count.filter(|count| *count > 0);
        let output = output.map_or(outcome.rows, i64::unsigned_abs);
        let input = outcome.stages.as_ref().map_or(outcome.rows, read_rows);
        statistics["Rows"] = json!({
            "InputRows": input,
            "InputBytes": outcome.data_scanned,
            "OutputRows": output,
            "OutputBytes": bytes,
        });
        if let Some(stage) = &outcome.stages {
            statistics["OutputStage"] = output_stage(stage);
        }
    }
    Ok(json!({"QueryRuntimeStatistics": statistics}))
}

/// The rows that a stage and those below it have read from tables.
fn read_rows(stage: &Stage) -> u64 {
    let passed: u64 = stage.stages.iter().map(|below| below.output_rows).sum();
    let below: u64 = stage.stages.iter().map(read_rows).sum();
    stage.input_rows.saturating_sub(passed) + below
}

fn output_stage(stage: &Stage) -> Value {
    json!({
        "StageId": stage.id,
        "State": "FINISHED",
        "InputRows": stage.input_rows,
        "InputBytes": stage.input_bytes,
        "OutputRows": stage.output_rows,
        "OutputBytes": stage.output_bytes,
        "ExecutionTime": stage.time_in_millis,
        "QueryStagePlan": stage_plan(&stage.plan),
        "SubStages": stage.stages.iter().map(output_stage).collect::<Vec<_>>(),
    })
}

fn stage_plan(plan: &StagePlan) -> Value {
    json!({
        "Name": plan.name,
        "Identifier": plan.identifier,
        "Children": plan.children.iter().map(stage_plan).collect::<Vec<_>>(),
        "RemoteSources": plan.remote_sources,
    })
}

/// `QueryExecution` as a poll sees it.
fn describe(execution: &Execution) -> Value {
    let mut progress = execution.progress();
    let state = progress.poll();
    let over = state.is_final();

    let mut status = json!({
        "State": state.as_str(),
        "SubmissionDateTime": epoch_seconds(execution.submitted),
    });
    let mut statistics = Map::new();
    if over {
        status["CompletionDateTime"] =
            epoch_seconds(progress.completed.unwrap_or_else(SystemTime::now)).into();
        if let Some(reason) = &progress.reason {
            status["StateChangeReason"] = reason.as_str().into();
        }
        if let Some(failure) = &progress.failure {
            status["AthenaError"] = json!({
                "ErrorCategory": failure.error_category,
                "ErrorType": failure.error_type,
                "Retryable": failure.retryable,
                "ErrorMessage": failure.message.as_ref().unwrap_or(&failure.reason),
            });
        }
        if state != State::Cancelled {
            statistics = timeline(execution, progress.started, progress.completed);
            let scanned = progress
                .outcome
                .as_ref()
                .map_or(0, |outcome| outcome.data_scanned);
            statistics.insert("DataScannedInBytes".into(), scanned.into());
        }
        if let Some(outcome) = &progress.outcome {
            statistics.insert(
                "ResultReuseInformation".into(),
                json!({"ReusedPreviousResult": outcome.reused}),
            );
            if let Some(manifest) = &outcome.manifest {
                statistics.insert("DataManifestLocation".into(), manifest.uri().into());
            }
        }
    }

    let mut context = Map::new();
    if let Some(database) = &execution.query.database {
        context.insert("Database".into(), database.as_str().into());
    }
    if let Some(catalog) = &execution.query.catalog {
        context.insert("Catalog".into(), catalog.to_lowercase().into());
    }
    let mut described = json!({
        "QueryExecutionId": execution.id,
        "Query": execution.text,
        "StatementType": match execution.kind.statement_type {
            StatementType::Ddl => "DDL",
            StatementType::Dml => "DML",
            StatementType::Utility => "UTILITY",
        },
        "SubstatementType": execution.kind.substatement_type,
        "ResultReuseConfiguration": execution.reuse,
        "QueryExecutionContext": context,
        "Status": status,
        "Statistics": statistics,
        "WorkGroup": execution.work_group,
        "EngineVersion": execution.engine_version,
    });
    if let Some(configuration) = &execution.result_configuration {
        described["ResultConfiguration"] = configuration.clone();
    }
    if let Some(managed) = &execution.managed {
        described["ManagedQueryResultsConfiguration"] = managed.clone();
    }
    described
}

fn timeline(
    execution: &Execution,
    started: Option<SystemTime>,
    completed: Option<SystemTime>,
) -> Map<String, Value> {
    let millis = |from: SystemTime, to: SystemTime| -> u64 {
        u64::try_from(to.duration_since(from).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
    };
    let now = SystemTime::now();
    let end = completed.unwrap_or(now);
    let start = started.unwrap_or(end);
    let members = [
        ("QueryQueueTimeInMillis", millis(execution.submitted, start)),
        ("ServicePreProcessingTimeInMillis", 0),
        ("QueryPlanningTimeInMillis", 0),
        ("EngineExecutionTimeInMillis", millis(start, end)),
        ("ServiceProcessingTimeInMillis", 0),
        (
            "TotalExecutionTimeInMillis",
            millis(execution.submitted, end),
        ),
    ];
    members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect()
}
