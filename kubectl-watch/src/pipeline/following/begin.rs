//! How a process begins to be followed, and what is looked at when its alerts are out.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use jiff::Timestamp;

use super::{Following, MAX_BEGUN, Open, open};
use crate::{
    enrich::process::ProcessFolder,
    event::{
        ProcessEvent,
        follow_up::{Deed, FollowUp, What},
    },
    kubectl::{Endpoint, Request},
    source::kernel::{MAX_FOLLOW_UPS, SourceError, Ticket},
};

impl Following {
    /// Begins to follow the process of an event, unless it is followed already, until what is [`decided`](Self::decided)
    /// on it at least. What fails leaves the alert as it is.
    pub(in crate::pipeline) fn begin(&mut self, event: &ProcessEvent) {
        if let Some(open) = self.find(event) {
            open.undecided += 1;
            return;
        }
        if self.begun_lately + self.in_vain_lately < MAX_BEGUN
            && let Some(slot) = self.free()
        {
            self.begin_in(slot, event);
        }
        // One that ran before has had time to fork, and its alert is late anyhow.
        if event.found_running {
            self.settle(event);
        }
    }

    /// A slot that nobody has.
    pub(super) fn free(&self) -> Option<u32> {
        let taken: BTreeSet<u32> = self.open.values().map(|open| open.ticket.slot).collect();
        (0..MAX_FOLLOW_UPS).find(|slot| !taken.contains(slot))
    }

    pub(super) fn begin_in(&mut self, slot: u32, event: &ProcessEvent) {
        if let Err(error) = self.try_begin(slot, event) {
            tracing::warn!(%error, pid = event.process.pid, "cannot follow an alerted process");
        }
    }

    fn try_begin(&mut self, slot: u32, event: &ProcessEvent) -> Result<(), SourceError> {
        let Some(follower) = &mut self.follower else {
            return Ok(());
        };
        self.last += 1;
        self.begun_lately += 1;
        let ticket = Ticket { id: self.last, slot };
        follower.begin(ticket)?;
        let pid = event.process.pid;
        let start_ticks = event.process.start_ticks();
        let outer = follower.owner(pid, start_ticks)?;
        let outer = outer.filter(|outer| self.open.contains_key(outer));
        follower.follow(ticket, pid, start_ticks)?;
        let since = Timestamp::now();
        let open = Open {
            ticket,
            event: open::slim(event),
            api_server: Request::of(&event.process.args)
                .server
                .and_then(|server| Endpoint::of(&server)),
            alerts: Vec::new(),
            living: BTreeMap::from([(pid, start_ticks)]),
            did: FollowUp::new(pid, Some(since)),
            deadline: Instant::now() + self.limit,
            outer,
            is_settled: false,
            undecided: 1,
        };
        self.open.insert(ticket.id, open);
        Ok(())
    }

    /// Looks, when the alerts of an event are out, whether its process lives, and follows those that it had forked before.
    pub(in crate::pipeline) fn settle(&mut self, event: &ProcessEvent) {
        if let Err(error) = self.try_settle(event) {
            tracing::warn!(%error, pid = event.process.pid, "cannot follow all that an alerted process forked");
        }
    }

    fn try_settle(&mut self, event: &ProcessEvent) -> Result<(), SourceError> {
        let is_it = |open: &&mut Open| open.is_of(event) && !open.is_settled;
        let (Some(follower), Some(open)) = (&mut self.follower, self.open.values_mut().find(is_it)) else {
            return Ok(());
        };
        open.is_settled = true;
        let (id, pid) = (open.ticket.id, event.process.pid);
        if ProcessFolder::lives(pid, event.process.start_ticks()) {
            for inner in open.follow_children(follower)? {
                if let Some(inner) = self.open.get_mut(&inner) {
                    inner.outer.get_or_insert(id);
                }
            }
            return Ok(());
        }
        // If its end was seen, it has been sent by now.
        follower.take(&mut self.deeds);
        let is_its_end = |it: &Deed| it.follow_up == id && it.pid == pid && matches!(it.what, What::Ended(_));
        if !self.deeds.iter().any(is_its_end) {
            open.living.clear();
            open.did.since = None;
        }
        Ok(())
    }
}
