//! Runs a query and streams its rows.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use serde_json::{Value, json};

use super::executor::Batches;
use super::failure::translate;
use super::plan::Planned;
use super::rewrite::{shown, shown_in_text};
use super::session::Shared;
use super::stages;
use super::stop::StopOnDrop;
use super::text::ColumnText;
use super::types::AthenaType;
use crate::engine::{Cell, Failure, Sink, Stage, Summary};

/// Rows handed to the sink at once.
const ROWS_AT_ONCE: usize = 1024;

/// A plan that is being executed. The work stops when it is dropped.
pub(super) struct Running<'a> {
    planned: &'a Planned,
    plan: Arc<dyn ExecutionPlan>,
    pub(super) batches: Batches,
    _stop: StopOnDrop,
}

impl<'a> Running<'a> {
    pub(super) fn start(shared: &Shared, planned: &'a Planned) -> Result<Self, Failure> {
        let told = |error| told(planned, &error);
        let stop = StopOnDrop::default();
        let plan = stop.watch(Arc::clone(&planned.plan)).map_err(told)?;
        let plan = stages::counted(plan).map_err(told)?;
        let batches = shared
            .executor
            .execute(Arc::clone(&plan), planned.state.task_ctx());
        Ok(Self {
            planned,
            plan,
            batches,
            _stop: stop,
        })
    }

    /// An error of the plan, as Athena tells it.
    pub(super) fn told(&self, error: &DataFusionError) -> Failure {
        told(self.planned, error)
    }

    /// Bytes read so far.
    pub(super) fn scanned(&self) -> u64 {
        scanned(self.plan.as_ref()) + self.planned.generated.bytes()
    }

    /// The stages so far, below one with this name.
    pub(super) fn stages(&self, name: &str) -> Stage {
        stages::of(&self.plan, name, self.planned.generated.bytes())
    }

    fn summary(&self) -> Summary {
        Summary {
            data_scanned_in_bytes: self.scanned(),
            stages: Some(self.stages("Output")),
            ..Summary::default()
        }
    }
}

fn told(planned: &Planned, error: &DataFusionError) -> Failure {
    translate(error, &planned.positions).into()
}

/// Runs a query.
pub(super) async fn query(
    shared: &Shared,
    planned: Planned,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let schema = planned.plan.schema();
    sink.columns(planned.columns())?;
    let mut running = Running::start(shared, &planned)?;
    while let Some(batch) = running.batches.next().await? {
        let batch = batch.map_err(|error| running.told(&error))?;
        send(&batch, &schema, sink).map_err(|stop| match stop {
            Stop::Engine(error) => running.told(&error),
            Stop::Sink(failure) => failure,
        })?;
    }
    Ok(running.summary())
}

/// Tells a plan, a row a line.
pub(super) fn explain(
    planned: &Planned,
    json: bool,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let text = if json {
        let fragments = json!({"0": fragment(planned.plan.as_ref(), &mut 0)});
        format!("{fragments:#}")
    } else {
        plan_text(&displayable(planned.plan.as_ref()).indent(false).to_string())
    };
    let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
    tell_plan(&text, AthenaType::Varchar(Some(length)), sink)?;
    Ok(Summary::default())
}

/// Runs a query, and tells its plan with what each part of it did.
pub(super) async fn analyze(
    shared: &Shared,
    planned: &Planned,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let mut running = Running::start(shared, planned)?;
    while let Some(batch) = running.batches.next().await? {
        drop(batch.map_err(|error| running.told(&error))?);
    }
    let text = DisplayableExecutionPlan::with_metrics(running.plan.as_ref());
    let text = plan_text(&text.indent(false).to_string());
    tell_plan(&text, AthenaType::Varchar(None), sink)?;
    Ok(running.summary())
}

/// As the engine's plans end: with an empty line.
fn plan_text(text: &str) -> String {
    format!("{}\n\n", shown_in_text(text).trim_end())
}

/// The lines of a plan, and one more behind the last line's end.
fn tell_plan(text: &str, athena_type: AthenaType, sink: &mut dyn Sink) -> Result<(), Failure> {
    sink.columns(vec![athena_type.column("Query Plan".to_owned())])?;
    let lines = text.split('\n').chain([""]);
    let lines = lines.map(|line| vec![Some(line.to_owned())]);
    sink.rows(&lines.collect::<Vec<Vec<Cell>>>())
}

/// A node of a plan and those below it, with the members that Trino gives each.
fn fragment(plan: &dyn ExecutionPlan, count: &mut usize) -> Value {
    let id = count.to_string();
    *count += 1;
    let schema = plan.schema();
    let outputs = schema.fields().iter().enumerate().map(|(index, field)| {
        let athena_type = AthenaType::of_field(field);
        json!({"symbol": shown(field.name(), index), "type": athena_type.to_string()})
    });
    let details = shown_in_text(&displayable(plan).one_line().to_string());
    let children = plan.children().into_iter();
    json!({
        "id": id,
        "name": plan.name(),
        "descriptor": {},
        "outputs": outputs.collect::<Vec<_>>(),
        "details": [details.trim_end()],
        "estimates": [],
        "children": children
            .map(|child| fragment(child.as_ref(), count))
            .collect::<Vec<_>>(),
    })
}

/// Why sending rows stopped.
enum Stop {
    Engine(DataFusionError),
    Sink(Failure),
}

fn send(batch: &RecordBatch, schema: &SchemaRef, sink: &mut dyn Sink) -> Result<(), Stop> {
    let columns = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(array, field)| ColumnText::new(array, field))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Stop::Engine)?;
    let mut start = 0;
    while start < batch.num_rows() {
        let end = (start + ROWS_AT_ONCE).min(batch.num_rows());
        let rows: Vec<Vec<Cell>> = (start..end)
            .map(|row| columns.iter().map(|column| column.cell(row)).collect())
            .collect();
        sink.rows(&rows).map_err(Stop::Sink)?;
        start = end;
    }
    Ok(())
}

/// Bytes that file scans below `plan` read.
fn scanned(plan: &dyn ExecutionPlan) -> u64 {
    let own = plan
        .metrics()
        .and_then(|metrics| metrics.sum_by_name("bytes_scanned"))
        .and_then(|bytes| u64::try_from(bytes.as_usize()).ok())
        .unwrap_or(0);
    let children = plan.children().into_iter();
    own + children.map(|child| scanned(child.as_ref())).sum::<u64>()
}
