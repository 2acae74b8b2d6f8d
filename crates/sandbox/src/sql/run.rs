//! Runs a query and streams its rows.

use std::sync::Arc;
use std::time::SystemTime;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionState;
use datafusion::physical_plan::{ExecutionPlan, displayable};
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast;

use super::analysis::{ColumnPositions, check_functions, check_tables};
use super::catalog::CATALOG;
use super::datasets::ScanCounter;
use super::failure::{AthenaError, translate};
use super::parameters::bind;
use super::rewrite::{OutputName, output_names, rewrite, shown};
use super::session::Shared;
use super::stop::StopOnDrop;
use super::text::ColumnText;
use super::types::AthenaType;
use super::unnest::graft_joins;
use crate::engine::{Cell, Column, Failure, Query, Sink, Summary};

/// Rows handed to the sink at once.
const ROWS_AT_ONCE: usize = 1024;

/// A query, ready to be executed.
struct Planned {
    plan: Arc<dyn ExecutionPlan>,
    state: SessionState,
    generated: Arc<ScanCounter>,
    names: Names,
    positions: ColumnPositions,
}

/// Output names as far as the text gives them.
struct Names {
    head: Vec<OutputName>,
    tail: Vec<OutputName>,
}

/// The database a statement runs in.
///
/// # Errors
/// `CATALOG_NOT_FOUND` for any catalog but the one there is.
pub(super) fn database(query: &Query) -> Result<String, AthenaError> {
    if let Some(catalog) = &query.catalog
        && !catalog.eq_ignore_ascii_case(CATALOG)
    {
        return Err(AthenaError::new(
            "CATALOG_NOT_FOUND",
            format!("Catalog '{catalog}' does not exist"),
        ));
    }
    Ok(query
        .database
        .as_deref()
        .unwrap_or("default")
        .to_lowercase())
}

async fn plan(
    shared: &Shared,
    mut parsed: ast::Query,
    placeholders: usize,
    query: &Query,
) -> Result<Planned, AthenaError> {
    let database = database(query)?;
    bind(&mut parsed, placeholders, &query.parameters)?;
    check_tables(&parsed, &shared.catalog, &database)?;
    let positions = ColumnPositions::of(&parsed);
    let (head, tail) = output_names(&parsed);
    rewrite(&mut parsed, SystemTime::now())?;
    let (state, generated) = shared.query(&database);
    check_functions(&parsed, &state)?;
    let statement = EngineStatement::Statement(Box::new(ast::Statement::Query(Box::new(parsed))));
    let told = |error: DataFusionError| translate(&error, &positions);
    let logical = state.statement_to_plan(statement).await.map_err(told)?;
    let logical = graft_joins(logical).map_err(told)?;
    let plan = state.create_physical_plan(&logical).await.map_err(told)?;
    Ok(Planned {
        plan,
        state,
        generated,
        names: Names { head, tail },
        positions,
    })
}

/// Runs a query.
pub(super) async fn query(
    shared: &Shared,
    parsed: ast::Query,
    placeholders: usize,
    query: &Query,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let planned = Box::pin(plan(shared, parsed, placeholders, query)).await?;
    let told = |error: DataFusionError| Failure::from(translate(&error, &planned.positions));
    let schema = planned.plan.schema();
    sink.columns(planned.names.columns(&schema))?;
    let stop = StopOnDrop::default();
    let watched = stop.watch(Arc::clone(&planned.plan)).map_err(told)?;
    let mut batches = shared
        .executor
        .execute(Arc::clone(&watched), planned.state.task_ctx());
    while let Some(batch) = batches.recv().await {
        let batch = batch.map_err(told)?;
        send(&batch, &schema, sink).map_err(|stop| match stop {
            Stop::Engine(error) => told(error),
            Stop::Sink(failure) => failure,
        })?;
    }
    Ok(Summary {
        update_count: None,
        data_scanned_in_bytes: scanned(watched.as_ref()) + planned.generated.bytes(),
    })
}

/// Tells the plan of a query, a row a line.
pub(super) async fn explain(
    shared: &Shared,
    parsed: ast::Query,
    placeholders: usize,
    query: &Query,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let planned = Box::pin(plan(shared, parsed, placeholders, query)).await?;
    let text = displayable(planned.plan.as_ref()).indent(false).to_string();
    let length = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
    sink.columns(vec![
        AthenaType::Varchar(Some(length)).column("Query Plan".to_owned()),
    ])?;
    let rows: Vec<Vec<Cell>> = text
        .lines()
        .map(|line| vec![Some(line.to_owned())])
        .collect();
    sink.rows(&rows)?;
    Ok(Summary::default())
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
        .map_or(0, |bytes| bytes.as_usize() as u64);
    own + plan
        .children()
        .into_iter()
        .map(|child| scanned(child.as_ref()))
        .sum::<u64>()
}

impl Names {
    fn columns(&self, schema: &Schema) -> Vec<Column> {
        let count = schema.fields().len();
        schema
            .fields()
            .iter()
            .enumerate()
            .map(|(index, field)| {
                let from_end = count - index;
                let written = if index < self.head.len() {
                    self.head.get(index)
                } else if from_end <= self.tail.len() {
                    self.tail.get(self.tail.len() - from_end)
                } else {
                    None
                };
                let name = match written {
                    Some(OutputName::Written(name)) => name.clone(),
                    _ => shown(field.name(), index),
                };
                AthenaType::of_field(field).column(name)
            })
            .collect()
    }
}
