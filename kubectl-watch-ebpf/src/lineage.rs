//! Who forked whom, and what each was exec'd as: only what outlives a parent or an image.
//!
//! A process whose parent ends gets another one, init or a subreaper, which says nothing. So the creator of each
//! process is remembered when it forks, by pid and start time, and never by pid alone; and each exec leaves behind
//! which file it was, for the one that replaces it.

use kubectl_watch_ebpf::{
    FLAG_CREATOR_UNKNOWN, FLAG_PARENT_LEFT, FLAG_PARENT_WITHOUT_MEMORY, MAX_REMEMBERED, Process,
    SCRATCH_BYTES, Task,
};

use crate::{
    kept::Kept,
    maps, path,
    task::{Address, offset},
    typed::Typed,
};

/// Forks without an exec that are followed back; a shell forks its subshells one in another, rarely this deep.
const MAX_FORKS: u32 = 8;

/// What is known of a process that has just called exec, from before.
#[repr(C)]
pub(crate) struct Past {
    /// Its `pid` is 0 where nothing is known.
    kept: Kept,
    /// Which exec of the process this is.
    pub(crate) exec_id: u32,
}

/// Who made a process.
#[repr(C)]
pub(crate) struct Parent {
    /// Which process that is.
    pub(crate) task: Task,
    /// The same as the kernel has it, or null where it is gone.
    pub(crate) address: Address,
    /// Its executable, or null where it is not known any more.
    pub(crate) exe_file: Address,
    /// `FLAG_PARENT_*`, [`FLAG_CREATOR_UNKNOWN`]
    pub(crate) flags: u32,
    /// Which of its images that was.
    pub(crate) exec_id: u32,
}

impl Past {
    /// Looks up the process of a task.
    #[inline(always)]
    pub(crate) fn read(&mut self, task: Address) {
        maps::recall(&process(task), &mut self.kept);
        self.exec_id = exec_id(task);
    }

    /// The file that the process itself ran until now, or null where it is not known, or was its creator's.
    #[inline(always)]
    pub(crate) fn previous_file(&self) -> Address {
        let is_last = self.kept.pid != 0 && self.kept.exec_id.wrapping_add(1) == self.exec_id;
        if is_last && !self.is_first() {
            self.kept.file()
        } else {
            Address::NULL
        }
    }

    /// Whether the process was its creator's image until now.
    #[inline(always)]
    fn is_first(&self) -> bool {
        self.kept.has_creator() && self.kept.creator_exec_id.wrapping_add(1) == self.exec_id
    }
}

impl Parent {
    /// Looks up the creator of a process; or, where it is not known, its parent.
    #[inline(always)]
    pub(crate) fn read(&mut self, past: &Past, task: Address) {
        let parent = leader(task.follow(offset!(task_struct_real_parent)));
        self.task = identity(parent);
        let kept = &past.kept;
        if kept.has_creator() && !kept.is_creator(&self.task) {
            // The creator's executable was the child's own until now, and the kernel lets go of it only when this
            // exec returns. After a second exec it may be gone.
            self.exe_file = if past.is_first() {
                kept.file()
            } else {
                Address::NULL
            };
            self.task = kept.creator();
            self.address = Address::NULL;
            self.flags = FLAG_PARENT_LEFT | without_memory(self.exe_file);
            self.exec_id = kept.creator_exec_id;
            return;
        }
        let mm = parent.follow(offset!(task_struct_mm));
        self.address = parent;
        self.exe_file = mm.follow(offset!(mm_struct_exe_file));
        self.flags = without_memory(mm);
        if !kept.has_creator() {
            self.flags |= FLAG_CREATOR_UNKNOWN;
        }
        self.exec_id = exec_id(parent);
    }
}

/// [`FLAG_PARENT_WITHOUT_MEMORY`] where there is none.
#[inline(always)]
fn without_memory(memory: Address) -> u32 {
    if memory == Address::NULL {
        FLAG_PARENT_WITHOUT_MEMORY
    } else {
        0
    }
}

