//! The object that follows an alerted process: whom it forks, where it connects, how it ends.
//!
//! It is an object of its own, attached only while somebody is followed: nobody pays for it otherwise, and a kernel that
//! can't take it takes the other one. All of its programs are in `deeds.rs`; what the two share is how to look at a process.
#![cfg_attr(target_arch = "bpf", no_std, no_main, feature(asm_experimental_arch))]

#[cfg(target_arch = "bpf")]
mod deeds;
#[cfg(target_arch = "bpf")]
#[expect(dead_code, reason = "the rest is for the object that sends execs")]
mod task;
#[cfg(target_arch = "bpf")]
#[expect(dead_code, reason = "the rest is for the object that sends execs")]
mod typed;

/// The kernel gives the helpers that read its memory only to programs under the GPL.
#[cfg(target_arch = "bpf")]
#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 4] = *b"GPL\0";

#[cfg(target_arch = "bpf")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

#[cfg(not(target_arch = "bpf"))]
fn main() {
    eprintln!("this program runs in the kernel; the daemon's build script builds it");
}
