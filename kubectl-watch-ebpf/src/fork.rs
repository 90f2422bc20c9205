//! One fork: who made whom. Threads are passed over.

use aya_ebpf::{macros::raw_tracepoint, programs::RawTracePointContext};

use crate::{
    lineage,
    task::{Address, offset},
};

/// On the raw tracepoint `sched_process_fork`: (parent, child). The child has not run yet.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[raw_tracepoint(tracepoint = "sched_process_fork")]
pub(crate) fn fork(ctx: RawTracePointContext) -> i32 {
    let (parent, child) = (Address(ctx.arg::<u64>(0)), Address(ctx.arg::<u64>(1)));
    let tgid = offset!(task_struct_tgid);
    if parent.read::<u32>(tgid) != child.read::<u32>(tgid) {
        lineage::forked(parent, child);
    }
    0
}
