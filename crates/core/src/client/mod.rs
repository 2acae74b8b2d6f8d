//! What the engine asks of AWS, as traits of its own.
//!
//! Only [`sdk`] (and `credentials`) name an `aws_*` crate. Everything else sees these
//! traits, so that a test can stand in for the network, and nobody needs to know the SDK to
//! change how a query is polled.

mod location;
pub(crate) mod page;
pub(crate) mod sdk;

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use bytes::Bytes;

use crate::error::Result;
use crate::options::{EncryptionConfig, ResultReuseConfig};
use crate::query::QueryExecution;

pub(crate) use location::S3Location;
pub(crate) use page::{PageRow, ResultPage};

/// A boxed future, so that the traits below can be trait objects.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What StartQueryExecution is sent. Members left `None` are not sent at all: a workgroup
/// with managed results refuses any result configuration.
#[derive(Debug, Clone)]
pub(crate) struct StartQueryExecution {
    pub(crate) query_string: String,
    /// Made once per execute and re-sent on every network retry, which makes Start safe to
    /// repeat.
    pub(crate) client_request_token: String,
    pub(crate) execution_parameters: Option<Vec<String>>,
    pub(crate) catalog: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) work_group: Option<String>,
    pub(crate) output_location: Option<String>,
    pub(crate) encryption: Option<EncryptionConfig>,
    pub(crate) expected_bucket_owner: Option<String>,
    pub(crate) bucket_owner_full_control: bool,
    pub(crate) result_reuse: Option<ResultReuseConfig>,
}

/// The Athena operations the engine uses. Every implementation retries what is safe to
/// retry, bounded by count and time.
pub(crate) trait AthenaApi: Send + Sync {
    /// Starts a query; answers its id.
    fn start_query_execution(&self, request: StartQueryExecution) -> BoxFuture<'_, Result<String>>;
    /// Looks at a query.
    fn get_query_execution<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<QueryExecution>>;
    /// Asks for a query to be stopped; its state changes later.
    fn stop_query_execution<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<()>>;
    /// Reads one page of a result: at most `max_rows` (1 to 1000) rows, header included.
    fn get_query_results<'a>(
        &'a self,
        id: &'a str,
        next_token: Option<String>,
        max_rows: i32,
    ) -> BoxFuture<'a, Result<ResultPage>>;
    /// Fails unless the workgroup exists, is enabled and may be seen. Costs nothing.
    fn check_work_group<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<()>>;
}

/// The S3 operations the engine uses.
pub(crate) trait ObjectApi: Send + Sync {
    /// Reads the bytes `range` of an object, or fewer where the object ends. With
    /// `if_match`, an object that was replaced since is an error of kind `ResultChanged`.
    fn get_range<'a>(
        &'a self,
        location: &'a S3Location,
        range: Range<u64>,
        if_match: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectPart>>;
    /// Reads the last `length` bytes of an object, or all of it where it is shorter.
    fn get_tail<'a>(
        &'a self,
        location: &'a S3Location,
        length: u64,
    ) -> BoxFuture<'a, Result<ObjectPart>>;
    /// One page of the objects whose keys begin with that of `prefix`.
    fn list<'a>(
        &'a self,
        prefix: &'a S3Location,
        next_token: Option<String>,
    ) -> BoxFuture<'a, Result<ObjectList>>;
    /// Deletes at most [`MAX_DELETED_AT_ONCE`] objects of one bucket. An object that is not
    /// there is deleted already; one that cannot be deleted is an error, and the others are
    /// gone all the same.
    fn delete<'a>(&'a self, bucket: &'a str, keys: &'a [String]) -> BoxFuture<'a, Result<()>>;
}

/// How many objects S3 deletes in one request.
pub(crate) const MAX_DELETED_AT_ONCE: usize = 1000;

/// One page of a listing.
#[derive(Debug, Default)]
pub(crate) struct ObjectList {
    pub(crate) keys: Vec<String>,
    pub(crate) next_token: Option<String>,
}

/// The answer to a ranged read.
pub(crate) struct ObjectPart {
    /// The object's version, to pin later reads to.
    pub(crate) etag: Option<String>,
    /// Size of the whole object.
    pub(crate) object_size: u64,
    /// Number of bytes the body is going to hold.
    pub(crate) length: u64,
    /// The bytes.
    pub(crate) body: Box<dyn ObjectBody>,
}

/// The bytes of a ranged read as they arrive.
pub(crate) trait ObjectBody: Send {
    /// The next bytes, or `None` after the last.
    fn next_chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>>>;
}
