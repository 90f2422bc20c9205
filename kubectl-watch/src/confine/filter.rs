//! The system calls that the daemon never makes, and that the kernel refuses it from now on.
//!
//! A list of what is forbidden, not of what is allowed: what a C library calls differs from version to version, and
//! one call too few would blind a node. What is here is what an intruder would want: to run something, to become
//! somebody, to reach into a process or the kernel, to speak to the network.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen as Width, SeccompCmpOp as Is, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

use super::{Keep, Refusal};
use crate::response::Action;

/// Never, with whatever arguments.
const NEVER: &[i64] = &[
    // Run another program.
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_personality,
    libc::SYS_shmat,
    // Reach into another process, or send it something.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    // Open a file by no path.
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    // Ask the kernel for something where no filter looks, or where its holes were.
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_seccomp,
    // Speak to anybody.
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    // Move to another view of the machine, or change it.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_setns,
    libc::SYS_unshare,
    // Change the kernel or the machine.
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    KEXEC_FILE_LOAD,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_syslog,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_clock_adjtime,
    libc::SYS_adjtimex,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_vhangup,
    // Become somebody.
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    // Make files what they were not.
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mknodat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_truncate,
];

/// The older calls of x86-64, which newer architectures never had.
#[cfg(target_arch = "x86_64")]
const NEVER_OLD: &[i64] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_mknod,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
];
#[cfg(not(target_arch = "x86_64"))]
const NEVER_OLD: &[i64] = &[];

/// The same number on every architecture that is newer than x86-64.
const KEXEC_FILE_LOAD: i64 = if cfg!(target_arch = "x86_64") { 320 } else { 294 };
/// Linux 6.6; the same number everywhere.
const FCHMODAT2: i64 = 452;

/// Commands of `bpf(2)` that bring something new into the kernel, by number, see `enum bpf_cmd`. Maps that are open
/// are read and changed as before, and what is pinned stays in reach.
const BPF_NEVER: [u64; 9] = [
    0,  // BPF_MAP_CREATE
    5,  // BPF_PROG_LOAD
    8,  // BPF_PROG_ATTACH
    10, // BPF_PROG_TEST_RUN
    18, // BPF_BTF_LOAD
    28, // BPF_LINK_CREATE
    32, // BPF_ENABLE_STATS
    33, // BPF_ITER_CREATE
    35, // BPF_PROG_BIND_MAP
];
/// `BPF_RAW_TRACEPOINT_OPEN`: attaches a program that is loaded, and so nothing but our own.
const BPF_ATTACH: u64 = 17;
/// The first command that was not known when this was written.
const BPF_UNKNOWN: u64 = 36;

/// Forbids them, for every thread there is and will be.
pub(super) fn set(keep: Keep) -> Result<(), Refusal> {
    for program in programs(keep)? {
        apply_filter_all_threads(&program)?;
    }
    Ok(())
}

/// The filters, the one that forbids to set another last.
fn programs(keep: Keep) -> Result<Vec<BpfProgram>, Refusal> {
    let missing = compile([(libc::SYS_clone3, vec![])], libc::ENOSYS)?;
    let rules = forbidden(keep)?;
    let mut programs = vec![missing, compile(rules, libc::EPERM)?];
    if cfg!(target_arch = "x86_64") {
        programs.insert(0, without_x32());
    }
    Ok(programs)
}

/// What is refused, and with which arguments; none means with any.
fn forbidden(keep: Keep) -> Result<Vec<(i64, Vec<SeccompRule>)>, Refusal> {
    let when = |argument, width, is: Is, value| -> Result<SeccompRule, Refusal> {
        let condition = SeccompCondition::new(argument, width, is, value)?;
        Ok(SeccompRule::new(vec![condition])?)
    };
    let bit = |argument, bits: libc::c_int, value: libc::c_int| {
        let (bits, value) = (u64::from(bits.cast_unsigned()), u64::from(value.cast_unsigned()));
        when(argument, Width::Dword, Is::MaskedEq(bits), value)
    };
    let mut bpf = BPF_NEVER
        .iter()
        .map(|&command| when(0, Width::Dword, Is::Eq, command))
        .collect::<Result<Vec<_>, _>>()?;
    bpf.push(when(0, Width::Dword, Is::Ge, BPF_UNKNOWN)?);
    if !keep.attach {
        bpf.push(when(0, Width::Dword, Is::Eq, BPF_ATTACH)?);
    }
    let signals = match keep.signal {
        Some(action) => {
            let allowed = allowed_signals(action);
            let others = allowed
                .iter()
                .map(|&signal| SeccompCondition::new(1, Width::Dword, Is::Ne, signal))
                .collect::<Result<Vec<_>, _>>()?;
            vec![SeccompRule::new(others)?]
        }
        None => vec![],
    };
    let own = u64::from(std::process::id());
    let mut rules = vec![
        (libc::SYS_bpf, bpf),
        // A thread shares the thread group; what does not is a process.
        (libc::SYS_clone, vec![bit(0, libc::CLONE_THREAD, 0)?]),
        // Only to itself, which is how a process aborts.
        (libc::SYS_tgkill, vec![when(0, Width::Dword, Is::Ne, own)?]),
        (libc::SYS_pidfd_send_signal, signals),
        // No memory becomes a program.
        (libc::SYS_mmap, vec![bit(2, libc::PROT_EXEC, libc::PROT_EXEC)?]),
        (
            libc::SYS_mprotect,
            vec![bit(2, libc::PROT_EXEC, libc::PROT_EXEC)?],
        ),
        (
            libc::SYS_pkey_mprotect,
            vec![bit(2, libc::PROT_EXEC, libc::PROT_EXEC)?],
        ),
    ];
    rules.extend(NEVER.iter().chain(NEVER_OLD).map(|&call| (call, vec![])));
    Ok(rules)
}

/// What may be sent where this is the strongest that is done.
fn allowed_signals(action: Action) -> Vec<u64> {
    let signals = match action {
        Action::Stop => vec![libc::SIGSTOP],
        Action::Kill => vec![libc::SIGSTOP, libc::SIGKILL],
    };
    signals
        .into_iter()
        .map(|signal| u64::from(signal.cast_unsigned()))
        .collect()
}

/// A filter that answers these calls with this error and lets all others pass.
fn compile(
    rules: impl IntoIterator<Item = (i64, Vec<SeccompRule>)>,
    error: libc::c_int,
) -> Result<BpfProgram, Refusal> {
    let rules: BTreeMap<i64, Vec<SeccompRule>> = rules.into_iter().collect();
    let machine = TargetArch::try_from(ARCH)?;
    let refuse = SeccompAction::Errno(error.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, machine)?;
    Ok(filter.try_into()?)
}

/// Takes away the second set of numbers that x86-64 may have for the same calls (x32), whose bit is in none of the
/// numbers above: as on a kernel that was built without them.
fn without_x32() -> BpfProgram {
    const LOAD_WORD: u16 = 0x20;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const X32: u32 = 0x4000_0000;
    const ALLOW: u32 = 0x7fff_0000;
    const ERRNO: u32 = 0x0005_0000;
    let step = |code, jt, jf, k| seccompiler::sock_filter { code, jt, jf, k };
    vec![
        // The number comes first in `struct seccomp_data`.
        step(LOAD_WORD, 0, 0, 0),
        step(JUMP_IF_SET, 0, 1, X32),
        step(RETURN, 0, 0, ERRNO | libc::ENOSYS.cast_unsigned()),
        step(RETURN, 0, 0, ALLOW),
    ]
}

#[cfg(test)]
mod tests;
