//! Nothing is left behind, and nothing of others is removed.

use std::time::Duration;

use athena_core::ErrorKind;
use athena_core::session::{Connection, Statement};
use athena_sandbox::{Fault, FaultAction, Fixture, Sandbox, State};

use super::{batch, described, files, int64, left_over, parquet, started, unloading, unloads};
use crate::support::{drain, query};

fn three_files() -> Fixture {
    files((0..3).map(|n| parquet(&batch(vec![int64(n * 5000..(n + 1) * 5000)]))))
}

fn sandbox_with(fixture: Fixture) -> Sandbox {
    let sandbox = described("SELECT n FROM t", &[("n", "bigint")]);
    unloads(&sandbox, fixture);
    sandbox.put_object("results", "theirs", b"x").unwrap();
    sandbox
        .put_object("results", "unload/theirs/file", b"x")
        .unwrap();
    sandbox
}

const THEIRS: [&str; 2] = ["theirs", "unload/theirs/file"];

fn statement(connection: &Connection) -> Statement {
    let statement = connection.statement();
    statement.set_sql("SELECT n FROM t").unwrap();
    statement
}

/// Puts a file into the folder of the UNLOAD that was started last, as if it had written it.
fn write_into_folder(sandbox: &Sandbox) {
    let texts = started(sandbox);
    let (_, rest) = texts
        .last()
        .unwrap()
        .split_once("TO 's3://results/")
        .unwrap();
    let (folder, _) = rest.split_once('\'').unwrap();
    sandbox
        .put_object("results", &format!("{folder}orphan"), b"x")
        .unwrap();
    assert_ne!(left_over(sandbox), THEIRS);
}

#[test]
fn the_files_are_gone_when_the_last_row_was_read() {
    let sandbox = sandbox_with(three_files());
    let stream = query(&unloading(&sandbox, ""), "SELECT n FROM t").unwrap();
    let batches = drain(&stream).unwrap();
    assert_eq!(
        batches.iter().map(|batch| batch.num_rows()).sum::<usize>(),
        15_000
    );
    assert_eq!(left_over(&sandbox), THEIRS);
    drop(stream);
    assert_eq!(sandbox.count("ListObjectsV2"), 1, "removed once");
}

#[test]
fn the_files_are_gone_when_a_result_is_dropped_unread_or_half_read() {
    for batches in [0, 1] {
        let sandbox = sandbox_with(three_files());
        let stream = query(&unloading(&sandbox, "FetchSize=1000"), "SELECT n FROM t").unwrap();
        for _ in 0..batches {
            stream.next_batch().unwrap();
        }
        drop(stream);
        assert_eq!(left_over(&sandbox), THEIRS);
    }
}

#[test]
fn the_files_are_gone_when_the_query_fails() {
    let failing = Fixture::failed("INTERNAL_ERROR_QUERY_ENGINE", 1).states([State::Running; 3]);
    let sandbox = sandbox_with(failing);
    let statement = statement(&unloading(&sandbox, ""));
    statement.submit().unwrap();
    write_into_folder(&sandbox);
    let error = statement.wait().unwrap_err();
    assert_eq!(error.query_execution_id().map(str::len), Some(36));
    assert_eq!(left_over(&sandbox), THEIRS);
}

#[test]
fn the_files_are_gone_when_the_query_is_cancelled_or_runs_out_of_time() {
    let sandbox = sandbox_with(three_files().states([State::Running; 10_000]));
    let connection = unloading(&sandbox, "");
    let cancelled = statement(&connection);
    cancelled.submit().unwrap();
    write_into_folder(&sandbox);
    cancelled.cancel().unwrap();
    assert_eq!(cancelled.wait().unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(left_over(&sandbox), THEIRS);

    let timed = statement(&connection);
    timed.set_timeout(Some(Duration::from_secs(2))).unwrap();
    timed.submit().unwrap();
    write_into_folder(&sandbox);
    assert_eq!(timed.wait().unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(left_over(&sandbox), THEIRS);
}

#[test]
fn the_files_are_gone_when_a_submitted_statement_is_dropped() {
    let sandbox = sandbox_with(three_files().states([State::Running; 10_000]));
    let statement = statement(&unloading(&sandbox, ""));
    statement.submit().unwrap();
    write_into_folder(&sandbox);
    drop(statement);
    assert_eq!(sandbox.count("StopQueryExecution"), 1);
    assert_eq!(left_over(&sandbox), THEIRS);
}

#[test]
fn cancelling_and_time_limits_reach_the_describing() {
    let sandbox = sandbox_with(three_files());
    let describing = Fixture::rows(Vec::new(), Vec::new()).states([State::Running; 10_000]);
    sandbox.fixture("SELECT * FROM (SELECT n FROM t) LIMIT 0", describing);
    let connection = unloading(&sandbox, "");
    let timed = statement(&connection);
    timed.set_timeout(Some(Duration::from_millis(200))).unwrap();
    assert_eq!(timed.execute().unwrap_err().kind(), ErrorKind::Timeout);
    let cancelled = statement(&connection);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| cancelled.execute().map(drop));
        while cancelled.cancel().is_err() {
            std::thread::yield_now();
        }
        let error = waiting.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    });
    assert!(started(&sandbox).iter().all(|sql| sql.ends_with("LIMIT 0")));
    assert_eq!(sandbox.count("ListObjectsV2"), 0, "nothing was written");
}

#[test]
fn what_cannot_be_removed_is_no_error_of_the_query() {
    for (operation, left) in [("DeleteObjects", 6), ("ListObjectsV2", 2)] {
        let sandbox = sandbox_with(three_files());
        sandbox.fault(Fault::on(operation, FaultAction::AccessDenied));
        let stream = query(&unloading(&sandbox, ""), "SELECT n FROM t").unwrap();
        drain(&stream).unwrap();
        drop(stream);
        // Without a listing, what the manifest names is removed all the same.
        assert_eq!(left_over(&sandbox).len(), left, "{operation}");
    }
}
