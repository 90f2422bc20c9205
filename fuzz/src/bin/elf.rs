//! The fuzzer at the target `elf`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| kubectl_watch_fuzz::elf::run(bytes));
