//! Rows from GetQueryResults, the next page fetched while this one is decoded.

use std::sync::{Arc, mpsc};

use arrow::record_batch::RecordBatch;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::paging::Paging;
use super::{Access, BatchSource, Layout};
use crate::client::ResultPage;
use crate::decode::RowDecoder;
use crate::error::{Error, ErrorKind, Result};
use crate::query::CancelHandle;

/// Pages in memory: the one being decoded and the next.
const PAGES_IN_MEMORY: usize = 2;

struct Fetched {
    page: ResultPage,
    _place: Option<OwnedSemaphorePermit>,
}

/// Decodes pages as the caller asks for batches.
pub(super) struct PageSource {
    pages: mpsc::Receiver<Result<Fetched>>,
    decoder: RowDecoder,
    skip_header: bool,
    cancel: CancelHandle,
    at_end: bool,
}

impl PageSource {
    /// Goes on from the first page. Runs on the runtime.
    pub(super) fn start(
        access: Access,
        query_execution_id: String,
        layout: &Layout,
        first: ResultPage,
        has_header_row: bool,
    ) -> Self {
        let (sender, pages) = mpsc::channel();
        let cancel = access.cancel.clone();
        let decoder = RowDecoder::new(
            Arc::clone(&layout.columns),
            layout.complex,
            access.batch_limits(),
        );
        tokio::spawn(fetch(access, query_execution_id, first, sender));
        Self {
            pages,
            decoder,
            skip_header: has_header_row,
            cancel,
            at_end: false,
        }
    }

    fn take_page(&mut self, page: &ResultPage) -> Result<()> {
        // The header is the first row of the first page only, but that page may be empty.
        let mut rows = page.rows.iter();
        if self.skip_header && rows.next().is_some() {
            self.skip_header = false;
        }
        for row in rows {
            self.decoder.push_row(row.cells())?;
        }
        Ok(())
    }
}

impl BatchSource for PageSource {
    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.decoder.next_batch() {
                return Ok(Some(batch));
            }
            if self.at_end {
                return Ok(None);
            }
            if self.cancel.is_cancelled() {
                return Err(CancelHandle::error());
            }
            match self.pages.recv() {
                Ok(fetched) => {
                    let fetched = fetched?;
                    self.take_page(&fetched.page)?;
                    if fetched.page.next_token.is_none() {
                        self.at_end = true;
                        self.decoder.flush()?;
                    }
                }
                Err(_) if self.cancel.is_cancelled() => return Err(CancelHandle::error()),
                Err(source) => {
                    let error = Error::new(ErrorKind::Internal, "the pages ended early");
                    return Err(error.with_source(source));
                }
            }
        }
    }
}

/// Fetches page after page until there is no token; an empty page is a page.
async fn fetch(
    access: Access,
    query_execution_id: String,
    first: ResultPage,
    sender: mpsc::Sender<Result<Fetched>>,
) {
    let places = Arc::new(Semaphore::new(PAGES_IN_MEMORY));
    let max_rows = access.page_rows();
    let mut paging = Paging::default();
    let all = async {
        let mut token = first.next_token.clone();
        let mut next = Ok(Fetched {
            page: first,
            _place: None,
        });
        loop {
            if sender.send(next).is_err() {
                return;
            }
            let Some(next_token) = token.take() else {
                return;
            };
            if let Err(error) = paging.follow(&next_token, "the result") {
                // Fails only when nobody reads any more.
                drop(sender.send(Err(error)));
                return;
            }
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            let id = &query_execution_id;
            let page = access
                .athena
                .get_query_results(id, Some(next_token), max_rows)
                .await;
            next = match page {
                Ok(page) => {
                    token.clone_from(&page.next_token);
                    Ok(Fetched {
                        page,
                        _place: Some(place),
                    })
                }
                Err(error) => Err(error),
            };
        }
    };
    tokio::select! {
        () = access.cancel.cancelled() => {}
        () = all => {}
    }
}
