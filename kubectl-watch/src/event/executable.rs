//! What is known of the content of the file that a process runs.
//!
//! The file's own facts, which the kernel knows, are in [`File`](super::File); here is what had to be read for.

use std::sync::Arc;

use crate::identity::Identity;

/// The content of the executable, and of what it loads in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Executable {
    /// The content of the file that was exec'd.
    pub content: Content,
    /// The program that it was told to run, where the executable is a dynamic loader (`ld.so ./kubectl`).
    pub loaded: Option<Box<Loaded>>,
}

/// What was read of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// What it is.
    pub identity: Option<Arc<Identity>>,
    /// The SHA-256 of all of it.
    pub sha256: Option<[u8; 32]>,
    /// Why it could not be read, where somebody tried.
    pub unknown: Option<Unknown>,
    /// Whether somebody still reads what it is.
    pub is_open: bool,
    /// Whether only a search of all of it could tell what it is, and none came to its end.
    pub is_unsearched: bool,
}

/// A program that a loader was told to run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The argument that names it.
    pub path: Vec<u8>,
    /// Its content, of the file that had this name when it was looked at.
    pub content: Content,
}

/// Why nobody can say what is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// The process had ended, and no path led to the file any more.
    Gone,
    /// What was found is another file, or another version of it.
    Changed,
    /// It may not be opened or read.
    Unreadable,
    /// Its file system did not answer in time. Should it answer yet, a finding follows.
    Slow,
    /// Too many files waited to be read.
    Busy,
}

/// What the kernel may remember of a file version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No rule asks for what is in it: its execs need not be sent.
    Plain,
    /// Some rule does, or it is a loader, which can become anything: each of its execs must be sent.
    Wanted,
}

impl Executable {
    /// Whether what is in it may yet be found out, or too much waited to be read.
    pub fn is_open(&self) -> bool {
        let is_open = |content: &Content| {
            content.is_open || matches!(content.unknown, Some(Unknown::Slow | Unknown::Busy))
        };
        self.contents().any(is_open)
    }

    /// The same, with nothing more to come.
    #[must_use]
    pub fn closed(&self) -> Self {
        let mut closed = self.clone();
        closed.content.is_open = false;
        if let Some(loaded) = &mut closed.loaded {
            loaded.content.is_open = false;
        }
        closed
    }

    /// Whether it could be anything, for all that is known.
    pub fn is_unknown(&self) -> bool {
        self.contents()
            .any(|content| content.unknown.is_some() || content.is_unsearched)
    }

    /// The content that counts, and that of what it loads.
    pub fn contents(&self) -> impl Iterator<Item = &Content> {
        std::iter::once(&self.content).chain(self.loaded.iter().map(|loaded| &loaded.content))
    }
}

impl Unknown {
    /// As it is written in an alert.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
            Self::Slow => "slow",
            Self::Busy => "busy",
        }
    }
}

impl Content {
    /// Nothing was read, and this is why.
    pub fn unknown(unknown: Unknown) -> Self {
        Self {
            unknown: Some(unknown),
            ..Self::default()
        }
    }

    /// Takes over what another knows. What was known and is not known to it stays.
    pub fn add(&mut self, other: &Self) {
        if other.identity.is_some() {
            self.identity.clone_from(&other.identity);
            self.unknown = None;
        } else if self.identity.is_none() {
            self.unknown = other.unknown;
        }
        self.is_open &= other.is_open;
        self.sha256 = other.sha256.or(self.sha256);
    }
}
