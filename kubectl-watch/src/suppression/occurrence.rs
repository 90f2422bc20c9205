//! A match as suppression sees it: of an event that happens now, or of a document that tells of one.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::eql::Event;
use crate::event::Args;
use crate::facts::Facts;
use crate::interpreter::is_interpreter;
use crate::kubectl::Request;
use crate::redact;

/// A process of one boot: its pid, and its start in nanoseconds.
pub type Process = (u32, u64);

/// What was matched, with the fields that a fingerprint is made of.
pub trait Occurrence: Event {
    /// When it happened.
    fn time(&self) -> Timestamp;
    /// The number of the exec, which several rules may match.
    fn sequence(&self) -> u64;
    /// The number of the cgroup, 0 where it is not known.
    fn cgroup(&self) -> u64;
    /// The container.
    fn container(&self) -> Option<&str>;
    /// The UID of the pod.
    fn pod(&self) -> Option<&str>;
    /// The process; none where its start is not known, since pids come back.
    fn process(&self) -> Option<Process>;
    /// [What it was told to do](command).
    fn command(&self) -> [u8; 32];
    /// What may differ among those that are the same otherwise, without secrets; nothing where it is not known.
    fn particulars(&self) -> [(&'static str, Vec<u8>); 5];
}

impl Occurrence for Facts<'_> {
    fn time(&self) -> Timestamp {
        self.event().time
    }

    fn sequence(&self) -> u64 {
        self.event().sequence
    }

    fn cgroup(&self) -> u64 {
        self.event().place.cgroup_id
    }

    fn container(&self) -> Option<&str> {
        self.event().place.container_id.as_deref()
    }

    fn pod(&self) -> Option<&str> {
        self.event().place.pod_uid.as_deref()
    }

    fn process(&self) -> Option<Process> {
        let process = &self.event().process;
        (process.pid != 0 && process.start_boot_ns != 0).then_some((process.pid, process.start_boot_ns))
    }

    fn command(&self) -> [u8; 32] {
        let process = &self.event().process;
        command(&process.args, &process.filename, &process.executable)
    }

    fn particulars(&self) -> [(&'static str, Vec<u8>); 5] {
        let event = self.event();
        let args = redact::args(&event.process.args);
        let target = Request::of_event(event, &args).and_then(|request| request.as_user);
        let user = event.names.user.clone();
        let user = user.unwrap_or_else(|| event.credentials.user.effective.to_string());
        [
            ("process.command_line", args.command_line().to_vec()),
            ("process.parent.name", redact::text(&event.parent.name)),
            ("process.pid", event.process.pid.to_string().into_bytes()),
            ("user.name", user.into_bytes()),
            ("user.target.name", target.unwrap_or_default()),
        ]
    }
}

/// A hash of the arguments, without the program's own name, which a dispatcher replaces; of a script without its
/// interpreter and the script, which the kernel puts before them, with one option between at most. The script is the
/// path that exec was given, where an interpreter was run for it. Of other programs that path is an argument like all.
pub fn command(args: &Args, exec_path: &[u8], executable: &[u8]) -> [u8; 32] {
    let is_script = exec_path != executable && is_interpreter(executable);
    let mut places = args.iter().enumerate().skip(1).take(2);
    let script = places.find(|(_, arg)| is_script && *arg == exec_path);
    let own = script.map_or(1, |(place, _)| place + 1);
    let mut hash = Sha256::new();
    for arg in args.iter().skip(own) {
        hash.update((arg.len() as u64).to_le_bytes());
        hash.update(arg);
    }
    hash.finalize().into()
}
