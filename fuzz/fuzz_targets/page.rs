//! The body of a GetQueryResults answer.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| athena_core::fuzzing::page(data));
