//! What became of the matches of a process that is followed, and what was found out for them.

use super::{super::late::Sent, Following};
use crate::{
    event::{ProcessEvent, follow_up::Closing},
    kubectl::Endpoint,
};

impl Following {
    /// Names alerts whose documents are to follow.
    pub(in crate::pipeline) fn tell(&mut self, event: &ProcessEvent, alert: &Sent) {
        if let Some(open) = self.find(event) {
            open.alerts.push(alert.clone());
        }
        self.learn(event);
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
        let closed = self.close(|open| open.ticket.id == id, Closing::AllEnded);
        self.or_nobody(closed);
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
