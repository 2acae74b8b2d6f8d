//! How a query's text spells the names that `*` stands for.
//!
//! Names are compared in lower case, but shown as they were written: `SELECT * FROM
//! (SELECT 1 AS "A")` has a column `A`.

use std::collections::{BTreeSet, HashMap};

use datafusion::sql::sqlparser::ast::{
    Query, Select, SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins,
};

use super::names::{OutputName, outermost, written};

/// Spellings by the name in lower case, as far as the text tells them.
#[derive(Debug, Default)]
pub(crate) struct Spellings(HashMap<String, String>);

impl Spellings {
    /// Those of a query's outputs.
    pub(crate) fn of(query: &Query) -> Self {
        let mut spelled = HashMap::new();
        let mut ambiguous = Vec::new();
        for name in names_of(query, &Named::default()) {
            let lower = name.to_lowercase();
            match spelled.insert(lower.clone(), name.clone()) {
                Some(other) if other != name => ambiguous.push(lower),
                _ => {}
            }
        }
        for name in ambiguous {
            spelled.remove(&name);
        }
        Self(spelled)
    }

    /// The spelling of a name.
    pub(crate) fn spell(&self, name: String) -> String {
        self.0.get(&name).cloned().unwrap_or(name)
    }
}

/// The names of a query's outputs, as written. A set: `*` may stand for the same many times.
type Written = BTreeSet<String>;

/// Names of the outputs of the queries in WITH.
type Named = HashMap<String, Written>;

/// The names a query's text gives its outputs.
fn names_of(query: &Query, outer: &Named) -> Written {
    let mut named = outer.clone();
    for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
        let names = of_alias(&cte.alias).unwrap_or_else(|| names_of(&cte.query, &named));
        named.insert(cte.alias.name.value.to_lowercase(), names);
    }
    match outermost(&query.body) {
        SetExpr::Select(select) => names_of_select(select, &named),
        _ => Written::new(),
    }
}

fn names_of_select(select: &Select, named: &Named) -> Written {
    let mut names = Written::new();
    let mut wildcard = false;
    for item in &select.projection {
        match item {
            SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => wildcard = true,
            item => {
                if let Some(OutputName::Written(name)) = written(item) {
                    names.insert(name);
                }
            }
        }
    }
    if wildcard {
        let from = select.from.iter();
        names.extend(from.flat_map(|from| names_of_from(from, named)));
    }
    names
}

fn names_of_from(from: &TableWithJoins, named: &Named) -> Written {
    let joined = from.joins.iter().map(|join| &join.relation);
    let relations = std::iter::once(&from.relation).chain(joined);
    relations
        .flat_map(|relation| names_of_relation(relation, named))
        .collect()
}

fn names_of_relation(relation: &TableFactor, named: &Named) -> Written {
    let (alias, names) = match relation {
        TableFactor::Table { name, alias, .. } => {
            let name = name.to_string().to_lowercase();
            (alias, named.get(&name).cloned().unwrap_or_default())
        }
        TableFactor::Derived {
            subquery, alias, ..
        } => (alias, names_of(subquery, named)),
        TableFactor::NestedJoin {
            table_with_joins,
            alias,
        } => (alias, names_of_from(table_with_joins, named)),
        TableFactor::UNNEST { alias, .. } => (alias, Written::new()),
        _ => return Written::new(),
    };
    alias.as_ref().and_then(of_alias).unwrap_or(names)
}

fn of_alias(alias: &TableAlias) -> Option<Written> {
    let columns = alias.columns.iter().map(|column| column.name.value.clone());
    (!alias.columns.is_empty()).then(|| columns.collect())
}
