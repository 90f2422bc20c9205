//! A program that does nothing, where `exec` is attached too: what a program costs at least.
//!
//! `cargo xtask bench` loads it to have something to compare with.
#![cfg_attr(target_arch = "bpf", no_std, no_main)]

#[cfg(target_arch = "bpf")]
use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};

/// On the BTF tracepoint `sched_process_exec`.
#[cfg(target_arch = "bpf")]
#[btf_tracepoint(function = "sched_process_exec")]
pub(crate) fn empty(_: BtfTracePointContext) -> i32 {
    0
}

#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(not(target_arch = "bpf"))]
fn main() {
    eprintln!("this program runs in the kernel; `cargo xtask bench` builds it");
}
