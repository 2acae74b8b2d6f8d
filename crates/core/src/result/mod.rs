//! Where the rows of a finished query come from.
//!
//! | Result | Source |
//! |---|---|
//! | an UNLOAD, sent in a query's place | [`unload`]: its Parquet files |
//! | a `.csv` object that S3 can hand out in clear | [`csv`]: parallel ranged reads |
//! | managed results, CSE_KMS, `.txt`, an object that may not be read | [`pages`]: GetQueryResults |
//! | DDL, DML | no rows: an update count |
//!
//! Every source yields the same schema and the same values for the same query. A source is
//! pulled by the caller's thread, which decodes; what it needs is fetched ahead on the
//! runtime's threads, bounded by bytes.

mod csv;
mod download;
mod layout;
mod pages;
mod paging;
mod unload;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;

use crate::client::{AthenaApi, ObjectApi, PageRow, ResultPage, S3Location};
use crate::decode::BatchLimits;
use crate::error::{ErrorKind, Result};
use crate::options::{Config, ResultFetcher};
use crate::query::{CancelHandle, QueryExecution};
use crate::types::{AthenaType, Column, schema_as};
use download::Download;
pub(crate) use layout::Described;
use layout::Layout;
pub(crate) use unload::{Folder, Unload};

/// Most rows a page of GetQueryResults can have.
const MAX_PAGE_ROWS: usize = 1000;

/// Rows of a result, batch by batch. Blocks the thread that asks, which must not be one of
/// the runtime's.
pub(crate) trait BatchSource: Send {
    /// The next batch; `None` at the end.
    fn next_batch(&mut self) -> Result<Option<RecordBatch>>;
}

/// A result ready to be read.
pub(crate) struct Opened {
    pub(crate) columns: Arc<[Column]>,
    pub(crate) schema: SchemaRef,
    pub(crate) source: Box<dyn BatchSource>,
    pub(crate) update_count: Option<i64>,
}

/// What a source needs to know of the connection.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) athena: Arc<dyn AthenaApi>,
    pub(crate) objects: Arc<dyn ObjectApi>,
    pub(crate) config: Arc<Config>,
    pub(crate) cancel: CancelHandle,
}

impl Access {
    fn page_rows(&self) -> i32 {
        let asked = self.config.fetch_size.unwrap_or(MAX_PAGE_ROWS);
        i32::try_from(asked.clamp(1, MAX_PAGE_ROWS)).unwrap_or(i32::MAX)
    }

    fn batch_limits(&self) -> BatchLimits {
        let mut limits = BatchLimits::default();
        if let Some(rows) = self.config.fetch_size {
            limits.max_rows = limits.max_rows.min(rows.max(1));
            limits.first_batch_rows = limits.first_batch_rows.min(limits.max_rows);
        }
        limits
    }
}

/// What was sent in place of the caller's statement.
#[derive(Clone)]
pub(crate) enum Sent {
    AsItIs,
    /// The query with its nested columns as JSON.
    Typed(Described),
    /// An UNLOAD of the query.
    Unload(Unload),
}

impl Sent {
    /// The columns of the caller's query, if they had to be known.
    pub(crate) fn described(&self) -> Option<&Described> {
        match self {
            Self::AsItIs => None,
            Self::Typed(columns) | Self::Unload(Unload { columns, .. }) => Some(columns),
        }
    }
}

