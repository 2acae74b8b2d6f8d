//! The life of a query: submit, poll, cancel, and what Athena tells of it.

mod cancel;
mod casts;
mod describe;
mod execution;
mod failure;
pub(crate) mod literal;
mod order;
pub(crate) mod parameters;
mod poll;
mod progress;
pub(crate) mod tokenizer;
mod typed;
pub(crate) mod unload;
mod value;

pub(crate) use cancel::CancelHandle;
pub(crate) use describe::{Description, Descriptions, Detail, describe};
pub use execution::{AthenaError, QueryExecution, QueryExecutionState, StatementType};
pub(crate) use order::is_ordered;
pub use poll::ProgressCallback;
pub(crate) use poll::{Terms, Watch};
pub use progress::Progress;
pub(crate) use typed::typed_query;
pub use value::Value;
