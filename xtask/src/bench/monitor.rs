//! Whoever watches execs: the daemon and the others that are measured alike.

use anyhow::Result;
use clap::ValueEnum;
use std::path::{Path, PathBuf};

use super::auditd::Auditd;
use super::daemon::{Alerts, Daemon};
use super::execsnoop::Execsnoop;
use super::workbench::Workbench;

/// Something that can be started and then watches.
pub(crate) trait Monitor {
    fn name(&self) -> &'static str;
    /// Starts it, and waits until it watches.
    fn start(&self) -> Result<Box<dyn Watching>>;
}

/// What watches. It ends when this is dropped.
pub(crate) trait Watching {
    /// The process that watches.
    fn pid(&self) -> u32;
    /// Waits until it has dealt with so many watched execs, where it says so.
    fn settle(&self, watched: u32) -> Result<()>;
    /// Ends it, and fails if that fails.
    fn stop(self: Box<Self>) -> Result<()>;
}

/// Another product that can be measured alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Other {
    /// execsnoop of libbpf-tools.
    Execsnoop,
    /// The kernel's audit. It leaves a mark: once it was on, every system call of every new process is slower until
    /// the next boot, or until `auditctl -a never,task`.
    Auditd,
}

impl Other {
    /// What Debian calls its package.
    pub(crate) fn package(self) -> &'static str {
        match self {
            Self::Execsnoop => "libbpf-tools",
            Self::Auditd => "auditd",
        }
    }
}

/// A monitor, or why it cannot be measured here.
pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    pub(crate) monitor: Result<Box<dyn Monitor>>,
}

/// The daemon, and then the others that are wanted.
pub(crate) fn all(daemon: &Path, workbench: &Workbench, beside: &[Other]) -> Vec<Candidate> {
    let ours = Ours {
        binary: daemon.to_owned(),
    };
    let mut all = vec![Candidate {
        name: ours.name(),
        monitor: Ok(Box::new(ours)),
    }];
    all.extend(beside.iter().map(|other| match other {
        Other::Execsnoop => candidate("execsnoop", Execsnoop::find()),
        Other::Auditd => candidate("auditd", Auditd::find(workbench)),
    }));
    all
}

/// One that is here may still not work; that shows when it is started.
fn candidate(name: &'static str, found: Result<impl Monitor + 'static>) -> Candidate {
    let works = found.and_then(|monitor| {
        monitor.start()?.stop()?;
        Ok(Box::new(monitor) as Box<dyn Monitor>)
    });
    Candidate { name, monitor: works }
}

struct Ours {
    binary: PathBuf,
}

impl Monitor for Ours {
    fn name(&self) -> &'static str {
        "kubectl-watch"
    }

    fn start(&self) -> Result<Box<dyn Watching>> {
        Ok(Box::new(Daemon::start(&self.binary, Alerts::Counted)?))
    }
}

impl Watching for Daemon {
    fn pid(&self) -> u32 {
        self.pid()
    }

    fn settle(&self, watched: u32) -> Result<()> {
        self.pass(watched)
    }

    fn stop(self: Box<Self>) -> Result<()> {
        (*self).stop().map(drop)
    }
}
