//! The memory of a download: blocks of one size, used again and again.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::error::{Error, ErrorKind, Result};

/// Largest block: each is handed from thread to thread once, and the budget is shared by many
/// ranges.
const MAX_BLOCK_BYTES: usize = 1 << 20;
/// Fewest blocks, where the budget has so many bytes.
const MIN_BLOCKS: usize = 16;
/// One in so many blocks is kept for the range that is handed over next.
const KEPT: usize = 16;

/// All blocks of a download, in use or not.
///
/// Ranges take blocks as their bytes arrive, in any order. The one that is handed over next
/// has some for itself, so that the ones behind it cannot take what the consumer waits for.
pub(super) struct Blocks {
    block_bytes: usize,
    for_any: Arc<Semaphore>,
    for_next: Arc<Semaphore>,
    /// Memory that was in use and is not now.
    free: Mutex<Vec<Vec<u8>>>,
}

/// Some bytes of the object. Its memory is given back on drop.
pub(crate) struct Block {
    bytes: Vec<u8>,
    blocks: Arc<Blocks>,
    _permit: OwnedSemaphorePermit,
}

/// Where the consumer is.
#[derive(Clone, Copy, Default)]
pub(super) struct Reader {
    /// The number of the range that is handed over now, or next.
    pub(super) range: u64,
    /// Whether it has taken all it was given and waits for more.
    pub(super) waits: bool,
}

/// A range's place among those that are handed over in order.
#[derive(Clone)]
pub(super) struct Turn {
    pub(super) number: u64,
    pub(super) reader: watch::Receiver<Reader>,
}

impl Turn {
    /// Waits until this range is next.
    async fn comes(&mut self) {
        self.until(|_| true).await;
    }

    /// Waits until the consumer waits for this range.
    pub(super) async fn is_awaited(&mut self) {
        self.until(|reader| reader.waits).await;
    }

    /// For ever, if nobody reads any more.
    async fn until(&mut self, condition: impl Fn(&Reader) -> bool) {
        let number = self.number;
        let reached = |reader: &Reader| reader.range >= number && condition(reader);
        if self.reader.wait_for(reached).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Blocks {
    /// Blocks of `bytes` bytes in total, of which none is allocated yet.
    pub(super) fn new(bytes: usize) -> Arc<Self> {
        let block_bytes = (bytes / MIN_BLOCKS).clamp(1, MAX_BLOCK_BYTES);
        let count = (bytes / block_bytes).clamp(1, Semaphore::MAX_PERMITS);
        let kept = count.div_ceil(KEPT);
        Arc::new(Self {
            block_bytes,
            for_any: Arc::new(Semaphore::new(count - kept)),
            for_next: Arc::new(Semaphore::new(kept)),
            free: Mutex::default(),
        })
    }

    /// An empty block, waiting for one.
    pub(super) async fn take(self: &Arc<Self>, turn: &mut Turn) -> Result<Block> {
        let for_next = async {
            turn.comes().await;
            Arc::clone(&self.for_next).acquire_owned().await
        };
        let permit = tokio::select! {
            biased;
            permit = Arc::clone(&self.for_any).acquire_owned() => permit,
            permit = for_next => permit,
        };
        let permit = permit.map_err(|source| {
            Error::new(ErrorKind::Internal, "the download has no memory any more")
                .with_source(source)
        })?;
        let used = self.free().pop();
        Ok(Block {
            bytes: used.unwrap_or_else(|| Vec::with_capacity(self.block_bytes)),
            blocks: Arc::clone(self),
            _permit: permit,
        })
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Vec<u8>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Block {
    /// Appends what has room of `bytes`, and returns the rest.
    pub(super) fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let room = self.blocks.block_bytes - self.bytes.len();
        let (fitting, rest) = bytes.split_at(room.min(bytes.len()));
        self.bytes.extend_from_slice(fitting);
        rest
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() == self.blocks.block_bytes
    }
}

impl Deref for Block {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        self.blocks.free().push(bytes);
    }
}
