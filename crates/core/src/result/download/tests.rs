//! A store that does what no S3 should do, and a consumer that does not read.

mod breaks;

use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::*;
use crate::blocking::Runtime;
use crate::client::{BoxFuture, ObjectBody, ObjectList};

/// What a body does, step by step; after the last one it ends.
#[derive(Clone)]
enum Step {
    Bytes(usize),
    Break,
    Panic,
    Hang,
    /// Waits until the store has handed over so many bytes, of any range.
    Until(usize),
}

/// The answer to one request.
#[derive(Clone)]
struct Answer {
    etag: Option<&'static str>,
    object_size: u64,
    length: u64,
    steps: Vec<Step>,
}

type Script = dyn Fn(usize, &Range<u64>) -> Answer + Send + Sync;

/// Answers requests as a script says.
struct Store {
    object: Vec<u8>,
    script: Box<Script>,
    requests: Mutex<Vec<Range<u64>>>,
    /// Bytes handed over, and bodies not yet dropped.
    sent: Arc<AtomicUsize>,
    bodies: Arc<AtomicUsize>,
}

struct Body {
    bytes: Bytes,
    steps: std::vec::IntoIter<Step>,
    sent: Arc<AtomicUsize>,
    bodies: Arc<AtomicUsize>,
}

impl ObjectApi for Store {
    fn get_range<'a>(
        &'a self,
        _location: &'a S3Location,
        range: Range<u64>,
        _if_match: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectPart>> {
        let number = {
            let mut requests = self.requests.lock().unwrap();
            requests.push(range.clone());
            requests.len() - 1
        };
        let answer = (self.script)(number, &range);
        self.bodies.fetch_add(1, Ordering::SeqCst);
        let start = usize::try_from(range.start).unwrap();
        let body = Body {
            bytes: Bytes::copy_from_slice(&self.object[start..]),
            steps: answer.steps.into_iter(),
            sent: Arc::clone(&self.sent),
            bodies: Arc::clone(&self.bodies),
        };
        Box::pin(async move {
            Ok(ObjectPart {
                etag: answer.etag.map(str::to_owned),
                object_size: answer.object_size,
                length: answer.length,
                body: Box::new(body),
            })
        })
    }

    fn get_tail<'a>(
        &'a self,
        _location: &'a S3Location,
        _length: u64,
    ) -> BoxFuture<'a, Result<ObjectPart>> {
        unreachable!("a download reads from the start")
    }

    fn list<'a>(
        &'a self,
        _prefix: &'a S3Location,
        _next_token: Option<String>,
    ) -> BoxFuture<'a, Result<ObjectList>> {
        unreachable!("a download lists nothing")
    }

    fn delete<'a>(&'a self, _bucket: &'a str, _keys: &'a [String]) -> BoxFuture<'a, Result<()>> {
        unreachable!("a download deletes nothing")
    }
}

impl ObjectBody for Body {
    fn next_chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>> {
        Box::pin(async move {
            match self.steps.next() {
                None => Ok(None),
                Some(Step::Bytes(count)) => {
                    self.sent.fetch_add(count, Ordering::SeqCst);
                    Ok(Some(self.bytes.split_to(count)))
                }
                Some(Step::Break) => Err(Error::new(ErrorKind::Network, "broken")),
                Some(Step::Panic) => panic!("a bug"),
                Some(Step::Hang) => std::future::pending().await,
                Some(Step::Until(sent)) => {
                    while self.sent.load(Ordering::SeqCst) < sent {
                        tokio::task::yield_now().await;
                    }
                    self.next_chunk().await
                }
            }
        })
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.bodies.fetch_sub(1, Ordering::SeqCst);
    }
}

const SIZE: usize = 1000;

/// The right answer to a request.
fn right(range: &Range<u64>) -> Answer {
    let end = range.end.min(SIZE as u64);
    let length = usize::try_from(end - range.start).unwrap();
    let steps = [length / 2, length - length / 2].map(Step::Bytes).to_vec();
    Answer {
        etag: Some("\"v1\""),
        object_size: SIZE as u64,
        length: length as u64,
        steps,
    }
}

