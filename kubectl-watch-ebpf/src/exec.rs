//! One exec: is it watched? What is it? Send it.
//!
//! In comes the task that has just taken its new image, out go an [`Exec`] record and what belongs to it. Which execs
//! matter is the daemon's to say, by their names or by what it found in their files.

use aya_ebpf::{
    helpers::generated::{bpf_get_current_cgroup_id, bpf_ktime_get_boot_ns},
    macros::btf_tracepoint,
    programs::BtfTracePointContext,
};
use aya_log_ebpf::{debug, warn};
use kubectl_watch_ebpf::{
    ABSENT, Counter, Exec, FLAG_ARGS_CUT, FLAG_ARGS_UNREADABLE, FLAG_FILE_SETTLED, FLAG_FILE_UNKNOWN,
    FLAG_TRACED, File, HEAD_ARGS, Ids, Kind, Process, SCRATCH_BYTES, UNSET_ID,
};

use crate::{
    ancestors,
    args::{self, Rest},
    env,
    file::{ByAddress, ByList, Mappings, Version},
    lineage::{self, Parent, Past},
    maps,
    name::Names,
    path, place,
    task::{Address, offset},
    typed::Typed,
    user,
};

/// Where the texts begin in a record.
const TEXTS: u32 = size_of::<Exec>() as u32;

/// On the BTF tracepoint `sched_process_exec`: (task, old pid, binprm). BTF tracepoints need Linux 5.5, and what this
/// one uses besides 5.17.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[btf_tracepoint(function = "sched_process_exec")]
pub(crate) fn exec(ctx: BtfTracePointContext) -> i32 {
    begin::<ByAddress>(&ctx)
}

/// The same for kernels that have their mappings in a list.
#[expect(clippy::needless_pass_by_value, reason = "the macro hands it over so")]
#[btf_tracepoint(function = "sched_process_exec")]
pub(crate) fn exec_by_list(ctx: BtfTracePointContext) -> i32 {
    begin::<ByList>(&ctx)
}

#[inline(always)]
fn begin<M: Mappings>(ctx: &BtfTracePointContext) -> i32 {
    let (task, binprm) = (Typed::argument(ctx.arg(0)), Typed::argument(ctx.arg(2)));
    // An image without a file cannot be.
    let _none = look::<M>(ctx, task, binprm);
    0
}

#[inline(always)]
fn look<M: Mappings>(ctx: &BtfTracePointContext, task: Typed, binprm: Typed) -> Option<()> {
    let file = binprm.follow(offset!(linux_binprm_file))?;
    let dentry = file.follow(offset!(file_path_dentry))?;
    let names = Names::of(task, dentry);
    let mut is_sent = names.are_watched();
    let mut flags = 0;
    if maps::judges_content() && !is_sent {
        let version = Version::of::<M>(task, file);
        let (is_wanted, is_unknown) = version.map_or((true, true), |version| version.is_wanted());
        is_sent = is_wanted;
        if is_unknown {
            flags = FLAG_FILE_UNKNOWN;
        }
    }
    if is_sent {
        send::<M>(ctx, task, binprm, flags);
    }
    if names.differ() {
        lineage::remember(
            task.address(),
            binprm.address().follow(offset!(linux_binprm_filename)),
        );
    }
    lineage::replaced(task, file, dentry)
}

