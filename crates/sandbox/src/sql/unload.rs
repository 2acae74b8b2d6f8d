//! `UNLOAD (query) TO 's3://…' WITH (…)`.

use datafusion::sql::sqlparser::ast;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan};

use super::failure::{AthenaError, translate};
use super::fill::write;
use super::plan::Planned;
use super::properties::{Properties, Property, is, unexpected};
use super::session::Shared;
use super::statement::parse_query;
use super::tokens::{closing, prepare, word};
use super::write::{DataFormat, Target, UNLOAD_ERRORS, check_columns};
use crate::engine::{Failure, Host, Query, Refusal, Summary};

/// An UNLOAD statement.
#[derive(Debug)]
pub(super) struct Unload {
    /// Where the files go.
    pub(super) to: String,
    /// `format` and more.
    pub(super) properties: Properties,
}

/// Parses the statement; answers it, its query, and the count of `?` in that.
///
/// # Errors
/// Where the text is no such statement.
pub(super) fn parse(
    tokens: &[TokenWithSpan],
    end: Location,
) -> Result<(Unload, Box<ast::Query>, usize), Refusal> {
    if !is(tokens, 1, &Token::LParen) {
        return Err(unexpected(tokens, 1, end, "'('"));
    }
    let Some(close) = closing(tokens, 1) else {
        return Err(unexpected(tokens, tokens.len(), end, "')'"));
    };
    if !matches!(
        word(tokens, 2).as_str(),
        "SELECT" | "WITH" | "VALUES" | "TABLE" | "("
    ) {
        return Err(unexpected(tokens, 2, end, "<query>"));
    }
    let mut inner = tokens.get(2..close).unwrap_or_default().to_vec();
    let placeholders = prepare(&mut inner);
    let inner_end = tokens.get(close).map_or(end, |token| token.span.start);
    let query = parse_query(inner, inner_end)?;
    if word(tokens, close + 1) != "TO" {
        return Err(unexpected(tokens, close + 1, end, "'TO'"));
    }
    let to = match tokens.get(close + 2).map(|token| &token.token) {
        Some(Token::SingleQuotedString(location)) => location.clone(),
        _ => return Err(unexpected(tokens, close + 2, end, "<string>")),
    };
    if word(tokens, close + 3) != "WITH" {
        return Err(unexpected(tokens, close + 3, end, "'WITH'"));
    }
    let (properties, rest) = Properties::parse(tokens, close + 4, end)?;
    if rest < tokens.len() {
        return Err(unexpected(tokens, rest, end, "<EOF>"));
    }
    Ok((Unload { to, properties }, query, placeholders))
}

/// Runs the statement.
pub(super) async fn run(
    shared: &Shared,
    unload: &Unload,
    planned: Planned,
    query: &Query,
    host: &Host,
) -> Result<Summary, Failure> {
    let told = |error| Failure::from(translate(&error, &planned.positions));
    let columns = check_columns(planned.outputs(), UNLOAD_ERRORS)?;
    let partitioned_by = partition_columns(&unload.properties, &columns)?;
    let format = format(&unload.properties)?;
    let Some((bucket, folder)) = location(&unload.to) else {
        return Err(AthenaError::new(
            "INVALID_TABLE_PROPERTY",
            format!("UNLOAD location '{}' is not an S3 location", unload.to),
        )
        .into());
    };
    let listed = host.objects.list(bucket, &folder);
    let taken = listed.map_err(|error| told(error.into()))?;
    if partitioned_by == 0 && !taken.is_empty() {
        let database = query.database.as_deref().unwrap_or("default");
        let id = host.execution_id.replace('-', "_");
        return Err(AthenaError::new(
            "HIVE_PATH_ALREADY_EXISTS",
            format!(
                "Target directory for table '{database}.temp_table_{id}' already exists: {}. You may need to manually \
                 clean the data at location '{}' before retrying. Athena will not delete data in your account.",
                unload.to, unload.to
            ),
        )
        .into());
    }
    let target = Target {
        bucket: bucket.to_owned(),
        folder,
        columns,
        partitioned_by,
        packed: false,
        format,
    };
    let filled = write(shared, &planned, &target, host).await?;
    Ok(Summary {
        files: filled.written.files,
        update_count: Some(filled.written.rows),
        data_scanned_in_bytes: filled.read,
        stages: Some(filled.stages),
        ..Summary::default()
    })
}