/// Remembers who made a process.
#[inline(always)]
pub(crate) fn forked(parent: Typed, child: Typed) -> Option<()> {
    let leader = parent.follow(offset!(task_struct_group_leader))?;
    let exec_id = parent.load::<u64>(offset!(task_struct_self_exec_id)) as u32;
    let file = parent
        .follow(offset!(task_struct_mm))
        .and_then(|mm| mm.follow(offset!(mm_struct_exe_file)));
    let comm = offset!(task_struct_comm);
    maps::keep(&Kept {
        start_ns: child.load(offset!(task_struct_start_boottime)),
        pid: child.load(offset!(task_struct_tgid)),
        exec_id,
        creator_start_ns: leader.load(offset!(task_struct_start_boottime)),
        creator_pid: parent.load(offset!(task_struct_tgid)),
        creator_exec_id: exec_id,
        creator_comm: [leader.load(comm), leader.load(comm + 8)],
        file: file.map_or(0, |file| file.address().0),
        dentry: file.map_or(0, |file| file.load(offset!(file_path_dentry))),
    });
    Some(())
}

/// Remembers what a process has become.
#[inline(always)]
pub(crate) fn replaced(task: Typed, file: Typed, dentry: Typed) -> Option<()> {
    let leader = task.follow(offset!(task_struct_group_leader))?;
    maps::keep_image(
        leader.load(offset!(task_struct_start_boottime)),
        task.load(offset!(task_struct_tgid)),
        task.load::<u64>(offset!(task_struct_self_exec_id)) as u32,
        (file.address().0, dentry.address().0),
    );
    Some(())
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
        (&raw mut (*slot).process.pid).write_volatile(0);
        let text = (&raw mut (*slot).filename).cast::<u8>();
        if filename.text(text, kept) == kept {
            // It may go on: its last component is at its end.
            let len = path::filename(filename, 0);
            filename.at(len.saturating_sub(kept)).text(text, kept);
        }
        (*slot).exec_id = exec_id(task);
        (*slot).process.start_ns = process.start_ns;
        (&raw mut (*slot).process.pid).write_volatile(process.pid);
    }
}

/// Writes the end of the path that an image of a process was exec'd by at `position` of the scratch. Its length
/// without a NUL, or 0 where it is not remembered.
#[inline(always)]
pub(crate) fn recall(process: Process, exec_id: u32, position: u32) -> u32 {
    recall_path(process.start_ns, process.pid, exec_id, position)
}

/// The same for the verifier's sake, as for paths: a function that it looks at once.
///
/// A process that only forked is its creator's image still, so its creators are asked too, as long as none of
/// them has called exec in between.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn recall_path(start_ns: u64, pid: u32, exec_id: u32, position: u32) -> u32 {
    let (Some(scratch), Some(work)) = (maps::scratch(), maps::work()) else {
        return 0;
    };
    // SAFETY: the work is this CPU's own, and this part of it is nobody's for longer than a look-up.
    let kept = unsafe { &mut (*work).kept };
    // SAFETY: a reference is readable. It is volatile so that the value that is checked is the one that is used.
    let position = unsafe { (&raw const position).read_volatile() };
    if position > (SCRATCH_BYTES - MAX_REMEMBERED) as u32 {
        return 0;
    }
    // SAFETY: `position` and a remembered path are within the scratch.
    let to = unsafe { scratch.cast::<u8>().add(position as usize) };
    let mut process = Process {
        start_ns,
        pid,
        reserved: 0,
    };
    for _ in 0..MAX_FORKS {
        if let Some(image) = maps::remembered(&process, exec_id) {
            let filename = Address((&raw const image.filename) as u64);
            // SAFETY: as above.
            return unsafe { filename.text(to, MAX_REMEMBERED as u32) }.saturating_sub(1);
        }
        if !maps::recall(&process, kept) || !kept.has_creator() || kept.creator_exec_id != exec_id {
            break;
        }
        process = kept.creator_process();
    }
    0
}

/// Which process a task is of, and which thread it is.
#[inline(always)]
pub(crate) fn identity(task: Address) -> Task {
    let leader = leader(task);
    Task {
        start_ns: leader.read(offset!(task_struct_start_boottime)),
        pid: task.read(offset!(task_struct_tgid)),
        tid: task.read(offset!(task_struct_pid)),
        comm: leader.read(offset!(task_struct_comm)),
    }
}

/// What names the process of a task for ever.
#[inline(always)]
pub(crate) fn process(task: Address) -> Process {
    Process {
        start_ns: leader(task).read(offset!(task_struct_start_boottime)),
        pid: task.read(offset!(task_struct_tgid)),
        reserved: 0,
    }
}

/// How often a process and those it was forked from have called exec; as much of it as tells two images apart.
#[inline(always)]
pub(crate) fn exec_id(task: Address) -> u32 {
    task.read::<u64>(offset!(task_struct_self_exec_id)) as u32
}

#[inline(always)]
fn leader(task: Address) -> Address {
    task.follow(offset!(task_struct_group_leader))
}
