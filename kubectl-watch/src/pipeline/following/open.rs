//! A follow-up that is under way.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use super::super::late::Sent;
use crate::{
    enrich::process::ProcessFolder,
    event::{
        Args, Process, ProcessEvent,
        follow_up::{Deed, FollowUp, What},
    },
    kubectl::Endpoint,
    source::kernel::{Follower, MAX_PROCESSES, SourceError, Ticket},
};

/// A follow-up that is under way.
pub(in crate::pipeline) struct Open {
    pub(super) ticket: Ticket,
    /// The event of the alert, without what can be large.
    pub(in crate::pipeline) event: ProcessEvent,
    pub(in crate::pipeline) api_server: Option<Endpoint>,
    pub(in crate::pipeline) alerts: Vec<Sent>,
    /// Who is followed for it, and when it was made.
    pub(super) living: BTreeMap<u32, u64>,
    pub(in crate::pipeline) did: FollowUp,
    pub(super) deadline: Instant,
    /// The follow-up of a process above this one, which has to hear what this one does.
    pub(super) outer: Option<u64>,
    /// Whether it was looked at since its alerts are out, or held back.
    pub(super) is_settled: bool,
    /// Events of the process on which not all is decided.
    pub(super) undecided: usize,
}

impl Open {
    /// Whether it is about the process of an event.
    pub(super) fn is_of(&self, event: &ProcessEvent) -> bool {
        let own = &self.event.process;
        (own.pid, own.start_boot_ns) == (event.process.pid, event.process.start_boot_ns)
    }

    /// Whether all is decided, and nobody is to hear what it does.
    pub(super) fn is_in_vain(&self) -> bool {
        self.undecided == 0 && self.alerts.is_empty() && self.outer.is_none()
    }

    /// Takes note of a deed.
    pub(super) fn note(&mut self, deed: &Deed) {
        match deed.what {
            What::Forked(child, start_ticks) => {
                self.living.insert(child, start_ticks);
            }
            What::Ended(_) => {
                self.living.remove(&deed.pid);
            }
            What::Connecting(..) | What::Answered(..) => {}
        }
        self.did.note(deed.clone());
    }

    /// Follows those that the process had forked before; those that it forks from now on are followed by the kernel.
    /// Says for which other follow-ups some of them are followed already.
    pub(super) fn follow_children(&mut self, follower: &mut Follower) -> Result<BTreeSet<u64>, SourceError> {
        let mut others = BTreeSet::new();
        let mut parents = vec![self.did.pid];
        while let Some(parent) = parents.pop() {
            for child in ProcessFolder::children(parent) {
                if self.living.len() as u64 >= MAX_PROCESSES {
                    return Ok(others);
                }
                let is_new = !self.living.contains_key(&child);
                if let Some(start_ticks) = ProcessFolder::of_pid(child).and_then(|it| it.start_ticks())
                    && is_new
                {
                    match follower.owner(child, start_ticks)? {
                        None => follower.follow(self.ticket, child, start_ticks)?,
                        Some(owner) if owner == self.ticket.id => {}
                        Some(owner) => {
                            others.insert(owner);
                        }
                    }
                    // It may have ended since, and its pid with it; then nobody would ever say so.
                    if ProcessFolder::lives(child, start_ticks) {
                        self.living.insert(child, start_ticks);
                        parents.push(child);
                    }
                }
            }
        }
        Ok(others)
    }
}

/// The event without what a process can make large.
pub(super) fn slim(event: &ProcessEvent) -> ProcessEvent {
    let process = Process {
        args: Args::default(),
        ..event.process.clone()
    };
    ProcessEvent {
        time: event.time,
        sequence: event.sequence,
        found_running: event.found_running,
        process,
        ..ProcessEvent::default()
    }
}
