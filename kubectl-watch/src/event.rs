//! A process event in ECS terms: what a source makes, what rules look at, what an alert is written from.
//!
//! Bytes that a process chose stay bytes here; who shows them makes them harmless.

mod args;
pub(crate) mod capability;
mod circumstances;
mod environment;
mod executable;
pub mod field;
mod file;
pub mod file_system;
pub mod follow_up;
mod kubeconfig;
mod lineage;
mod script;

pub use args::Args;
pub use circumstances::{Circumstances, PodNames, Source, Witness};
pub use environment::Environment;
pub use executable::{Content, Executable, Loaded, Unknown, Verdict};
pub use file::{File, FileVersion};
use jiff::Timestamp;
pub use kubeconfig::NamedKubeconfig;
pub use lineage::{Ancestor, EntryKind, Lineage, SessionPlace};
pub use script::{NoScript, Script};

/// The kernel counts start times in nanoseconds, `/proc` in ticks of `USER_HZ`, which is 100 everywhere.
pub const NANOSECONDS_PER_TICK: u64 = 10_000_000;

/// One process event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessEvent {
    /// When it happened; the only clock that later stages have.
    pub time: Timestamp,
    /// Counts the events of this run of the daemon, from 1.
    pub sequence: u64,
    /// Whether it was found running when the watch began, and nobody saw its exec.
    pub found_running: bool,
    /// The process that called exec.
    pub process: Process,
    /// The file that it runs, where the kernel said.
    pub file: Option<File>,
    /// What is in that file; `enrich` fills it.
    pub executable: Executable,
    /// Who forked it.
    pub parent: Process,
    /// Whether somebody else is its parent by now, most often because the one who forked it has ended.
    pub parent_left: bool,
    /// Whether another process traced it (`ptrace(2)`), and so could change its arguments after they were read.
    pub is_traced: bool,
    /// Who it runs as.
    pub credentials: Credentials,
    /// What the node calls those ids; `enrich` fills it.
    pub names: Names,
    /// Where in the machine it runs.
    pub place: Place,
    /// What came before the process, and who is above it.
    pub lineage: Lineage,
    /// What of its environment is of use.
    pub environment: Environment,
    /// Which kubeconfig arguments and environment name; `enrich` fills it.
    pub kubeconfig_named: NamedKubeconfig,
    /// What was found out beside that; `enrich` fills it, for alerts.
    pub circumstances: Circumstances,
    /// What of this event could not be had, in words for the alert.
    pub gaps: Vec<Gap>,
}

/// A process: what it is called, what it runs, with which arguments.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Process {
    /// The process id as the host counts.
    pub pid: u32,
    /// The thread that acted, as the host counts.
    pub tid: u32,
    /// When it was made; with the pid it names the process for ever.
    pub start: Timestamp,
    /// The same in nanoseconds since boot: exact, where the wall clock may have been set.
    pub start_boot_ns: u64,
    /// The kernel's own short name, cut to 15 bytes; a process may change it.
    pub comm: Vec<u8>,
    /// The last component of what was exec'd: a script's own name, not its interpreter's.
    pub name: Vec<u8>,
    /// The file that runs, links resolved: an interpreter for a script. Empty where unknown.
    pub executable: Vec<u8>,
    /// The path as given to exec, or the end of it for a parent. Empty where unknown.
    pub filename: Vec<u8>,
    /// The arguments, the program's own name first.
    pub args: Args,
}

/// Users and groups by number, with what they may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// Who started it, whose rights it has, whose rights it can take back.
    pub user: Ids,
    /// The same for groups.
    pub group: Ids,
    /// Who logged in, where the kernel keeps that and somebody did.
    pub login_uid: Option<u32>,
    /// The audit session of that login.
    pub audit_session: Option<u32>,
    /// Effective capabilities, one bit each.
    pub cap_effective: u64,
    /// Permitted capabilities, one bit each.
    pub cap_permitted: u64,
}

/// Three ids of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// Who started it.
    pub real: u32,
    /// Whose rights it has.
    pub effective: u32,
    /// Whose rights it can take back.
    pub saved: u32,
}

