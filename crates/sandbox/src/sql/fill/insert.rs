//! INSERT INTO.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{ExprSchema as _, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, cast};
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::Token;
use percent_encoding::percent_decode_str;

use super::ctas::ended;
use super::{commit, write};
use crate::engine::{Failure, Host, Query, Refusal, Summary};
use crate::metastore::{MetastoreError, Partition, Table};
use crate::sql::ddl::{Cursor, Name, plain};
use crate::sql::failure::AthenaError;
use crate::sql::lake::{
    Form, columns_of, form_of, is_current, is_iceberg, partition_location, stored_as,
};
use crate::sql::plan::{Analyzed, Planned, context, missing_catalog};
use crate::sql::scope::Scope;
use crate::sql::statement::parse_query;
use crate::sql::tokens::prepare;
use crate::sql::types::AthenaType;
use crate::sql::unload::location;
use crate::sql::write::{DataFormat, OutputColumn, Target};

/// INSERT INTO.
#[derive(Debug)]
pub(in crate::sql) struct Insert {
    name: Name,
    columns: Vec<String>,
}

/// Parses the statement; answers it, its query, and the count of `?` in that.
pub(in crate::sql) fn parse(
    mut cursor: Cursor<'_>,
) -> Result<(Insert, Box<ast::Query>, usize), Refusal> {
    cursor.expect(&["INSERT", "INTO"])?;
    let name = cursor.name()?;
    let mut columns = Vec::new();
    let named = cursor.peek() == Some(&Token::LParen)
        && !matches!(
            crate::sql::tokens::word(cursor.tokens, cursor.at + 1).as_str(),
            "SELECT" | "WITH" | "VALUES" | "TABLE" | "("
        );
    if named {
        cursor.expect_token(&Token::LParen)?;
        loop {
            columns.push(cursor.ident()?);
            if !cursor.eat_token(&Token::Comma) {
                break;
            }
        }
        cursor.expect_token(&Token::RParen)?;
    }
    let mut tokens = cursor.tokens.get(cursor.at..).unwrap_or_default().to_vec();
    let placeholders = prepare(&mut tokens);
    let query = parse_query(tokens, cursor.end)?;
    Ok((Insert { name, columns }, query, placeholders))
}

impl Insert {
    /// What is filled.
    pub(in crate::sql) fn name(&self) -> &Name {
        &self.name
    }

    /// Rows for some columns of a table, or for all.
    pub(super) fn named(name: Name, columns: Vec<String>) -> Self {
        Self { name, columns }
    }

    /// The table, and the database it is in.
    pub(in crate::sql) fn table(
        &self,
        scope: &Scope,
        query: &Query,
    ) -> Result<(String, Table), Failure> {
        table_of(scope, &self.name, query).map_err(|error| match error.name {
            "TABLE_NOT_FOUND" => {
                let database = self.name.database.clone();
                let database = database.unwrap_or_else(|| context(query));
                let table = &self.name.name;
                let text = format!(
                    "Table {table} not found in database {database}. Please check your query."
                );
                plain(&text, 1301)
            }
            _ => error.into(),
        })
    }

    /// The query's plan with the table's columns.
    pub(in crate::sql) fn fit(
        &self,
        table: &Table,
        analyzed: Analyzed,
    ) -> Result<Analyzed, AthenaError> {
        let columns = columns_of(table)?;
        let types: Vec<AthenaType> = analyzed.outputs().into_iter().map(|(_, t)| t).collect();
        let names: Vec<String> = if self.columns.is_empty() {
            columns.iter().map(|(name, _)| name.clone()).collect()
        } else {
            self.columns.clone()
        };
        for name in &names {
            if !columns.iter().any(|(column, _)| column == name) {
                let message =
                    format!("line 1:1: Insert column name does not exist in target table: {name}");
                return Err(AthenaError::new("COLUMN_NOT_FOUND", message));
            }
        }
        let wanted: Vec<&AthenaType> = names
            .iter()
            .filter_map(|name| {
                let found = columns.iter().find(|(column, _)| column == name);
                found.map(|(_, athena_type)| athena_type)
            })
            .collect();
        let fits = wanted.len() == types.len()
            && wanted
                .iter()
                .zip(&types)
                .all(|(to, from)| assignable(from, to));
        if !fits {
            let shown = |types: Vec<String>| types.join(", ");
            return Err(AthenaError::new(
                "TYPE_MISMATCH",
                format!(
                    "line 1:1: Insert query has mismatched column types: Table: [{}], Query: [{}]",
                    shown(wanted.iter().map(ToString::to_string).collect()),
                    shown(types.iter().map(ToString::to_string).collect())
                ),
            ));
        }
        analyzed.map_logical(|plan| select_into(plan, &columns, &names))
    }
}

