//! When a broken range is read on, when it is given up, and what follows.

use super::*;

/// Reads a range of so many bytes, whose requests are answered with these steps.
fn fetched(size: usize, steps: impl Fn(usize) -> Vec<Step> + Send + Sync + 'static) -> Fetched {
    let store = Arc::new(Store {
        object: (0..=250).cycle().take(size).collect(),
        script: Box::new(move |number, range| Answer {
            etag: Some("\"v1\""),
            object_size: size as u64,
            length: range.end - range.start,
            steps: steps(number),
        }),
        requests: Mutex::default(),
        sent: Arc::default(),
        bodies: Arc::default(),
    });
    let source = Source {
        objects: Arc::clone(&store) as Arc<dyn ObjectApi>,
        location: S3Location::parse("s3://bucket/key.csv").unwrap(),
        etag: Some("\"v1\"".to_owned()),
        object_size: size as u64,
        attempts: ATTEMPTS,
    };
    let read = Runtime::shared().unwrap().run(async move {
        let mut read = Vec::new();
        fetch(&source, 0..size as u64, None, &mut read).await?;
        Ok(read)
    });
    let starts = store
        .requests
        .lock()
        .unwrap()
        .iter()
        .map(|r| r.start)
        .collect();
    Fetched {
        is_whole: read.as_ref().is_ok_and(|read| *read == store.object),
        error: read.err(),
        starts,
    }
}

struct Fetched {
    is_whole: bool,
    error: Option<Error>,
    /// Where each request began.
    starts: Vec<u64>,
}

#[test]
fn a_range_that_gets_on_between_breaks_is_read_to_its_end() {
    const STEP: usize = 64 << 10;
    let breaks = |step| move |_| vec![Step::Bytes(step), Step::Break];
    let fast = fetched(STEP * 5, breaks(STEP));
    assert!(fast.is_whole, "{:?}", fast.error);
    assert_eq!(fast.starts, [0, 1, 2, 3, 4].map(|n| n * STEP as u64));
    let slow = fetched(STEP * 5, breaks(STEP - 1));
    assert_eq!(slow.error.unwrap().kind(), ErrorKind::Network);
    assert_eq!(slow.starts.len(), ATTEMPTS as usize);
}

#[test]
fn a_body_that_ends_early_is_a_break() {
    let read = fetched(100, |number| vec![Step::Bytes([30, 70][number])]);
    assert!(read.is_whole, "{:?}", read.error);
    assert_eq!(read.starts, [0, 30]);
    let empty = fetched(100, |_| Vec::new());
    assert_eq!(empty.error.unwrap().kind(), ErrorKind::Network);
    assert_eq!(empty.starts, [0; ATTEMPTS as usize]);
}

#[test]
fn a_break_behind_the_last_byte_does_not_matter() {
    let read = fetched(100, |_| vec![Step::Bytes(100), Step::Break]);
    assert!(read.is_whole, "{:?}", read.error);
    assert_eq!(read.starts, [0]);
}

#[test]
fn behind_a_range_that_failed_nothing_is_asked_for() {
    let _runtime = Runtime::shared().unwrap();
    let store = store(|number, range| Answer {
        length: if number == 1 { 1 } else { right(range).length },
        ..right(range)
    });
    let config = DownloadConfig {
        connections: 1,
        ..CONFIG
    };
    let mut download = start(&store, config, &CancelHandle::default()).unwrap();
    download.let_all_run();
    assert!(drain(&mut download).is_err());
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(store.requests.lock().unwrap().len(), 2);
}