/// The names of a process's ids, from the node's own user and group files. None where an id has no name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The effective user.
    pub user: Option<String>,
    /// The real user.
    pub real_user: Option<String>,
    /// The saved user.
    pub saved_user: Option<String>,
    /// Who logged in.
    pub login_user: Option<String>,
    /// The effective group.
    pub group: Option<String>,
    /// The real group.
    pub real_group: Option<String>,
}

/// Where in the machine a process runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The cgroup's id: the inode number of its folder in the cgroup2 hierarchy.
    pub cgroup_id: u64,
    /// The process id as its own pid namespace counts.
    pub ns_pid: u32,
    /// Inode number of the pid namespace.
    pub pid_ns: u32,
    /// Inode number of the mount namespace.
    pub mnt_ns: u32,
    /// The controlling terminal, major and minor number.
    pub tty: Option<(u32, u32)>,
    /// The container's id, where it runs in one.
    pub container_id: Option<String>,
    /// The pod's UID, where it runs in one.
    pub pod_uid: Option<String>,
    /// When that container was started, where that is known.
    pub container_start: Option<Timestamp>,
}

/// Something of an event that could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Some of the arguments.
    Args,
    /// The beginning of the executable's path.
    Executable,
    /// The beginning of the parent's executable's path.
    ParentExecutable,
    /// Who forked it is not known, and the parent is that of the moment; or only its short name was left.
    Parent,
    /// Some of the environment.
    Environment,
    /// Some of the processes above the parent.
    Ancestors,
    /// What is in the executable.
    Content,
    /// The kubeconfig, or some of it.
    Kubeconfig,
    /// The preferences, or some of them.
    Kuberc,
    /// From where somebody came in over SSH.
    Source,
    /// What Kubernetes calls the pod.
    Pod,
    /// The script that ran the process.
    Script,
}

impl ProcessEvent {
    /// Bytes that processes chose, and that have no small bound: the arguments, each list once, and the environment.
    pub fn chosen_bytes(&self) -> usize {
        let lineage = &self.lineage;
        let processes = [
            &self.process,
            &self.parent,
            &lineage.entry_leader,
            &lineage.session_leader,
            &lineage.group_leader,
        ];
        let environment = self.environment.iter().map(<[u8]>::len);
        let named = &self.kubeconfig_named;
        Args::bytes_of(&processes.map(|process| &process.args))
            + Args::bytes_of(&[&named.flag, &named.variable])
            + environment.sum::<usize>()
    }

    /// Whether its executable was written, or changed in any way, after its container started. None where either
    /// time is not known.
    pub fn changed_after_container_start(&self) -> Option<bool> {
        let start = self.place.container_start?.as_nanosecond();
        Some(i128::from(self.file?.version.changed_ns) > start)
    }
}

impl Process {
    /// When it was made, in ticks of `USER_HZ` since boot, as `/proc` has it.
    pub const fn start_ticks(&self) -> u64 {
        self.start_boot_ns / NANOSECONDS_PER_TICK
    }
}

/// The last component of a path; the whole of it where there is no slash.
pub fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or(path)
}

/// Whether a path names an open file by its descriptor (`/dev/fd/7`, `/proc/self/fd/7`), and so says no name.
pub fn is_file_descriptor(path: &[u8]) -> bool {
    let Some(number) = path.rsplit(|&byte| byte == b'/').next() else {
        return false;
    };
    let folder = &path[..path.len() - number.len()];
    let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
    is_number && (folder == b"/dev/fd/" || (folder.starts_with(b"/proc/") && folder.ends_with(b"/fd/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basename_is_what_follows_the_last_slash() {
        for (path, name) in [
            ("/usr/bin/kubectl", "kubectl"),
            ("./x.sh", "x.sh"),
            ("sh", "sh"),
            ("a/", ""),
        ] {
            assert_eq!(basename(path.as_bytes()), name.as_bytes(), "{path}");
        }
    }
    #[test]
    fn a_descriptor_is_not_a_name() {
        for path in ["/dev/fd/3", "/proc/self/fd/12", "/proc/7/task/8/fd/9"] {
            assert!(is_file_descriptor(path.as_bytes()), "{path}");
        }
        for path in [
            "/dev/fd/3/kubectl",
            "/dev/fd/",
            "/tmp/fd/3",
            "/proc/7/exe",
            "3",
            "",
        ] {
            assert!(!is_file_descriptor(path.as_bytes()), "{path}");
        }
    }
}
