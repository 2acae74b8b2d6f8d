//! Parallel ranged reads of one S3 object, handed over in order.
//!
//! Tasks on the runtime fetch ranges ahead; the caller's thread takes the bytes in order and
//! decodes them. What was fetched and not yet decoded is bounded by bytes: it is copied into
//! [`blocks`] of one budget as it arrives, and the caller gives each block back by dropping it.
//! Memory for bytes that are still on their way is not set aside, so that ranges can be long
//! enough for the wait before each to matter little. The first ranges are shorter, each longer
//! than the one before: the connections then come to their ends in turn, and what waits for
//! its turn is half of what it would be if they went in step.
//!
//! Until the first batch is there, little more than that is asked for.
//!
//! The object is pinned to the version of the first answer. A range that breaks is resumed
//! where it broke; a range that cannot be completed is an error, never a gap. What is checked
//! of the bytes is their number and the object's version; that they are the bytes that were
//! written is what TLS answers for, and S3's checksum where it sends one with a range.

mod blocks;
pub(super) mod range;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::mpsc::{self, TryRecvError};

use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::client::{ObjectApi, ObjectPart, S3Location};
use crate::error::{Error, ErrorKind, Result};
use crate::options::DownloadConfig;
use crate::query::CancelHandle;
use blocks::{Blocks, Reader, Turn};
use range::{Sink, Source, fetch};

pub(crate) use blocks::Block;

/// Shortest of the first ranges, unless all are shorter.
const MIN_FIRST_RANGE: u64 = 64 << 10;
/// One in so many bytes of the object is asked for before the first batch is there.
const LEAD_SHARE: u64 = 25;

/// One range, its blocks in order.
struct Part {
    number: u64,
    blocks: mpsc::Receiver<Result<Block>>,
    /// Bytes not handed over yet.
    remaining: u64,
}

/// The bytes of one object, in order. Dropping it stops the fetching.
pub(crate) struct Download {
    parts: mpsc::Receiver<Part>,
    current: Option<Part>,
    /// Bytes not handed over yet.
    remaining: u64,
    reader: watch::Sender<Reader>,
    /// Whether all of the object may be asked for.
    all_may_run: watch::Sender<bool>,
    cancel: CancelHandle,
    task: JoinHandle<()>,
}