/// Opens the result of a query that SUCCEEDED.
pub(crate) async fn open(
    access: &Access,
    execution: &QueryExecution,
    sent: &Sent,
) -> Result<Opened> {
    let described = match sent {
        Sent::AsItIs => None,
        Sent::Typed(described) => Some(described),
        Sent::Unload(unload) => return unload::open(access, execution, unload).await,
    };
    let from_object = match access.config.fetcher {
        ResultFetcher::GetQueryResults => false,
        ResultFetcher::Auto | ResultFetcher::S3 | ResultFetcher::Unload => {
            execution.has_csv_result() && !execution.client_side_encrypted
        }
    };
    if from_object {
        match open_object(access, execution, described).await {
            Ok(opened) => return Ok(opened),
            // Policies with s3:CalledVia let only Athena read; objects get deleted.
            Err(error)
                if access.config.fetcher != ResultFetcher::S3
                    && matches!(
                        error.kind(),
                        ErrorKind::Unauthorized | ErrorKind::ResultNotFound
                    ) =>
            {
                tracing::info!(%error, "the result object cannot be read; reading pages instead");
            }
            Err(error) => return Err(error),
        }
    }
    open_pages(access, execution, described).await
}

/// Reads the result object. Its header names the columns but not their types, so one row of
/// GetQueryResults is asked for, at the same time as the first bytes. That row is the header
/// once more: an object with another one, say the page of a proxy, is not this result.
async fn open_object(
    access: &Access,
    execution: &QueryExecution,
    described: Option<&Described>,
) -> Result<Opened> {
    let location = S3Location::parse(execution.output_location.as_deref().unwrap_or_default())?;
    let download = Download::start(
        Arc::clone(&access.objects),
        location,
        &access.config.download,
        access.config.max_attempts,
        access.cancel.clone(),
    );
    let id = &execution.query_execution_id;
    let (download, page) = tokio::join!(download, access.athena.get_query_results(id, None, 1));
    let (download, page) = (download?, page?);
    let layout = Layout::of(page.columns.unwrap_or_default(), described)?;
    let header = page.rows.iter().next().map(PageRow::to_owned);
    let limits = access.batch_limits();
    let source = csv::CsvSource::new(download, &layout, limits, header);
    tracing::debug!(query_execution_id = %id, source = "S3", "reading the result");
    Ok(Opened {
        schema: schema_as(&layout.columns, layout.complex),
        columns: layout.columns,
        source: Box::new(source),
        update_count: None,
    })
}

async fn open_pages(
    access: &Access,
    execution: &QueryExecution,
    described: Option<&Described>,
) -> Result<Opened> {
    let id = &execution.query_execution_id;
    let first = access
        .athena
        .get_query_results(id, None, access.page_rows())
        .await?;
    let update_count = first.update_count;
    let layout = Layout::of(columns_of(execution, &first), described)?;
    tracing::debug!(query_execution_id = %id, source = "GetQueryResults", "reading the result");
    let schema = schema_as(&layout.columns, layout.complex);
    if layout.columns.is_empty() {
        return Ok(Opened {
            columns: layout.columns,
            schema,
            source: Box::new(NoRows),
            update_count,
        });
    }
    let source = pages::PageSource::start(
        access.clone(),
        id.clone(),
        &layout,
        first,
        execution.has_header_row(),
    );
    Ok(Opened {
        columns: layout.columns,
        schema,
        source: Box::new(source),
        // Queries answer an update count of 0 as well, which counts nothing.
        update_count: None,
    })
}

/// The columns of what the statement yields: none for statements that only count rows.
fn columns_of(execution: &QueryExecution, first: &ResultPage) -> Vec<Column> {
    let counts_only = matches!(
        execution.substatement_type.as_deref(),
        Some("INSERT" | "UPDATE" | "DELETE" | "MERGE" | "CREATE_TABLE_AS_SELECT" | "UNLOAD")
    );
    if counts_only {
        return Vec::new();
    }
    let columns = first.columns.clone().unwrap_or_default();
    let has_text = first.rows.iter().any(|row| !row.is_empty());
    if columns.is_empty() && has_text {
        // MSCK REPAIR TABLE answers lines of text and no column to hold them.
        return vec![Column::new("result", AthenaType::Varchar(None))];
    }
    columns
}

/// The result of a statement that has no rows.
struct NoRows;

impl BatchSource for NoRows {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        Ok(None)
    }
}
