//! Catalogues: the account's own, and those of S3 Tables buckets below `s3tablescatalog`.

use serde_json::{Value, json};

use super::{check_lengths, name};
use crate::athena::input::Input;
use crate::athena::paging::{self, with_token};
use crate::error::ApiError;
use crate::metastore::S3_TABLES;
use crate::service::{ACCOUNT, Service};

pub(super) fn list(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let parent = input.string("ParentCatalogId")?;
    check_lengths(&[("ParentCatalogId", parent, 1)])?;
    let recursive = input.boolean("Recursive")? == Some(true);
    let buckets = service.metastore.s3_tables_buckets();
    let nested = || buckets.iter().map(|bucket| bucket_catalog(bucket));
    let mut all = Vec::new();
    match parent.map(local) {
        None | Some("") => {
            if input.boolean("IncludeRoot")? == Some(true) {
                all.push(root());
            }
            if !buckets.is_empty() {
                all.push(s3_tables());
            }
            if recursive {
                all.extend(nested());
            }
        }
        Some(S3_TABLES) if !buckets.is_empty() => all.extend(nested()),
        Some(name) if service.metastore.catalog(name).is_some() => {}
        Some(name) => return Err(not_found(name)),
    }
    if input.boolean("HasDatabases")? == Some(true) {
        all.retain(|catalog| catalog["Name"] != S3_TABLES);
    }
    let (page, next) = paging::page(input, "GetCatalogs", 1, 1000, all)?;
    Ok(with_token(json!({"CatalogList": page}), next))
}

pub(super) fn get(service: &Service, input: Input<'_>) -> Result<Value, ApiError> {
    let id = name(input, "CatalogId")?;
    let buckets = service.metastore.s3_tables_buckets();
    let catalog = match local(id) {
        "" => root(),
        S3_TABLES if !buckets.is_empty() => s3_tables(),
        name => {
            let bucket = name
                .strip_prefix(S3_TABLES)
                .and_then(|rest| rest.strip_prefix('/'));
            match buckets.iter().find(|known| bucket == Some(known)) {
                Some(bucket) => bucket_catalog(bucket),
                None => return Err(not_found(id)),
            }
        }
    };
    Ok(json!({"Catalog": catalog}))
}

fn not_found(id: &str) -> ApiError {
    ApiError::entity_not_found(format!("Catalog {id} not found."))
}

/// An id without the account's number: nothing is left of the root's.
fn local(id: &str) -> &str {
    match id.strip_prefix(ACCOUNT) {
        Some(rest) => rest.strip_prefix(':').unwrap_or(rest),
        None => id,
    }
}

fn arn(path: &str) -> String {
    format!("arn:aws:glue:us-east-1:{ACCOUNT}:catalog{path}")
}

fn root() -> Value {
    json!({"CatalogId": ACCOUNT, "Name": ACCOUNT, "ResourceArn": arn("")})
}

fn s3_tables() -> Value {
    json!({
        "CatalogId": format!("{ACCOUNT}:{S3_TABLES}"),
        "Name": S3_TABLES,
        "ResourceArn": arn(&format!("/{S3_TABLES}")),
        "FederatedCatalog": {
            "Identifier": format!("arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/*"),
            "ConnectionName": "aws:s3tables",
        },
    })
}

fn bucket_catalog(bucket: &str) -> Value {
    json!({
        "CatalogId": format!("{ACCOUNT}:{S3_TABLES}/{bucket}"),
        "Name": bucket,
        "ResourceArn": arn(&format!("/{S3_TABLES}/{bucket}")),
        "FederatedCatalog": {
            "Identifier": format!("arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/{bucket}"),
            "ConnectionName": "aws:s3tables",
        },
    })
}
