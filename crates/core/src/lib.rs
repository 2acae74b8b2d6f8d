//! The engine of the Amazon Athena driver.
//!
//! Data flows one way: [`options`] → [`session`] → `query` → `result` → `decode` → Arrow
//! record batches. The faces (the C API, later ADBC, ODBC and JDBC) convert arguments, call
//! one blocking function of [`session`], and convert the answer.
#![forbid(unsafe_code)]

mod blocking;
mod client;
mod credentials;
mod decode;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod log;
pub mod options;
mod query;
mod result;
pub mod session;
pub mod types;

pub use error::{Error, ErrorKind, Result, Status};
