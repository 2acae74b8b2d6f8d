//! A thousand results read while random requests go wrong in random ways.
//!
//! Each run has a seed, from which its rows, options and faults are drawn. Whatever happens,
//! it must end with exactly the rows that were put in, or with an error after some of the
//! first of them. `CHAOS_SEED=n` runs that seed alone.
//!
//! Two faults are left out where nobody could notice them: a byte that flips on the way and
//! still makes a value, in an answer without checksum (`faults.rs` shows that one with
//! checksum is), and an object said from the first answer on to end between two rows.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use athena_core::ErrorKind;
use athena_core::error::Error;
use athena_core::session::Connection;
use athena_sandbox::FaultAction::{self, *};
use athena_sandbox::engine::Cell;
use athena_sandbox::{ChecksumType, Fault, Fixture, Sandbox};
use fastrand::Rng;

use crate::support::{columns, connect_with, query, random_rows, rows, start};

const RUNS: u64 = 1_000;
/// Most of a run's time is pauses before retries.
const THREADS: usize = 12;
const RETRIES: u32 = 3;

/// What a run is to do.
#[derive(Debug)]
struct Plan {
    options: String,
    faults: Vec<Fault>,
    /// All faults pass before the retries are used up.
    must_succeed: bool,
}

/// The object of these rows.
fn csv(header: &[&str], rows: &[Vec<Cell>]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: Vec<String>| cells.join(",") + "\n";
    let mut csv = line(header.iter().map(|name| quoted(name)).collect());
    for row in rows {
        let cells = row.iter().map(|cell| cell.as_deref().map(quoted));
        csv += &line(cells.map(Option::unwrap_or_default).collect());
    }
    csv
}

const NAMES: [&str; 3] = ["n", "v", "l"];

/// A size that no number of whole rows has.
fn short(rng: &mut Rng, rows: &[Vec<Cell>]) -> u64 {
    let mut ends = vec![csv(&NAMES, &[]).len()];
    for row in rows {
        let line = csv(&[], std::slice::from_ref(row)).len() - 1;
        ends.push(ends.last().unwrap() + line);
    }
    let size = rng.usize(..=*ends.last().unwrap());
    // The last byte of a row is its line end.
    let inside = if ends.contains(&size) { size - 1 } else { size };
    inside as u64
}

/// A fault that another request may not meet.
fn passing(rng: &mut Rng) -> FaultAction {
    let place = rng.u64(..3_000);
    match rng.u8(..13) {
        0 => Throttle,
        1 => Html(504),
        2 => InternalError,
        3 => ServiceUnavailable,
        4 => Html(rng.choice([500, 502, 503]).unwrap()),
        5 => ResetBeforeHeaders,
        6 | 7 => ResetAfter(place),
        8 | 9 => CutBody(place),
        10 => SlowFirstByte(Duration::from_millis(rng.u64(..10))),
        11 => Latency(Duration::from_millis(rng.u64(..10))),
        _ => Bandwidth(rng.u64(200_000..2_000_000)),
    }
}

/// A fault that is no use to try again, or that costs a time-out.
fn lasting(rng: &mut Rng, rows: &[Vec<Cell>]) -> FaultAction {
    match rng.u8(..11) {
        0 => AccessDenied,
        1 => NotFound,
        2 => ExpiredToken,
        3 => Html(rng.choice([200, 400, 403]).unwrap()),
        4 => ChangedObject,
        5 | 6 => ShortObject(short(rng, rows)),
        7 => IgnoreRange,
        8 => NoEtag,
        9 => ExtraEmptyPage,
        _ => Stall(rng.u64(..3_000)),
    }
}

