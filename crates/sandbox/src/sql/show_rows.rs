//! Rows of SHOW and DESCRIBE, in Hive's text forms.

use datafusion::arrow::array::StringArray;
use datafusion::arrow::compute::regexp_is_match_scalar;
use datafusion::catalog::SchemaProvider as _;
use datafusion::sql::sqlparser::ast::Ident;

use super::analysis::resolve;
use super::failure::AthenaError;
use super::plan::database;
use super::session::Shared;
use super::show::Show;
use super::types::AthenaType;
use crate::engine::{Column, Failure, Query, Sink, Summary};

/// Hive pads each part of a DESCRIBE row to this width.
const PADDING: usize = 20;

/// Answers a SHOW or DESCRIBE.
pub(super) async fn run(
    shared: &Shared,
    show: &Show,
    query: &Query,
    sink: &mut dyn Sink,
) -> Result<Summary, Failure> {
    let catalog = &shared.catalog;
    let context = database(query)?;
    let (columns, rows) = match show {
        Show::Databases { pattern } => {
            let names = catalog.database_names();
            let names = match pattern.as_deref() {
                None | Some("*") => names,
                Some(pattern) => matching(names, pattern)?,
            };
            (vec![hive("database_name")], names)
        }
        Show::Tables { database, pattern } => {
            let database = database.as_deref().unwrap_or(&context);
            let Some(tables) = catalog.database(database) else {
                return Err(missing_database(database));
            };
            let names = tables.table_names();
            let names = match pattern.as_deref() {
                None => names,
                Some(pattern) => matching(names, &pattern.replace('*', ".*"))?,
            };
            (vec![hive("tab_name")], names)
        }
        Show::Views => (
            vec![AthenaType::Varchar(None).column("views".to_owned())],
            Vec::new(),
        ),
        Show::Columns { table } => {
            let fields = fields(shared, table, &context).await?;
            let rows = fields.into_iter().map(|(name, _)| pad(&name)).collect();
            (vec![hive("field")], rows)
        }
        Show::Describe { table } => {
            let fields = fields(shared, table, &context).await?;
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
        Show::Functions => return Err(AthenaError::not_supported("SHOW FUNCTIONS").into()),
    };
    sink.columns(columns)?;
    let rows: Vec<_> = rows.into_iter().map(|row| vec![Some(row)]).collect();
    sink.rows(&rows)?;
    Ok(Summary::default())
}

fn hive(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: "string".to_owned(),
        precision: 0,
        scale: 0,
        case_sensitive: false,
    }
}

fn pad(text: &str) -> String {
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
    Failure {
        reason: format!("FAILED: SemanticException [Error 10072]: Database does not exist: {name}"),
        error_category: 1,
        error_type: 1502,
        retryable: false,
    }
}

async fn fields(
    shared: &Shared,
    name: &[Ident],
    context: &str,
) -> Result<Vec<(String, AthenaType)>, Failure> {
    let parts: Vec<&Ident> = name.iter().collect();
    let (database, table) = resolve(&shared.catalog, &parts, context)?;
    let internal = |error: datafusion::error::DataFusionError| {
        AthenaError::new("GENERIC_INTERNAL_ERROR", error.to_string())
    };
    let schema = datafusion::catalog::CatalogProvider::schema(shared.catalog.as_ref(), &database);
    let provider = match schema {
        Some(schema) => schema.table(&table).await.map_err(internal)?,
        None => None,
    };
    Ok(provider.map_or_else(Vec::new, |provider| {
        let schema = provider.schema();
        let fields = schema.fields().iter();
        fields
            .map(|field| (field.name().clone(), AthenaType::of_field(field)))
            .collect()
    }))
}
