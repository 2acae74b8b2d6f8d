//! `FETCH FIRST n ROWS WITH TIES`: as many rows as LIMIT, and those that tie with the last.
//!
//! The parser's tree becomes a LIMIT marked by a function. Here the marked limit becomes a
//! filter on the rank of each row below the sort.

use std::sync::Arc;

use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::functions_window::rank::rank_udwf;
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::{
    Expr, ExprFunctionExt as _, Limit, LogicalPlan, LogicalPlanBuilder, Sort, lit,
};

use super::failure::AthenaError;

/// The function that marks a limit.
pub(super) const MARK: &str = "athena_with_ties";

/// Replaces the marked limits of a plan.
pub(super) fn keep_ties(plan: LogicalPlan) -> Result<LogicalPlan> {
    let kept = plan.transform_up_with_subqueries(|node| match &node {
        LogicalPlan::Limit(limit) => match marked(limit) {
            Some(count) => ties(limit, count).map(Transformed::yes),
            None => Ok(Transformed::no(node)),
        },
        _ => Ok(Transformed::no(node)),
    })?;
    Ok(kept.data)
}

/// The count of a marked limit.
fn marked(limit: &Limit) -> Option<i64> {
    match limit.fetch.as_deref()? {
        Expr::ScalarFunction(call) if call.name() == MARK => number(call.args.first()?),
        _ => None,
    }
}

fn number(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(value, _) => match value.cast_to(&ScalarValue::Int64(None).data_type()) {
            Ok(ScalarValue::Int64(number)) => number,
            _ => None,
        },
        _ => None,
    }
}

fn ties(limit: &Limit, count: i64) -> Result<LogicalPlan> {
    let skipped = match &limit.skip {
        Some(skip) => number(skip).ok_or_else(unsupported)?,
        None => 0,
    };
    let ranked = ranked(&limit.input, skipped.saturating_add(count))?;
    match &limit.skip {
        Some(skip) => Ok(LogicalPlan::Limit(Limit {
            skip: Some(skip.clone()),
            fetch: None,
            input: Arc::new(ranked),
        })),
        None => Ok(ranked),
    }
}

fn unsupported() -> AthenaError {
    AthenaError::not_supported("FETCH FIRST WITH TIES")
}

/// The plan without the rows whose rank in the order of its sort is beyond `last`.
fn ranked(plan: &LogicalPlan, last: i64) -> Result<LogicalPlan> {
    match plan {
        LogicalPlan::Sort(sort) => ranked_sort(sort, last),
        LogicalPlan::Projection(projection) => {
            let input = ranked(&projection.input, last)?;
            plan.with_new_exprs(projection.expr.clone(), vec![input])
        }
        _ => Err(unsupported().into()),
    }
}

fn ranked_sort(sort: &Sort, last: i64) -> Result<LogicalPlan> {
    const RANK: &str = "\u{4}rank";
    let rank = Expr::from(WindowFunction::new(rank_udwf(), Vec::new()));
    let rank = rank.order_by(sort.expr.clone()).build()?.alias(RANK);
    let columns = sort.input.schema().columns();
    let kept = Expr::Column(Column::from_name(RANK)).lt_eq(lit(last));
    LogicalPlanBuilder::from(sort.input.as_ref().clone())
        .window(vec![rank])?
        .filter(kept)?
        .project(columns.into_iter().map(Expr::Column))?
        .sort(sort.expr.clone())?
        .build()
}