/// Builds the record in this CPU's scratch and sends it. A function of its own, so that what every exec runs
/// through is short.
#[inline(never)]
fn send<M: Mappings>(ctx: &BtfTracePointContext, task: Typed, binprm: Typed, flags: u32) {
    let (Some(scratch), Some(work)) = (maps::scratch(), maps::work()) else {
        return;
    };
    let sequence = maps::count(Counter::Watched);
    if flags & FLAG_FILE_UNKNOWN != 0 {
        maps::count(Counter::UnknownFiles);
    }
    // SAFETY: the work is this CPU's own, and nobody else uses it until this ends.
    unsafe {
        (*work).task = task.address();
        (*work).binprm = binprm.address();
        (*work).sequence = sequence;
    }
    find_parent();
    ancestors::send_ancestors();
    env::send_environment();

    // SAFETY: the scratch begins with room for it, any bytes are one, and nobody else uses it until this ends. It is
    // filled where it lies, because the stack has no room.
    let exec = unsafe { &mut *scratch.cast::<Exec>() };
    exec.header = maps::header(Kind::Exec, sequence);
    exec.flags = flags;
    if task.load::<u32>(offset!(task_struct_ptrace)) != 0 {
        exec.flags |= FLAG_TRACED;
    }
    identify::<M>(exec, task, binprm);
    let len = describe();
    if !maps::send(scratch, len as usize) {
        maps::lost(exec);
        warn!(
            ctx,
            "the ring buffer is full: exec {} of this cpu is lost", sequence
        );
        return;
    }
    debug!(
        ctx,
        "exec {} of this cpu, {} bytes of arguments", sequence, exec.args_total
    );
    args::send_rest();
}

/// Puts into the work who made the process, and where what is sent ahead begins. The verifier looks at this function by
/// itself, and so at the next one.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn find_parent() -> u32 {
    let Some(work) = maps::work() else { return 0 };
    // SAFETY: the work is this CPU's own, and nothing else looks at it until this returns.
    let work = unsafe { &mut *work };
    work.past.read(work.task);
    work.parent.read(&work.past, work.task);
    work.ascent.begin(&work.parent);
    let mm = work.task.follow(offset!(task_struct_mm));
    work.search.begin(mm, work.sequence);
    0
}

/// Adds to the record what needs no types: all numbers, all texts, and the first arguments. Says how long it is, and
/// puts into the work what remains to be sent.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn describe() -> u32 {
    let (Some(scratch), Some(work)) = (maps::scratch(), maps::work()) else {
        return 0;
    };
    // SAFETY: the work is this CPU's own, and what is called meanwhile uses other parts of it.
    let (task, binprm, sequence, past, parent) = unsafe {
        let work = &*work;
        (work.task, work.binprm, work.sequence, &work.past, &work.parent)
    };
    // SAFETY: as above, and what was sent ahead is all sent.
    let (ascent, search) = unsafe { (&(*work).ascent, &(*work).search) };
    // SAFETY: as in `send`, which made it.
    let exec = unsafe { &mut *scratch.cast::<Exec>() };
    exec.flags |= parent.flags;
    ascent.tell(exec);
    search.tell(exec);
    exec.task = lineage::identity(task);
    place(exec, task);
    credentials(exec, task);
    exec.argc = binprm.read(offset!(linux_binprm_argc));
    exec.exec_id = past.exec_id;
    exec.parent = parent.task;
    exec.parent_place = place::session(parent.address);

    let end = texts(exec, past, parent, binprm);
    let mm = task.follow(offset!(task_struct_mm));
    let mut args = Rest::of(mm, sequence);
    let room = end.min((SCRATCH_BYTES - HEAD_ARGS) as u32);
    let len = args.total.min(HEAD_ARGS as u32);
    // SAFETY: `room` leaves the first arguments' bytes of the scratch free.
    if len > 0 && !unsafe { user::copy(room, len, args.from) } {
        exec.flags |= FLAG_ARGS_UNREADABLE;
        args.unreadable = true;
    }
    args.from += u64::from(len);
    args.offset = len;
    if !args.fits() {
        maps::count(Counter::LostArgs);
        exec.flags |= FLAG_ARGS_CUT;
        args.total = len;
    }
    exec.args_total = args.total;
    exec.args_len = len;
    exec.reserved = 0;
    // SAFETY: the work is this CPU's own, and nothing looks at this part.
    unsafe { (*work).rest = args };
    room + len
}

