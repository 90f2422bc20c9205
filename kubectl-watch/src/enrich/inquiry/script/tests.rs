use std::fs;
use std::process::{Child, Command, Stdio};

use jiff::Timestamp;
use rustix::fs::{Timespec, Timestamps};

use super::*;
use crate::enrich::process::{NANOSECONDS_PER_TICK, start_ticks};

/// A shell that waits, and the event of a process that it started.
struct Stage {
    child: Child,
    event: ProcessEvent,
}

impl Stage {
    fn new(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let folder = format!("/proc/{}", child.id());
        // It is known to have begun its exec, not to have ended it.
        while fs::read(format!("{folder}/cmdline")).is_ok_and(|line| line.is_empty()) {
            std::thread::yield_now();
        }
        let stat = fs::read(format!("{folder}/stat")).expect("it is there");
        let executable = fs::read_link(format!("{folder}/exe")).expect("it is there");
        let executable = executable.into_os_string().into_encoded_bytes();
        let parent = Process {
            pid: child.id(),
            start: Timestamp::MAX,
            start_boot_ns: start_ticks(&stat).expect("it has one") * NANOSECONDS_PER_TICK,
            name: crate::event::basename(&executable).to_vec(),
            executable,
            ..Process::default()
        };
        let event = ProcessEvent {
            parent,
            ..ProcessEvent::default()
        };
        Self { child, event }
    }

    fn script(&self) -> Option<Script> {
        Question::of(&self.event).map(|question| question.answer())
    }

    fn unknown(&self) -> Option<NoScript> {
        self.script().and_then(|script| script.unknown)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_script_is_read_as_its_interpreter_sees_it() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("deploy.sh");
    fs::write(&path, "read line\n").expect("file");
    let mut stage = Stage::new(Command::new("bash").arg("./deploy.sh").current_dir(&folder));
    let script = stage.script().expect("there is one");
    let real = fs::canonicalize(&path).expect("it is there");
    assert_eq!(script.path, real.into_os_string().into_encoded_bytes());
    let facts = script.facts.clone().expect("it was found");
    let hash = crate::integrity::sha256_of(b"read line\n");
    assert_eq!(facts.sha256, Some(hash));
    assert_eq!((script.unknown, script.pid), (None, stage.child.id()));

    // It is not said what it was, once it may be something else.
    stage.event.parent.start = Timestamp::now()
        .saturating_sub(SignedDuration::from_hours(1))
        .expect("time");
    fs::write(&path, "read other\n").expect("file");
    let script = stage.script().expect("there is one");
    assert_eq!(script.unknown, Some(NoScript::File(Unknown::Changed)));
    assert_eq!(script.facts.and_then(|it| it.sha256), None);
    // Nor by setting its time back.
    let old = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let file = fs::File::open(&path).expect("file");
    rustix::fs::futimens(
        &file,
        &Timestamps {
            last_access: old,
            last_modification: old,
        },
    )
    .expect("it is ours");
    assert_eq!(stage.unknown(), Some(NoScript::File(Unknown::Changed)));
    fs::remove_file(&path).expect("it is ours");
    assert_eq!(stage.unknown(), Some(NoScript::Missing));
}

#[test]
fn what_is_no_script_is_called_what_it_is() {
    for (args, want) in [
        (&["-c", "read line; true"][..], NoScript::CommandLine),
        (&["-s"], NoScript::Stdin),
        (&["/dev/fd/0"], NoScript::Descriptor),
    ] {
        let stage = Stage::new(Command::new("bash").args(args));
        assert_eq!(stage.unknown(), Some(want), "{args:?}");
    }
    let folder = tempfile::tempdir().expect("folder");
    let stage = Stage::new(Command::new("bash").args(["-c", "read line; true"]));
    let mut left = stage.event.clone();
    left.parent_left = true;
    let gone = Some(NoScript::File(Unknown::Gone));
    assert_eq!(Question::of(&left).and_then(|it| it.answer().unknown), gone);
    // A pipe holds up nobody.
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, 0o600.into()).expect("folder");
    let _both = fs::File::options()
        .read(true)
        .write(true)
        .open(&pipe)
        .expect("it opens");
    let stage = Stage::new(Command::new("bash").arg(&pipe));
    assert_eq!(stage.unknown(), Some(NoScript::File(Unknown::Unreadable)));
}

#[test]
fn code_in_arguments_is_traced_to_the_script_above() {
    let folder = tempfile::tempdir().expect("folder");
    fs::write(folder.path().join("deploy.sh"), "read line\n").expect("file");
    let inner = Stage::new(Command::new("bash").args(["-c", "read line; true"]));
    let outer = Stage::new(Command::new("bash").arg("deploy.sh").current_dir(&folder));
    let mut event = inner.event.clone();
    event.lineage.ancestors.push(crate::event::Ancestor {
        process: outer.event.parent.clone(),
        ..crate::event::Ancestor::default()
    });
    let script = Question::of(&event).expect("there is one").answer();
    assert!(script.path.ends_with(b"/deploy.sh"), "{script:?}");
    // But not beyond the door through which it came in.
    event.lineage.entry_leader = event.parent.clone();
    let unknown = Question::of(&event).and_then(|it| it.answer().unknown);
    assert_eq!(unknown, Some(NoScript::CommandLine));
}