/// A statement that fills a table opens a session in the catalogue it runs in.
///
/// # Errors
/// `NOT_FOUND` where there is no such catalogue.
pub(in crate::sql) fn check_session(scope: &Scope, query: &Query) -> Result<(), Failure> {
    let Some(missing) = missing_catalog(scope, query) else {
        return Ok(());
    };
    let text = format!("NOT_FOUND: Session property catalog does not exist: {missing}");
    Err(plain(&text, 1300))
}

/// A table of the catalogue that a statement writes to.
pub(in crate::sql) fn table_of(
    scope: &Scope,
    name: &Name,
    query: &Query,
) -> Result<(String, Table), AthenaError> {
    use datafusion::catalog::SchemaProvider as _;

    let in_database = name.database.clone().unwrap_or_else(|| context(query));
    let table = &name.name;
    if name.catalog.is_none()
        && let Some(missing) = missing_catalog(scope, query)
    {
        let message = format!("line 1:1: Table '{missing}.{in_database}.{table}' does not exist");
        return Err(AthenaError::new("TABLE_NOT_FOUND", message));
    }
    let Some(found) = scope.database(&in_database) else {
        let message = format!("line 1:1: Schema '{in_database}' does not exist");
        return Err(AthenaError::new("SCHEMA_NOT_FOUND", message));
    };
    match found.stored(table) {
        Some(stored) if stored.is_view() => Err(AthenaError::not_supported(
            "line 1:1: Inserting into views is not supported",
        )),
        Some(stored) => Ok((in_database, stored)),
        None if found.table_exist(table) => Err(AthenaError::not_supported(format!(
            "{}.{in_database}.{table} is a dataset of athena-sandbox and cannot be changed",
            scope.catalog
        ))),
        None => Err(AthenaError::new(
            "TABLE_NOT_FOUND",
            format!(
                "line 1:1: Table '{}.{in_database}.{table}' does not exist",
                scope.catalog
            ),
        )),
    }
}

/// True for types that Trino converts by itself when it fills a table.
fn assignable(from: &AthenaType, to: &AthenaType) -> bool {
    use AthenaType::{
        Array, Bigint, Char, Date, Decimal, Double, Integer, Map, Real, Row, Smallint, Timestamp,
        TimestampWithTimeZone, Tinyint, Unknown, Varchar,
    };
    match (from, to) {
        (from, to) if from == to => true,
        (Unknown, _) | (Varchar(_), Varchar(_) | Char(_)) | (Char(_), Varchar(_) | Char(_)) => true,
        (Tinyint, Smallint | Integer | Bigint | Real | Double | Decimal(..))
        | (Smallint, Integer | Bigint | Real | Double | Decimal(..))
        | (Integer, Bigint | Real | Double | Decimal(..))
        | (Bigint, Real | Double | Decimal(..))
        | (Real, Double)
        | (Decimal(..), Decimal(..) | Real | Double)
        | (Date, Timestamp(_))
        | (Timestamp(_), Timestamp(_) | TimestampWithTimeZone(_))
        | (TimestampWithTimeZone(_), TimestampWithTimeZone(_)) => true,
        (Array(from), Array(to)) => assignable(from, to),
        (Map(key, value), Map(to_key, to_value)) => {
            assignable(key, to_key) && assignable(value, to_value)
        }
        (Row(from), Row(to)) => {
            from.len() == to.len()
                && from
                    .iter()
                    .zip(to)
                    .all(|((_, from), (_, to))| assignable(from, to))
        }
        _ => false,
    }
}

/// A plan's columns, named by `names`, as all columns of a table; the others are NULL.
fn select_into(
    plan: LogicalPlan,
    columns: &[(String, AthenaType)],
    names: &[String],
) -> datafusion::error::Result<LogicalPlan> {
    let given = plan.schema().columns();
    let exprs = columns
        .iter()
        .map(|(column, athena_type)| {
            let arrow = athena_type.arrow();
            let found = names.iter().position(|name| name == column);
            let expr = match found.and_then(|index| given.get(index)) {
                Some(source) => {
                    let field = plan.schema().field_from_column(source)?;
                    let source = Expr::Column(source.clone());
                    if nested(&arrow) || *field.data_type() == arrow {
                        source
                    } else {
                        cast(source, arrow)
                    }
                }
                None => Expr::Literal(ScalarValue::try_from(&arrow)?, None),
            };
            Ok(expr.alias(column))
        })
        .collect::<datafusion::error::Result<Vec<_>>>()?;
    LogicalPlanBuilder::from(plan).project(exprs)?.build()
}

