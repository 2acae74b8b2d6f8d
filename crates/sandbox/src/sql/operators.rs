//! Arithmetic with Trino's types and limits, planned in place of DataFusion's.
//!
//! DataFusion's integers wrap and its decimals have types of their own; here operators on
//! numbers and intervals become functions that fail where Athena fails.

use std::sync::Arc;

use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawBinaryExpr};
use datafusion::logical_expr::{Expr, ExprSchemable as _, Operator, ScalarUDF};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::functions::arithmetic;
use super::type_check::check_pair;
use super::types::AthenaType;

/// Plans `+`, `-`, `*`, `/` and `%`.
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
            _ => return Ok(PlannerResult::Original(expr)),
        };
        let type_of = |expr: &Expr| {
            let (_, field) = expr.to_field(schema).ok()?;
            Some(AthenaType::of_field(&field))
        };
        let (Some(left), Some(right)) = (type_of(&expr.left), type_of(&expr.right)) else {
            return Ok(PlannerResult::Original(expr));
        };
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