fn store(script: impl Fn(usize, &Range<u64>) -> Answer + Send + Sync + 'static) -> Arc<Store> {
    Arc::new(Store {
        object: (0..=250).cycle().take(SIZE + 100).collect(),
        script: Box::new(script),
        requests: Mutex::default(),
        sent: Arc::default(),
        bodies: Arc::default(),
    })
}

const CONFIG: DownloadConfig = DownloadConfig {
    connections: 3,
    part_bytes: 100,
    memory_bytes: 100_000,
};
const ATTEMPTS: u32 = 3;

fn start(store: &Arc<Store>, config: DownloadConfig, cancel: &CancelHandle) -> Result<Download> {
    let (store, cancel) = (Arc::clone(store), cancel.clone());
    Runtime::shared().unwrap().run(async move {
        let location = S3Location::parse("s3://bucket/key.csv")?;
        Download::start(store, location, &config, ATTEMPTS, cancel).await
    })
}

fn drain(download: &mut Download) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(block) = download.next_block()? {
        bytes.extend_from_slice(&block);
    }
    Ok(bytes)
}

/// Keeps the runtime, and with it the downloads, alive.
fn read_all(store: &Arc<Store>, config: DownloadConfig) -> Result<Vec<u8>> {
    let _runtime = Runtime::shared().unwrap();
    drain(&mut start(store, config, &CancelHandle::default())?)
}

/// Reads what the script lets it; it must end in an error, and what came before must be the
/// beginning of the object.
fn failure(script: impl Fn(usize, &Range<u64>) -> Answer + Send + Sync + 'static) -> Error {
    let _runtime = Runtime::shared().unwrap();
    let store = store(script);
    let mut download = start(&store, CONFIG, &CancelHandle::default()).unwrap();
    let mut read = Vec::new();
    loop {
        match download.next_block() {
            Ok(Some(block)) => read.extend_from_slice(&block),
            Ok(None) => panic!("read to the end"),
            Err(error) => {
                assert!(store.object.starts_with(&read), "{error}");
                return error;
            }
        }
    }
}

#[test]
fn every_byte_comes_in_order_whatever_the_sizes() {
    for (connections, part_bytes, memory_bytes) in [
        (1, 1000, 1),
        (3, 7, 20),
        (8, 999, 10_000),
        (64, 1, 1 << 40),
        (2, 1 << 31, 1 << 40),
    ] {
        let store = store(|_, range| right(range));
        let config = DownloadConfig {
            connections,
            part_bytes,
            memory_bytes,
        };
        assert!(read_all(&store, config).unwrap() == store.object[..SIZE]);
    }
}

#[test]
fn a_broken_range_asks_for_the_bytes_it_lacks() {
    let store = store(|number, range| {
        let mut answer = right(range);
        if number == 0 {
            answer.steps = vec![Step::Bytes(30), Step::Break];
        }
        answer
    });
    let config = DownloadConfig {
        connections: 1,
        part_bytes: 600,
        ..CONFIG
    };
    assert!(read_all(&store, config).unwrap() == store.object[..SIZE]);
    assert_eq!(
        *store.requests.lock().unwrap(),
        [0..600, 30..600, 600..1000]
    );
}

#[test]
fn a_range_that_breaks_again_and_again_is_given_up_even_if_it_gets_a_little_further() {
    for step in [0, 1] {
        let store = store(move |_, range| Answer {
            steps: vec![Step::Bytes(step), Step::Break],
            ..right(range)
        });
        let config = DownloadConfig {
            connections: 1,
            part_bytes: 1000,
            ..CONFIG
        };
        let error = read_all(&store, config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Network);
        assert_eq!(
            store.requests.lock().unwrap().len(),
            ATTEMPTS as usize,
            "{step}"
        );
    }
}

#[test]
fn an_answer_of_another_object_is_an_error() {
    let size = failure(|number, range| Answer {
        object_size: SIZE as u64 + u64::from(number == 2),
        ..right(range)
    });
    let etag = failure(|number, range| Answer {
        etag: Some(if number == 2 { "\"v2\"" } else { "\"v1\"" }),
        ..right(range)
    });
    for error in [size, etag] {
        assert_eq!(error.kind(), ErrorKind::ResultChanged);
        assert_eq!(
            error.message(),
            "s3://bucket/key.csv was replaced while it was read"
        );
    }
}

