//! Who is followed: from an alert to the end of its process, or a bound.
//!
//! A process is followed from the moment in which a rule matched it, before anything else is done about it; what it did
//! in the few hundred microseconds before is not known. Several alerts about it share a follow-up, and each gets a
//! document. Where no alert comes of the matches, because they are excepted or repeats, nothing is told.

mod begin;
mod decided;
mod open;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

pub(super) use open::Open;

use crate::{
    enrich::process::ProcessFolder,
    event::{
        ProcessEvent,
        follow_up::{Closing, Deed},
    },
    source::kernel::{Follower, MAX_FOLLOW_UPS, SourceError, Touched},
};

/// Follow-ups that are begun from one look to the next, a second later: in a storm the alerts come first. And those of
/// which no alert came, so that what is excepted takes no place of an alert.
const MAX_BEGUN: usize = 100;
/// How long the programs stay attached when nobody is followed any more: who is alerted once often is again.
const LINGER: Duration = Duration::from_secs(10);

/// Who is followed.
pub(super) struct Following {
    /// None where nobody wants it, or the kernel can't.
    follower: Option<Follower>,
    /// How long somebody is followed at most.
    limit: Duration,
    /// At most [`MAX_FOLLOW_UPS`].
    open: BTreeMap<u64, Open>,
    last: u64,
    /// How many without room were told.
    told_without_room: u64,
    /// How many were begun since the last look that have an alert, or may get one.
    begun_lately: usize,
    /// How many of which no alert came.
    in_vain_lately: usize,
    /// Since when nobody is followed.
    idle_since: Instant,
    deeds: Vec<Deed>,
    pub(super) totals: Totals,
}

/// What became of all that were alerted about and to be followed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    /// Followed, or found to have ended.
    pub(super) begun: u64,
    /// Those of them that had ended.
    pub(super) too_late: u64,
    /// Alerts whose process is not followed, because too many were.
    pub(super) without_room: u64,
    /// Deeds that found the buffer full.
    pub(super) lost: u64,
}

/// Follow-ups that are over, and why.
pub(super) type Over = Vec<(Open, Closing)>;

impl Following {
    pub(super) fn new(follower: Option<Follower>, limit: Duration) -> Self {
        Self {
            follower,
            limit,
            open: BTreeMap::new(),
            last: 0,
            told_without_room: 0,
            begun_lately: 0,
            in_vain_lately: 0,
            idle_since: Instant::now(),
            deeds: Vec::new(),
            totals: Totals::default(),
        }
    }

