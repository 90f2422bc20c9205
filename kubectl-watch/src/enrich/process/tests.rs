use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdout, Command, Stdio},
};

use super::*;

#[test]
fn another_process_of_the_same_pid_is_refused() {
    let own = std::fs::read("/proc/self/stat").expect("there is one");
    let start = start_ticks(&own).expect("it is there") * NANOSECONDS_PER_TICK;
    let this = Process {
        pid: std::process::id(),
        start_boot_ns: start,
        ..Process::default()
    };
    let folder = ProcessFolder::open(&this).expect("it is this process");
    assert!(folder.read("cmdline", 4096).is_some_and(|line| !line.is_empty()));
    let other = Process {
        start_boot_ns: start + NANOSECONDS_PER_TICK,
        ..this
    };
    assert!(ProcessFolder::open(&other).is_none());
}

/// A process, as the kernel would name it.
fn named(child: &Child) -> Process {
    let folder = ProcessFolder::of_pid(child.id()).expect("it was not waited for");
    Process {
        pid: child.id(),
        start_boot_ns: folder.start_ticks().expect("it was not waited for") * NANOSECONDS_PER_TICK,
        ..Process::default()
    }
}

/// A shell that has begun to run a script. Before that it may have no arguments yet.
fn shell(script: &str, args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("echo; {script}")).args(args);
    let mut child = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut output = BufReader::new(child.stdout.take().expect("it has one"));
    output.read_line(&mut String::new()).expect("it writes");
    (child, output)
}

#[test]
fn arguments_are_those_of_now() {
    let (mut child, mut output) = shell("read word; exec cat", &[]);
    let process = named(&child);
    let args = || ProcessFolder::open(&process)?.args();
    let first = |args: Option<Args>| args.and_then(|args| args.iter().next().map(<[u8]>::to_vec));
    assert_eq!(first(args()).as_deref(), Some(&b"sh"[..]));
    let mut input = child.stdin.take().expect("it has one");
    input.write_all(b"go\nhello\n").expect("it reads");
    let mut line = String::new();
    output.read_line(&mut line).expect("it writes");
    assert_eq!(
        (line.as_str(), first(args()).as_deref()),
        ("hello\n", Some(&b"cat"[..]))
    );
    drop(input);
    child.wait().expect("it ends with its input");
    assert_eq!(args(), None);
}

#[test]
fn who_has_ended_stays_so() {
    let mut child = Command::new("true").spawn().expect("it starts");
    let process = named(&child);
    child.wait().expect("it ends");
    for _ in 0..2 {
        assert!(ProcessFolder::open(&process).is_none());
    }
}

/// The arguments behind `sh -c SCRIPT` of a shell that was given these.
fn read_of(args: &[&str]) -> Args {
    let (mut child, _output) = shell("read word", args);
    let folder = ProcessFolder::open(&named(&child)).expect("it runs");
    let read = folder.args().expect("it runs");
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    read
}

#[test]
fn long_arguments_are_read_up_to_the_limit() {
    let taken = "sh -c echo; read word - ".len();
    for (length, is_cut) in [
        (FIRST_READ, false),
        (3 * FIRST_READ, false),
        // Each has a byte behind it.
        (MAX_ARGS - taken - 1, false),
        (MAX_ARGS - taken, true),
        (2 * MAX_ARGS - taken - 10, true),
    ] {
        let long = "x".repeat(length);
        let args = read_of(&["-", &long]);
        let whole = format!("sh -c echo; read word - {long}").into_bytes();
        assert_eq!(args.is_cut(), is_cut, "{length}");
        assert_eq!(
            args.command_line(),
            &whole[..whole.len().min(MAX_ARGS)],
            "{length}"
        );
    }
}

#[test]
fn a_short_argument_whose_end_was_not_read_is_left_out() {
    let (long, last) = (
        "x".repeat(MAX_ARGS - 100),
        "--token=".to_owned() + &"y".repeat(200),
    );
    let args = read_of(&["-", &long, &last]);
    assert!(args.is_cut());
    assert_eq!(args.iter().skip(3).collect::<Vec<_>>(), [b"-", long.as_bytes()]);
}
