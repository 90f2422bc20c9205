//! What a followed process does, as it does it: three programs, and the maps that they share with the daemon.
//!
//! Each begins with a look at the few pids that are followed. A pid that came back is nobody's: an end takes it out, and
//! the time when the process was made is compared besides.

use core::{arch::asm, cell::UnsafeCell};

use aya_ebpf::{
    helpers::generated::{
        bpf_get_current_comm, bpf_get_current_pid_tgid, bpf_get_current_task, bpf_ktime_get_boot_ns,
    },
    macros::{btf_tracepoint, map},
    maps::{Array, HashMap, RingBuf},
    programs::BtfTracePointContext,
};
use kubectl_watch_ebpf::{
    DEEDS_BYTES, Deed, DeedKind, FollowUp, Followed, MAX_CONNECTIONS, MAX_FOLLOW_UPS, MAX_FOLLOWED,
    MAX_PROCESSES, Process, TICK_NS,
};

use crate::{
    task::{Address, offset},
    typed::Typed,
};

/// States of `include/net/tcp_states.h`, which other protocols use as well.
const ESTABLISHED: i32 = 1;
const SYN_SENT: i32 = 2;
/// `AF_INET6`
const INET6: u16 = 10;
/// `SIGNAL_GROUP_EXIT` of `include/linux/sched/signal.h`: the process has an exit code of its own.
const GROUP_EXIT: u32 = 4;

/// Every deed goes through it: a buffer of its own, so that whoever is followed can't crowd out an exec.
#[map]
static DEEDS: RingBuf = RingBuf::with_byte_size(DEEDS_BYTES, 0);

/// Who is followed, by pid.
#[map]
static FOLLOWED: HashMap<u32, Followed> = HashMap::with_max_entries(MAX_FOLLOWED, 0);

/// The numbers of each follow-up.
#[map]
static FOLLOW_UPS: Array<Numbers> = Array::with_max_entries(MAX_FOLLOW_UPS, 0);

/// Sockets that have not been answered, by where they lie.
#[map]
static CONNECTING: HashMap<u64, Connecting> = HashMap::with_max_entries(MAX_FOLLOWED, 0);

/// A connection that was told.
#[repr(C)]
#[derive(Clone, Copy)]
struct Connecting {
    followed: Followed,
    boot_ns: u64,
}

/// On the BTF tracepoint `sched_process_fork`: (parent, child). The child has not run yet.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[btf_tracepoint(function = "sched_process_fork")]
pub(crate) fn follow_fork(ctx: BtfTracePointContext) -> i32 {
    // Of somebody who is not followed there is nothing to say, here and below.
    let _none = forked(Typed::argument(ctx.arg(0)), Typed::argument(ctx.arg(1)));
    0
}

/// On the BTF tracepoint `sched_process_exit`: (task). Its exit code is set, and its memory may be there still.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[btf_tracepoint(function = "sched_process_exit")]
pub(crate) fn follow_exit(ctx: BtfTracePointContext) -> i32 {
    let _none = ended(Typed::argument(ctx.arg(0)));
    0
}

/// On the BTF tracepoint `inet_sock_set_state`: (sock, old state, new state). Who calls connect(2) runs at the first
/// change, and knows where to; at the answer it can be anybody.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[btf_tracepoint(function = "inet_sock_set_state")]
pub(crate) fn follow_connect(ctx: BtfTracePointContext) -> i32 {
    let (sock, old, new) = (Typed::argument(ctx.arg(0)), ctx.arg::<i32>(1), ctx.arg::<i32>(2));
    if new == SYN_SENT {
        let _none = connecting(sock.address());
    } else if old == SYN_SENT {
        let _none = answered(sock.address(), new);
    }
    0
}

#[inline(always)]
fn forked(parent: Typed, child: Typed) -> Option<()> {
    let pid = parent.load::<u32>(offset!(task_struct_tgid));
    let child_pid = child.load::<u32>(offset!(task_struct_tgid));
    if pid == child_pid {
        return None;
    }
    let followed = followed(pid)?;
    let leader = parent.follow(offset!(task_struct_group_leader))?;
    let start_ns = leader.load::<u64>(offset!(task_struct_start_boottime));
    if start_ns / TICK_NS != followed.start_ticks {
        return None;
    }
    let numbers = numbers(&followed)?;
    numbers.forked.add_one();
    let made_ns = child.load::<u64>(offset!(task_struct_start_boottime));
    let heir = Followed {
        start_ticks: made_ns / TICK_NS,
        ..followed
    };
    let has_room = numbers.forked.get() < MAX_PROCESSES;
    if !has_room || FOLLOWED.insert(child_pid, heir, 0).is_err() {
        numbers.unfollowed.add_one();
        return None;
    }
    let deed = Deed {
        child: process(child_pid, made_ns),
        ..deed(DeedKind::Forked, &followed, process(pid, start_ns))
    };
    send(&deed, &numbers.lost_others)
}

