//! One range of the object: opened, read to its end, resumed where it breaks.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use crate::client::{ObjectApi, ObjectPart, S3Location};
use crate::error::{Error, ErrorKind, Result};

/// First pause before a broken range is resumed; it doubles per break, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// Bytes between two breaks that make the second one count as the first: a connection that
/// breaks all the time, a few bytes further each time, is not resumed for ever.
const PROGRESS: u64 = 64 << 10;

/// What every range needs to know of the object.
pub(in crate::result) struct Source {
    pub(in crate::result) objects: Arc<dyn ObjectApi>,
    pub(in crate::result) location: S3Location,
    /// The version all ranges are of.
    pub(in crate::result) etag: Option<String>,
    pub(in crate::result) object_size: u64,
    /// How often in a row a range may break without progress.
    pub(in crate::result) attempts: u32,
}

/// Takes the bytes of a range as they arrive, in order.
pub(in crate::result) trait Sink: Send {
    /// Takes some, waiting until there is room for them.
    fn take(&mut self, bytes: &[u8]) -> impl Future<Output = Result<()>> + Send;

    /// Waits until what it holds back is wanted.
    fn is_awaited(&mut self) -> impl Future<Output = ()> + Send;

    /// Hands on what it holds back.
    fn flush(&mut self) -> Result<()>;
}

/// Keeps all of them.
impl Sink for Vec<u8> {
    async fn take(&mut self, bytes: &[u8]) -> Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    async fn is_awaited(&mut self) {
        std::future::pending().await
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Why a range was not read to its end.
enum Broken {
    /// It cannot be asked for, or what came is not it. The client has repeated the request.
    ForGood(Error),
    /// The connection broke.
    Midway(Error),
}

/// Reads one range to its end and gives its bytes to `sink`. `opened` is the answer to a
/// request for it, where there is one already.
///
/// Errors: the client's, for a range that cannot be opened; `ResultChanged` for an object
/// that is another one by now; `Network`, `Service` or `ConnectionTimeout` for one that broke
/// too often; the sink's.
pub(in crate::result) async fn fetch(
    source: &Source,
    mut range: Range<u64>,
    mut opened: Option<ObjectPart>,
    sink: &mut impl Sink,
) -> Result<()> {
    let mut breaks = 0;
    let mut pause = FIRST_PAUSE;
    let mut last_break = range.start;
    loop {
        let part = match opened.take() {
            Some(part) => part,
            None => open(source, &range).await?,
        };
        let ended = read(source, &mut range, part, sink).await;
        sink.flush()?;
        let error = match ended {
            Ok(()) => return Ok(()),
            Err(Broken::ForGood(error)) => return Err(error),
            Err(Broken::Midway(error)) => error,
        };
        // All bytes are there; how the connection ended does not matter.
        if range.is_empty() {
            return Ok(());
        }
        if range.start - last_break >= PROGRESS {
            breaks = 0;
            pause = FIRST_PAUSE;
        }
        breaks += 1;
        if breaks >= source.attempts {
            return Err(error);
        }
        last_break = range.start;
        tracing::debug!(%error, offset = range.start, "resuming a range of the result object");
        tokio::time::sleep(pause.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// Asks for a range of the version that was read first.
async fn open(source: &Source, range: &Range<u64>) -> Result<ObjectPart> {
    let Some(etag) = &source.etag else {
        return Err(Error::new(
            ErrorKind::Service,
            format!(
                "{}: the store sent no ETag, so that another request could read another object unnoticed; \
                 read this result with ResultFetcher=GetQueryResults",
                source.location
            ),
        ));
    };
    let part = source
        .objects
        .get_range(&source.location, range.clone(), Some(etag))
        .await?;
    // A store that ignores If-Match is noticed as well.
    if part.object_size != source.object_size || part.etag.as_ref() != Some(etag) {
        return Err(Error::new(
            ErrorKind::ResultChanged,
            format!("{} was replaced while it was read", source.location),
        ));
    }
    Ok(part)
}

/// Reads until the range is complete or the connection breaks; moves `range.start` along.
async fn read(
    source: &Source,
    range: &mut Range<u64>,
    mut part: ObjectPart,
    sink: &mut impl Sink,
) -> std::result::Result<(), Broken> {
    if part.length != range.end - range.start {
        return Err(Broken::ForGood(unasked(source, range, part.length)));
    }
    loop {
        let mut next = part.body.next_chunk();
        let next = loop {
            tokio::select! {
                biased;
                next = &mut next => break next,
                () = sink.is_awaited() => sink.flush().map_err(Broken::ForGood)?,
            }
        };
        let bytes = match next {
            Ok(Some(bytes)) => bytes,
            Ok(None) if range.is_empty() => return Ok(()),
            Ok(None) => return Err(Broken::Midway(ended(source, range))),
            Err(error) if error.kind() == ErrorKind::ResultChanged => {
                return Err(Broken::ForGood(error));
            }
            Err(error) => return Err(Broken::Midway(error)),
        };
        let length = bytes.len() as u64;
        if length > range.end - range.start {
            return Err(Broken::ForGood(unasked(source, range, length)));
        }
        range.start += length;
        sink.take(&bytes).await.map_err(Broken::ForGood)?;
    }
}

fn unasked(source: &Source, range: &Range<u64>, length: u64) -> Error {
    Error::new(
        ErrorKind::Service,
        format!(
            "{}: asked for {} bytes at {}, the store answered with {length}; is there a proxy \
             that drops the Range header?",
            source.location,
            range.end - range.start,
            range.start
        ),
    )
}

fn ended(source: &Source, range: &Range<u64>) -> Error {
    Error::new(
        ErrorKind::Network,
        format!(
            "{}: the connection ended {} bytes before the end of a range",
            source.location,
            range.end - range.start
        ),
    )
}
