//! [`AthenaApi`] by aws-sdk-athena.

use std::time::Duration;

use aws_sdk_athena::operation::start_query_execution::StartQueryExecutionError;
use aws_sdk_athena::types as sdk;

use super::super::{AthenaApi, BoxFuture, ResultPage, StartQueryExecution};
use super::config::SharedSdkConfig;
use super::error::{from_sdk, from_sdk_with_code};
use super::own_body::OwnBody;
use crate::error::{Error, ErrorKind, Result};
use crate::options::{EncryptionConfig, EncryptionOption, ResultReuseConfig};
use crate::query::{AthenaError, QueryExecution, QueryExecutionState, StatementType};

/// The Athena service.
pub(crate) struct SdkAthena(aws_sdk_athena::Client);

impl SdkAthena {
    /// A client for the connection's region and endpoint.
    pub(crate) fn new(shared: &SharedSdkConfig) -> Self {
        let mut config = aws_sdk_athena::config::Builder::from(&shared.sdk);
        config.set_endpoint_url(shared.athena_endpoint.clone());
        Self(aws_sdk_athena::Client::from_conf(config.build()))
    }
}

impl AthenaApi for SdkAthena {
    fn start_query_execution(&self, request: StartQueryExecution) -> BoxFuture<'_, Result<String>> {
        Box::pin(async move {
            let context = (request.catalog.is_some() || request.database.is_some()).then(|| {
                sdk::QueryExecutionContext::builder()
                    .set_catalog(request.catalog.clone())
                    .set_database(request.database.clone())
                    .build()
            });
            let output = self
                .0
                .start_query_execution()
                .set_result_configuration(result_configuration(&request)?)
                .set_result_reuse_configuration(request.result_reuse.as_ref().map(result_reuse))
                .query_string(request.query_string)
                .client_request_token(request.client_request_token)
                .set_execution_parameters(request.execution_parameters)
                .set_query_execution_context(context)
                .set_work_group(request.work_group)
                .send()
                .await
                .map_err(|source| {
                    let code = match source.as_service_error() {
                        Some(StartQueryExecutionError::InvalidRequestException(e)) => {
                            e.athena_error_code().map(str::to_owned)
                        }
                        _ => None,
                    };
                    from_sdk_with_code("StartQueryExecution", source, code.as_deref())
                })?;
            output
                .query_execution_id
                .ok_or_else(|| missing("QueryExecutionId"))
        })
    }

    fn get_query_execution<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<QueryExecution>> {
        Box::pin(async move {
            let output = self
                .0
                .get_query_execution()
                .query_execution_id(id)
                .send()
                .await
                .map_err(|source| from_sdk("GetQueryExecution", source))?;
            let execution = output
                .query_execution
                .ok_or_else(|| missing("QueryExecution"))?;
            query_execution(id, execution)
        })
    }

    fn stop_query_execution<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.0
                .stop_query_execution()
                .query_execution_id(id)
                .send()
                .await
                .map(drop)
                .map_err(|source| from_sdk("StopQueryExecution", source))
        })
    }

    fn get_query_results<'a>(
        &'a self,
        id: &'a str,
        next_token: Option<String>,
        max_rows: i32,
    ) -> BoxFuture<'a, Result<ResultPage>> {
        Box::pin(async move {
            let body = OwnBody::default();
            self.0
                .get_query_results()
                .query_execution_id(id)
                .set_next_token(next_token)
                .max_results(max_rows)
                .customize()
                .interceptor(body.clone())
                .send()
                .await
                .map_err(|source| from_sdk("GetQueryResults", source))?;
            body.take().ok_or_else(|| missing("ResultSet"))
        })
    }

    fn check_work_group<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let output = self
                .0
                .get_work_group()
                .work_group(name)
                .send()
                .await
                .map_err(|source| from_sdk("GetWorkGroup", source))?;
            let state = output.work_group.and_then(|group| group.state);
            if state == Some(sdk::WorkGroupState::Disabled) {
                return Err(Error::new(
                    ErrorKind::WorkGroup,
                    format!(
                        "the workgroup {name:?} is disabled; enable it or set another WorkGroup"
                    ),
                ));
            }
            Ok(())
        })
    }
}

fn missing(member: &str) -> Error {
    Error::new(
        ErrorKind::Service,
        format!("the service's answer lacks the member {member}"),
    )
}

