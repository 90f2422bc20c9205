//! What runs in the machines of `cargo xtask kernels`: the first process, the cases, and the helpers they exec.
//!
//! It knows the daemon only as a user does, and speaks to the console in lines that `xtask/src/kernels/verdict.rs`
//! reads. What it is follows from how it is called.

mod account;
mod cases;
mod machine;
mod refusal;

use std::{
    env,
    os::unix::process::CommandExt as _,
    path::Path,
    process::{Command, ExitCode},
    thread,
};

fn main() -> ExitCode {
    let mut words = env::args_os();
    let name = words.next().unwrap_or_default();
    if Path::new(&name).file_name().is_some_and(|name| name == "kubectl") {
        return ExitCode::SUCCESS;
    }
    if rustix::process::getpid().is_init() {
        return machine::run();
    }
    match words.next() {
        Some(word) if word == "cases" => {
            run_cases();
            ExitCode::SUCCESS
        }
        Some(word) if word == "from-thread" => from_thread(&words.collect::<Vec<_>>()),
        _ => {
            eprintln!("this is for the machines that `cargo xtask kernels` starts");
            ExitCode::from(2)
        }
    }
}

/// Asks the machine whether it can watch at all, and then either how it refuses or all cases.
fn run_cases() {
    let doctor = refusal::doctor();
    if doctor == Some(0) {
        account::case("doctor", || ());
        cases::run();
    } else {
        account::case("doctor", || refusal::run(doctor));
    }
    account::say("end");
}

/// Runs a program in place, from a thread that is not the first.
fn from_thread(words: &[std::ffi::OsString]) -> ExitCode {
    let Some((program, args)) = words.split_first() else {
        return ExitCode::from(2);
    };
    let mut command = Command::new(program);
    command.args(args);
    let error = thread::spawn(move || command.exec()).join();
    eprintln!("it did not start: {error:?}");
    ExitCode::FAILURE
}
