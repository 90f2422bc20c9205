//! What is read of a file: little, for what it is; or all, for its hash and for texts all over it.

use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, open};
use sha2::{Digest, Sha256};

use super::LEAST_SEARCHED;
use super::open::{Opened, Walk, why};
use super::version;
use crate::event::file_system::{self, Reach};
use crate::event::{File, Unknown};
use crate::identity::{self, Identity, ReadAt, Scan};

/// Bytes of a file that is gone through. A larger one has no hash, and what its end holds is not looked at.
pub(super) const MAX_WHOLE: u64 = 1024 * 1024 * 1024;
/// Bytes that are read at once.
const PIECE: usize = 256 * 1024;

/// Why all of a file is gone through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pass {
    /// For texts that tell what it is.
    Search,
    /// For its hash as well.
    Hash,
}

/// Something to read.
#[derive(Debug)]
pub(super) struct Job {
    /// The version that the kernel ran; none where somebody else runs it.
    pub(super) file: Option<File>,
    pub(super) task: Task,
}

/// What is to be done.
#[derive(Debug)]
pub(super) enum Task {
    /// Say what it is.
    Look(Opened),
    /// Find it, and say what it is.
    Walk(Walk),
    /// Find what a loader was told to run, and say what that is.
    Loaded(super::loaded::Walk),
    /// Go through all of it.
    Pass(Opened, Pass, Arc<Identity>),
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Read {
    pub(super) identity: Arc<Identity>,
    pub(super) sha256: Option<[u8; 32]>,
    /// How far it was searched for texts.
    pub(super) searched: Option<Searched>,
    /// Whether it holds for every file of this version.
    pub(super) is_repeatable: bool,
}

impl Read {
    /// Whether a search came to its end, at what it looked for or at that of the file.
    pub(super) fn says_all(&self) -> bool {
        self.searched == Some(Searched::All) || (self.searched.is_some() && self.identity.tool.is_some())
    }
}

/// How far a file was searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Searched {
    All,
    /// Up to [`MAX_WHOLE`].
    Beginning,
}

impl Job {
    pub(super) fn look(file: File, opened: Opened) -> Self {
        Self {
            file: Some(file),
            task: Task::Look(opened),
        }
    }

    pub(super) fn walk(file: File, walk: Walk) -> Self {
        Self {
            file: Some(file),
            task: Task::Walk(walk),
        }
    }

    pub(super) fn loaded(walk: super::loaded::Walk) -> Self {
        Self {
            file: None,
            task: Task::Loaded(walk),
        }
    }

    pub(super) fn pass(file: File, opened: Opened, pass: Pass, identity: Arc<Identity>) -> Self {
        Self {
            file: Some(file),
            task: Task::Pass(opened, pass, identity),
        }
    }

    /// Who may have to answer for it. A path can lead through anything.
    pub(super) fn reach(&self) -> Reach {
        match (&self.task, &self.file) {
            (Task::Look(_) | Task::Pass(..), Some(file)) => file_system::reach(file.file_system),
            _ => Reach::Foreign,
        }
    }

    /// Does it. This may take as long as it takes.
    pub(super) fn run(&self) -> Result<Read, Unknown> {
        match &self.task {
            Task::Look(opened) => look(opened, self.file.as_ref()),
            Task::Walk(walk) => {
                let file = self.file.as_ref().ok_or(Unknown::Gone)?;
                look(&walk.find(file, ResolveFlags::empty())?, Some(file))
            }
            Task::Loaded(walk) => walk.find(loaded, |read| read.identity.tool.is_some()),
            Task::Pass(opened, pass, identity) => whole(opened, self.file.as_ref(), *pass, identity),
        }
    }
}

/// Says what a file is, from small parts of it.
pub(super) fn look(opened: &Opened, file: Option<&File>) -> Result<Read, Unknown> {
    let reading = Reading::begin(opened)?;
    let identity = identity::read(&reading.bytes)?;
    Ok(Read {
        identity: Arc::new(identity),
        is_repeatable: reading.end(opened, file)?,
        ..Read::default()
    })
}

/// Says what a program is that a loader runs: no other look at it follows.
fn loaded(opened: &Opened) -> Result<Read, Unknown> {
    let read = look(opened, None)?;
    if read.identity.tool.is_some() || opened.facts.stx_size < LEAST_SEARCHED {
        return Ok(read);
    }
    whole(opened, None, Pass::Search, &read.identity)
}

/// Goes through all of it.
fn whole(opened: &Opened, file: Option<&File>, pass: Pass, known: &Arc<Identity>) -> Result<Read, Unknown> {
    let reading = Reading::begin(opened)?;
    let mut hash = Sha256::new();
    let mut scan = Scan::default();
    let mut piece = vec![0; PIECE];
    let mut done = 0;
    while done < MAX_WHOLE {
        let length = match reading.bytes.read_at(&mut piece, done) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        if pass == Pass::Hash {
            hash.update(&piece[..length]);
        }
        if known.tool.is_none() {
            scan.take(&piece[..length]);
        }
        done += length as u64;
    }
    let is_repeatable = reading.end(opened, file)?;
    let identity = match scan.tool() {
        Some(tool) if known.tool.is_none() => Arc::new(Identity {
            tool: Some(tool),
            ..Identity::clone(known)
        }),
        _ => Arc::clone(known),
    };
    let is_whole = done < MAX_WHOLE;
    Ok(Read {
        identity,
        sha256: (is_whole && pass == Pass::Hash).then(|| hash.finalize().into()),
        searched: Some(if is_whole {
            Searched::All
        } else {
            Searched::Beginning
        }),
        is_repeatable,
    })
}

/// A file that is being read.
struct Reading {
    bytes: FileBytes,
    began_ns: i64,
}

/// An open file as identities are read from.
struct FileBytes {
    file: std::fs::File,
    size: u64,
}

impl ReadAt for FileBytes {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(buffer, offset)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

impl Reading {
    fn begin(opened: &Opened) -> Result<Self, Unknown> {
        let began_ns = version::now_ns();
        // Opening a device would do something to it.
        if FileType::from_raw_mode(opened.facts.stx_mode.into()) != FileType::RegularFile {
            return Err(Unknown::Unreadable);
        }
        let path = format!("/proc/self/fd/{}", opened.place.as_fd().as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
        let file = open(path, flags, Mode::empty()).map_err(|_| Unknown::Unreadable)?;
        Ok(Self {
            bytes: FileBytes {
                file: file.into(),
                size: opened.facts.stx_size,
            },
            began_ns,
        })
    }

    /// Whether what was read holds for every file of the version that the kernel ran. An error where it may have been
    /// written to meanwhile.
    fn end(&self, opened: &Opened, file: Option<&File>) -> Result<bool, Unknown> {
        let after = version::facts(&self.bytes.file).map_err(why)?;
        let is_unchanged = version::is_unchanged(&opened.facts, &after);
        let is_the_same = if opened.is_exchangeable {
            opened.is_running()
        } else {
            is_unchanged || (version::is_unwritten(&opened.facts, &after) && opened.is_running())
        };
        if !is_the_same {
            return Err(Unknown::Changed);
        }
        Ok(is_unchanged
            && !opened.is_exchangeable
            && file.is_some_and(|file| {
                version::is_repeatable(file, opened.matched, &self.bytes.file, self.began_ns)
            }))
    }
}
