//! The fuzzer at the target `eql`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kubectl_watch_fuzz::eql::run(bytes));
