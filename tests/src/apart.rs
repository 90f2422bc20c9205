//! Commands that have as little as can be of whoever runs the tests.

use std::{
    ffi::OsStr,
    process::{Command, Stdio},
};

/// Where programs are looked for.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A command that leads a session of its own, with an environment, a working directory and a standard input that are
/// the same everywhere.
///
/// Whatever makes many execs is run so. The environment of each takes room in the kernel's buffer, and the arguments of
/// its session's leader in a sink's queue: one service of continuous integration gives 20 kB of the one, another a script
/// of 60 kB in the other, and then fewer execs fit than the test is about. Who is above stays, 32 at most.
pub fn apart(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setsid");
    command
        .arg("--wait")
        .arg(program)
        .env_clear()
        .env("PATH", PATH)
        .current_dir("/")
        .stdin(Stdio::null());
    command
}
