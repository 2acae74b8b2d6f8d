//! Decoding the reference workload on one thread, beside csv-core (records only) and arrow-csv.
//!
//! `cargo bench -p athena-core --bench decode [-- ROWS [READER]]` prints the best of several
//! interleaved runs. CPU is what the kernel counts for this thread (Linux; elsewhere the wall clock).
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a program for people; a failure should stop it"
)]

#[path = "../src/decode/mod.rs"]
#[allow(dead_code, unused_imports, reason = "only the CSV decoder is measured")]
mod decode;
#[path = "../src/error.rs"]
#[allow(dead_code, unused_imports, reason = "included for the decoder")]
mod error;
#[path = "../src/types/mod.rs"]
#[allow(dead_code, unused_imports, reason = "included for the decoder")]
mod types;

use decode::{BatchLimits, CsvDecoder};
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use types::{AthenaType, Column, ComplexTypes, schema};

const RUNS: usize = 7;
/// Bytes per call: about what arrives at once from a network.
const PIECE: usize = 64 << 10;

const COLUMNS: [(&str, &str); 10] = [
    ("id", "bigint"),
    ("quantity", "integer"),
    ("ratio", "double"),
    ("price", "decimal(18,2)"),
    ("code", "varchar"),
    ("remark", "varchar"),
    ("flag", "boolean"),
    ("day", "date"),
    ("at", "timestamp(3)"),
    ("tags", "array(integer)"),
];

/// A result object: NULLs and empty strings mixed, commas and quotes in the text.
fn workload(rows: usize) -> Vec<u8> {
    const WORDS: [&str; 8] = [
        "carefully",
        "final, ",
        "pending",
        "say \"yes\"",
        "deposits",
        "über",
        "a, b",
        "quick",
    ];
    let mut rng = fastrand::Rng::with_seed(42);
    let names: Vec<_> = COLUMNS
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let mut csv = names.join(",") + "\n";
    for _ in 0..rows {
        for index in 0..COLUMNS.len() {
            if index > 0 {
                csv.push(',');
            }
            if rng.u8(..20) == 0 {
                continue;
            }
            csv.push('"');
            let (year, month, day) = (rng.u16(1970..2030), rng.u8(1..=12), rng.u8(1..=28));
            match index {
                0 => write!(csv, "{}", rng.i64(0..1_000_000_000_000_000)),
                1 => write!(csv, "{}", rng.i32(-10_000_000..10_000_000)),
                2 => write!(csv, "{}", rng.f64() * 1e6),
                3 => write!(
                    csv,
                    "{}.{:02}",
                    rng.i64(-99_999_999..99_999_999),
                    rng.u8(..100)
                ),
                4 if rng.u8(..10) == 0 => Ok(()),
                4 => write!(csv, "N{:07}", rng.u32(..10_000_000)),
                5 => (0..rng.u8(3..9)).try_for_each(|_| {
                    let word = WORDS[rng.usize(..WORDS.len())].replace('"', "\"\"");
                    write!(csv, "{word} ")
                }),
                6 => write!(csv, "{}", rng.bool()),
                7 => write!(csv, "{year:04}-{month:02}-{day:02}"),
                8 => write!(
                    csv,
                    "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}.{:03}",
                    rng.u8(..24),
                    rng.u8(..60),
                    rng.u8(..60),
                    rng.u16(..1000)
                ),
                _ => write!(csv, "[{}, {}, {}]", rng.u16(..), rng.u8(..), rng.u8(..)),
            }
            .unwrap();
            csv.push('"');
        }
        csv.push('\n');
    }
    csv.into_bytes()
}

fn ours(columns: &Arc<[Column]>, csv: &[u8]) -> usize {
    let mut decoder = CsvDecoder::new(columns.clone(), ComplexTypes::Text, BatchLimits::default());
    let mut rows = 0;
    for mut piece in csv.chunks(PIECE) {
        while !piece.is_empty() {
            let taken = decoder.decode(piece).unwrap();
            piece = piece.split_at(taken).1;
            rows += decoder
                .next_batch()
                .map_or(0, |batch| black_box(batch).num_rows());
        }
    }
    decoder.finish().unwrap();
    rows + decoder
        .next_batch()
        .map_or(0, |batch| black_box(batch).num_rows())
}

fn arrow_csv(columns: &Arc<[Column]>, csv: &[u8]) -> usize {
    let reader = arrow_csv::ReaderBuilder::new(schema(columns))
        .with_header(true)
        .with_batch_size(8192)
        .build_buffered(csv)
        .unwrap();
    reader
        .map(|batch| black_box(batch.unwrap()).num_rows())
        .sum()
}

fn csv_core(csv: &[u8]) -> usize {
    let mut reader = csv_core::Reader::new();
    let (mut output, mut ends) = (vec![0; 1 << 16], vec![0; COLUMNS.len() + 1]);
    let (mut rest, mut records) = (csv, 0_usize);
    loop {
        let (result, taken, ..) = reader.read_record(rest, &mut output, &mut ends);
        rest = rest.split_at(taken).1;
        match result {
            csv_core::ReadRecordResult::Record => records += 1,
            csv_core::ReadRecordResult::End => return records - 1,
            _ => {}
        }
        black_box(&output);
    }
}

/// CPU time of this thread.
fn cpu(start: Instant) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| start.elapsed(), Duration::from_nanos)
}

fn main() {
    let mut args = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"));
    let rows = args.next().map_or(200_000, |arg| arg.parse().unwrap());
    let only = args.next().unwrap_or_default();
    let columns: Arc<[Column]> = COLUMNS
        .iter()
        .map(|(name, text)| Column::new(*name, AthenaType::parse(text).unwrap()))
        .collect();
    let csv = workload(rows);
    println!("{rows} rows, {:.1} MB", csv.len() as f64 / 1e6);

    type Reader<'a> = (&'a str, &'a dyn Fn() -> usize);
    let readers: [Reader<'_>; 3] = [
        ("athena-core", &|| ours(&columns, &csv)),
        ("csv-core, records only", &|| csv_core(&csv)),
        ("arrow-csv", &|| arrow_csv(&columns, &csv)),
    ];
    let mut best = [(Duration::MAX, Duration::MAX); 3];
    let start = Instant::now();
    for _ in 0..RUNS {
        for ((name, read), (best_cpu, best_wall)) in readers.iter().zip(&mut best) {
            if !name.contains(&only) {
                continue;
            }
            let (cpu_before, wall) = (cpu(start), Instant::now());
            let decoded = read();
            *best_cpu = (cpu(start) - cpu_before).min(*best_cpu);
            *best_wall = wall.elapsed().min(*best_wall);
            assert_eq!(decoded, rows, "{name}");
        }
    }
    println!(
        "{:<24}{:>9}{:>10}{:>9}{:>8}",
        "", "CPU ms", "wall ms", "MB/s", "ratio"
    );
    let reference = best.last().map_or(1.0, |(cpu, _)| cpu.as_secs_f64());
    for ((name, _), (cpu, wall)) in readers.iter().zip(best) {
        if !name.contains(&only) {
            continue;
        }
        println!(
            "{name:<24}{:>9.1}{:>10.1}{:>9.0}{:>8.2}",
            cpu.as_secs_f64() * 1e3,
            wall.as_secs_f64() * 1e3,
            csv.len() as f64 / 1e6 / cpu.as_secs_f64(),
            cpu.as_secs_f64() / reference,
        );
    }
}
