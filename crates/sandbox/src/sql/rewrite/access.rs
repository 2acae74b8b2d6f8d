//! Parts of values: `xs[1]`, `m['k']`, `r[1]`, `r.name`.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, Ident, LambdaFunction, OneOrManyWithParens, Subscript, VisitMut as _,
    VisitorMut,
};

use super::build::{call, lower_case_ident, string};
use super::keep_number;
use crate::sql::failure::AthenaError;

/// Before the parts are visited: numbers stay as they are, names become text.
pub(super) fn before_parts(expr: &mut Expr) {
    let Expr::CompoundFieldAccess { access_chain, .. } = expr else {
        return;
    };
    for access in access_chain {
        match access {
            AccessExpr::Subscript(Subscript::Index { index }) => keep_number(index),
            AccessExpr::Dot(field) => {
                if let Expr::Identifier(name) = field {
                    *field = string(name.value.to_lowercase());
                }
            }
            AccessExpr::Subscript(_) => {}
        }
    }
}

/// The access as calls.
///
/// # Errors
/// `NOT_SUPPORTED` for slices, which Trino does not have.
pub(super) fn rewrite(expr: &Expr) -> Result<Option<Expr>, AthenaError> {
    let Expr::CompoundFieldAccess { root, access_chain } = expr else {
        return Ok(None);
    };
    let mut value = root.as_ref().clone();
    for access in access_chain {
        value = match access {
            AccessExpr::Dot(name) => call("athena_field", vec![value, name.clone()]),
            AccessExpr::Subscript(Subscript::Index { index }) => {
                call("athena_subscript", vec![value, index.clone()])
            }
            AccessExpr::Subscript(Subscript::Slice { .. }) => {
                return Err(AthenaError::not_supported(format!("slice {expr}")));
            }
        };
    }
    Ok(Some(value))
}

/// In a lambda's body `x.name` is a field of the parameter `x`, not a column of a table.
pub(super) fn dotted_parameters(lambda: &mut LambdaFunction) {
    let parameters = match &mut lambda.params {
        OneOrManyWithParens::One(parameter) => std::slice::from_mut(parameter),
        OneOrManyWithParens::Many(parameters) => parameters.as_mut_slice(),
    };
    let mut names: Vec<String> = Vec::new();
    for parameter in parameters {
        lower_case_ident(&mut parameter.name);
        names.push(parameter.name.value.clone());
    }
    let flow = lambda.body.visit(&mut Dotted { names });
    debug_assert!(flow.is_continue(), "the visitor never stops early");
}

struct Dotted {
    names: Vec<String>,
}

impl VisitorMut for Dotted {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [first, rest @ ..] = parts.as_slice()
            && self.names.contains(&first.value.to_lowercase())
        {
            let fields = rest.iter().cloned();
            *expr = Expr::CompoundFieldAccess {
                root: Box::new(Expr::Identifier(Ident::new(first.value.clone()))),
                access_chain: fields
                    .map(|name| AccessExpr::Dot(Expr::Identifier(name)))
                    .collect(),
            };
        }
        ControlFlow::Continue(())
    }
}
