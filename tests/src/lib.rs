//! What the end-to-end tests share: the real daemon, and things for it to see.
//!
//! A test never waits for a time to pass. It awaits a line of the daemon, and gives up, with what the daemon
//! said until then, only when that line has not come for very long.

mod apart;
mod cgroup;
mod daemon;
pub mod ecs;
pub mod fields;
mod go;
pub mod harmless;
mod lasting;
mod lines;
mod manifest;
mod mount;
mod scene;
mod server;
mod stage;
mod unanswered;

pub use apart::apart;
pub use cgroup::Cgroup;
pub use daemon::{Daemon, Stopped, binary};
pub use go::go_program;
pub use lasting::Lasting;
pub use lines::lines;
pub use manifest::{Folder, Manifest};
pub use mount::Mount;
pub use scene::{Scene, kubectl, run, unique};
pub use server::Server;
pub use stage::Stage;
pub use unanswered::Unanswered;

use std::time::Duration;

/// The rule that all began with.
pub const SEED: &str = "Potential Impersonation Attempt via Kubectl";

/// When something is given up that should have happened at once. Generous: a loaded machine is not a failure.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// The first pid namespace, as a link of `/proc` has it: the kernel's `PROC_PID_INIT_INO`.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Fails with the reason where the tests cannot mean anything, and says with a failure where many of them cannot.
///
/// # Panics
///
/// Without root, or where the kernel describes its types to nobody.
pub fn require_root() {
    assert!(
        rustix::process::geteuid().is_root(),
        "this test loads a program into the kernel: run it as root"
    );
    assert!(
        std::path::Path::new("/sys/kernel/btf/vmlinux").exists(),
        "this test needs a kernel with BTF, and this one has no /sys/kernel/btf/vmlinux"
    );
    let namespace = std::fs::read_link("/proc/self/ns/pid").expect("/proc is mounted");
    if namespace.as_os_str() != FIRST_PID_NAMESPACE {
        eprintln!(
            "this test runs in a pid namespace of its own, where the daemon finds nobody whom the kernel names by his \
             pid: what it reads of processes, and what it does about them, can only be tested in the first one"
        );
    }
}
