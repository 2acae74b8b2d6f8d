//! From a parsed query to an executable plan.

use std::sync::Arc;
use std::time::SystemTime;

use datafusion::arrow::datatypes::Schema;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast;

use super::analysis::{ColumnPositions, check_functions, check_tables};
use super::catalog::CATALOG;
use super::datasets::ScanCounter;
use super::failure::{AthenaError, translate};
use super::parameters::bind;
use super::rewrite::{OutputName, is_unnamed, is_values, output_names, rewrite, shown};
use super::scope::Scope;
use super::travel;
use super::type_check::check_operators;
use super::typeof_text;
use super::types::AthenaType;
use super::unnest::graft_joins;
use crate::engine::{Column, Query};

/// A query, ready to be executed.
pub(super) struct Planned {
    /// What to execute.
    pub(super) plan: Arc<dyn ExecutionPlan>,
    /// Its session.
    pub(super) state: SessionState,
    /// Counts bytes that are generated for it.
    pub(super) generated: Arc<ScanCounter>,
    /// Where columns are named, for errors to come.
    pub(super) positions: ColumnPositions,
    names: Names,
}

/// Output names as far as the text gives them.
struct Names {
    head: Vec<OutputName>,
    tail: Vec<OutputName>,
    /// True for VALUES, whose columns have no names.
    none: bool,
}

/// The database a statement about the catalogue runs in: a catalogue that is not there is
/// not looked at.
pub(super) fn context(query: &Query) -> String {
    let database = query.database.as_deref().unwrap_or("default");
    database.to_lowercase()
}

/// The catalogue a statement runs in, where there is none of that name.
pub(super) fn missing_catalog(query: &Query) -> Option<String> {
    let named = query.catalog.as_deref()?;
    (!named.eq_ignore_ascii_case(CATALOG)).then(|| named.to_lowercase())
}

/// A query, analyzed.
pub(super) struct Analyzed {
    /// What it means.
    pub(super) logical: LogicalPlan,
    state: SessionState,
    generated: Arc<ScanCounter>,
    positions: ColumnPositions,
    names: Names,
}

/// Analyzes a query with `placeholders` parameters.
pub(super) async fn logical_plan(
    scope: &Scope,
    mut parsed: Box<ast::Query>,
    placeholders: usize,
    query: &Query,
) -> Result<Analyzed, AthenaError> {
    let database = context(query);
    bind(&mut parsed, placeholders, &query.parameters)?;
    let missing = missing_catalog(query);
    check_tables(&parsed, scope, (&database, missing.as_deref()))?;
    let positions = ColumnPositions::of(&parsed);
    let (head, tail) = output_names(&parsed);
    let none = is_values(&parsed);
    let (state, generated) = scope.shared.query(scope, &database);
    travel::settle(&mut parsed, &state).await?;
    rewrite(&mut parsed, SystemTime::now())?;
    check_functions(&parsed, &state)?;
    let statement = EngineStatement::Statement(Box::new(ast::Statement::Query(parsed)));
    let told = |error: DataFusionError| translate(&error, &positions);
    let logical = state.statement_to_plan(statement).await.map_err(told)?;
    check_operators(&logical).map_err(told)?;
    let logical = graft_joins(logical).map_err(told)?;
    let logical = typeof_text::tell(logical).map_err(told)?;
    Ok(Analyzed {
        logical,
        state,
        generated,
        positions,
        names: Names { head, tail, none },
    })
}

/// Plans a query with `placeholders` parameters.
pub(super) async fn plan(
    scope: Scope,
    parsed: Box<ast::Query>,
    placeholders: usize,
    query: Query,
) -> Result<Planned, AthenaError> {
    let analyzed = logical_plan(&scope, parsed, placeholders, &query).await?;
    analyzed.physical().await
}

impl Analyzed {
    /// How to execute it.
    pub(super) async fn physical(self) -> Result<Planned, AthenaError> {
        let physical = self.state.create_physical_plan(&self.logical).await;
        let plan = physical.map_err(|error| translate(&error, &self.positions))?;
        Ok(Planned {
            plan,
            state: self.state,
            generated: self.generated,
            positions: self.positions,
            names: self.names,
        })
    }

    /// The same with another plan.
    pub(super) fn map_logical(
        mut self,
        change: impl FnOnce(LogicalPlan) -> datafusion::error::Result<LogicalPlan>,
    ) -> Result<Self, AthenaError> {
        let changed = change(self.logical).map_err(|error| translate(&error, &self.positions))?;
        self.logical = changed;
        Ok(self)
    }

    /// As [`Planned::outputs`].
    pub(super) fn outputs(&self) -> Vec<(Option<String>, AthenaType)> {
        self.names.outputs(self.logical.schema().as_arrow())
    }
}

impl Planned {
    /// Names and types of the result; an unnamed expression has no name.
    pub(super) fn outputs(&self) -> Vec<(Option<String>, AthenaType)> {
        self.names.outputs(&self.plan.schema())
    }

    /// `ColumnInfo` of the result.
    pub(super) fn columns(&self) -> Vec<Column> {
        self.names.columns(&self.plan.schema())
    }
}

impl Names {
    fn outputs(&self, schema: &Schema) -> Vec<(Option<String>, AthenaType)> {
        let columns = self.columns(schema).into_iter();
        columns
            .zip(schema.fields())
            .map(|(column, field)| {
                let named = !self.none && !is_unnamed(field.name());
                (named.then_some(column.name), AthenaType::of_field(field))
            })
            .collect()
    }

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
