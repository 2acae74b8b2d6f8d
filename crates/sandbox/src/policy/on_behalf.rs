//! What Athena does with its caller's rights: read the catalogue and the data, and write and
//! read results.

use std::collections::BTreeSet;

use super::access::{bucket_arn, object_arn};
use super::{Access, Denied, glue, references};
use crate::engine::{Failure, StatementType};
use crate::error::ApiError;
use crate::execution::{Execution, Place};
use crate::metastore::{DEFAULT_CATALOG, S3_TABLES, Table};
use crate::service::Service;
use crate::store::parse_s3_uri;

/// Asks at the start for the bucket of the result.
pub(crate) fn may_start(access: Access<'_>, place: Option<&Place>) -> Result<(), ApiError> {
    let Some(place) = place else {
        return Ok(());
    };
    access
        .via_athena()
        .may("s3:GetBucketLocation", &bucket_arn(&place.bucket))
        .map_err(|_denied| {
            ApiError::invalid_input(format!(
                "Unable to verify/create output bucket {}",
                place.bucket
            ))
        })
}

/// Asks for the result object, or for managed results.
pub(crate) fn may_read_results(access: Access<'_>, execution: &Execution) -> Result<(), ApiError> {
    let access = access.via_athena();
    let asked = match &execution.place {
        Some(place) => access.may("s3:GetObject", &object_arn(&place.bucket, &place.key)),
        None => {
            let group = format!("workgroup/{}", execution.work_group);
            access.may(
                "athena:GetQueryResultsStream",
                &access.arn("athena", &group),
            )
        }
    };
    asked.map_err(|denied| ApiError::access_denied(&denied))
}

/// True if an earlier result may be read and so reused.
pub(crate) fn may_reuse(access: Access<'_>, place: &Place) -> bool {
    access
        .via_athena()
        .may("s3:GetObject", &object_arn(&place.bucket, &place.key))
        .is_ok()
}

/// Asks for the metadata behind Athena's own metadata calls.
pub(crate) fn may_read_metadata(
    access: Access<'_>,
    operation: &str,
    (database, table): (Option<&str>, Option<&str>),
) -> Result<(), ApiError> {
    let asked = match operation {
        "ListDatabases" => ("GetDatabases", None, None),
        "GetDatabase" => ("GetDatabase", database, None),
        "ListTableMetadata" => ("GetTables", database, Some("*")),
        _ => ("GetTable", database, table),
    };
    let (operation, database, table) = asked;
    glue::may(&access.via_athena(), operation, "", (database, table))
        .map_err(|denied| ApiError::access_denied(&denied))
}

/// Asks for everything a statement needs once it runs.
pub(crate) async fn may_run(
    service: &Service,
    access: Access<'_>,
    execution: &Execution,
) -> Result<(), Failure> {
    if access.is_open() {
        return Ok(());
    }
    let access = access.via_athena();
    let may_see = |operation: &str, database: Option<&str>, table: Option<&str>| {
        glue::may(&access, operation, "", (database, table)).map_err(no_metadata)
    };
    let nested = execution.query.catalog.as_deref().map(str::to_lowercase);
    let nested = nested.filter(|name| name.starts_with(S3_TABLES));
    // Every statement looks at the database `default`.
    may_see("GetDatabase", Some("default"), None)?;
    let context = execution.query.database.as_deref().unwrap_or("default");
    if nested.is_none() {
        may_see("GetDatabase", Some(context), None)?;
    }
    let own = service.metastore.own();
    let names = references::tables(&execution.query.sql);
    // Views are read with the rights of whoever asks, down to the tables inside them.
    let mut texts = vec![(context.to_owned(), execution.query.sql.clone())];
    let reads = execution.kind.statement_type == StatementType::Dml
        || matches!(
            execution.kind.substatement_type,
            "CREATE_TABLE_AS_SELECT" | "CREATE_VIEW"
        );
    let mut views = BTreeSet::new();
    while let Some((context, text)) = texts.pop() {
        for name in references::tables(&text) {
            // Names of an S3 Tables bucket are asked for there.
            let (database, table) = match name.as_slice() {
                [_] | [_, _] if nested.is_some() => continue,
                [table] => (context.as_str(), table),
                [database, table] => (database.as_str(), table),
                [catalog, database, table] if catalog.eq_ignore_ascii_case(DEFAULT_CATALOG) => {
                    (database.as_str(), table)
                }
                _ => continue,
            };
            // Of `t$files` and the like, the table itself.
            let table = table.split('$').next().unwrap_or_default();
            // What is not there needs no rights.
            let Ok(described) = own.table(database, table).await else {
                continue;
            };
            may_see("GetDatabase", Some(database), None)?;
            may_see("GetTable", Some(database), Some(table))?;
            if !described.partition_keys.is_empty() {
                may_see("GetPartitions", Some(database), Some(table))?;
                may_see("BatchGetPartition", Some(database), Some(table))?;
            }
            may_read_data(&access, &described)?;
            if reads
                && views.insert((database.to_owned(), table.to_owned()))
                && let Some(definition) = described.view_definition()
                && let Some(inside) = definition["originalSql"].as_str()
            {
                let schema = definition["schema"].as_str().unwrap_or("default");
                texts.push((schema.to_lowercase(), inside.to_owned()));
            }
        }
    }
    let target = definition(execution.kind.substatement_type);
    if let Some(operation) = target {
        let (database, table) = defined(operation, names.first(), context);
        may_see(operation, Some(database), table)?;
    }
    may_write(&access, execution)
}

