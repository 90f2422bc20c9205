//! One intent, two execs: a dispatcher that runs the real program in its own process, with the arguments it got.
//!
//! What the second exec says again is a repeat of what the first said, by the same rule or by one that is no graver.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use super::covers;
use super::fingerprint::Fingerprint;
use super::occurrence::{Occurrence, Process};
use crate::rule::{Metadata, Severity};

/// Processes that are remembered; of others the second exec is an alert of its own.
const MAX_INTENTS: usize = 1024;
/// How long a dispatcher may take.
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// The processes that have an alert, and what for.
#[derive(Debug, Default)]
pub(super) struct Intents(HashMap<Process, Intent>);

#[derive(Debug)]
struct Intent {
    /// The event that said it first.
    sequence: u64,
    time: Timestamp,
    command: [u8; 32],
    said: Vec<Said>,
}

#[derive(Debug)]
struct Said {
    rule: String,
    severity: Severity,
    fingerprint: Fingerprint,
}

impl Intents {
    /// Under which fingerprint an earlier exec of the same process with the same arguments has said this, as gravely as
    /// it is now.
    pub(super) fn earlier(
        &self,
        occurrence: &dyn Occurrence,
        rule: &Metadata,
        severity: Severity,
    ) -> Option<Fingerprint> {
        let intent = self.0.get(&occurrence.process()?)?;
        let is_again = intent.sequence != occurrence.sequence()
            && within(intent.time, occurrence.time())
            && intent.command == occurrence.command();
        if !is_again {
            return None;
        }
        let covering = intent.said.iter().filter(|said| covers(said.severity, severity));
        let best = covering.max_by_key(|said| (said.rule == rule.id, said.severity));
        best.map(|said| said.fingerprint)
    }

    /// Notes that something is said of a process.
    pub(super) fn note(
        &mut self,
        occurrence: &dyn Occurrence,
        rule: &Metadata,
        severity: Severity,
        fingerprint: Fingerprint,
    ) {
        let Some(process) = occurrence.process() else {
            return;
        };
        let (time, command) = (occurrence.time(), occurrence.command());
        if !self.0.contains_key(&process) && self.0.len() >= MAX_INTENTS {
            return;
        }
        let new = || Intent {
            sequence: occurrence.sequence(),
            time,
            command,
            said: Vec::new(),
        };
        let intent = self.0.entry(process).or_insert_with(new);
        if intent.command != command || !within(intent.time, time) {
            *intent = new();
        }
        let is_said = |said: &Said| said.rule == rule.id && covers(said.severity, severity);
        if !intent.said.iter().any(is_said) {
            intent.said.push(Said {
                rule: rule.id.clone(),
                severity,
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
