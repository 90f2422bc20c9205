//! Programs and buffer that outlive the daemon, as files of a BPF file system, so that the next daemon misses nothing.
//!
//! Each set has a folder of its own, named by what was loaded: a daemon finds the very set that it would load, or
//! others that it replaces. Who holds the folder above them is the one daemon that may touch them.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use aya::{
    Ebpf,
    maps::{Map, MapData},
    programs::{
        BtfTracePoint,
        links::{FdLink, PinnedLink},
    },
};
use kubectl_watch_ebpf::{Offsets, Program};
use rustix::fs::{FlockOperation, flock, statfs};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zerocopy::IntoBytes as _;

use super::{OBJECT, PROGRAMS, SourceError, error::refused, load::variables, pinned_program::PinnedProgram};

/// Where it is if nobody says.
pub const DEFAULT_PINS: &str = "/sys/fs/bpf/kubectl-watch";
/// What the wire contract is like; the build script makes it from its files.
const CONTRACT: &str = env!("KUBECTL_WATCH_CONTRACT");
/// What a set that is not complete yet is called.
const UNFINISHED: &str = "unfinished";
/// The magic number of a BPF file system, see `linux/magic.h`.
const BPF_FS_MAGIC: u64 = 0xcafe_4a11;
/// How long another daemon may take to end.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Why nothing can be pinned.
#[derive(Debug, Error)]
pub enum PinsError {
    /// The folder is no BPF file system's.
    #[error(
        "{} is not on a BPF file system: mount one with `mount -t bpf bpf /sys/fs/bpf`, or into the container, or \
         run without --pin", .0.display()
    )]
    NoBpfFs(PathBuf),
    /// Another daemon has it, and does not end.
    #[error("{} is held by another kubectl-watch, and one at a time may have it", .0.display())]
    Held(PathBuf),
    /// The system refuses.
    #[error("cannot use {}: {error}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// The folder with all sets.
pub(super) struct Pins {
    folder: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

/// One set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PinnedSet(pub(super) PathBuf);

/// What names a set: all that is loaded, down to the kernel's own offsets.
pub(super) fn identity(offsets: &Offsets, log_level: u8) -> String {
    let mut hash = Sha256::new();
    hash.update(OBJECT);
    hash.update(offsets.as_bytes());
    hash.update([log_level]);
    hash.update(variables().as_bytes());
    let hash = hash.finalize();
    let hash = hash.first_chunk().map_or(0, |chunk| u64::from_be_bytes(*chunk));
    format!("{CONTRACT}-{hash:016x}")
}

impl Pins {
    /// Takes the folder, and makes it where it is missing. Waits a while for a daemon that is about to end.
    pub(super) fn open(folder: &Path) -> Result<Self, PinsError> {
        let refused = |error| PinsError::Io {
            path: folder.to_owned(),
            error,
        };
        let existing = folder
            .ancestors()
            .find(|path| path.is_dir())
            .unwrap_or(Path::new("/"));
        if !is_bpf_fs(existing) {
            return Err(PinsError::NoBpfFs(folder.to_owned()));
        }
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(refused)?;
        let lock = File::open(folder).map_err(refused)?;
        let end = Instant::now() + PATIENCE;
        loop {
            match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => break,
                Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < end => std::thread::sleep(PAUSE),
                Err(rustix::io::Errno::WOULDBLOCK) => return Err(PinsError::Held(folder.to_owned())),
                Err(error) => return Err(refused(error.into())),
            }
        }
        let this = Self {
            folder: folder.to_owned(),
            _lock: lock,
        };
        // Whoever made it has died over it.
        this.unfinished().remove().map_err(refused)?;
        Ok(this)
    }

    /// All sets that are complete.
    pub(super) fn sets(&self) -> io::Result<Vec<PinnedSet>> {
        let entries = fs::read_dir(&self.folder)?;
        entries.map(|entry| Ok(PinnedSet(entry?.path()))).collect()
    }

    /// The set of this name, if there is one.
    pub(super) fn set(&self, identity: &str) -> Option<PinnedSet> {
        let path = self.folder.join(identity);
        path.is_dir().then_some(PinnedSet(path))
    }

    /// A set to be filled, and then to be [named](Self::complete).
    pub(super) fn unfinished(&self) -> PinnedSet {
        PinnedSet(self.folder.join(UNFINISHED))
    }

    /// Gives the set that was filled its name.
    pub(super) fn complete(&self, identity: &str) -> io::Result<PinnedSet> {
        let path = self.folder.join(identity);
        fs::rename(self.unfinished().0, &path)?;
        Ok(PinnedSet(path))
    }
}

/// Whether a folder is on a BPF file system.
pub fn is_bpf_fs(folder: &Path) -> bool {
    // Its type has a sign on some machines, and is wider than the number on others.
    statfs(folder).is_ok_and(|found| found.f_type.cast_unsigned() & 0xffff_ffff == BPF_FS_MAGIC)
}