    /// Whether there is no room for one more.
    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= MAX_FOLLOW_UPS as usize
    }

    /// Takes what was sent and not read yet.
    pub(super) fn take(&mut self) {
        if let Some(follower) = &mut self.follower {
            follower.take(&mut self.deeds);
        }
    }

    fn find(&mut self, event: &ProcessEvent) -> Option<&mut Open> {
        self.open.values_mut().find(|open| open.is_of(event))
    }

    /// Waits for something that a followed process does; for ever where nobody is followed.
    pub(super) async fn read(&mut self) -> Result<(), SourceError> {
        match &mut self.follower {
            Some(follower) if follower.is_attached() => follower.read(&mut self.deeds).await,
            _ => std::future::pending().await,
        }
    }

    /// What came of it; or nothing, and nobody is followed any more: the alerts matter more.
    pub(super) fn or_nobody<T: Default>(&mut self, result: Result<T, SourceError>) -> T {
        result.unwrap_or_else(|error| {
            tracing::error!(%error, left = self.open.len(), "alerted processes are followed no longer");
            self.follower = None;
            self.open.clear();
            T::default()
        })
    }

    /// Takes note of all deeds, and hands out the follow-ups that are over.
    pub(super) fn over(&mut self) -> Result<Over, SourceError> {
        for deed in std::mem::take(&mut self.deeds) {
            // Of one that is closed already nothing more is said.
            self.each_around(deed.follow_up, |open| open.note(&deed));
        }
        self.close(|open| open.living.is_empty(), Closing::AllEnded)
    }

    /// Does this to a follow-up, and to those of the processes above.
    fn each_around(&mut self, id: u64, mut what: impl FnMut(&mut Open)) {
        let mut next = Some(id);
        // No more than there can be, should two ever be around each other.
        for _ in 0..MAX_FOLLOW_UPS {
            let Some(open) = next.and_then(|id| self.open.get_mut(&id)) else {
                return;
            };
            what(open);
            next = open.outer;
        }
    }

    /// Ends those of which this is true, and on which all is decided.
    fn close(&mut self, is_over: impl Fn(&Open) -> bool, closing: Closing) -> Result<Over, SourceError> {
        let ids: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, open)| open.undecided == 0 && is_over(open))
            .map(|(id, _)| *id)
            .collect();
        for id in &ids {
            let (Some(follower), Some(open)) = (&mut self.follower, self.open.get(id)) else {
                continue;
            };
            follower.end(open.ticket)?;
            let own = follower.numbers(open.ticket)?;
            self.each_around(*id, |open| open.did.numbers.add(&own));
            self.totals.lost += own.lost + own.lost_others;
            if own.lost + own.lost_others > 0 {
                tracing::warn!(
                    connections = own.lost,
                    others = own.lost_others,
                    "lost some of what a followed process did"
                );
            }
        }
        let mut over = Over::new();
        for id in &ids {
            if let Some(open) = self.open.remove(id) {
                self.hand_on(*id, open.outer);
                over.push((open, closing));
            }
        }
        for (open, _) in over.iter().filter(|(open, _)| !open.alerts.is_empty()) {
            self.totals.begun += 1;
            self.totals.too_late += u64::from(open.did.since.is_none());
        }
        if self.open.is_empty() && !over.is_empty() {
            self.idle_since = Instant::now();
        }
        if self.open.values().any(Open::is_in_vain) {
            over.extend(self.close(Open::is_in_vain, Closing::AllEnded)?);
        }
        Ok(over)
    }

    /// What those inside of one that is over do is heard by the one around it.
    fn hand_on(&mut self, id: u64, outer: Option<u64>) {
        for open in self.open.values_mut().filter(|open| open.outer == Some(id)) {
            open.outer = outer.filter(|outer| *outer != open.ticket.id);
        }
    }

    /// Once a second: whose end was not seen, who was followed long enough, and whether the programs are attached.
    pub(super) fn look(&mut self) -> Result<(Over, Vec<Touched>), SourceError> {
        (self.begun_lately, self.in_vain_lately) = (0, 0);
        let more = self.totals.without_room - self.told_without_room;
        if more > 0 {
            tracing::warn!(number = more, "too many were alerted about to follow each");
            self.told_without_room = self.totals.without_room;
        }
        let mut over = self.without_the_dead()?;
        let now = Instant::now();
        over.extend(self.close(|open| open.deadline <= now, Closing::TimeLimit)?);
        let Some(follower) = &mut self.follower else {
            return Ok((over, Vec::new()));
        };
        let touched = follower.check();
        if self.open.is_empty() && follower.is_attached() && self.idle_since.elapsed() >= LINGER {
            follower.detach()?;
        }
        Ok((over, touched))
    }

    /// Takes out those that have ended unseen: they were about to when they began to be followed, or the buffer was full.
    fn without_the_dead(&mut self) -> Result<Over, SourceError> {
        let mut dead = Vec::new();
        for (id, open) in &self.open {
            let ended = open
                .living
                .iter()
                .filter(|(pid, start)| !ProcessFolder::lives(**pid, **start));
            dead.extend(ended.map(|(pid, _)| (*id, *pid)));
        }
        // What is known of their ends has been sent by now.
        self.take();
        let mut over = self.over()?;
        for (id, pid) in dead {
            if let Some(open) = self.open.get_mut(&id) {
                open.living.remove(&pid);
            }
        }
        over.extend(self.close(|open| open.living.is_empty(), Closing::AllEnded)?);
        Ok(over)
    }

    /// At the end: all that are left.
    pub(super) fn finish(&mut self) -> Result<Over, SourceError> {
        let mut over = self.without_the_dead()?;
        over.extend(self.close(|_| true, Closing::DaemonStopped)?);
        Ok(over)
    }
}
