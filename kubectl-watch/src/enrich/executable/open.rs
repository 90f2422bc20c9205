//! Finds the file that a process runs, and opens it without reading it, so that nothing has to answer for that.
//!
//! First through the process, whose file cannot be swapped, nor written to while it runs; where it has ended, by the
//! path that the kernel gave, through the parent's root and the node's. There only the version that the kernel ran
//! will do.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, Statx, openat2};
use rustix::io::Errno;

use super::version::{self, Match};
use crate::enrich::process::ProcessFolder;
use crate::event::{File, ProcessEvent, Unknown};

/// A file that was found. It is open as a place only (`O_PATH`).
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) place: OwnedFd,
    pub(super) matched: Match,
    /// What was so when it was found.
    pub(super) facts: Statx,
    /// Whom it was found through.
    runner: Option<ProcessFolder>,
    /// Whether this version can have another content at any time when nobody runs it.
    pub(super) is_exchangeable: bool,
}

/// A way to a file by its path, from either of two roots.
#[derive(Debug)]
pub(super) struct Walk {
    path: Vec<u8>,
    roots: Vec<OwnedFd>,
    /// Whether a file of the version that the kernel ran need not have its content.
    is_exchangeable: bool,
}

impl Opened {
    /// The same for somebody else. None where there are no descriptors left.
    pub(super) fn again(&self) -> Option<Self> {
        Some(Self {
            place: self.place.try_clone().ok()?,
            matched: self.matched,
            facts: self.facts,
            runner: self.runner.clone(),
            is_exchangeable: self.is_exchangeable,
        })
    }

    /// A place as it is.
    pub(super) fn at(place: OwnedFd) -> Result<Self, Unknown> {
        Ok(Self {
            facts: version::facts(&place).map_err(why)?,
            place,
            matched: Match::Other,
            runner: None,
            is_exchangeable: false,
        })
    }

    /// The same, for the file that the kernel ran. An error if it is another.
    fn take_for(mut self, file: &File) -> Result<Self, Unknown> {
        self.matched = version::compare(file, &self.facts);
        match self.matched {
            Match::Other if !self.is_running() => Err(Unknown::Changed),
            _ => Ok(self),
        }
    }

    /// Whether the process that it was found through runs it still.
    pub(super) fn is_running(&self) -> bool {
        let place = self.runner.as_ref().and_then(|runner| runner.place("exe").ok());
        let facts = place.and_then(|place| version::facts(place).ok());
        facts.is_some_and(|facts| version::is_file(&self.facts, &facts))
    }
}

/// The file, as far as it is found without waiting. [`Unknown::Slow`] means that a [`Walk`] may find it.
pub(super) fn now(event: &ProcessEvent, file: &File, root: &OwnedFd) -> Result<Opened, Unknown> {
    let through_process = ProcessFolder::open(&event.process)
        .ok_or(Unknown::Gone)
        .and_then(|runner| through(runner, file));
    match (through_process, Walk::of(event, root)) {
        (Ok(opened), walk) => Ok(Opened {
            is_exchangeable: walk.map_or_else(
                || version::is_exchangeable(event, file),
                |walk| walk.is_exchangeable,
            ),
            ..opened
        }),
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
        let is_exchangeable = event
            .file
            .is_some_and(|file| version::is_exchangeable(event, &file));
        (!path.is_empty()).then_some(Self {
            path,
            roots,
            is_exchangeable,
        })
    }

    /// Goes there. With [`ResolveFlags::CACHED`], which Linux has since 5.12, it never waits.
    pub(super) fn find(&self, file: &File, how: ResolveFlags) -> Result<Opened, Unknown> {
        let mut worst = Unknown::Gone;
        for root in &self.roots {
            let found = within(root.as_fd(), &self.path, how).and_then(Opened::at);
            match found.and_then(|opened| opened.take_for(file)) {
                Ok(_) if self.is_exchangeable => worst = Unknown::Changed,
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

/// The file that a process runs, if that is still the one that the kernel said: whoever renames or deletes it, or
/// changes its mode, changes its version, and not what is in it.
fn through(runner: ProcessFolder, file: &File) -> Result<Opened, Unknown> {
    let mut opened = runner.place("exe").map_err(why).and_then(Opened::at)?;
    if !version::could_be(file, &opened.facts) {
        return Err(Unknown::Changed);
    }
    opened.runner = Some(runner);
    opened.take_for(file)
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
