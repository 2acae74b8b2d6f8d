//! Tables made of files.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::error::Result;

use crate::sql::catalog::TableSource;

/// Format of a file, by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `.parquet`
    Parquet,
    /// `.csv`, first line the names, types inferred.
    Csv,
}

impl Format {
    /// The format an extension stands for.
    pub(super) fn of_extension(extension: &str) -> Option<Self> {
        match extension {
            "parquet" => Some(Self::Parquet),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// A file, or a folder of files of one format.
#[derive(Debug)]
pub(super) struct Files {
    /// A URL, or an absolute path; a folder ends with `/`.
    pub(super) location: String,
    /// What the files hold.
    pub(super) format: Format,
}

#[async_trait]
impl TableSource for Files {
    async fn open(&self, session: &dyn Session) -> Result<Arc<dyn TableProvider>> {
        let url = ListingTableUrl::parse(&self.location)?;
        let (format, extension): (Arc<dyn FileFormat>, &str) = match self.format {
            Format::Parquet => (Arc::new(ParquetFormat::default()), ".parquet"),
            Format::Csv => (Arc::new(CsvFormat::default().with_has_header(true)), ".csv"),
        };
        let options = ListingOptions::new(format).with_file_extension(extension);
        let schema = options.infer_schema(session, &url).await?;
        let config = ListingTableConfig::new(url)
            .with_listing_options(options)
            .with_schema(schema);
        Ok(Arc::new(ListingTable::try_new(config)?))
    }
}
