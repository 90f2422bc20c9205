//! The first process of a machine: it mounts what a node has, runs the cases, and switches off.

use std::{
    ffi::CStr,
    process::{Command, ExitCode},
};

use rustix::{
    mount::{MountFlags, mount},
    system::{RebootCommand, reboot, uname},
};

use crate::account::say;

/// What a node has mounted: the kind of file system, and where.
const MOUNTS: [(&CStr, &CStr); 8] = [
    (c"proc", c"/proc"),
    (c"sysfs", c"/sys"),
    (c"devtmpfs", c"/dev"),
    (c"securityfs", c"/sys/kernel/security"),
    (c"cgroup2", c"/sys/fs/cgroup"),
    (c"tmpfs", c"/run"),
    (c"tmpfs", c"/tmp"),
    (c"tmpfs", c"/opt"),
];

/// Everything. It never returns: a first process that ends is a panic of the kernel.
pub(crate) fn run() -> ExitCode {
    for (kind, place) in MOUNTS {
        // Some are there already, and some a kernel does not have; what is missing a case will tell.
        let _mounted = mount(kind, place, kind, MountFlags::empty(), None);
    }
    say(&format!("kernel {}", uname().release().to_string_lossy()));
    let cases = Command::new("/proc/self/exe")
        .arg("cases")
        .env("PATH", "/usr/bin:/bin")
        .env("KUBECTL_WATCH_BIN", "/usr/bin/kubectl-watch")
        .status();
    if !cases.as_ref().is_ok_and(std::process::ExitStatus::success) {
        say(&format!("failed machine: the cases ended with {cases:?}"));
    }
    rustix::fs::sync();
    let error = reboot(RebootCommand::PowerOff);
    say(&format!("failed machine: it cannot be switched off: {error:?}"));
    ExitCode::FAILURE
}
