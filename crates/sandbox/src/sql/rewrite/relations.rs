//! Tables in FROM: aliases, samples.

use datafusion::sql::sqlparser::ast::{TableAlias, TableFactor};

use crate::sql::failure::AthenaError;

use super::build::lower_case_ident;
use super::samples;

/// Rewrites a table factor before its parts are visited.
///
/// # Errors
/// Of samples.
pub(super) fn rewrite(factor: &mut TableFactor) -> Result<(), AthenaError> {
    samples::rewrite(factor)?;
    match factor {
        TableFactor::Table { alias, .. }
        | TableFactor::Derived { alias, .. }
        | TableFactor::Function { alias, .. }
        | TableFactor::UNNEST { alias, .. }
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
