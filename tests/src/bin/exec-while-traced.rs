//! Runs a program under `ptrace(2)`, and writes another argument into its new image before that runs:
//! `exec-while-traced PROGRAM ARGS… GIVEN TAKEN`. It is given the one and takes the other, of the same length.

use std::{
    env,
    ffi::OsString,
    fs, io,
    os::unix::{ffi::OsStrExt as _, fs::FileExt as _, process::CommandExt as _},
    process::{Command, exit},
};

/// Which word of `/proc/PID/stat` behind the name says where the arguments begin, see `proc(5)`.
const ARG_START: usize = 48 - 3;

fn main() {
    if let Err(error) = run(&env::args_os().skip(1).collect::<Vec<_>>()) {
        eprintln!("error: {error}");
        exit(1);
    }
}

fn run(args: &[OsString]) -> io::Result<()> {
    let [program, args @ .., given, taken] = args else {
        return Err(io::Error::other(
            "usage: exec-while-traced PROGRAM ARGS… GIVEN TAKEN",
        ));
    };
    let mut command = Command::new(program);
    command.arg0("kubectl").args(args).arg(given);
    // SAFETY: between fork and exec it makes one system call.
    unsafe { command.pre_exec(|| done(libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0))) };
    let mut child = command.spawn()?;
    let pid = child.id().cast_signed();
    // It stops when it has called exec, for whoever traces it.
    let mut status = 0;
    // SAFETY: the child is ours, and the status is a number.
    done(i64::from(unsafe { libc::waitpid(pid, &raw mut status, 0) }))?;
    if !libc::WIFSTOPPED(status) {
        return Err(io::Error::other("it did not stop"));
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let words = stat.rsplit(')').next().unwrap_or_default();
    let beginning: u64 = words
        .split_whitespace()
        .nth(ARG_START)
        .and_then(|word| word.parse().ok())
        .ok_or_else(|| io::Error::other("nobody knows where its arguments are"))?;
    let all = fs::read(format!("/proc/{pid}/cmdline"))?;
    let place = all
        .windows(given.len())
        .position(|window| window == given.as_bytes())
        .ok_or_else(|| io::Error::other("the argument is not among them"))?;
    let memory = fs::OpenOptions::new()
        .write(true)
        .open(format!("/proc/{pid}/mem"))?;
    memory.write_all_at(taken.as_bytes(), beginning + place as u64)?;
    // SAFETY: it is ours and stands still.
    done(unsafe { libc::ptrace(libc::PTRACE_DETACH, pid, 0, 0) })?;
    child.wait()?;
    Ok(())
}

fn done(result: libc::c_long) -> io::Result<()> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
