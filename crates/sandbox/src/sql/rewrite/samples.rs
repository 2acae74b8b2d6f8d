//! `TABLESAMPLE BERNOULLI (p)` and `SYSTEM (p)`.

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Expr, Ident, ObjectNamePart, SetExpr, Spanned as _, TableAlias, TableFactor,
    TableSample, TableSampleKind, TableSampleMethod, UnaryOperator, Value,
};

use super::build::{call, query, select_all_from};
use crate::sql::failure::AthenaError;

/// Replaces a sampled table by a query of some of its rows.
///
/// BERNOULLI draws for each row. SYSTEM draws for whole splits; tables here have one.
///
/// # Errors
/// `NUMERIC_VALUE_OUT_OF_RANGE` for a share that is none.
pub(super) fn rewrite(factor: &mut TableFactor) -> Result<(), AthenaError> {
    let (sample, alias) = match factor {
        TableFactor::Table {
            sample,
            alias,
            name,
            ..
        } => {
            let last = name.0.last().and_then(ObjectNamePart::as_ident).cloned();
            (sample.take(), alias.clone().or(last.map(alias_of)))
        }
        TableFactor::Derived { sample, alias, .. } => (sample.take(), alias.clone()),
        _ => return Ok(()),
    };
    let Some(TableSampleKind::BeforeTableAlias(sample) | TableSampleKind::AfterTableAlias(sample)) =
        sample
    else {
        return Ok(());
    };
    let share = share(&sample)?;
    let kept = match sample.name {
        Some(TableSampleMethod::Bernoulli) => Expr::BinaryOp {
            left: Box::new(call("rand", Vec::new())),
            op: BinaryOperator::Lt,
            right: Box::new(Expr::value(Value::Number(format!("{share:?}"), false))),
        },
        Some(TableSampleMethod::System) => Expr::value(Value::Boolean(draw() < share)),
        _ => return Err(AthenaError::not_supported("TABLESAMPLE")),
    };
    let mut select = select_all_from(factor.clone());
    select.selection = Some(kept);
    *factor = TableFactor::Derived {
        lateral: false,
        subquery: Box::new(query(SetExpr::Select(Box::new(select)))),
        // Its columns have their names by now.
        alias: alias.map(|alias| alias_of(alias.name)),
        sample: None,
    };
    Ok(())
}

fn alias_of(name: Ident) -> TableAlias {
    TableAlias {
        explicit: true,
        name,
        columns: Vec::new(),
        at: None,
    }
}

/// The share of the rows, between 0 and 1.
fn share(sample: &TableSample) -> Result<f64, AthenaError> {
    let unsupported = || AthenaError::not_supported("TABLESAMPLE of other than a percentage");
    let percentage = match &sample.quantity {
        Some(quantity) if quantity.unit.is_none() && sample.seed.is_none() => &quantity.value,
        _ => return Err(unsupported()),
    };
    let number = number(percentage).ok_or_else(unsupported)?;
    let wrong = match number {
        ..0.0 => "greater than or equal to 0",
        0.0..=100.0 => return Ok(number / 100.0),
        _ => "less than or equal to 100",
    };
    let at = percentage.span().start;
    let message = format!(
        "line {}:{}: Sample percentage must be {wrong}",
        at.line, at.column
    );
    Err(AthenaError::new("NUMERIC_VALUE_OUT_OF_RANGE", message))
}

fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => digits.parse().ok(),
            _ => None,
        },
        Expr::Nested(inner) => number(inner),
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => number(expr).map(|number| -number),
        _ => None,
    }
}

/// A number from 0 up to but without 1.
fn draw() -> f64 {
    let (_, bits) = uuid::Uuid::new_v4().as_u64_pair();
    // The low 32 bits are all random.
    let bits = u32::try_from(bits & u64::from(u32::MAX)).unwrap_or(0);
    f64::from(bits) / (f64::from(u32::MAX) + 1.0)
}
