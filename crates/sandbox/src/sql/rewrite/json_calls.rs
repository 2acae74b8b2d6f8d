//! `json_value`, `json_query`, `json_exists`, `json_object` and `json_array`.

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, JsonNullClause,
};

use super::build::{call, cast, string};
use super::literals::spelled;
use crate::sql::failure::AthenaError;
use crate::sql::json_tokens::{FORMATTED, UNIQUE};

/// The call in functions of this engine; `None` when it is none of these.
///
/// # Errors
/// `NOT_SUPPORTED` for paths and options that have no counterpart.
pub(super) fn rewrite(
    name: &str,
    args: &[Expr],
    function: &Function,
) -> Result<Option<Expr>, AthenaError> {
    let of_path = |path: &Expr| {
        lax(path).ok_or_else(|| AthenaError::not_supported(format!("{name} with path {path}")))
    };
    let made = match (name, args) {
        ("json_value", [json, path]) => {
            let args = vec![json.clone(), of_path(path)?];
            call("json_extract_scalar", args)
        }
        ("json_query", [json, path]) => {
            let args = vec![json.clone(), of_path(path)?];
            let found = call("json_extract", args);
            call("athena_json_query", vec![found])
        }
        ("json_exists", [json, path]) => {
            let args = vec![json.clone(), of_path(path)?];
            let found = call("json_extract", args);
            return Ok(Some(Expr::IsNotNull(Box::new(found))));
        }
        ("json_object" | "json_array" | UNIQUE, _) => constructor(name, args, function),
        _ => return Ok(None),
    };
    Ok(Some(match returning(function) {
        Some(data_type) => cast(made, &spelled(data_type)?),
        None => made,
    }))
}

/// What NULL does, then the values; those that are JSON text by themselves are marked.
fn constructor(name: &str, args: &[Expr], function: &Function) -> Expr {
    let clauses = clauses(function);
    let null = clauses.iter().find_map(|clause| match clause {
        FunctionArgumentClause::JsonNullClause(null) => Some(null),
        _ => None,
    });
    let null = match null {
        Some(JsonNullClause::NullOnNull) => "null",
        Some(JsonNullClause::AbsentOnNull) => "absent",
        None if name == "json_array" => "absent",
        None => "null",
    };
    let made = match name {
        "json_array" => "athena_json_array",
        "json_object" => "athena_json_object",
        other => other,
    };
    let values = args.iter().map(|arg| {
        if is_json_text(arg) {
            call(FORMATTED, vec![arg.clone()])
        } else {
            arg.clone()
        }
    });
    call(made, std::iter::once(string(null)).chain(values).collect())
}

/// True for what another of these functions makes.
fn is_json_text(expr: &Expr) -> bool {
    let Expr::Function(function) = expr else {
        return false;
    };
    match function.name.to_string().as_str() {
        "athena_json_object" | "athena_json_array" | "athena_json_query" | UNIQUE => true,
        "athena_cast" => match &function.args {
            FunctionArguments::List(list) => matches!(
                list.args.first(),
                Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))) if is_json_text(inner)
            ),
            _ => false,
        },
        _ => false,
    }
}

fn clauses(function: &Function) -> &[FunctionArgumentClause] {
    match &function.args {
        FunctionArguments::List(list) => &list.clauses,
        _ => &[],
    }
}

/// The type of `RETURNING type`.
fn returning(function: &Function) -> Option<&DataType> {
    clauses(function).iter().find_map(|clause| match clause {
        FunctionArgumentClause::JsonReturningClause(clause) => Some(&clause.data_type),
        _ => None,
    })
}

/// A JSON path of SQL/JSON in the spelling of `json_extract`; only plain paths have one.
fn lax(path: &Expr) -> Option<Expr> {
    let Expr::Value(value) = path else {
        return None;
    };
    let text = value.value.clone().into_string()?;
    let plain = text.trim().strip_prefix("lax ")?.trim();
    let simple = !plain.contains(['*', '?', '(', '@']);
    simple.then(|| string(plain))
}
