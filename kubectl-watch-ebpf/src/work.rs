//! What one exec is worked on with, beside its record: a place on each CPU.
//!
//! The stack of all functions together ends at 512 bytes (on x86-64 until Linux 6.13), so nothing large lies on it. And
//! a global function is looked at by the verifier once and alone, not again at every call and in every turn of a loop;
//! but then it gets nothing but numbers (before Linux 5.13), so what it needs besides lies here.

use crate::{
    ancestors::Ascent,
    args::Rest,
    env::Search,
    kept::Kept,
    lineage::{Parent, Past},
    path::Walk,
    task::Address,
    user::Texts,
};

/// Everything. Each part belongs to the module that its type is of.
#[repr(C)]
pub(crate) struct Work {
    /// Who called exec.
    pub(crate) task: Address,
    /// The `struct linux_binprm` of it.
    pub(crate) binprm: Address,
    /// Which exec of this CPU it is.
    pub(crate) sequence: u64,
    pub(crate) past: Past,
    pub(crate) parent: Parent,
    pub(crate) ascent: Ascent,
    pub(crate) walk: Walk,
    /// For one look-up after another.
    pub(crate) kept: Kept,
    /// What is being sent of the arguments.
    pub(crate) rest: Rest,
    /// What is looked at of the environment.
    pub(crate) search: Search,
    /// What is read of the process's own memory.
    pub(crate) texts: Texts,
}

/// Takes a step until it returns 1, a number of times at most.
///
/// `bpf_loop` would do the same from Linux 5.17 on; this does it on every kernel. A step must be a global function:
/// then the verifier counts a few instructions for each turn, whatever the step does.
#[inline(always)]
pub(crate) fn repeat(most: u32, step: impl Fn() -> u32) {
    for _ in 0..most {
        if step() != 0 {
            return;
        }
    }
}
