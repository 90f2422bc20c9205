//! Stops or kills the process of an alert, where an operator has asked for it by the rule.
//!
//! A process is held by a descriptor before it is looked at, so that no other can have its pid when the signal is sent.
//! Whom the node needs is never touched.

use std::process;
use std::time::Instant;

use jiff::Timestamp;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::enrich::process::ProcessFolder;
use crate::event::{ProcessEvent, basename};
use crate::response::{Action, Limit, Order, Outcome, Response};

/// Programs without which there is no node: what runs pods, and what runs that.
const NODE: [&[u8]; 16] = [
    b"systemd",
    b"init",
    b"kubelet",
    b"containerd",
    b"containerd-shim",
    b"containerd-shim-runc-v2",
    b"dockerd",
    b"crio",
    b"cri-dockerd",
    b"conmon",
    b"conmonrs",
    b"runc",
    b"crun",
    b"podman",
    b"sshd",
    b"kubectl-watch",
];
/// Programs that are a node, or kubectl, or other things, by their first argument.
const MANY: [&[u8]; 4] = [b"k3s", b"rke2", b"k0s", b"microk8s"];
/// With these they are the node.
const AS_NODE: [&[u8]; 4] = [b"server", b"agent", b"controller", b"worker"];
/// Nobody is deeper below the first process.
const MAX_DEPTH: usize = 256;

/// How an operator wants it.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to do, rule by rule; nothing for all others.
    pub orders: Vec<Order>,
    /// Whether it is only said what would be done.
    pub dry_run: bool,
    /// How many processes may be touched in a minute.
    pub limit: usize,
}

/// Does it.
#[derive(Debug)]
pub struct Responder {
    orders: Vec<Order>,
    dry_run: bool,
    limit: Limit,
    began: Instant,
    /// The node's own mount namespace, where it can be seen.
    node: Option<u32>,
}

impl Options {
    /// What is done at most, where anything is.
    pub fn strongest(&self) -> Option<Action> {
        self.orders
            .iter()
            .map(|order| order.action)
            .max()
            .filter(|_| !self.dry_run)
    }
}

impl Responder {
    /// Takes the orders.
    pub fn new(options: &Options) -> Self {
        Self {
            orders: options.orders.clone(),
            dry_run: options.dry_run,
            limit: Limit::new(options.limit),
            began: Instant::now(),
            node: ProcessFolder::of_pid(1).and_then(|first| first.inode("ns/mnt")),
        }
    }

    /// Whether anything is to be done, whatever happens.
    pub const fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// Responds to an event by the rules, by id, that raise an alert about it or repeat one. None where no order is about
    /// them, or none that is stronger than what was done already.
    ///
    /// What an exception holds back is not to be among the rules.
    pub fn respond<'a>(
        &mut self,
        rules: impl Iterator<Item = &'a str>,
        event: &ProcessEvent,
        done: Option<Action>,
    ) -> Option<Response> {
        if self.orders.is_empty() {
            return None;
        }
        let rules: Vec<&str> = rules.collect();
        let orders = self
            .orders
            .iter()
            .filter(|order| rules.contains(&order.rule.as_str()));
        let strongest = orders.map(|order| order.action).max();
        let action = strongest.filter(|action| Some(*action) > done)?;
        let outcome = self.outcome(action, event);
        let response = Response {
            action,
            outcome,
            after: Timestamp::now().duration_since(event.time),
        };
        tracing::warn!(
            pid = event.process.pid,
            action = action.name(),
            outcome = outcome.name(),
            "responded to an alert"
        );
        Some(response)
    }

    fn outcome(&mut self, action: Action, event: &ProcessEvent) -> Outcome {
        let Some(pid) = i32::try_from(event.process.pid).ok().and_then(Pid::from_raw) else {
            return Outcome::Gone;
        };
        let process = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(process) => process,
            Err(rustix::io::Errno::SRCH) => return Outcome::Gone,
            Err(error) => return Outcome::Refused(error.raw_os_error()),
        };
        if !ProcessFolder::lives(event.process.pid, event.process.start_ticks()) {
            return Outcome::Gone;
        }
        if let Some(reason) = self.protects(event) {
            return Outcome::Protected(reason);
        }
        if !self.limit.allows(self.began.elapsed()) {
            return Outcome::Limited;
        }
        if self.dry_run {
            return Outcome::DryRun;
        }
        let signal = match action {
            Action::Stop => Signal::STOP,
            Action::Kill => Signal::KILL,
        };
        match pidfd_send_signal(process, signal) {
            Ok(()) => Outcome::Done,
            Err(rustix::io::Errno::SRCH) => Outcome::Gone,
            Err(error) => Outcome::Refused(error.raw_os_error()),
        }
    }

    /// Why a process is never touched.
    fn protects(&self, event: &ProcessEvent) -> Option<&'static str> {
        let pid = event.process.pid;
        if pid == 1 {
            return Some("it is the first process");
        }
        if pid == process::id() {
            return Some("it is kubectl-watch itself");
        }
        if is_above(pid) {
            return Some("kubectl-watch was started by it");
        }
        self.is_of_node(event).then_some("the node runs by it")
    }

    /// Whether it is a program of the node's. By its name alone, which anybody may choose, nobody is spared: the file must
    /// be root's, writable by nobody else, and seen as the node sees it.
    fn is_of_node(&self, event: &ProcessEvent) -> bool {
        let name = basename(&event.process.executable);
        let is_node = NODE.contains(&name)
            || (MANY.contains(&name)
                && event
                    .process
                    .args
                    .iter()
                    .nth(1)
                    .is_some_and(|arg| AS_NODE.contains(&arg)));
        let is_roots = event
            .file
            .as_ref()
            .is_some_and(|file| file.owner == 0 && file.mode & 0o022 == 0);
        let is_here = self.node.is_none_or(|node| node == event.place.mnt_ns);
        is_node && is_roots && is_here
    }
}

/// Whether a process is above this one.
fn is_above(pid: u32) -> bool {
    let mut above = std::os::unix::process::parent_id();
    for _ in 0..MAX_DEPTH {
        if above == pid {
            return true;
        }
        match ProcessFolder::of_pid(above).and_then(|folder| folder.parent()) {
            Some(parent) if parent != 0 => above = parent,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests;
