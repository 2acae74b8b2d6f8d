//! Runs statements through the engine's seam and keeps what comes out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]
#![allow(dead_code, reason = "each test file uses its own part")]

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use athena_sandbox::engine::{
    Cell, Column, Engine as _, Failure, Host, ObjectEntry, Objects, Query, Sink, Summary,
};
use athena_sandbox::sql::{Dataset, SqlEngine};

/// Columns, rows and summary of one statement.
#[derive(Debug, Default)]
pub struct Answer {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    pub summary: Summary,
}

impl Sink for Answer {
    fn columns(&mut self, columns: Vec<Column>) -> Result<(), Failure> {
        assert!(self.columns.is_empty(), "columns come once");
        self.columns = columns;
        Ok(())
    }

    fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<(), Failure> {
        self.rows.extend_from_slice(rows);
        Ok(())
    }
}

impl Answer {
    /// The text of the only cell.
    pub fn cell(&self) -> Option<&str> {
        assert_eq!((self.rows.len(), self.rows[0].len()), (1, 1), "one cell");
        self.rows[0][0].as_deref()
    }

    /// All rows, cells joined by `|`, NULL as `∅`.
    pub fn lines(&self) -> Vec<String> {
        let cell = |cell: &Cell| cell.clone().unwrap_or_else(|| "∅".to_owned());
        let line = |row: &Vec<Cell>| row.iter().map(cell).collect::<Vec<_>>().join("|");
        self.rows.iter().map(line).collect()
    }

    pub fn names(&self) -> Vec<&str> {
        self.columns
            .iter()
            .map(|column| column.name.as_str())
            .collect()
    }
}

pub fn engine() -> SqlEngine {
    SqlEngine::builder()
        .dataset(Dataset::Flights)
        .dataset(Dataset::Tpch(0.01))
        .build()
        .unwrap()
}

pub fn query(sql: &str) -> Query {
    Query {
        sql: sql.to_owned(),
        catalog: None,
        database: Some("flights".to_owned()),
        parameters: Vec::new(),
    }
}

pub async fn run_query(engine: &SqlEngine, query: &Query) -> Result<Answer, Failure> {
    if let Err(refusal) = engine.classify(query) {
        panic!("{}: {}: {}", query.sql, refusal.code, refusal.message);
    }
    let mut answer = Answer::default();
    answer.summary = engine.run(query, &host(), &mut answer).await?;
    Ok(answer)
}

pub async fn run(engine: &SqlEngine, sql: &str) -> Answer {
    match run_query(engine, &query(sql)).await {
        Ok(answer) => answer,
        Err(failure) => panic!("{sql}: {}", failure.reason),
    }
}

pub async fn failure(engine: &SqlEngine, sql: &str) -> Failure {
    match run_query(engine, &query(sql)).await {
        Ok(answer) => panic!("{sql}: succeeded with {:?}", answer.lines()),
        Err(failure) => failure,
    }
}

/// A host without objects, for statements that need none.
pub fn host() -> Host {
    Host {
        enforced: false,
        objects: Arc::new(NoObjects),
        metastore: Arc::default(),
        execution_id: "12151fd2-7586-11e9-8f9e-2a86e4085a59".to_owned(),
        location: None,
    }
}

#[derive(Debug)]
struct NoObjects;

impl Objects for NoObjects {
    fn list(&self, _bucket: &str, _prefix: &str) -> io::Result<Vec<ObjectEntry>> {
        Ok(Vec::new())
    }

    fn open(&self, _bucket: &str, _key: &str) -> io::Result<File> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn temp_path(&self) -> PathBuf {
        PathBuf::from("/nonexistent/object")
    }

    fn publish(&self, _file: &Path, _bucket: &str, _key: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn remove(&self, _bucket: &str, _key: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
