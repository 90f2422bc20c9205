//! What an image is called: is it watched, and will its executable be enough to name it later?

use kubectl_watch_ebpf::{Counter, MAX_REMEMBERED, NameKey, Process};

use crate::{
    maps,
    task::{Address, offset},
};

/// Ancestors that are asked for a remembered name; a shell forks its subshells one in another, rarely this deep.
const MAX_FORKS: u32 = 8;

/// The two names that a new image has in the kernel.
pub(crate) struct Names {
    /// The last component of the path as exec'd, cut to 15 bytes: what `begin_new_exec` sets `comm` to.
    comm: NameKey,
    /// The last component of the executable that was found there, links resolved, cut alike.
    executable: NameKey,
}

impl Names {
    /// Reads them.
    #[inline(always)]
    pub(crate) fn of(task: Address, file: Address) -> Self {
        let comm = NameKey(task.read(offset!(task_struct_comm)));
        let dentry = file.follow(offset!(file_path_dentry));
        let mut executable = [0_u64; 2];
        // SAFETY: the array has 16 bytes.
        let len = unsafe {
            dentry
                .follow(offset!(dentry_name))
                .text((&raw mut executable).cast(), 16)
        };
        if len == 0 {
            maps::count(Counter::UnreadableNames);
        }
        Self {
            comm,
            executable: NameKey(executable),
        }
    }

    /// Whether an exec of this name is watched. One whose name could not be read is, in case it matters.
    #[inline(always)]
    pub(crate) fn are_watched(&self) -> bool {
        if maps::all_are_watched() || self.executable.0 == [0; 2] {
            return true;
        }
        let executable = self.executable.lower();
        let comm = self.comm.lower();
        maps::is_watched(&executable) || (comm != executable && maps::is_watched(&comm))
    }

    /// Whether the executable does not say what was exec'd: a script, a link, or a name too long to tell.
    #[inline(always)]
    pub(crate) fn differ(&self) -> bool {
        self.comm != self.executable || self.comm.is_full()
    }
}

/// Keeps the end of the path as exec'd, for the time when this process is a parent.
#[inline(always)]
pub(crate) fn remember(task: Address, filename: Address) {
    let Some(scratch) = maps::scratch() else { return };
    let text = scratch.cast::<u8>();
    // SAFETY: the scratch has more than `PATH_MAX` bytes.
    let len = unsafe { filename.text(text, kubectl_watch_ebpf::MAX_FILENAME as u32) };
    let kept = MAX_REMEMBERED as u32;
    let from = if len > kept {
        filename.at(len - kept)
    } else {
        filename
    };
    // The rest of the value may hold an older text: the NUL ends this one.
    // SAFETY: as above.
    unsafe { from.text(text, kept) };
    // SAFETY: the scratch is larger than the value, and any bytes are a value.
    maps::remember(&process(task), unsafe { &*text.cast::<[u8; MAX_REMEMBERED]>() });
}

/// The end of the path that the image of `task` was exec'd by, copied with its NUL. Its length, or 0.
///
/// A process that only forked is its parent's image still, so its parents of the same executable are asked too.
///
/// # Safety
///
/// [`MAX_REMEMBERED`] bytes at `to` must be writable.
#[inline(always)]
pub(crate) unsafe fn recall(task: Address, to: *mut u8) -> u32 {
    let image = task
        .follow(offset!(task_struct_mm))
        .follow(offset!(mm_struct_exe_file));
    let mut task = task;
    for _ in 0..MAX_FORKS {
        if let Some(filename) = maps::remembered(&process(task)) {
            // SAFETY: the caller's promise.
            return unsafe { Address(filename as u64).text(to, MAX_REMEMBERED as u32) };
        }
        task = task.follow(offset!(task_struct_real_parent));
        if image == Address::NULL
            || image
                != task
                    .follow(offset!(task_struct_mm))
                    .follow(offset!(mm_struct_exe_file))
        {
            break;
        }
    }
    0
}

/// What names a process for ever.
#[inline(always)]
fn process(task: Address) -> Process {
    let leader = task.follow(offset!(task_struct_group_leader));
    Process {
        start_ns: leader.read(offset!(task_struct_start_boottime)),
        pid: task.read(offset!(task_struct_tgid)),
        reserved: 0,
    }
}
