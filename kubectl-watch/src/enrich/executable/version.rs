//! Whether a file is the very version that the kernel ran, and whether that version can ever be another content.
//!
//! As git does with its index: a file that is changed twice within one tick of the kernel's clock has the same
//! `ctime` after both. So a version is only believed to be one when its last change is some ticks older than the
//! moment before reading began. Nobody can have it open for writing meanwhile, or the kernel calls it unsettled,
//! and a `ctime` cannot be set by any program where the file system is the kernel's own.

use std::os::fd::AsFd;

use rustix::fs::{AtFlags, Statx, StatxFlags, fstatfs, statx};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};

use crate::enrich::process::ProcessFolder;
use crate::event::file_system::{self, Reach};
use crate::event::{File, FileVersion, ProcessEvent};

/// How old the last change must be: ten ticks of the slowest clock that Linux is built with (100 Hz).
const LEAST_AGE_NS: i64 = 100_000_000;
/// Device numbers up to this have the major number 0: they belong to no device, and to file systems that may be
/// anything. See `MINORBITS` in `include/linux/kdev_t.h`.
const NO_DEVICE: u32 = (1 << 20) - 1;

/// How a file compares to what the kernel ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It is that version.
    Same,
    /// All of it is the same but for the inode, of which overlayfs may show another than the one that runs.
    Alike,
    /// It is another version, or another file.
    Other,
}

/// The facts of an open file, without asking anybody but the kernel for them.
pub(in crate::enrich) fn facts(file: impl AsFd) -> Result<Statx, Errno> {
    // A file system whose server does not answer would otherwise be waited for.
    let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
    statx(file, "", flags, StatxFlags::BASIC_STATS)
}

/// The file that a process runs, as it is now. The kernel does not know it as one that it ran, so it is never settled.
pub(crate) fn of_running(process: &ProcessFolder) -> Option<File> {
    let executable = process.place("exe").ok()?;
    let facts = facts(&executable).ok()?;
    Some(File {
        version: FileVersion {
            device: (facts.stx_dev_major << 20) | facts.stx_dev_minor,
            inode: facts.stx_ino,
            size: facts.stx_size,
            changed_ns: changed_ns(&facts),
        },
        file_system: magic(fstatfs(&executable).ok()?.f_type),
        mode: facts.stx_mode.into(),
        owner: facts.stx_uid,
        group: facts.stx_gid,
        links: facts.stx_nlink,
        // A memfd's folder is one that nobody can name.
        is_nameless: process
            .link("exe")
            .is_some_and(|path| path.starts_with(b"/memfd:")),
        is_settled: false,
    })
}

/// Whether these are the facts of the version that the kernel ran.
pub(super) fn compare(file: &File, facts: &Statx) -> Match {
    let version = &file.version;
    let device = (facts.stx_dev_major << 20) | facts.stx_dev_minor;
    let invents_devices = file_system::invents_devices(file.file_system);
    let is_alike = facts.stx_size == version.size
        && changed_ns(facts) == version.changed_ns
        && u32::from(facts.stx_mode) == file.mode
        && (invents_devices || device == version.device);
    match (is_alike, facts.stx_ino == version.inode) {
        (true, true) => Match::Same,
        (true, false) if file_system::reach(file.file_system) == Reach::Layered => Match::Alike,
        _ => Match::Other,
    }
}

/// Whether this can be the file that the kernel ran, in whatever version. A device number can be invented.
pub(super) fn could_be(file: &File, facts: &Statx) -> bool {
    let is_layered = file_system::reach(file.file_system) == Reach::Layered;
    facts.stx_size == file.version.size && (is_layered || facts.stx_ino == file.version.inode)
}

/// Whether two looks saw the same file.
pub(super) fn is_file(before: &Statx, after: &Statx) -> bool {
    let numbers = |facts: &Statx| (facts.stx_dev_major, facts.stx_dev_minor, facts.stx_ino);
    numbers(before) == numbers(after)
}

/// Whether two looks at a file saw what is in it unchanged. That can be faked, but not while it runs.
pub(super) fn is_unwritten(before: &Statx, after: &Statx) -> bool {
    let written = |facts: &Statx| (facts.stx_mtime.tv_sec, facts.stx_mtime.tv_nsec);
    before.stx_size == after.stx_size && written(before) == written(after)
}

/// Whether two looks at a file saw it unchanged.
pub(in crate::enrich) fn is_unchanged(before: &Statx, after: &Statx) -> bool {
    before.stx_size == after.stx_size && changed_ns(before) == changed_ns(after)
}

/// Whether it ran in the mount namespace of the node's first process, or, where nobody may look at that one, in ours.
pub(super) fn is_on_node(event: &ProcessEvent) -> bool {
    let namespace = |pid| ProcessFolder::of_pid(pid).and_then(|process| process.inode("ns/mnt"));
    namespace(1).or_else(|| namespace(std::process::id())) == Some(event.place.mnt_ns)
}

/// Whether somebody can give this version another content: its file system has a call for that, and it is not a file
/// that nobody but the node's root could open for writing. In a container root is somebody, too, on a volume.
pub(super) fn is_exchangeable(event: &ProcessEvent, file: &File) -> bool {
    let is_roots = file.owner == 0 && file.mode & 0o022 == 0;
    file_system::exchanges_contents(file.file_system) && !(is_roots && is_on_node(event))
}

/// Whether what was read of a version holds for every file that will ever have its numbers. The moment is the one
/// before reading began; see [`now_ns`].
pub(super) fn is_repeatable(file: &File, matched: Match, opened: impl AsFd, began_ns: i64) -> bool {
    let is_own = match file_system::reach(file.file_system) {
        Reach::Local => file_system::tells_versions_apart(file.file_system),
        // What it shows may lie in a file system that lies, unless that is on a device.
        Reach::Layered => file.version.device > NO_DEVICE,
        Reach::Foreign => false,
    };
    let is_old = began_ns
        .checked_sub(file.version.changed_ns)
        .is_some_and(|age| age >= LEAST_AGE_NS);
    file.is_settled
        && is_own
        && is_old
        && matched == Match::Same
        && fstatfs(opened).is_ok_and(|stat| magic(stat.f_type) == file.file_system)
}

/// The wall clock, which `ctime` is of, in nanoseconds since 1970.
pub(super) fn now_ns() -> i64 {
    let now = clock_gettime(ClockId::Realtime);
    now.tv_sec.wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec)
}

pub(in crate::enrich) fn changed_ns(facts: &Statx) -> i64 {
    let changed = &facts.stx_ctime;
    changed
        .tv_sec
        .wrapping_mul(1_000_000_000)
        .wrapping_add(i64::from(changed.tv_nsec))
}

/// The type of a file system is a number of 32 bits in a wider or signed one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the upper half says nothing"
)]
pub(super) fn magic(kind: impl Into<i64>) -> u32 {
    kind.into() as u32
}
