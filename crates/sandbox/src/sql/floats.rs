//! Comparisons of doubles and reals: NaN equals nothing, and 0 is -0.
//!
//! DataFusion compares in IEEE 754's total order, where both are otherwise. What can stay
//! as it is stays: a comparison with a constant that is neither is right already, or right
//! once NaN is left out, and can be tested against the statistics of files.

use std::sync::Arc;

use datafusion::common::ScalarValue;
use datafusion::functions::math;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::planner::RawBinaryExpr;
use datafusion::logical_expr::{BinaryExpr, Cast, Expr, Operator};

use super::functions::{float_comparison, without_negative_zero};
use super::types::AthenaType;

/// The comparison of two numbers of which one is a double or a real; `None` if neither is,
/// or if DataFusion's is right.
pub(super) fn comparison(
    op: Operator,
    expr: &RawBinaryExpr,
    (left, right): (&AthenaType, &AthenaType),
) -> Option<Expr> {
    if !is_float(left) && !is_float(right) || !is_number(left) || !is_number(right) {
        return None;
    }
    let (left, right) = (&expr.left, &expr.right);
    match (constant(left), constant(right)) {
        (None, Some(constant)) => with_constant(op, left, right, constant),
        (Some(constant), None) => with_constant(op.swap()?, right, left, constant),
        _ => Some(compared(op, left, right)),
    }
}

fn is_float(athena_type: &AthenaType) -> bool {
    matches!(athena_type, AthenaType::Double | AthenaType::Real)
}

fn is_number(athena_type: &AthenaType) -> bool {
    is_float(athena_type)
        || matches!(
            athena_type,
            AthenaType::Tinyint
                | AthenaType::Smallint
                | AthenaType::Integer
                | AthenaType::Bigint
                | AthenaType::Decimal(..)
        )
}

/// The value of a literal number.
fn constant(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Literal(value, _) => match value {
            ScalarValue::Float64(Some(value)) => Some(*value),
            ScalarValue::Int64(Some(value)) => value.to_string().parse().ok(),
            _ => None,
        },
        Expr::Negative(expr) => constant(expr).map(|value| -value),
        Expr::Cast(Cast { expr, .. }) => constant(expr),
        Expr::ScalarFunction(call) if call.name() == "athena_cast" => {
            call.args.first().and_then(constant)
        }
        _ => None,
    }
}

fn with_constant(op: Operator, value: &Expr, constant: &Expr, number: f64) -> Option<Expr> {
    if number.is_nan() {
        return Some(compared(op, value, constant));
    }
    let zero = number == 0.0;
    let constant = match op {
        Operator::Eq | Operator::NotEq if zero => return Some(compared(op, value, constant)),
        Operator::Lt | Operator::GtEq if zero => literal(-0.0),
        Operator::LtEq | Operator::Gt if zero => literal(0.0),
        Operator::Gt | Operator::GtEq => constant.clone(),
        _ => return None,
    };
    let compared = binary(value.clone(), op, constant);
    Some(match op {
        Operator::Gt | Operator::GtEq => binary(
            compared,
            Operator::And,
            Expr::Not(Box::new(is_nan(value.clone()))),
        ),
        _ => compared,
    })
}

fn literal(value: f64) -> Expr {
    Expr::Literal(ScalarValue::from(value), None)
}

fn binary(left: Expr, op: Operator, right: Expr) -> Expr {
    Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
}

fn is_nan(value: Expr) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(math::isnan(), vec![value]))
}

/// Compares in any case. Equality stays an equality, which joins can hash.
fn compared(op: Operator, left: &Expr, right: &Expr) -> Expr {
    if op == Operator::Eq {
        let left = without_negative_zero(left.clone());
        let equal = binary(left.clone(), op, without_negative_zero(right.clone()));
        return binary(equal, Operator::And, Expr::Not(Box::new(is_nan(left))));
    }
    Expr::ScalarFunction(ScalarFunction::new_udf(
        Arc::new(float_comparison(op)),
        vec![left.clone(), right.clone()],
    ))
}
