//! `UNNEST(…)` in FROM: arrays, arrays of rows into columns, maps, WITH ORDINALITY.
//!
//! How many columns there are follows from types, which the syntax tree does not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{Column, DFSchema, NullHandling, ScalarValue, UnnestOptions};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{
    PlannedRelation, RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::logical_expr::{
    Expr, ExprSchemable as _, LogicalPlan, LogicalPlanBuilder, ScalarUDF,
};
use datafusion::sql::sqlparser::ast::{TableAlias, TableFactor};

use super::failure::AthenaError;
use super::functions::typed;
use super::rewrite::{duplicate, unnamed};
use super::types::{AthenaType, UNNAMED_FIELD};

/// Begins the names of columns that are only there while they are unnested.
const INSIDE: &str = "\u{4}";

/// Plans UNNEST.
#[derive(Debug, Default)]
pub(super) struct Unnesting {
    /// Columns without a name so far: their own names must differ.
    count: AtomicUsize,
}

impl RelationPlanner for Unnesting {
    fn plan_relation(
        &self,
        relation: TableFactor,
        context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        let TableFactor::UNNEST {
            alias,
            array_exprs,
            with_ordinality,
            ..
        } = relation
        else {
            return Ok(RelationPlanning::Original(Box::new(relation)));
        };
        let function = |name: &str| {
            let function = context.context_provider().get_function_meta(name);
            function.ok_or_else(|| DataFusionError::Internal(format!("{name} is not there")))
        };
        let functions = Functions {
            entries: function("map_entries")?,
            part: function("athena_subscript")?,
            ordinality: function("athena_ordinality")?,
        };
        let lists = array_exprs
            .into_iter()
            .map(|expr| {
                let expr = context.sql_expr_to_logical_expr(expr, &DFSchema::empty())?;
                list(expr, &functions)
            })
            .collect::<Result<Vec<_>>>()?;
        let plan = self.plan(lists, with_ordinality, &functions)?;
        check_alias(alias.as_ref(), plan.schema())?;
        Ok(RelationPlanning::Planned(Box::new(PlannedRelation::new(
            plan, alias,
        ))))
    }
}

/// What plans of UNNEST call.
struct Functions {
    entries: Arc<ScalarUDF>,
    part: Arc<ScalarUDF>,
    ordinality: Arc<ScalarUDF>,
}

fn call(function: &Arc<ScalarUDF>, args: Vec<Expr>) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(function), args))
}

/// A collection as a list, and the field of its items; those of a map are its entries.
fn list(expr: Expr, functions: &Functions) -> Result<(Expr, FieldRef)> {
    let (_, field) = expr.to_field(&DFSchema::empty())?;
    match field.data_type() {
        DataType::List(item) => Ok((expr, Arc::clone(item))),
        DataType::Map(..) => list(call(&functions.entries, vec![expr]), functions),
        _ => {
            let athena_type = AthenaType::of_field(&field);
            let message = format!("line 1:15: Cannot unnest type: {athena_type}");
            Err(AthenaError::new("INVALID_FUNCTION_ARGUMENT", message).into())
        }
    }
}

/// Expressions of the columns a list's items are spread over, with their names.
fn spread(column: Column, item: &FieldRef, functions: &Functions) -> Vec<(Expr, Option<String>)> {
    let column = Expr::Column(column);
    let DataType::Struct(fields) = item.data_type() else {
        let athena_type = AthenaType::of_field(item);
        let forgotten = AthenaType::of_arrow(item.data_type()) != athena_type;
        let column = if forgotten {
            typed(column, &athena_type)
        } else {
            column
        };
        return vec![(column, None)];
    };
    (1_i64..)
        .zip(fields)
        .map(|(place, field)| {
            let place = Expr::Literal(ScalarValue::from(place), None);
            let named = !field.name().starts_with(UNNAMED_FIELD);
            let name = named.then(|| field.name().to_lowercase());
            (call(&functions.part, vec![column.clone(), place]), name)
        })
        .collect()
}

/// Checks that an alias names as many columns as there are.
fn check_alias(alias: Option<&TableAlias>, schema: &DFSchema) -> Result<()> {
    let Some(alias) = alias else { return Ok(()) };
    let (named, there) = (alias.columns.len(), schema.fields().len());
    if named == 0 || named == there {
        return Ok(());
    }
    let name = &alias.name.value;
    let message = format!(
        "line 1:15: Column alias list has {named} entries but '{name}' has {there} columns available"
    );
    Err(AthenaError::new("MISMATCHED_COLUMN_ALIASES", message).into())
}

impl Unnesting {
    fn plan(
        &self,
        lists: Vec<(Expr, FieldRef)>,
        with_ordinality: bool,
        functions: &Functions,
    ) -> Result<LogicalPlan> {
        let mut inside = Vec::new();
        let mut outputs = Vec::new();
        for (index, (list, item)) in lists.iter().enumerate() {
            let column = Column::from_name(format!("{INSIDE}{index}"));
            inside.push(list.clone().alias(column.name.clone()));
            outputs.extend(spread(column, item, functions));
        }
        if with_ordinality {
            let column = Column::from_name(INSIDE);
            let lists = lists.into_iter().map(|(list, _)| list).collect();
            inside.push(call(&functions.ordinality, lists).alias(INSIDE));
            outputs.push((Expr::Column(column), None));
        }
        let columns: Vec<Column> = inside
            .iter()
            .map(|list| Column::from_name(list.schema_name().to_string()))
            .collect();
        let options = UnnestOptions::new().with_null_handling(NullHandling::Drop);
        LogicalPlanBuilder::empty(true)
            .project(inside)?
            .unnest_columns_with_options(columns, options)?
            .project(self.named(outputs))?
            .build()
    }

    /// The outputs under names that differ from one another.
    fn named(&self, outputs: Vec<(Expr, Option<String>)>) -> Vec<Expr> {
        let mut seen: Vec<String> = Vec::new();
        let next = || self.count.fetch_add(1, Ordering::Relaxed);
        outputs
            .into_iter()
            .map(|(expr, name)| {
                let name = match name {
                    Some(name) if !seen.contains(&name) => name,
                    Some(name) => duplicate(&name, next()),
                    None => unnamed(&format!("{}", next())),
                };
                seen.push(name.clone());
                expr.alias(name)
            })
            .collect()
    }
}
