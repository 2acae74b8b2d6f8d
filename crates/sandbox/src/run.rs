//! Runs an execution in the background and writes what it leaves.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::columns::rows_column;
use crate::engine::{Engine, Failure, Host, Sink, StatementType, Summary};
use crate::execution::{Execution, Outcome, Place};
use crate::fixture::{Answer, FileSource, Fixture};
use crate::policy::on_behalf;
use crate::publish;
use crate::result_files::{self, Format, Layout, ResultWriter, write_failed};
use crate::saved;
use crate::service::Service;
use crate::store::{Attributes, parse_s3_uri};

/// Who answers a statement.
pub(crate) enum Work {
    Fixture(Arc<Fixture>),
    Engine(Arc<dyn Engine>),
    /// Saves a prepared statement.
    Prepare {
        name: String,
        text: String,
    },
    /// Forgets a prepared statement.
    Deallocate {
        name: String,
    },
    /// Fails, because a fault says so.
    Fail(Failure),
}

/// Takes the execution from QUEUED to its end.
pub(crate) async fn run(
    service: Arc<Service>,
    execution: Arc<Execution>,
    work: Work,
    cutoff: Option<u64>,
) {
    let _guard = EndGuard(&execution);
    let (queue_delay, run_delay) = match &work {
        Work::Fixture(fixture) => (fixture.queue_delay, fixture.run_delay),
        _ => (Duration::ZERO, Duration::ZERO),
    };
    let steps = Box::pin(async {
        sleep(service.settings.queue_delay + queue_delay).await;
        execution.set_running();
        sleep(service.settings.run_delay + run_delay).await;
        let access = service.access(&execution.caller);
        on_behalf::may_run(&service, access, &execution).await?;
        answer(&service, &execution, &work).await
    });
    let result = tokio::select! {
        () = execution.cancel.notified() => return,
        result = steps => result,
    };
    match result {
        Ok(answer) if cutoff.is_some_and(|limit| answer.outcome.data_scanned > limit) => {
            execution.cancel("Bytes scanned limit was exceeded");
        }
        Ok(answer) => execution.succeed(|| answer.publish(&service, &execution)),
        Err(failure) => fail(&service, &execution, failure),
    }
}

/// Ends a new execution with the answer of an earlier one.
pub(crate) fn reuse(execution: &Execution, outcome: Outcome) {
    execution.set_running();
    execution.succeed(|| Ok(outcome));
}

/// Removes what an execution had written before its caller, who still saw it run, stopped it.
pub(crate) fn remove_results(service: &Service, execution: &Execution) {
    if let Some(place) = &execution.place {
        for suffix in ["", ".metadata"] {
            // Nobody can be told, and a left-over object does no harm.
            drop(
                service
                    .store
                    .remove(&place.bucket, &place.with_suffix(suffix).key),
            );
        }
    }
}

/// An engine that panics must not leave its execution RUNNING for ever.
struct EndGuard<'a>(&'a Execution);

impl Drop for EndGuard<'_> {
    fn drop(&mut self) {
        self.0.fail(Failure {
            reason: "GENERIC_INTERNAL_ERROR: the engine ended without an answer".to_owned(),
            message: None,
            error_category: 1,
            error_type: 100,
            retryable: false,
        });
    }
}

