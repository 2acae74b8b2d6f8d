//! Names of output columns: `_col0` for unnamed expressions, duplicates allowed.

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArguments, Ident, Query, SelectItem, SetExpr, TableAlias, TableAliasColumnDef,
    TableFactor, Value, Values,
};

use super::build::{call, cast, lower_case_ident, select_all, select_all_from};
use super::calls::named_struct;

/// Separates a name from the number that makes it unique inside DataFusion.
const DUPLICATE: char = '\u{2}';

/// Marks the name of an expression without one.
const UNNAMED: &str = "\u{3}";

/// How the statement names an output column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OutputName {
    /// As written.
    Written(String),
    /// From a `*`, or from the engine's schema.
    FromSchema,
}

/// The names a query's text gives its outputs, counted from the start up to the first
/// `*`, and from the end down to the last.
pub(crate) fn output_names(query: &Query) -> (Vec<OutputName>, Vec<OutputName>) {
    let items = match outermost(&query.body) {
        SetExpr::Select(select) => &select.projection,
        SetExpr::Values(values) => {
            let width = values.rows.first().map_or(0, |row| row.len());
            let names = (0..width).map(|index| OutputName::Written(format!("_col{index}")));
            return (names.collect(), Vec::new());
        }
        _ => return (Vec::new(), Vec::new()),
    };
    let head: Vec<OutputName> = items.iter().map_while(written).collect();
    if head.len() == items.len() {
        return (head, Vec::new());
    }
    let mut tail: Vec<OutputName> = items.iter().rev().map_while(written).collect();
    tail.reverse();
    (head, tail)
}

/// The name of one output; `None` for a `*`.
pub(super) fn written(item: &SelectItem) -> Option<OutputName> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(OutputName::Written(alias.value.clone())),
        SelectItem::UnnamedExpr(Expr::Identifier(ident)) => {
            Some(OutputName::Written(ident.value.clone()))
        }
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
            Some(parts.last().map_or(OutputName::FromSchema, |ident| {
                OutputName::Written(ident.value.clone())
            }))
        }
        SelectItem::UnnamedExpr(_) => Some(OutputName::FromSchema),
        _ => None,
    }
}

/// True for a query that is nothing but VALUES.
pub(crate) fn is_values(query: &Query) -> bool {
    matches!(outermost(&query.body), SetExpr::Values(_))
}

/// True for the engine's name of an expression without one.
pub(crate) fn is_unnamed(name: &str) -> bool {
    name.starts_with(UNNAMED)
}

/// The part of a query that names its outputs.
pub(super) fn outermost(body: &SetExpr) -> &SetExpr {
    match body {
        SetExpr::Query(query) => outermost(&query.body),
        SetExpr::SetOperation { left, .. } => outermost(left),
        other => other,
    }
}

/// Gives each item of a projection a name that is unique in it. String literals keep
/// their length as type.
pub(super) fn name_items(items: &mut [SelectItem]) {
    let mut seen: Vec<String> = Vec::new();
    let several = items.len() > 1;
    let wildcard = several
        && items.iter().any(|item| {
            matches!(
                item,
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..)
            )
        });
    for (index, item) in items.iter_mut().enumerate() {
        match item {
            SelectItem::ExprWithAlias { expr, alias } => {
                keep_length(expr);
                lower_case_ident(alias);
                alias.quote_style = Some('"');
                make_unique(alias, &mut seen, wildcard);
            }
            SelectItem::UnnamedExpr(expr) => {
                let plain = match &*expr {
                    Expr::Identifier(ident) => Some(ident.clone()),
                    Expr::CompoundIdentifier(parts) => parts.last().cloned(),
                    _ => None,
                };
                let alias = match plain {
                    Some(mut name) => {
                        lower_case_ident(&mut name);
                        let before = name.value.clone();
                        make_unique(&mut name, &mut seen, wildcard);
                        if name.value == before {
                            continue;
                        }
                        name
                    }
                    None => {
                        keep_length(expr);
                        Ident::new(format!("{UNNAMED}{index}"))
                    }
                };
                let alias = Ident::with_quote('"', alias.value);
                *item = SelectItem::ExprWithAlias {
                    expr: expr.clone(),
                    alias,
                };
            }
            _ => {}
        }
    }
}

