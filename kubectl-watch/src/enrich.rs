//! What the kernel does not say of an event: names of users, a parent older than the daemon, the container.
//!
//! Everything here is asked of the node at once and checked to be about the very process; what cannot be had
//! is left out. What no rule asks for is looked up for alerts only, so that other events cost nothing.

mod container;
pub mod executable;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod host;
mod lineage;
mod needs;
mod parent;
pub(crate) mod process;
pub mod root;
mod user;

use std::{io, path::Path};

use crate::event::ProcessEvent;
pub use needs::Needs;
use root::HostRoot;
use user::Users;

/// The node, as far as events are enriched from it.
#[derive(Debug)]
pub struct Enrichment {
    root: HostRoot,
    users: Users,
    needs: Needs,
}

impl Enrichment {
    /// Opens the node's root: the folder given, or else the root of process 1, or else our own.
    pub fn new(host_root: Option<&Path>) -> io::Result<Self> {
        Ok(Self {
            root: HostRoot::open(host_root)?,
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
        self.users.fill(&self.root, event);
    }
}