/// Removes all sets below a folder, and says how many that were. Their programs end with them.
pub fn unpin(folder: &Path) -> Result<usize, PinsError> {
    let refused = |error| PinsError::Io {
        path: folder.to_owned(),
        error,
    };
    if !folder.is_dir() {
        return Ok(0);
    }
    let pins = Pins::open(folder)?;
    let sets = pins.sets().map_err(refused)?;
    for set in &sets {
        set.remove().map_err(refused)?;
    }
    fs::remove_dir(folder).map_err(refused)?;
    Ok(sets.len())
}

impl PinnedSet {
    /// Makes its folder.
    pub(super) fn create(&self) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(&self.0)
    }

    /// Whether records of its buffer are what this daemon reads.
    pub(super) fn has_our_contract(&self) -> bool {
        let name = self
            .0
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        name.split('-').next() == Some(CONTRACT)
    }

    /// Whether all of it is still there.
    pub(super) fn is_whole(&self) -> bool {
        PROGRAMS
            .iter()
            .all(|which| self.link_path(*which).exists() && self.program_path(*which).exists())
    }

    /// Keeps each map. Those of constants have a dot in their name, which is forbidden here, and nobody needs them.
    pub(super) fn pin_maps(&self, ebpf: &Ebpf) -> Result<(), SourceError> {
        for (name, map) in ebpf.maps().filter(|(name, _)| !name.contains('.')) {
            map.pin(self.0.join(name))
                .map_err(|error| refused("the pin of a map", error))?;
        }
        Ok(())
    }

    /// Keeps a program.
    pub(super) fn pin_program(&self, which: Program, program: &mut BtfTracePoint) -> Result<(), SourceError> {
        program
            .pin(self.program_path(which))
            .map_err(|error| refused("the pin of a program", error))
    }

    /// Keeps a program attached.
    pub(super) fn pin_link(&self, which: Program, link: FdLink) -> Result<FdLink, SourceError> {
        let pinned = link
            .pin(self.link_path(which))
            .map_err(|error| refused("the pin of a link", error))?;
        Ok(pinned.into())
    }

    /// A map that is kept.
    pub(super) fn map(&self, name: &str) -> Result<Map, SourceError> {
        Ok(Map::from_map_data(MapData::from_pin(self.0.join(name))?)?)
    }

    /// A program that is kept.
    pub(super) fn program(&self, which: Program) -> Result<PinnedProgram, SourceError> {
        PinnedProgram::open(&self.program_path(which))
    }

    /// What keeps a program attached.
    pub(super) fn link(&self, which: Program) -> Result<FdLink, SourceError> {
        let link =
            PinnedLink::from_pin(self.link_path(which)).map_err(|error| refused("a pinned link", error))?;
        Ok(link.into())
    }

    /// Gives it a name that nobody looks for, so that another set can have its own.
    pub(super) fn set_aside(&self) -> io::Result<()> {
        let names = (0_u32..).map(|number| {
            let mut name = self.0.clone().into_os_string();
            name.push(format!("-{number}"));
            PathBuf::from(name)
        });
        let mut free = names.filter(|name| !name.exists());
        free.next().map_or(Ok(()), |name| fs::rename(&self.0, name))
    }

    /// Lets the programs end: from now on it sends nothing.
    pub(super) fn remove_links(&self) -> io::Result<()> {
        PROGRAMS
            .iter()
            .try_for_each(|which| match fs::remove_file(self.link_path(*which)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            })
    }

    /// Removes all of it.
    pub(super) fn remove(&self) -> io::Result<()> {
        self.remove_links()?;
        match fs::remove_dir_all(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn link_path(&self, which: Program) -> PathBuf {
        self.0.join(format!("link_{}", which.name))
    }

    fn program_path(&self, which: Program) -> PathBuf {
        self.0.join(format!("program_{}", which.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_named_by_all_that_is_loaded() {
        let name = identity(&Offsets::ALL_ABSENT, 0);
        assert_eq!(name, identity(&Offsets::ALL_ABSENT, 0));
        assert_ne!(name, identity(&Offsets::ALL_ABSENT, 1));
        let other = Offsets {
            task_struct_tgid: 1,
            ..Offsets::ALL_ABSENT
        };
        assert_ne!(name, identity(&other, 0));
        assert!(PinnedSet(PathBuf::from("/x").join(&name)).has_our_contract());
        assert!(!PinnedSet("/x/0000-1".into()).has_our_contract());
        assert!(!name.contains(['.', '/']), "{name}");
    }

    #[test]
    fn a_folder_elsewhere_is_refused_before_anything_is_made() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a");
        assert!(matches!(Pins::open(&path), Err(PinsError::NoBpfFs(_))));
        assert!(!path.exists());
        assert_eq!(unpin(&path).expect("there is nothing"), 0);
    }
}
