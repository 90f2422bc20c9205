//! The fuzzer at the target `node`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kubectl_watch_fuzz::node::run(bytes));
