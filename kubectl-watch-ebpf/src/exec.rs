//! One exec: is it watched? What is it? Send it.
//!
//! In comes the task that has just taken its new image, out go an [`Exec`] record and, for long arguments,
//! [`Args`](kubectl_watch_ebpf::Args) records. Which execs matter is the daemon's to say.

use aya_ebpf::{
    helpers::generated::{bpf_get_current_cgroup_id, bpf_ktime_get_boot_ns},
    macros::raw_tracepoint,
    programs::RawTracePointContext,
};
use aya_log_ebpf::{debug, warn};
use kubectl_watch_ebpf::{
    ABSENT, ARGS_CHUNK, Counter, Exec, FLAG_ARGS_UNREADABLE, Ids, Kind, MAX_ARGS, MAX_FILENAME,
    MAX_REMEMBERED, MAX_TAIL, UNSET_ID,
};

use crate::{
    args::{self, Rest},
    lineage::{self, Parent},
    maps::{self, Scratch},
    name::Names,
    path,
    task::{Address, offset, user_bytes},
};

/// Where the texts begin in a record.
pub(crate) const TEXTS: usize = size_of::<Exec>();
/// Bytes that the texts can take.
pub(crate) const TAIL: u32 = MAX_TAIL as u32;

/// On the raw tracepoint `sched_process_exec`: (task, old pid, binprm). Raw tracepoints need Linux 4.17.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[raw_tracepoint(tracepoint = "sched_process_exec")]
pub(crate) fn exec(ctx: RawTracePointContext) -> i32 {
    let task = Address(ctx.arg::<u64>(0));
    let binprm = Address(ctx.arg::<u64>(2));
    let names = Names::of(task, binprm.follow(offset!(linux_binprm_file)));
    if names.differ() {
        lineage::remember(task, binprm.follow(offset!(linux_binprm_filename)));
    }
    if names.are_watched() {
        send(&ctx, task, binprm);
    }
    0
}

/// Builds the record in this CPU's scratch and sends it. A function of its own, so that what every exec runs
/// through is short.
#[inline(never)]
fn send(ctx: &RawTracePointContext, task: Address, binprm: Address) {
    let Some(scratch) = maps::scratch() else { return };
    let sequence = maps::count(Counter::Watched);
    let parent = Parent::of(task);
    let mut exec = facts(task, sequence);
    exec.argc = binprm.read(offset!(linux_binprm_argc));
    exec.parent = parent.task;
    exec.flags = parent.flags;

    let end = texts(scratch, &mut exec, &parent, binprm);
    let mut rest = arguments(task, sequence);
    let room = end.min(TAIL - ARGS_CHUNK as u32);
    let len = rest.total.min(ARGS_CHUNK as u32);
    // SAFETY: `room` leaves a whole chunk of the texts free.
    if len > 0 && !unsafe { user_bytes(text_at(scratch, room), len, rest.from) } {
        exec.flags |= FLAG_ARGS_UNREADABLE;
        rest.unreadable = true;
    }
    exec.args_total = rest.total;
    exec.args_len = len;
    // SAFETY: the scratch begins with room for it.
    unsafe { scratch.cast::<Exec>().write(exec) };

    if !maps::send(scratch, TEXTS + (room + len) as usize) {
        maps::count(Counter::LostExecs);
        warn!(
            ctx,
            "the ring buffer is full: exec {} of this cpu is lost", sequence
        );
        return;
    }
    debug!(
        ctx,
        "exec of pid {}, {} bytes of arguments", exec.task.pid, rest.total
    );
    rest.from += u64::from(len);
    rest.offset = len;
    args::send(rest);
}

