//! OPTIMIZE and VACUUM of Iceberg tables.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use datafusion::sql::sqlparser::ast;

use super::iceberg::{publish, replace};
use super::insert::{Insert, table_of, target};
use super::write;
use crate::engine::{Failure, Host, Query, Refusal, Summary};
use crate::metastore::Table;
use crate::sql::ddl::{Cursor, Name};
use crate::sql::failure::{AthenaError, NoPositions, translate};
use crate::sql::lake::{DataFile, Metadata, is_iceberg};
use crate::sql::plan::logical_plan;
use crate::sql::scope::Scope;
use crate::sql::statement::parse_query;
use crate::sql::tokens::{prepare, tokenize};
use crate::sql::unload::location;
use crate::sql::write::Target;

/// Snapshots younger than this are kept unless the table says otherwise: five days.
const MAX_AGE: u64 = 432_000;

/// A statement that keeps a table in shape.
#[derive(Debug, Clone)]
pub(in crate::sql) enum Maintenance {
    /// With its condition, as a query of the table's rows.
    Optimize(Name, Box<ast::Query>),
    Vacuum(Name),
}

/// Parses `OPTIMIZE name REWRITE DATA USING BIN_PACK [WHERE condition]`.
pub(in crate::sql) fn parse_optimize(mut cursor: Cursor<'_>) -> Result<Maintenance, Refusal> {
    cursor.expect(&["OPTIMIZE"])?;
    let from = cursor.at;
    let name = cursor.name()?;
    let mut tokens = tokenize("SELECT * FROM")?;
    tokens.extend_from_slice(cursor.tokens.get(from..cursor.at).unwrap_or_default());
    cursor.expect(&["REWRITE", "DATA", "USING", "BIN_PACK"])?;
    if !cursor.is_done() {
        let rest = cursor.at;
        cursor.expect(&["WHERE"])?;
        tokens.extend_from_slice(cursor.tokens.get(rest..).unwrap_or_default());
    }
    prepare(&mut tokens);
    let query = parse_query(tokens, cursor.end)?;
    Ok(Maintenance::Optimize(name, query))
}

/// Parses `VACUUM name`.
pub(in crate::sql) fn parse_vacuum(mut cursor: Cursor<'_>) -> Result<Maintenance, Refusal> {
    cursor.expect(&["VACUUM"])?;
    let name = cursor.name()?;
    cursor.done()?;
    Ok(Maintenance::Vacuum(name))
}

/// Runs the statement.
pub(in crate::sql) async fn run(
    scope: &Scope,
    maintenance: Maintenance,
    query: &Query,
    host: &Host,
) -> Result<Summary, Failure> {
    let (Maintenance::Optimize(name, _) | Maintenance::Vacuum(name)) = &maintenance;
    // A catalogue that is not there is not looked at.
    let query = Query {
        catalog: None,
        ..query.clone()
    };
    let scope = &scope.holding(name);
    let (database, table) = table_of(scope, name, &query)?;
    // S3 Tables keeps its tables in shape itself.
    if !is_iceberg(&table) || scope.is_s3_tables() {
        let message = "This connector does not support table procedures";
        return Err(AthenaError::not_supported(message).into());
    }
    match maintenance {
        Maintenance::Optimize(name, condition) => {
            // What the condition says must be right, but files know no conditions here.
            logical_plan(scope, condition, 0, &query).await?;
            optimize(scope, (&database, &table), name, &query, host).await
        }
        Maintenance::Vacuum(_) => vacuum(scope, &database, &table),
    }
}

/// Writes all rows anew, in as few files as it takes.
async fn optimize(
    scope: &Scope,
    (database, table): (&str, &Table),
    name: Name,
    query: &Query,
    host: &Host,
) -> Result<Summary, Failure> {
    let metadata = read(host, table)?;
    if metadata.files().len() < 2 {
        return Ok(Summary::default());
    }
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let sql = format!("SELECT * FROM {}.{}", quoted(database), quoted(&table.name));
    let internal = |refusal: Refusal| AthenaError::new("GENERIC_INTERNAL_ERROR", refusal.message);
    let tokens = tokenize(&sql).map_err(internal)?;
    let end = datafusion::sql::sqlparser::tokenizer::Location::new(1, 1);
    let all = parse_query(tokens, end).map_err(internal)?;
    let analyzed = logical_plan(scope, all, 0, query).await?;
    let fitted = Insert::named(name, Vec::new()).fit(table, analyzed)?;
    let planned = fitted.physical().await?;
    let packed = Target {
        packed: true,
        ..target(table)?
    };
    let filled = write(&scope.shared, &planned, &packed, host).await?;
    replace(scope, (database, table), "replace", &filled.written.files)?;
    Ok(Summary {
        data_scanned_in_bytes: filled.read,
        stages: Some(filled.stages),
        ..Summary::default()
    })
}

/// Forgets old snapshots, and removes the files that no other knows.
fn vacuum(scope: &Scope, database: &str, table: &Table) -> Result<Summary, Failure> {
    let host = &scope.host;
    let mut metadata = read(host, table)?;
    let number = |key: &str, otherwise: u64| {
        let text = table.parameters.get(key);
        text.and_then(|text| text.trim().parse().ok())
            .unwrap_or(otherwise)
    };
    let age = Duration::from_secs(number("vacuum_max_snapshot_age_seconds", MAX_AGE));
    let kept = usize::try_from(number("vacuum_min_snapshots_to_keep", 1)).unwrap_or(usize::MAX);
    let oldest = SystemTime::now().checked_sub(age);
    let oldest = oldest.unwrap_or(SystemTime::UNIX_EPOCH);
    let millis = oldest
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis());
    let expired = metadata
        .snapshots
        .iter()
        .take_while(|snapshot| u128::try_from(snapshot.time).unwrap_or(0) < millis)
        .count()
        .min(metadata.snapshots.len().saturating_sub(kept.max(1)));
    if expired > 0 {
        metadata.snapshots.drain(..expired);
        publish(scope, (database, table), metadata.clone())?;
    }
    let known: BTreeSet<String> = metadata
        .snapshots
        .iter()
        .flat_map(|snapshot| &snapshot.files)
        .map(DataFile::uri)
        .collect();
    let uri = table.storage.location.as_deref().unwrap_or_default();
    let Some((bucket, folder)) = location(uri) else {
        return Ok(Summary::default());
    };
    let failed =
        |error: std::io::Error| AthenaError::new("ICEBERG_FILESYSTEM_ERROR", error.to_string());
    let data = format!("{folder}data/");
    for object in host.objects.list(bucket, &data).map_err(failed)? {
        let uri = format!("s3://{bucket}/{}", object.key);
        let file = host.objects.open(bucket, &object.key);
        let modified = file.and_then(|file| file.metadata()?.modified());
        // A file of a commit that is under way is young.
        if !known.contains(&uri) && modified.is_ok_and(|modified| modified <= oldest) {
            host.objects.remove(bucket, &object.key).map_err(failed)?;
        }
    }
    Ok(Summary::default())
}

fn read(host: &Host, table: &Table) -> Result<Metadata, Failure> {
    let metadata = Metadata::read(host, table);
    metadata.map_err(|error| translate(&error, &NoPositions).into())
}
