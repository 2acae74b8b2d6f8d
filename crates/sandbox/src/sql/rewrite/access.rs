//! Parts of values: `xs[1]`, `m['k']`, `r[1]`, `r.name`.

use datafusion::sql::sqlparser::ast::{
    AccessExpr, Expr, Ident, LambdaFunction, OneOrManyWithParens, Subscript,
};

use super::build::{call, lower_case_ident, string};
use super::keep_number;
use crate::sql::failure::AthenaError;

/// Before the parts are visited: numbers stay as they are, names become text. Names in
/// front are those of a column, `t.xs[1]`, unless they begin with a lambda's parameter.
pub(super) fn before_parts(expr: &mut Expr, parameters: &[String]) {
    tell_columns_from_parameters(expr, parameters);
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

fn tell_columns_from_parameters(expr: &mut Expr, parameters: &[String]) {
    let is_parameter = |name: &Ident| parameters.contains(&name.value.to_lowercase());
    match expr {
        Expr::CompoundIdentifier(parts) => {
            let [first, fields @ ..] = parts.as_slice() else {
                return;
            };
            if is_parameter(first) {
                let fields = fields.iter().cloned().map(Expr::Identifier);
                *expr = Expr::CompoundFieldAccess {
                    root: Box::new(Expr::Identifier(first.clone())),
                    access_chain: fields.map(AccessExpr::Dot).collect(),
                };
            }
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            let Expr::Identifier(first) = root.as_ref() else {
                return;
            };
            let names = access_chain.iter().map_while(|access| match access {
                AccessExpr::Dot(Expr::Identifier(name)) => Some(name.clone()),
                _ => None,
            });
            let parts: Vec<Ident> = std::iter::once(first.clone()).chain(names).collect();
            if !is_parameter(first) && parts.len() > 1 {
                access_chain.drain(..parts.len() - 1);
                **root = Expr::CompoundIdentifier(parts);
            }
        }
        _ => {}
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

/// The names of a lambda's parameters, which become lower case.
pub(super) fn parameters(lambda: &mut LambdaFunction) -> Vec<String> {
    let parameters = match &mut lambda.params {
        OneOrManyWithParens::One(parameter) => std::slice::from_mut(parameter),
        OneOrManyWithParens::Many(parameters) => parameters.as_mut_slice(),
    };
    let lower_case = parameters.iter_mut().map(|parameter| {
        lower_case_ident(&mut parameter.name);
        parameter.name.value.clone()
    });
    lower_case.collect()
}
