//! What joins alerts: facts of the process that whoever runs it cannot choose.

use crate::event::ProcessEvent;

/// What two alerts have in common, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// It is the same exec, found by another rule.
    Exec,
    /// The session: the same terminal window, `ssh` command, service or job.
    Session,
    /// The container.
    Container,
    /// The login, which goes on through `sudo`, `su` and `setsid`.
    Login,
}

/// One exec, session, container or login.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// The number of the event, and the pid: what was found running has no number of its own.
    Exec(u64, u32),
    /// The session's leader: its pid, and its start in nanoseconds since boot.
    Session(u32, u64),
    /// The container's id.
    Container(String),
    /// The audit session.
    Login(u32),
}

/// The keys of an event that are known, the narrowest first.
pub(super) fn keys(event: &ProcessEvent) -> impl Iterator<Item = Key> + use<> {
    let leader = &event.lineage.session_leader;
    let is_known = leader.pid != 0 && leader.start_boot_ns != 0;
    [
        Some(Key::Exec(event.sequence, event.process.pid)),
        is_known.then_some(Key::Session(leader.pid, leader.start_boot_ns)),
        event.place.container_id.clone().map(Key::Container),
        event.credentials.audit_session.map(Key::Login),
    ]
    .into_iter()
    .flatten()
}

impl Key {
    /// What it is a key to.
    pub(super) const fn by(&self) -> By {
        match self {
            Self::Exec(..) => By::Exec,
            Self::Session(..) => By::Session,
            Self::Container(_) => By::Container,
            Self::Login(_) => By::Login,
        }
    }
}

impl By {
    /// How many there are.
    pub(super) const KINDS: usize = Self::Login as usize + 1;

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exec => "exec",
            Self::Session => "session",
            Self::Container => "container",
            Self::Login => "login",
        }
    }
}
