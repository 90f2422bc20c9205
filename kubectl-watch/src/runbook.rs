//! What to do about an alert: the commands, for this very account, token, pod and node.
//!
//! The rule says in words what to do; here is what to type. Names that somebody chose are quoted, so a command does
//! what it says whatever they are. Nothing that changes the cluster comes before what keeps the evidence.

mod facts;
mod outcome;
mod steps;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;

use serde::Serialize;

pub use facts::Facts;
pub use outcome::Outcome;
pub use text::Runbook;

/// What a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Is it real, and how bad? Nothing is changed.
    Look,
    /// Keep what would be gone.
    Keep,
    /// Take the identity away.
    Contain,
    /// Take back what was done.
    Undo,
}

impl Phase {
    /// All of them, in the order in which they are done.
    pub const ALL: [Self; 4] = [Self::Look, Self::Keep, Self::Contain, Self::Undo];

    /// A title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Look => "Look: is it real, and how bad",
            Self::Keep => "Keep what would be gone",
            Self::Contain => "Take the identity away",
            Self::Undo => "Take back what was done",
        }
    }
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is for.
    pub phase: Phase,
    /// What it does, in words.
    pub what: Cow<'static, str>,
    /// For a POSIX shell. Where it runs, if not wherever kubectl works, its words say.
    pub command: String,
}

impl Step {
    /// All that the facts of an alert give, in the order in which they are done.
    #[must_use]
    pub fn of(facts: &Facts) -> Vec<Self> {
        let mut steps = Vec::new();
        steps::look(facts, &mut steps);
        steps::keep(facts, &mut steps);
        steps::contain(facts, &mut steps);
        steps::undo(facts, &mut steps);
        steps
    }
}
