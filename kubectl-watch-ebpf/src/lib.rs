//! The wire contract: everything that the kernel program and the daemon must agree on.
//!
//! One watched exec becomes one [`Exec`] record, followed by its texts, and, where its arguments do not
//! fit into that record, as many [`Args`] records as they need. Records of one exec carry the same
//! [`Header`], and those of one CPU arrive in the order in which they were sent. Both sides are built
//! from this file and shipped in one binary, so the layout carries no version.
#![no_std]

mod counter;
mod name_key;
mod offsets;
mod sieve;

pub use counter::Counter;
pub use name_key::{NAME_KEY_LEN, NameKey};
pub use offsets::{ABSENT, Offsets};
pub use sieve::Sieve;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Map: the ring buffer with every record. Ring buffers need Linux 5.8.
pub const EVENTS: &str = "EVENTS";
/// Map: the names to watch, each a [`NameKey`] in lower case.
pub const WATCHED_NAMES: &str = "WATCHED_NAMES";
/// Map: one [`Sieve`].
pub const SIEVE: &str = "SIEVE";
/// Map: one `u64` for each [`Counter`] on each CPU.
pub const COUNTERS: &str = "COUNTERS";
/// Read-only global: the [`Offsets`] of the running kernel.
pub const OFFSETS: &str = "OFFSETS";
/// Read-only global of aya-log: the level up to which the program speaks.
pub const AYA_LOG_LEVEL: &str = "AYA_LOG_LEVEL";
/// A program, and the raw tracepoint that it is attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name in the object.
    pub name: &'static str,
    /// Where it is attached.
    pub tracepoint: &'static str,
}
/// Sends execs. The new image is in place and has not run yet, so nothing can change its arguments.
pub const EXEC: Program = Program {
    name: "exec",
    tracepoint: "sched_process_exec",
};
/// Remembers who forked whom. The new process has not run yet.
pub const FORK: Program = Program {
    name: "fork",
    tracepoint: "sched_process_fork",
};

/// How many names can be watched. A rule set that needs more watches every exec.
pub const MAX_WATCHED_NAMES: u32 = 4096;
/// Bytes of the path as exec'd, `PATH_MAX` of Linux, with its NUL.
pub const MAX_FILENAME: usize = 4096;
/// Bytes of a resolved path with one NUL for each of its components.
pub const MAX_PATH: usize = 4096;
/// Components of a resolved path, mount points crossed included.
pub const MAX_PATH_STEPS: u32 = 256;
/// Bytes of the end of a path as exec'd that are remembered, with its NUL: `NAME_MAX` of Linux is 255, so the
/// last component is always whole.
pub const MAX_REMEMBERED: usize = 256;
/// How many processes can be remembered by the path they exec'd. A power of two.
pub const REMEMBERED_SLOTS: u32 = 8 * 1024;
/// How many processes can be remembered by who forked them: a process is forgotten when this many pids came after
/// it, which is as many as Linux has by default on a small machine. A power of two.
pub const CREATOR_SLOTS: u32 = 32 * 1024;
/// Bytes of arguments in one record.
pub const ARGS_CHUNK: usize = 16 * 1024;
/// Bytes of all arguments. Linux stops at 6 MiB (three quarters of `_STK_LIM`) however large the stack may
/// be; with the usual stack of 8 MiB at 2 MiB. See `bprm_stack_limits` in `fs/exec.c`.
pub const MAX_ARGS: usize = 6 * 1024 * 1024;
/// Bytes of the ring buffer: the longest arguments of a usual stack (2 MiB) fit twice, so that one such exec
/// never finds it full. The daemon maps it twice over, and every page of that counts as its memory.
pub const RING_BYTES: u32 = 4 * 1024 * 1024;
/// Bytes of the longest record.
pub const SCRATCH_BYTES: usize = size_of::<Exec>() + MAX_TAIL;

/// What a record is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An [`Exec`] and its texts.
    Exec = 1,
    /// More bytes of the arguments of an [`Exec`] that was sent before.
    Args = 2,
}

/// The beginning of every record. `cpu` and `sequence` together name one exec.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Header {
    /// A [`Kind`].
    pub kind: u32,
    /// The CPU on which the exec happened.
    pub cpu: u32,
    /// Counts the watched execs of that CPU from 1, without a gap: a gap is a loss.
    pub sequence: u64,
}

