//! Turns Athena's SQL into SQL that DataFusion plans with the same meaning.
//!
//! Works on the syntax tree: types of literals, casts, function names, output names.

mod access;
mod build;
mod calls;
mod intervals;
mod json_calls;
mod literals;
mod names;
mod relations;
mod samples;
mod spelling;
mod text;

pub(super) use names::{
    OutputName, duplicate, is_unnamed, is_values, output_names, shown, shown_in_text, unnamed,
};
pub(super) use spelling::Spellings;

use std::ops::ControlFlow;
use std::time::SystemTime;

use datafusion::sql::sqlparser::ast::{
    Expr, Function, GroupByExpr, LimitClause, ObjectName, OrderByKind, Query, Select, TableFactor,
    Value, VisitMut as _, VisitorMut, WindowFrameBound, WindowType,
};

use super::failure::AthenaError;
use super::with_ties;

/// Rewrites a query in place; `now` is what `now()` tells.
///
/// # Errors
/// `NOT_SUPPORTED` for what has no counterpart.
pub(super) fn rewrite(query: &mut Query, now: SystemTime) -> Result<(), AthenaError> {
    let mut rewriter = Rewriter {
        now: now_text(now),
        parameters: Vec::new(),
    };
    match query.visit(&mut rewriter) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

/// `2020-02-29 13:45:01.000`, in UTC.
fn now_text(now: SystemTime) -> String {
    let millis = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_millis()).ok());
    let moment = millis
        .and_then(chrono::DateTime::from_timestamp_millis)
        .unwrap_or_default();
    moment.format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

struct Rewriter {
    /// The moment the query started.
    now: String,
    /// Parameters of the lambdas this is inside of.
    parameters: Vec<String>,
}

impl VisitorMut for Rewriter {
    type Break = Box<AthenaError>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(exprs) = &mut order_by.kind
        {
            exprs
                .iter_mut()
                .for_each(|order| keep_number(&mut order.expr));
        }
        match &mut query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                limit.iter_mut().for_each(keep_number);
                offset
                    .iter_mut()
                    .for_each(|offset| keep_number(&mut offset.value));
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => {
                keep_number(offset);
                keep_number(limit);
            }
            None => {}
        }
        if let Err(error) = fetch_as_limit(query) {
            return ControlFlow::Break(Box::new(error));
        }
        for cte in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            relations::lower_case_alias(&mut cte.alias);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        names::name_values(&mut query.body);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        if let GroupByExpr::Expressions(exprs, _) = &mut select.group_by {
            exprs.iter_mut().for_each(keep_number);
        }
        names::name_items(&mut select.projection);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<Self::Break> {
        build::lower_case(relation);
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        match relations::rewrite(factor) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Box::new(error)),
        }
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::Identifier(ident) => build::lower_case_ident(ident),
            Expr::CompoundIdentifier(_) | Expr::CompoundFieldAccess { .. } => {
                access::before_parts(expr, &self.parameters);
            }
            Expr::Lambda(lambda) => self.parameters.extend(access::parameters(lambda)),
            Expr::Function(function) => {
                mark_frame_numbers(function, true);
            }
            _ => {}
        }
        if let Expr::CompoundIdentifier(parts) = expr {
            parts.iter_mut().for_each(build::lower_case_ident);
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        let rewritten = match expr {
            Expr::Value(value) => literals::value(&value.value),
            Expr::TypedString(typed) => literals::typed_string(typed),
            Expr::Interval(_) => intervals::rewrite(expr),
            Expr::Cast { .. } => literals::cast(expr),
            Expr::AtTimeZone {
                timestamp,
                time_zone,
            } => Ok(Some(build::call(
                "at_timezone",
                vec![timestamp.as_ref().clone(), time_zone.as_ref().clone()],
            ))),
            Expr::CompoundFieldAccess { .. } => access::rewrite(expr),
            Expr::Lambda(lambda) => {
                let outside = self.parameters.len() - lambda.params.len();
                self.parameters.truncate(outside);
                Ok(None)
            }
            Expr::Array(array) => Ok(Some(build::call("athena_array", array.elem.clone()))),
            Expr::Tuple(fields) => Ok(Some(calls::named_struct(fields))),
            Expr::Substring { .. } => Ok(text::substring(expr)),
            Expr::Floor { expr: value, .. } => Ok(Some(build::call(
                "athena_floor",
                vec![value.as_ref().clone()],
            ))),
            Expr::Ceil { expr: value, .. } => Ok(Some(build::call(
                "athena_ceil",
                vec![value.as_ref().clone()],
            ))),
            Expr::Position { expr: part, r#in } => Ok(Some(build::call(
                "athena_strpos",
                vec![r#in.as_ref().clone(), part.as_ref().clone()],
            ))),
            Expr::Like { .. } => text::like(expr).map(|()| None),
            Expr::Extract { .. } => Ok(literals::extract(expr)),
            Expr::Function(function) => {
                mark_frame_numbers(function, false);
                calls::rewrite(function, &self.now)
            }
            _ => Ok(None),
        };
        match rewritten {
            Ok(Some(new)) => *expr = new,
            Ok(None) => {}
            Err(error) => return ControlFlow::Break(Box::new(error)),
        }
        ControlFlow::Continue(())
    }
}

/// `FETCH FIRST n ROWS ONLY` is `LIMIT n`; WITH TIES marks the limit.
fn fetch_as_limit(query: &mut Query) -> Result<(), AthenaError> {
    let Some(fetch) = query.fetch.take_if(|fetch| !fetch.percent) else {
        return Ok(());
    };
    let mut quantity = fetch.quantity.unwrap_or_else(|| build::number(1));
    keep_number(&mut quantity);
    if fetch.with_ties {
        if query.order_by.is_none() {
            let message = "line 1:1: FETCH FIRST WITH TIES clause requires ORDER BY";
            return Err(AthenaError::new("MISSING_ORDER_BY", message));
        }
        quantity = build::call(with_ties::MARK, vec![quantity]);
    }
    let offset = match query.limit_clause.take() {
        Some(LimitClause::LimitOffset { offset, .. }) => offset,
        _ => None,
    };
    query.limit_clause = Some(LimitClause::LimitOffset {
        limit: Some(quantity),
        offset,
        limit_by: Vec::new(),
    });
    Ok(())
}

/// Marks an integer literal that must stay as it is: an ordinal, a limit, an index. The
/// mark is the `long` suffix flag, which Athena's SQL does not have and DataFusion ignores.
fn keep_number(expr: &mut Expr) {
    mark_number(expr, true);
}

fn mark_number(expr: &mut Expr, mark: bool) {
    if let Expr::Value(value) = expr
        && let Value::Number(_, kept) = &mut value.value
    {
        *kept = mark;
    }
}

/// Marks the numbers of a window's frame, or takes the mark off: DataFusion wants them bare.
fn mark_frame_numbers(function: &mut Function, mark: bool) {
    let Some(WindowType::WindowSpec(spec)) = &mut function.over else {
        return;
    };
    let Some(frame) = &mut spec.window_frame else {
        return;
    };
    for bound in std::iter::once(&mut frame.start_bound).chain(&mut frame.end_bound) {
        if let WindowFrameBound::Preceding(Some(rows)) | WindowFrameBound::Following(Some(rows)) =
            bound
        {
            mark_number(rows, mark);
        }
    }
}
