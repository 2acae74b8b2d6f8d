//! What is checked before planning: tables and functions exist, positions for errors.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::catalog::CatalogProvider as _;
use datafusion::execution::context::SessionState;
use datafusion::sql::sqlparser::ast::{Expr, Ident, ObjectName, Query, Visit as _, Visitor};
use datafusion::sql::sqlparser::tokenizer::Location;

use super::failure::{AthenaError, Positions};
use super::scope::Scope;

/// Where columns are named in a query.
#[derive(Debug, Default)]
pub(super) struct ColumnPositions(Vec<(String, Location)>);

impl ColumnPositions {
    /// Collects them from a query as written.
    pub(super) fn of(query: &Query) -> Self {
        let mut found = Self::default();
        let flow = query.visit(&mut found);
        debug_assert!(flow.is_continue(), "collecting never stops early");
        found
    }
}

impl Visitor for ColumnPositions {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        let (last, first) = match expr {
            Expr::Identifier(ident) => (ident, ident),
            Expr::CompoundIdentifier(parts) => match (parts.last(), parts.first()) {
                (Some(last), Some(first)) => (last, first),
                _ => return ControlFlow::Continue(()),
            },
            _ => return ControlFlow::Continue(()),
        };
        self.0.push((last.value.to_lowercase(), first.span.start));
        ControlFlow::Continue(())
    }
}

impl Positions for ColumnPositions {
    fn of_name(&self, name: &str) -> String {
        let found = self.0.iter().find(|(column, _)| column == name);
        at(found.map(|(_, location)| *location))
    }
}

fn at(location: Option<Location>) -> String {
    match location {
        Some(location) if location.line > 0 => {
            format!("line {}:{}", location.line, location.column)
        }
        _ => "line 1:8".to_owned(),
    }
}

/// Checks that every table of a query exists.
///
/// # Errors
/// `CATALOG_NOT_FOUND`, `SCHEMA_NOT_FOUND`, `TABLE_NOT_FOUND`.
pub(super) fn check_tables(
    query: &Query,
    catalog: &Scope,
    (default_database, missing_catalog): (&str, Option<&str>),
) -> Result<(), AthenaError> {
    let mut names = CteNames::default();
    let flow = query.visit(&mut names);
    debug_assert!(flow.is_continue(), "collecting never stops early");
    let mut tables = Tables {
        catalog,
        default_database,
        missing_catalog,
        ctes: names.0,
        count: 0,
    };
    match query.visit(&mut tables) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

#[derive(Default)]
struct CteNames(HashSet<String>);

impl Visitor for CteNames {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0
            .extend(ctes.map(|cte| cte.alias.name.value.to_lowercase()));
        ControlFlow::Continue(())
    }
}

struct Tables<'a> {
    catalog: &'a Scope,
    default_database: &'a str,
    /// The catalogue that unqualified names are in, where there is none.
    missing_catalog: Option<&'a str>,
    ctes: HashSet<String>,
    count: usize,
}

/// Tables in one statement; plans nest one level for each.
const MAX_TABLES: usize = 1000;

impl Visitor for Tables<'_> {
    type Break = Box<AthenaError>;

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Self::Break> {
        self.count += 1;
        if self.count > MAX_TABLES {
            let limit = format!("more than {MAX_TABLES} tables in a statement");
            return ControlFlow::Break(Box::new(AthenaError::not_supported(limit)));
        }
        let parts: Vec<&Ident> = relation
            .0
            .iter()
            .filter_map(|part| part.as_ident())
            .collect();
        if let [name] = parts.as_slice()
            && self.ctes.contains(&name.value.to_lowercase())
        {
            return ControlFlow::Continue(());
        }
        if let Some(missing) = self.missing_catalog
            && parts.len() < 3
        {
            let place = at(parts.first().map(|ident| ident.span.start));
            let message = format!("{place}: Catalog '{missing}' does not exist");
            let error = AthenaError::new("CATALOG_NOT_FOUND", message);
            return ControlFlow::Break(Box::new(error));
        }
        match resolve(self.catalog, &parts, self.default_database) {
            Ok(_) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(Box::new(error)),
        }
    }
}

/// Database and table of a name of one to three parts.
///
/// # Errors
/// As [`check_tables`].
pub(super) fn resolve(
    scope: &Scope,
    name: &[&Ident],
    default_database: &str,
) -> Result<(String, String), AthenaError> {
    let place = at(name.first().map(|ident| ident.span.start));
    let lower: Vec<String> = name
        .iter()
        .map(|ident| ident.value.to_lowercase())
        .collect();
    let (catalog, database, table) = match lower.as_slice() {
        [table] => (scope.clone(), default_database, table.as_str()),
        [database, table] => (scope.clone(), database.as_str(), table.as_str()),
        [named, database, table] => {
            let catalog = scope.of(named).ok_or_else(|| {
                let message = format!("{place}: Catalog '{named}' does not exist");
                AthenaError::new("CATALOG_NOT_FOUND", message)
            })?;
            (catalog, database.as_str(), table.as_str())
        }
        _ => {
            let name = lower.join(".");
            return Err(AthenaError::new(
                "SYNTAX_ERROR",
                format!("{place}: Too many dots in table name: {name}"),
            ));
        }
    };
    let Some(schema) = catalog.schema(database) else {
        return Err(AthenaError::new(
            "SCHEMA_NOT_FOUND",
            format!("{place}: Schema '{database}' does not exist"),
        ));
    };
    if !schema.table_exist(table) {
        return Err(AthenaError::new(
            "TABLE_NOT_FOUND",
            format!(
                "{place}: Table '{}.{database}.{table}' does not exist",
                catalog.catalog
            ),
        ));
    }
    Ok((database.to_owned(), table.to_owned()))
}

/// Checks that every function of a rewritten query is known.
///
/// # Errors
/// `FUNCTION_NOT_FOUND`.
pub(super) fn check_functions(query: &Query, state: &SessionState) -> Result<(), AthenaError> {
    match query.visit(&mut Functions { state }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(*error),
    }
}

struct Functions<'a> {
    state: &'a SessionState,
}

impl Visitor for Functions<'_> {
    type Break = Box<AthenaError>;

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        let Expr::Function(function) = expr else {
            return ControlFlow::Continue(());
        };
        let name = function.name.to_string().to_lowercase();
        let known = self.state.scalar_functions().contains_key(&name)
            || self.state.aggregate_functions().contains_key(&name)
            || self.state.window_functions().contains_key(&name)
            || self.state.higher_order_functions().contains_key(&name)
            || matches!(name.as_str(), "unnest" | "grouping");
        if known {
            return ControlFlow::Continue(());
        }
        let ident = function.name.0.first().and_then(|part| part.as_ident());
        let place = at(ident.map(|ident| ident.span.start));
        ControlFlow::Break(Box::new(AthenaError::new(
            "FUNCTION_NOT_FOUND",
            format!("{place}: Function '{name}' not registered"),
        )))
    }
}
