//! The driver end to end: real SQL, every way to read a result.
#![cfg(feature = "sql")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod same;
mod support;
mod typed;
mod unload;
