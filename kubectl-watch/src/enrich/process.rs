//! A process's folder in `/proc`, held open so that it can never turn into another's.

use std::{
    cell::RefCell, collections::VecDeque, fs, io, io::Read as _, os::fd::AsRawFd as _, path::Path, sync::Arc,
};

use rustix::{
    fd::OwnedFd,
    fs::{AtFlags, Mode, OFlags, open, openat, readlinkat, statat},
    io::Errno,
};

pub(crate) use crate::event::NANOSECONDS_PER_TICK;
use crate::event::{Process, basename};

/// Bytes of `stat`: more than it ever has.
const MAX_STAT: u64 = 4096;
/// Threads that are asked for their children, and bytes of their answers: hundreds of children.
const MAX_THREADS: usize = 256;
const MAX_CHILDREN: u64 = 4096;

/// Bytes that nearly every file of a process fits, so that it takes one call to read it and one to see its end.
const FIRST_READ: u64 = 2048;

/// Folders that stay open, of those that were asked for last: an alert asks for each of its processes several times,
/// and the next one mostly for the same parents and leaders.
const MAX_OPEN: usize = 16;

/// The folder of one process, while it lives.
#[derive(Clone, Debug)]
pub(crate) struct ProcessFolder(Arc<OwnedFd>);

thread_local! {
    /// The last ones, each with the pid and the start of its process.
    static OPEN: RefCell<VecDeque<(u32, u64, ProcessFolder)>> = const { RefCell::new(VecDeque::new()) };
}

impl ProcessFolder {
    /// Opens the folder of just this process. None where it has ended, or its pid is another's by now. One that ends
    /// later has nothing in its folder any more.
    pub(super) fn open(process: &Process) -> Option<Self> {
        let (pid, start) = (process.pid, process.start_boot_ns);
        let is_its = |(of, since, _): &&(u32, u64, Self)| (*of, *since) == (pid, start);
        OPEN.with_borrow_mut(|open| {
            if let Some((.., this)) = open.iter().find(is_its) {
                return Some(this.clone());
            }
            let this = Self::of_pid(pid)?;
            // The folder stays that of the process it was opened for, so one look is enough.
            if this.start_ticks()? != process.start_ticks() {
                return None;
            }
            open.truncate(MAX_OPEN - 1);
            open.push_front((pid, start, this.clone()));
            Some(this)
        })
    }

    /// Opens the folder of whoever has this pid now. It stays that one's.
    pub(crate) fn of_pid(pid: u32) -> Option<Self> {
        let folder = Path::new("/proc").join(pid.to_string());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Some(Self(Arc::new(open(folder, flags, Mode::empty()).ok()?)))
    }

    /// Whether the process of this pid, made at this time, lives. Its leader may have ended before its other threads; one that nobody has waited
    /// for is dead.
    pub(crate) fn lives(pid: u32, start_ticks: u64) -> bool {
        let stat = Self::of_pid(pid).and_then(|folder| folder.read("stat", MAX_STAT));
        stat.is_some_and(|stat| {
            let is_it = self::start_ticks(&stat) == Some(start_ticks);
            let threads = field(&stat, 20).and_then(|threads| threads.parse().ok());
            is_it && (field(&stat, 3).is_some_and(|state| !matches!(state, "Z" | "X")) || threads > Some(1))
        })
    }

    /// When it was made, in ticks since boot.
    pub(crate) fn start_ticks(&self) -> Option<u64> {
        start_ticks(&self.read("stat", MAX_STAT)?)
    }

    /// Who its parent is.
    pub(crate) fn parent(&self) -> Option<u32> {
        field(&self.read("stat", MAX_STAT)?, 4)?.parse().ok()
    }

    /// Whom its threads have forked, and who have not ended.
    pub(crate) fn children(pid: u32) -> Vec<u32> {
        let threads = std::fs::read_dir(format!("/proc/{pid}/task"));
        let children = |thread: io::Result<std::fs::DirEntry>| {
            let file = std::fs::File::open(thread.ok()?.path().join("children")).ok()?;
            let mut pids = String::new();
            file.take(MAX_CHILDREN).read_to_string(&mut pids).ok()?;
            Some(pids)
        };
        let lists = threads
            .into_iter()
            .flatten()
            .take(MAX_THREADS)
            .filter_map(children);
        lists
            .flat_map(|list| {
                list.split(' ')
                    .filter_map(|pid| pid.parse().ok())
                    .collect::<Vec<u32>>()
            })
            .collect()
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

/// When a process was made, in ticks since boot.
pub(super) fn start_ticks(stat: &[u8]) -> Option<u64> {
    field(stat, 22)?.parse().ok()
}

/// A field of `/proc/PID/stat` behind the name, by its number in `proc(5)`. The name in field 2 may hold anything, so
/// the count begins after its last parenthesis.
fn field(stat: &[u8], number: usize) -> Option<&str> {
    let after_name = stat.rsplit(|&byte| byte == b')').next()?;
    let field = after_name
        .split(|&byte| byte == b' ')
        .filter(|field| !field.is_empty())
        .nth(number.checked_sub(3)?)?;
    std::str::from_utf8(field).ok().map(str::trim_end)
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
