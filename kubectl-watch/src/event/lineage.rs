//! What a process was before, and who is above it.

use super::Process;

/// Where a process comes from. What is not known of one of these is empty, and its pid is 0 where nothing is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lineage {
    /// What the process itself ran until this exec, where it was not what its creator ran.
    pub previous: Process,
    /// Where the parent belongs.
    pub parent: SessionPlace,
    /// Who is above the parent, the nearest first.
    pub ancestors: Vec<Ancestor>,
    /// The leader of its session.
    pub session_leader: Process,
    /// The leader of its process group.
    pub group_leader: Process,
    /// The first process that somebody or something from outside started, and everything here comes from.
    pub entry_leader: Process,
    /// How that one came to be, where it is known.
    pub entry_kind: Option<EntryKind>,
}

/// A process above the parent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ancestor {
    /// Who it is.
    pub process: Process,
    /// Where it belongs.
    pub place: SessionPlace,
    /// Whether it has ended, so that only its number, its time and its short name are known.
    pub has_left: bool,
}

/// Where a process belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionPlace {
    /// The session, which is its leader's pid; 0 where it is not known.
    pub session: u32,
    /// The controlling terminal, major and minor number.
    pub tty: Option<(u32, u32)>,
}

/// What let somebody in: `process.entry_leader.entry_meta.type`, in the words of Elastic Defend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The first process of the machine, or a service of it.
    Init,
    /// A login over SSH.
    Sshd,
    /// A session of AWS Systems Manager.
    Ssm,
    /// Something that the kubelet itself started.
    Kubelet,
    /// A login through Teleport.
    Teleport,
    /// A login at a virtual console.
    Console,
    /// A terminal that none of these gave.
    Terminal,
    /// A container.
    Container,
}

impl EntryKind {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Sshd => "sshd",
            Self::Ssm => "ssm",
            Self::Kubelet => "kubelet",
            Self::Teleport => "teleport",
            Self::Console => "console",
            Self::Terminal => "terminal",
            Self::Container => "container",
        }
    }
}
