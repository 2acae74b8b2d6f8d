//! A data catalogue in memory: what the metadata calls of Athena, the Glue API and the SQL
//! engine share.
//!
//! A [`Metastore`] holds catalogues: the account's own, `AwsDataCatalog`, and one for each
//! S3 Tables bucket. A [`Catalog`] holds databases, tables with their versions, and
//! partitions. Names are compared and kept in lower case. Datasets are mounted, not copied:
//! see [`ReadOnlyTables`].

mod catalog;
mod error;
mod filter;
mod model;
mod partitions;
mod tables;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

pub use catalog::{Catalog, ReadOnlyTables};
pub use error::MetastoreError;
pub use filter::PartitionFilter;
pub use model::{Column, Database, Parameters, Partition, Serde, StorageDescriptor, Table};

use crate::service::ACCOUNT;

/// The name of the account's own catalogue.
pub const DEFAULT_CATALOG: &str = "AwsDataCatalog";

/// The catalogue that holds one for each S3 Tables bucket.
pub const S3_TABLES: &str = "s3tablescatalog";

/// All catalogues of the account.
#[derive(Debug)]
pub struct Metastore {
    own: Arc<Catalog>,
    /// By bucket.
    s3_tables: RwLock<BTreeMap<String, Arc<Catalog>>>,
}

impl Default for Metastore {
    fn default() -> Self {
        Self::new()
    }
}

impl Metastore {
    /// `AwsDataCatalog` with an empty database `default`.
    #[must_use]
    pub fn new() -> Self {
        let own = Catalog::default();
        own.add_database(Database::new("default"));
        Self {
            own: Arc::new(own),
            s3_tables: RwLock::default(),
        }
    }

    /// The account's own catalogue, `AwsDataCatalog`.
    #[must_use]
    pub fn own(&self) -> &Arc<Catalog> {
        &self.own
    }

    /// A catalogue by any of its names: `AwsDataCatalog` in any case, the account's number,
    /// `s3tablescatalog/<bucket>`, with or without `<account>:` before it.
    #[must_use]
    pub fn catalog(&self, name: &str) -> Option<Arc<Catalog>> {
        let local = name
            .strip_prefix(ACCOUNT)
            .and_then(|rest| rest.strip_prefix(':'))
            .unwrap_or(name);
        if local.eq_ignore_ascii_case(DEFAULT_CATALOG) || local == ACCOUNT {
            return Some(Arc::clone(&self.own));
        }
        let bucket = local.strip_prefix(S3_TABLES)?.strip_prefix('/')?;
        self.s3_tables
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(bucket)
            .cloned()
    }

    /// Adds an S3 Tables bucket, and so the catalogue `s3tablescatalog/<bucket>`.
    pub fn add_s3_tables_bucket(&self, bucket: &str) -> Arc<Catalog> {
        Arc::clone(
            self.s3_tables
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .entry(bucket.to_owned())
                .or_default(),
        )
    }

    /// The names of the S3 Tables buckets.
    #[must_use]
    pub fn s3_tables_buckets(&self) -> Vec<String> {
        self.s3_tables
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .keys()
            .cloned()
            .collect()
    }
}