/// One exec. Its texts follow in the order of the `*_len` fields, without anything between them.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Exec {
    /// Which record this is.
    pub header: Header,
    /// When it happened, in nanoseconds since boot, time asleep included (`CLOCK_BOOTTIME`).
    pub boot_ns: u64,
    /// The cgroup's id: the inode number of its folder in the cgroup2 hierarchy.
    pub cgroup_id: u64,
    /// Effective capabilities, one bit each.
    pub cap_effective: u64,
    /// Permitted capabilities, one bit each.
    pub cap_permitted: u64,
    /// The process that called exec.
    pub task: Task,
    /// Who forked it; or, where that is not known, who is its parent now.
    pub parent: Task,
    /// Real, effective and saved user, as the host's user namespace counts.
    pub uids: Ids,
    /// Real, effective and saved group, as the host's user namespace counts.
    pub gids: Ids,
    /// Who logged in (`loginuid`); [`UNSET_ID`] where nobody did or the kernel keeps no audit ids.
    pub login_uid: u32,
    /// The audit session; [`UNSET_ID`] where there is none.
    pub audit_session: u32,
    /// The process id as its own, innermost pid namespace counts.
    pub ns_pid: u32,
    /// Inode number of the pid namespace.
    pub pid_ns: u32,
    /// Inode number of the mount namespace.
    pub mnt_ns: u32,
    /// Major number of the controlling terminal, 0 where there is none.
    pub tty_major: u32,
    /// Minor number of the controlling terminal.
    pub tty_minor: u32,
    /// `argc`: how many arguments there are.
    pub argc: u32,
    /// Bytes of all arguments with their NULs; those beyond this record follow in [`Args`] records.
    pub args_total: u32,
    /// A set of the `FLAG_*` bits.
    pub flags: u32,
    /// Bytes of the path as exec'd, without a NUL.
    pub filename_len: u32,
    /// Bytes of the resolved executable: components from the leaf to the root, each ended by a NUL.
    pub executable_len: u32,
    /// Bytes of the parent's executable, in the same form.
    pub parent_executable_len: u32,
    /// Bytes of the end of the path that the parent was exec'd by, at most [`MAX_REMEMBERED`], without a NUL; 0
    /// where it is not remembered.
    pub parent_filename_len: u32,
    /// Bytes of the arguments in this record, at most [`ARGS_CHUNK`].
    pub args_len: u32,
    /// So that nothing is left to the compiler.
    pub reserved: u32,
}

/// A process, named so that a pid used again is never taken for it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Task {
    /// When the process was made, in nanoseconds since boot (`start_boottime`, Linux 5.5).
    pub start_ns: u64,
    /// The process id (`tgid`) as the host counts.
    pub pid: u32,
    /// The thread that called exec or fork, as the host counts.
    pub tid: u32,
    /// `comm`, cut to 15 bytes by the kernel, NUL-padded.
    pub comm: [u8; NAME_KEY_LEN],
}

/// What names a process for ever.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Process {
    /// When it was made, in nanoseconds since boot.
    pub start_ns: u64,
    /// The process id (`tgid`) as the host counts.
    pub pid: u32,
    /// So that nothing is left to the compiler.
    pub reserved: u32,
}

/// Three ids of one kind.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Ids {
    /// Who started it.
    pub real: u32,
    /// Whose rights it has.
    pub effective: u32,
    /// Whose rights it can take back.
    pub saved: u32,
}

/// More arguments of an [`Exec`]; the bytes follow.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Args {
    /// The same `cpu` and `sequence` as in the [`Exec`].
    pub header: Header,
    /// Where these bytes begin, counted from the first byte of the first argument.
    pub offset: u32,
    /// How many bytes follow, at most [`ARGS_CHUNK`].
    pub len: u32,
}

/// An audit id that was never set.
pub const UNSET_ID: u32 = u32::MAX;
/// A path has more than [`MAX_PATH_STEPS`] components or [`MAX_PATH`] bytes: its beginning is missing.
pub const FLAG_EXECUTABLE_CUT: u32 = 1 << 0;
/// The same for the parent's executable.
pub const FLAG_PARENT_EXECUTABLE_CUT: u32 = 1 << 1;
/// The executable hangs in no folder: a memfd or another file without a name.
pub const FLAG_EXECUTABLE_NAMELESS: u32 = 1 << 2;
/// The same for the parent's executable.
pub const FLAG_PARENT_EXECUTABLE_NAMELESS: u32 = 1 << 3;
/// Some of the arguments could not be read; zero bytes stand in their place.
pub const FLAG_ARGS_UNREADABLE: u32 = 1 << 4;
/// The parent has no memory any more: it is a kernel thread or is ending, so only its `comm` is known.
pub const FLAG_PARENT_WITHOUT_MEMORY: u32 = 1 << 5;
/// Who forked it is not its parent any more, most often because that one has ended.
pub const FLAG_PARENT_LEFT: u32 = 1 << 6;

/// The longest text part of an [`Exec`] record.
pub const MAX_TAIL: usize = MAX_FILENAME + 2 * MAX_PATH + MAX_REMEMBERED + ARGS_CHUNK;

// The kernel limits a per-CPU value to 32 KiB (PCPU_MIN_UNIT_SIZE), and an `Exec` is built in one.
const _: () = assert!(
    size_of::<Exec>() + MAX_TAIL <= 32 * 1024,
    "an exec record must fit a per-CPU value"
);
const _: () = assert!(size_of::<Header>() == 16, "the header is 16 bytes on both sides");
const _: () = assert!(size_of::<Task>() == 32, "a task is 32 bytes on both sides");
const _: () = assert!(size_of::<Exec>() == 200, "an exec is 200 bytes on both sides");
const _: () = assert!(
    size_of::<Args>() == 24,
    "an args record is 24 bytes on both sides"
);
