//! A process's folder in `/proc`, held open so that it can never turn into another's.

mod stat;
#[cfg(test)]
mod tests;
mod working;

use std::{
    cell::RefCell,
    collections::VecDeque,
    fs, io,
    io::Read as _,
    os::fd::AsRawFd as _,
    path::Path,
    sync::{Arc, OnceLock},
};

use rustix::{
    buffer::spare_capacity,
    fd::OwnedFd,
    fs::{AtFlags, Mode, OFlags, open, openat, readlinkat, statat},
    io::{Errno, pread, retry_on_intr},
};

use stat::field;
pub(super) use stat::{effective_user, start_ticks};
pub(super) use working::below;

pub(crate) use crate::event::NANOSECONDS_PER_TICK;
use crate::event::{Args, Process, basename};

/// Bytes of `stat`: more than it ever has.
const MAX_STAT: usize = 4096;
/// Threads that are asked for their children, and bytes of their answers: hundreds of children.
const MAX_THREADS: usize = 256;
const MAX_CHILDREN: u64 = 4096;

/// Bytes of arguments that are read of a process which has not just called exec. Rules and whoever reads alerts need
/// less of it as a rule, and each of its children pays for it.
const MAX_ARGS: usize = 64 * 1024;

/// Bytes that nearly every file of a process fits, so that it takes one call to read it.
const FIRST_READ: usize = 2048;

/// Processes whose folders stay open, or that are known to have ended, of those that were asked for last: an alert asks
/// for each of its processes several times, and the next one mostly for the same parents and leaders.
const MAX_OPEN: usize = 16;

/// The folder of one process, while it lives.
#[derive(Clone, Debug)]
pub(crate) struct ProcessFolder(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    folder: OwnedFd,
    /// The file of its arguments, once they were asked for.
    cmdline: OnceLock<OwnedFd>,
}

/// A process by pid and start, and its folder. None where it has ended.
type Known = (u32, u64, Option<ProcessFolder>);

thread_local! {
    /// The last one first.
    static KNOWN: RefCell<VecDeque<Known>> = const { RefCell::new(VecDeque::new()) };
}

impl ProcessFolder {
    /// Opens the folder of just this process. None where it has ended, or its pid is another's by now. One that ends
    /// later has nothing in its folder any more.
    pub(super) fn open(process: &Process) -> Option<Self> {
        let (pid, start) = (process.pid, process.start_boot_ns);
        KNOWN.with_borrow_mut(|known| {
            let place = known.iter().position(|it| (it.0, it.1) == (pid, start));
            let this = match place.and_then(|place| known.remove(place)) {
                Some((.., this)) => this,
                // The folder stays that of the process it was opened for, and who has ended does not come back, so one
                // look is enough.
                None => Self::look(process).ok()?,
            };
            known.truncate(MAX_OPEN - 1);
            known.push_front((pid, start, this.clone()));
            this
        })
    }

