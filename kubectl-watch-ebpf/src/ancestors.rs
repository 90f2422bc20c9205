//! Who is above the parent, up to the first process: a record each.
//!
//! Where one has ended, its creator is who is above it, as far as that is remembered; from there on only pids, times
//! and short names are known.

use core::ffi::c_void;

use aya_ebpf::helpers::generated::bpf_loop;
use kubectl_watch_ebpf::{
    Ancestor, Counter, FLAG_PARENT_LEFT, Kind, MAX_ANCESTORS, MAX_PATH, MAX_REMEMBERED, Process,
    SCRATCH_BYTES, Task,
};

use crate::{
    lineage::{self, Parent},
    maps, path, place,
    task::{Address, offset},
};

const TEXTS: u32 = size_of::<Ancestor>() as u32;
const _: () = assert!(size_of::<Ancestor>() + MAX_PATH + MAX_REMEMBERED <= SCRATCH_BYTES);

/// Where the way up has come to.
struct Ascent {
    sequence: u64,
    /// The last process that was named; null where it is gone.
    task: Address,
    process: Process,
    /// How many records were made.
    made: u32,
}

/// Sends the processes above the parent, and says how many that were.
#[inline(always)]
pub(crate) fn send(sequence: u64, parent: &Parent) -> u32 {
    let mut ascent = Ascent {
        sequence,
        task: parent.address,
        process: Process {
            start_ns: parent.task.start_ns,
            pid: parent.task.pid,
            reserved: 0,
        },
        made: 0,
    };
    // SAFETY: the callback gets the ascent, which outlives the loop.
    unsafe { bpf_loop(MAX_ANCESTORS, step as *mut c_void, (&raw mut ascent).cast(), 0) };
    ascent.made
}

/// One process further up. Stops the loop by returning 1.
extern "C" fn step(_: u64, ascent: *mut Ascent) -> i64 {
    // SAFETY: `send` gave it, and nothing else has it.
    let ascent = unsafe { &mut *ascent };
    let Some((task, address, exec_id)) = above(ascent) else {
        return 1;
    };
    ascent.task = address;
    ascent.process = Process {
        start_ns: task.start_ns,
        pid: task.pid,
        reserved: 0,
    };
    let Some(scratch) = maps::scratch() else { return 1 };
    let mut ancestor = Ancestor {
        header: maps::header(Kind::Ancestor, ascent.sequence),
        task,
        distance: ascent.made + 1,
        ..Ancestor::default()
    };
    if address == Address::NULL {
        ancestor.flags = FLAG_PARENT_LEFT;
    } else {
        ancestor.place = place::session(address);
    }
    let file = address
        .follow(offset!(task_struct_mm))
        .follow(offset!(mm_struct_exe_file));
    let (len, flags) = path::append(file, TEXTS);
    ancestor.executable_len = len;
    ancestor.flags |= flags;
    let end = TEXTS + len;
    ancestor.filename_len = lineage::recall(ascent.process, exec_id, end);
    // SAFETY: the scratch begins with room for it.
    unsafe { scratch.cast::<Ancestor>().write(ancestor) };
    ascent.made += 1;
    if !maps::send(scratch, (end + ancestor.filename_len) as usize) {
        maps::count(Counter::LostAncestors);
    }
    0
}

/// Who made the process: who that is, where the kernel has it, and which of its images made it.
#[inline(always)]
fn above(ascent: &Ascent) -> Option<(Task, Address, u32)> {
    let creator = maps::kept(&ascent.process).and_then(|kept| Some((kept.creator()?, kept.creator_exec_id)));
    if ascent.task == Address::NULL {
        let (task, exec_id) = creator?;
        return Some((task, Address::NULL, exec_id));
    }
    let parent = ascent
        .task
        .follow(offset!(task_struct_real_parent))
        .follow(offset!(task_struct_group_leader));
    let now = lineage::identity(parent);
    match creator {
        Some((task, exec_id)) if (task.pid, task.start_ns) != (now.pid, now.start_ns) => {
            Some((task, Address::NULL, exec_id))
        }
        // The idle task is nobody's parent but the kernel's.
        _ if now.pid == 0 => None,
        _ => Some((now, parent, lineage::exec_id(parent))),
    }
}
