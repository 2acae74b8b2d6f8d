//! Statements and the values put into them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| athena_core::fuzzing::statement(data));
