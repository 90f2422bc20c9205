//! A process's folder in `/proc`, held open so that it can never turn into another's.

use std::{fs, io, io::Read as _, os::fd::AsRawFd as _, path::Path};

use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, Mode, OFlags, open, openat, readlinkat, statat},
    io::Errno,
};

use crate::event::{Process, basename};

/// The kernel counts start times in nanoseconds, `/proc` in ticks of `USER_HZ`, which is 100 everywhere.
pub(crate) const NANOSECONDS_PER_TICK: u64 = 10_000_000;

/// Bytes that nearly every file of a process fits, so that it takes one call to read it and one to see its end.
const FIRST_READ: u64 = 2048;

/// The folder of one process, while it lives.
#[derive(Debug)]
pub(crate) struct ProcessFolder(OwnedFd);

impl ProcessFolder {
    /// Opens the folder of just this process. None where it has ended, or its pid is another's by now.
    pub(super) fn open(process: &Process) -> Option<Self> {
        let this = Self::of_pid(process.pid)?;
        // The folder stays that of the process it was opened for, so one look is enough.
        let stat = this.read("stat", 4096)?;
        (start_ticks(&stat)? == process.start_boot_ns / NANOSECONDS_PER_TICK).then_some(this)
    }

    /// Opens the folder of whoever has this pid now. It stays that one's.
    pub(crate) fn of_pid(pid: u32) -> Option<Self> {
        let folder = Path::new("/proc").join(pid.to_string());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Some(Self(open(folder, flags, Mode::empty()).ok()?))
    }

    /// Opens what a link in it leads to, as a place only: nobody but the kernel is asked for it.
    pub(super) fn place(&self, link: &str) -> Result<OwnedFd, Errno> {
        openat(&self.0, link, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
    }

    /// Where a link in it leads.
    pub(crate) fn link(&self, name: &str) -> Option<Vec<u8>> {
        Some(readlinkat(&self.0, name, Vec::new()).ok()?.into_bytes())
    }

    /// The inode number of what a link in it leads to.
    pub(crate) fn inode(&self, name: &str) -> Option<u32> {
        let file = statat(&self.0, name, AtFlags::empty()).ok()?;
        file.st_ino.try_into().ok()
    }

    /// The first bytes of a file in it. None where the process has ended.
    pub(crate) fn read(&self, name: &str, max: u64) -> Option<Vec<u8>> {
        let file = openat(&self.0, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
        // Without room to begin with, it would be read in ever larger pieces.
        let mut bytes = Vec::with_capacity(max.min(FIRST_READ) as usize);
        match std::fs::File::from(file).take(max).read_to_end(&mut bytes) {
            Ok(_) => Some(bytes),
            Err(error) => {
                if error.raw_os_error() != Some(Errno::SRCH.raw_os_error()) {
                    warn(name, &error);
                }
                None
            }
        }
    }
}

impl ProcessFolder {
    /// The inode numbers of the sockets that it has open, by number of the descriptor, and of so many descriptors at
    /// most.
    pub(super) fn sockets(&self, max: usize) -> io::Result<Vec<u64>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(&self.0, "fd", flags, Mode::empty())?;
        let entries = fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
        let numbers = entries
            .take(max)
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let mut numbers: Vec<u32> = numbers.collect();
        numbers.sort_unstable();
        let socket = |number: u32| {
            let link = readlinkat(&folder, number.to_string(), Vec::new()).ok()?;
            let inode = link.to_str().ok()?.strip_prefix("socket:[")?.strip_suffix(']')?;
            inode.parse().ok()
        };
        Ok(numbers.into_iter().filter_map(socket).collect())
    }

    /// Says what the process is called and runs, as far as it can be told.
    pub(super) fn describe(&self, process: &mut Process) {
        if let Some(comm) = self.read("comm", 64) {
            process.comm = comm.strip_suffix(b"\n").unwrap_or(&comm).to_vec();
        }
        if let Ok(executable) = readlinkat(&self.0, "exe", Vec::new()) {
            process.executable = executable.into_bytes();
        }
        process.name = match &process.executable[..] {
            [] => process.comm.clone(),
            executable => basename(executable).to_vec(),
        };
    }
}

fn warn(name: &str, error: &io::Error) {
    tracing::debug!(%error, file = name, "cannot read a file of a process");
}

/// The effective user in a `/proc/PID/status`.
pub(super) fn effective_user(status: &[u8]) -> Option<u32> {
    let mut lines = status.split(|&byte| byte == b'\n');
    let ids = lines.find_map(|line| line.strip_prefix(b"Uid:\t"))?;
    let id = ids.split(|&byte| byte == b'\t').nth(1)?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// Field 22 of `/proc/PID/stat`, see `proc(5)`. The name in field 2 may hold anything, so the count begins
/// after its last parenthesis.
pub(super) fn start_ticks(stat: &[u8]) -> Option<u64> {
    let after_name = stat.rsplit(|&byte| byte == b')').next()?;
    let field = after_name
        .split(|&byte| byte == b' ')
        .filter(|field| !field.is_empty())
        .nth(19)?;
    std::str::from_utf8(field).ok()?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_move_the_fields() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20";
        for name in ["bash", "a) S 9 9 (b", ") ) )"] {
            assert_eq!(
                start_ticks(format!("7 ({name}) {rest}").as_bytes()),
                Some(4711),
                "{name}"
            );
        }
        assert_eq!(start_ticks(b"7 (bash) S 1"), None);
        assert_eq!(start_ticks(b""), None);
    }

    #[test]
    fn the_effective_user_is_the_second_of_four() {
        assert_eq!(
            effective_user(b"Name:\tUid:\t9\nUid:\t1000\t0\t7\t8\nGid:\t1\n"),
            Some(0)
        );
        assert_eq!(effective_user(b"Uid:\t1000\n"), None);
    }

    #[test]
    fn another_process_of_the_same_pid_is_refused() {
        let own = std::fs::read("/proc/self/stat").expect("there is one");
        let start = start_ticks(&own).expect("it is there") * NANOSECONDS_PER_TICK;
        let this = Process {
            pid: std::process::id(),
            start_boot_ns: start,
            ..Process::default()
        };
        let folder = ProcessFolder::open(&this).expect("it is this process");
        assert!(folder.read("cmdline", 4096).is_some_and(|line| !line.is_empty()));
        let other = Process {
            start_boot_ns: start + NANOSECONDS_PER_TICK,
            ..this
        };
        assert!(ProcessFolder::open(&other).is_none());
    }
}
