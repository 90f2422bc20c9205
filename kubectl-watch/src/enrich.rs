//! What the kernel does not say of an event: names of users, a parent older than the daemon, the container.
//!
//! Everything here is asked of the node at once and checked to be about the very process; what cannot be had
//! is left out. What no rule asks for is looked up for alerts only, so that other events cost nothing.

mod container;
pub mod executable;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod host;
mod inquiry;
mod kubeconfig;
mod lineage;
mod needs;
mod parent;
pub(crate) mod process;
pub mod root;
mod user;

use std::{io, path::Path, sync::Arc, time::Duration};

use crate::event::ProcessEvent;
use inquiry::Inquiries;
pub use inquiry::{Answer, Inquiry};
pub use needs::Needs;
use root::HostRoot;
use user::Users;

/// The node, as far as events are enriched from it.
#[derive(Debug)]
pub struct Enrichment {
    root: Arc<HostRoot>,
    users: Users,
    inquiries: Inquiries,
    needs: Needs,
}

impl Enrichment {
    /// Opens the node's root: the folder given, or else the root of process 1, or else our own.
    pub fn new(host_root: Option<&Path>) -> io::Result<Self> {
        let root = Arc::new(HostRoot::open(host_root)?);
        Ok(Self {
            inquiries: Inquiries::new(Arc::clone(&root)),
            root,
            users: Users::new(),
            needs: Needs::default(),
        })
    }

    /// The node's root.
    pub fn root(&self) -> &HostRoot {
        &self.root
    }

    /// Says what the rules ask for from now on.
    pub fn set_needs(&mut self, needs: Needs) {
        self.needs = needs;
    }

    /// What the rules ask for.
    pub fn needs(&self) -> Needs {
        self.needs
    }

    /// What rules must know of an event before they look at it.
    pub fn before_rules(&mut self, event: &mut ProcessEvent) {
        if event.found_running {
            parent::settle_name(&mut event.process);
        }
        if self.needs.parent_args || parent::is_uncertain(&event.parent) {
            parent::fill(event);
        }
        if self.needs.leaders {
            lineage::fill(event);
        }
        if self.needs.leader_args {
            lineage::fill_args(event);
        }
        if self.needs.container {
            container::fill(event);
        }
        if self.needs.kubeconfig_named {
            kubeconfig::fill(event);
        }
        if self.needs.names {
            self.users.fill(&self.root, event);
        }
    }

    /// Everything, for an event that is an alert.
    pub fn for_alert(&mut self, event: &mut ProcessEvent) {
        parent::fill(event);
        lineage::fill(event);
        lineage::fill_args(event);
        container::fill(event);
        kubeconfig::fill(event);
        self.users.fill(&self.root, event);
    }

    /// Takes hold of what an alert needs and takes a look at files, before the process can end. None where nobody need
    /// be asked.
    pub fn hold(&mut self, event: &mut ProcessEvent) -> Option<Inquiry> {
        event.circumstances.groups = self.users.groups(&self.root, event);
        let inquiry = self.inquiries.hold(event);
        self.name_owners(event);
        inquiry
    }

    /// Finds it out, and waits a little for it, if it is asked to. A ticket where not all of it is known in time: an
    /// [`Answer`] follows.
    pub fn inquire(
        &mut self,
        inquiry: Inquiry,
        event: &mut ProcessEvent,
        waits: bool,
    ) -> Option<executable::Ticket> {
        let ticket = self.inquiries.ask(inquiry, event, waits);
        self.name_owners(event);
        ticket
    }

    /// Waits until an answer is there that was not in time. Loses nothing when it is dropped while it waits.
    pub async fn answered(&self) {
        self.inquiries.answered().await;
    }

    /// The answers that are there by now, or by the time that nothing is asked any more, if that is within the time
    /// given.
    pub fn answers(&mut self, patience: Duration) -> Vec<(executable::Ticket, Answer)> {
        self.inquiries.answers(patience)
    }

    /// Says in an event what was found out late.
    pub fn tell(&mut self, answer: Answer, event: &mut ProcessEvent) {
        answer.tell(event);
        self.name_owners(event);
    }

    fn name_owners(&mut self, event: &mut ProcessEvent) {
        let now = event.time;
        let circumstances = &mut event.circumstances;
        let kubeconfig = circumstances.kubeconfig.iter_mut().flat_map(|it| &mut it.files);
        let kuberc = circumstances.kuberc.iter_mut().flat_map(|it| &mut it.files);
        let files = kubeconfig.chain(kuberc).filter_map(|file| file.facts.as_mut());
        let script = circumstances.script.iter_mut().filter_map(|it| it.facts.as_mut());
        for facts in files.chain(script) {
            facts.owner_name = self.users.name(&self.root, facts.owner, now);
        }
    }
}
