//! What everybody has: the programs of every node and every image, the ways in, root, and values that are nobody's. A test that one of
//! these meets tells nobody from anybody.

use crate::eql::{Event, Field, Schema as _, Value};
use crate::event::{EntryKind, capability};
use crate::facts::FactSchema;

/// Values that nobody would name: only a test that nearly everything meets is met by one. Numbers are there large
/// and below zero, for `>` and `<`; addresses are such as nobody comes from, so a network with one in it is everybody's.
pub(super) const MADE_UP: [Value<'static>; 12] = [
    Value::Str(b"\x01nobody's value\x01"),
    Value::Str(b"/\x01nowhere/nobody's value\x01"),
    Value::Int(0x7777_7777_7777),
    Value::Int(-0x7777_7777_7777),
    Value::Bool(true),
    Value::Bool(false),
    Value::Str(b"0.1.2.3"),
    Value::Str(b"192.0.2.1"),
    Value::Str(b"240.0.0.1"),
    Value::Str(b"100::1"),
    Value::Str(b"2001:db8::1"),
    Value::Str(b"fec0::1"),
];

/// Where programs lie that everybody has.
const FOLDERS: &[&str] = &[
    "/usr/bin/",
    "/bin/",
    "/usr/local/bin/",
    "/usr/sbin/",
    "/sbin/",
    "/snap/bin/",
    "/usr/lib/systemd/",
];

/// Programs that the rules that ship are about.
const WATCHED: &[&str] = &[
    "kubectl",
    "oc",
    "kubecolor",
    "k9s",
    "helm",
    "k3s",
    "curl",
    "wget",
    "python3",
    "perl",
    "ruby",
    "node",
    "cat",
    "cp",
    "find",
    "grep",
    "ls",
    "tar",
    "busybox",
];

/// Programs that start others, on every node and in most images.
const STARTERS: &[&str] = &[
    "ash",
    "bash",
    "busybox",
    "containerd-shim-runc-v2",
    "cron",
    "crond",
    "csh",
    "dash",
    "dumb-init",
    "env",
    "fish",
    "ksh",
    "make",
    "node",
    "nohup",
    "perl",
    "python",
    "python2",
    "python3",
    "python3.9",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "ruby",
    "runc",
    "setsid",
    "sh",
    "sshd",
    "su",
    "sudo",
    "systemd",
    "tcsh",
    "timeout",
    "tini",
    "xargs",
    "zsh",
];

/// Flags that the rules about another identity ask for, with a value that is nobody's.
const FLAGS: &[&[u8]] = &[
    b"--as=\x01nobody's\x01",
    b"--as-group=\x01nobody's\x01",
    b"--as-uid=\x01nobody's\x01",
    b"--token=\x01nobody's\x01",
    b"--kubeconfig=\x01nobody's\x01",
];

/// By which everybody comes in.
const ENTRIES: [EntryKind; 8] = [
    EntryKind::Init,
    EntryKind::Sshd,
    EntryKind::Ssm,
    EntryKind::Kubelet,
    EntryKind::Teleport,
    EntryKind::Console,
    EntryKind::Terminal,
    EntryKind::Container,
];

/// Somebody of whom nothing is special: the program is the usual one and asks for another identity.
pub(super) struct Anybody {
    /// Whether it was started by a usual program.
    pub(super) is_usually_started: bool,
    /// Whether it is root.
    pub(super) is_root: bool,
    /// What every other field says.
    pub(super) rest: &'static [Value<'static>],
}

impl Event for Anybody {
    fn any(&self, field: Field, visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let name = FactSchema.name(field);
        let mut of_list = |list: &[&str]| list.iter().any(|text| visit(Value::Str(text.as_bytes())));
        match name {
            "process.name" | "kubectl_watch.executable.tool" => of_list(WATCHED),
            "kubectl_watch.executable.tool_source" => of_list(&["build_info", "strings"]),
            "process.executable" | "kubectl_watch.exec_path" => in_folders(WATCHED, visit),
            "process.args" => of_list(WATCHED) || FLAGS.iter().any(|flag| visit(Value::Str(flag))),
            "process.command_line" => with_flags(visit),
            "process.thread.capabilities.effective" | "process.thread.capabilities.permitted"
                if self.is_usually_started =>
            {
                capability::names(u64::MAX).any(|name| visit(Value::Str(name.as_bytes())))
            }
            "process.entry_leader.entry_meta.type" if self.is_usually_started => ENTRIES
                .iter()
                .any(|entry| visit(Value::Str(entry.name().as_bytes()))),
            _ if self.is_usually_started && is_pid(name) => {
                visit(Value::Int(1)) || self.rest.iter().any(|value| visit(*value))
            }
            _ if self.is_usually_started && is_above(name) => match name.rsplit('.').next() {
                Some("name") => of_list(STARTERS),
                Some("executable") => in_folders(STARTERS, visit),
                _ => self.rest.iter().any(|value| visit(*value)),
            },
            _ if self.is_root && is_who(name) => of_list(&["0", "root"]),
            _ => self.rest.iter().any(|value| visit(*value)),
        }
    }
}

/// Whether everybody has a program, by its path.
pub(crate) fn is_everybodys(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    // Of interpreters there are many versions.
    let any_version = name.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.');
    STARTERS.contains(&name) || STARTERS.contains(&any_version)
}

/// Each of these programs in each folder.
fn in_folders(programs: &[&str], visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    FOLDERS.iter().any(|folder| {
        let mut programs = programs.iter();
        programs.any(|program| visit(Value::Str(format!("{folder}{program}").as_bytes())))
    })
}

/// A line of each of the usual programs with each flag.
fn with_flags(visit: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
    WATCHED.iter().any(|program| {
        FLAGS.iter().any(|flag| {
            let line = [program.as_bytes(), b" ", flag].concat();
            visit(Value::Str(&line))
        })
    })
}

/// Whether a field is the number of a process: what is left behind gets the first one as its parent, and in a container
/// the first program has it itself.
fn is_pid(name: &str) -> bool {
    name == "process.vpid" || name.starts_with("process.") && name.rsplit('.').next() == Some("pid")
}

/// Whether a field is about a process above this one, or the program that this one ran before.
fn is_above(name: &str) -> bool {
    [
        "parent",
        "entry_leader",
        "session_leader",
        "group_leader",
        "previous",
    ]
    .iter()
    .any(|above| {
        name.strip_prefix("process.")
            .is_some_and(|rest| rest.starts_with(above))
    })
}

/// Whether a field says as whom the node runs the process.
fn is_who(name: &str) -> bool {
    let Some((of, "id" | "name")) = name.rsplit_once('.') else {
        return false;
    };
    let whose = of.rsplit('.').next().unwrap_or(of);
    let is_user = |word: &str| word.ends_with("user") || word.ends_with("group");
    !name.starts_with("user.target.") && (is_user(whose) || matches!(whose, "effective" | "real"))
}
