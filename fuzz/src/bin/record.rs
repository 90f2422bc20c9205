//! The fuzzer at the target `record`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kubectl_watch_fuzz::record::run(bytes));
