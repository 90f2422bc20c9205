//! The wire contract: everything that the kernel program and the daemon must agree on.
//!
//! One watched exec becomes an [`Ancestor`] record for each process above its parent, a [`Chunk`] record for each
//! variable of its environment that is of use, one [`Exec`] record with its texts, and as many [`Chunk`] records as the
//! rest of its arguments needs. Records of one exec carry the same [`Header`], and those of one CPU arrive in the order
//! in which they were sent. Both sides are built
//! from this file and shipped in one binary, so the layout carries no version.
#![no_std]

#[cfg(test)]
extern crate std;

mod counter;
mod follow;
mod judged;
mod name_key;
mod offsets;
mod record;
mod sieve;
mod variable;

pub use counter::Counter;
pub use follow::*;
pub use judged::{JUDGED_LINES, JUDGED_WAYS, Judged, JudgedLine, Verdict};
pub use name_key::{NAME_KEY_LEN, NameKey};
pub use offsets::{ABSENT, Offsets};
pub use record::*;
pub use sieve::Sieve;
pub use variable::{MAX_VARIABLES, Variable};

/// Map: the ring buffer with every record. Ring buffers need Linux 5.8.
pub const EVENTS: &str = "EVENTS";
/// Map: the names to watch, each a [`NameKey`] in lower case.
pub const WATCHED_NAMES: &str = "WATCHED_NAMES";
/// Map: one [`Sieve`].
pub const SIEVE: &str = "SIEVE";
/// Map: [`JUDGED_LINES`] of [`JudgedLine`], which the daemon fills.
pub const JUDGED: &str = "JUDGED";
/// Map: one `u64` for each [`Counter`] on each CPU.
pub const COUNTERS: &str = "COUNTERS";
/// Map: one [`LastLost`] on each CPU.
pub const LAST_LOST: &str = "LAST_LOST";
/// Read-only global: the [`Offsets`] of the running kernel.
pub const OFFSETS: &str = "OFFSETS";
/// Read-only global: the BTF id of a structure of two 64-bit numbers, for `bpf_rdonly_cast` (Linux 6.2). Zero where
/// the program is to read memory by calls.
pub const CAST_TYPE: &str = "CAST_TYPE";
/// The number of no helper: the daemon makes each call of it one of `bpf_rdonly_cast`, which the linker does not know.
pub const CAST_CALL: u32 = 0x6b77_6361;
/// Read-only global: not zero where the program is to read a process's memory text by text.
pub const USER_TEXTS: &str = "USER_TEXTS";
/// Read-only global: the [`Variable`]s that are of use, [`MAX_VARIABLES`] at most.
pub const VARIABLES: &str = "VARIABLES";
/// Read-only global of aya-log: the level up to which the program speaks.
pub const AYA_LOG_LEVEL: &str = "AYA_LOG_LEVEL";
/// A program, and the BTF tracepoint that it is attached to (Linux 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name in the object.
    pub name: &'static str,
    /// Where it is attached.
    pub tracepoint: &'static str,
}
/// Sends execs. The new image is in place and has not run yet, so no thread of it can change its arguments; a tracer can
/// ([`FLAG_TRACED`]).
pub const EXEC: Program = Program {
    name: "exec",
    tracepoint: "sched_process_exec",
};
/// What [`EXEC`] is called in the object in the form for kernels that have their mappings in a list, which they do until
/// Linux 6.1. The other form uses what Linux 5.17 brought.
pub const EXEC_BY_LIST: &str = "exec_by_list";
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
/// How many processes can be remembered by who forked them and what they run: a process is forgotten when this
/// many pids came after it, which is as many as Linux has by default on a small machine. 64 bytes each, so 2 MiB. A
/// power of two.
pub const PROCESS_SLOTS: u32 = 32 * 1024;
/// How many processes above the parent are sent.
pub const MAX_ANCESTORS: u32 = 32;
/// Bytes of arguments in an [`Exec`] record: more than nearly all have.
pub const HEAD_ARGS: usize = 4 * 1024;
/// Bytes of arguments, or of one variable, in a [`Chunk`] record.
pub const CHUNK: usize = 16 * 1024;
/// Bytes of all arguments, and of the whole environment. Linux stops both together at 6 MiB (three quarters of
/// `_STK_LIM`) however large the stack may be; with the usual stack of 8 MiB at 2 MiB. See `bprm_stack_limits` in `fs/exec.c`.
pub const MAX_ARGS: usize = 6 * 1024 * 1024;
/// Bytes of the ring buffer: the longest arguments of a usual stack (2 MiB) fit twice, so that one such exec
/// never finds it full. The daemon maps it twice over, and every page of that counts as its memory.
pub const RING_BYTES: u32 = 4 * 1024 * 1024;
/// Bytes of it that are kept for [`Exec`] records: where less is free, an exec is sent without ancestors, environment and
/// further arguments, and says so. No single exec takes what a thousand others need.
pub const RESERVED_BYTES: u32 = RING_BYTES / 4;
/// Bytes of the longest record.
pub const SCRATCH_BYTES: usize = size_of::<Exec>() + MAX_TAIL;

/// The longest text part of an [`Exec`] record.
pub const MAX_TAIL: usize = MAX_FILENAME + 3 * MAX_PATH + 2 * MAX_REMEMBERED + HEAD_ARGS;

// The kernel limits a per-CPU value to 32 KiB (PCPU_MIN_UNIT_SIZE), and records are built in one.
const _: () = assert!(
    SCRATCH_BYTES <= 32 * 1024,
    "an exec record must fit a per-CPU value"
);
const _: () = assert!(size_of::<Chunk>() + CHUNK <= SCRATCH_BYTES, "so must a chunk");
