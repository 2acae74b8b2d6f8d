//! How files are read: in order, within bounds, and never wrongly.

use std::time::{Duration, Instant};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use athena_core::ErrorKind;
use athena_core::session::ResultStream;
use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{
    batch, describe, described, files, int64, left_over, parquet, parquet_with, started, unloading,
    unloads, utf8,
};
use crate::support::{drain, query, rows};

/// Rows `from..to`: their number, noise, and a text that may be NULL.
fn numbered(from: i64, to: i64) -> RecordBatch {
    let noise = |n: i64| n.wrapping_add(1).wrapping_mul(-0x61c8_8646_80b5_83eb);
    let text = |n: i64| {
        let length = usize::try_from(noise(n) & 31).unwrap();
        (n % 3 > 0).then(|| format!("row {n} {}", "x".repeat(length)))
    };
    let texts: Vec<Option<String>> = (from..to).map(text).collect();
    let texts: Vec<_> = texts.iter().map(Option::as_deref).collect();
    batch(vec![
        int64(from..to),
        int64((from..to).map(noise)),
        utf8(&texts),
    ])
}

const COLUMNS: [(&str, &str); 3] = [("n", "bigint"), ("noise", "bigint"), ("text", "varchar")];

/// A sandbox where `SELECT rows` is unloaded to these files.
fn holding(fixture: Fixture) -> Sandbox {
    let sandbox = described("SELECT rows", &COLUMNS);
    unloads(&sandbox, fixture);
    sandbox
}

fn small_pages() -> parquet::file::properties::WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_data_page_size_limit(8 << 10)
        .set_write_batch_size(64)
}

fn numbers(batches: &[RecordBatch]) -> Vec<i64> {
    let column = |batch: &RecordBatch| {
        batch
            .column(0)
            .as_primitive::<Int64Type>()
            .values()
            .to_vec()
    };
    batches.iter().flat_map(column).collect()
}

#[test]
fn rows_come_in_the_order_of_the_manifest_whatever_the_sizes() {
    let mut fixture = Fixture::count(0);
    let mut from = 0;
    for (name, rows, group) in [
        ("z", 5000, 700),
        ("b", 1, 1),
        ("empty", 0, 1),
        ("a", 20_000, 100_000),
    ] {
        let properties = small_pages().set_max_row_group_row_count(Some(group));
        fixture = fixture.file(name, parquet_with(&numbered(from, from + rows), properties));
        from += rows;
    }
    let sandbox = holding(fixture);
    let expected = rows(&[numbered(0, from)]);
    for more in [
        "",
        "DownloadMemoryBytes=1048576;DownloadPartBytes=65536",
        "DownloadMemoryBytes=1048576;DownloadConnections=1",
        "FetchSize=777",
    ] {
        let stream = query(&unloading(&sandbox, more), "SELECT rows").unwrap();
        let batches = drain(&stream).unwrap();
        assert!(batches[0].num_rows() <= 1024, "{more}");
        if more.starts_with("FetchSize") {
            assert!(batches.iter().all(|batch| batch.num_rows() <= 777));
        }
        assert!(rows(&batches) == expected, "{more}");
    }
}

#[test]
fn many_files_are_read_and_removed() {
    let sandbox = holding(files(
        (0..1200).map(|n| parquet(&numbered(n * 3, n * 3 + 3))),
    ));
    let stream = query(
        &unloading(&sandbox, "DownloadMemoryBytes=1048576"),
        "SELECT rows",
    )
    .unwrap();
    let batches = drain(&stream).unwrap();
    assert_eq!(numbers(&batches), (0..3600).collect::<Vec<_>>());
    assert_eq!(left_over(&sandbox), [""; 0]);
    assert_eq!(sandbox.count("ListObjectsV2"), 2);
}

/// The bytes of data files asked for so far.
fn asked_for(sandbox: &Sandbox) -> u64 {
    let ranges = sandbox.requests().into_iter().filter_map(|request| {
        let is_data = request.operation == "GetObject" && request.target.contains("/part-");
        let range = request.header("range")?.strip_prefix("bytes=")?.to_owned();
        let (start, last) = range.split_once('-')?;
        let last: u64 = last.parse().ok()?;
        let length = start.parse().map_or(last, |start: u64| last + 1 - start);
        is_data.then_some(length)
    });
    ranges.sum()
}

