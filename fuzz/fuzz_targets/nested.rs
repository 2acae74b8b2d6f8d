//! A CSV object whose columns arrive as JSON.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| athena_core::fuzzing::nested(data));
