//! What a fuzzer calls, one file a target: bytes in, nothing out, a panic where a promise is broken.
//!
//! Each target is an ordinary function, so that its seeds are tests on any machine. The fuzzer itself is in the
//! programs of `src/bin`, which `cargo xtask fuzz` builds.

pub mod argv;
pub mod btf;
pub mod elf;
pub mod eql;
pub mod node;
pub mod record;
pub mod rule;
pub mod sample;
