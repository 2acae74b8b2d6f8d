//! The C API of the Amazon Athena driver: what `include/athena.h` declares.
//!
//! One file per C object. A function converts its arguments, makes one blocking call into
//! `athena_core`, and converts the answer; no SQL, no AWS and no async live here.
//!
//! # Safety
//!
//! Every exported function is `unsafe` for one reason, stated once here and in the head of
//! the header: the caller promises that a pointer is NULL, or points to what its type says
//! for as long as the header says. Handles hold shared state and are only ever borrowed as
//! `&T`, so overlapping calls are no undefined behaviour on this side.
#![allow(
    non_camel_case_types,
    reason = "a type bears its C name, so that one search finds both sides"
)]

#[macro_use]
mod boundary;

// In the order of the header; the blank lines keep rustfmt from sorting them.
mod library;

mod status;

mod error;

mod connection;

mod result;

mod fetch;

mod facts;

mod statement;

mod bind;

mod progress;

mod stream;
