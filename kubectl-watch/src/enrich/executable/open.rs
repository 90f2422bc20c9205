//! Finds the file that a process runs, and opens it without reading it, so that nothing has to answer for that.
//!
//! First through the process, whose file cannot be swapped; where it has ended, by the path that the kernel gave,
//! through the parent's root and the node's. Wherever it is found, only the version that the kernel ran will do.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::version::{self, Match};
use crate::enrich::process::ProcessFolder;
use crate::event::{File, ProcessEvent, Unknown};

/// A file that was found. It is open as a place only (`O_PATH`).
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) place: OwnedFd,
    pub(super) matched: Match,
}

/// A way to a file by its path, from either of two roots.
#[derive(Debug)]
pub(super) struct Walk {
    path: Vec<u8>,
    roots: Vec<OwnedFd>,
}

impl Opened {
    /// The same for somebody else. None where there are no descriptors left.
    pub(super) fn again(&self) -> Option<Self> {
        Some(Self {
            place: self.place.try_clone().ok()?,
            matched: self.matched,
        })
    }
}

/// The file, as far as it is found without waiting. [`Unknown::Slow`] means that a [`Walk`] may find it.
pub(super) fn now(event: &ProcessEvent, file: &File, root: &OwnedFd) -> Result<Opened, Unknown> {
    let through_process = ProcessFolder::open(&event.process)
        .ok_or(Unknown::Gone)
        .and_then(|folder| folder.place("exe").map_err(why))
        .and_then(|place| accept(file, place));
    match (through_process, Walk::of(event, root)) {
        (Ok(opened), _) => Ok(opened),
        (Err(unknown), None) => Err(unknown),
        // The process has ended, or runs something else by now.
        (Err(unknown), Some(walk)) => walk
            .find(file, ResolveFlags::CACHED)
            .map_err(|found| match found {
                Unknown::Gone => unknown,
                other => other,
            }),
    }
}

impl Walk {
    /// The way by the path that the kernel gave. None where there is no such path.
    pub(super) fn of(event: &ProcessEvent, root: &OwnedFd) -> Option<Self> {
        let path = event.process.executable.strip_prefix(b"/")?.to_vec();
        let parent = ProcessFolder::open(&event.parent).and_then(|folder| folder.place("root").ok());
        let roots: Vec<_> = parent.into_iter().chain(root.try_clone().ok()).collect();
        (!path.is_empty()).then_some(Self { path, roots })
    }

    /// Goes there. With [`ResolveFlags::CACHED`], which Linux has since 5.12, it never waits.
    pub(super) fn find(&self, file: &File, how: ResolveFlags) -> Result<Opened, Unknown> {
        let mut worst = Unknown::Gone;
        for root in &self.roots {
            match within(root.as_fd(), &self.path, how).and_then(|place| accept(file, place)) {
                Ok(opened) => return Ok(opened),
                Err(Unknown::Gone) => {}
                Err(unknown) => worst = unknown,
            }
        }
        Err(worst)
    }
}

/// Opens the place that a path leads to below a root, which links do not leave either.
pub(in crate::enrich) fn within(
    root: BorrowedFd<'_>,
    path: &[u8],
    how: ResolveFlags,
) -> Result<OwnedFd, Unknown> {
    let how = how | ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    openat2(root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), how).map_err(why)
}

/// Takes a place for the file that the kernel ran, if it is.
fn accept(file: &File, place: OwnedFd) -> Result<Opened, Unknown> {
    let facts = version::facts(&place).map_err(why)?;
    match version::compare(file, &facts) {
        Match::Other => Err(Unknown::Changed),
        matched => Ok(Opened { place, matched }),
    }
}

/// Why nothing was opened.
pub(in crate::enrich) fn why(error: Errno) -> Unknown {
    match error {
        Errno::NOENT | Errno::SRCH | Errno::NOTDIR => Unknown::Gone,
        // The latter from a kernel that does not know how not to wait, or a profile that refuses the call.
        Errno::AGAIN | Errno::INVAL | Errno::NOSYS => Unknown::Slow,
        _ => Unknown::Unreadable,
    }
}

impl From<io::Error> for Unknown {
    fn from(error: io::Error) -> Self {
        Errno::from_io_error(&error).map_or(Self::Unreadable, why)
    }
}