/// Nested values are converted leaf by leaf when they are written.
fn nested(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::List(_) | DataType::Map(..) | DataType::Struct(_)
    )
}

/// A failure of the statement, with what Athena says of the data it may have left.
pub(in crate::sql) fn failed(failure: Failure, host: &Host) -> Failure {
    let Some(location) = &host.location else {
        return failure;
    };
    let reason = ended(&failure.reason);
    Failure {
        reason: format!(
            "{reason} If a data manifest file was generated at '{location}-manifest.csv', you may need to manually clean \
             the data from locations specified in the manifest. Athena will not delete data in your account."
        ),
        ..failure
    }
}

/// Runs the statement.
pub(in crate::sql) async fn run(
    scope: &Scope,
    (in_database, table): (&str, &Table),
    planned: Planned,
    host: &Host,
) -> Result<Summary, Failure> {
    let target = target(table)?;
    let filled = write(&scope.shared, &planned, &target, host).await?;
    let written = filled.written;
    let mut summary = Summary {
        update_count: Some(written.rows),
        data_scanned_in_bytes: filled.read,
        stages: Some(filled.stages),
        ..Summary::default()
    };
    if is_iceberg(table) {
        commit(scope, in_database, table, written.files)?;
        return Ok(summary);
    }
    for name in written.partitions {
        let place = partition_location(table, &name);
        let partition = Partition::of(table, values_of(&name), &place);
        match scope
            .stored()
            .add_partition(in_database, &table.name, partition)
        {
            Ok(()) | Err(MetastoreError::AlreadyExists(_)) => {}
            Err(error) => {
                return Err(AthenaError::new("HIVE_METASTORE_ERROR", error.to_string()).into());
            }
        }
    }
    summary.files = written.files;
    Ok(summary)
}

/// The values in a partition's name, `p=1/q=a%2Fb`.
pub(super) fn values_of(name: &str) -> Vec<String> {
    name.split('/')
        .filter_map(|part| part.split_once('='))
        .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned())
        .collect()
}

/// Where rows of a table go, and how.
pub(super) fn target(table: &Table) -> Result<Target, AthenaError> {
    let current = table.storage.columns.iter().filter(|c| is_current(c));
    let names = current.chain(&table.partition_keys).map(stored_as);
    let columns = columns_of(table)?
        .into_iter()
        .zip(names)
        .map(|((_, athena_type), name)| OutputColumn {
            name: name.to_lowercase(),
            athena_type,
        })
        .collect();
    let uri = table.storage.location.as_deref().unwrap_or_default();
    let Some((bucket, folder)) = location(uri) else {
        let message = format!("location '{uri}' is not an S3 location");
        return Err(AthenaError::new("HIVE_METASTORE_ERROR", message));
    };
    let parameters = &table.parameters;
    let format = match form_of(table)? {
        Form::Parquet => {
            let codec = ["write_compression", "parquet.compression"]
                .iter()
                .find_map(|name| parameters.get(*name))
                .map_or("GZIP".to_owned(), |codec| codec.to_uppercase());
            DataFormat::parquet(&codec, None).ok_or_else(|| {
                AthenaError::not_supported(format!("Compression {codec} for PARQUET"))
            })?
        }
        Form::Json => DataFormat::Json,
        Form::Text => DataFormat::Text {
            delimiter: table
                .storage
                .serde
                .parameters
                .get("field.delim")
                .and_then(|text| text.chars().next())
                .unwrap_or('\u{1}'),
        },
        Form::OpenCsv => {
            return Err(AthenaError::not_supported(
                "Inserting into tables of OpenCSVSerde is not supported",
            ));
        }
    };
    Ok(Target {
        bucket: bucket.to_owned(),
        folder: if is_iceberg(table) {
            format!("{folder}data/")
        } else {
            folder
        },
        columns,
        partitioned_by: table.partition_keys.len(),
        packed: false,
        format,
    })
}
