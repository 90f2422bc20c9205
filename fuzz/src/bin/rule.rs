//! The fuzzer at the target `rule`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kubectl_watch_fuzz::rule::run(bytes));
