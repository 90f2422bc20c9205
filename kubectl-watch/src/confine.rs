//! What the daemon gives up once it watches: the rights that only the start needed, and the system calls that it
//! never makes.
//!
//! Whoever finds a way to run code in it later has that much less to work with. Each step is tried and said; one
//! that the kernel does not know leaves the others, and the watch goes on. It knows no stage of the flow.

mod filter;
mod rights;

use std::fmt;

use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::set_no_new_privs;

use crate::response::Action;
pub use rights::Rights;

/// What is still to be done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keep {
    /// Programs that are loaded are attached, when somebody is to be followed.
    pub attach: bool,
    /// The strongest thing that is done to a process.
    pub signal: Option<Action>,
}

/// What holds from now on.
#[derive(Debug)]
pub struct Confinement {
    /// The capabilities that are left.
    pub rights: Result<Rights, Refusal>,
    /// System calls are filtered, in every thread.
    pub filter: Result<(), Refusal>,
    /// Threads that were there before and kept their capabilities.
    pub threads_left: usize,
}

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The kernel refused it.
    #[error("{0}")]
    Kernel(#[from] rustix::io::Errno),
    /// The filter cannot be made or set.
    #[error("{0}")]
    Filter(#[from] seccompiler::Error),
    /// The filter cannot be made for this machine.
    #[error("{0}")]
    Machine(#[from] seccompiler::BackendError),
}

/// Gives up what only the start needed. `reads_maps` says whether maps of the kernel can be read; whether that takes
/// a capability depends on the kernel and its settings, so it is tried.
///
/// Capabilities belong to a thread: those that are started later have what is left, those that run already keep
/// theirs. The filter is for all of them.
#[must_use]
pub fn confine(reads_maps: impl Fn() -> bool, keep: Keep) -> Confinement {
    // No core file with secrets in it, and no tracer without the right to trace anybody.
    let undumpable = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let rights = rights::give_up(reads_maps, keep.signal.is_some()).map_err(Refusal::from);
    // Without this nobody may filter; the filter takes it to every thread.
    let filter = set_no_new_privs(true)
        .map_err(Refusal::from)
        .and_then(|()| filter::set(keep));
    if let Err(error) = undumpable {
        tracing::warn!(%error, "a core file of this process may be written");
    }
    let threads_left = rights
        .as_ref()
        .map_or(0, |rights| rights::threads_with_more(rights.left));
    Confinement {
        rights,
        filter,
        threads_left,
    }
}

impl Confinement {
    /// Says in the log what holds, and what does not.
    pub fn log(&self) {
        tracing::info!("confined: {self}");
        if self.rights.is_err() || self.filter.is_err() || self.threads_left > 0 {
            tracing::warn!("confined less than it could be; `kubectl-watch doctor` says more");
        }
    }
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.rights {
            Ok(rights) => write!(f, "left with {rights}")?,
            Err(error) => write!(f, "kept all capabilities ({error})")?,
        }
        match &self.filter {
            Ok(()) => write!(f, "; system calls are filtered")?,
            Err(error) => write!(f, "; system calls are not filtered ({error})")?,
        }
        match self.threads_left {
            0 => Ok(()),
            threads => write!(f, "; {threads} older threads have more"),
        }
    }
}
