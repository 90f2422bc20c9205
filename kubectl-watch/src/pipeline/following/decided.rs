//! What became of the matches of a process that is followed, and what was found out for them.

use super::{super::late::Sent, Following, MAX_BEGUN};
use crate::{
    event::{ProcessEvent, follow_up::Closing},
    kubectl::Endpoint,
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
        if open.undecided > 0 || !open.alerts.is_empty() || open.outer.is_some() {
            return;
        }
        let id = open.ticket.id;
        self.drop_in_vain(id);
    }
}

/// The server that kubectl's files name, where all of them could be read.
fn server_of_kubeconfig(event: &ProcessEvent) -> Option<Endpoint> {
    let kubeconfig = event.circumstances.kubeconfig.as_deref()?;
    let server = kubeconfig
        .server
        .as_ref()
        .filter(|_| kubeconfig.unknown.is_none())?;
    Endpoint::of(server.as_bytes())
}
