//! One intent, two execs: a dispatcher that runs the real program in its own process, with the arguments it got.
//!
//! What the second exec says again is a repeat of what the first said, by the same rule or by one that is no graver.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::covers;
use super::fingerprint::Fingerprint;
use crate::facts::Facts;
use crate::rule::{Metadata, Severity};

/// Processes that are remembered; of others the second exec is an alert of its own.
const MAX_INTENTS: usize = 1024;
/// How long a dispatcher may take.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// The processes that have an alert, and what for.
#[derive(Debug, Default)]
pub(super) struct Intents(HashMap<Process, Intent>);

/// A process of this boot: its pid, and its start in nanoseconds.
type Process = (u32, u64);

#[derive(Debug)]
struct Intent {
    /// The event that said it first.
    sequence: u64,
    time: Timestamp,
    args: [u8; 32],
    said: Vec<Said>,
}

#[derive(Debug)]
struct Said {
    rule: String,
    severity: Severity,
    fingerprint: Fingerprint,
}

impl Intents {
    /// Under which fingerprint an earlier exec of the same process with the same arguments has said this.
    pub(super) fn earlier(&self, facts: &Facts<'_>, rule: &Metadata) -> Option<Fingerprint> {
        let intent = self.0.get(&process(facts)?)?;
        let is_again = intent.sequence != facts.event().sequence
            && within(intent.time, facts.event().time)
            && intent.args == args(facts);
        if !is_again {
            return None;
        }
        let own = intent.said.iter().find(|said| said.rule == rule.id);
        let graver = || {
            let covering = intent
                .said
                .iter()
                .filter(|said| covers(said.severity, rule.severity));
            covering.max_by_key(|said| said.severity)
        };
        own.or_else(graver).map(|said| said.fingerprint)
    }

    /// Notes that something is said of an event's process.
    pub(super) fn note(&mut self, facts: &Facts<'_>, rule: &Metadata, fingerprint: Fingerprint) {
        let event = facts.event();
        let Some(process) = process(facts) else {
            return;
        };
        let args = args(facts);
        if !self.0.contains_key(&process) && self.0.len() >= MAX_INTENTS {
            return;
        }
        let new = || Intent {
            sequence: event.sequence,
            time: event.time,
            args,
            said: Vec::new(),
        };
        let intent = self.0.entry(process).or_insert_with(new);
        if intent.args != args || !within(intent.time, event.time) {
            *intent = new();
        }
        if intent.said.iter().all(|said| said.rule != rule.id) {
            intent.said.push(Said {
                rule: rule.id.clone(),
                severity: rule.severity,
                fingerprint,
            });
        }
    }

    /// Forgets what is too long ago for a second exec.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.0.retain(|_, intent| within(intent.time, now));
    }
}

fn within(first: Timestamp, other: Timestamp) -> bool {
    other.duration_since(first).abs() <= WINDOW
}

/// None where its start is not known: pids come back.
fn process(facts: &Facts<'_>) -> Option<Process> {
    let process = &facts.event().process;
    (process.pid != 0 && process.start_boot_ns != 0).then_some((process.pid, process.start_boot_ns))
}

/// A hash of the arguments, without the program's own name, which a dispatcher replaces; of a script without its
/// interpreter and the script, which the kernel puts before them.
fn args(facts: &Facts<'_>) -> [u8; 32] {
    let process = &facts.event().process;
    let script = process
        .args
        .iter()
        .skip(1)
        .position(|arg| arg == process.filename);
    let own = script.map_or(1, |place| place + 2);
    let mut hash = Sha256::new();
    for arg in process.args.iter().skip(own) {
        hash.update((arg.len() as u64).to_le_bytes());
        hash.update(arg);
    }
    hash.finalize().into()
}
