//! Who is above the parent, up to the first process: a record each.
//!
//! Where one has ended, its creator is who is above it, as far as that is remembered; from there on only pids, times
//! and short names are known.

use kubectl_watch_ebpf::{
    Ancestor, Counter, Exec, FLAG_ANCESTORS_CUT, FLAG_PARENT_LEFT, Kind, MAX_ANCESTORS, MAX_PATH,
    MAX_REMEMBERED, Process, SCRATCH_BYTES, SessionPlace, Task, Tty,
};

use crate::{
    kept::Kept,
    lineage::{self, Parent},
    maps, path, place,
    task::{Address, offset},
    work::repeat,
};

const TEXTS: u32 = size_of::<Ancestor>() as u32;
const _: () = assert!(size_of::<Ancestor>() + MAX_PATH + MAX_REMEMBERED <= SCRATCH_BYTES);

/// Where the way up has come to.
#[repr(C)]
pub(crate) struct Ascent {
    /// The last process that was named; null where it is gone.
    task: Address,
    process: Process,
    /// Which of its images made the one before.
    exec_id: u32,
    /// How many records were sent.
    made: u32,
    /// Whether there are more.
    is_cut: bool,
    kept: Kept,
}

impl Ascent {
    /// Begins at the parent.
    #[inline(always)]
    pub(crate) fn begin(&mut self, parent: &Parent) {
        self.task = parent.address;
        self.process = key(&parent.task);
        self.made = 0;
        self.is_cut = false;
    }

    /// Tells the exec how many were sent before it.
    #[inline(always)]
    pub(crate) fn tell(&self, exec: &mut Exec) {
        exec.ancestors = self.made;
        if self.is_cut {
            exec.flags |= FLAG_ANCESTORS_CUT;
        }
    }

    /// Goes to who made the process, and says whether anybody did.
    #[inline(always)]
    fn climb(&mut self, above: &mut Task) -> bool {
        let is_known = maps::recall(&self.process, &mut self.kept) && self.kept.has_creator();
        if self.task != Address::NULL {
            let parent = self
                .task
                .follow(offset!(task_struct_real_parent))
                .follow(offset!(task_struct_group_leader));
            *above = lineage::identity(parent);
            if !is_known || self.kept.is_creator(above) {
                self.task = parent;
                self.process = key(above);
                self.exec_id = lineage::exec_id(parent);
                // The idle task is nobody's parent but the kernel's.
                return above.pid != 0;
            }
        }
        if is_known {
            *above = self.kept.creator();
            self.task = Address::NULL;
            self.process = self.kept.creator_process();
            self.exec_id = self.kept.creator_exec_id;
        }
        is_known
    }
}

/// Sends the processes above the parent. A function that the verifier looks at by itself.
#[inline(never)]
#[unsafe(no_mangle)]
pub(crate) extern "C" fn send_ancestors() -> u32 {
    // One more than are sent tells that there is one.
    repeat(MAX_ANCESTORS + 1, || send_ancestor());
    0
}

/// One process further up. Stops the loop by returning 1.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn send_ancestor() -> u32 {
    let (Some(scratch), Some(work)) = (maps::scratch(), maps::work()) else {
        return 1;
    };
    // SAFETY: the work is this CPU's own, and nothing else looks at these parts until this returns.
    let (sequence, ascent) = unsafe { ((*work).sequence, &mut (*work).ascent) };
    // SAFETY: the scratch begins with room for it, any bytes are one, and nobody else uses it until this ends.
    let ancestor = unsafe { &mut *scratch.cast::<Ancestor>() };
    if !ascent.climb(&mut ancestor.task) {
        return 1;
    }
    if ascent.made == MAX_ANCESTORS {
        maps::count(Counter::CutAncestors);
        ascent.is_cut = true;
        return 1;
    }
    ancestor.header = maps::header(Kind::Ancestor, sequence);
    ancestor.distance = ascent.made + 1;
    ancestor.reserved = 0;
    (ancestor.flags, ancestor.place) = if ascent.task == Address::NULL {
        (FLAG_PARENT_LEFT, NOWHERE)
    } else {
        (0, place::session(ascent.task))
    };
    let file = ascent
        .task
        .follow(offset!(task_struct_mm))
        .follow(offset!(mm_struct_exe_file));
    let (len, flags) = path::append(file, TEXTS);
    ancestor.executable_len = len;
    ancestor.flags |= flags;
    let end = TEXTS + len;
    ancestor.filename_len = lineage::recall(key(&ancestor.task), ascent.exec_id, end);
    let len = end + ancestor.filename_len;
    if !maps::has_room(len) || !maps::send(scratch, len as usize) {
        maps::count(Counter::LostAncestors);
        ascent.is_cut = true;
        return 1;
    }
    ascent.made += 1;
    0
}

const NOWHERE: SessionPlace = SessionPlace {
    session: 0,
    tty: Tty { major: 0, minor: 0 },
};

/// What names a process for ever.
#[inline(always)]
const fn key(task: &Task) -> Process {
    Process {
        start_ns: task.start_ns,
        pid: task.pid,
        reserved: 0,
    }
}
