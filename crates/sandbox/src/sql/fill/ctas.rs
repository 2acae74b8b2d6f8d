//! CREATE TABLE … AS.

use datafusion::catalog::SchemaProvider as _;
use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::{commit, write};
use crate::engine::{Failure, Host, Query, Refusal, Summary};
use crate::metastore::{Column, MetastoreError, Partition, Table};
use crate::sql::catalog::CATALOG;
use crate::sql::ddl::{Cursor, Name, number, plain, set_format};
use crate::sql::failure::AthenaError;
use crate::sql::lake::{is_iceberg, partition_location};
use crate::sql::plan::{Planned, context};
use crate::sql::properties::{Properties, Property};
use crate::sql::scope::Scope;
use crate::sql::statement::parse_query;
use crate::sql::tokens::prepare;
use crate::sql::unload::{location, partition_columns};
use crate::sql::write::{
    CTAS_ERRORS, DataFormat, OutputColumn, Target, check_columns, check_iceberg_columns,
};

/// CREATE TABLE … AS.
#[derive(Debug)]
pub(in crate::sql) struct Ctas {
    name: Name,
    if_not_exists: bool,
    properties: Properties,
    no_data: bool,
}

/// Parses the statement; answers it, its query, and the count of `?` in that.
pub(in crate::sql) fn parse(
    mut cursor: Cursor<'_>,
) -> Result<(Ctas, Box<ast::Query>, usize), Refusal> {
    cursor.expect(&["CREATE", "TABLE"])?;
    let if_not_exists = cursor.eat(&["IF", "NOT", "EXISTS"]);
    let name = cursor.name()?;
    // Names of columns are read, and not looked at: those of the query must do.
    if cursor.eat_token(&Token::LParen) {
        cursor.ident()?;
        while cursor.eat_token(&Token::Comma) {
            cursor.ident()?;
        }
        cursor.expect_token(&Token::RParen)?;
    }
    if cursor.eat(&["COMMENT"]) {
        cursor.string()?;
    }
    let mut properties = Properties::default();
    if cursor.eat(&["WITH"]) {
        (properties, cursor.at) = Properties::parse(cursor.tokens, cursor.at, cursor.end)?;
    }
    cursor.expect(&["AS"])?;
    let mut tokens = cursor.tokens.get(cursor.at..).unwrap_or_default().to_vec();
    let ends_with = |words: &[&str]| {
        let start = tokens.len().saturating_sub(words.len());
        words
            .iter()
            .enumerate()
            .all(|(index, word)| crate::sql::tokens::word(&tokens, start + index) == *word)
    };
    let no_data = ends_with(&["WITH", "NO", "DATA"]);
    let dropped = match no_data {
        true => 3,
        false if ends_with(&["WITH", "DATA"]) => 2,
        false => 0,
    };
    tokens.truncate(tokens.len() - dropped);
    let placeholders = prepare(&mut tokens);
    let query = parse_query(tokens, cursor.end)?;
    let ctas = Ctas {
        name,
        if_not_exists,
        properties,
        no_data,
    };
    Ok((ctas, query, placeholders))
}

impl Ctas {
    /// What is made.
    pub(in crate::sql) fn name(&self) -> &Name {
        &self.name
    }

    /// Where a work group says where results go, a statement does not.
    ///
    /// # Errors
    /// For `external_location` in such a work group.
    pub(in crate::sql) fn check_place(&self, host: &Host) -> Result<(), Failure> {
        if host.enforced && self.properties.text("external_location").is_some() {
            return Err(plain(
                "The Create Table As Select query failed because it was submitted with an 'external_location' property to \
                 an Athena Workgroup that enforces a centralized output location for all queries. Please remove the \
                 'external_location' property and resubmit the query.",
                1103,
            ));
        }
        Ok(())
    }
}

/// A failure of the statement, with what Athena says of the data it may have left.
pub(in crate::sql) fn failed(failure: Failure, host: &Host) -> Failure {
    let Some(location) = &host.location else {
        return failure;
    };
    let reason = ended(&failure.reason);
    Failure {
        reason: format!(
            "{reason} You may need to manually clean the data at location '{location}' before retrying. Athena will not \
             delete data in your account."
        ),
        ..failure
    }
}

