//! execsnoop of libbpf-tools: a program at the beginning and one at the end of the system call `execve`.

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::monitor::{Monitor, Watching};
use super::{interrupt, other};

/// How long is waited for it to be attached.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often is looked whether it is: nothing tells.
const LOOK: Duration = Duration::from_millis(5);
/// Where tracepoints are named.
const TRACEFS: &str = "/sys/kernel/tracing";

pub(crate) struct Execsnoop {
    program: PathBuf,
}

struct Running(Child);

impl Execsnoop {
    pub(crate) fn find() -> Result<Self> {
        let program = other::find("execsnoop").context("it is not installed (package libbpf-tools)")?;
        Ok(Self { program })
    }

    /// It needs tracefs. Where that is not mounted it gets a mount of its own, which ends with it.
    fn command(&self) -> Command {
        if Path::new(TRACEFS).join("events").is_dir() {
            return other::bound(&self.program);
        }
        let mut command = other::bound(Path::new("unshare"));
        command.args(["--mount", "--", "sh", "-c"]);
        command.arg(format!("mount -t tracefs tracefs {TRACEFS} && exec \"$0\""));
        command.arg(&self.program);
        command
    }
}

impl Monitor for Execsnoop {
    fn name(&self) -> &'static str {
        "execsnoop"
    }

    fn start(&self) -> Result<Box<dyn Watching>> {
        // What it prints is not read, which is cheaper for it than a pipe that is.
        let mut command = self.command();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let child = command.spawn().context("cannot start it")?;
        let mut running = Running(child);
        let end = Instant::now() + PATIENCE;
        while !is_attached(running.pid()) {
            interrupt::check()?;
            if running.0.try_wait().context("lost it")?.is_some() {
                anyhow::bail!("it ended: {}", other::last_words(&mut running.0));
            }
            ensure!(Instant::now() < end, "it is not attached after {PATIENCE:?}");
            sleep(LOOK);
        }
        Ok(Box::new(running))
    }
}

/// Whether it holds a link to both tracepoints, and a buffer on a CPU, which it opens after them.
fn is_attached(pid: u32) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    let events = files
        .filter_map(|file| fs::read_link(file.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().contains("[perf_event]"));
    events.count() > 2
}

impl Watching for Running {
    fn pid(&self) -> u32 {
        self.0.id()
    }

    fn settle(&self, _: u32) -> Result<()> {
        Ok(())
    }

    fn stop(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.try_wait().is_ok_and(|status| status.is_none()) {
            // It may end at this very moment, and then there is nothing to do.
            let _told = kill_process(Pid::from_child(&self.0), Signal::INT);
            let _reaped = self.0.wait();
        }
    }
}
