//! The daemon as a child process, its alerts as they come.

mod stopped;

use std::{
    env, io,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::Receiver,
    thread,
    time::Instant,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::{
    PATIENCE, ecs,
    lines::{lines, rest, until_the_end},
    require_root,
    scene::started,
};

pub use stopped::Stopped;

/// A running daemon. It is ended when it is dropped; where a test fails before it has ended, its log is printed.
pub struct Daemon {
    child: Child,
    alerts: Receiver<String>,
    log: Receiver<String>,
    /// Every alert that was passed over.
    seen: Vec<Value>,
    /// Every line of its log so far, for the message of a failure.
    said: Vec<String>,
}

/// Where the daemon is: what `cargo xtask test` built, or else what cargo built beside the tests.
///
/// # Panics
///
/// Where it is in neither place.
pub fn binary() -> PathBuf {
    if let Some(path) = env::var_os("KUBECTL_WATCH_BIN") {
        return path.into();
    }
    let tests = env::current_exe().expect("a test knows its own path");
    let beside = tests
        .ancestors()
        .nth(2)
        .expect("tests are in a folder of a folder")
        .join("kubectl-watch");
    assert!(
        beside.is_file(),
        "{} is not there: run `cargo build` first, or the tests by `cargo xtask test`",
        beside.display()
    );
    beside
}

impl Daemon {
    /// Starts it with these arguments, and waits until it watches.
    ///
    /// # Panics
    ///
    /// When it does not.
    pub fn start(args: &[&str]) -> Self {
        Self::start_by(&mut Command::new(binary()), args)
    }

    /// The same by a command that runs it.
    ///
    /// # Panics
    ///
    /// When it does not watch.
    pub fn start_by(command: &mut Command, args: &[&str]) -> Self {
        Self::spawn(command.args(args).stdout(Stdio::piped()))
    }

    /// Starts it with these arguments, and with JSON lines that go where a test says: it has no alerts then.
    ///
    /// # Panics
    ///
    /// When it does not watch.
    pub fn start_into(alerts: Stdio, args: &[&str]) -> Self {
        let mut command = Command::new(binary());
        Self::spawn(command.args(["--output", "json"]).args(args).stdout(alerts))
    }

    /// The same with blocks to read, as in a terminal.
    ///
    /// # Panics
    ///
    /// When it does not watch.
    pub fn start_shown(alerts: Stdio, args: &[&str]) -> Self {
        let mut command = Command::new(binary());
        Self::spawn(command.args(["--output", "text"]).args(args).stdout(alerts))
    }

    fn spawn(command: &mut Command) -> Self {
        require_root();
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = started(command, Command::spawn);
        let alerts = match child.stdout.take() {
            Some(alerts) => lines(alerts),
            None => lines(io::empty()),
        };
        let log = lines(child.stderr.take().expect("it is piped"));
        let mut this = Self {
            child,
            alerts,
            log,
            seen: Vec::new(),
            said: Vec::new(),
        };
        this.await_log("watching");
        this
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("it runs");
    }

    /// The next line of its log that has these words.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub fn await_log(&mut self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            match self
                .log
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(line) => {
                    self.said.push(line.clone());
                    if line.contains(words) {
                        return line;
                    }
                }
                Err(error) => panic!("its log has no {words:?}: {error}"),
            }
        }
    }

    /// The next alert about a command line that has these words; others are passed over, for tests run at once.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub fn alert(&mut self, words: &str) -> Value {
        self.document(words, |document| mentions(document, words))
    }

    /// The next alert about a command line that has these words, with all that became known of its circumstances
    /// later put into it.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub fn whole_alert(&mut self, words: &str) -> Value {
        let mut alert = self.alert(words);
        if alert["kubectl_watch"]["kubeconfig"]["unknown"] != "slow" {
            return alert;
        }
        let id = alert["event"]["id"].clone();
        let update = self.document("an update", |document| {
            document["kubectl_watch"]["alert"]["id"] == id
                && document["event"]["action"] == "circumstances-found"
        });
        for field in ["container", "orchestrator", "source"] {
            alert[field] = update[field].clone();
        }
        for field in ["credential", "gaps", "kubeconfig", "script", "source"] {
            alert["kubectl_watch"][field] = update["kubectl_watch"][field].clone();
        }
        alert["related"]["ip"] = update["related"]["ip"].clone();
        alert
    }

    /// The alert of this rule about a command line that has these words, even if it was passed over before.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub fn alert_of(&mut self, rule: &str, words: &str) -> Value {
        let is_wanted = |document: &Value| document["rule"]["name"] == rule && mentions(document, words);
        if let Some(seen) = self.seen.iter().find(|document| is_wanted(document)) {
            return seen.clone();
        }
        self.document(&format!("{words:?} by {rule:?}"), is_wanted)
    }

    /// The next notice of this action that is as wanted; others are passed over.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub fn notice(&mut self, action: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        self.document(action, |document| {
            document["event"]["action"] == action && is_wanted(document)
        })
    }

    /// What the process of an alert did next.
    ///
    /// # Panics
    ///
    /// When nothing is said of it.
    pub fn follow_up(&mut self, alert: &Value) -> Value {
        self.document("the follow-up", |document| {
            document["event"]["action"] == "followed-up"
                && document["kubectl_watch"]["alert"]["id"] == alert["event"]["id"]
        })
    }

    /// The next document that is as wanted; others are passed over. `what` is for the message of a failure.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub fn document(&mut self, what: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(line) = self.alerts.recv_timeout(left) else {
                panic!("no document about {what:?}");
            };
            let alert = document(&line);
            self.seen.push(alert.clone());
            if is_wanted(&alert) {
                return alert;
            }
        }
    }

    /// Ends it by `SIGTERM`, and gathers the rest.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn stop(self) -> Stopped {
        self.signal(Signal::TERM);
        self.ended()
    }

    /// Waits until it has ended of itself, and gathers the rest.
    ///
    /// # Panics
    ///
    /// When it does not end.
    pub fn ended(mut self) -> Stopped {
        // Its pipes close when it ends, and these end with them.
        let mut alerts = std::mem::take(&mut self.seen);
        alerts.extend(rest(&self.alerts).iter().map(|line| document(line)));
        self.said.extend(rest(&self.log));
        let status = self.child.wait().expect("it has ended");
        Stopped {
            status,
            alerts,
            log: self.said.join("\n"),
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let runs = self.child.try_wait().is_ok_and(|status| status.is_none());
        if thread::panicking() {
            if runs {
                // It says what it counted before it ends, even if the test had stopped it.
                for signal in [Signal::TERM, Signal::CONT] {
                    let _sent = kill_process(Pid::from_child(&self.child), signal);
                }
            }
            self.said.extend(until_the_end(&self.log).0);
            eprintln!("the log of the daemon:\n{}", self.said.join("\n"));
        }
        if runs {
            // It may end at this very moment, and then there is nothing to do.
            let _ended = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

/// A line that it wrote, which has to be a document of ECS.
fn document(line: &str) -> Value {
    let document: Value = serde_json::from_str(line).expect("each line is JSON");
    assert_eq!(ecs::faults(&document), [""; 0], "{document}");
    document
}

fn mentions(alert: &Value, words: &str) -> bool {
    let args = alert["process"]["args"].as_array().map_or(&[][..], Vec::as_slice);
    args.iter()
        .any(|arg| arg.as_str().is_some_and(|arg| arg.contains(words)))
}
