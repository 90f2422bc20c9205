//! Who forked whom, and what each was exec'd as: only what outlives a parent.
//!
//! A process whose parent ends gets another one, init or a subreaper, which says nothing. So the creator of each
//! process is remembered when it forks, by pid and start time, and never by pid alone.

use kubectl_watch_ebpf::{
    FLAG_PARENT_LEFT, FLAG_PARENT_WITHOUT_MEMORY, MAX_FILENAME, MAX_REMEMBERED, Process, Task,
};

use crate::{
    maps::{self, Creator},
    task::{Address, offset},
};

/// Forks without an exec that are followed back; a shell forks its subshells one in another, rarely this deep.
const MAX_FORKS: u32 = 8;

/// Who made a process.
pub(crate) struct Parent {
    /// Which process that is.
    pub(crate) task: Task,
    /// Its executable, or null where it is not known any more.
    pub(crate) exe_file: Address,
    /// `FLAG_PARENT_*`
    pub(crate) flags: u32,
    exec_id: u64,
}

impl Parent {
    /// The creator of a process that has just called exec; or, where it is not known, its parent.
    #[inline(always)]
    pub(crate) fn of(task: Address) -> Self {
        let parent = task
            .follow(offset!(task_struct_real_parent))
            .follow(offset!(task_struct_group_leader));
        let now = identity(parent);
        if let Some(creator) = maps::creator(&process(task))
            && (creator.task.pid, creator.task.start_ns) != (now.pid, now.start_ns)
        {
            // The creator's executable was the child's own until now, and the kernel lets go of it only when this
            // exec returns. After a second exec it may be gone.
            let is_first = task.read::<u64>(offset!(task_struct_self_exec_id)) == creator.exec_id + 1;
            return Self {
                task: creator.task,
                exe_file: if is_first { creator.exe_file } else { Address::NULL },
                flags: FLAG_PARENT_LEFT | if is_first { 0 } else { FLAG_PARENT_WITHOUT_MEMORY },
                exec_id: creator.exec_id,
            };
        }
        let mm = parent.follow(offset!(task_struct_mm));
        Self {
            task: now,
            exe_file: mm.follow(offset!(mm_struct_exe_file)),
            flags: if mm == Address::NULL {
                FLAG_PARENT_WITHOUT_MEMORY
            } else {
                0
            },
            exec_id: parent.read(offset!(task_struct_self_exec_id)),
        }
    }
}

/// Remembers who made a process.
#[inline(always)]
pub(crate) fn forked(parent: Address, child: Address) {
    let creator = Creator {
        task: identity(parent),
        exec_id: parent.read(offset!(task_struct_self_exec_id)),
        exe_file: parent
            .follow(offset!(task_struct_mm))
            .follow(offset!(mm_struct_exe_file)),
    };
    maps::set_creator(&process(child), &creator);
}

/// Keeps the end of the path as exec'd, for the time when this process is a parent. A function of its own: few
/// execs need it.
#[inline(never)]
pub(crate) fn remember(task: Address, filename: Address) {
    let process = process(task);
    let Some(slot) = maps::remembered_slot(&process) else {
        return;
    };
    let kept = MAX_REMEMBERED as u32;
    // SAFETY: the slot is a map's value, and any bytes are one. Who reads it meanwhile sees no process, or a text
    // that ends within the slot.
    unsafe {
        (*slot).process.pid = 0;
        let text = (&raw mut (*slot).filename).cast::<u8>();
        if filename.text(text, kept) == kept {
            // It may go on: its last component is at its end.
            let Some(scratch) = maps::scratch() else { return };
            let len = filename.text(scratch.cast(), MAX_FILENAME as u32);
            filename.at(len.saturating_sub(kept)).text(text, kept);
        }
        (*slot).exec_id = task.read(offset!(task_struct_self_exec_id));
        (*slot).process = process;
    }
}

/// The end of the path that a parent's image was exec'd by, copied with its NUL. Its length, or 0.
///
/// A process that only forked is its creator's image still, so its creators are asked too, as long as none of
/// them has called exec in between.
///
/// # Safety
///
/// [`MAX_REMEMBERED`] bytes at `to` must be writable.
#[inline(always)]
pub(crate) unsafe fn recall(parent: &Parent, to: *mut u8) -> u32 {
    let mut process = key(&parent.task);
    for _ in 0..MAX_FORKS {
        if let Some(image) = maps::remembered(&process, parent.exec_id) {
            let filename = Address((&raw const image.filename) as u64);
            // SAFETY: the caller's promise.
            return unsafe { filename.text(to, MAX_REMEMBERED as u32) };
        }
        match maps::creator(&process) {
            Some(creator) if creator.exec_id == parent.exec_id => process = key(&creator.task),
            _ => break,
        }
    }
    0
}

/// Which process a task is of, and which thread it is.
#[inline(always)]
pub(crate) fn identity(task: Address) -> Task {
    let leader = task.follow(offset!(task_struct_group_leader));
    Task {
        start_ns: leader.read(offset!(task_struct_start_boottime)),
        pid: task.read(offset!(task_struct_tgid)),
        tid: task.read(offset!(task_struct_pid)),
        comm: leader.read(offset!(task_struct_comm)),
    }
}

/// What names the process of a task for ever.
#[inline(always)]
fn process(task: Address) -> Process {
    let leader = task.follow(offset!(task_struct_group_leader));
    Process {
        start_ns: leader.read(offset!(task_struct_start_boottime)),
        pid: task.read(offset!(task_struct_tgid)),
        reserved: 0,
    }
}

#[inline(always)]
const fn key(task: &Task) -> Process {
    Process {
        start_ns: task.start_ns,
        pid: task.pid,
        reserved: 0,
    }
}
