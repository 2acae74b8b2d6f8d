//! Correlated subqueries that DataFusion cannot run: scalar ones by inequality, and those
//! over UNNEST of what stands outside.
//!
//! The values a subquery refers to, each once, are its domain. They are joined into the
//! subquery, which then gives its result for each of them, and that is joined back.

use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Column, NullHandling};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::logical_expr::expr::Exists;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Operator,
    Subquery, lit,
};

/// Begins the names of columns that are only there for the joins.
const INSIDE: &str = "\u{4}c";

/// Replaces the subqueries of a plan that nothing else could run.
pub(super) fn decorrelate(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut count = 0;
    let done = plan.transform_up_with_subqueries(|node| {
        let (LogicalPlan::Filter(_) | LogicalPlan::Projection(_)) = &node else {
            return Ok(Transformed::no(node));
        };
        let input = node.inputs()[0].clone();
        let mut base = input.clone();
        let names = NamePreserver::new(&node);
        let mut changed = false;
        let exprs = node
            .expressions()
            .into_iter()
            .map(|expr| {
                let name = names.save(&expr);
                let replaced = expr.transform_down(|expr| {
                    count += 1;
                    match replaced(&expr, &input, &base, count)? {
                        Some((joined, value)) => {
                            base = joined;
                            Ok(Transformed::yes(value))
                        }
                        None => Ok(Transformed::no(expr)),
                    }
                })?;
                changed |= replaced.transformed;
                Ok(name.restore(replaced.data))
            })
            .collect::<Result<Vec<_>>>()?;
        if !changed {
            return Ok(Transformed::no(node));
        }
        let plan = node.with_new_exprs(exprs, vec![base])?;
        let plan = if matches!(plan, LogicalPlan::Filter(_)) {
            let columns = input.schema().columns().into_iter().map(Expr::Column);
            LogicalPlanBuilder::from(plan).project(columns)?.build()?
        } else {
            plan
        };
        Ok(Transformed::yes(plan))
    })?;
    Ok(done.data)
}

/// The plan with a subquery joined, and what now stands for the subquery.
fn replaced(
    expr: &Expr,
    input: &LogicalPlan,
    base: &LogicalPlan,
    number: usize,
) -> Result<Option<(LogicalPlan, Expr)>> {
    let (subquery, exists) = match expr {
        Expr::ScalarSubquery(subquery) if is_hard(subquery, true) => (subquery, None),
        Expr::Exists(Exists { subquery, negated }) if is_hard(subquery, false) => {
            (subquery, Some(*negated))
        }
        _ => return Ok(None),
    };
    if exists.is_none() && !is_single(&subquery.subquery) {
        return Ok(None);
    }
    let Some(domain) = Domain::of(subquery, input, number)? else {
        return Ok(None);
    };
    let Some(result) = domain.apply(&subquery.subquery)? else {
        return Ok(None);
    };
    let value = Column::from_name(format!("{INSIDE}{number}"));
    let told = match exists {
        Some(_) => lit(true),
        None => match result.schema().columns().pop() {
            Some(last) => Expr::Column(last),
            None => return Ok(None),
        },
    };
    let keys = domain.names.iter().map(|name| (name, format!("{name}j")));
    let (keys, joined): (Vec<Expr>, Vec<Expr>) = keys
        .zip(&domain.outer)
        .map(|((name, key), outer)| {
            let here = Expr::Column(Column::from_name(key.clone()));
            let same = same(Expr::Column(outer.clone()), here);
            (Expr::Column(Column::from_name(name)).alias(key), same)
        })
        .unzip();
    let told = keys.into_iter().chain([told.alias(value.name.clone())]);
    let mut result = LogicalPlanBuilder::from(result).project(told)?;
    if exists.is_some() {
        result = result.distinct()?;
    }
    let joined = LogicalPlanBuilder::from(base.clone())
        .join_on(result.build()?, JoinType::Left, joined)?
        .build()?;
    let value = Expr::Column(value);
    Ok(Some((
        joined,
        match exists {
            Some(false) => Expr::IsNotNull(Box::new(value)),
            Some(true) => Expr::IsNull(Box::new(value)),
            None => value,
        },
    )))
}

/// Equal, or both NULL.
fn same(left: Expr, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(
        Box::new(left),
        Operator::IsNotDistinctFrom,
        Box::new(right),
    ))
}

