//! Operators on types that Trino does not mix.
//!
//! DataFusion compares text with numbers and adds numbers to dates by converting one
//! side; in Athena such statements fail.

use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode as _, TreeNodeRecursion};
use datafusion::error::Result;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable as _, LogicalPlan, Operator};

use super::failure::AthenaError;
use super::types::AthenaType;

/// Checks all operators of a plan that no coercion has touched yet.
///
/// # Errors
/// `TYPE_MISMATCH`, or `NOT_SUPPORTED` where DataFusion's answer would differ.
pub(super) fn check_operators(plan: &LogicalPlan) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        let schema = match node {
            LogicalPlan::Join(_) => node.schema().as_ref().clone(),
            _ => merge_schema(&node.inputs()),
        };
        check_union(node)?;
        node.apply_expressions(|expr| {
            expr.apply(|expr| {
                check(expr, &schema)?;
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

/// Types that operators take together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Boolean,
    Moment,
    Interval,
    Binary,
    /// Nothing is said about these.
    Other,
}

fn family(athena_type: &AthenaType) -> Family {
    match athena_type {
        AthenaType::Tinyint
        | AthenaType::Smallint
        | AthenaType::Integer
        | AthenaType::Bigint
        | AthenaType::Real
        | AthenaType::Double
        | AthenaType::Decimal(..) => Family::Number,
        AthenaType::Varchar(_) | AthenaType::Char(_) => Family::Text,
        AthenaType::Boolean => Family::Boolean,
        AthenaType::Date | AthenaType::Timestamp(_) | AthenaType::TimestampWithTimeZone(_) => {
            Family::Moment
        }
        AthenaType::IntervalDayToSecond | AthenaType::IntervalYearToMonth => Family::Interval,
        AthenaType::Varbinary => Family::Binary,
        _ => Family::Other,
    }
}

fn check(expr: &Expr, schema: &DFSchema) -> Result<()> {
    let type_of = |expr: &Expr| {
        let (_, field) = expr.to_field(schema).ok()?;
        Some(AthenaType::of_field(&field))
    };
    let pairs: Vec<(&Expr, Operator, &Expr)> = match expr {
        // Long chains of these would make the check quadratic, and DataFusion checks them.
        Expr::BinaryExpr(BinaryExpr {
            op: Operator::And | Operator::Or,
            ..
        }) => Vec::new(),
        Expr::BinaryExpr(BinaryExpr { left, op, right }) => vec![(left, *op, right)],
        Expr::InList(list) => list
            .list
            .iter()
            .map(|item| (&*list.expr, Operator::Eq, item))
            .collect(),
        Expr::Between(between) => vec![
            (&*between.expr, Operator::GtEq, &*between.low),
            (&*between.expr, Operator::LtEq, &*between.high),
        ],
        _ => Vec::new(),
    };
    for (left, op, right) in pairs {
        let (Some(left), Some(right)) = (type_of(left), type_of(right)) else {
            continue;
        };
        check_pair(&left, op, &right)?;
    }
    check_alternatives(expr, type_of)
}

/// Checks the operands of one operator.
///
/// # Errors
/// `TYPE_MISMATCH`.
pub(super) fn check_pair(left: &AthenaType, op: Operator, right: &AthenaType) -> Result<()> {
    if allowed(family(left), op, family(right)) {
        return Ok(());
    }
    let message = format!("line 1:8: Cannot apply operator: {left} {op} {right}");
    Err(AthenaError::new("TYPE_MISMATCH", message).into())
}

/// Checks that what stands for one value is of one family: the results of CASE, the
/// arguments of COALESCE, the elements of an array.
fn check_alternatives(expr: &Expr, type_of: impl Fn(&Expr) -> Option<AthenaType>) -> Result<()> {
    let (what, parts): (&str, Vec<&Expr>) = match expr {
        Expr::Case(case) => {
            let results = case.when_then_expr.iter().map(|(_, then)| &**then);
            let results = results.chain(case.else_expr.as_deref());
            ("All CASE results", results.collect())
        }
        Expr::ScalarFunction(call) => {
            let what = match call.name() {
                "coalesce" => "All COALESCE operands",
                "nullif" => "All NULLIF operands",
                "greatest" | "least" => "All arguments",
                _ => return Ok(()),
            };
            (what, call.args.iter().collect())
        }
        _ => return Ok(()),
    };
    let types: Vec<AthenaType> = parts.into_iter().filter_map(type_of).collect();
    match mixed(&types) {
        Some(_) => Err(no_common_type(what, &types).into()),
        None => Ok(()),
    }
}

/// The refusal of types that have none in common.
pub(super) fn no_common_type(what: &str, types: &[AthenaType]) -> AthenaError {
    let (one, other) = mixed(types)
        .or_else(|| types.first().zip(types.last()))
        .unwrap_or((&AthenaType::Unknown, &AthenaType::Unknown));
    AthenaError::new(
        "TYPE_MISMATCH",
        format!(
            "line 1:8: {what} must be the same type or coercible to a common type. Cannot find common type between {one} and {other}"
        ),
    )
}

/// The first two types of different families.
fn mixed(types: &[AthenaType]) -> Option<(&AthenaType, &AthenaType)> {
    let mut known = types.iter().filter(|found| family(found) != Family::Other);
    let first = known.next()?;
    let other = known.find(|found| family(found) != family(first))?;
    Some((first, other))
}

/// Checks the columns of a set operation.
fn check_union(plan: &LogicalPlan) -> Result<()> {
    let LogicalPlan::Union(union) = plan else {
        return Ok(());
    };
    let width = union
        .inputs
        .first()
        .map_or(0, |input| input.schema().fields().len());
    for column in 0..width {
        let fields = union
            .inputs
            .iter()
            .filter_map(|input| input.schema().fields().get(column));
        let types: Vec<AthenaType> = fields.map(|field| AthenaType::of_field(field)).collect();
        if let Some((one, other)) = mixed(&types) {
            let message = format!(
                "line 1:8: column {} in UNION query has incompatible types: {one}, {other}",
                column + 1
            );
            return Err(AthenaError::new("TYPE_MISMATCH", message).into());
        }
    }
    Ok(())
}

fn allowed(left: Family, op: Operator, right: Family) -> bool {
    use Family::{Boolean, Interval, Moment, Number, Other, Text};
    if left == Other || right == Other {
        return true;
    }
    match op {
        Operator::Eq
        | Operator::NotEq
        | Operator::Lt
        | Operator::LtEq
        | Operator::Gt
        | Operator::GtEq
        | Operator::IsDistinctFrom
        | Operator::IsNotDistinctFrom => left == right,
        Operator::Plus => matches!(
            (left, right),
            (Number, Number) | (Interval, Interval) | (Moment, Interval) | (Interval, Moment)
        ),
        Operator::Minus => matches!(
            (left, right),
            (Number, Number) | (Interval, Interval) | (Moment, Interval | Moment)
        ),
        Operator::Multiply => matches!(
            (left, right),
            (Number, Number | Interval) | (Interval, Number)
        ),
        Operator::Divide => matches!((left, right), (Number, Number) | (Interval, Number)),
        Operator::Modulo => (left, right) == (Number, Number),
        Operator::StringConcat => left == right && left != Number && left != Boolean,
        Operator::LikeMatch | Operator::NotLikeMatch => (left, right) == (Text, Text),
        _ => true,
    }
}
