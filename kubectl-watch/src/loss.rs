//! What is lost becomes a notice: at most one for each reason whenever it is looked, with how many, when, and what
//! is known of the last of them.
//!
//! It counts and compares; the clock and the counters are brought to it.

use jiff::Timestamp;

use crate::alert::notice::Loss;
use crate::enrich::executable::LEAST_SEARCHED;
use crate::event::file_system::{self, Reach};
use crate::event::{Args, File, Gap, Loaded, Process, ProcessEvent};
use crate::facts::FactSchema;
use crate::source::kernel::{Balance, Losses, LostExec};

/// Counters of which each step may be an alert that nobody sees. The others tell of what is said in another way:
/// a lost or late part of an exec in [`PARTIAL`], a name that could not be told by the exec being sent.
const GRAVE: [&str; 6] = [
    "lost_execs",
    "missed_execs",
    "unreadable_args",
    "cut_args",
    "cut_paths",
    "bad_records",
];
/// Execs of which something is not known, and that no rule matched by what is.
const PARTIAL: &str = "partial_execs";
/// Execs of what could be a tool by its content, had it been read, and that no rule matched without.
const UNREAD: &str = "unread_executables";
/// Alerts and notices that no sink took.
const UNDELIVERED: &str = "undelivered";
/// How the fields begin that are made of the processes above the parent.
const ABOVE: [&str; 4] = [
    "process.parent.parent.",
    "process.entry_leader.",
    "process.session_leader.",
    "process.group_leader.",
];
/// Bytes that were left in the buffer of another version.
pub const UNREAD_BYTES: &str = "unread_bytes";
/// Buffers that could not be opened.
pub const UNREAD_BUFFERS: &str = "unread_buffers";
/// How many looks pass, at most, before it is tried again to say through a sink that it does not work.
const MAX_WAIT: u32 = 64;

/// Turns counters into losses.
#[derive(Debug)]
pub struct LossReports {
    losses: Losses,
    balance: Balance,
    /// When it was last looked: what is new was lost since.
    looked: Timestamp,
    /// Whether a rule asks for the processes above the parent.
    asks_above: bool,
    partial: Unmatched,
    unread: Unmatched,
    undelivered: Undelivered,
}

/// Events that no rule matched by what is known of them.
#[derive(Debug)]
struct Unmatched {
    reason: &'static str,
    new: Option<Loss>,
    total: u64,
}

/// What a sink did not take. To say so through that very sink may fail as well, and is then tried ever more rarely.
#[derive(Debug, Default)]
struct Undelivered {
    seen: u64,
    said: u64,
    since: Option<Timestamp>,
    wait: u32,
    left: u32,
}

/// What there is to look at.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The time.
    pub now: Timestamp,
    /// All counters.
    pub losses: &'a Losses,
    /// The terms of the equation.
    pub balance: &'a Balance,
    /// The last exec that each CPU lost.
    pub last: &'a [LostExec],
    /// Alerts and notices that no sink took.
    pub undelivered: u64,
}

impl LossReports {
    /// Begins to look. Whatever these counters say is known already.
    pub fn new(now: Timestamp, losses: Losses, balance: Balance) -> Self {
        Self {
            losses,
            balance,
            looked: now,
            asks_above: false,
            partial: Unmatched::new(PARTIAL),
            unread: Unmatched::new(UNREAD),
            undelivered: Undelivered::default(),
        }
    }

    /// Says what the rules ask for from now on: what none asks for made none match.
    pub fn set_needs(&mut self, is_asked_for: impl Fn(&str) -> bool) {
        let is_above = |field: &str| ABOVE.iter().any(|of| field.starts_with(of));
        self.asks_above = FactSchema
            .filled()
            .any(|field| is_above(field) && is_asked_for(field));
    }

    /// Takes note of an event that no rule matched. If something of it is missing that a rule asks for, one might have; or
    /// if one could have by what nobody found out.
    pub fn unmatched(&mut self, event: &ProcessEvent, could_match: bool) {
        let is_missing = |gap: &Gap| match gap {
            Gap::Args | Gap::Environment => true,
            Gap::Ancestors => self.asks_above,
            _ => false,
        };
        if could_match || event.gaps.iter().any(is_missing) {
            self.partial.add(event);
        }
    }

    /// Takes note of an event that no rule matched, and one might have if what runs could have been read.
    pub fn unread(&mut self, event: &ProcessEvent) {
        self.unread.add(event);
    }

