//! The kernel's audit with auditd, and one rule: every exec is recorded.
//!
//! Once audit was on, the kernel takes the slow way through every system call of every new process until the next
//! boot, unless a rule says that no process is audited. That rule stands while the bench runs, and only there where
//! nobody else uses audit, so that nothing else is measured with audit's cost.

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::monitor::{Monitor, Watching};
use super::report::say;
use super::workbench::Workbench;
use super::{interrupt, other};
use crate::program::output;

const RULE: [&str; 7] = [
    "always,exit",
    "-F",
    "arch=b64",
    "-S",
    "execve,execveat",
    "-k",
    "bench",
];
const NOTHING: [&str; 1] = ["never,task"];
/// How long is waited for it to have the kernel's ear.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often is looked whether it has: nothing tells.
const LOOK: Duration = Duration::from_millis(5);
/// What Debian's and Red Hat's rules set: with the kernel's 64, execs wait for auditd.
const BACKLOG: &str = "8192";

pub(crate) struct Auditd {
    program: PathBuf,
    auditctl: PathBuf,
    configuration: PathBuf,
    quiet: Quiet,
}

/// While this lives no process is audited, but for the rule above.
struct Quiet {
    auditctl: PathBuf,
    enabled: u32,
    backlog: u32,
    /// It stood before, so it stays.
    stays: bool,
}

struct Running {
    auditctl: PathBuf,
    child: Child,
}

impl Auditd {
    pub(crate) fn find(workbench: &Workbench) -> Result<Self> {
        let find = |name| other::find(name).context("it is not installed (package auditd)");
        let (program, auditctl) = (find("auditd")?, find("auditctl")?);
        let configuration = configure(&workbench.folder("auditd")?)?;
        let quiet = Quiet::begin(&auditctl)?;
        Ok(Self {
            program,
            auditctl,
            configuration,
            quiet,
        })
    }
}

/// Its configuration, as Debian ships it, but for where it writes.
fn configure(folder: &Path) -> Result<PathBuf> {
    let plugins = folder.join("plugins");
    fs::create_dir_all(&plugins).context("cannot make a folder for auditd")?;
    let text = format!(
        "local_events = yes\nwrite_logs = yes\nlog_file = {folder}/audit.log\nlog_group = root\n\
         log_format = ENRICHED\nflush = INCREMENTAL_ASYNC\nfreq = 50\nmax_log_file = 8\nnum_logs = 2\n\
         max_log_file_action = ROTATE\npriority_boost = 4\nname_format = NONE\nspace_left = 75\n\
         space_left_action = IGNORE\nadmin_space_left = 50\nadmin_space_left_action = IGNORE\n\
         disk_full_action = IGNORE\ndisk_error_action = IGNORE\nq_depth = 2000\noverflow_action = IGNORE\n\
         plugin_dir = {plugins}\nend_of_event_timeout = 2\n",
        folder = folder.display(),
        plugins = plugins.display(),
    );
    fs::write(folder.join("auditd.conf"), text).context("cannot write auditd's configuration")?;
    Ok(folder.to_owned())
}

impl Quiet {
    fn begin(auditctl: &Path) -> Result<Self> {
        let enabled = status(auditctl, "enabled").context("the kernel has no audit, or it is off")?;
        ensure!(enabled < 2, "this machine's audit rules are locked");
        ensure!(
            status(auditctl, "pid")? == 0,
            "this machine has an auditd at work"
        );
        let rules = output(Command::new(auditctl).arg("-l"))?;
        let stays = rules.trim() == "-a never,task";
        ensure!(
            stays || rules.trim() == "No rules",
            "this machine has audit rules"
        );
        let backlog = status(auditctl, "backlog_limit")?;
        if !stays {
            change(auditctl, "-a", &NOTHING)?;
        }
        Ok(Self {
            auditctl: auditctl.to_owned(),
            enabled,
            backlog,
            stays,
        })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let settings = [("-e", self.enabled), ("-b", self.backlog)];
        let removed = if self.stays {
            Ok(())
        } else {
            change(&self.auditctl, "-d", &NOTHING)
        };
        let restored = removed.and_then(|()| {
            settings.into_iter().try_for_each(|(setting, value)| {
                output(Command::new(&self.auditctl).args([setting, &value.to_string()])).map(drop)
            })
        });
        if let Err(error) = restored {
            say(&format!("could not restore the kernel's audit: {error:#}"));
        }
    }
}

impl Monitor for Auditd {
    fn name(&self) -> &'static str {
        "auditd"
    }

    fn start(&self) -> Result<Box<dyn Watching>> {
        let mut command = other::bound(&self.program);
        command
            .args(["-n", "-s", "enable", "-c"])
            .arg(&self.configuration);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let child = command.spawn().context("cannot start it")?;
        let mut running = Running {
            auditctl: self.quiet.auditctl.clone(),
            child,
        };
        let end = Instant::now() + PATIENCE;
        while status(&self.auditctl, "pid")? != running.child.id() {
            interrupt::check()?;
            if let Some(ended) = running.child.try_wait().context("lost it")? {
                bail!("it ended: {ended} {}", other::last_words(&mut running.child));
            }
            ensure!(Instant::now() < end, "it has not begun after {PATIENCE:?}");
            sleep(LOOK);
        }
        output(Command::new(&self.auditctl).args(["-b", BACKLOG]))?;
        change(&self.auditctl, "-a", &RULE)?;
        change(&self.auditctl, "-d", &NOTHING)?;
        Ok(Box::new(running))
    }
}

impl Watching for Running {
    fn pid(&self) -> u32 {
        self.child.id()
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
        // Where it did not come as far as its rule, there is nothing to take back.
        if change(&self.auditctl, "-d", &RULE).is_ok()
            && let Err(error) = change(&self.auditctl, "-a", &NOTHING)
        {
            say(&format!("audit stays on: {error:#}"));
        }
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            let _told = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let _reaped = self.child.wait();
        }
    }
}

/// Adds or deletes a rule.
fn change(auditctl: &Path, how: &str, rule: &[&str]) -> Result<()> {
    output(Command::new(auditctl).arg(how).args(rule)).map(drop)
}

/// A number of the audit's state.
fn status(auditctl: &Path, name: &str) -> Result<u32> {
    let said = output(Command::new(auditctl).arg("-s"))?;
    let value = said
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let value = value.with_context(|| format!("auditctl names no {name}"))?;
    value.trim().parse().with_context(|| format!("auditctl's {name}"))
}