#[test]
fn an_answer_of_other_bytes_than_asked_for_is_an_error() {
    // The whole object, as a proxy without ranges gives it; a part; more than announced.
    let whole = failure(|_, range| Answer {
        length: SIZE as u64,
        ..right(range)
    });
    let part = failure(|number, range| Answer {
        length: 100 - u64::from(number == 4),
        ..right(range)
    });
    let more = failure(|number, range| {
        let mut answer = right(range);
        if number == 3 {
            answer.steps.push(Step::Bytes(1));
        }
        answer
    });
    for error in [whole, part, more] {
        assert_eq!(error.kind(), ErrorKind::Service);
        assert!(error.message().contains("asked for"), "{error}");
    }
}

#[test]
fn an_object_without_etag_is_read_only_if_one_request_does() {
    let store = store(|_, range| Answer {
        etag: None,
        ..right(range)
    });
    let whole = DownloadConfig {
        part_bytes: 5000,
        ..CONFIG
    };
    assert!(read_all(&store, whole).unwrap() == store.object[..SIZE]);
    let error = read_all(&store, CONFIG).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service);
    assert!(error.message().contains("ETag"), "{error}");
}

#[test]
fn an_object_of_no_bytes_ends_at_once() {
    let store = store(|_, _| Answer {
        etag: None,
        object_size: 0,
        length: 0,
        steps: Vec::new(),
    });
    assert_eq!(read_all(&store, CONFIG).unwrap(), [0_u8; 0]);
}

#[test]
fn a_panic_in_one_range_is_an_error_where_its_bytes_are_missing() {
    let error = failure(|number, range| {
        let mut answer = right(range);
        if number == 4 {
            answer.steps = vec![Step::Bytes(10), Step::Panic];
        }
        answer
    });
    assert_eq!(error.kind(), ErrorKind::Internal);
}