#[inline(always)]
fn ended(task: Typed) -> Option<()> {
    let pid = task.load::<u32>(offset!(task_struct_tgid));
    let followed = followed(pid)?;
    let leader = task.follow(offset!(task_struct_group_leader))?;
    let start_ns = leader.load::<u64>(offset!(task_struct_start_boottime));
    let signal = task.follow(offset!(task_struct_signal))?;
    // A thread that is not the last one, or somebody who has the pid of one whose end was missed.
    if start_ns / TICK_NS != followed.start_ticks || signal.load::<u32>(offset!(signal_struct_live)) != 0 {
        return None;
    }
    // Two last threads may both see that nobody is left.
    FOLLOWED.remove(pid).ok()?;
    // Both are read before one is chosen: a choice between pointers is what verifiers before Linux 6.8 don't follow.
    let group = signal.load::<u32>(offset!(signal_struct_group_exit_code));
    let own = leader.load::<u32>(offset!(task_struct_exit_code));
    let has_group = signal.load::<u32>(offset!(signal_struct_flags)) & GROUP_EXIT != 0;
    let status = if has_group { group } else { own };
    let deed = Deed {
        status,
        ..deed(DeedKind::Ended, &followed, process(pid, start_ns))
    };
    send(&deed, &numbers(&followed)?.lost_others)
}

#[inline(always)]
fn connecting(sock: Address) -> Option<()> {
    // SAFETY: the helpers have no preconditions.
    let (ids, task) = unsafe { (bpf_get_current_pid_tgid(), bpf_get_current_task()) };
    let pid = (ids >> 32) as u32;
    let followed = followed(pid)?;
    let start_ns = Address(task)
        .follow(offset!(task_struct_group_leader))
        .read::<u64>(offset!(task_struct_start_boottime));
    if start_ns / TICK_NS != followed.start_ticks {
        return None;
    }
    let numbers = numbers(&followed)?;
    numbers.connections.add_one();
    if numbers.connections.get() > MAX_CONNECTIONS {
        numbers.untold.add_one();
        return None;
    }
    let mut deed = deed(DeedKind::Connecting, &followed, process(pid, start_ns));
    deed.family = sock.read(offset!(sock_family));
    deed.port = sock.read(offset!(sock_port));
    deed.protocol = sock.read(offset!(sock_protocol));
    deed.address = if deed.family == INET6 {
        sock.read(offset!(sock_address6))
    } else {
        let mut address = [0; 16];
        let [a, b, c, d] = sock.read::<u32>(offset!(sock_address)).to_ne_bytes();
        (address[0], address[1], address[2], address[3]) = (a, b, c, d);
        address
    };
    send(&deed, &numbers.lost)?;
    let connecting = Connecting {
        followed,
        boot_ns: deed.boot_ns,
    };
    // Without room its answer is not known, which is all that is lost.
    CONNECTING.insert(sock.0, connecting, 0).ok()
}

#[inline(always)]
fn answered(sock: Address, new: i32) -> Option<()> {
    // SAFETY: nobody else takes it out: a socket changes its state by one hand at a time.
    let Connecting { followed, boot_ns } = unsafe { *CONNECTING.get(sock.0)? };
    CONNECTING.remove(sock.0).ok()?;
    let status = if new == ESTABLISHED {
        0
    } else {
        sock.read::<u32>(offset!(sock_error)).max(1)
    };
    let deed = Deed {
        boot_ns,
        status,
        ..deed(DeedKind::Answered, &followed, Process::default())
    };
    send(&deed, &numbers(&followed)?.lost_others)
}

#[inline(always)]
fn followed(pid: u32) -> Option<Followed> {
    // SAFETY: the value is copied at once; one that is being replaced names nobody whole.
    unsafe { FOLLOWED.get(pid) }.copied()
}

/// A number that every CPU may count at once.
#[repr(transparent)]
struct Number(UnsafeCell<u64>);

// SAFETY: it is only counted by one instruction, and read whole.
unsafe impl Sync for Number {}

impl Number {
    /// Counts one. What there was before is not asked for: kernels before 5.12 can't say. `core` has this for no BPF.
    #[inline(always)]
    fn add_one(&self) {
        // SAFETY: the number is eight aligned bytes of a map, which all change by this alone.
        unsafe {
            asm!("lock *(u64 *)({number} + 0) += {one}", number = in(reg) self.0.get(), one = in(reg) 1_u64);
        }
    }

    #[inline(always)]
    fn get(&self) -> u64 {
        // SAFETY: as above.
        unsafe { self.0.get().read_volatile() }
    }
}

/// The numbers of a follow-up: [`FollowUp`] as it is counted.
#[repr(C)]
struct Numbers {
    id: u64,
    forked: Number,
    unfollowed: Number,
    connections: Number,
    untold: Number,
    lost: Number,
    lost_others: Number,
}

const _: () = assert!(size_of::<Numbers>() == size_of::<FollowUp>());

/// None where its place belongs to another one by now.
#[inline(always)]
fn numbers(followed: &Followed) -> Option<&'static Numbers> {
    FOLLOW_UPS
        .get(followed.slot)
        .filter(|numbers| numbers.id == followed.id)
}

#[inline(always)]
const fn process(pid: u32, start_ns: u64) -> Process {
    Process {
        start_ns,
        pid,
        reserved: 0,
    }
}

#[inline(always)]
fn deed(kind: DeedKind, followed: &Followed, process: Process) -> Deed {
    let mut deed = Deed {
        id: followed.id,
        process,
        kind: kind as u32,
        ..Deed::default()
    };
    // SAFETY: the name has room for what the helper writes; the other has no preconditions.
    unsafe {
        bpf_get_current_comm(deed.comm.as_mut_ptr().cast(), deed.comm.len() as u32);
        deed.boot_ns = bpf_ktime_get_boot_ns();
    }
    deed
}

#[inline(always)]
fn send(deed: &Deed, lost: &Number) -> Option<()> {
    if DEEDS.output::<Deed>(deed, 0).is_err() {
        lost.add_one();
        return None;
    }
    Some(())
}