/// True for a subquery that DataFusion cannot run.
fn is_hard(subquery: &Subquery, scalar: bool) -> bool {
    if subquery.outer_ref_columns.is_empty() {
        return false;
    }
    let mut hard = false;
    let walked = subquery.subquery.apply(|node| {
        hard |= match node {
            LogicalPlan::Projection(projection) => projection.expr.iter().any(Expr::contains_outer),
            LogicalPlan::Filter(filter) if scalar => split_conjunction(&filter.predicate)
                .into_iter()
                .any(|part| part.contains_outer() && !is_equality(part)),
            _ => false,
        };
        Ok(TreeNodeRecursion::Continue)
    });
    walked.is_ok() && hard
}

fn is_equality(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::BinaryExpr(BinaryExpr {
            op: Operator::Eq,
            ..
        })
    )
}

/// True for a subquery that has one row at most.
fn is_single(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::Projection(projection) => is_single(&projection.input),
        LogicalPlan::SubqueryAlias(alias) => is_single(&alias.input),
        LogicalPlan::Filter(filter) => is_single(&filter.input),
        LogicalPlan::Subquery(subquery) => is_single(&subquery.subquery),
        LogicalPlan::Aggregate(aggregate) => aggregate.group_expr.is_empty(),
        _ => false,
    }
}

/// The values that a subquery refers to.
struct Domain {
    /// The columns outside.
    outer: Vec<Column>,
    /// Their names inside.
    names: Vec<String>,
    plan: LogicalPlan,
}

impl Domain {
    /// `None` for one that refers further out than `input`.
    fn of(subquery: &Subquery, input: &LogicalPlan, number: usize) -> Result<Option<Self>> {
        let mut outer: Vec<Column> = Vec::new();
        for expr in &subquery.outer_ref_columns {
            let Expr::OuterReferenceColumn(_, column) = expr else {
                return Ok(None);
            };
            if !input.schema().has_column(column) {
                return Ok(None);
            }
            if !outer.contains(column) {
                outer.push(column.clone());
            }
        }
        let names: Vec<String> = (0..outer.len())
            .map(|index| format!("{INSIDE}{number}d{index}"))
            .collect();
        let columns = outer
            .iter()
            .zip(&names)
            .map(|(column, name)| Expr::Column(column.clone()).alias(name));
        let plan = LogicalPlanBuilder::from(input.clone())
            .project(columns)?
            .distinct()?
            .build()?;
        Ok(Some(Self { outer, names, plan }))
    }

