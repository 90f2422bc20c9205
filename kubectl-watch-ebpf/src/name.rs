//! What an image is called: is it watched, and will its executable be enough to name it later?

use kubectl_watch_ebpf::{Counter, NameKey};

use crate::{
    maps,
    task::{Address, offset},
    typed::Typed,
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
    pub(crate) fn of(task: Typed, dentry: Typed) -> Self {
        let executable = NameKey::until_nul(name(dentry));
        if executable.0 == [0; 2] {
            maps::count(Counter::UnreadableNames);
        }
        Self {
            comm: NameKey::until_nul(words(task, offset!(task_struct_comm))),
            executable,
        }
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

/// The first 16 bytes of a dentry's name and what lies behind it. Short names, of up to at least 31 bytes, lie in the
/// dentry itself.
#[inline(always)]
fn name(dentry: Typed) -> [u64; 2] {
    let at = Address(dentry.load(offset!(dentry_name)));
    if at == dentry.address().at(offset!(dentry_short_name)) {
        words(dentry, offset!(dentry_short_name))
    } else {
        // Copying as a text goes byte by byte and costs three times as much.
        at.read(0)
    }
}

/// Sixteen bytes.
#[inline(always)]
fn words(of: Typed, offset: u32) -> [u64; 2] {
    [of.load(offset), of.load(offset + 8)]
}
