//! Files as a process sees them: below its own root, from its own working folder, and out of reach of whoever put a
//! pipe, a device or a link there for us.

use std::fs;
use std::io::Read as _;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, Statx, open};
use sha2::{Digest, Sha256};

use crate::credential::kubeconfig::FileFacts;
use crate::enrich::executable::{changed_ns, facts, is_unchanged, why, within};
use crate::enrich::process::{ProcessFolder, below};
use crate::event::{Process, Unknown};
use crate::identity::hex;

/// Where a process looks for files.
#[derive(Debug)]
pub(super) struct View {
    root: OwnedFd,
    /// The root by its path, as the daemon sees it.
    root_path: Vec<u8>,
    cwd: OwnedFd,
    /// The working folder by its path below the root. None where it is not below it.
    cwd_path: Option<Vec<u8>>,
}

/// A file that was found. It may have secrets in it, and cannot be printed.
pub(super) struct Found {
    /// What is in it, or why that is not known.
    pub(super) bytes: Result<Vec<u8>, Unknown>,
    pub(super) facts: FileFacts,
    /// Its path as the process would have it, links resolved.
    pub(super) path: Vec<u8>,
    /// When it was changed last, in nanoseconds since 1970; nobody but the kernel sets that.
    pub(super) changed_ns: i64,
}

impl View {
    /// The view of just this process, while it lives. It touches no file, and outlives the process.
    pub(super) fn of(process: &Process) -> Result<Self, Unknown> {
        let folder = ProcessFolder::open(process).ok_or(Unknown::Gone)?;
        let root = folder.place("root").map_err(why)?;
        let root_path = folder.link("root").ok_or(Unknown::Gone)?;
        Ok(Self {
            root,
            cwd_path: folder.link("cwd").and_then(|cwd| below(&root_path, &cwd)),
            root_path,
            cwd: folder.place("cwd").map_err(why)?,
        })
    }

    /// A path from the root. This may take as long as it takes.
    pub(super) fn absolute(&self, path: &[u8]) -> Result<Vec<u8>, Unknown> {
        if path.starts_with(b"/") {
            return Ok(path.to_vec());
        }
        let folder = self.cwd_path.as_ref().ok_or(Unknown::Unreadable)?;
        // A folder can be moved, or hidden by another that is mounted over it.
        let found = facts(within(
            self.root.as_fd(),
            relative(folder),
            ResolveFlags::empty(),
        )?)
        .map_err(why)?;
        let real = facts(&self.cwd).map_err(why)?;
        if place(&found) != place(&real) {
            return Err(Unknown::Changed);
        }
        let folder = folder.strip_suffix(b"/").unwrap_or(folder);
        Ok([folder, path].join(&b'/'))
    }

    /// Whether there is a file, by its path from the root. This may take as long as it takes.
    pub(super) fn has(&self, path: &[u8]) -> Result<bool, Unknown> {
        match within(self.root.as_fd(), relative(path), ResolveFlags::empty()) {
            Ok(_) => Ok(true),
            Err(Unknown::Gone) => Ok(false),
            Err(unknown) => Err(unknown),
        }
    }

    /// Reads a file by its path from the root. None where there is no such file. This may take as long as it takes.
    pub(super) fn read(&self, path: &[u8], limit: u64) -> Result<Option<Found>, Unknown> {
        let place = match within(self.root.as_fd(), relative(path), ResolveFlags::empty()) {
            Ok(place) => place,
            Err(Unknown::Gone) => return Ok(None),
            Err(unknown) => return Err(unknown),
        };
        let facts = facts(&place).map_err(why)?;
        let link = format!("/proc/self/fd/{}", place.as_raw_fd());
        let seen = rustix::fs::readlink(&link, Vec::new()).map_err(why)?.into_bytes();
        let bytes = bytes(&link, &facts, limit);
        Ok(Some(Found {
            facts: FileFacts {
                sha256: bytes.as_ref().ok().map(|bytes| hex(&Sha256::digest(bytes))),
                size: facts.stx_size,
                owner: facts.stx_uid,
                owner_name: None,
                mode: u32::from(facts.stx_mode) & 0o7777,
                inode: facts.stx_ino,
            },
            path: below(&self.root_path, &seen).unwrap_or(seen),
            changed_ns: changed_ns(&facts),
            bytes,
        }))
    }
}

/// What is in an open place. More bytes than the limit are an error, as is what is no file.
fn bytes(link: &str, before: &Statx, limit: u64) -> Result<Vec<u8>, Unknown> {
    // Opening a device would do something to it.
    if FileType::from_raw_mode(before.stx_mode.into()) != FileType::RegularFile || before.stx_size > limit {
        return Err(Unknown::Unreadable);
    }
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let file: fs::File = open(link, flags, Mode::empty()).map_err(why)?.into();
    let mut bytes = Vec::with_capacity(usize::try_from(before.stx_size).unwrap_or_default() + 1);
    (&file).take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(Unknown::Unreadable);
    }
    if !is_unchanged(before, &facts(&file).map_err(why)?) {
        return Err(Unknown::Changed);
    }
    Ok(bytes)
}

/// Which folder it is.
fn place(facts: &Statx) -> (u32, u32, u64) {
    (facts.stx_dev_major, facts.stx_dev_minor, facts.stx_ino)
}

/// A path that leads from where it is opened.
fn relative(path: &[u8]) -> &[u8] {
    let start = path.iter().position(|&byte| byte != b'/').unwrap_or(path.len());
    match &path[start..] {
        [] => b".",
        path => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_opened_from_where_it_leads() {
        assert_eq!((relative(b"//a/b"), relative(b"/")), (&b"a/b"[..], &b"."[..]));
    }
}
