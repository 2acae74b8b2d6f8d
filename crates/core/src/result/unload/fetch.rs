//! Fetches the files, in the order of the manifest, ahead of the decoding.
//!
//! What was fetched and not yet decoded is bounded by bytes: a part reserves its length from
//! one budget before it is asked for, in the order in which parts are needed, and gives it
//! back when the last of it is decoded. Only a part that a decoder waits for may go beyond the
//! budget: without it, nothing would ever be given back.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

use super::file::{self, File};
use super::group::Group;
use super::plan::{self, Sizes};
use super::shared::{Limits, Shared};
use crate::client::{ObjectApi, S3Location};
use crate::error::{Error, ErrorKind, Result};
use crate::options::DownloadConfig;
use crate::types::Column;

/// Most footers read ahead.
const MAX_OPENING: usize = 8;
/// Most bytes read at the end of a file whose footer is wanted.
const MAX_TAIL: u64 = 256 << 10;

/// How the memory that one result may take is divided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// Bytes read with a footer.
    tail: u64,
    /// Bytes fetched and not decoded.
    fetched: u64,
    /// Bytes of one request.
    part: u64,
    /// Bytes of a batch, two of which may be decoded and not taken.
    batch: u64,
}

impl Memory {
    pub(super) fn of(config: &DownloadConfig) -> Self {
        let all = config.memory_bytes;
        let tail = (all / 64).clamp(4 << 10, MAX_TAIL);
        let batch = (all * 3 / 16).min(8 << 20);
        let rest = all.saturating_sub(tail * MAX_OPENING as u64 + 2 * batch);
        // A permit of the budget is a byte.
        let fetched = rest
            .clamp(1, Semaphore::MAX_PERMITS as u64)
            .min(u64::from(u32::MAX));
        Self {
            tail,
            fetched,
            part: config.part_bytes.min(fetched / 4).max(1),
            batch,
        }
    }

    /// The bounds of decoding, for batches of at most `rows` rows and `bytes` bytes.
    pub(super) fn limits(&self, rows: usize, bytes: usize) -> Limits {
        let batch = usize::try_from(self.batch).unwrap_or(usize::MAX).min(bytes);
        Limits {
            batch_rows: rows,
            batch_bytes: batch,
            decoded_bytes: batch.saturating_mul(2),
        }
    }
}

/// What is needed to fetch.
pub(super) struct Fetcher {
    objects: Arc<dyn ObjectApi>,
    shared: Arc<Shared>,
    columns: Arc<[Column]>,
    memory: Memory,
    attempts: u32,
    budget: Arc<Semaphore>,
    connections: Arc<Semaphore>,
}

/// Bytes with their share of the budget, which goes back with them.
struct Held {
    bytes: Vec<u8>,
    _share: Option<OwnedSemaphorePermit>,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Fetcher {
    pub(super) fn new(
        objects: Arc<dyn ObjectApi>,
        shared: Arc<Shared>,
        columns: Arc<[Column]>,
        config: &DownloadConfig,
        attempts: u32,
    ) -> Self {
        let memory = Memory::of(config);
        let permits = usize::try_from(memory.fetched).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            objects,
            shared,
            columns,
            memory,
            attempts,
            budget: Arc::new(Semaphore::new(permits)),
            connections: Arc::new(Semaphore::new(config.connections.max(1))),
        }
    }

