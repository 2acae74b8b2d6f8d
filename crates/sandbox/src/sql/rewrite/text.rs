//! LIKE and SUBSTRING.

use datafusion::sql::sqlparser::ast::{Expr, ValueWithSpan};

use super::build::{call, number};
use crate::sql::failure::AthenaError;

/// Gives LIKE the escape character that DataFusion has, whatever the statement chose.
///
/// # Errors
/// `NOT_SUPPORTED` for `LIKE ANY`.
pub(super) fn like(expr: &mut Expr) -> Result<(), AthenaError> {
    let Expr::Like {
        any,
        pattern,
        escape_char,
        ..
    } = expr
    else {
        return Ok(());
    };
    if *any {
        return Err(AthenaError::not_supported("LIKE ANY"));
    }
    let mut args = vec![pattern.as_ref().clone()];
    args.extend(escape_char.take().map(escape));
    **pattern = call("athena_like_pattern", args);
    Ok(())
}

fn escape(value: ValueWithSpan) -> Expr {
    Expr::Value(value)
}

/// `substring(x FROM a FOR b)`.
pub(super) fn substring(expr: &Expr) -> Option<Expr> {
    let Expr::Substring {
        expr,
        substring_from,
        substring_for,
        ..
    } = expr
    else {
        return None;
    };
    let from = substring_from.as_deref().cloned();
    let mut args = vec![expr.as_ref().clone(), from.unwrap_or_else(|| number(1))];
    args.extend(substring_for.as_deref().cloned());
    Some(call("athena_substr", args))
}
