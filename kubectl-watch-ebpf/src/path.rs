//! The path of an open file, as its mount namespace shows it, from the leaf to the root.
//!
//! `bpf_d_path` is not allowed in a raw tracepoint, so the walk is our own: along `d_parent`, and across a
//! mount's root to where it is mounted. Each component is sent with its NUL; the daemon turns them around.

use kubectl_watch_ebpf::{
    Counter, FLAG_EXECUTABLE_CUT, FLAG_EXECUTABLE_NAMELESS, MAX_FILENAME, MAX_PATH, MAX_PATH_STEPS,
    SCRATCH_BYTES,
};

use crate::{
    maps,
    task::{Address, offset},
    work::repeat,
};

/// Bytes of a component with its NUL: `NAME_MAX` of Linux is 255.
const MAX_COMPONENT: u32 = 256;

/// Where a walk is.
#[repr(C)]
pub(crate) struct Walk {
    dentry: Address,
    /// The `struct mount` that the dentry is seen through.
    mount: Address,
    /// Where in the scratch the next component goes.
    position: u32,
    /// Where the last one must have begun.
    limit: u32,
    state: State,
}

#[repr(u32)]
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Walking,
    Done,
    Nameless,
}

/// Writes the path of a file at `position` of the scratch. Its length, and `FLAG_EXECUTABLE_*` as they apply.
#[inline(always)]
pub(crate) fn append(file: Address, position: u32) -> (u32, u32) {
    let both = append_path(file.0, position);
    (both as u32, (both >> 32) as u32)
}

/// The same in one number. A global function (Linux 5.6): the verifier looks at it once, by itself, and not again at
/// every call and in every turn of a loop around one.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn append_path(file: u64, position: u32) -> u64 {
    let file = Address(file);
    let Some(work) = maps::work() else { return 0 };
    if file == Address::NULL {
        return 0;
    }
    // SAFETY: the work is this CPU's own.
    let walk = unsafe { &raw mut (*work).walk };
    let begin = Walk {
        dentry: file.follow(offset!(file_path_dentry)),
        mount: file.follow(offset!(file_path_mnt)).before(offset!(mount_mnt)),
        position,
        limit: position.wrapping_add(MAX_PATH as u32 - MAX_COMPONENT),
        state: State::Walking,
    };
    // SAFETY: as above.
    unsafe { walk.write(begin) };
    repeat(MAX_PATH_STEPS, || path_step());
    // SAFETY: as above, and every step has returned.
    let walk = unsafe { &*walk };
    let flags = match walk.state {
        State::Done => 0,
        State::Nameless => FLAG_EXECUTABLE_NAMELESS,
        State::Walking => {
            maps::count(Counter::CutPaths);
            FLAG_EXECUTABLE_CUT
        }
    };
    u64::from(walk.position.wrapping_sub(position)) | u64::from(flags) << 32
}

/// Writes the path as exec'd at `position` of the scratch. Its length with its NUL, or 0 where it cannot be read.
#[inline(always)]
pub(crate) fn filename(text: Address, position: u32) -> u32 {
    copy_filename(text.0, position)
}

/// The same as a function that the verifier looks at by itself.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn copy_filename(text: u64, position: u32) -> u32 {
    let Some(scratch) = maps::scratch() else { return 0 };
    // SAFETY: a reference is readable. It is volatile so that the value that is checked is the one that is used.
    let position = unsafe { (&raw const position).read_volatile() };
    if position > (SCRATCH_BYTES - MAX_FILENAME) as u32 {
        return 0;
    }
    // SAFETY: `position` and a path are within the scratch.
    unsafe {
        let to = scratch.cast::<u8>().add(position as usize);
        Address(text).text(to, MAX_FILENAME as u32)
    }
}

/// One component, or one mount crossed. Stops the loop by returning 1.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn path_step() -> u32 {
    let Some(work) = maps::work() else { return 1 };
    // SAFETY: the work is this CPU's own, and nothing else looks at the walk until this returns.
    let walk = unsafe { &mut (*work).walk };
    let parent = walk.dentry.follow(offset!(dentry_parent));
    if walk.dentry
        == walk
            .mount
            .at(offset!(mount_mnt))
            .follow(offset!(vfsmount_mnt_root))
    {
        let above = walk.mount.follow(offset!(mount_mnt_parent));
        if above == walk.mount {
            walk.state = State::Done;
            return 1;
        }
        walk.dentry = walk.mount.follow(offset!(mount_mnt_mountpoint));
        walk.mount = above;
        return 0;
    }
    let position = walk.position;
    if position > walk.limit || position > SCRATCH_BYTES as u32 - MAX_COMPONENT {
        return 1;
    }
    let Some(scratch) = maps::scratch() else { return 1 };
    // SAFETY: `position` and a component are within the scratch.
    let len = unsafe {
        let to = scratch.cast::<u8>().add(position as usize);
        walk.dentry.follow(offset!(dentry_name)).text(to, MAX_COMPONENT)
    };
    walk.position = position + len;
    if walk.dentry == parent || parent == Address::NULL {
        walk.state = State::Nameless;
        return 1;
    }
    walk.dentry = parent;
    0
}
