//! One fork: who made whom. Threads are passed over.

use aya_ebpf::{macros::btf_tracepoint, programs::BtfTracePointContext};

use crate::{lineage, task::offset, typed::Typed};

/// On the BTF tracepoint `sched_process_fork`: (parent, child). The child has not run yet.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[btf_tracepoint(function = "sched_process_fork")]
pub(crate) fn fork(ctx: BtfTracePointContext) -> i32 {
    let (parent, child) = (Typed::argument(ctx.arg(0)), Typed::argument(ctx.arg(1)));
    let tgid = offset!(task_struct_tgid);
    if parent.load::<u32>(tgid) != child.load::<u32>(tgid) {
        // Without a leader there is nothing to remember.
        let _none = lineage::forked(parent, child);
    }
    0
}
