//! The filter on a thread of the test, and the kernel's answers to it.

use std::fs;
use std::io::{Read, Write};
use std::thread;

use super::*;

/// Calls with arguments that can do nothing: null pointers, closed descriptors, nobody's process.
fn call(number: i64, first: i64, third: i64) -> i32 {
    let nowhere = 0_usize;
    // SAFETY: no argument points anywhere, so nothing is read, written or mapped; what the call could do without
    // pointers is to nobody.
    let answer = unsafe { libc::syscall(number, first, nowhere, third, nowhere, -1, nowhere) };
    match answer {
        -1 => std::io::Error::last_os_error().raw_os_error().unwrap_or_default(),
        _ => 0,
    }
}

/// Runs in a thread that has the filter, alone.
fn filtered<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    filtered_but(Keep::default(), run)
}

/// The same, with something left to do.
fn filtered_but<T: Send + 'static>(keep: Keep, run: impl FnOnce() -> T + Send + 'static) -> T {
    let filtered = thread::spawn(move || {
        rustix::thread::set_no_new_privs(true).expect("it is allowed");
        for program in programs(keep).expect("there is one") {
            seccompiler::apply_filter(&program).expect("it is allowed");
        }
        run()
    });
    filtered.join().expect("it ends")
}

#[test]
fn what_is_forbidden_is_refused_before_the_kernel_looks_at_it() {
    // What would do something even with these arguments; and what needs others.
    let spared = [libc::SYS_vhangup, libc::SYS_kill, libc::SYS_tkill];
    let spared_old: &[i64] = if cfg!(target_arch = "x86_64") {
        &NEVER_OLD[..2]
    } else {
        &[]
    };
    let calls: Vec<i64> = NEVER.iter().chain(NEVER_OLD).copied().collect();
    let calls = calls
        .into_iter()
        .filter(move |call| !spared.contains(call) && !spared_old.contains(call));
    let let_through: Vec<i64> = filtered(move || {
        calls
            .filter(|&number| call(number, -1, 0) != libc::EPERM)
            .collect()
    });
    assert_eq!(let_through, [] as [i64; 0]);
}

#[test]
fn an_exec_is_refused_and_was_not_before() {
    // Without a path there is nothing to exec, with the filter or without it.
    assert_eq!(call(libc::SYS_execve, 0, 0), libc::EFAULT);
    assert_eq!(filtered(|| call(libc::SYS_execve, 0, 0)), libc::EPERM);
    let started = filtered(|| std::process::Command::new("/bin/true").status());
    assert_eq!(
        started.expect_err("it does not start").kind(),
        std::io::ErrorKind::PermissionDenied
    );
}

#[test]
fn commands_of_bpf_are_told_apart() {
    let answers = filtered(|| {
        (0..48)
            .map(|command| call(libc::SYS_bpf, command, 0))
            .collect::<Vec<_>>()
    });
    for (command, answer) in (0_u64..).zip(answers) {
        let forbidden = BPF_NEVER.contains(&command) || command == BPF_ATTACH || command >= BPF_UNKNOWN;
        assert_eq!(answer == libc::EPERM, forbidden, "{command}: {answer}");
    }
}

#[test]
fn to_follow_takes_one_command_more() {
    let keep = Keep {
        attach: true,
        ..Keep::default()
    };
    let attach = i64::try_from(BPF_ATTACH).expect("it is small");
    assert_ne!(
        filtered_but(keep, move || call(libc::SYS_bpf, attach, 0)),
        libc::EPERM
    );
}

#[test]
fn only_the_signals_of_a_response_are_sent_and_only_where_there_is_one() {
    // A descriptor that is closed: what passes the filter is EBADF.
    let send = |signal: libc::c_int| {
        // SAFETY: the call reads nothing where the last arguments are null, and the descriptor is nobody's.
        let answer = unsafe { libc::syscall(libc::SYS_pidfd_send_signal, -1, signal, 0_usize, 0) };
        assert_eq!(answer, -1);
        std::io::Error::last_os_error().raw_os_error().unwrap_or_default()
    };
    let all = [libc::SIGSTOP, libc::SIGKILL, libc::SIGTERM];
    for (signal, answers) in [
        (None, [libc::EPERM; 3]),
        (Some(Action::Stop), [libc::EBADF, libc::EPERM, libc::EPERM]),
        (Some(Action::Kill), [libc::EBADF, libc::EBADF, libc::EPERM]),
    ] {
        let keep = Keep {
            signal,
            ..Keep::default()
        };
        assert_eq!(filtered_but(keep, move || all.map(send)), answers, "{signal:?}");
    }
}

#[test]
fn no_memory_becomes_a_program() {
    let executable = i64::from(libc::PROT_READ | libc::PROT_EXEC);
    let answers = filtered(move || {
        [libc::SYS_mmap, libc::SYS_mprotect, libc::SYS_pkey_mprotect]
            .map(|number| call(number, 0, executable))
    });
    assert_eq!(answers, [libc::EPERM; 3]);
}

#[test]
fn the_other_numbers_of_the_same_calls_do_not_exist() {
    if cfg!(target_arch = "x86_64") {
        // execve of x32.
        assert_eq!(filtered(|| call(0x4000_0000 + 520, 0, 0)), libc::ENOSYS);
    }
}

#[test]
fn what_the_daemon_does_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new");
    filtered(move || {
        let mut file = fs::File::options()
            .write(true)
            .create_new(true)
            .open(&path)
            .expect("a file");
        file.write_all(b"x").expect("it is written");
        fs::rename(&path, path.with_extension("json")).expect("it is renamed");
        fs::read_dir("/proc/self/task").expect("it is listed");
        let (mut read, mut write) = std::io::pipe().expect("a pipe");
        // A thread of a filtered thread is filtered, and runs.
        let writer = thread::spawn(move || write.write_all(&[b'x'; 16]));
        let mut some = [0; 16];
        read.read_exact(&mut some).expect("it is read");
        writer.join().expect("it ends").expect("it is written");
    });
}