/// A reason that another sentence can follow.
pub(super) fn ended(reason: &str) -> String {
    let stop = if reason.ends_with('.') { "" } else { "." };
    format!("{reason}{stop}")
}

/// Runs the statement.
pub(in crate::sql) async fn run(
    scope: &Scope,
    ctas: &Ctas,
    planned: Planned,
    query: &Query,
    host: &Host,
) -> Result<Summary, Failure> {
    let context = context(query);
    let in_database = ctas.name.database.as_deref().unwrap_or(&context);
    let name = &ctas.name.name;
    let found = scope.database(in_database);
    if found.as_ref().is_some_and(|found| found.table_exist(name)) {
        if ctas.if_not_exists {
            return Ok(Summary {
                update_count: Some(0),
                ..Summary::default()
            });
        }
        let full = format!("{}.{in_database}.{name}", scope.catalog);
        let message = format!("line 1:1: Destination table '{full}' already exists");
        return Err(AthenaError::new("TABLE_ALREADY_EXISTS", message).into());
    }
    let mut table = Table::external(name, [], None);
    if scope.is_s3_tables() {
        table
            .parameters
            .insert("table_type".to_owned(), "ICEBERG".to_owned());
    }
    let format = format(&ctas.properties, &mut table)?;
    let columns = if is_iceberg(&table) {
        check_iceberg_columns(planned.outputs(), CTAS_ERRORS)?
    } else {
        check_columns(planned.outputs(), CTAS_ERRORS)?
    };
    let partitioned_by = match is_iceberg(&table) {
        true => 0,
        false => partition_columns(&ctas.properties, &columns)?,
    };
    let uri = match scope.new_location(in_database, name) {
        Some(own) => own,
        None => place(&ctas.properties, host)?,
    };
    let Some((bucket, folder)) = location(&uri) else {
        let message = format!("Unable to use location '{uri}': it is not an S3 location");
        return Err(AthenaError::new("INVALID_TABLE_PROPERTY", message).into());
    };
    let taken = host
        .objects
        .list(bucket, &folder)
        .map_err(|error| AthenaError::new("HIVE_FILESYSTEM_ERROR", error.to_string()))?;
    if !taken.is_empty() {
        let message =
            format!("Target directory for table '{in_database}.{name}' already exists: {uri}");
        return Err(AthenaError::new("HIVE_PATH_ALREADY_EXISTS", message).into());
    }
    table.storage.location = Some(format!("{}/", uri.trim_end_matches('/')));
    let (of_files, of_partitions) = columns.split_at(columns.len() - partitioned_by);
    table.storage.columns = of_files.iter().map(entry).collect();
    table.partition_keys = of_partitions.iter().map(entry).collect();
    if is_iceberg(&table) {
        number(&mut table.storage.columns);
    }
    let target = Target {
        bucket: bucket.to_owned(),
        folder: if is_iceberg(&table) {
            format!("{folder}data/")
        } else {
            folder
        },
        columns,
        partitioned_by,
        packed: false,
        format,
    };
    let mut summary = Summary {
        update_count: Some(0),
        ..Summary::default()
    };
    let metastore_error = |error: MetastoreError| match error {
        // Only now does anybody look for it.
        MetastoreError::NotFound(_) => plain(
            &format!("Database {in_database} not found. Please check your query"),
            1301,
        ),
        error => AthenaError::new("HIVE_METASTORE_ERROR", error.to_string()).into(),
    };
    let mut files = Vec::new();
    if !ctas.no_data {
        let filled = write(&scope.shared, &planned, &target, host).await?;
        let written = filled.written;
        summary.update_count = Some(written.rows);
        summary.data_scanned_in_bytes = filled.read;
        summary.stages = Some(filled.stages);
        files = written.files;
        scope
            .stored()
            .create_table(in_database, table.clone())
            .map_err(metastore_error)?;
        for partition in written.partitions {
            let values = super::insert::values_of(&partition);
            let place = partition_location(&table, &partition);
            let partition = Partition::of(&table, values, &place);
            scope
                .stored()
                .add_partition(in_database, name, partition)
                .map_err(metastore_error)?;
        }
    } else {
        scope
            .stored()
            .create_table(in_database, table.clone())
            .map_err(metastore_error)?;
    }
    if is_iceberg(&table) {
        commit(scope, in_database, &table, files)?;
    } else {
        summary.files = files;
    }
    Ok(summary)
}

