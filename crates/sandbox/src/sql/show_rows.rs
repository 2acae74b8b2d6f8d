//! Rows of SHOW and DESCRIBE, in Hive's text forms.

use datafusion::arrow::array::StringArray;
use datafusion::arrow::compute::regexp_is_match_scalar;
use datafusion::catalog::SchemaProvider as _;
use datafusion::sql::sqlparser::ast::Ident;

use super::analysis::resolve;
use super::failure::{AthenaError, NoPositions, translate};
use super::lake::is_iceberg;
use super::plan::context;
use super::scope::Scope;
use super::show::Show;
use super::types::AthenaType;
use super::{show_functions, show_stored};
use crate::engine::{Column, Failure, Query, Sink, Summary};

/// Hive pads each part of a DESCRIBE row to this width.
const PADDING: usize = 20;

/// Answers a SHOW or DESCRIBE.
pub(super) async fn run(
    scope: &Scope,
    show: &Show,
    query: &Query,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let context = context(query);
    let (columns, rows) = match show {
        Show::Databases { pattern } => {
            let names = scope.database_names();
            let names = match pattern.as_deref() {
                None | Some("*") => names,
                Some(pattern) => matching(names, pattern)?,
            };
            (vec![hive("database_name")], names)
        }
        Show::Tables { database, pattern } => {
            let database = database.as_deref().unwrap_or(&context);
            let Some(tables) = scope.database(database) else {
                return Err(missing_database(database));
            };
            let names = tables.table_names();
            let names = match pattern.as_deref() {
                None => names,
                Some(pattern) => matching(names, &pattern.replace('*', ".*"))?,
            };
            (vec![hive("tab_name")], names)
        }
        Show::Views { database, pattern } => {
            let database = database.as_deref().unwrap_or(&context);
            let Some(tables) = scope.database(database) else {
                return Err(missing_database(database));
            };
            let mut names = tables.table_names();
            names.retain(|name| tables.stored(name).is_some_and(|table| table.is_view()));
            let names = match pattern.as_deref() {
                None => names,
                Some(pattern) => matching(names, &pattern.replace('*', ".*"))?,
            };
            (vec![text("views")], names)
        }
        Show::CreateTable { table } => show_stored::create_table(scope, table, &context)?,
        Show::CreateView { table } => show_stored::create_view(scope, table, &context)?,
        Show::Partitions { table } => show_stored::partitions(scope, table, &context)?,
        Show::Properties { table, key } => {
            show_stored::properties(scope, table, key.as_deref(), &context)?
        }
        Show::Columns { table } | Show::Describe { table }
            if show_stored::is_view(scope, table, &context) =>
        {
            show_stored::describe_view(&fields(scope, table, &context).await?)
        }
        Show::Columns { table } => {
            let iceberg = show_stored::stored(scope, table, &context);
            let iceberg = iceberg.is_some_and(|table| is_iceberg(&table));
            let pad = |name: &str| if iceberg { name.to_owned() } else { pad(name) };
            let fields = fields(scope, table, &context).await?;
            let rows = fields.into_iter().map(|(name, _)| pad(&name)).collect();
            (vec![hive("field")], rows)
        }
        Show::Describe { table }
            if let Some(stored) = show_stored::stored(scope, table, &context) =>
        {
            (
                vec![hive("col_name"), hive("data_type"), hive("comment")],
                show_stored::describe(&stored),
            )
        }
        Show::Describe { table } => {
            let fields = fields(scope, table, &context).await?;
            let rows = fields
                .into_iter()
                .map(|(name, athena_type)| {
                    format!("{}\t{}\t{}", pad(&name), pad(&athena_type.hive()), pad(""))
                })
                .collect();
            (
                vec![hive("col_name"), hive("data_type"), hive("comment")],
                rows,
            )
        }
        Show::Functions { pattern } => return show_functions::run(pattern.as_deref(), sink),
    };
    sink.columns(columns)?;
    let rows: Vec<_> = rows.into_iter().map(|row| vec![Some(row)]).collect();
    sink.rows(&rows)?;
    // What the engine answers has a count; what Hive answers has none.
    let iceberg = match show {
        Show::Describe { table } => show_stored::stored(scope, table, &context),
        Show::CreateTable { table } => {
            let database = table.database.as_deref().unwrap_or(&context);
            scope.stored().stored_table(database, &table.name)
        }
        _ => None,
    };
    Ok(Summary {
        update_count: iceberg.is_some_and(|table| is_iceberg(&table)).then_some(0),
        ..Summary::default()
    })
}

pub(super) fn text(name: &str) -> Column {
    Column {
        type_name: "varchar".to_owned(),
        ..hive(name)
    }
}

pub(super) fn hive(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: "string".to_owned(),
        precision: 0,
        scale: 0,
        case_sensitive: false,
    }
}

pub(super) fn pad(text: &str) -> String {
    format!("{text:<PADDING$}")
}

/// Names that a regular expression matches as a whole.
fn matching(names: Vec<String>, pattern: &str) -> Result<Vec<String>, AthenaError> {
    let array = StringArray::from(names.clone());
    let whole = format!("^(?:{pattern})$");
    let matches = regexp_is_match_scalar(&array, &whole, None).map_err(|error| {
        AthenaError::new(
            "INVALID_FUNCTION_ARGUMENT",
            format!("pattern '{pattern}': {error}"),
        )
    })?;
    Ok(names
        .into_iter()
        .zip(matches.iter())
        .filter_map(|(name, matched)| matched.unwrap_or(false).then_some(name))
        .collect())
}

fn missing_database(name: &str) -> Failure {
    let text = format!("SemanticException [Error 10072]: Database does not exist: {name}");
    super::ddl::hive(&text, 1502)
}

async fn fields(
    scope: &Scope,
    name: &[Ident],
    context: &str,
) -> Result<Vec<(String, AthenaType)>, Failure> {
    let parts: Vec<&Ident> = name.iter().collect();
    let (database, table) = resolve(scope, &parts, context)?;
    let Some(database) = scope.database(&database) else {
        return Ok(Vec::new());
    };
    let columns = database.columns(&table).await;
    Ok(columns.map_err(|error| translate(&error, &NoPositions))?)
}
