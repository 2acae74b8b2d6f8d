//! Tables in FROM: UNNEST with ordinality and of maps, aliases.

use datafusion::sql::sqlparser::ast::{Expr, TableAlias, TableFactor};

use crate::sql::failure::AthenaError;

use super::build::{call, lower_case_ident, number};

/// Rewrites a table factor before its parts are visited.
///
/// # Errors
/// `NOT_SUPPORTED` for samples, which would be read in full.
pub(super) fn rewrite(factor: &mut TableFactor) -> Result<(), AthenaError> {
    match factor {
        TableFactor::UNNEST {
            array_exprs,
            with_ordinality,
            alias,
            ..
        } => {
            let mut columns: Vec<Expr> = Vec::new();
            for expr in array_exprs.drain(..) {
                if is_map(&expr) {
                    columns.push(call("map_keys", vec![expr.clone()]));
                    columns.push(call("map_values", vec![expr]));
                } else {
                    columns.push(expr);
                }
            }
            if std::mem::take(with_ordinality)
                && let Some(first) = columns.first().cloned()
            {
                let length = call("cardinality", vec![first]);
                columns.push(call("sequence", vec![number(1), length]));
            }
            *array_exprs = columns;
            lower_case_optional(alias);
        }
        TableFactor::Table {
            sample: Some(_), ..
        }
        | TableFactor::Derived {
            sample: Some(_), ..
        } => {
            return Err(AthenaError::not_supported("TABLESAMPLE"));
        }
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::NestedJoin { alias, .. } => lower_case_optional(alias),
        _ => {}
    }
    Ok(())
}

fn lower_case_optional(alias: &mut Option<TableAlias>) {
    alias.iter_mut().for_each(lower_case_alias);
}

/// Lower-cases an alias and its column names.
pub(super) fn lower_case_alias(alias: &mut TableAlias) {
    lower_case_ident(&mut alias.name);
    for column in &mut alias.columns {
        lower_case_ident(&mut column.name);
    }
}

/// Only what is a map by its spelling: the syntax tree knows no types.
fn is_map(expr: &Expr) -> bool {
    match expr {
        Expr::Function(function) => {
            let name = function.name.to_string().to_lowercase();
            matches!(
                name.as_str(),
                "map" | "map_agg" | "histogram" | "map_concat" | "map_filter"
            )
        }
        Expr::Cast { data_type, .. } => data_type.to_string().to_lowercase().contains("'map"),
        _ => false,
    }
}