    /// What is lost since it was last looked, one for each reason.
    pub fn look(&mut self, look: &Look<'_>) -> Vec<Loss> {
        let mut found: Vec<Loss> = Vec::new();
        let totals: Vec<_> = look.losses.by_reason().collect();
        for (reason, count) in look.losses.since(&self.losses) {
            if !GRAVE.contains(&reason) {
                continue;
            }
            let total = totals
                .iter()
                .find(|(name, _)| *name == reason)
                .map_or(count, |(_, total)| *total);
            let mut loss = Loss {
                reason,
                count,
                total,
                from: self.looked,
                to: look.now,
                ..Loss::default()
            };
            if reason == "lost_execs" {
                self.add_last(&mut loss, look);
            }
            found.push(loss);
        }
        found.extend(self.partial.take());
        found.extend(self.unread.take());
        found.extend(self.undelivered.look(look, self.looked));
        self.losses = *look.losses;
        self.balance = look.balance.clone();
        self.looked = look.now;
        found
    }

    /// Where and when execs were lost, and which was the last.
    fn add_last(&self, loss: &mut Loss, look: &Look<'_>) {
        let before = |cpu: u32| {
            let terms = self.balance.cpus.iter().find(|terms| terms.cpu == cpu);
            terms.map_or(0, |terms| terms.lost)
        };
        let more = look
            .balance
            .cpus
            .iter()
            .filter(|terms| terms.lost > before(terms.cpu));
        loss.cpus = more.map(|terms| terms.cpu).collect();
        loss.equation = Some(look.balance.to_string());
        let last: Vec<_> = look
            .last
            .iter()
            .filter(|last| loss.cpus.contains(&last.cpu))
            .collect();
        if !loss.cpus.is_empty() && last.len() == loss.cpus.len() {
            let first = last.iter().map(|last| last.first).min();
            loss.from = first.map_or(loss.from, |first| first.clamp(loss.from, loss.to));
        }
        if let Some(last) = last.iter().max_by_key(|last| last.last) {
            loss.to = last.last.clamp(loss.from, loss.to);
            loss.process = Some(last.process.clone());
        }
    }
}

/// Whether what runs could not be read, and is large enough for a tool that rules know by its content. Of its size a
/// file system that lies says what it likes.
pub fn could_be_a_tool(event: &ProcessEvent) -> bool {
    let is_large = |file: File| {
        let reach = file_system::reach(file.file_system);
        reach == Reach::Foreign || file.version.size >= LEAST_SEARCHED
    };
    let executable = &event.executable;
    let is_loaded_unknown = |loaded: &Loaded| loaded.content.unknown.is_some();
    let is_unknown = executable.content.unknown.is_some() || executable.content.is_unsearched;
    (is_unknown && event.file.is_some_and(is_large))
        || executable.loaded.as_deref().is_some_and(is_loaded_unknown)
}

impl Unmatched {
    fn new(reason: &'static str) -> Self {
        Self {
            reason,
            new: None,
            total: 0,
        }
    }

    fn add(&mut self, event: &ProcessEvent) {
        self.total += 1;
        let this = self.new.get_or_insert_with(|| Loss {
            reason: self.reason,
            from: event.time,
            to: event.time,
            ..Loss::default()
        });
        this.count += 1;
        this.total = self.total;
        this.from = this.from.min(event.time);
        if event.time >= this.to || this.process.is_none() {
            this.to = this.to.max(event.time);
            // Its arguments are nobody's business here.
            this.process = Some(Process {
                args: Args::default(),
                ..event.process.clone()
            });
        }
    }

    fn take(&mut self) -> Option<Loss> {
        self.new.take()
    }
}

impl Undelivered {
    fn look(&mut self, look: &Look<'_>, looked: Timestamp) -> Option<Loss> {
        if look.undelivered > self.seen {
            self.since.get_or_insert(looked);
            self.seen = look.undelivered;
        } else if self.seen == self.said {
            // The last one arrived.
            self.wait = 0;
            self.left = 0;
        }
        if self.left > 0 {
            self.left -= 1;
            return None;
        }
        let from = self.since.take()?;
        let count = self.seen - self.said;
        self.said = self.seen;
        self.wait = (self.wait * 2).clamp(1, MAX_WAIT);
        self.left = self.wait;
        Some(Loss {
            reason: UNDELIVERED,
            count,
            total: self.seen,
            from,
            to: look.now,
            ..Loss::default()
        })
    }
}

#[cfg(test)]
mod tests;
