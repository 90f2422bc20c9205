//! The fuzzer at the target `btf`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kubectl_watch_fuzz::btf::run(bytes));