/// Which file it runs.
#[inline(always)]
fn identify<M: Mappings>(exec: &mut Exec, task: Typed, binprm: Typed) {
    let version = binprm
        .follow(offset!(linux_binprm_file))
        .and_then(|file| Version::of::<M>(task, file));
    exec.file = File::default();
    if let Some(version) = version {
        exec.file = version.facts();
        if version.is_settled {
            exec.flags |= FLAG_FILE_SETTLED;
        }
    }
}

/// When and where it happens.
#[inline(always)]
fn place(exec: &mut Exec, task: Address) {
    // SAFETY: the helpers have no preconditions. The first needs Linux 5.8, the second 4.18.
    (exec.boot_ns, exec.cgroup_id) = unsafe { (bpf_ktime_get_boot_ns(), bpf_get_current_cgroup_id()) };
    let innermost = place::Innermost::of(task);
    exec.container_start_ns = innermost.start_ns;
    exec.ns_pid = innermost.pid;
    exec.pid_ns = innermost.namespace;
    exec.mnt_ns = task
        .follow(offset!(task_struct_nsproxy))
        .follow(offset!(nsproxy_mnt_ns))
        .read(offset!(mnt_namespace_inum));
    exec.session = place::leader(task, place::PIDTYPE_SID);
    exec.group = place::leader(task, place::PIDTYPE_PGID);
    exec.tty = place::tty(task);
}

/// Who it runs as, and what that one may do.
#[inline(always)]
fn credentials(exec: &mut Exec, task: Address) {
    let cred = task.follow(offset!(task_struct_cred));
    exec.cap_effective = cred.read(offset!(cred_cap_effective));
    exec.cap_permitted = cred.read(offset!(cred_cap_permitted));
    exec.uids = Ids {
        real: cred.read(offset!(cred_uid)),
        effective: cred.read(offset!(cred_euid)),
        saved: cred.read(offset!(cred_suid)),
    };
    exec.gids = Ids {
        real: cred.read(offset!(cred_gid)),
        effective: cred.read(offset!(cred_egid)),
        saved: cred.read(offset!(cred_sgid)),
    };
    let has_audit = offset!(task_struct_loginuid) != ABSENT;
    (exec.login_uid, exec.audit_session) = if has_audit {
        (
            task.read(offset!(task_struct_loginuid)),
            task.read(offset!(task_struct_sessionid)),
        )
    } else {
        (UNSET_ID, UNSET_ID)
    };
}

/// Appends every text but the arguments, and says where the next one goes.
#[inline(always)]
fn texts(exec: &mut Exec, past: &Past, parent: &Parent, binprm: Address) -> u32 {
    let len = path::filename(binprm.follow(offset!(linux_binprm_filename)), TEXTS);
    if len == 0 {
        maps::count(Counter::UnreadableFilenames);
    }
    exec.filename_len = len.saturating_sub(1);
    let mut end = TEXTS + exec.filename_len;

    let file = binprm.follow(offset!(linux_binprm_file));
    let (len, flags) = path::append(file, end);
    exec.executable_len = len;
    exec.flags |= flags;
    end += len;

    let (len, flags) = path::append(parent.exe_file, end);
    exec.parent_executable_len = len;
    exec.flags |= flags << 1;
    end += len;

    exec.parent_filename_len = lineage::recall(key(exec.parent), parent.exec_id, end);
    end += exec.parent_filename_len;

    (exec.previous_executable_len, exec.previous_filename_len) = (0, 0);
    let previous = past.previous_file();
    if previous != Address::NULL {
        let (len, _) = path::append(previous, end);
        exec.previous_executable_len = len;
        end += len;
        let before = past.exec_id.wrapping_sub(1);
        exec.previous_filename_len = lineage::recall(key(exec.task), before, end);
        end += exec.previous_filename_len;
    }
    end
}

const fn key(task: kubectl_watch_ebpf::Task) -> Process {
    Process {
        start_ns: task.start_ns,
        pid: task.pid,
        reserved: 0,
    }
}
