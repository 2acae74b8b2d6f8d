//! `ExecutionParameters`: SQL fragments put in the place of `?`.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{self, Expr, Value, VisitMut as _, VisitorMut};

use super::failure::AthenaError;
use super::statement::parse_parameter;

/// Replaces each `?` of the query by its parameter.
///
/// A value that parses as an expression without column references is that expression;
/// any other is a string literal. Parameters without any `?` are ignored.
///
/// # Errors
/// `INVALID_PARAMETER_USAGE` when the counts differ.
pub(super) fn bind(
    query: &mut ast::Query,
    placeholders: usize,
    parameters: &[String],
) -> Result<(), AthenaError> {
    if placeholders == 0 {
        return Ok(());
    }
    if placeholders != parameters.len() {
        return Err(AthenaError::new(
            "INVALID_PARAMETER_USAGE",
            format!(
                "Incorrect number of parameters: expected {placeholders} but found {}",
                parameters.len()
            ),
        ));
    }
    let values = parameters.iter().map(|text| value(text)).collect();
    let flow = query.visit(&mut Binder { values });
    debug_assert!(flow.is_continue(), "binding never stops early");
    Ok(())
}

fn value(text: &str) -> Expr {
    match parse_parameter(text) {
        // Operators keep their own precedence inside parentheses.
        Some(expr @ (Expr::BinaryOp { .. } | Expr::UnaryOp { .. })) => Expr::Nested(Box::new(expr)),
        Some(expr) => expr,
        None => Expr::value(Value::SingleQuotedString(text.to_owned())),
    }
}

struct Binder {
    values: Vec<Expr>,
}

impl VisitorMut for Binder {
    type Break = ();

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Value(value) = expr
            && let Value::Placeholder(name) = &value.value
            && let Some(position) = name
                .strip_prefix('?')
                .and_then(|number| number.parse::<usize>().ok())
            && let Some(bound) = self.values.get(position.wrapping_sub(1))
        {
            *expr = bound.clone();
        }
        ControlFlow::Continue(())
    }
}
