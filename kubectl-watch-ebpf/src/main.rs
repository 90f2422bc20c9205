//! The kernel object: its programs, its licence, and nothing for the host.
//!
//! One exec is followed by reading `exec.rs`: is it watched, what is it, send it. `fork.rs` remembers who forked
//! whom for the time when the parent is gone. All reading of memory is in `typed.rs`, `task.rs` and `user.rs`, all maps
//! are in `maps.rs`, and nothing here judges: the daemon does.
#![cfg_attr(target_arch = "bpf", no_std, no_main)]

#[cfg(target_arch = "bpf")]
mod ancestors;
#[cfg(target_arch = "bpf")]
mod args;
#[cfg(target_arch = "bpf")]
mod env;
#[cfg(target_arch = "bpf")]
mod exec;
#[cfg(target_arch = "bpf")]
mod file;
#[cfg(target_arch = "bpf")]
mod fork;
#[cfg(target_arch = "bpf")]
mod kept;
#[cfg(target_arch = "bpf")]
mod lineage;
#[cfg(target_arch = "bpf")]
mod maps;
#[cfg(target_arch = "bpf")]
mod name;
#[cfg(target_arch = "bpf")]
mod path;
#[cfg(target_arch = "bpf")]
mod place;
#[cfg(target_arch = "bpf")]
mod task;
#[cfg(target_arch = "bpf")]
mod typed;
#[cfg(target_arch = "bpf")]
mod user;
#[cfg(target_arch = "bpf")]
mod work;

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
