//! `t CROSS JOIN UNNEST(t.xs)`: unnesting what stands left of it in FROM.
//!
//! DataFusion plans it as a join with a subquery that refers outwards, and cannot run
//! that. Here the subquery's steps are put on top of the left side instead.

use std::sync::Arc;

use datafusion::common::tree_node::{Transformed, TreeNode as _};
use datafusion::common::{Column, NullHandling};
use datafusion::error::Result;
use datafusion::logical_expr::{
    Expr, Join, JoinType, LogicalPlan, LogicalPlanBuilder, Projection, Subquery,
};

/// Replaces the joins of a plan that unnest columns of their left side.
pub(super) fn graft_joins(plan: LogicalPlan) -> Result<LogicalPlan> {
    let grafted = plan.transform_up_with_subqueries(|node| match &node {
        LogicalPlan::Join(join) => Ok(match graft_join(join)? {
            Some(grafted) => Transformed::yes(grafted),
            None => Transformed::no(node),
        }),
        _ => Ok(Transformed::no(node)),
    })?;
    Ok(grafted.data)
}

fn graft_join(join: &Join) -> Result<Option<LogicalPlan>> {
    let keeps_rows = match join.join_type {
        JoinType::Inner => false,
        JoinType::Left => true,
        _ => return Ok(None),
    };
    if !refers_outwards(&join.right) || !join.on.is_empty() {
        return Ok(None);
    }
    let Some(grafted) = graft(&join.right, &join.left, keeps_rows)? else {
        return Ok(None);
    };
    let always = matches!(&join.filter, None | Some(Expr::Literal(_, _)));
    match &join.filter {
        Some(filter) if !always && !keeps_rows => {
            let filtered = LogicalPlanBuilder::from(grafted).filter(filter.clone())?;
            Ok(Some(filtered.build()?))
        }
        _ if always => Ok(Some(grafted)),
        _ => Ok(None),
    }
}

fn refers_outwards(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => refers_outwards(&alias.input),
        LogicalPlan::Subquery(subquery) => !subquery.outer_ref_columns.is_empty(),
        _ => false,
    }
}

/// The steps of `plan` over `base`, whose columns stay in front at each step.
fn graft(plan: &LogicalPlan, base: &LogicalPlan, keeps_rows: bool) -> Result<Option<LogicalPlan>> {
    let grafted_input = |input: &LogicalPlan| graft(input, base, keeps_rows);
    let kept = || base.schema().columns().into_iter().map(Expr::Column);
    Ok(match plan {
        LogicalPlan::EmptyRelation(_) => Some(base.clone()),
        LogicalPlan::Subquery(Subquery { subquery, .. }) => grafted_input(subquery)?,
        LogicalPlan::Projection(projection) => {
            let Some(input) = grafted_input(&projection.input)? else {
                return Ok(None);
            };
            let added = projection
                .expr
                .iter()
                .zip(projection.schema.columns())
                .map(|(expr, column)| {
                    let inner = inward(expr.clone())?;
                    Ok(inner
                        .unalias()
                        .alias_qualified(column.relation, column.name))
                })
                .collect::<Result<Vec<_>>>()?;
            let exprs = kept().chain(added).collect();
            Some(LogicalPlan::Projection(Projection::try_new(
                exprs,
                Arc::new(input),
            )?))
        }
        LogicalPlan::Unnest(unnest) => {
            let Some(input) = grafted_input(&unnest.input)? else {
                return Ok(None);
            };
            let mut options = unnest.options.clone();
            options.null_handling = if keeps_rows {
                NullHandling::PreserveAndExpandEmpty
            } else {
                NullHandling::Drop
            };
            let columns = unnest.exec_columns.clone();
            let unnested =
                LogicalPlanBuilder::from(input).unnest_columns_with_options(columns, options)?;
            Some(unnested.build()?)
        }
        LogicalPlan::SubqueryAlias(alias) => {
            let Some(input) = grafted_input(&alias.input)? else {
                return Ok(None);
            };
            let inner = alias.input.schema().columns();
            let added = inner
                .into_iter()
                .zip(alias.schema.columns())
                .map(|(inner, outer)| {
                    let Column { relation, name, .. } = outer;
                    Expr::Column(inner).alias_qualified(relation, name)
                });
            let exprs = kept().chain(added).collect();
            Some(LogicalPlan::Projection(Projection::try_new(
                exprs,
                Arc::new(input),
            )?))
        }
        _ => None,
    })
}

/// Outer references become columns: what they refer to is now below.
fn inward(expr: Expr) -> Result<Expr> {
    let inward = expr.transform_up(|expr| match expr {
        Expr::OuterReferenceColumn(_, column) => Ok(Transformed::yes(Expr::Column(column))),
        other => Ok(Transformed::no(other)),
    })?;
    Ok(inward.data)
}
