//! Suppression: the first alert at once, and its repeats within a window as one summary.
//!
//! What is a repeat is told by a fingerprint: the values of the fields that the rule names, and always the rule and
//! the container. A fingerprint that is new is never held back: where the table is full it is an alert, and so are
//! its repeats. Time comes from the events. Pure.

mod change;
mod fingerprint;
mod intent;
mod occurrence;
mod settings;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::Hash;

use jiff::Timestamp;

use crate::rule::{Metadata, Severity};
use fingerprint::Fingerprint;
use intent::Intents;
pub use occurrence::{Occurrence, Process, command};
pub use settings::{DEFAULT_WINDOW, Missing, Settings, field};
pub use summary::{Distinct, Summary};

/// Fingerprints whose repeats are counted at once. One takes twelve kilobytes at most, nearly all of them its distinct
/// values.
const MAX_GROUPS: usize = 2048;
/// Of those, how many one cgroup can have, so that no pod takes the places of others.
const MAX_OF_CGROUP: usize = 128;
/// And how many one rule can have.
const MAX_OF_RULE: usize = 512;

/// What becomes of a match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is an alert. Its id is to be told by [`Suppression::sent`].
    Alert {
        /// Whether there was no place to count its repeats.
        is_uncounted: bool,
    },
    /// It is counted and will be in a summary.
    Repeat {
        /// The id of the alert that it repeats.
        of: String,
    },
}

/// The alerts whose repeats are counted.
#[derive(Debug, Default)]
pub struct Suppression {
    groups: HashMap<Fingerprint, Group>,
    of_cgroup: HashMap<u64, usize>,
    of_rule: HashMap<String, usize>,
    intents: Intents,
    /// Where the last alert is to be noted.
    last: Option<Fingerprint>,
}

#[derive(Debug)]
struct Group {
    cgroup: u64,
    from: Timestamp,
    window: jiff::SignedDuration,
    summary: Summary,
}

impl Suppression {
    /// Decides on a match. One of another severity than before, because of what came before it, is no repeat.
    pub fn decide(
        &mut self,
        rule: &Metadata,
        severity: Severity,
        settings: &Settings,
        occurrence: &dyn Occurrence,
    ) -> Decision {
        self.last = None;
        if let Some(earlier) = self.intents.earlier(occurrence, rule, severity)
            && let Some(group) = self.groups.get_mut(&earlier)
        {
            return group.repeat(rule, occurrence);
        }
        let Some(fingerprint) = Fingerprint::of(rule, severity, settings, occurrence) else {
            return Decision::Alert { is_uncounted: false };
        };
        if let Some(group) = self.groups.get_mut(&fingerprint) {
            self.intents.note(occurrence, rule, severity, fingerprint);
            return group.repeat(rule, occurrence);
        }
        let cgroup = occurrence.cgroup();
        let in_cgroup = self.of_cgroup.get(&cgroup).copied().unwrap_or_default();
        let in_rule = self.of_rule.get(&rule.id).copied().unwrap_or_default();
        if self.groups.len() >= MAX_GROUPS || in_cgroup >= MAX_OF_CGROUP || in_rule >= MAX_OF_RULE {
            return Decision::Alert { is_uncounted: true };
        }
        *self.of_cgroup.entry(cgroup).or_default() += 1;
        *self.of_rule.entry(rule.id.clone()).or_default() += 1;
        self.intents.note(occurrence, rule, severity, fingerprint);
        self.groups.insert(
            fingerprint,
            Group {
                cgroup,
                from: occurrence.time(),
                window: settings.window,
                summary: Summary::of(rule, severity, settings),
            },
        );
        self.last = Some(fingerprint);
        Decision::Alert { is_uncounted: false }
    }

    /// Notes the id of the alert that was decided on last.
    pub fn sent(&mut self, alert: &str) {
        let group = self.last.take().and_then(|last| self.groups.get_mut(&last));
        if let Some(group) = group {
            alert.clone_into(&mut group.summary.alert);
        }
    }

    /// The summaries whose windows are over at this time: before an event is decided on, that of the event. Windows
    /// without a repeat end in silence. A clock that was set back by more than the window ends it, too.
    pub fn over(&mut self, now: Timestamp) -> Vec<Summary> {
        self.intents.forget(now);
        self.close(|group| now.duration_since(group.from).abs() >= group.window)
    }

    /// The summaries of all that is counted, at the end.
    pub fn rest(&mut self) -> Vec<Summary> {
        self.close(|_| true)
    }

    /// How many matches are counted and in no summary yet.
    pub fn pending(&self) -> u64 {
        self.groups.values().map(|group| group.summary.count).sum()
    }

    fn close(&mut self, is_over: impl Fn(&Group) -> bool) -> Vec<Summary> {
        let mut closed = Vec::new();
        let Self {
            groups,
            of_cgroup,
            of_rule,
            ..
        } = self;
        for (_, group) in groups.extract_if(|_, group| is_over(group)) {
            take_one(of_cgroup, &group.cgroup);
            take_one(of_rule, &group.summary.rule);
            if group.summary.count > 0 {
                closed.push(group.summary);
            }
        }
        closed.sort_by(|one, other| (one.start, &one.alert).cmp(&(other.start, &other.alert)));
        closed
    }

    #[cfg(test)]
    fn groups(&self) -> usize {
        self.groups.len()
    }
}

impl Group {
    fn repeat(&mut self, rule: &Metadata, occurrence: &dyn Occurrence) -> Decision {
        self.summary.add(rule, occurrence);
        Decision::Repeat {
            of: self.summary.alert.clone(),
        }
    }
}

/// Counts one less, and forgets what nobody has any more.
fn take_one<K: Hash + Eq>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// Whether an alert of one severity says all that one of another does.
fn covers(said: Severity, other: Severity) -> bool {
    said >= other
}
