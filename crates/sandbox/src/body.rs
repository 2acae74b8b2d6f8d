//! Response bodies: bytes, or part of a file read as the connection takes it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use crate::connections::Busy;
use crate::socket::ResetFlag;

/// Large enough to make the cost of a read disappear, small enough to stay in cache.
const CHUNK: usize = 512 * 1024;
/// Time for the connection to send what it holds before it ends early.
const FLUSH_TIME: Duration = Duration::from_millis(20);

/// A response body.
#[derive(Debug)]
pub(crate) struct ReplyBody {
    source: Source,
    shaping: Option<Box<Shaping>>,
    /// The connection is busy while this lives.
    busy: Option<Busy>,
}

#[derive(Debug)]
enum Source {
    Bytes(Bytes),
    File {
        file: File,
        offset: u64,
        remaining: u64,
        buffer: BytesMut,
    },
}

/// How a body deviates from being sent at once and whole.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    pub(crate) first_byte_delay: Duration,
    /// Bytes per second.
    pub(crate) bandwidth: Option<u64>,
    /// Ends early, after so many bytes.
    pub(crate) end: Option<(u64, EarlyEnd)>,
    pub(crate) corrupt: Option<u64>,
}

/// How a body ends early.
#[derive(Debug, Clone)]
pub(crate) enum EarlyEnd {
    Close,
    Reset(ResetFlag),
    Stall,
}

#[derive(Debug)]
struct Shaping {
    shape: Shape,
    sent: u64,
    started: Option<Instant>,
    flushed: bool,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl ReplyBody {
    /// Keeps the connection busy until the body is gone.
    pub(crate) fn keep(&mut self, busy: Busy) {
        self.busy = Some(busy);
    }

    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self {
            source: Source::Bytes(bytes.into()),
            shaping: None,
            busy: None,
        }
    }

    /// `length` bytes of the file from `offset` on.
    pub(crate) fn file(file: File, offset: u64, length: u64) -> Self {
        Self {
            source: Source::File {
                file,
                offset,
                remaining: length,
                buffer: BytesMut::new(),
            },
            shaping: None,
            busy: None,
        }
    }

    pub(crate) fn shape(&mut self, shape: Shape) {
        self.shaping = Some(Box::new(Shaping {
            shape,
            sent: 0,
            started: None,
            flushed: false,
            sleep: None,
        }));
    }

    pub(crate) fn remaining(&self) -> u64 {
        match &self.source {
            Source::Bytes(bytes) => bytes.len() as u64,
            Source::File { remaining, .. } => *remaining,
        }
    }

    fn next(&mut self, limit: usize) -> io::Result<Option<Bytes>> {
        match &mut self.source {
            Source::Bytes(bytes) if bytes.is_empty() => Ok(None),
            Source::Bytes(bytes) => Ok(Some(bytes.split_to(limit.min(bytes.len())))),
            Source::File { remaining: 0, .. } => Ok(None),
            Source::File {
                file,
                offset,
                remaining,
                buffer,
            } => {
                let want = usize::try_from(*remaining).unwrap_or(usize::MAX).min(limit);
                buffer.resize(want, 0);
                file.read_exact_at(buffer, *offset)?;
                *offset += want as u64;
                *remaining -= want as u64;
                Ok(Some(buffer.split().freeze()))
            }
        }
    }
}

impl Shaping {
    /// Waits until more may be sent; answers how many bytes.
    fn poll_allowance(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            if self.started.is_none() {
                self.started = Some(Instant::now());
                if !self.shape.first_byte_delay.is_zero() {
                    self.sleep = Some(Box::pin(tokio::time::sleep(self.shape.first_byte_delay)));
                    continue;
                }
            }
            let mut limit = CHUNK as u64;
            if let Some((after, end)) = &self.shape.end {
                if self.sent >= *after {
                    match end {
                        EarlyEnd::Stall => return Poll::Pending,
                        EarlyEnd::Reset(flag) if self.flushed => {
                            flag.store(true, Ordering::Relaxed)
                        }
                        _ => {}
                    }
                    if self.flushed {
                        return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
                    }
                    self.flushed = true;
                    self.sleep = Some(Box::pin(tokio::time::sleep(FLUSH_TIME)));
                    continue;
                }
                limit = limit.min(after - self.sent);
            }
            if let Some(bandwidth) = self.shape.bandwidth {
                limit = limit.min((bandwidth / 50).max(1));
            }
            return Poll::Ready(Ok(usize::try_from(limit).unwrap_or(CHUNK)));
        }
    }

    fn sent(&mut self, chunk: Bytes) -> Bytes {
        let start = self.sent;
        self.sent += chunk.len() as u64;
        if let (Some(bandwidth), Some(started)) = (self.shape.bandwidth, self.started) {
            let due = self.shape.first_byte_delay
                + Duration::from_nanos(self.sent.saturating_mul(1_000_000_000) / bandwidth.max(1));
            self.sleep = Some(Box::pin(tokio::time::sleep_until((started + due).into())));
        }
        match self.shape.corrupt {
            Some(place) if (start..self.sent).contains(&place) => {
                let mut bytes = chunk.to_vec();
                if let Some(byte) = usize::try_from(place - start)
                    .ok()
                    .and_then(|index| bytes.get_mut(index))
                {
                    *byte ^= 0x55;
                }
                bytes.into()
            }
            _ => chunk,
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let limit = match &mut self.shaping {
            Some(shaping) => match ready!(shaping.poll_allowance(cx)) {
                Ok(limit) => limit,
                Err(error) => return Poll::Ready(Some(Err(error))),
            },
            None => CHUNK,
        };
        let Some(chunk) = self.next(limit).transpose() else {
            return Poll::Ready(None);
        };
        let this = &mut *self;
        Poll::Ready(Some(chunk.map(|chunk| {
            Frame::data(match &mut this.shaping {
                Some(shaping) => shaping.sent(chunk),
                None => chunk,
            })
        })))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining())
    }
}
