//! What is kept of a process, for the execs of those that it makes and for its own next one.

use kubectl_watch_ebpf::{Process, Task};

use crate::task::{Address, offset};

/// A process, who forked it, and what it runs. One cache line.
#[repr(C, align(64))]
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    /// When it was made.
    pub(crate) start_ns: u64,
    /// Its process id; 0 while this is written.
    pub(crate) pid: u32,
    /// Which exec of it the image below is of (`self_exec_id`).
    pub(crate) exec_id: u32,
    /// When the process that forked it was made.
    pub(crate) creator_start_ns: u64,
    /// That one's process id; 0 where it is not known.
    pub(crate) creator_pid: u32,
    /// Which of its images forked.
    pub(crate) creator_exec_id: u32,
    /// What it was called then.
    pub(crate) creator_comm: [u64; 2],
    /// A `struct file`: what the process runs, or its creator did while it has not called exec. The kernel lets go of
    /// it when an exec that replaces it returns.
    pub(crate) file: u64,
    /// The `struct dentry` of that file, by which one that was used again is told.
    pub(crate) dentry: u64,
}

impl Kept {
    /// Whether it is known who forked it.
    #[inline(always)]
    pub(crate) const fn has_creator(&self) -> bool {
        self.pid != 0 && self.creator_pid != 0
    }

    /// Whether this is who forked it.
    #[inline(always)]
    pub(crate) const fn is_creator(&self, task: &Task) -> bool {
        self.creator_pid == task.pid && self.creator_start_ns == task.start_ns
    }

    /// Who forked it, where that is known. Which thread that was is not.
    #[inline(always)]
    pub(crate) fn creator(&self) -> Task {
        let [first, second] = self.creator_comm;
        Task {
            start_ns: self.creator_start_ns,
            pid: self.creator_pid,
            tid: 0,
            // SAFETY: any bytes are a name.
            comm: unsafe { core::mem::transmute::<[u64; 2], [u8; 16]>([first, second]) },
        }
    }

    /// The same, as it is looked up.
    #[inline(always)]
    pub(crate) const fn creator_process(&self) -> Process {
        Process {
            start_ns: self.creator_start_ns,
            pid: self.creator_pid,
            reserved: 0,
        }
    }

    /// The file, unless its memory holds another one by now.
    #[inline(always)]
    pub(crate) fn file(&self) -> Address {
        let file = Address(self.file);
        if file.read::<u64>(offset!(file_path_dentry)) == self.dentry {
            file
        } else {
            Address::NULL
        }
    }
}
