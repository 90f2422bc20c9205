//! What became of the matches of a process that is followed, and what was found out for them.

use super::{super::late::Sent, Following, MAX_BEGUN};
use crate::{
    event::{ProcessEvent, follow_up::Closing},
    kubectl::{Endpoint, Request},
};

impl Following {
    /// Names alerts whose documents are to follow. What was not followed before it was an alert, because too much else
    /// was that may be none, is followed from now on.
    pub(in crate::pipeline) fn tell(&mut self, event: &ProcessEvent, alert: &Sent) {
        if self.follower.is_none() {
            return;
        }
        if self.find(event).is_none()
            && self.begun_lately < MAX_BEGUN
            && let Some(slot) = self.free().or_else(|| self.give_way())
        {
            self.begin_in(slot, event);
        }
        match self.find(event) {
            Some(open) => open.alerts.push(alert.clone()),
            None => self.totals.without_room += 1,
        }
        self.learn(event);
    }

    /// The slot of one that is no alert yet, if there is any, and is followed no longer. Should it become one, it asks
    /// for a slot again.
    fn give_way(&mut self) -> Option<u32> {
        let mut others = self.open.values();
        let other = others
            .find(|open| open.alerts.is_empty() && open.outer.is_none())?
            .ticket;
        self.drop_in_vain(other.id);
        Some(other.slot).filter(|_| self.follower.is_some())
    }

    /// Follows one no longer of which no alert came.
    fn drop_in_vain(&mut self, id: u64) {
        if let Some(open) = self.open.get_mut(&id) {
            open.undecided = 0;
        }
        self.begun_lately = self.begun_lately.saturating_sub(1);
        self.in_vain_lately += 1;
        let closed = self.close(|open| open.ticket.id == id, Closing::AllEnded);
        self.or_nobody(closed);
    }

    /// Takes the API server from the kubeconfig, where the command line names none.
    pub(in crate::pipeline) fn learn(&mut self, event: &ProcessEvent) {
        if let Some(open) = self.find(event).filter(|open| open.api_server.is_none()) {
            open.api_server = server_of_kubeconfig(event);
        }
    }

    /// All is decided on an event. Where that made no alert nobody is told anything, so its process is followed no
    /// longer, unless what is above it is to hear of it.
    pub(in crate::pipeline) fn decided(&mut self, event: &ProcessEvent) {
        let Some(open) = self.find(event) else { return };
        open.undecided = open.undecided.saturating_sub(1);
        if open.is_in_vain() {
            let id = open.ticket.id;
            self.drop_in_vain(id);
        }
    }
}

/// The server that kubectl's files name, where all of them could be read.
fn server_of_kubeconfig(event: &ProcessEvent) -> Option<Endpoint> {
    let circumstances = &event.circumstances;
    let request = Request::of_event(event, &event.process.args);
    let (_, server) = circumstances.cluster(request.as_ref());
    let is_known = circumstances.kubeconfig.as_ref()?.unknown.is_none();
    Endpoint::of(server.filter(|_| is_known)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        time::{Duration, Instant},
    };

    use super::{
        super::{Open, open},
        *,
    };
    use crate::{
        event::{Process, follow_up::FollowUp},
        source::kernel::Ticket,
    };

    fn event(pid: u32) -> ProcessEvent {
        let process = Process {
            pid,
            ..Process::default()
        };
        ProcessEvent {
            process,
            ..ProcessEvent::default()
        }
    }

    /// Each with the one around it. All is decided on those that are above others, and they have alerts.
    fn following(outers: &[Option<u64>]) -> Following {
        let mut this = Following::new(None, Duration::ZERO);
        for (slot, outer) in (0..).zip(outers) {
            let id = u64::from(slot) + 1;
            let is_outer = outers.contains(&Some(id));
            let alert = Sent {
                rule: "r".into(),
                rule_name: "r".into(),
                alert: "a".into(),
            };
            let open = Open {
                ticket: Ticket { id, slot },
                event: open::slim(&event(slot)),
                api_server: None,
                alerts: if is_outer { vec![alert] } else { Vec::new() },
                living: BTreeMap::from([(slot, 1)]),
                did: FollowUp::new(slot, None),
                deadline: Instant::now(),
                outer: *outer,
                is_settled: true,
                undecided: usize::from(!is_outer),
            };
            this.open.insert(id, open);
        }
        this
    }

    fn close(this: &mut Following, id: u64) -> usize {
        let over = this.close(|open| open.ticket.id == id, Closing::TimeLimit);
        over.expect("no kernel is asked").len()
    }

    #[test]
    fn who_is_followed_for_those_above_only_is_so_as_long_as_they_are() {
        let mut this = following(&[None, Some(1), Some(2)]);
        this.decided(&event(2));
        assert_eq!(this.open.len(), 3, "it is heard by two");
        assert_eq!(close(&mut this, 2), 1);
        assert_eq!(this.open[&3].outer, Some(1), "it is heard by one");
        assert_eq!(close(&mut this, 1), 2, "nobody hears it");
        assert!(this.open.is_empty());
    }

    #[test]
    fn what_is_not_decided_stays_when_those_above_are_over() {
        let mut this = following(&[None, Some(1)]);
        assert_eq!(close(&mut this, 1), 1);
        assert_eq!(this.open[&2].outer, None);
        this.decided(&event(1));
        assert!(this.open.is_empty());
        // Each around the other.
        let mut this = following(&[Some(2), Some(1)]);
        assert_eq!(close(&mut this, 1), 1);
        assert_eq!(this.open[&2].outer, None);
    }
}
