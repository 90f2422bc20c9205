//! Runs a program in place, from a thread that is not the first: `exec-from-thread PROGRAM [ARG …]`.

use std::{env, os::unix::process::CommandExt as _, process::Command, thread};

fn main() {
    let mut words = env::args_os().skip(1);
    let Some(program) = words.next() else {
        eprintln!("usage: exec-from-thread PROGRAM [ARG …]");
        std::process::exit(2);
    };
    let args: Vec<_> = words.collect();
    let error = thread::spawn(move || Command::new(program).args(args).exec()).join();
    eprintln!("it did not start: {error:?}");
    std::process::exit(1);
}
