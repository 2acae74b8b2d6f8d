//! Tables of the data catalogue: their files in S3, read as their definition says.

mod delimited;
mod files;
mod inner_tables;
mod json_lines;
mod objects;
mod parquet;
mod projected_dates;
mod projection;
mod provider;
mod prune;
mod snapshots;
mod table;
mod text;
mod values;

pub(super) use files::{DataFile, partition_location};
pub(super) use inner_tables::{has as has_inner, open as open_inner, split as split_inner};
pub(super) use objects::{Buckets, QueryStores};
pub(super) use provider::open;
pub(super) use snapshots::{Metadata, Moment, Snapshot};
pub(super) use table::{
    CURRENT, Form, STORED_AS, columns_of, form_of, is_current, is_iceberg, stored_as,
};