#[test]
fn memory_is_bounded_however_large_the_result_and_its_row_groups() {
    const MEMORY: u64 = 2 << 20;
    // One row group of 12 MB, and 12 of 1 MB.
    for group in [500_000, 41_667] {
        let properties = small_pages().set_max_row_group_row_count(Some(group));
        let written = batch(vec![
            int64(0..500_000),
            int64(500_000..1_000_000),
            int64(0..500_000),
        ]);
        let file = parquet_with(
            &written,
            properties.set_compression(Compression::UNCOMPRESSED),
        );
        let size = file.len() as u64;
        assert!(size > 12_000_000);
        let sandbox = described(
            "SELECT rows",
            &[("a", "bigint"), ("b", "bigint"), ("c", "bigint")],
        );
        unloads(&sandbox, files([file]));
        let connection = unloading(&sandbox, &format!("DownloadMemoryBytes={MEMORY}"));
        let stream = query(&connection, "SELECT rows").unwrap();
        let mut taken = 0;
        while let Some(batch) = stream.next_batch().unwrap() {
            // What was asked for is in the file's bytes or, decoded, ahead of the caller.
            let ahead = asked_for(&sandbox).saturating_sub(taken * size / 500_000);
            assert!(ahead <= MEMORY, "{ahead} bytes after {taken} rows");
            taken += batch.num_rows() as u64;
        }
        assert_eq!(taken, 500_000);
        // Nothing is read twice, but for what came with the footer.
        let all = asked_for(&sandbox);
        assert!(
            (size - size / 50..size + size / 20).contains(&all),
            "{all} of {size}"
        );
    }
}

#[test]
fn long_texts_in_a_dictionary_make_small_batches() {
    let texts = ["a", "b"].map(|text| text.repeat(10_000));
    let values: Vec<_> = (0..5000).map(|n| Some(texts[n % 2].as_str())).collect();
    let sandbox = described("SELECT rows", &[("text", "varchar")]);
    unloads(&sandbox, files([parquet(&batch(vec![utf8(&values)]))]));
    let stream = query(&unloading(&sandbox, ""), "SELECT rows").unwrap();
    let mut count = 0;
    while let Some(batch) = stream.next_batch().unwrap() {
        assert!(
            batch.get_array_memory_size() <= 16 << 20,
            "{}",
            batch.num_rows()
        );
        count += batch.num_rows();
    }
    assert_eq!(count, 5000);
}

fn two_files() -> Vec<Vec<u8>> {
    let write = |from, to| parquet_with(&numbered(from, to), small_pages());
    vec![write(0, 40_000), write(40_000, 80_000)]
}

fn read(sandbox: &Sandbox) -> athena_core::Result<Vec<i64>> {
    let small = "DownloadMemoryBytes=1048576;NumRetries=3;";
    let stream = query(&unloading(sandbox, small), "SELECT rows")?;
    drain(&stream).map(|batches| numbers(&batches))
}

#[test]
fn broken_connections_are_resumed_and_no_row_is_lost() {
    for action in [
        FaultAction::ResetAfter(1000),
        FaultAction::CutBody(3000),
        FaultAction::ResetBeforeHeaders,
        FaultAction::ServiceUnavailable,
        FaultAction::InternalError,
    ] {
        let sandbox = holding(files(two_files()));
        sandbox.fault(
            Fault::on("GetObject", action.clone())
                .key("part-")
                .skip(1)
                .times(2),
        );
        assert_eq!(
            read(&sandbox).unwrap(),
            (0..80_000).collect::<Vec<_>>(),
            "{action:?}"
        );
        assert_eq!(left_over(&sandbox), [""; 0]);
    }
}

#[test]
fn what_is_wrong_with_a_file_is_told_and_the_files_are_removed() {
    // The first byte of the footer, by its place in what is read with it.
    let file = &two_files()[1];
    let length = u32::from_le_bytes(*file[..file.len() - 4].last_chunk().unwrap());
    let footer = (16 << 10) - 8 - u64::from(length);
    for (action, skip, kind) in [
        (FaultAction::NotFound, 0, ErrorKind::ResultNotFound),
        (FaultAction::AccessDenied, 0, ErrorKind::Unauthorized),
        (
            FaultAction::ShortObject(50_000),
            0,
            ErrorKind::ResultChanged,
        ),
        (FaultAction::ShortObject(5), 0, ErrorKind::ResultChanged),
        (FaultAction::ShortObject(0), 0, ErrorKind::ResultChanged),
        (
            FaultAction::ShortObject(70_000),
            1,
            ErrorKind::ResultChanged,
        ),
        (FaultAction::ChangedObject, 1, ErrorKind::ResultChanged),
        (FaultAction::CorruptByte(footer), 0, ErrorKind::Decode),
    ] {
        let sandbox = holding(files(two_files()));
        sandbox.fault(
            Fault::on("GetObject", action.clone())
                .key("part-1")
                .skip(skip),
        );
        let error = read(&sandbox).unwrap_err();
        assert_eq!(error.kind(), kind, "{action:?}: {error}");
        assert!(error.message().contains("part-1"), "{action:?}: {error}");
        assert!(error.query_execution_id().is_some(), "{action:?}");
        assert_eq!(left_over(&sandbox), [""; 0], "{action:?}");
    }
}

#[test]
fn a_corrupt_page_is_an_error_and_never_a_wrong_row() {
    let expected: Vec<i64> = (0..80_000).collect();
    let length = two_files()[0].len() as u64;
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..6 {
        let sandbox = holding(files(two_files()));
        let place = random.u64(4..length);
        sandbox.fault(
            Fault::on("GetObject", FaultAction::CorruptByte(place % 9000))
                .key("part-0")
                .skip(1),
        );
        // A flipped bit may make another value, which Parquet has no checksum against here.
        if let Ok(read) = read(&sandbox) {
            assert_eq!(read.len(), expected.len(), "{place}");
        }
        assert_eq!(left_over(&sandbox), [""; 0]);
    }
}