/// Everything of an exec that is a number, the parent's apart.
#[inline(always)]
fn facts(task: Address, sequence: u64) -> Exec {
    let cred = task.follow(offset!(task_struct_cred));
    let pid = task.follow(offset!(task_struct_thread_pid));
    let level = pid.read::<u32>(offset!(pid_level));
    let upid = pid.at(offset!(pid_numbers)).at(level * offset!(upid_size));
    let tty = task
        .follow(offset!(task_struct_signal))
        .follow(offset!(signal_struct_tty));
    let driver = tty.follow(offset!(tty_struct_driver));
    let has_audit = offset!(task_struct_loginuid) != ABSENT;
    let nsproxy = task.follow(offset!(task_struct_nsproxy));
    Exec {
        header: maps::header(Kind::Exec, sequence),
        // SAFETY: the helpers have no preconditions. The first needs Linux 5.8, the second 4.18.
        boot_ns: unsafe { bpf_ktime_get_boot_ns() },
        // SAFETY: as above.
        cgroup_id: unsafe { bpf_get_current_cgroup_id() },
        cap_effective: cred.read(offset!(cred_cap_effective)),
        cap_permitted: cred.read(offset!(cred_cap_permitted)),
        task: lineage::identity(task),
        uids: Ids {
            real: cred.read(offset!(cred_uid)),
            effective: cred.read(offset!(cred_euid)),
            saved: cred.read(offset!(cred_suid)),
        },
        gids: Ids {
            real: cred.read(offset!(cred_gid)),
            effective: cred.read(offset!(cred_egid)),
            saved: cred.read(offset!(cred_sgid)),
        },
        login_uid: if has_audit {
            task.read(offset!(task_struct_loginuid))
        } else {
            UNSET_ID
        },
        audit_session: if has_audit {
            task.read(offset!(task_struct_sessionid))
        } else {
            UNSET_ID
        },
        ns_pid: upid.read(offset!(upid_nr)),
        pid_ns: upid.follow(offset!(upid_ns)).read(offset!(pid_namespace_inum)),
        mnt_ns: nsproxy
            .follow(offset!(nsproxy_mnt_ns))
            .read(offset!(mnt_namespace_inum)),
        tty_major: driver.read(offset!(tty_driver_major)),
        tty_minor: driver.read::<u32>(offset!(tty_driver_minor_start))
            + tty.read::<u32>(offset!(tty_struct_index)),
        ..Exec::default()
    }
}

/// Appends every text but the arguments, and says where the next one goes.
#[inline(always)]
fn texts(scratch: *mut Scratch, exec: &mut Exec, parent: &Parent, binprm: Address) -> u32 {
    let filename = binprm.follow(offset!(linux_binprm_filename));
    // SAFETY: the texts begin with room for it.
    let len = unsafe { filename.text(text_at(scratch, 0), MAX_FILENAME as u32) };
    if len == 0 {
        maps::count(Counter::UnreadableFilenames);
    }
    exec.filename_len = len.saturating_sub(1);
    let mut end = exec.filename_len;

    let file = binprm.follow(offset!(linux_binprm_file));
    let (len, flags) = path::append(file, end);
    exec.executable_len = len;
    exec.flags |= flags;
    end += len;

    let (len, flags) = path::append(parent.exe_file, end);
    exec.parent_executable_len = len;
    exec.flags |= flags << 1;
    end += len;

    let room = end.min(TAIL - MAX_REMEMBERED as u32);
    // SAFETY: `room` leaves a remembered path's bytes of the texts free.
    let len = unsafe { lineage::recall(parent, text_at(scratch, room)) };
    exec.parent_filename_len = len.saturating_sub(1);
    room + exec.parent_filename_len
}

/// Where the arguments of the new image lie.
#[inline(always)]
fn arguments(task: Address, sequence: u64) -> Rest {
    let mm = task.follow(offset!(task_struct_mm));
    let from = mm.read::<u64>(offset!(mm_struct_arg_start));
    let len = mm.read::<u64>(offset!(mm_struct_arg_end)).saturating_sub(from);
    if len > MAX_ARGS as u64 {
        maps::count(Counter::CutArgs);
    }
    Rest {
        sequence,
        from,
        offset: 0,
        total: len.min(MAX_ARGS as u64) as u32,
        unreadable: false,
    }
}

/// A place in the texts.
///
/// # Safety
///
/// `position` must be within the texts.
#[inline(always)]
unsafe fn text_at(scratch: *mut Scratch, position: u32) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe { scratch.cast::<u8>().add(TEXTS + position as usize) }
}
