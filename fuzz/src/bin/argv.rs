//! The fuzzer at the target `argv`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kubectl_watch_fuzz::argv::run(bytes));
