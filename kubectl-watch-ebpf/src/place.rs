//! Where a process belongs: its session and group, its terminal, its pid namespace.

use kubectl_watch_ebpf::{Process, SessionPlace, Tty};

use crate::task::{Address, offset};

/// Indexes of `enum pid_type` in `include/linux/pid_types.h`; of this order since Linux 4.19.
const PIDTYPE_TGID: u32 = 1;
/// A process group.
pub(crate) const PIDTYPE_PGID: u32 = 2;
/// A session.
pub(crate) const PIDTYPE_SID: u32 = 3;

/// Bytes of a pointer, and of a `struct hlist_head`.
const POINTER: u32 = 8;
/// Bytes of a `struct hlist_node`.
const NODE: u32 = 16;

/// The pid of a task in its own, innermost namespace.
pub(crate) struct Innermost {
    /// The number there.
    pub(crate) pid: u32,
    /// The namespace's inode number.
    pub(crate) namespace: u32,
    /// When its first process was made; 0 in the host's own namespace.
    pub(crate) start_ns: u64,
}

impl Innermost {
    /// Of a task.
    #[inline(always)]
    pub(crate) fn of(task: Address) -> Self {
        let pid = task.follow(offset!(task_struct_thread_pid));
        let level = pid.read::<u32>(offset!(pid_level));
        let upid = pid.at(offset!(pid_numbers)).at(level * offset!(upid_size));
        let namespace = upid.follow(offset!(upid_ns));
        let first = namespace.follow(offset!(pid_namespace_child_reaper));
        Self {
            pid: upid.read(offset!(upid_nr)),
            namespace: namespace.read(offset!(pid_namespace_inum)),
            start_ns: if level == 0 {
                0
            } else {
                first.read(offset!(task_struct_start_boottime))
            },
        }
    }
}

/// The leader of a task's session or group. Without a time where that one has ended.
#[inline(always)]
pub(crate) fn leader(task: Address, kind: u32) -> Process {
    let pid = pid(task, kind);
    let first = pid.at(offset!(pid_tasks)).at(PIDTYPE_TGID * POINTER).follow(0);
    let start_ns = if first == Address::NULL {
        0
    } else {
        first
            .before(offset!(task_struct_pid_links))
            .before(PIDTYPE_TGID * NODE)
            .read(offset!(task_struct_start_boottime))
    };
    Process {
        start_ns,
        pid: number(pid),
        reserved: 0,
    }
}

/// The controlling terminal of a task.
#[inline(always)]
pub(crate) fn tty(task: Address) -> Tty {
    let tty = task
        .follow(offset!(task_struct_signal))
        .follow(offset!(signal_struct_tty));
    let driver = tty.follow(offset!(tty_struct_driver));
    Tty {
        major: driver.read(offset!(tty_driver_major)),
        minor: driver.read::<u32>(offset!(tty_driver_minor_start))
            + tty.read::<u32>(offset!(tty_struct_index)),
    }
}

/// The session and the terminal of a task.
#[inline(always)]
pub(crate) fn session(task: Address) -> SessionPlace {
    SessionPlace {
        session: number(pid(task, PIDTYPE_SID)),
        tty: tty(task),
    }
}

/// The `struct pid` of a task's session or group.
#[inline(always)]
fn pid(task: Address, kind: u32) -> Address {
    task.follow(offset!(task_struct_signal))
        .at(offset!(signal_struct_pids))
        .at(kind * POINTER)
        .follow(0)
}

/// A pid as the host counts.
#[inline(always)]
fn number(pid: Address) -> u32 {
    pid.at(offset!(pid_numbers)).read(offset!(upid_nr))
}
