//! The engine against a local Athena: what callers see, and what goes over the wire.

mod bad_input;
mod credentials;
mod lifecycle;
mod logging;
mod results;
mod support;
