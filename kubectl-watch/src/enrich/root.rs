//! The node's own file system, seen from wherever the daemon runs.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, open, openat, openat2};
use rustix::io::Errno;

/// The folder that is the node's `/`.
#[derive(Debug)]
pub struct HostRoot {
    path: PathBuf,
    folder: OwnedFd,
}

/// Tells one state of a file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl HostRoot {
    /// Opens the folder given. Without one it is the root of the node's first process, which a container that
    /// shares the node's pids can see, and else the daemon's own.
    pub fn open(path: Option<&Path>) -> io::Result<Self> {
        if let Some(path) = path {
            return Self::at(path);
        }
        Self::at(Path::new("/proc/1/root")).or_else(|_| Self::at(Path::new("/")))
    }

    fn at(path: &Path) -> io::Result<Self> {
        // Opening `/proc/1/root` is refused, and not only looking into it, without the right to trace process 1.
        let folder = open(
            path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        Ok(Self {
            path: path.to_owned(),
            folder,
        })
    }

    /// The folder once more, for somebody else.
    pub(super) fn duplicate(&self) -> io::Result<OwnedFd> {
        self.folder.try_clone()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is the daemon's own root too.
    pub fn is_own(&self) -> bool {
        let inode = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
        inode(&self.path).is_some_and(|root| Some(root) == inode(Path::new("/")))
    }

    /// Opens a file by its path on the node. A link in it is followed as on the node, not out of it.
    pub fn file(&self, path: &str) -> io::Result<File> {
        let path = path.trim_start_matches('/');
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = openat2(&self.folder, path, flags, Mode::empty(), ResolveFlags::IN_ROOT);
        match opened {
            // A seccomp profile older than the call (5.6) refuses it.
            Err(Errno::NOSYS | Errno::PERM) => Ok(openat(&self.folder, path, flags, Mode::empty())?.into()),
            opened => Ok(opened?.into()),
        }
    }

    /// The state that a file is in.
    pub fn stamp(&self, path: &str) -> io::Result<Stamp> {
        Stamp::of(&self.file(path)?)
    }

    /// A file's bytes and the state they are of. More than the limit is an error, as is what is no file.
    pub fn read(&self, path: &str, limit: u64) -> io::Result<(Vec<u8>, Stamp)> {
        let file = self.file(path)?;
        let stamp = Stamp::of(&file)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
        }
        let bytes = read_up_to(file, limit)?;
        Ok((bytes, stamp))
    }
}

/// Reads all of it, or fails where it is more than the limit.
pub(super) fn read_up_to(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("larger than {limit} bytes"),
        ));
    }
    Ok(bytes)
}

impl Stamp {
    fn of(file: &File) -> io::Result<Self> {
        let file = file.metadata()?;
        Ok(Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

/// Opens a file of the daemon's own root.
pub(super) fn own_file(path: &Path) -> io::Result<File> {
    Ok(openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?.into())
}
