//! Data files: what UNLOAD and the statements that fill tables leave in S3.

mod columns;
mod json;
mod lanes;
mod parquet;
mod partition;
mod shred;
mod text;

pub(super) use columns::{
    CTAS_ERRORS, OutputColumn, UNLOAD_ERRORS, check_columns, check_iceberg_columns,
};
pub(super) use lanes::write_all;
pub(super) use partition::{NULL_PARTITION, partition_name};

use std::fs::File;

use datafusion::arrow::array::ArrayRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::parquet::basic::Compression;

/// Receives the rows of one file.
trait FileWriter: Send {
    /// Adds rows, a column each.
    fn write(&mut self, columns: &[ArrayRef]) -> Result<()>;
    /// Completes the file.
    fn finish(self: Box<Self>) -> Result<()>;
}

/// The form of data files.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum DataFormat {
    /// Parquet with a codec.
    Parquet(Compression),
    /// A JSON object a line, with gzip.
    Json,
    /// Values between delimiters, with gzip.
    Text {
        /// What stands between two columns.
        delimiter: char,
    },
}

impl DataFormat {
    /// The Parquet form with a codec by name and level; `None` for a codec that it has not.
    pub(super) fn parquet(codec: &str, level: Option<i64>) -> Option<Self> {
        parquet::compression(codec, level).map(Self::Parquet)
    }

    /// What file names end with.
    fn suffix(self) -> &'static str {
        match self {
            Self::Parquet(_) => "",
            Self::Json | Self::Text { .. } => ".gz",
        }
    }

    fn create(self, file: File, columns: &[OutputColumn]) -> Result<Box<dyn FileWriter>> {
        Ok(match self {
            Self::Parquet(codec) => Box::new(parquet::ParquetFile::new(file, columns, codec)?),
            Self::Json => Box::new(json::JsonFile::new(file, columns)),
            Self::Text { delimiter } => Box::new(text::TextFile::new(file, columns, delimiter)),
        })
    }
}

/// Where files go and what they hold.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// The bucket.
    pub(super) bucket: String,
    /// The folder; empty, or with `/` at its end.
    pub(super) folder: String,
    /// Columns, those that make the partitions last.
    pub(super) columns: Vec<OutputColumn>,
    /// How many columns make the partitions.
    pub(super) partitioned_by: usize,
    /// Whether there are to be as few files as it takes.
    pub(super) packed: bool,
    /// The form of the files.
    pub(super) format: DataFormat,
}

/// What was written.
#[derive(Debug, Clone, Default)]
pub(super) struct Written {
    /// URIs of the files.
    pub(super) files: Vec<String>,
    /// Names of the partitions, such as `p=1/q=2`.
    pub(super) partitions: Vec<String>,
    /// Rows in them.
    pub(super) rows: i64,
}

fn internal(text: impl Into<String>) -> DataFusionError {
    DataFusionError::Internal(text.into())
}
