//! The CSV object of a result, in pieces.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| athena_core::fuzzing::csv(data));
