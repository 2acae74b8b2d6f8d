//! The seam between the service, which speaks Athena's protocol, and whatever runs SQL.
//!
//! The service knows nothing of DataFusion; the SQL layer knows nothing of HTTP, S3 keys
//! or query ids. Values cross as Athena's own text forms, so nothing Arrow-typed does.

use std::fmt::Debug;
use std::fs::File;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use crate::metastore::Metastore;

/// A boxed future, so that [`Engine`] can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A cell: Athena's text form of a value, or `None` for SQL NULL.
pub type Cell = Option<String>;

/// One result column, as `ColumnInfo` reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name and label; `_col0` for an unnamed expression.
    pub name: String,
    /// `ColumnInfo.Type`: the bare type name, e.g. `integer`, `float` for real, `array`.
    pub type_name: String,
    /// `ColumnInfo.Precision`.
    pub precision: i32,
    /// `ColumnInfo.Scale`.
    pub scale: i32,
    /// `ColumnInfo.CaseSensitive`.
    pub case_sensitive: bool,
}

/// `StatementType` of a query execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementType {
    /// Data definition.
    Ddl,
    /// Queries and data manipulation, and EXPLAIN.
    Dml,
    /// SHOW and DESCRIBE.
    Utility,
}

/// What a statement is, known from its text alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementKind {
    /// `StatementType`.
    pub statement_type: StatementType,
    /// `SubstatementType`, e.g. `SELECT`.
    pub substatement_type: &'static str,
}

/// A statement to run, in its context.
#[derive(Debug, Clone)]
pub struct Query {
    /// The text, trailing `;` and surrounding blanks removed.
    pub sql: String,
    /// `QueryExecutionContext.Catalog`, if sent.
    pub catalog: Option<String>,
    /// `QueryExecutionContext.Database`, if sent.
    pub database: Option<String>,
    /// `ExecutionParameters`, as sent.
    pub parameters: Vec<String>,
}

/// A refusal at StartQueryExecution: no query id is made.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// `AthenaErrorCode`, e.g. `MALFORMED_QUERY`.
    pub code: &'static str,
    /// `Message`.
    pub message: String,
}

/// A failure after StartQueryExecution: the execution ends FAILED.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `StateChangeReason`, e.g. `TABLE_NOT_FOUND: line 1:15: Table 'x' does not exist`.
    pub reason: String,
    /// `AthenaError.ErrorMessage`, where it is another than the reason.
    pub message: Option<String>,
    /// `AthenaError.ErrorCategory`: 1 system, 2 user, 3 other.
    pub error_category: i32,
    /// `AthenaError.ErrorType`.
    pub error_type: i32,
    /// `AthenaError.Retryable`.
    pub retryable: bool,
}

/// An object that a statement can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its key.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
}

/// The objects of S3, as statements read and write them.
pub trait Objects: Debug + Send + Sync {
    /// Objects whose key starts with `prefix`, in the order of their keys; none when there
    /// is no such bucket.
    ///
    /// # Errors
    /// The bucket cannot be read.
    fn list(&self, bucket: &str, prefix: &str) -> io::Result<Vec<ObjectEntry>>;

    /// Opens an object.
    ///
    /// # Errors
    /// `NotFound` if there is none, or it cannot be read.
    fn open(&self, bucket: &str, key: &str) -> io::Result<File>;

    /// A path for a file to be published, or removed by whoever made it.
    fn temp_path(&self) -> PathBuf;

    /// Makes a finished temporary file an object, at once and replacing any other.
    ///
    /// # Errors
    /// The bucket's name is not one, or the file cannot be moved.
    fn publish(&self, file: &Path, bucket: &str, key: &str) -> io::Result<()>;

    /// Removes an object; that there is none is no error.
    ///
    /// # Errors
    /// The object cannot be removed.
    fn remove(&self, bucket: &str, key: &str) -> io::Result<()>;
}

/// What the service lends to the run of one statement.
#[derive(Debug, Clone)]
pub struct Host {
    /// The objects it may read and write.
    pub objects: Arc<dyn Objects>,
    /// The data catalogue.
    pub metastore: Arc<Metastore>,
    /// `QueryExecutionId`.
    pub execution_id: String,
    /// `ResultConfiguration.OutputLocation`, the object; none for managed results.
    pub location: Option<String>,
    /// Whether the work group says where results go, whatever a statement asks for.
    pub enforced: bool,
}

/// A stage of a statement's execution, as `QueryRuntimeStatistics.OutputStage` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// `StageId`; 0 for the one that gives the answer.
    pub id: i64,
    /// `InputRows`.
    pub input_rows: u64,
    /// `InputBytes`.
    pub input_bytes: u64,
    /// `OutputRows`.
    pub output_rows: u64,
    /// `OutputBytes`.
    pub output_bytes: u64,
    /// `ExecutionTime`.
    pub time_in_millis: u64,
    /// `QueryStagePlan`.
    pub plan: StagePlan,
    /// `SubStages`: those whose output is its input.
    pub stages: Vec<Stage>,
}

/// A node of a stage's plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StagePlan {
    /// `Name`, e.g. `TableScan`.
    pub name: String,
    /// `Identifier`: the columns it puts out.
    pub identifier: String,
    /// `Children`.
    pub children: Vec<StagePlan>,
    /// `RemoteSources`: the stages it reads from.
    pub remote_sources: Vec<String>,
}

/// What remains to be said once every row went to the sink.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// URIs of the data files that the statement wrote: the lines of its manifest.
    pub files: Vec<String>,
    /// `UpdateCount`, where the kind of statement has one.
    pub update_count: Option<i64>,
    /// `Statistics.DataScannedInBytes`.
    pub data_scanned_in_bytes: u64,
    /// Whether `.metadata` is written although there are no columns to tell of.
    pub bare_metadata: bool,
    /// How the rows came about, where something is known of it.
    pub stages: Option<Stage>,
}

/// Where an engine puts its answer, in order, without holding it.
pub trait Sink: Send {
    /// Called once, before any row.
    fn columns(&mut self, columns: Vec<Column>) -> Result<(), Failure>;
    /// Called with some rows, each as wide as the columns (UTILITY rows may be narrower).
    fn rows(&mut self, rows: &[Vec<Cell>]) -> Result<(), Failure>;
}

/// Something that runs statements.
pub trait Engine: Send + Sync {
    /// Classifies the statement and refuses what Athena refuses synchronously (syntax,
    /// more than one statement).
    fn classify(&self, query: &Query) -> Result<StatementKind, Refusal>;

    /// Asks the catalogue what Athena asks it before it makes a query id: whether there is
    /// what DESCRIBE and SHOW COLUMNS name, and whether it is a view, which is a kind of its
    /// own.
    ///
    /// # Errors
    /// Refuses what is not there.
    fn look_up(
        &self,
        _query: &Query,
        kind: StatementKind,
        _metastore: &Metastore,
    ) -> Result<StatementKind, Refusal> {
        Ok(kind)
    }

    /// Runs the statement. Dropping the future cancels it.
    fn run<'a>(
        &'a self,
        query: &'a Query,
        host: &'a Host,
        sink: &'a mut dyn Sink,
    ) -> BoxFuture<'a, Result<Summary, Failure>>;
}
