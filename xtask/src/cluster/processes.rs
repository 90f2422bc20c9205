//! The services of a node: started, looked after, and gone at the end with all that they left behind.

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, kill_process, pidfd_open, set_child_subreaper, wait,
};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take to become ready.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often it is asked whether it has, where nothing tells.
const PACE: Duration = Duration::from_millis(250);
/// How long a service may take to end by itself.
const TO_END: Duration = Duration::from_secs(10);

/// Services that run.
pub(super) struct Processes {
    logs: PathBuf,
    running: Vec<(String, Child)>,
}

impl Processes {
    /// None yet. Whoever is left by them is ours from now on.
    pub(super) fn new(logs: &Path) -> Result<Self> {
        set_child_subreaper(Some(rustix::process::getpid())).context("cannot adopt what services leave")?;
        fs::create_dir_all(logs).with_context(|| format!("cannot make {}", logs.display()))?;
        Ok(Self {
            logs: logs.to_owned(),
            running: Vec::new(),
        })
    }

    /// Starts one, which writes to a log of its own.
    pub(super) fn start(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let log = File::create(self.log(name)).with_context(|| format!("cannot write the log of {name}"))?;
        let second = log.try_clone().context("cannot share a log")?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(second)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        self.running.push((name.to_owned(), child));
        Ok(())
    }

    /// Waits until something holds. An error with its log where a service ends before.
    pub(super) fn until(&mut self, what: &str, mut holds: impl FnMut() -> bool) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while !holds() {
            for (name, child) in &mut self.running {
                if let Some(status) = child.try_wait().with_context(|| format!("lost {name}"))? {
                    let log = fs::read_to_string(self.logs.join(format!("{name}.log"))).unwrap_or_default();
                    let last: Vec<&str> = log.lines().rev().take(20).collect();
                    let last: Vec<&str> = last.into_iter().rev().collect();
                    bail!("{name} has ended ({status}):\n{}", last.join("\n"));
                }
            }
            if Instant::now() > end {
                bail!(
                    "{what}: not within {PATIENCE:?}; what the services wrote is in {}",
                    self.logs.display()
                );
            }
            std::thread::sleep(PACE);
        }
        Ok(())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }
}

/// Ends all of them, the last one first, and then whoever they left.
impl Drop for Processes {
    fn drop(&mut self) {
        for (name, child) in self.running.iter_mut().rev() {
            end(name, child);
        }
        // Who loses a parent now becomes a child of this process, so some turns find all.
        loop {
            let left = descendants(std::process::id());
            if left.is_empty() {
                break;
            }
            for pid in left {
                // One that has ended meanwhile is not there to be ended.
                let _gone = kill_process(pid, Signal::KILL);
            }
            while matches!(wait(WaitOptions::empty()), Ok(Some(_))) {}
        }
    }
}

/// Asks a service to end, and kills it where it does not.
fn end(name: &str, child: &mut Child) {
    let pid = Pid::from_child(child);
    // One that has ended already keeps its number until it is waited for.
    let _gone = kill_process(pid, Signal::TERM);
    match ends_within(pid, TO_END) {
        Ok(true) => {}
        Ok(false) => eprintln!("{name} does not end by itself"),
        Err(error) => eprintln!("cannot wait for {name}: {error}"),
    }
    let _gone = child.kill();
    let _status = child.wait();
}

/// Waits for the end of a child, for so long at most. It is still to be reaped then.
fn ends_within(child: Pid, bound: Duration) -> io::Result<bool> {
    let process = pidfd_open(child, PidfdFlags::empty())?;
    let bound = Timespec::try_from(bound).map_err(io::Error::other)?;
    let mut ends = [PollFd::new(&process, PollFlags::IN)];
    Ok(retry_on_intr(|| poll(&mut ends, Some(&bound)))? > 0)
}

/// All processes below one.
fn descendants(of: u32) -> Vec<Pid> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok()) {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            children.entry(parent).or_default().push(pid);
        }
    }
    let mut found = Vec::new();
    let mut open = vec![of];
    while let Some(pid) = open.pop() {
        for &child in children.get(&pid).into_iter().flatten() {
            open.push(child);
            found.extend(i32::try_from(child).ok().and_then(Pid::from_raw));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_child_is_noticed_and_not_before() {
        let mut child = Command::new("sleep").arg("600").spawn().expect("it starts");
        let pid = Pid::from_child(&child);
        assert!(!ends_within(pid, Duration::ZERO).expect("it can be asked"));
        kill_process(pid, Signal::TERM).expect("it runs");
        assert!(ends_within(pid, TO_END).expect("it can be asked"));
        // Nobody has reaped it yet, so its number is still its own.
        end("sleep", &mut child);
        assert!(child.try_wait().expect("it is ours").is_some());
    }
}
