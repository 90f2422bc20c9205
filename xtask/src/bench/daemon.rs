//! The daemon under measurement: started as a user would, heard by two threads, ended when dropped.

use anyhow::{Context, Result, anyhow, ensure};
use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// How long is waited for anything.
const PATIENCE: Duration = Duration::from_secs(20);
/// What would make it another daemon than the one that ships.
const SETTINGS: [&str; 3] = ["KUBECTL_WATCH_LOG", "KUBECTL_WATCH_HOST_ROOT", "NODE_NAME"];

/// What becomes of the text of alerts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alerts {
    /// It is kept.
    Read,
    /// It is only counted, so that reading many costs little.
    Counted,
}

/// One line of its output.
pub(crate) struct Heard {
    /// When it was read, in nanoseconds of the wall clock.
    pub(crate) at: i128,
    /// Empty where lines are only counted.
    pub(crate) line: Vec<u8>,
}

/// A running daemon.
pub(crate) struct Daemon {
    child: Child,
    alerts: Receiver<Heard>,
    log: Receiver<String>,
    /// From its start until it said that it watches.
    pub(crate) armed_after: Duration,
}

/// What it says at its end.
#[derive(Debug)]
pub(crate) struct Ended {
    line: String,
}

impl Daemon {
    /// Starts it, and waits until it watches.
    pub(crate) fn start(binary: &Path, alerts: Alerts) -> Result<Self> {
        Self::start_with(binary, alerts, &[])
    }

    /// The same with further arguments.
    pub(crate) fn start_with(binary: &Path, alerts: Alerts, args: &[&str]) -> Result<Self> {
        let mut command = Command::new(binary);
        for setting in SETTINGS {
            command.env_remove(setting);
        }
        command
            .args(["--output", "json"])
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let begin = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(anyhow!("the daemon has no output"));
        };
        let mut daemon = Self {
            child,
            alerts: hear(stdout, alerts),
            log: read_log(stderr),
            armed_after: Duration::ZERO,
        };
        daemon.await_log("watching")?;
        daemon.armed_after = begin.elapsed();
        Ok(daemon)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next alert.
    pub(crate) fn alert(&self) -> Result<Heard> {
        self.alerts
            .recv_timeout(PATIENCE)
            .context("the daemon gives no alert")
    }

    /// The next alert with this in it: others on this machine may run kubectl too.
    pub(crate) fn alert_about(&self, words: &str) -> Result<Heard> {
        loop {
            let heard = self.alert()?;
            if heard
                .line
                .windows(words.len())
                .any(|part| part == words.as_bytes())
            {
                return Ok(heard);
            }
        }
    }

    /// Passes over so many alerts.
    pub(crate) fn pass(&self, count: u32) -> Result<()> {
        for _ in 0..count {
            self.alert()?;
        }
        Ok(())
    }

    /// Ends it.
    pub(crate) fn stop(mut self) -> Result<Ended> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).context("the daemon has ended too early")?;
        let line = self.await_log("ended")?;
        let status = self.child.wait().context("lost the daemon")?;
        ensure!(status.success(), "the daemon failed: {status}: {line}");
        Ok(Ended { line })
    }

    /// The next line of its log with this in it.
    fn await_log(&mut self, words: &str) -> Result<String> {
        let end = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.log.recv_timeout(left) else {
                return Err(anyhow!("the daemon did not say {words:?}: {}", said.join("\n")));
            };
            if line.contains(words) {
                return Ok(line);
            }
            said.push(line);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            // It may end at this very moment, and then there is nothing to do.
            let _ended = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

impl Ended {
    /// Whether it says that nothing was lost.
    pub(crate) fn nothing_lost(&self) -> bool {
        self.line.contains("nothing lost")
    }

    /// One of its numbers.
    pub(crate) fn number(&self, name: &str) -> Result<u64> {
        let words = self.line.split_whitespace();
        let mut values = words.filter_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        let value = values.next().and_then(|value| value.parse().ok());
        value.with_context(|| format!("the daemon's last line has no {name}: {}", self.line))
    }

    /// All that it says.
    pub(crate) fn line(&self) -> &str {
        &self.line
    }
}

/// The wall clock now, in nanoseconds since 1970.
pub(crate) fn now() -> i128 {
    let now = clock_gettime(ClockId::Realtime);
    i128::from(now.tv_sec) * 1_000_000_000 + i128::from(now.tv_nsec)
}

fn hear(from: impl Read + Send + 'static, alerts: Alerts) -> Receiver<Heard> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut from = BufReader::with_capacity(256 * 1024, from);
        let mut line = Vec::with_capacity(16 * 1024);
        while from.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            let at = now();
            if is_later(&line) {
                line.clear();
                continue;
            }
            let kept = if alerts == Alerts::Read {
                line.clone()
            } else {
                Vec::new()
            };
            if send.send(Heard { at, line: kept }).is_err() {
                break;
            }
            line.clear();
        }
    });
    receive
}

/// Whether a line says what became of an alert, which is no alert.
fn is_later(line: &[u8]) -> bool {
    const FOLLOW_UP: &[u8] = br#""action":"followed-up""#;
    // It is among the first fields.
    let head = &line[..line.len().min(512)];
    head.windows(FOLLOW_UP.len()).any(|part| part == FOLLOW_UP)
}

fn read_log(from: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    receive
}

#[cfg(test)]
mod tests {
    use super::Ended;

    #[test]
    fn numbers_of_the_last_line() {
        let line = "2026-01-01T00:00:00Z  INFO ended: nothing lost events=12 watched=13 alerts=1".to_owned();
        let ended = Ended { line };
        assert!(ended.nothing_lost());
        assert_eq!(ended.number("events").ok(), Some(12));
        assert_eq!(ended.number("alerts").ok(), Some(1));
        assert!(ended.number("others").is_err());
    }
}
