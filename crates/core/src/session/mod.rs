//! What the faces call: [`Connection`] → [`Statement`] → [`ResultStream`].
//!
//! Every function may be called from any thread, blocks until it is done, and holds no lock
//! while it waits. Children keep what they need alive: dropping a connection while one of
//! its results is read is fine.

mod connection;
mod preparation;
mod result_stream;
mod statement;

pub use crate::query::{
    AthenaError, Progress, ProgressCallback, QueryExecution, QueryExecutionState, StatementType,
    Value,
};
pub use connection::Connection;
pub use result_stream::ResultStream;
pub use statement::Statement;
