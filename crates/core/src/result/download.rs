//! Parallel ranged reads of one S3 object, handed over in order.
//!
//! Tasks on the runtime fetch ranges ahead; the caller's thread takes the bytes in order and
//! decodes them. What was fetched and not yet decoded is bounded by bytes: every range
//! reserves its length from one budget before it is asked for, in order, and each chunk gives
//! its share back when the caller drops it.
//!
//! The object is pinned to the version of the first answer. A range that breaks is resumed
//! where it broke; a range that cannot be completed is an error, never a gap.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use crate::client::{ObjectApi, ObjectPart, S3Location};
use crate::error::{Error, ErrorKind, Result};
use crate::options::DownloadConfig;
use crate::query::CancelHandle;

/// First pause before a broken range is resumed; it doubles per attempt.
const RESUME_PAUSE: Duration = Duration::from_millis(50);

/// Bytes of the object and their share of the memory budget, given back on drop.
pub(crate) struct Chunk {
    pub(crate) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// The chunks of one range, in order.
type Part = mpsc::Receiver<Result<Chunk>>;

/// The bytes of one object, in order.
pub(crate) struct Download {
    parts: mpsc::Receiver<Part>,
    current: Option<Part>,
    /// Bytes not handed over yet.
    remaining: u64,
    cancel: CancelHandle,
}

/// What every range task needs.
struct Source {
    objects: Arc<dyn ObjectApi>,
    location: S3Location,
    etag: Option<String>,
    object_size: u64,
    attempts: u32,
    budget: Arc<Semaphore>,
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
            budget,
        });
        let (sender, parts) = mpsc::channel();
        let download = Self {
            parts,
            current: None,
            remaining: source.object_size,
            cancel: cancel.clone(),
        };
        let connections = Arc::new(Semaphore::new(config.connections.max(1)));
        tokio::spawn(schedule(
            source,
            first,
            share,
            part_bytes,
            connections,
            sender,
            cancel,
        ));
        Ok(download)
    }

    /// The next bytes, waiting for them; `None` at the end of the object. Blocks.
    pub(crate) fn next_chunk(&mut self) -> Result<Option<Chunk>> {
        while self.remaining > 0 {
            if self.cancel.is_cancelled() {
                return Err(CancelHandle::error());
            }
            if self.current.is_none() {
                let part = self
                    .parts
                    .recv()
                    .map_err(|source| self.ended_early(source))?;
                self.current = Some(part);
            }
            match self.current.as_ref().map(mpsc::Receiver::recv) {
                Some(Ok(chunk)) => {
                    let chunk = chunk?;
                    self.remaining -= chunk.bytes.len() as u64;
                    return Ok(Some(chunk));
                }
                // The range is complete, or its task was aborted; the count of bytes tells.
                _ => self.current = None,
            }
        }
        Ok(None)
    }

    fn ended_early(&self, source: mpsc::RecvError) -> Error {
        if self.cancel.is_cancelled() {
            return CancelHandle::error();
        }
        let message = format!("the download ended {} bytes early", self.remaining);
        Error::new(ErrorKind::Internal, message).with_source(source)
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

/// Starts one task per range, in order, as the budget and the connections allow. Ends when
/// all are done, or with the caller's interest; then its tasks end too.
async fn schedule(
    source: Arc<Source>,
    first: ObjectPart,
    first_share: OwnedSemaphorePermit,
    part_bytes: u64,
    connections: Arc<Semaphore>,
    sender: mpsc::Sender<Part>,
    cancel: CancelHandle,
) {
    let mut tasks = JoinSet::new();
    let all = async {
        let mut next = Some((first, first_share));
        let mut start = 0;
        while start < source.object_size {
            let range = start..(start + part_bytes).min(source.object_size);
            start = range.end;
            let Ok(connection) = Arc::clone(&connections).acquire_owned().await else {
                return;
            };
            let (opened, share) = match next.take() {
                Some((part, share)) => (Some(part), share),
                None => match reserve(&source.budget, &range).await {
                    Ok(share) => (None, share),
                    Err(_) => return,
                },
            };
            let (chunks, part) = mpsc::channel();
            if sender.send(part).is_err() {
                return;
            }
            let source = Arc::clone(&source);
            tasks.spawn(async move {
                if let Err(error) = fetch(&source, range, opened, share, &chunks).await {
                    // Fails only when nobody reads any more.
                    drop(chunks.send(Err(error)));
                }
                drop(connection);
            });
        }
        drop(sender);
        while tasks.join_next().await.is_some() {}
    };
    tokio::select! {
        () = cancel.cancelled() => {}
        () = all => {}
    }
}

/// Reads one range to its end, resuming where it breaks.
async fn fetch(
    source: &Source,
    mut range: Range<u64>,
    mut opened: Option<ObjectPart>,
    mut share: OwnedSemaphorePermit,
    chunks: &mpsc::Sender<Result<Chunk>>,
) -> Result<()> {
    let mut broken = 0;
    let mut pause = RESUME_PAUSE;
    while !range.is_empty() {
        let at = range.start;
        let error = match read(source, &mut range, opened.take(), &mut share, chunks).await {
            Ok(()) => continue,
            Err(error) => error,
        };
        if range.start > at {
            broken = 0;
            pause = RESUME_PAUSE;
        }
        broken += 1;
        let again = matches!(
            error.kind(),
            ErrorKind::Network
                | ErrorKind::ConnectionTimeout
                | ErrorKind::Service
                | ErrorKind::Throttled
        );
        if !again || broken >= source.attempts {
            return Err(error);
        }
        tracing::debug!(%error, offset = range.start, "resuming a range of the result object");
        tokio::time::sleep(pause.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
        pause *= 2;
    }
    Ok(())
}

/// Reads until the range is complete or the connection breaks; moves `range.start` along.
async fn read(
    source: &Source,
    range: &mut Range<u64>,
    opened: Option<ObjectPart>,
    share: &mut OwnedSemaphorePermit,
    chunks: &mpsc::Sender<Result<Chunk>>,
) -> Result<()> {
    let mut part = match opened {
        Some(part) => part,
        None => {
            source
                .objects
                .get_range(&source.location, range.clone(), source.etag.as_deref())
                .await?
        }
    };
    if part.object_size != source.object_size || part.length != range.end - range.start {
        return Err(Error::new(
            ErrorKind::ResultChanged,
            format!("{} changed its size while it was read", source.location),
        ));
    }
    while let Some(bytes) = part.body.next_chunk().await? {
        let length = bytes.len() as u64;
        if length > range.end - range.start {
            return Err(Error::new(
                ErrorKind::Service,
                format!(
                    "{}: a ranged read answered more bytes than were asked for",
                    source.location
                ),
            ));
        }
        range.start += length;
        let share = share.split(bytes.len());
        if chunks
            .send(Ok(Chunk {
                bytes,
                _share: share,
            }))
            .is_err()
        {
            return Err(CancelHandle::error());
        }
    }
    if range.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Network,
        format!(
            "{}: the connection ended {} bytes before the end of a range",
            source.location,
            range.end - range.start
        ),
    ))
}
