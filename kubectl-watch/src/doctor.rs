//! What a node has to offer: each need, found or not, and the fix.
//!
//! [`gather`](gather::gather) looks, [`report`] judges and knows no system, [`Report::write`] shows.

pub mod gather;
mod table;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::exit::ExitCode;

/// The oldest kernel that `cargo xtask kernels` tries. What is used is in Linux since 5.8.
const MIN_KERNEL: (u32, u32) = (5, 10);
/// The first that lets a program read its memory under `lockdown=confidentiality` (`bpf_rdonly_cast`).
const MIN_LOCKED: (u32, u32) = (6, 2);

/// Bits of capabilities.
const DAC_READ_SEARCH: u32 = 2;
const KILL: u32 = 5;
const SYS_PTRACE: u32 = 19;
const SYS_ADMIN: u32 = 21;
const PERFMON: u32 = 38;
const BPF: u32 = 39;

/// What was found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The kernel's release, as `uname -r` says it.
    pub kernel: String,
    /// The file of the kernel's types, and whether it is one.
    pub btf: (PathBuf, Btf),
    /// The daemon's effective capabilities, where they are known.
    pub capabilities: Option<u64>,
    /// Whether the kernel let a BPF object be made.
    pub bpf: Bpf,
    /// How far the kernel is locked against its own administrator, where it says so.
    pub lockdown: Option<Lockdown>,
    /// Whether the daemon sees the node's own pids, where that is known.
    pub host_pids: Option<bool>,
    /// Whether the kernel can filter system calls.
    pub seccomp: bool,
    /// Whether there is a BPF file system in the usual place.
    pub bpf_fs: bool,
    /// The node's root, or why its users cannot be read.
    pub host_root: Result<PathBuf, String>,
}

/// A file of the kernel's types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Btf {
    /// It is one.
    Valid,
    /// It is something else.
    Invalid,
    /// It cannot be read.
    Unreadable(String),
}

/// What became of a BPF object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bpf {
    /// It could be made.
    Allowed,
    /// The kernel refused.
    Denied,
    /// It failed otherwise.
    Failed(String),
}

/// How far a kernel is locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lockdown {
    /// Not.
    None,
    /// Nobody may change it.
    Integrity,
    /// Nobody may look into it either.
    Confidentiality,
}

/// How a need is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is.
    Good,
    /// Not, and alerts say less for it; or nobody knows.
    Lacking,
    /// Not, and without it there are no alerts: the program would end with this code.
    Missing(ExitCode),
}

/// One need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is needed.
    pub need: &'static str,
    /// How it is met.
    pub state: State,
    /// What was found.
    pub found: String,
    /// What to do about it; nothing for what is good.
    pub fix: Option<&'static str>,
}

/// All needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Each of them.
    pub checks: Vec<Check>,
}

impl Report {
    /// The code of the first thing without which there are no alerts.
    pub fn exit_code(&self) -> ExitCode {
        let missing = self.checks.iter().find_map(|check| match check.state {
            State::Missing(code) => Some(code),
            State::Good | State::Lacking => None,
        });
        missing.unwrap_or(ExitCode::Success)
    }
}

/// Judges what was found.
#[must_use]
pub fn report(findings: &Findings) -> Report {
    let mut checks = vec![
        kernel(&findings.kernel),
        btf(findings),
        lockdown(findings.lockdown, &findings.kernel),
    ];
    checks.extend(capabilities(findings.capabilities));
    checks.extend([
        bpf(&findings.bpf),
        bpf_fs(findings.bpf_fs),
        seccomp(findings.seccomp),
        host_pids(findings.host_pids),
        host_root(&findings.host_root),
    ]);
    Report { checks }
}

fn check(need: &'static str, state: State, found: impl Into<String>, fix: &'static str) -> Check {
    Check {
        need,
        state,
        found: found.into(),
        fix: (state != State::Good).then_some(fix),
    }
}

fn kernel(release: &str) -> Check {
    let state = match version(release) {
        Some(version) if version < MIN_KERNEL => State::Missing(ExitCode::Kernel),
        Some(_) => State::Good,
        None => State::Lacking,
    };
    check(
        "Linux 5.10",
        state,
        release,
        "Run a kernel of version 5.10 or newer on this node.",
    )
}

fn btf(findings: &Findings) -> Check {
    let (path, btf) = &findings.btf;
    let path = path.display();
    let (state, found) = match btf {
        Btf::Valid => (State::Good, path.to_string()),
        Btf::Invalid => (State::Missing(ExitCode::Kernel), format!("{path} is no BTF file")),
        Btf::Unreadable(error) => (State::Missing(ExitCode::Kernel), format!("{path}: {error}")),
    };
    let fix =
        "Run a kernel built with CONFIG_DEBUG_INFO_BTF=y, or name a BTF file of this very kernel with --btf.";
    check("kernel types", state, found, fix)
}

/// Major and minor version of a release.
fn version(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release
        .split(|char: char| !char.is_ascii_digit())
        .map(|number| number.parse().ok());
    numbers.next().flatten().zip(numbers.next().flatten())
}

