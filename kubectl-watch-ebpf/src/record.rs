//! What a record looks like: the fixed part of each kind, in the order in which its bytes lie.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::NAME_KEY_LEN;

/// What a record is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An [`Exec`] and its texts.
    Exec = 1,
    /// More bytes of the arguments of an [`Exec`] that was sent before: a [`Chunk`].
    Args = 2,
    /// Bytes of the environment of an [`Exec`] that is sent after it, in the same way: only variables that are of use.
    Env = 3,
    /// An [`Ancestor`] of an [`Exec`] that is sent after it.
    Ancestor = 4,
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
    /// When the first process of its pid namespace was made, in nanoseconds since boot; 0 in the host's own.
    pub container_start_ns: u64,
    /// The process that called exec.
    pub task: Task,
    /// Who forked it; or, where that is not known, who is its parent now.
    pub parent: Task,
    /// The file that it runs.
    pub file: File,
    /// The leader of its session; without a time where that one has ended.
    pub session: Process,
    /// The leader of its process group, in the same way.
    pub group: Process,
    /// Real, effective and saved user, as the host's user namespace counts.
    pub uids: Ids,
    /// Real, effective and saved group, as the host's user namespace counts.
    pub gids: Ids,
    /// Its controlling terminal.
    pub tty: Tty,
    /// The parent's session and terminal; zero where it is gone.
    pub parent_place: SessionPlace,
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
    /// Which exec of the process this is (`self_exec_id`, which a fork hands on).
    pub exec_id: u32,
    /// `argc`: how many arguments there are.
    pub argc: u32,
    /// Bytes of all arguments with their NULs; those beyond this record follow in [`Chunk`] records.
    pub args_total: u32,
    /// Bytes of the environment, with NULs, that were sent before it in [`Chunk`] records.
    pub env_total: u32,
    /// How many [`Ancestor`] records were made before it.
    pub ancestors: u32,
    /// A set of the `FLAG_*` bits.
    pub flags: u32,
    /// Bytes of the path as exec'd, without a NUL.
    pub filename_len: u32,
    /// Bytes of the resolved executable: components from the leaf to the root, each ended by a NUL.
    pub executable_len: u32,
    /// Bytes of the parent's executable, in the same form.
    pub parent_executable_len: u32,
    /// Bytes of the end of the path that the parent was exec'd by, at most
    /// [`MAX_REMEMBERED`](crate::MAX_REMEMBERED), without a NUL; 0 where it is not remembered.
    pub parent_filename_len: u32,
    /// Bytes of the executable that this process ran before, where it replaced itself.
    pub previous_executable_len: u32,
    /// Bytes of the end of the path that it was exec'd by, as for the parent.
    pub previous_filename_len: u32,
    /// Bytes of the arguments in this record, at most [`HEAD_ARGS`](crate::HEAD_ARGS).
    pub args_len: u32,
    /// So that nothing is left to the compiler.
    pub reserved: u32,
}

/// A process above the parent. Its executable and the end of the path that it was exec'd by follow.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Ancestor {
    /// The same `cpu` and `sequence` as in the [`Exec`].
    pub header: Header,
    /// Who it is.
    pub task: Task,
    /// Where it belongs; zero where it is gone.
    pub place: SessionPlace,
    /// How far up: 1 is the parent's parent.
    pub distance: u32,
    /// `FLAG_EXECUTABLE_*`, [`FLAG_PARENT_LEFT`] for one that has ended.
    pub flags: u32,
    /// Bytes of its executable, as in [`Exec`].
    pub executable_len: u32,
    /// Bytes of the end of the path that it was exec'd by, as in [`Exec`].
    pub filename_len: u32,
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
    /// The thread that called exec, as the host counts; 0 where it is not known.
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

/// The file that an image was made from.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct File {
    /// Its number in its file system; of overlayfs, the number in the layer that it really lies in.
    pub inode: u64,
    /// When it last changed (`ctime`), in nanoseconds since 1970.
    pub changed_ns: i64,
    /// Bytes.
    pub size: u64,
    /// The kernel's number of the device (`s_dev`): 12 bits of major number over 20 of minor.
    pub device: u32,
    /// The magic number of the file system that it was found in.
    pub file_system: u32,
    /// File type and permissions.
    pub mode: u32,
    /// Its owner, as the host's user namespace counts.
    pub owner: u32,
    /// Its group, as the host's user namespace counts.
    pub group: u32,
    /// How many names it has.
    pub links: u32,
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

/// A terminal.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Tty {
    /// Major number, 0 where there is none.
    pub major: u32,
    /// Minor number.
    pub minor: u32,
}

/// Where a process belongs.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct SessionPlace {
    /// Its session's number, which is the pid of its leader.
    pub session: u32,
    /// Its controlling terminal.
    pub tty: Tty,
}

/// Bytes that belong to an [`Exec`], which follow.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct Chunk {
    /// What bytes these are, and the same `cpu` and `sequence` as in the [`Exec`].
    pub header: Header,
    /// Where they begin, counted from the first byte of all.
    pub offset: u32,
    /// How many follow, at most [`CHUNK`](crate::CHUNK).
    pub len: u32,
}

/// The last exec of a CPU of which nothing arrived.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, KnownLayout, Immutable)]
pub struct LastLost {
    /// When the losses that it ends began, in nanoseconds since boot: a pause of [`LOSS_PAUSE_NS`] ends them.
    pub first_ns: u64,
    /// When it was lost; 0 where none was yet, or this is being written.
    pub last_ns: u64,
    /// Who called exec.
    pub task: Task,
}

/// After how long without a loss the next one begins anew, in nanoseconds: as often as the daemon looks.
pub const LOSS_PAUSE_NS: u64 = 1_000_000_000;

/// An audit id that was never set.
pub const UNSET_ID: u32 = u32::MAX;
/// A path has more than [`MAX_PATH_STEPS`](crate::MAX_PATH_STEPS) components or
/// [`MAX_PATH`](crate::MAX_PATH) bytes: its beginning is missing.
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
/// Nobody has the file open for writing, and the kernel would notice a change of it.
pub const FLAG_FILE_SETTLED: u32 = 1 << 7;
/// The exec was sent because the file has not been judged, whatever its name.
pub const FLAG_FILE_UNKNOWN: u32 = 1 << 8;
/// The arguments go on beyond what could be sent.
pub const FLAG_ARGS_CUT: u32 = 1 << 9;
/// Not all of the environment could be looked at, or sent.
pub const FLAG_ENV_CUT: u32 = 1 << 10;
/// Not all ancestors could be sent.
pub const FLAG_ANCESTORS_CUT: u32 = 1 << 11;
/// Who forked it is not remembered, so the parent is that of the moment.
pub const FLAG_CREATOR_UNKNOWN: u32 = 1 << 12;
/// Another process traces it, and can change its arguments before it sees them.
pub const FLAG_TRACED: u32 = 1 << 13;

const _: () = assert!(size_of::<Header>() == 16, "the header is 16 bytes on both sides");
const _: () = assert!(size_of::<Task>() == 32, "a task is 32 bytes on both sides");
const _: () = assert!(size_of::<File>() == 48, "a file is 48 bytes on both sides");
const _: () = assert!(size_of::<Exec>() == 320, "an exec is 320 bytes on both sides");
const _: () = assert!(
    size_of::<Ancestor>() == 80,
    "an ancestor is 80 bytes on both sides"
);
const _: () = assert!(
    size_of::<LastLost>() == 48,
    "a lost exec is 48 bytes on both sides"
);
const _: () = assert!(size_of::<Chunk>() == 24, "a chunk is 24 bytes on both sides");