async fn sleep(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// What a statement gave, not yet for anybody to see.
struct Answered {
    outcome: Outcome,
    format: Format,
    /// Holds the rows' file, and removes it unless published.
    writer: ResultWriter,
    /// A result object that lies ready, published in place of the writer's.
    prepared: Option<PathBuf>,
}

impl Answered {
    fn publish(mut self, service: &Service, execution: &Execution) -> Result<Outcome, Failure> {
        if self.format != Format::None {
            let source = self.prepared.as_deref().unwrap_or(self.writer.path());
            let kind = publish::content_type(execution, self.format, &self.outcome);
            let how = (self.prepared.is_some(), kind);
            let file = publish::object(service, execution, source, how);
            self.outcome.file = Some(file.map_err(write_failed)?);
        }
        publish::metadata(service, execution, self.format, &self.outcome)?;
        Ok(self.outcome)
    }
}

async fn answer(
    service: &Service,
    execution: &Execution,
    work: &Work,
) -> Result<Answered, Failure> {
    let layout = Layout::of(&execution.kind);
    let mut writer =
        ResultWriter::create(&service.store.temp_path(), layout.format).map_err(write_failed)?;
    let (summary, manifest, prepared) = match work {
        Work::Fail(failure) => return Err(failure.clone()),
        Work::Prepare { name, text } => {
            saved::prepare(service, execution, name, text)?;
            (Summary::default(), None, None)
        }
        Work::Deallocate { name } => {
            saved::deallocate(service, execution, name)?;
            (Summary::default(), None, None)
        }
        Work::Engine(engine) => {
            let host = Host {
                objects: service.store.clone(),
                metastore: service.metastore.clone(),
                execution_id: execution.id.clone(),
                location: execution.place.as_ref().map(Place::uri),
                enforced: execution.enforced,
            };
            let summary = engine.run(&execution.query, &host, &mut writer).await?;
            let manifest = write_manifest(service, execution, &summary.files)?;
            (summary, manifest, None)
        }
        Work::Fixture(fixture) => {
            let summary = play(fixture, &mut writer)?;
            let manifest = write_files(service, execution, fixture)?;
            let prepared = match &fixture.answer {
                Answer::CsvFile(path) => Some(path.clone()),
                Answer::Rows(_) => None,
            };
            (summary, manifest, prepared)
        }
    };
    let (mut columns, rows) = writer.finish().map_err(write_failed)?;
    if result_files::counts_rows(&execution.kind) {
        columns = vec![rows_column()];
    }
    let outcome = Outcome {
        update_count: summary
            .update_count
            .or_else(|| result_files::default_update_count(&execution.kind)),
        data_scanned: summary.data_scanned_in_bytes,
        rows,
        bare_metadata: summary.bare_metadata,
        stages: summary.stages,
        file: None,
        manifest,
        columns,
        reused: false,
    };
    Ok(Answered {
        outcome,
        format: layout.format,
        writer,
        prepared,
    })
}

fn play(fixture: &Fixture, sink: &mut dyn Sink) -> Result<Summary, Failure> {
    sink.columns(fixture.columns.clone())?;
    if let Answer::Rows(rows) = &fixture.answer {
        sink.rows(rows)?;
    }
    if let Some(failure) = &fixture.failure {
        return Err(failure.clone());
    }
    Ok(Summary {
        files: Vec::new(),
        update_count: fixture.update_count,
        data_scanned_in_bytes: fixture.data_scanned,
        ..Summary::default()
    })
}

/// Writes the data files of an UNLOAD fixture below its TO location, and the manifest.
fn write_files(
    service: &Service,
    execution: &Execution,
    fixture: &Fixture,
) -> Result<Option<Place>, Failure> {
    if fixture.files.is_empty() {
        return Ok(None);
    }
    let target = unload_target(&execution.query.sql).ok_or_else(|| {
        write_failed("the statement has no TO 's3://…' location for the fixture's files")
    })?;
    let (bucket, folder) = parse_s3_uri(&target)
        .ok_or_else(|| write_failed(format!("'{target}' is not an S3 location")))?;
    let slash = if folder.is_empty() || folder.ends_with('/') {
        ""
    } else {
        "/"
    };
    let mut files = Vec::new();
    for (name, source) in &fixture.files {
        let key = format!("{folder}{slash}{name}");
        match source {
            FileSource::Bytes(bytes) => service.store.write(bucket, &key, bytes),
            FileSource::Link(path) => service.store.link(path, bucket, &key),
        }
        .map_err(write_failed)?;
        files.push(format!("s3://{bucket}/{key}"));
    }
    write_manifest(service, execution, &files)
}

/// Writes the URIs of the data files beside the result; without any only that of an UNLOAD, whose
/// clients read it first.
fn write_manifest(
    service: &Service,
    execution: &Execution,
    files: &[String],
) -> Result<Option<Place>, Failure> {
    let always = execution.kind.substatement_type == "UNLOAD";
    let Some(place) = execution
        .place
        .as_ref()
        .filter(|_| always || !files.is_empty())
    else {
        return Ok(None);
    };
    let manifest: String = files.iter().map(|uri| format!("{uri}\n")).collect();
    let place = place.with_suffix("-manifest.csv");
    service
        .store
        .write(&place.bucket, &place.key, manifest.as_bytes())
        .map_err(write_failed)?;
    Ok(Some(place))
}

/// The location after the last `TO` of an UNLOAD.
fn unload_target(sql: &str) -> Option<String> {
    let start = sql.rfind("'s3://")? + 1;
    let end = sql[start..].find('\'')?;
    Some(sql[start..start + end].to_owned())
}

/// Ends FAILED. Hive's statements leave their reason as the result text.
fn fail(service: &Service, execution: &Execution, failure: Failure) {
    if is_hive_failure(execution, &failure.reason)
        && let Some(place) = &execution.place
    {
        let kind = "content-type".to_owned();
        let kind = Attributes::from([(kind, "application/octet-stream".to_owned())]);
        let text = failure.reason.as_bytes();
        // The execution has failed already; there is no second way to fail it.
        drop(
            service
                .store
                .write_as(&place.bucket, &place.key, text, kind),
        );
    }
    execution.fail(failure);
}

/// True for failures of statements that Hive runs, which read as an empty result.
pub(crate) fn is_hive_failure(execution: &Execution, reason: &str) -> bool {
    execution.kind.statement_type != StatementType::Dml && reason.starts_with("FAILED:")
}