impl Download {
    /// Asks for the first range and, once it is answered, for a few others. An object that may
    /// not or cannot be read is an error here. Runs on the runtime.
    pub(crate) async fn start(
        objects: Arc<dyn ObjectApi>,
        location: S3Location,
        config: &DownloadConfig,
        attempts: u32,
        cancel: CancelHandle,
    ) -> Result<Self> {
        let ranges = Ranges::of(config);
        let first_range = 0..ranges.length(0);
        let first = objects.get_range(&location, first_range, None).await?;

        let source = Arc::new(Source {
            objects,
            location,
            etag: first.etag.clone(),
            object_size: first.object_size,
            attempts: attempts.max(1),
        });
        let memory = usize::try_from(config.memory_bytes).unwrap_or(usize::MAX);
        let (sender, parts) = mpsc::channel();
        let remaining = source.object_size;
        let reader = watch::Sender::new(Reader::default());
        let all_may_run = watch::Sender::new(false);
        let schedule = Schedule {
            source,
            ranges,
            blocks: Blocks::new(memory),
            connections: Arc::new(Semaphore::new(config.connections.max(1))),
            reader: reader.subscribe(),
            all_may_run: all_may_run.subscribe(),
        };
        let stop = cancel.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = schedule.run(first, sender) => {}
            }
        });
        Ok(Self {
            parts,
            current: None,
            remaining,
            reader,
            all_may_run,
            cancel,
            task,
        })
    }

    /// Has all of the object asked for, as connections and memory allow. Happens by itself
    /// when the caller asks for bytes that have not been asked for.
    pub(crate) fn let_all_run(&self) {
        self.all_may_run
            .send_if_modified(|all| !std::mem::replace(all, true));
    }

    /// The next bytes, waiting for them; `None` at the end of the object. Blocks.
    pub(crate) fn next_block(&mut self) -> Result<Option<Block>> {
        loop {
            if self.cancel.is_cancelled() {
                return Err(CancelHandle::error());
            }
            let part = match &mut self.current {
                Some(part) => part,
                None if self.remaining == 0 => return Ok(None),
                None => {
                    let part = self.next_part()?;
                    self.current.insert(part)
                }
            };
            let block = match part.blocks.try_recv() {
                Err(TryRecvError::Empty) => {
                    let range = part.number;
                    self.reader.send_replace(Reader { range, waits: true });
                    let block = part.blocks.recv();
                    let waits = false;
                    self.reader.send_replace(Reader { range, waits });
                    block
                }
                Err(TryRecvError::Disconnected) => Err(mpsc::RecvError),
                Ok(block) => Ok(block),
            };
            match block {
                Ok(block) => {
                    let block = block?;
                    let length = block.len() as u64;
                    part.remaining = part.remaining.saturating_sub(length);
                    self.remaining = self.remaining.saturating_sub(length);
                    return Ok(Some(block));
                }
                // Its task found nothing wrong behind the last byte either.
                Err(_) if part.remaining == 0 => self.current = None,
                Err(source) => return Err(self.ended_early(source)),
            }
        }
    }

    fn next_part(&self) -> Result<Part> {
        match self.parts.try_recv() {
            Ok(part) => return Ok(part),
            Err(TryRecvError::Empty) => self.let_all_run(),
            Err(TryRecvError::Disconnected) => {}
        }
        self.parts.recv().map_err(|source| self.ended_early(source))
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

/// How long the ranges are.
struct Ranges {
    part_bytes: u64,
    connections: u64,
}

impl Ranges {
    fn of(config: &DownloadConfig) -> Self {
        Self {
            part_bytes: config.part_bytes.max(1),
            connections: config.connections.max(1) as u64,
        }
    }

    /// The length of the range with this number, counted from 0.
    fn length(&self, number: u64) -> u64 {
        if number >= self.connections {
            return self.part_bytes;
        }
        let share = self.part_bytes / self.connections;
        let share = match number {
            // All that small objects are read ahead of their first batch.
            0 => share / 4,
            _ => share * (number + 1),
        };
        share.max(MIN_FIRST_RANGE).min(self.part_bytes)
    }
}

/// What is needed to start the ranges.
struct Schedule {
    source: Arc<Source>,
    ranges: Ranges,
    blocks: Arc<Blocks>,
    connections: Arc<Semaphore>,
    reader: watch::Receiver<Reader>,
    all_may_run: watch::Receiver<bool>,
}

impl Schedule {
    /// Starts one task per range, in order, as the connections allow. Ends when all are done,
    /// or with the caller's interest; then its tasks end too.
    async fn run(mut self, first: ObjectPart, sender: mpsc::Sender<Part>) {
        let mut tasks = JoinSet::new();
        let mut opened = Some(first);
        let lead = self.source.object_size / LEAD_SHARE;
        let mut start = 0;
        for number in 0.. {
            let end = (start + self.ranges.length(number)).min(self.source.object_size);
            let range = start..end;
            if range.is_empty() {
                break;
            }
            start = end;
            let Ok(connection) = Arc::clone(&self.connections).acquire_owned().await else {
                break;
            };
            if number > 0 && end > lead && self.all_may_run.wait_for(|all| *all).await.is_err() {
                return;
            }
            let (chunks, blocks) = mpsc::channel();
            let part = Part {
                number,
                blocks,
                remaining: end - range.start,
            };
            if sender.send(part).is_err() {
                return;
            }
            let mut sink = BlockSink {
                blocks: Arc::clone(&self.blocks),
                turn: Turn {
                    number,
                    reader: self.reader.clone(),
                },
                filling: None,
                full: chunks,
            };
            let (source, connections) = (Arc::clone(&self.source), Arc::clone(&self.connections));
            let opened = opened.take();
            tasks.spawn(async move {
                if let Err(error) = fetch(&source, range, opened, &mut sink).await {
                    // Fails only when nobody reads any more.
                    drop(sink.full.send(Err(error)));
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

/// Fills blocks and hands them over: full ones or, to a consumer that may be waiting for them,
/// whatever there is.
struct BlockSink {
    blocks: Arc<Blocks>,
    turn: Turn,
    filling: Option<Block>,
    full: mpsc::Sender<Result<Block>>,
}

impl BlockSink {
    fn send(&self, block: Block) -> Result<()> {
        // Fails when nobody reads any more.
        self.full
            .send(Ok(block))
            .map_err(|_unread| CancelHandle::error())
    }
}

impl Sink for BlockSink {
    async fn take(&mut self, bytes: &[u8]) -> Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut block = match self.filling.take() {
                Some(block) => block,
                None => self.blocks.take(&mut self.turn).await?,
            };
            rest = block.fill(rest);
            if block.is_full() {
                self.send(block)?;
            } else {
                self.filling = Some(block);
            }
        }
        Ok(())
    }

    async fn is_awaited(&mut self) {
        match self.filling {
            Some(_) => self.turn.is_awaited().await,
            None => std::future::pending().await,
        }
    }

    fn flush(&mut self) -> Result<()> {
        match self.filling.take() {
            Some(block) => self.send(block),
            None => Ok(()),
        }
    }
}
