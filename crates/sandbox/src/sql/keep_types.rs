//! Types that DataFusion forgets: what CASE, COALESCE and aggregates make of a json is a
//! json, of a varchar(3) a varchar(3).
//!
//! Arrow's type is the same for both, so that only the field's metadata is lost; it is put
//! back before anything is optimized. Averages and sums that DataFusion widens are brought
//! back to Trino's types.

use std::cell::Cell;

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable as _, LogicalPlan, LogicalPlanBuilder};

use super::common_type::common_of;
use super::functions::{cast_to, typed};
use super::types::AthenaType;

/// Puts the types of a plan's expressions right.
pub(super) fn keep_types(plan: LogicalPlan) -> Result<LogicalPlan> {
    let changed = Cell::new(false);
    let kept = plan.transform_up_with_subqueries(|node| {
        let schema = match &node {
            LogicalPlan::Join(_) => node.schema().as_ref().clone(),
            _ => merge_schema(&node.inputs()),
        };
        let names = NamePreserver::new(&node);
        let node = node.map_expressions(|expr| {
            let name = names.save(&expr);
            let kept = expr.transform_up(|expr| keep(expr, &schema))?;
            if kept.transformed {
                changed.set(true);
            }
            Ok(kept.update_data(|expr| name.restore(expr)))
        })?;
        if !changed.get() && !computes(&node.data) {
            return Ok(node);
        }
        let node = if changed.get() {
            node.data.recompute_schema()?
        } else {
            node.data
        };
        let Some(told) = computed(&node, &schema)? else {
            return Ok(Transformed::yes(node));
        };
        changed.set(true);
        Ok(Transformed::yes(told))
    })?;
    Ok(kept.data)
}

/// An expression that stands for one of several values has their common type.
fn keep(expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
    let parts: Vec<&Expr> = match &expr {
        Expr::Case(case) => {
            let results = case.when_then_expr.iter().map(|(_, then)| &**then);
            results.chain(case.else_expr.as_deref()).collect()
        }
        Expr::ScalarFunction(call) => match call.name() {
            "coalesce" | "greatest" | "least" => call.args.iter().collect(),
            "nullif" => call.args.iter().take(1).collect(),
            _ => return Ok(Transformed::no(expr)),
        },
        Expr::HigherOrderFunction(call) if call.name() == "athena_try" => {
            let bodies = call.args.iter().filter_map(|arg| match arg {
                Expr::Lambda(lambda) => Some(&*lambda.body),
                _ => None,
            });
            bodies.collect()
        }
        _ => return Ok(Transformed::no(expr)),
    };
    let types = parts.into_iter().map(|part| type_of(part, schema));
    let Some(common) = types
        .collect::<Option<Vec<_>>>()
        .and_then(|types| common_of(&types))
    else {
        return Ok(Transformed::no(expr));
    };
    let (_, field) = expr.to_field(schema)?;
    let forgotten =
        AthenaType::of_field(&field) != common && common.arrow().equals_datatype(field.data_type());
    Ok(if forgotten {
        Transformed::yes(typed(expr, &common))
    } else {
        Transformed::no(expr)
    })
}

fn type_of(expr: &Expr, schema: &DFSchema) -> Option<AthenaType> {
    let (_, field) = expr.to_field(schema).ok()?;
    Some(AthenaType::of_field(&field))
}

fn computes(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Aggregate(_) | LogicalPlan::Window(_))
}

/// The results of aggregates and window functions with their types, if some were lost.
fn computed(node: &LogicalPlan, input: &DFSchema) -> Result<Option<LogicalPlan>> {
    let exprs = match node {
        LogicalPlan::Aggregate(aggregate) => &aggregate.aggr_expr,
        LogicalPlan::Window(window) => &window.window_expr,
        _ => return Ok(None),
    };
    let schema = node.schema();
    let first = schema.fields().len().saturating_sub(exprs.len());
    let mut forgotten = false;
    let columns: Vec<Expr> = schema
        .columns()
        .into_iter()
        .enumerate()
        .map(|(index, column)| {
            let expected = index
                .checked_sub(first)
                .and_then(|index| exprs.get(index))
                .and_then(|expr| result_type(expr, input));
            let field = schema.field(index);
            let Some(expected) = expected else {
                return Expr::Column(column);
            };
            let same = expected.arrow().equals_datatype(field.data_type());
            let (relation, name) = (column.relation.clone(), column.name.clone());
            let right = match &expected {
                known if AthenaType::of_field(field) == *known => return Expr::Column(column),
                AthenaType::Real | AthenaType::Decimal(..) => {
                    cast_to(Expr::Column(column), &expected)
                }
                _ if same => typed(Expr::Column(column), &expected),
                _ => return Expr::Column(column),
            };
            forgotten = true;
            right.alias_qualified(relation, name)
        })
        .collect();
    if !forgotten {
        return Ok(None);
    }
    let told = LogicalPlanBuilder::from(node.clone()).project(columns)?;
    Ok(Some(told.build()?))
}

/// The type of the result of a function that gives back what it was given.
fn result_type(expr: &Expr, input: &DFSchema) -> Option<AthenaType> {
    let (name, argument) = match expr.clone().unalias_nested().data {
        Expr::AggregateFunction(AggregateFunction { func, params }) => {
            (func.name().to_owned(), params.args.into_iter().next()?)
        }
        Expr::WindowFunction(function) => {
            let WindowFunction { fun, params } = *function;
            (fun.name().to_owned(), params.args.into_iter().next()?)
        }
        _ => return None,
    };
    let argument = type_of(&argument, input)?;
    match name.as_str() {
        "array_agg" => Some(AthenaType::Array(Box::new(argument))),
        "min" | "max" | "first_value" | "last_value" | "nth_value" | "lag" | "lead" => {
            Some(argument)
        }
        // DataFusion's are wider.
        "sum" | "avg" if argument == AthenaType::Real => Some(argument),
        "avg" if matches!(argument, AthenaType::Decimal(..)) => Some(argument),
        _ => None,
    }
}
