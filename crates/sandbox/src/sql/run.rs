//! Runs a query and streams its rows.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::physical_plan::display::DisplayableExecutionPlan;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use serde_json::{Value, json};

use super::failure::translate;
use super::plan::Planned;
use super::rewrite::{shown, shown_in_text};
use super::session::Shared;
use super::stages;
use super::stop::StopOnDrop;
use super::text::ColumnText;
use super::types::AthenaType;
use crate::engine::{Cell, Failure, Sink, Summary};

/// Rows handed to the sink at once.
const ROWS_AT_ONCE: usize = 1024;

/// Runs a query.
pub(super) async fn query(
    shared: &Shared,
    planned: Planned,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let told = |error: DataFusionError| Failure::from(translate(&error, &planned.positions));
    let schema = planned.plan.schema();
    sink.columns(planned.columns())?;
    let stop = StopOnDrop::default();
    let plan = stop.watch(Arc::clone(&planned.plan)).map_err(told)?;
    let plan = stages::counted(plan).map_err(told)?;
    let mut batches = shared
        .executor
        .execute(Arc::clone(&plan), planned.state.task_ctx());
    while let Some(batch) = batches.next().await? {
        let batch = batch.map_err(told)?;
        send(&batch, &schema, sink).map_err(|stop| match stop {
            Stop::Engine(error) => told(error),
            Stop::Sink(failure) => failure,
        })?;
    }
    let generated = planned.generated.bytes();
    Ok(Summary {
        data_scanned_in_bytes: scanned(plan.as_ref()) + generated,
        stages: Some(stages::of(&plan, "Output", generated)),
        ..Summary::default()
    })
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
    let told = |error: DataFusionError| Failure::from(translate(&error, &planned.positions));
    let stop = StopOnDrop::default();
    let plan = stop.watch(Arc::clone(&planned.plan)).map_err(told)?;
    let plan = stages::counted(plan).map_err(told)?;
    let mut batches = shared
        .executor
        .execute(Arc::clone(&plan), planned.state.task_ctx());
    while let Some(batch) = batches.next().await? {
        drop(batch.map_err(told)?);
    }
    let text = DisplayableExecutionPlan::with_metrics(plan.as_ref());
    let text = plan_text(&text.indent(false).to_string());
    tell_plan(&text, AthenaType::Varchar(None), sink)?;
    let generated = planned.generated.bytes();
    Ok(Summary {
        data_scanned_in_bytes: scanned(plan.as_ref()) + generated,
        stages: Some(stages::of(&plan, "Output", generated)),
        ..Summary::default()
    })
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
pub(super) fn scanned(plan: &dyn ExecutionPlan) -> u64 {
    let own = plan
        .metrics()
        .and_then(|metrics| metrics.sum_by_name("bytes_scanned"))
        .and_then(|bytes| u64::try_from(bytes.as_usize()).ok())
        .unwrap_or(0);
    let children = plan.children().into_iter();
    own + children.map(|child| scanned(child.as_ref())).sum::<u64>()
}
