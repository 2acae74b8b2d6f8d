//! The `.metadata` object beside a result, as the sandbox writes it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| athena_sandbox::fuzzing::metadata(data));
