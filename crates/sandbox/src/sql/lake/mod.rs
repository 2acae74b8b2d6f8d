//! Tables of the data catalogue: their files in S3, read as their definition says.

mod delimited;
mod files;
mod json_lines;
mod objects;
mod parquet;
mod table;
mod text;
mod values;

pub(super) use files::{DataFile, data_files, partition_location};
pub(super) use objects::{Buckets, QueryStores};
pub(super) use table::{Form, columns_of, form_of, is_iceberg, open};
