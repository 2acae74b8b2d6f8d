//! Arithmetic with Trino's types and limits, planned in place of DataFusion's.
//!
//! DataFusion's integers wrap and its decimals have types of their own; here operators on
//! numbers and intervals become functions that fail where Athena fails.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable as _, Operator, ScalarUDF};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::floats;
use super::functions::{arithmetic, cast_to, typed};
use super::type_check::check_pair;
use super::types::AthenaType;

/// Plans `+`, `-`, `*`, `/` and `%`, `||` of char and comparisons of doubles.
#[derive(Debug)]
pub(super) struct Operators {
    functions: Vec<(Operator, Arc<ScalarUDF>)>,
}

impl Operators {
    pub(super) fn new() -> Self {
        Self {
            functions: arithmetic::operators(),
        }
    }
}

impl ExprPlanner for Operators {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        let op = match expr.op {
            BinaryOperator::Plus => Operator::Plus,
            BinaryOperator::Minus => Operator::Minus,
            BinaryOperator::Multiply => Operator::Multiply,
            BinaryOperator::Divide => Operator::Divide,
            BinaryOperator::Modulo => Operator::Modulo,
            BinaryOperator::StringConcat => Operator::StringConcat,
            BinaryOperator::Eq => Operator::Eq,
            BinaryOperator::NotEq => Operator::NotEq,
            BinaryOperator::Lt => Operator::Lt,
            BinaryOperator::LtEq => Operator::LtEq,
            BinaryOperator::Gt => Operator::Gt,
            BinaryOperator::GtEq => Operator::GtEq,
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let type_of = |expr: &Expr| {
            let (_, field) = expr.to_field(schema).ok()?;
            Some(AthenaType::of_field(&field))
        };
        let (Some(left), Some(right)) = (type_of(&expr.left), type_of(&expr.right)) else {
            return Ok(PlannerResult::Original(expr));
        };
        match op {
            Operator::StringConcat => {
                return Ok(match char_concatenation(&expr, &left, &right) {
                    Some(planned) => PlannerResult::Planned(planned),
                    None => PlannerResult::Original(expr),
                });
            }
            Operator::Eq
            | Operator::NotEq
            | Operator::Lt
            | Operator::LtEq
            | Operator::Gt
            | Operator::GtEq => {
                return Ok(match floats::comparison(op, &expr, (&left, &right)) {
                    Some(planned) => PlannerResult::Planned(planned),
                    None => PlannerResult::Original(expr),
                });
            }
            _ => {}
        }
        check_pair(&left, op, &right)?;
        let function = self.functions.iter().find(|(known, _)| *known == op);
        match function {
            Some((_, function)) if arithmetic::result(op, &left, &right).is_some() => {
                let args = vec![expr.left, expr.right];
                let call = ScalarFunction::new_udf(Arc::clone(function), args);
                Ok(PlannerResult::Planned(Expr::ScalarFunction(call)))
            }
            _ => Ok(PlannerResult::Original(expr)),
        }
    }
}

/// `||` with char(n), which is padded before anything follows it.
fn char_concatenation(expr: &RawBinaryExpr, left: &AthenaType, right: &AthenaType) -> Option<Expr> {
    let length = |of: &AthenaType| match of {
        AthenaType::Char(length) | AthenaType::Varchar(Some(length)) => Some(*length),
        _ => None,
    };
    let is_char = |of: &AthenaType| matches!(of, AthenaType::Char(_));
    let is_text = |of: &AthenaType| matches!(of, AthenaType::Char(_) | AthenaType::Varchar(_));
    if !(is_char(left) && is_text(right) || is_text(left) && is_char(right)) {
        return None;
    }
    let padded = |expr: &Expr, of: &AthenaType| match of {
        AthenaType::Char(_) => cast_to(expr.clone(), &AthenaType::Varchar(None)),
        _ => expr.clone(),
    };
    let joined = Expr::BinaryExpr(BinaryExpr::new(
        Box::new(padded(&expr.left, left)),
        Operator::StringConcat,
        Box::new(padded(&expr.right, right)),
    ));
    Some(match (length(left), length(right)) {
        (Some(left), Some(right)) => typed(joined, &AthenaType::Char(left.saturating_add(right))),
        _ => joined,
    })
}