fn make_unique(name: &mut Ident, seen: &mut Vec<String>, always: bool) {
    let duplicates = seen.iter().filter(|other| **other == name.value).count();
    seen.push(name.value.clone());
    if duplicates > 0 || always {
        name.value = format!("{}{DUPLICATE}{duplicates}", name.value);
    }
}

fn keep_length(expr: &mut Expr) {
    if let Expr::Value(value) = expr
        && let Value::SingleQuotedString(text) = &value.value
    {
        let length = text.chars().count();
        *expr = cast(expr.clone(), &format!("varchar({length})"));
    }
}

/// A name for an expression that nobody can use; `suffix` makes it unlike others.
pub(crate) fn unnamed(suffix: &str) -> String {
    format!("{UNNAMED}u{suffix}")
}

/// A name that is shown as `name` but is unlike others of it.
pub(crate) fn duplicate(name: &str, number: usize) -> String {
    format!("{name}{DUPLICATE}{number}")
}

/// A text of the engine's with internal names as they are shown.
pub(crate) fn shown_in_text(text: &str) -> String {
    text.replace("\\u{3}", "_col").replace(UNNAMED, "_col")
}

/// The name to show for column `index` of the engine's schema.
pub(crate) fn shown(name: &str, index: usize) -> String {
    if is_unnamed(name) {
        return format!("_col{index}");
    }
    name.split(DUPLICATE).next().unwrap_or(name).to_owned()
}

/// Gives the columns of VALUES names that nobody can use, in place of DataFusion's.
pub(super) fn name_values(body: &mut SetExpr) {
    match body {
        SetExpr::Values(values) => {
            let width = values.rows.first().map_or(0, |row| row.len());
            let columns = (0..width).map(|index| TableAliasColumnDef {
                name: Ident::with_quote('"', format!("{UNNAMED}{index}")),
                data_type: None,
            });
            let alias = TableAlias {
                explicit: true,
                name: Ident::with_quote('"', UNNAMED),
                columns: columns.collect(),
                at: None,
            };
            let select = if (0..width).any(|column| is_mixed(values, column)) {
                // An array of rows finds a type for all of them; VALUES would not.
                let rows = values.rows.iter().map(|row| named_struct(row));
                select_all_from(TableFactor::UNNEST {
                    alias: Some(alias),
                    array_exprs: vec![call("athena_array", rows.collect())],
                    with_offset: false,
                    with_offset_alias: None,
                    with_ordinality: false,
                })
            } else {
                select_all(SetExpr::Values(values.clone()), alias)
            };
            *body = SetExpr::Select(Box::new(select));
        }
        SetExpr::SetOperation { left, right, .. } => {
            name_values(left);
            name_values(right);
        }
        _ => {}
    }
}

/// True for a column of VALUES whose types may differ in what Arrow cannot tell.
fn is_mixed(values: &Values, column: usize) -> bool {
    let mut types = values.rows.iter().map(|row| row.get(column).and_then(told));
    let first = types.next().flatten();
    types.any(|other| other != first)
}

/// What an expression says of its type.
fn told(expr: &Expr) -> Option<String> {
    let function = match expr {
        Expr::Nested(inner) => return told(inner),
        Expr::Function(function) => function,
        _ => return None,
    };
    match function.name.to_string().as_str() {
        "athena_cast" | "athena_try_cast" | "athena_typed" => match &function.args {
            FunctionArguments::List(list) => list.args.get(1).map(ToString::to_string),
            _ => None,
        },
        name @ ("json_parse" | "with_timezone") => Some(name.to_owned()),
        _ => None,
    }
}
