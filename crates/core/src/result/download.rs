//! Parallel ranged reads of one S3 object, handed over in order.
//!
//! Tasks on the runtime fetch ranges ahead; the caller's thread takes the bytes in order and
//! decodes them. What was fetched and not yet decoded is bounded by bytes: every range
//! reserves its length from one budget before it is asked for, in order, and each chunk gives
//! its share back when the caller drops it.
//!
//! The object is pinned to the version of the first answer. A range that breaks is resumed
//! where it broke; a range that cannot be completed is an error, never a gap. What is checked
//! of the bytes is their number and the object's version; that they are the bytes that were
//! written is what TLS answers for, and S3's checksum where it sends one with a range.

pub(super) mod range;
#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, JoinSet};

use crate::client::{ObjectApi, ObjectPart, S3Location};
use crate::error::{Error, ErrorKind, Result};
use crate::options::DownloadConfig;
use crate::query::CancelHandle;
use range::{Source, fetch};

/// Bytes of the object and their share of the memory budget, given back on drop.
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// One range, its chunks in order.
struct Part {
    chunks: mpsc::Receiver<Result<Chunk>>,
    /// Bytes not handed over yet.
    remaining: u64,
}

/// The bytes of one object, in order. Dropping it stops the fetching.
pub(crate) struct Download {
    parts: mpsc::Receiver<Part>,
    current: Option<Part>,
    /// Bytes not handed over yet.
    remaining: u64,
    cancel: CancelHandle,
    task: JoinHandle<()>,
}

impl Download {
    /// Asks for the first range and, once it is answered, for the others. An object that may
    /// not or cannot be read is an error here. Runs on the runtime.
    pub(crate) async fn start(
        objects: Arc<dyn ObjectApi>,
        location: S3Location,
        config: &DownloadConfig,
        attempts: u32,
        cancel: CancelHandle,
    ) -> Result<Self> {
        let memory = usize::try_from(config.memory_bytes).unwrap_or(usize::MAX);
        let memory = memory.clamp(1, Semaphore::MAX_PERMITS);
        let part_bytes = config.part_bytes.min(config.memory_bytes).max(1);
        let budget = Arc::new(Semaphore::new(memory));
        let first_range = 0..part_bytes;
        let share = reserve(&budget, &first_range).await?;
        let first = objects.get_range(&location, first_range, None).await?;

        let source = Arc::new(Source {
            objects,
            location,
            etag: first.etag.clone(),
            object_size: first.object_size,
            attempts: attempts.max(1),
        });
        let (sender, parts) = mpsc::channel();
        let remaining = source.object_size;
        let schedule = Schedule {
            source,
            budget,
            connections: Arc::new(Semaphore::new(config.connections.max(1))),
            part_bytes,
        };
        let stop = cancel.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = schedule.run((first, share), sender) => {}
            }
        });
        Ok(Self {
            parts,
            current: None,
            remaining,
            cancel,
            task,
        })
    }

    /// The next bytes, waiting for them; `None` at the end of the object. Blocks.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(CancelHandle::error());
            }
            let part = match &mut self.current {
                Some(part) => part,
                None if self.remaining == 0 => return Ok(None),
                None => match self.parts.recv() {
                    Ok(part) => self.current.insert(part),
                    Err(source) => return Err(self.ended_early(source)),
                },
            };
            match part.chunks.recv() {
                Ok(chunk) => {
                    let chunk = chunk?;
                    let length = chunk.bytes.len() as u64;
                    part.remaining = part.remaining.saturating_sub(length);
                    self.remaining = self.remaining.saturating_sub(length);
                    return Ok(Some(chunk));
                }
                // Its task found nothing wrong behind the last byte either.
                Err(_) if part.remaining == 0 => self.current = None,
                Err(source) => return Err(self.ended_early(source)),
            }
        }
    }

    /// A range's task ended without its bytes: it was cancelled, or it panicked.
    fn ended_early(&self, source: mpsc::RecvError) -> Error {
        if self.cancel.is_cancelled() {
            return CancelHandle::error();
        }
        let message = format!("the download ended {} bytes early", self.remaining);
        Error::new(ErrorKind::Internal, message).with_source(source)
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn reserve(budget: &Arc<Semaphore>, range: &Range<u64>) -> Result<OwnedSemaphorePermit> {
    let bytes = u32::try_from(range.end - range.start).unwrap_or(u32::MAX);
    Arc::clone(budget)
        .acquire_many_owned(bytes)
        .await
        .map_err(|source| {
            Error::new(ErrorKind::Internal, "the byte budget is gone").with_source(source)
        })
}

/// What is needed to start the ranges.
struct Schedule {
    source: Arc<Source>,
    budget: Arc<Semaphore>,
    connections: Arc<Semaphore>,
    part_bytes: u64,
}

impl Schedule {
    /// Starts one task per range, in order, as the budget and the connections allow. Ends when
    /// all are done, or with the caller's interest; then its tasks end too.
    async fn run(self, first: (ObjectPart, OwnedSemaphorePermit), sender: mpsc::Sender<Part>) {
        let mut tasks = JoinSet::new();
        let mut next = Some(first);
        let mut start = 0;
        while start < self.source.object_size {
            let range = start..(start + self.part_bytes).min(self.source.object_size);
            start = range.end;
            let Ok(connection) = Arc::clone(&self.connections).acquire_owned().await else {
                break;
            };
            let (opened, share) = match next.take() {
                Some((part, share)) => (Some(part), share),
                None => match reserve(&self.budget, &range).await {
                    Ok(share) => (None, share),
                    Err(_) => return,
                },
            };
            let (sink, chunks) = mpsc::channel();
            let part = Part {
                chunks,
                remaining: range.end - range.start,
            };
            if sender.send(part).is_err() {
                return;
            }
            let (source, connections) = (Arc::clone(&self.source), Arc::clone(&self.connections));
            tasks.spawn(async move {
                let mut share = share;
                let send = |bytes: Bytes| {
                    let chunk = Chunk {
                        _share: share.split(bytes.len()),
                        bytes,
                    };
                    match sink.send(Ok(chunk)) {
                        Ok(()) => Ok(()),
                        // Nobody reads any more.
                        Err(_) => Err(CancelHandle::error()),
                    }
                };
                if let Err(error) = fetch(&source, range, opened, send).await {
                    // Fails only when nobody reads any more.
                    drop(sink.send(Err(error)));
                    // Nobody reads what lies behind the error.
                    connections.close();
                }
                drop(connection);
            });
        }
        drop(sender);
        while tasks.join_next().await.is_some() {}
    }
}