/// Bucket and folder of an S3 location.
pub(super) fn location(uri: &str) -> Option<(&str, String)> {
    let (bucket, folder) = crate::store::parse_s3_uri(uri)?;
    let folder = folder.trim_end_matches('/');
    Some(if folder.is_empty() {
        (bucket, String::new())
    } else {
        (bucket, format!("{folder}/"))
    })
}

/// How many of the last columns make partitions.
pub(super) fn partition_columns(
    properties: &Properties,
    columns: &[super::write::OutputColumn],
) -> Result<usize, AthenaError> {
    let names: Vec<String> = properties
        .list("partitioned_by")
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    let kept = columns.len().saturating_sub(names.len());
    let last: Vec<&str> = columns
        .iter()
        .skip(kept)
        .map(|column| column.name.as_str())
        .collect();
    if let Some(missing) = names
        .iter()
        .find(|name| !columns.iter().any(|column| column.name == **name))
    {
        return Err(AthenaError::new(
            "INVALID_TABLE_PROPERTY",
            format!("Partition columns [{missing}] not present in schema"),
        ));
    }
    if last != names {
        return Err(AthenaError::new(
            "HIVE_COLUMN_ORDER_MISMATCH",
            "Partition keys must be the last columns in the table and in the same order as the table properties: "
                .to_owned()
                + &format!("[{}]", names.join(", ")),
        ));
    }
    if kept == 0 && !names.is_empty() {
        return Err(AthenaError::new(
            "INVALID_TABLE_PROPERTY",
            "Table contains only partition columns",
        ));
    }
    Ok(names.len())
}

/// The form of the files that properties ask for.
///
/// # Errors
/// A format or codec that is none, or that this sandbox cannot write.
pub(super) fn format(properties: &Properties) -> Result<DataFormat, AthenaError> {
    let invalid = |message: String| AthenaError::new("INVALID_TABLE_PROPERTY", message);
    for (name, value) in &properties.0 {
        let valid = match name.as_str() {
            "format" | "compression" | "field_delimiter" => matches!(value, Property::Text(_)),
            "compression_level" => matches!(value, Property::Number(_)),
            "partitioned_by" => matches!(value, Property::List(_)),
            _ => {
                return Err(invalid(format!(
                    "Catalog 'awsdatacatalog' table property '{name}' does not exist"
                )));
            }
        };
        if !valid {
            return Err(invalid(format!(
                "Invalid value for catalog 'awsdatacatalog' table property '{name}'"
            )));
        }
    }
    let Some(name) = properties.text("format") else {
        return Err(invalid("UNLOAD needs the property 'format'".to_owned()));
    };
    let codec = properties.text("compression").map(str::to_uppercase);
    let level = match properties.get("compression_level") {
        Some(Property::Number(level)) => Some(*level),
        _ => None,
    };
    if level.is_some() && codec.as_deref() != Some("ZSTD") {
        return Err(invalid(
            "compression_level is only for the compression ZSTD".to_owned(),
        ));
    }
    let delimiter = properties.text("field_delimiter");
    let name = name.to_uppercase();
    if delimiter.is_some() && name != "TEXTFILE" {
        return Err(invalid(
            "field_delimiter is only for the format TEXTFILE".to_owned(),
        ));
    }
    match name.as_str() {
        "PARQUET" => {
            let codec = codec.as_deref().unwrap_or("GZIP");
            DataFormat::parquet(codec, level).ok_or_else(|| {
                AthenaError::not_supported(format!("Compression {codec} for PARQUET"))
            })
        }
        "JSON" | "TEXTFILE" => {
            if let Some(codec) = codec.filter(|codec| codec != "GZIP") {
                return Err(AthenaError::not_supported(format!(
                    "Compression {codec} for {name}"
                )));
            }
            if name == "JSON" {
                return Ok(DataFormat::Json);
            }
            let mut characters = delimiter.unwrap_or("\u{1}").chars();
            match (characters.next(), characters.next()) {
                (Some(delimiter), None) => Ok(DataFormat::Text { delimiter }),
                _ => Err(invalid("field_delimiter must be one character".to_owned())),
            }
        }
        "ORC" | "AVRO" => Err(AthenaError::not_supported(format!(
            "this sandbox cannot write {name} files"
        ))),
        other => Err(invalid(format!(
            "'{other}' is no format of UNLOAD: use ORC, PARQUET, AVRO, JSON or TEXTFILE"
        ))),
    }
}