fn lockdown(lockdown: Option<Lockdown>, release: &str) -> Check {
    let can_be_read = version(release).is_none_or(|version| version >= MIN_LOCKED);
    let (state, found) = match lockdown {
        Some(Lockdown::None) => (State::Good, "none"),
        Some(Lockdown::Integrity) => (State::Good, "integrity, which does no harm"),
        Some(Lockdown::Confidentiality) if can_be_read => (
            State::Good,
            "confidentiality, which this kernel can be watched under",
        ),
        Some(Lockdown::Confidentiality) => (State::Missing(ExitCode::Kernel), "confidentiality"),
        None => (State::Good, "not reported, so most likely none"),
    };
    let fix = "Run Linux 6.2 or newer, or start this kernel without lockdown=confidentiality: with it no program may read kernel memory.";
    check("lockdown", state, found, fix)
}

fn capabilities(set: Option<u64>) -> Vec<Check> {
    let Some(set) = set else {
        let fix = "Let the daemon read /proc/self/status.";
        return vec![check("capabilities", State::Lacking, "unknown", fix)];
    };
    let has = |bit: u32| set >> bit & 1 == 1;
    let one = |need, bits: &[u32], otherwise, fix| {
        let admin = has(SYS_ADMIN) && otherwise != State::Lacking;
        let (state, found) = match (bits.iter().all(|&bit| has(bit)), admin) {
            (true, _) => (State::Good, "effective"),
            (false, true) => (State::Good, "by CAP_SYS_ADMIN, which is more than is needed"),
            (false, false) => (otherwise, "missing"),
        };
        check(need, state, found, fix)
    };
    let privilege = State::Missing(ExitCode::Privilege);
    vec![
        one(
            "CAP_BPF",
            &[BPF],
            privilege,
            "Add BPF to the container's capabilities, or run as root.",
        ),
        one(
            "CAP_PERFMON",
            &[PERFMON],
            privilege,
            "Add PERFMON to the container's capabilities, or run as root.",
        ),
        one(
            "CAP_SYS_PTRACE",
            &[SYS_PTRACE],
            State::Lacking,
            "Add SYS_PTRACE to the container's capabilities: without it what ran before, the programs of containers and the node's own files stay unknown.",
        ),
        one(
            "CAP_DAC_READ_SEARCH",
            &[DAC_READ_SEARCH],
            State::Lacking,
            "Add DAC_READ_SEARCH to the container's capabilities: without it programs that only others may read are not known by content.",
        ),
        // Its absence is no fault: only who asks for it needs it, and is told so.
        check(
            "CAP_KILL",
            State::Good,
            if has(KILL) {
                "effective"
            } else {
                "missing, which only --respond needs, for processes of other users"
            },
            "",
        ),
    ]
}

fn bpf(bpf: &Bpf) -> Check {
    let (state, found) = match bpf {
        Bpf::Allowed => (State::Good, "allowed".to_owned()),
        Bpf::Denied => (State::Missing(ExitCode::Privilege), "denied".to_owned()),
        Bpf::Failed(error) => (State::Missing(ExitCode::Kernel), error.clone()),
    };
    let fix = "If the capabilities are there, a seccomp profile or a security module forbids bpf(2): use a profile \
               that allows it, such as RuntimeDefault with CAP_BPF, and a kernel with CONFIG_BPF_SYSCALL=y.";
    check("bpf system call", state, found, fix)
}

/// Its absence is no fault: only who pins needs it, and is told so.
fn bpf_fs(is_there: bool) -> Check {
    let found = if is_there {
        "at /sys/fs/bpf"
    } else {
        "none at /sys/fs/bpf, which only --pin needs: `mount -t bpf bpf /sys/fs/bpf`"
    };
    check("BPF file system", State::Good, found, "")
}

fn seccomp(seccomp: bool) -> Check {
    let (state, found) = if seccomp {
        (State::Good, "there are")
    } else {
        (State::Lacking, "none")
    };
    let fix =
        "Run a kernel built with CONFIG_SECCOMP_FILTER=y: without it the daemon keeps every system call.";
    check("system call filters", state, found, fix)
}

fn host_pids(host_pids: Option<bool>) -> Check {
    let (state, found) = match host_pids {
        Some(true) => (State::Good, "seen"),
        Some(false) => (State::Lacking, "hidden by a pid namespace"),
        None => (State::Lacking, "unknown"),
    };
    let fix = "Set hostPID: true in the pod: without it parents and containers are known by what the kernel keeps only.";
    check("the node's pids", state, found, fix)
}

fn host_root(root: &Result<PathBuf, String>) -> Check {
    let (state, found) = match root {
        Ok(path) => (State::Good, path.display().to_string()),
        Err(error) => (State::Lacking, error.clone()),
    };
    let fix =
        "Mount the node's root read-only and name it with --host-root: without it users have numbers only.";
    check("the node's root", state, found, fix)
}