/// Waits until `done`, or fails.
fn eventually(done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Bytes that come at once.
const PIECE: usize = 10;

/// The right answer for an object of `size` bytes, in many pieces.
fn in_pieces(size: usize, range: &Range<u64>) -> Answer {
    let length = usize::try_from(range.end.min(size as u64) - range.start).unwrap();
    let mut steps = vec![Step::Bytes(PIECE); length / PIECE];
    steps.push(Step::Bytes(length % PIECE));
    Answer {
        etag: Some("\"v1\""),
        object_size: size as u64,
        length: length as u64,
        steps,
    }
}

fn store_of(
    size: usize,
    script: impl Fn(usize, &Range<u64>) -> Answer + Send + Sync + 'static,
) -> Arc<Store> {
    let mut store = Arc::into_inner(store(script)).unwrap();
    store.object = (0..=250).cycle().take(size).collect();
    Arc::new(store)
}

const SMALL: DownloadConfig = DownloadConfig {
    connections: 8,
    part_bytes: 200,
    memory_bytes: 640,
};
/// The budget, and what each connection has in its hands while it waits for room.
const MOST: usize = 640 + 8 * PIECE;

#[test]
fn a_consumer_that_does_not_read_stops_the_fetching_at_the_budget() {
    let _runtime = Runtime::shared().unwrap();
    let store = store_of(5000, |_, range| in_pieces(5000, range));
    let mut download = start(&store, SMALL, &CancelHandle::default()).unwrap();
    download.let_all_run();
    // All but what is kept for the range that is next, of which no more than 200 bytes come.
    eventually(|| store.sent.load(Ordering::SeqCst) >= 600);
    std::thread::yield_now();
    assert!(store.sent.load(Ordering::SeqCst) <= MOST);
    let bytes = drain(&mut download).unwrap();
    assert!(bytes == store.object);
}

#[test]
fn what_is_fetched_ahead_does_not_grow_with_the_object() {
    let _runtime = Runtime::shared().unwrap();
    for size in [2_000, 20_003] {
        let store = store_of(size, move |_, range| in_pieces(size, range));
        let mut download = start(&store, SMALL, &CancelHandle::default()).unwrap();
        let mut read = Vec::new();
        while let Some(block) = download.next_block().unwrap() {
            let ahead = store.sent.load(Ordering::SeqCst) - read.len();
            assert!(ahead <= MOST, "{ahead} bytes of {size}");
            read.extend_from_slice(&block);
        }
        assert!(read == store.object);
    }
}

#[test]
fn ranges_that_are_faster_leave_memory_to_the_one_that_is_next() {
    let _runtime = Runtime::shared().unwrap();
    // One in eight waits, after its first bytes, for as much as the others can fetch meanwhile.
    let store = store_of(6400, |_, range| {
        let mut answer = in_pieces(6400, range);
        let start = usize::try_from(range.start).unwrap();
        if start.is_multiple_of(8 * 200) {
            answer.steps.insert(1, Step::Until(start + 400));
        }
        answer
    });
    let mut download = start(&store, SMALL, &CancelHandle::default()).unwrap();
    download.let_all_run();
    assert!(drain(&mut download).unwrap() == store.object);
}

#[test]
fn little_is_asked_for_before_the_first_batch_is_there() {
    let _runtime = Runtime::shared().unwrap();
    let store = store_of(10_000, |_, range| in_pieces(10_000, range));
    let config = DownloadConfig {
        connections: 8,
        part_bytes: 100,
        memory_bytes: 10_000,
    };
    let mut download = start(&store, config, &CancelHandle::default()).unwrap();
    let requests = || store.requests.lock().unwrap().len();
    eventually(|| requests() == 4);
    let first = download.next_block().unwrap().unwrap();
    assert_eq!(*first, store.object[..first.len()]);
    assert_eq!(requests(), 4, "4 % of the object");
    download.let_all_run();
    eventually(|| requests() > 8);
    let rest = drain(&mut download).unwrap();
    assert!([&*first, &rest].concat() == store.object);
}

#[test]
fn the_first_ranges_are_shorter_each_longer_than_the_one_before() {
    let lengths = |connections, part_bytes, count| {
        let ranges = Ranges::of(&DownloadConfig {
            connections,
            part_bytes,
            memory_bytes: 1 << 20,
        });
        (0..count)
            .map(|number| ranges.length(number))
            .collect::<Vec<_>>()
    };
    const KIB: u64 = 1 << 10;
    assert_eq!(
        lengths(4, 1024 * KIB, 6),
        [64, 512, 768, 1024, 1024, 1024].map(|count| count * KIB)
    );
    assert_eq!(
        lengths(1, 1024 * KIB, 2),
        [256, 1024].map(|count| count * KIB)
    );
    assert_eq!(lengths(8, 128 * KIB, 2), [64 * KIB; 2]);
    assert_eq!(lengths(8, 100, 2), [100; 2]);
}

#[test]
fn a_consumer_that_waits_is_woken_by_cancellation_and_the_bodies_are_dropped() {
    let _runtime = Runtime::shared().unwrap();
    let store = store(|_, range| Answer {
        steps: vec![Step::Bytes(1), Step::Hang],
        ..right(range)
    });
    let cancel = CancelHandle::default();
    let mut download = start(&store, CONFIG, &cancel).unwrap();
    download.let_all_run();
    assert!(download.next_block().unwrap().is_some());
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| download.next_block().map(|block| block.is_some()));
        eventually(|| store.bodies.load(Ordering::SeqCst) == CONFIG.connections);
        cancel.cancel();
        let error = waiting.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    eventually(|| store.bodies.load(Ordering::SeqCst) == 0);
}

#[test]
fn a_download_nobody_wants_any_more_drops_its_bodies() {
    let _runtime = Runtime::shared().unwrap();
    let store = store(|_, range| Answer {
        steps: vec![Step::Bytes(1), Step::Hang],
        ..right(range)
    });
    let download = start(&store, CONFIG, &CancelHandle::default()).unwrap();
    download.let_all_run();
    eventually(|| store.bodies.load(Ordering::SeqCst) == CONFIG.connections);
    drop(download);
    eventually(|| store.bodies.load(Ordering::SeqCst) == 0);
}
