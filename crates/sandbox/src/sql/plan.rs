//! From a parsed query to an executable plan.

use std::sync::Arc;
use std::time::SystemTime;

use datafusion::arrow::datatypes::Schema;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::context::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::sql::parser::Statement as EngineStatement;
use datafusion::sql::sqlparser::ast;

use super::analysis::{ColumnPositions, check_functions, check_tables};
use super::datasets::ScanCounter;
use super::decorrelate::decorrelate;
use super::failure::{AthenaError, translate};
use super::keep_types::keep_types;
use super::parameters::bind;
use super::rewrite::{OutputName, Spellings, is_unnamed, is_values, output_names, rewrite, shown};
use super::scope::Scope;
use super::travel;
use super::type_check::check_operators;
use super::typeof_text;
use super::types::AthenaType;
use super::unnest::graft_joins;
use super::with_ties::keep_ties;
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
    /// How names are spelled that `*` stands for.
    spellings: Spellings,
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
pub(super) fn missing_catalog(scope: &Scope, query: &Query) -> Option<String> {
    let named = query.catalog.as_deref()?;
    scope.of(named).is_none().then(|| named.to_lowercase())
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
    let missing = missing_catalog(scope, query);
    check_tables(&parsed, scope, (&database, missing.as_deref()))?;
    let positions = ColumnPositions::of(&parsed);
    let (head, tail) = output_names(&parsed);
    let names = Names {
        head,
        tail,
        spellings: Spellings::of(&parsed),
        none: is_values(&parsed),
    };
    let (state, generated) = scope.shared.query(scope, &database);
    travel::settle(&mut parsed, &state).await?;
    rewrite(&mut parsed, SystemTime::now())?;
    check_functions(&parsed, &state)?;
    let statement = EngineStatement::Statement(Box::new(ast::Statement::Query(parsed)));
    let told = |error: DataFusionError| translate(&error, &positions);
    let logical = state.statement_to_plan(statement).await.map_err(told)?;
    let logical = keep_ties(logical).map_err(told)?;
    let logical = keep_types(logical).map_err(told)?;
    check_operators(&logical).map_err(told)?;
    let logical = graft_joins(logical).map_err(told)?;
    let logical = decorrelate(logical).map_err(told)?;
    let logical = typeof_text::tell(logical).map_err(told)?;
    Ok(Analyzed {
        logical,
        state,
        generated,
        positions,
        names,
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
        let plan = physical.map_err(|error| {
            if is_correlated(&self.logical) && is_about_the_plan(&error) {
                let message = "line 1:8: Given correlated subquery is not supported";
                return AthenaError::not_supported(message);
            }
            translate(&error, &self.positions)
        })?;
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
                    _ => self.spellings.spell(shown(field.name(), index)),
                };
                AthenaType::of_field(field).column(name)
            })
            .collect()
    }
}

/// True if some subquery of a plan refers to what is outside of it.
fn is_correlated(plan: &LogicalPlan) -> bool {
    let found = plan.exists(|node| Ok(!node.all_out_ref_exprs().is_empty()));
    let within = |node: &LogicalPlan| {
        let mut found = false;
        let walked = node.apply_subqueries(|subquery| {
            found |= !subquery.all_out_ref_exprs().is_empty() || is_correlated(subquery);
            Ok(TreeNodeRecursion::Continue)
        });
        Ok(walked.is_ok() && found)
    };
    found.unwrap_or(false) || plan.exists(within).unwrap_or(false)
}

/// True for complaints of a plan that was analyzed: names were found then.
fn is_about_the_plan(error: &DataFusionError) -> bool {
    match error.find_root() {
        DataFusionError::SchemaError(..) | DataFusionError::NotImplemented(_) => true,
        other => {
            let text = other.to_string();
            text.contains("OuterReferenceColumn") || text.contains("orrelated")
        }
    }
}
