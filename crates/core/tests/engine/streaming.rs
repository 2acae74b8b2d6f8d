//! What is read when: a result of any size comes in batches, the first of them early.

use arrow::record_batch::RecordBatch;
use athena_sandbox::{Fault, FaultAction, Fixture};

use crate::support::{cell, columns, connect_with, drain, query, sandbox};

const PART: usize = 64 << 10;
/// Of these rows a part of the object holds more than a first batch.
const ROWS: usize = 70_000;

fn numbered(rows: usize) -> Fixture {
    let list = columns(&[("n", "bigint"), ("v", "varchar")]);
    let row = |n: usize| vec![cell(&n.to_string()), cell(&format!("{:x>20}", n % 97))];
    Fixture::rows(list, (0..rows).map(row).collect())
}

#[test]
fn the_first_batch_comes_before_a_twentieth_of_the_object_does() {
    let sandbox = sandbox();
    sandbox.fixture("SELECT n", numbered(ROWS));
    let connection = connect_with(&sandbox, &format!("DownloadPartBytes={PART}")).unwrap();
    let whole = query(&connection, "SELECT n").unwrap();
    let rows: Vec<usize> = drain(&whole)
        .unwrap()
        .iter()
        .map(RecordBatch::num_rows)
        .collect();
    assert_eq!(rows, [1_024, 65_536, ROWS - 66_560]);
    let keys = sandbox.keys("results").unwrap();
    let key = keys.iter().find(|key| key.ends_with(".csv")).unwrap();
    let size = sandbox.object("results", key).unwrap().len();

    // One request is answered. Of all others, not a byte ever comes.
    assert!(PART < size / 20, "{size}");
    sandbox.fault(Fault::on("GetObject", FaultAction::Stall(0)).skip(1));
    let stream = query(&connection, "SELECT n").unwrap();
    assert_eq!(stream.next_batch().unwrap().unwrap().num_rows(), 1_024);
}
