//! Queries that are written as text with stand-ins for what a statement holds as syntax.

use std::collections::HashMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{Expr, TableFactor, VisitorMut};

/// Puts tables and expressions in the place of their stand-ins.
pub(super) struct StandIns<'a> {
    /// For `athena_target`.
    pub(super) target: &'a TableFactor,
    /// For `athena_source`.
    pub(super) source: Option<&'a TableFactor>,
    /// For identifiers.
    pub(super) named: HashMap<String, Expr>,
}

impl VisitorMut for StandIns<'_> {
    type Break = ();

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, .. } = factor {
            match (name.to_string().as_str(), self.source) {
                ("athena_target", _) => *factor = self.target.clone(),
                ("athena_source", Some(source)) => *factor = source.clone(),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::Identifier(ident) = expr
            && let Some(named) = self.named.get(&ident.value)
        {
            *expr = Expr::Nested(Box::new(named.clone()));
        }
        ControlFlow::Continue(())
    }
}
