//! The engine against a local Athena: what callers see, and what goes over the wire.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step of a test is a failed test"
)]

mod bad_input;
mod chaos;
mod credentials;
mod describe;
mod faults;
mod lifecycle;
mod logging;
mod machine;
mod results;
mod sources;
mod streaming;
mod support;
mod tls;
mod typed;
mod unload;
