//! One query, every way to read its result: the same values, and those that were put in.
//!
//! Tables of every type are generated: random values, NULLs, '', extremes, characters beyond
//! ASCII, line ends, zones; by themselves and in arrays, maps and rows of each other. Each table
//! is read as CSV and as pages, with nested values as text and typed, and as the Parquet files of
//! an UNLOAD.

mod kinds;
mod nested;
mod zoned;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef};
use fastrand::Rng;

use crate::support::{connect, sandbox, shown, sorted};
use kinds::{Kind, Values};

const ROWS: usize = 12;
const SEEDS: u64 = 4;
/// Nested columns of each table.
const NESTED: usize = 12;

/// Every way to read a result; whether nested values come typed.
const ROUTES: [(&str, bool); 5] = [
    ("ResultFetcher=S3;DownloadPartBytes=1024", false),
    ("ResultFetcher=GetQueryResults;FetchSize=5", false),
    ("ResultFetcher=S3;ComplexTypes=typed", true),
    ("ResultFetcher=GetQueryResults;ComplexTypes=typed", true),
    ("ResultFetcher=unload", true),
];

/// A type without what field metadata say of it, and as results have it.
fn plain(data_type: &DataType) -> DataType {
    let field = |field: &FieldRef| {
        let data_type = plain(field.data_type());
        Field::new(field.name(), data_type, field.is_nullable())
    };
    match data_type {
        DataType::List(item) => DataType::List(field(item).into()),
        DataType::Map(entries, sorted) => DataType::Map(field(entries).into(), *sorted),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(field).collect()),
        other => other.clone(),
    }
}

/// The query of a table whose first column numbers the rows.
fn table(columns: &[(Kind, Values)]) -> String {
    let names: Vec<_> = (0..columns.len()).map(|n| format!("c{n}")).collect();
    let rows = (0..ROWS).map(|row| {
        let cells: Vec<_> = columns
            .iter()
            .map(|(_, values)| &*values.sql[row])
            .collect();
        format!("(CAST({row} AS bigint), {})", cells.join(", "))
    });
    format!(
        "SELECT * FROM (VALUES {}) AS t(n, {})",
        rows.collect::<Vec<_>>().join(", "),
        names.join(", ")
    )
}

/// Whether what was read is what was put in.
fn check(found: &ArrayRef, expected: &ArrayRef, context: &str) {
    let data_type = plain(found.data_type());
    assert_eq!(data_type, plain(expected.data_type()), "{context}");
    let plain = |array| cast(array, &data_type).unwrap();
    let (found, expected) = (plain(found), plain(expected));
    for row in 0..ROWS {
        assert!(
            found.slice(row, 1) == expected.slice(row, 1),
            "{context}: row {row} is {}, not {}",
            shown(&found, row),
            shown(&expected, row)
        );
    }
}

fn compare(columns: &[(Kind, Values)], batches: &[RecordBatch], seed: u64) {
    for ((route, typed), batch) in ROUTES.iter().zip(batches) {
        assert_eq!(batch.num_rows(), ROWS, "seed {seed}, {route}");
        for (index, (kind, values)) in columns.iter().enumerate() {
            let found = batch.column(index + 1);
            let context = format!("seed {seed}, {route}, {}", kind.sql_type);
            if !kind.nested || *typed {
                check(found, &values.array, &context);
            } else {
                // What cannot be told apart is at least the same text everywhere.
                assert_eq!(found, batches[0].column(index + 1), "{context}");
            }
        }
    }
}

#[test]
fn every_route_gives_the_values_that_were_put_in() {
    let sandbox = sandbox(&[]);
    let connections = ROUTES.map(|(more, _)| connect(&sandbox, more));
    for seed in 0..SEEDS {
        let rng = &mut Rng::with_seed(seed);
        let mut kinds = kinds::all();
        kinds.extend(zoned::some(rng));
        for _ in 0..NESTED {
            let leaf = rng.choice(&kinds).unwrap().clone();
            kinds.push(nested::any(rng, leaf));
        }
        let columns = kinds.into_iter().map(|kind| {
            let values = kind.draw(rng, ROWS);
            (kind, values)
        });
        let columns: Vec<_> = columns.collect();
        let sql = table(&columns);
        let batches: Vec<_> = connections
            .iter()
            .map(|connection| sorted(connection, &sql))
            .collect();
        compare(&columns, &batches, seed);
    }
}
