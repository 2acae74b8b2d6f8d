//! A faithful local Amazon Athena for tests, demos and benchmarks.
//!
//! One endpoint on the loopback interface serves Athena, Glue, S3 and STS. SQL
//! is answered by [`Fixture`]s, which script an execution, or by an [`engine::Engine`].
//! [`Fault`]s make requests go wrong, and every [`Request`] is recorded.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use athena_sandbox::{Fixture, Sandbox, column};
//!
//! let sandbox = Sandbox::builder().start().await?;
//! let columns = vec![column("n", "integer")];
//! sandbox.fixture("SELECT 1 AS n", Fixture::rows(columns, vec![vec![Some("1".into())]]));
//! println!("{}", sandbox.url());
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod athena;
mod body;
mod builder;
mod clock;
mod columns;
mod connections;
mod control;
mod encryption;
pub mod engine;
mod error;
mod execution;
mod executions;
mod fault;
mod faulty;
mod fixture;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod glue;
mod kind;
mod metadata;
pub mod metastore;
mod pages;
mod policy;
mod publish;
mod record;
mod reply;
mod respond;
mod result_files;
mod reuse;
mod route;
mod run;
mod s3;
mod saved;
mod server;
mod service;
mod sigv4;
mod socket;
#[cfg(feature = "sql")]
pub mod sql;
mod store;
mod sts;
mod tls;
mod wildcard;
mod xml;

pub use athena::work_groups::WorkGroup;
pub use builder::{Builder, Sandbox};
pub use columns::column;
pub use execution::State;
pub use fault::{Fault, FaultAction};
pub use fixture::{Fixture, Matcher};
pub use policy::{Policy, PolicyError};
pub use record::{Request, ServiceName};
pub use service::ChecksumType;
