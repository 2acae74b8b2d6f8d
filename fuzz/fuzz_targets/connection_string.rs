//! Connection strings and JDBC URLs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| athena_core::fuzzing::connection_string(data));