    /// Fetches all that the decoders are going to need, and ends when all of it has come.
    /// Dropping the future stops the fetching. A failure ends the reading.
    pub(super) async fn run(&self, files: Vec<S3Location>) -> Result<()> {
        let mut tasks = JoinSet::new();
        let mut files = files.into_iter();
        let mut opening: VecDeque<oneshot::Receiver<Result<File>>> = VecDeque::new();
        let mut first_row = 0;
        loop {
            while opening.len() < MAX_OPENING
                && let Some(location) = files.next()
            {
                opening.push_back(self.open(location, &mut tasks));
            }
            let Some(next) = opening.pop_front() else {
                break;
            };
            let file = match next.await {
                Ok(file) => Arc::new(file?),
                Err(source) => return Err(lost().with_source(source)),
            };
            for (index, metadata) in file.parquet().row_groups().iter().enumerate() {
                let rows = usize::try_from(metadata.num_rows()).unwrap_or_default();
                if rows > 0 {
                    let needed = self.add_group(&file, index, first_row)?;
                    self.fetch_all(needed, &mut tasks).await?;
                    first_row += rows as u64;
                }
            }
        }
        self.shared.complete_groups();
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(|source| lost().with_source(source))?;
        }
        Ok(())
    }

    /// Starts to read a footer.
    fn open(
        &self,
        location: S3Location,
        tasks: &mut JoinSet<()>,
    ) -> oneshot::Receiver<Result<File>> {
        let (sender, receiver) = oneshot::channel();
        let (objects, columns) = (Arc::clone(&self.objects), Arc::clone(&self.columns));
        let (tail, attempts) = (self.memory.tail, self.attempts);
        tasks.spawn(async move {
            let file = File::open(&objects, location, tail, attempts, &columns).await;
            // Fails when nobody wants it any more.
            drop(sender.send(file));
        });
        receiver
    }

    /// Adds a row group; answers its number and the parts to be fetched, in order.
    fn add_group(
        &self,
        file: &Arc<File>,
        index: usize,
        first_row: u64,
    ) -> Result<(usize, Vec<usize>)> {
        let Some(metadata) = file.parquet().row_groups().get(index) else {
            return Ok((0, Vec::new()));
        };
        let sizes = Sizes {
            part: self.memory.part,
            budget: self.memory.fetched,
        };
        let chunks = file.chunks(metadata)?;
        let needed = plan::parts(&chunks, file.tail.start, sizes);
        let here = plan::behind(&chunks, file.tail.start);
        let mut parts: Vec<Range<u64>> = needed.iter().chain(&here).cloned().collect();
        parts.sort_by_key(|part| part.start);
        let number_of = |part: &Range<u64>| {
            let found = parts.binary_search_by_key(&part.start, |other| other.start);
            found.unwrap_or_default()
        };
        let here: Vec<_> = here
            .iter()
            .map(|part| (number_of(part), file.tail.get(part.clone())))
            .collect();
        let needed = needed.iter().map(number_of).collect();
        let group = Group {
            file: Arc::clone(file),
            index,
            rows: usize::try_from(metadata.num_rows()).unwrap_or_default(),
            first_row,
            row_bytes: file::row_bytes(metadata),
            chunks,
            parts,
        };
        Ok((self.shared.add_group(group, here), needed))
    }

    /// Asks for parts of a group in this order, each once the budget has room for it, and
    /// meanwhile, beyond the budget, for any that a decoder waits for.
    async fn fetch_all(
        &self,
        (group, parts): (usize, Vec<usize>),
        tasks: &mut JoinSet<()>,
    ) -> Result<()> {
        for part in parts {
            while let Some(length) = self.shared.missing(group, part) {
                let length = u32::try_from(length).unwrap_or(u32::MAX);
                tokio::select! {
                    biased;
                    share = Arc::clone(&self.budget).acquire_many_owned(length) => {
                        let share = share.map_err(|source| lost().with_source(source))?;
                        self.fetch(group, part, Some(share), tasks);
                    }
                    () = self.shared.wanted.notified() => {
                        for (group, part) in self.shared.take_wanted() {
                            self.fetch(group, part, None, tasks);
                        }
                    }
                    Some(ended) = tasks.join_next() => {
                        ended.map_err(|source| lost().with_source(source))?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Starts to read a part, unless it was asked for before.
    fn fetch(
        &self,
        group: usize,
        part: usize,
        share: Option<OwnedSemaphorePermit>,
        tasks: &mut JoinSet<()>,
    ) {
        let Some((file, range)) = self.shared.ask(group, part) else {
            return;
        };
        let shared = Arc::clone(&self.shared);
        let connections = Arc::clone(&self.connections);
        tasks.spawn(async move {
            let connection = connections.acquire_owned().await;
            match file::read(&file.source, range, None).await {
                Ok(bytes) => {
                    let held = Held {
                        bytes,
                        _share: share,
                    };
                    shared.put(group, part, Bytes::from_owner(held));
                }
                Err(error) => shared.fail(error),
            }
            drop(connection);
        });
    }
}

fn lost() -> Error {
    let message = "a task that fetches a result was lost";
    Error::new(ErrorKind::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_divided_without_a_rest() {
        for megabytes in [1, 32, 1024] {
            let config = DownloadConfig {
                connections: 8,
                part_bytes: 4 << 20,
                memory_bytes: megabytes << 20,
            };
            let memory = Memory::of(&config);
            let used = memory.tail * MAX_OPENING as u64 + memory.fetched + 2 * memory.batch;
            assert!(used <= config.memory_bytes, "{megabytes}: {memory:?}");
            assert!(memory.part * 4 <= memory.fetched, "{megabytes}: {memory:?}");
            assert!(
                memory.fetched * 5 >= config.memory_bytes * 2,
                "{megabytes}: {memory:?}"
            );
        }
    }
}