fn plan(seed: u64) -> (Plan, Vec<Vec<Cell>>) {
    let mut rng = Rng::with_seed(seed);
    let rows = random_rows(seed, rng.usize(..200));
    let fetcher = match rng.u8(..8) {
        0 => format!("ResultFetcher=GetQueryResults;FetchSize={}", rng.u8(5..60)),
        1 => "ResultFetcher=S3".to_owned(),
        _ => String::new(),
    };
    let mut options = format!(
        "NumRetries={RETRIES};DownloadPartBytes={};DownloadMemoryBytes={};DownloadConnections={};{fetcher}",
        rng.u32(1_024..4_096),
        rng.u32(65_536..131_072),
        rng.u8(1..=8),
    );
    let mut faults = Vec::new();
    let mut must_succeed = true;
    let mut failures = 0;
    for _ in 0..rng.u8(..6) {
        let lasts = rng.u8(..3) == 0;
        let action = if lasts {
            lasting(&mut rng, &rows)
        } else {
            passing(&mut rng)
        };
        if matches!(action, Stall(_)) {
            options += ";ReadTimeout=1";
        }
        let operation = match rng.u8(..8) {
            0 => "GetQueryExecution",
            1 => "StartQueryExecution",
            2 | 3 => "GetQueryResults",
            _ => "GetObject",
        };
        let times = rng.u32(1..=RETRIES);
        failures += times;
        must_succeed &= !lasts;
        let fault = Fault::on(operation, action).skip(rng.u32(..5)).times(times);
        faults.push(fault);
    }
    must_succeed &= failures <= RETRIES;
    let plan = Plan {
        options,
        faults,
        must_succeed,
    };
    (plan, rows)
}

/// How a run ended well.
enum Ended {
    Exact,
    Failed(Error),
}

fn read(connection: &Connection, sql: &str, expected: &[Vec<String>]) -> Ended {
    let mut read: Vec<Vec<String>> = Vec::new();
    let ended = query(connection, sql).and_then(|stream| {
        while let Some(batch) = stream.next_batch()? {
            read.extend(rows(&[batch]));
        }
        Ok(())
    });
    match ended {
        Ok(()) => {
            assert!(read == expected, "other rows: {read:?}\nnot: {expected:?}");
            Ended::Exact
        }
        Err(error) => {
            assert!(expected.starts_with(&read), "{error} after other rows");
            assert!(!error.message().is_empty());
            assert_ne!(error.kind(), ErrorKind::Internal, "{error:?}");
            Ended::Failed(error)
        }
    }
}

fn run(sandbox: &Sandbox, seed: u64) -> Ended {
    let (plan, put_in) = plan(seed);
    let text = |cell: &Cell| cell.clone().unwrap_or("∅".to_owned());
    let expected: Vec<Vec<String>> = put_in
        .iter()
        .map(|row| row.iter().map(text).collect())
        .collect();
    let list = columns(&[("n", "bigint"), ("v", "varchar"), ("l", "bigint")]);
    let sql = format!("SELECT {seed}");
    sandbox.fixture(sql.as_str(), Fixture::rows(list, put_in));
    sandbox.clear_faults();
    let connection = connect_with(sandbox, &format!("ConnectionTest=0;{}", plan.options)).unwrap();
    for fault in &plan.faults {
        sandbox.fault(fault.clone());
    }
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let ended = read(&connection, &sql, &expected);
        if let (Ended::Failed(error), true) = (&ended, plan.must_succeed) {
            panic!("the faults pass, but: {error:?}");
        }
        ended
    }));
    ended.unwrap_or_else(|_| panic!("CHAOS_SEED={seed} replays this: {plan:#?}"))
}

#[test]
fn a_thousand_runs_with_random_faults_give_all_rows_or_an_error() {
    let seeds = match std::env::var("CHAOS_SEED") {
        Ok(seed) => seed.parse().map(|seed: u64| seed..seed + 1).unwrap(),
        Err(_) => 0..RUNS,
    };
    let next = AtomicU64::new(seeds.start);
    let (exact, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (next, exact, failed, end) = (&next, &exact, &failed, seeds.end);
            scope.spawn(move || {
                // Half of the runs see checksums, of either kind.
                let builder = match thread % 4 {
                    0 => Sandbox::builder().checksums(ChecksumType::FullObject),
                    1 => Sandbox::builder().checksums(ChecksumType::Composite),
                    _ => Sandbox::builder(),
                };
                let sandbox = start(builder);
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= end {
                        return;
                    }
                    let count = match run(&sandbox, seed) {
                        Ended::Exact => exact,
                        Ended::Failed(_) => failed,
                    };
                    count.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    let (exact, failed) = (exact.into_inner(), failed.into_inner());
    if seeds == (0..RUNS) {
        assert!(
            exact > 500 && failed > 100,
            "{exact} exact, {failed} failed"
        );
    }
}
