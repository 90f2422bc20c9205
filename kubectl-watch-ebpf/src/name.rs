//! What an image is called: is it watched, and will its executable be enough to name it later?

use kubectl_watch_ebpf::{Counter, NameKey};

use crate::{
    maps,
    task::{Address, offset},
};

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
        let comm = NameKey::until_nul(task.read(offset!(task_struct_comm)));
        let dentry = file.follow(offset!(file_path_dentry));
        // Short names lie in the dentry, in at least 24 bytes, and longer ones are longer than that. Copying as a text
        // goes byte by byte and costs three times as much.
        let executable = NameKey::until_nul(dentry.follow(offset!(dentry_name)).read(0));
        if executable.0 == [0; 2] {
            maps::count(Counter::UnreadableNames);
        }
        Self { comm, executable }
    }

    /// Whether an exec of this name is watched. One whose name could not be read is, in case it matters.
    #[inline(always)]
    pub(crate) fn are_watched(&self) -> bool {
        if self.executable.0 == [0; 2] {
            return true;
        }
        let executable = self.executable.lower();
        let comm = self.comm.lower();
        maps::is_watched(executable) || (comm != executable && maps::is_watched(comm))
    }

    /// Whether the executable does not say what was exec'd: a script, a link, or a name too long to tell.
    #[inline(always)]
    pub(crate) fn differ(&self) -> bool {
        self.comm != self.executable || self.comm.is_full()
    }
}