#[test]
fn other_columns_than_described_are_an_error() {
    for (list, found) in [
        (&COLUMNS[..2], "3 columns, the query has 2"),
        (
            &[COLUMNS[0], COLUMNS[1], COLUMNS[2], ("more", "bigint")],
            "3 columns, the query has 4",
        ),
    ] {
        let sandbox = holding(files([parquet(&numbered(0, 10))]));
        describe(&sandbox, "SELECT rows", list);
        let error = read(&sandbox).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.message().contains(found), "{error}");
    }
}

#[test]
fn what_the_manifest_names_elsewhere_is_neither_read_nor_removed() {
    let sandbox = described("SELECT rows", &COLUMNS);
    let foreign = parquet(&numbered(0, 10));
    sandbox
        .put_object("results", "theirs/file", &foreign)
        .unwrap();
    sandbox
        .put_object("results", "unload/theirs", &foreign)
        .unwrap();
    // The newline makes it two lines of the manifest.
    let fixture = files([foreign]).file("part-1\ns3://results/theirs/file", b"x".to_vec());
    unloads(&sandbox, fixture);
    let error = read(&sandbox).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service);
    assert!(
        error.message().contains("s3://results/theirs/file"),
        "{error}"
    );
    assert_eq!(left_over(&sandbox), ["theirs/file", "unload/theirs"]);
    let read_it = |request: &athena_sandbox::Request| {
        request.operation == "GetObject" && request.target.contains("theirs")
    };
    assert!(!sandbox.requests().iter().any(read_it));
}

#[test]
fn a_file_that_the_manifest_names_twice_is_not_read_twice() {
    let file = parquet(&numbered(0, 10));
    let sandbox = holding(files([file.clone()]).file("part-0", file));
    let error = read(&sandbox).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service, "{error}");
    for part in ["part-0", "twice"] {
        assert!(error.message().contains(part), "{error}");
    }
    assert_eq!(left_over(&sandbox), [""; 0]);
}

/// Files that were given up, as writers that fail leave them, are no part of the result.
#[test]
fn an_empty_manifest_means_no_rows_whatever_lies_in_the_folder() {
    let sandbox = holding(files([parquet(&numbered(0, 10))]));
    let statement = unloading(&sandbox, "").statement();
    statement.set_sql("SELECT rows").unwrap();
    statement.submit().unwrap();
    while !statement.poll().unwrap().state.is_final() {}
    let mut keys = sandbox.keys("results").unwrap().into_iter();
    let manifest = keys.find(|key| key.ends_with("-manifest.csv")).unwrap();
    sandbox.put_object("results", &manifest, b"").unwrap();
    let stream = statement.wait().unwrap();
    assert_eq!(stream.schema().fields().len(), 3);
    assert!(numbers(&drain(&stream).unwrap()).is_empty());
    assert_eq!(left_over(&sandbox), [""; 0]);
}

#[test]
fn a_listing_that_leads_back_to_itself_is_an_error() {
    let sandbox = holding(files((0..1001).map(|n| parquet(&numbered(n, n + 1)))));
    sandbox.fault(Fault::on("GetObject", FaultAction::NotFound).key("-manifest.csv"));
    sandbox.fault(Fault::on("ListObjectsV2", FaultAction::RepeatToken));
    let error = read(&sandbox).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Service, "{error}");
    assert!(error.message().contains("does not end"), "{error}");
    // Two for the reading, two for the removal.
    assert_eq!(sandbox.count("ListObjectsV2"), 4);
}

#[test]
fn without_a_manifest_the_files_are_what_lies_in_the_folder() {
    let sandbox = holding(files(two_files()));
    sandbox.fault(Fault::on("GetObject", FaultAction::NotFound).key("-manifest.csv"));
    assert_eq!(read(&sandbox).unwrap().len(), 80_000);
    assert_eq!(left_over(&sandbox), [""; 0]);
}

/// Blocks in `next_batch` until cancelled.
fn cancelled(stream: &ResultStream) {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| drain(stream).map(|batches| batches.len()));
        stream.cancel();
        let error = reading.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_read_can_be_cancelled_from_another_thread() {
    for (operation_skips, stall) in [(0, 0), (1, 100)] {
        let sandbox = holding(files(two_files()));
        let stall = Fault::on("GetObject", FaultAction::Stall(stall)).key("part-0");
        sandbox.fault(stall.skip(operation_skips));
        let small = "DownloadMemoryBytes=1048576";
        let stream = query(&unloading(&sandbox, small), "SELECT rows").unwrap();
        cancelled(&stream);
        assert_eq!(
            stream.next_batch().unwrap_err().kind(),
            ErrorKind::Cancelled
        );
        drop(stream);
        assert_eq!(left_over(&sandbox), [""; 0]);
        assert_eq!(started(&sandbox).len(), 2);
    }
}
