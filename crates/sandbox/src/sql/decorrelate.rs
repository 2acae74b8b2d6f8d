//! Subqueries that DataFusion cannot run: scalar ones correlated by inequality, those over
//! UNNEST of what stands outside, EXISTS and IN outside of conditions.
//!
//! The values a subquery refers to, each once, are its domain. They are joined into the
//! subquery, which then gives its result for each of them, and that is joined back.

use datafusion::common::tree_node::{Transformed, TreeNode as _, TreeNodeRecursion};
use datafusion::common::{Column, NullHandling, ScalarValue};
use datafusion::error::Result;
use datafusion::functions::core::expr_fn::coalesce;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::expr::{Exists, InSubquery};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{
    Aggregate, BinaryExpr, Distinct, Expr, JoinType, LogicalPlan, LogicalPlanBuilder, Operator,
    Subquery, lit, when,
};

/// Begins the names of columns that are only there for the joins.
const INSIDE: &str = "\u{4}c";

/// Replaces the subqueries of a plan that nothing else could run.
pub(super) fn decorrelate(plan: LogicalPlan) -> Result<LogicalPlan> {
    let mut count = 0;
    let done = plan.transform_up_with_subqueries(|node| {
        let anywhere = match &node {
            LogicalPlan::Filter(_) => false,
            LogicalPlan::Projection(_) | LogicalPlan::Aggregate(_) => true,
            _ => return Ok(Transformed::no(node)),
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
                    let joined = Joined {
                        base: &base,
                        number: count,
                    };
                    match joined.replaced(&expr, &input, anywhere)? {
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

/// What a subquery is joined to.
struct Joined<'a> {
    base: &'a LogicalPlan,
    /// Makes names unlike those of other subqueries.
    number: usize,
}

impl Joined<'_> {
    /// The plan with a subquery joined, and what now stands for the subquery. `anywhere` is
    /// true outside of conditions, where DataFusion has neither EXISTS nor IN.
    fn replaced(
        &self,
        expr: &Expr,
        input: &LogicalPlan,
        anywhere: bool,
    ) -> Result<Option<(LogicalPlan, Expr)>> {
        let subquery = match expr {
            Expr::ScalarSubquery(subquery)
                if is_hard(subquery, true) && is_single(&subquery.subquery) =>
            {
                subquery
            }
            Expr::Exists(Exists { subquery, .. })
            | Expr::InSubquery(InSubquery { subquery, .. })
                if anywhere || is_hard(subquery, false) =>
            {
                subquery
            }
            _ => return Ok(None),
        };
        let Some(domain) = Domain::of(subquery, input, self.number)? else {
            return Ok(None);
        };
        let Some(result) = domain.apply(&subquery.subquery)? else {
            return Ok(None);
        };
        let Some(last) = result.schema().columns().pop().map(Expr::Column) else {
            return Ok(None);
        };
        let joined = match expr {
            Expr::Exists(Exists { negated, .. }) => {
                let (told, value) = self.named("", lit(true));
                let result = LogicalPlanBuilder::from(result)
                    .project(domain.keys().chain([told]))?
                    .distinct()?
                    .build()?;
                let plan = domain.join(self.base, result, None)?;
                let value = Box::new(value);
                let exists = if *negated {
                    Expr::IsNull(value)
                } else {
                    Expr::IsNotNull(value)
                };
                (plan, exists)
            }
            Expr::InSubquery(InSubquery { expr, negated, .. }) => {
                let (plan, found) = self.contained(&domain, result, last, expr)?;
                let found = if *negated {
                    Expr::Not(Box::new(found))
                } else {
                    found
                };
                (plan, found)
            }
            _ => {
                let (told, value) = self.named("", last);
                let result = LogicalPlanBuilder::from(result)
                    .project(domain.keys().chain([told]))?
                    .build()?;
                (domain.join(self.base, result, None)?, value)
            }
        };
        Ok(Some(joined))
    }

    /// An expression under a name, and the column of that name.
    fn named(&self, suffix: &str, expr: Expr) -> (Expr, Expr) {
        let name = format!("{INSIDE}{}{suffix}", self.number);
        let column = Expr::Column(Column::from_name(name.clone()));
        (expr.alias(name), column)
    }

    /// `needle IN (result)`: NULL if it is not found and may be a NULL.
    fn contained(
        &self,
        domain: &Domain,
        result: LogicalPlan,
        item: Expr,
        needle: &Expr,
    ) -> Result<(LogicalPlan, Expr)> {
        let (told, value) = self.named("", item.clone());
        let known = Expr::IsNotNull(Box::new(item.clone()));
        let values = LogicalPlanBuilder::from(result.clone())
            .filter(known)?
            .project(domain.keys().chain([told]))?
            .distinct()?
            .build()?;
        let found = needle.clone().eq(value.clone());
        let plan = domain.join(self.base, values, Some(found))?;
        let (all, all_column) = self.named("a", count(lit(1_i64)));
        let (known, known_column) = self.named("k", count(item));
        let counts = LogicalPlanBuilder::from(result)
            .aggregate(domain.columns(), vec![all, known])?
            .build()?;
        let counted = [all_column.clone(), known_column.clone()];
        let counts = LogicalPlanBuilder::from(counts)
            .project(domain.keys().chain(counted))?
            .build()?;
        let plan = domain.join(&plan, counts, None)?;
        let none = coalesce(vec![all_column.clone(), lit(0_i64)]).eq(lit(0_i64));
        let unknown = needle.clone().is_null().or(all_column.gt(known_column));
        let found = when(value.is_not_null(), lit(true))
            .when(none, lit(false))
            .when(unknown, lit(ScalarValue::Boolean(None)))
            .otherwise(lit(false))?;
        Ok((plan, found))
    }
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
        if outer.is_empty() {
            let plan = LogicalPlanBuilder::empty(true).build()?;
            return Ok(Some(Self { outer, names, plan }));
        }
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

    /// The domain's columns under the names by which a result is joined back.
    fn keys(&self) -> impl Iterator<Item = Expr> + '_ {
        let columns = self.columns().zip(&self.names);
        columns.map(|(column, name)| column.alias(format!("{name}j")))
    }

    /// Joins a result that begins with the keys to what its subquery stands in.
    fn join(
        &self,
        base: &LogicalPlan,
        result: LogicalPlan,
        condition: Option<Expr>,
    ) -> Result<LogicalPlan> {
        // Two results may be joined one after the other.
        let number = base.schema().fields().len();
        let columns = result.schema().columns().into_iter().enumerate();
        let renamed = columns.map(|(index, column)| match self.names.get(index) {
            Some(name) => Expr::Column(column).alias(format!("{name}j{number}")),
            None => Expr::Column(column),
        });
        let result = LogicalPlanBuilder::from(result).project(renamed)?.build()?;
        let same = self.outer.iter().zip(&self.names).map(|(outer, name)| {
            let here = Column::from_name(format!("{name}j{number}"));
            same(Expr::Column(outer.clone()), Expr::Column(here))
        });
        let mut on: Vec<Expr> = same.chain(condition).collect();
        if on.is_empty() {
            on.push(lit(true));
        }
        LogicalPlanBuilder::from(base.clone())
            .join_on(result, JoinType::Left, on)?
            .build()
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
        if self.names.is_empty() {
            return Ok(Some(plan.clone()));
        }
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
