//! A kernel that the daemon cannot work on: does it say so, with the right code and what to do?

use std::process::Command;

use kubectl_watch_tests::{binary, run as run_command};

use crate::account::{lacks, say};

/// The kernel cannot do what is needed.
const KERNEL: i32 = 69;
/// What a refusal is known by, as the reader of the console calls it.
const KNOWN: [(&str, &str); 2] = [
    ("no-types", "kernel's type information"),
    ("locked", "lockdown=confidentiality"),
];

/// Runs `kubectl-watch doctor`, shows what it says, and returns its code.
pub(crate) fn doctor() -> Option<i32> {
    let done = run_command(Command::new(binary()).arg("doctor"));
    for line in String::from_utf8_lossy(&done.stdout).lines() {
        say(&format!("doctor {line}"));
    }
    done.status.code()
}

/// Seconds after which a daemon that does not refuse is ended.
const PATIENCE: &str = "60";

/// The daemon ends with the code of the doctor, and names what is missing.
pub(crate) fn run(doctor: Option<i32>) {
    let mut daemon = Command::new("busybox");
    daemon.args(["timeout", PATIENCE]).arg(binary()).arg("run");
    let done = run_command(&mut daemon);
    let said = String::from_utf8_lossy(&done.stderr);
    say(&format!("refusal {}", said.replace('\n', " | ")));
    assert_eq!(doctor, Some(KERNEL), "{said}");
    assert_eq!(done.status.code(), Some(KERNEL), "{said}");
    let known = KNOWN.into_iter().find(|(_, words)| said.contains(words));
    let (name, _) = known.unwrap_or_else(|| panic!("a refusal without a name: {said}"));
    lacks(name, "all");
}