pub(super) fn entry(column: &OutputColumn) -> Column {
    Column::new(&column.name, &column.athena_type.hive())
}

/// `external_location`, or below the statement's result.
fn place(properties: &Properties, host: &Host) -> Result<String, AthenaError> {
    if let Some(location) = properties
        .text("external_location")
        .or_else(|| properties.text("location"))
    {
        return Ok(location.to_owned());
    }
    host.location.clone().ok_or_else(|| {
        AthenaError::new(
            "INVALID_TABLE_PROPERTY",
            "No output location: give the property external_location",
        )
    })
}

fn format(properties: &Properties, table: &mut Table) -> Result<DataFormat, AthenaError> {
    let invalid = |message: String| AthenaError::new("INVALID_TABLE_PROPERTY", message);
    for (name, _) in &properties.0 {
        let known = [
            "format",
            "write_compression",
            "compression",
            "parquet_compression",
            "orc_compression",
            "compression_level",
            "external_location",
            "location",
            "partitioned_by",
            "partitioning",
            "bucketed_by",
            "bucket_count",
            "field_delimiter",
            "table_type",
            "is_external",
            "vacuum_max_snapshot_age_seconds",
        ];
        if !known.contains(&name.as_str()) {
            return Err(invalid(format!(
                "line 1:1: Catalog '{CATALOG}' table property '{name}' does not exist"
            )));
        }
    }
    if properties
        .text("table_type")
        .is_some_and(|kind| kind.eq_ignore_ascii_case("iceberg"))
    {
        table
            .parameters
            .insert("table_type".to_owned(), "ICEBERG".to_owned());
    }
    let name = properties
        .text("format")
        .unwrap_or("PARQUET")
        .to_uppercase();
    let level = match properties.get("compression_level") {
        Some(Property::Number(level)) => Some(*level),
        _ => None,
    };
    let codec = ["write_compression", "parquet_compression", "compression"]
        .iter()
        .find_map(|key| properties.text(key))
        .map_or_else(|| "GZIP".to_owned(), str::to_uppercase);
    if is_iceberg(table) && name != "PARQUET" {
        return Err(AthenaError::not_supported(format!(
            "this sandbox keeps Iceberg tables as PARQUET, not {name}"
        )));
    }
    match name.as_str() {
        "PARQUET" => {
            set_format(table, "PARQUET");
            table
                .parameters
                .insert("parquet.compression".to_owned(), codec.clone());
            DataFormat::parquet(&codec, level).ok_or_else(|| {
                AthenaError::not_supported(format!("Compression {codec} for PARQUET"))
            })
        }
        "JSON" => {
            set_format(table, "JSON");
            Ok(DataFormat::Json)
        }
        "TEXTFILE" => {
            set_format(table, "TEXTFILE");
            let delimiter = properties.text("field_delimiter").unwrap_or("\u{1}");
            table
                .storage
                .serde
                .parameters
                .insert("field.delim".to_owned(), delimiter.to_owned());
            let mut characters = delimiter.chars();
            match (characters.next(), characters.next()) {
                (Some(delimiter), None) => Ok(DataFormat::Text { delimiter }),
                _ => Err(invalid("field_delimiter must be one character".to_owned())),
            }
        }
        "ORC" | "AVRO" => Err(AthenaError::not_supported(format!(
            "this sandbox cannot write {name} files"
        ))),
        other => Err(invalid(format!(
            "'{other}' is no format: use ORC, PARQUET, AVRO, JSON or TEXTFILE"
        ))),
    }
}