fn result_configuration(request: &StartQueryExecution) -> Result<Option<sdk::ResultConfiguration>> {
    let encryption = request.encryption.as_ref().map(encryption).transpose()?;
    let acl = request
        .bucket_owner_full_control
        .then(|| {
            sdk::AclConfiguration::builder()
                .s3_acl_option(sdk::S3AclOption::BucketOwnerFullControl)
                .build()
        })
        .transpose()
        .map_err(unbuildable)?;
    let asked = request.output_location.is_some()
        || encryption.is_some()
        || acl.is_some()
        || request.expected_bucket_owner.is_some();
    Ok(asked.then(|| {
        sdk::ResultConfiguration::builder()
            .set_output_location(request.output_location.clone())
            .set_encryption_configuration(encryption)
            .set_expected_bucket_owner(request.expected_bucket_owner.clone())
            .set_acl_configuration(acl)
            .build()
    }))
}

fn encryption(config: &EncryptionConfig) -> Result<sdk::EncryptionConfiguration> {
    let option = match config.option {
        EncryptionOption::SseS3 => sdk::EncryptionOption::SseS3,
        EncryptionOption::SseKms => sdk::EncryptionOption::SseKms,
        EncryptionOption::CseKms => sdk::EncryptionOption::CseKms,
    };
    sdk::EncryptionConfiguration::builder()
        .encryption_option(option)
        .set_kms_key(config.kms_key.clone())
        .build()
        .map_err(unbuildable)
}

fn result_reuse(reuse: &ResultReuseConfig) -> sdk::ResultReuseConfiguration {
    let by_age = sdk::ResultReuseByAgeConfiguration::builder()
        .enabled(true)
        .max_age_in_minutes(i32::from(reuse.max_age_minutes))
        .build();
    sdk::ResultReuseConfiguration::builder()
        .result_reuse_by_age_configuration(by_age)
        .build()
}

fn unbuildable(source: aws_smithy_types::error::operation::BuildError) -> Error {
    Error::new(ErrorKind::Internal, "a request lacks a required member").with_source(source)
}

fn query_execution(id: &str, from: sdk::QueryExecution) -> Result<QueryExecution> {
    let status = from.status.ok_or_else(|| missing("Status"))?;
    let state = status.state.ok_or_else(|| missing("Status.State"))?;
    let mut to = QueryExecution::new(
        from.query_execution_id.as_deref().unwrap_or(id),
        self::state(&state),
    );
    to.state_change_reason = status.state_change_reason;
    to.athena_error = status.athena_error.map(|error| AthenaError {
        error_category: error.error_category,
        error_type: error.error_type,
        retryable: error.retryable,
        error_message: error.error_message,
    });
    to.statement_type = from.statement_type.as_ref().and_then(statement_type);
    to.substatement_type = from.substatement_type;
    if let Some(result) = from.result_configuration {
        to.client_side_encrypted = result
            .encryption_configuration
            .is_some_and(|config| config.encryption_option == sdk::EncryptionOption::CseKms);
        to.output_location = result
            .output_location
            .filter(|location| !location.is_empty());
    }
    to.work_group = from.work_group;
    to.engine_version = from
        .engine_version
        .and_then(|version| version.effective_engine_version);
    if let Some(statistics) = from.statistics {
        to.data_scanned_in_bytes = count(statistics.data_scanned_in_bytes);
        to.data_manifest_location = statistics.data_manifest_location;
        to.reused_previous_result = statistics
            .result_reuse_information
            .is_some_and(|reuse| reuse.reused_previous_result);
        to.engine_execution_time = millis(statistics.engine_execution_time_in_millis);
        to.query_queue_time = millis(statistics.query_queue_time_in_millis);
        to.query_planning_time = millis(statistics.query_planning_time_in_millis);
        to.service_pre_processing_time = millis(statistics.service_pre_processing_time_in_millis);
        to.service_processing_time = millis(statistics.service_processing_time_in_millis);
        to.total_execution_time = millis(statistics.total_execution_time_in_millis);
    }
    Ok(to)
}

fn state(state: &sdk::QueryExecutionState) -> QueryExecutionState {
    match state {
        sdk::QueryExecutionState::Queued => QueryExecutionState::Queued,
        sdk::QueryExecutionState::Running => QueryExecutionState::Running,
        sdk::QueryExecutionState::Succeeded => QueryExecutionState::Succeeded,
        sdk::QueryExecutionState::Failed => QueryExecutionState::Failed,
        sdk::QueryExecutionState::Cancelled => QueryExecutionState::Cancelled,
        // A state this version does not know is not final: polling goes on.
        _ => QueryExecutionState::Running,
    }
}

fn statement_type(from: &sdk::StatementType) -> Option<StatementType> {
    match from {
        sdk::StatementType::Ddl => Some(StatementType::Ddl),
        sdk::StatementType::Dml => Some(StatementType::Dml),
        sdk::StatementType::Utility => Some(StatementType::Utility),
        _ => None,
    }
}

fn count(value: Option<i64>) -> Option<u64> {
    value.and_then(|value| u64::try_from(value).ok())
}

fn millis(value: Option<i64>) -> Option<Duration> {
    count(value).map(Duration::from_millis)
}