    /// None where this process has ended. An error where that cannot be told.
    fn look(process: &Process) -> Result<Option<Self>, Errno> {
        let this = match Self::try_of_pid(process.pid) {
            Err(Errno::NOENT) => return Ok(None),
            this => this?,
        };
        match this.try_read("stat", MAX_STAT) {
            Ok(stat) => Ok((start_ticks(&stat) == Some(process.start_ticks())).then_some(this)),
            Err(Errno::NOENT | Errno::SRCH) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens the folder of whoever has this pid now. It stays that one's.
    pub(crate) fn of_pid(pid: u32) -> Option<Self> {
        Self::try_of_pid(pid).ok()
    }

    fn try_of_pid(pid: u32) -> Result<Self, Errno> {
        let folder = Path::new("/proc").join(pid.to_string());
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = open(folder, flags, Mode::empty())?;
        Ok(Self(Arc::new(Opened {
            folder,
            cmdline: OnceLock::new(),
        })))
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
        openat(
            &self.0.folder,
            link,
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
        )
    }

    /// Where a link in it leads.
    pub(crate) fn link(&self, name: &str) -> Option<Vec<u8>> {
        Some(readlinkat(&self.0.folder, name, Vec::new()).ok()?.into_bytes())
    }

    /// The inode number of what a link in it leads to.
    pub(crate) fn inode(&self, name: &str) -> Option<u32> {
        let file = statat(&self.0.folder, name, AtFlags::empty()).ok()?;
        file.st_ino.try_into().ok()
    }

    /// The first bytes of a file in it that the kernel gives as a whole. None where the process has ended.
    pub(crate) fn read(&self, name: &str, max: usize) -> Option<Vec<u8>> {
        known(name, self.try_read(name, max))
    }

    fn try_read(&self, name: &str, max: usize) -> Result<Vec<u8>, Errno> {
        whole(&self.file(name)?, max)
    }

    /// The first bytes of its arguments as they are now. None where the process has ended.
    ///
    /// Of an argument without its end nobody can tell whether that end makes a secret of it. So it is there only where
    /// it is so long that what may be shown of it is far from that end.
    pub(super) fn args(&self) -> Option<Args> {
        let name = "cmdline";
        let file = if let Some(file) = self.0.cmdline.get() {
            file
        } else {
            let file = known(name, self.file(name))?;
            self.0.cmdline.get_or_init(|| file)
        };
        known(name, whole(file, MAX_ARGS + 1)).map(|bytes| first_args(bytes, MAX_ARGS))
    }

    /// The first bytes of a file in it that the kernel gives a line at a time. None where the process has ended.
    pub(super) fn table(&self, name: &str, max: u64) -> Option<Vec<u8>> {
        let file = std::fs::File::from(known(name, self.file(name))?);
        let mut bytes = Vec::new();
        let read = file.take(max).read_to_end(&mut bytes);
        known(
            name,
            read.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO)),
        )?;
        Some(bytes)
    }

    fn file(&self, name: &str) -> Result<OwnedFd, Errno> {
        openat(
            &self.0.folder,
            name,
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
    }
}

impl ProcessFolder {
    /// The inode numbers of the sockets that it has open, by number of the descriptor, and of so many descriptors at
    /// most.
    pub(super) fn sockets(&self, max: usize) -> io::Result<Vec<u64>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = openat(&self.0.folder, "fd", flags, Mode::empty())?;
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
        if let Ok(executable) = readlinkat(&self.0.folder, "exe", Vec::new()) {
            process.executable = executable.into_bytes();
        }
        process.name = match &process.executable[..] {
            [] => process.comm.clone(),
            executable => basename(executable).to_vec(),
        };
    }
}

/// The first bytes of a file that the kernel gives as a whole: what is less than there was room for is all of it.
fn whole(file: &OwnedFd, max: usize) -> Result<Vec<u8>, Errno> {
    let mut first = [0; FIRST_READ];
    let read = retry_on_intr(|| pread(file, &mut first, 0))?;
    let mut bytes = first[..read].to_vec();
    let mut is_all = read < FIRST_READ;
    while !is_all && bytes.len() < max {
        bytes.reserve(bytes.len());
        let (at, room) = (bytes.len(), bytes.capacity() - bytes.len());
        let read = retry_on_intr(|| pread(file, spare_capacity(&mut bytes), at as u64))?;
        is_all = read < room;
    }
    bytes.truncate(max);
    Ok(bytes)
}

/// The arguments in so many of these bytes. They are cut where there are more, and one that has no end there is left
/// out, if it does not take half of them.
fn first_args(mut bytes: Vec<u8>, max: usize) -> Args {
    if bytes.len() <= max {
        return Args::from_bytes(bytes);
    }
    bytes.truncate(max);
    let end = bytes.iter().rposition(|&byte| byte == 0).map_or(0, |end| end + 1);
    if max - end < max / 2 {
        bytes.truncate(end);
    }
    Args::from_bytes(bytes).cut()
}

/// What was read. None where it could not be, and a word where the reason is another than that the process has ended.
fn known<T>(name: &str, read: Result<T, Errno>) -> Option<T> {
    if let Err(error) = &read
        && !matches!(*error, Errno::NOENT | Errno::SRCH)
    {
        tracing::debug!(%error, file = name, "cannot read a file of a process");
    }
    read.ok()
}