    fn columns(&self) -> impl Iterator<Item = Expr> + '_ {
        self.names
            .iter()
            .map(|name| Expr::Column(Column::from_name(name)))
    }

    /// Outer references become columns of the domain.
    fn inward(&self, expr: Expr) -> Result<Expr> {
        let inward = expr.transform_up(|expr| match &expr {
            Expr::OuterReferenceColumn(_, column) => {
                let place = self.outer.iter().position(|outer| outer == column);
                match place.and_then(|place| self.names.get(place)) {
                    Some(name) => Ok(Transformed::yes(Expr::Column(Column::from_name(name)))),
                    None => Ok(Transformed::no(expr)),
                }
            }
            _ => Ok(Transformed::no(expr)),
        })?;
        Ok(inward.data)
    }

    /// The domain's columns, then these under the names that `plan` gives them.
    fn project(
        &self,
        input: LogicalPlan,
        exprs: impl IntoIterator<Item = Expr>,
        plan: &LogicalPlan,
    ) -> Result<LogicalPlan> {
        let named = exprs.into_iter().zip(plan.schema().columns());
        let named = named.map(|(expr, Column { relation, name, .. })| {
            expr.unalias().alias_qualified(relation, name)
        });
        let all: Vec<Expr> = self.columns().chain(named).collect();
        LogicalPlanBuilder::from(input).project(all)?.build()
    }

    /// What the plan gives for each value of the domain; `None` if that cannot be told.
    fn apply(&self, plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
        if plan.all_out_ref_exprs().is_empty() {
            let base = LogicalPlanBuilder::from(self.plan.clone());
            return match plan {
                LogicalPlan::EmptyRelation(empty) if empty.produce_one_row => {
                    Ok(Some(self.plan.clone()))
                }
                _ => base.cross_join(plan.clone())?.build().map(Some),
            };
        }
        let input = match plan {
            LogicalPlan::Subquery(subquery) => return self.apply(&subquery.subquery),
            LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Unnest(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Distinct(Distinct::All(_)) => plan.inputs()[0],
            _ => return Ok(None),
        };
        let Some(applied) = self.apply(input)? else {
            return Ok(None);
        };
        match plan {
            LogicalPlan::SubqueryAlias(_) => {
                let columns = input.schema().columns().into_iter().map(Expr::Column);
                self.project(applied, columns, plan).map(Some)
            }
            LogicalPlan::Projection(projection) => {
                let exprs = projection.expr.iter().cloned();
                let exprs = exprs.map(|expr| self.inward(expr));
                let exprs = exprs.collect::<Result<Vec<_>>>()?;
                self.project(applied, exprs, plan).map(Some)
            }
            LogicalPlan::Filter(filter) => {
                let predicate = self.inward(filter.predicate.clone())?;
                let filtered = LogicalPlanBuilder::from(applied).filter(predicate)?;
                filtered.build().map(Some)
            }
            LogicalPlan::Unnest(unnest) => {
                let options = unnest
                    .options
                    .clone()
                    .with_null_handling(NullHandling::Drop);
                LogicalPlanBuilder::from(applied)
                    .unnest_columns_with_options(unnest.exec_columns.clone(), options)?
                    .build()
                    .map(Some)
            }
            LogicalPlan::Aggregate(aggregate) => self.aggregate(applied, aggregate, plan).map(Some),
            _ => LogicalPlanBuilder::from(applied)
                .distinct()?
                .build()
                .map(Some),
        }
    }

    /// Aggregates for each value of the domain. Without groups there is a row even of no
    /// rows.
    fn aggregate(
        &self,
        input: LogicalPlan,
        aggregate: &Aggregate,
        plan: &LogicalPlan,
    ) -> Result<LogicalPlan> {
        let inward = |exprs: &[Expr]| {
            let exprs = exprs.iter().cloned().map(|expr| self.inward(expr));
            exprs.collect::<Result<Vec<_>>>()
        };
        let groups: Vec<Expr> = self
            .columns()
            .chain(inward(&aggregate.group_expr)?)
            .collect();
        let computed = LogicalPlanBuilder::from(input)
            .aggregate(groups, inward(&aggregate.aggr_expr)?)?
            .build()?;
        let columns = computed.schema().columns();
        let (keys, values) = columns.split_at(self.names.len().min(columns.len()));
        if !aggregate.group_expr.is_empty() {
            let values = values.iter().cloned().map(Expr::Column);
            return self.project(computed.clone(), values.collect::<Vec<_>>(), plan);
        }
        let renamed = |name: &str| format!("{name}r");
        let keyed = keys
            .iter()
            .map(|key| Expr::Column(key.clone()).alias(renamed(&key.name)));
        let valued = values
            .iter()
            .enumerate()
            .map(|(index, value)| Expr::Column(value.clone()).alias(format!("{INSIDE}v{index}")));
        let all: Vec<Expr> = keyed.chain(valued).collect();
        let computed = LogicalPlanBuilder::from(computed.clone()).project(all)?;
        let on = self.names.iter().map(|name| {
            let here = Expr::Column(Column::from_name(name));
            same(here, Expr::Column(Column::from_name(renamed(name))))
        });
        let joined = LogicalPlanBuilder::from(self.plan.clone())
            .join_on(computed.build()?, JoinType::Left, on)?
            .build()?;
        let values = aggregate.aggr_expr.iter().enumerate().map(|(index, expr)| {
            let value = Expr::Column(Column::from_name(format!("{INSIDE}v{index}")));
            if counts(expr) {
                coalesce(vec![value, lit(0_i64)])
            } else {
                value
            }
        });
        self.project(joined, values.collect::<Vec<_>>(), plan)
    }
}

/// True for an aggregate that is 0 of no rows.
fn counts(expr: &Expr) -> bool {
    match expr {
        Expr::Alias(alias) => counts(&alias.expr),
        Expr::AggregateFunction(function) => {
            matches!(function.func.name(), "count" | "approx_distinct")
        }
        _ => false,
    }
}