/// The database, and the table if it is about one, that a statement defines.
fn defined<'a>(
    operation: &str,
    name: Option<&'a Vec<String>>,
    context: &'a str,
) -> (&'a str, Option<&'a str>) {
    let last = name.and_then(|parts| parts.last()).map(String::as_str);
    if operation.ends_with("Database") {
        return (last.unwrap_or(context), None);
    }
    let before = name.and_then(|parts| parts.iter().rev().nth(1));
    (before.map_or(context, String::as_str), last)
}

/// What Glue is asked for by statements that define something.
fn definition(substatement: &str) -> Option<&'static str> {
    Some(match substatement {
        "CREATE_TABLE" | "CREATE_TABLE_AS_SELECT" | "CREATE_VIEW" => "CreateTable",
        "CREATE_DATABASE" => "CreateDatabase",
        "DROP_DATABASE" => "DeleteDatabase",
        "DROP_TABLE" | "DROP_VIEW" => "DeleteTable",
        "MSCK_REPAIR" | "ALTER_TABLE_ADD_PARTITION" => "BatchCreatePartition",
        "ALTER_TABLE_DROP_PARTITION" => "BatchDeletePartition",
        "SHOW_DATABASES" => "GetDatabases",
        "SHOW_TABLES" | "SHOW_VIEWS" => "GetTables",
        name if name.starts_with("ALTER_TABLE") => "UpdateTable",
        _ => return None,
    })
}

/// The data of a table: its bucket to list, its objects to read.
fn may_read_data(access: &Access<'_>, table: &Table) -> Result<(), Failure> {
    let Some((location, (bucket, key))) = table
        .storage
        .location
        .as_deref()
        .and_then(|location| Some((location, parse_s3_uri(location)?)))
    else {
        return Ok(());
    };
    let refused = |denied: Denied| Failure {
        reason: format!("Permission denied on S3 path: {location} ({denied})"),
        message: None,
        error_category: 2,
        error_type: 1501,
        retryable: false,
    };
    access
        .clone()
        .with("s3:prefix", key)
        .may("s3:ListBucket", &bucket_arn(bucket))
        .map_err(refused)?;
    let slash = if key.is_empty() || key.ends_with('/') {
        ""
    } else {
        "/"
    };
    access
        .may(
            "s3:GetObject",
            &object_arn(bucket, &format!("{key}{slash}*")),
        )
        .map_err(refused)
}

fn may_write(access: &Access<'_>, execution: &Execution) -> Result<(), Failure> {
    let Some(place) = &execution.place else {
        return Ok(());
    };
    access
        .may("s3:PutObject", &object_arn(&place.bucket, &place.key))
        .map_err(|denied| Failure {
            reason: format!(
                "Access denied when writing output to url: {} . Please ensure you are allowed to access the S3 bucket. \
                 If you are encrypting query results with KMS key, please ensure you are allowed to access your KMS \
                 key ({denied})",
                place.uri()
            ),
            message: None,
            error_category: 2,
            error_type: 401,
            retryable: false,
        })
}

fn no_metadata(denied: Denied) -> Failure {
    Failure {
        reason: format!(
            "Insufficient permissions to execute the query. {denied} (Service: AmazonDataCatalog; Status Code: 400; Error \
             Code: AccessDeniedException)"
        ),
        message: None,
        error_category: 2,
        error_type: 1500,
        retryable: false,
    }
}
