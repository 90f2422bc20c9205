//! Who leads: of the session, of the process group, and who came in from outside.
//!
//! The kernel names the leaders by pid and start, and every process above the parent. A leader is most often one of
//! those; one that is not is looked up in `/proc` while it lives.

use super::process::ProcessFolder;
use crate::event::{EntryKind, Process, ProcessEvent, SessionPlace, basename};

/// Major numbers of pseudo-terminals: `UNIX98_PTY_SLAVE_MAJOR` of Linux and the seven after it.
const PSEUDO: std::ops::RangeInclusive<u32> = 136..=143;

/// Programs that let somebody in. What they start begins a new entry.
const DOORS: &[(&str, EntryKind)] = &[
    ("sshd", EntryKind::Sshd),
    ("sshd-session", EntryKind::Sshd),
    ("dropbear", EntryKind::Sshd),
    ("ssm-session-worker", EntryKind::Ssm),
    ("kubelet", EntryKind::Kubelet),
    ("teleport", EntryKind::Teleport),
    ("login", EntryKind::Console),
    ("containerd-shim", EntryKind::Container),
    ("containerd-shim-runc-v1", EntryKind::Container),
    ("containerd-shim-runc-v2", EntryKind::Container),
    ("conmon", EntryKind::Container),
    ("conmonrs", EntryKind::Container),
    ("runc", EntryKind::Container),
    ("crun", EntryKind::Container),
];

/// One process on the way up.
struct Link<'a> {
    process: &'a Process,
    place: SessionPlace,
}

/// Fills all three leaders.
pub(super) fn fill(event: &mut ProcessEvent) {
    if event.lineage.session_leader.name.is_empty() {
        event.lineage.session_leader = lookup(event, &event.lineage.session_leader);
    }
    if event.lineage.group_leader.name.is_empty() {
        event.lineage.group_leader = lookup(event, &event.lineage.group_leader);
    }
    if event.lineage.entry_leader.pid == 0
        && let Some((leader, kind)) = entry(&way_up(event))
    {
        event.lineage.entry_leader = leader.clone();
        event.lineage.entry_kind = Some(kind);
    }
}

/// Reads what the leaders were started with, while they live. One that had left by the exec is not looked for, as
/// its pid may be another's.
pub(super) fn fill_args(event: &mut ProcessEvent) {
    let ProcessEvent {
        process,
        parent,
        lineage,
        ..
    } = event;
    let ancestors = &lineage.ancestors;
    let has_left = |leader: &Process| {
        ancestors
            .iter()
            .any(|ancestor| ancestor.has_left && is_same(&ancestor.process, leader))
    };
    // One process may be all three.
    let mut read: Vec<Process> = Vec::new();
    for leader in [
        &mut lineage.session_leader,
        &mut lineage.group_leader,
        &mut lineage.entry_leader,
    ] {
        if !leader.args.is_empty() || leader.pid == 0 {
            continue;
        }
        let known = [&*process, &*parent].into_iter().chain(&read);
        if let Some(same) = known.into_iter().find(|it| is_same(it, leader)) {
            leader.args = same.args.clone();
        } else if !has_left(leader)
            && let Some(args) = ProcessFolder::open(leader).and_then(|folder| folder.args())
        {
            leader.args = args;
            read.push(leader.clone());
        }
    }
}

/// The process itself, its parent, and all above.
fn way_up(event: &ProcessEvent) -> Vec<Link<'_>> {
    let own = Link {
        process: &event.process,
        place: SessionPlace {
            session: event.lineage.session_leader.pid,
            tty: event.place.tty,
        },
    };
    let parent = Link {
        process: &event.parent,
        place: event.lineage.parent,
    };
    let above = event.lineage.ancestors.iter().map(|ancestor| Link {
        process: &ancestor.process,
        place: ancestor.place,
    });
    [own, parent].into_iter().chain(above).collect()
}

/// The nearest process that was let in, and how.
fn entry<'a>(way_up: &[Link<'a>]) -> Option<(&'a Process, EntryKind)> {
    way_up.windows(2).find_map(|pair| {
        let [this, above] = pair else { return None };
        Some((this.process, kind(this, above)?))
    })
}

/// How a process was let in by the one above it, if it was.
fn kind(this: &Link<'_>, above: &Link<'_>) -> Option<EntryKind> {
    if let Some(kind) = door_kind(above.process) {
        return Some(kind);
    }
    let leads = this.place.session != 0 && this.place.session == this.process.pid;
    match this.place.tty {
        Some((major, _)) if leads && PSEUDO.contains(&major) && above.place.tty.is_none() => {
            Some(EntryKind::Terminal)
        }
        Some((4, _)) if leads && above.place.tty.is_none() => Some(EntryKind::Console),
        _ => (above.process.pid == 1).then_some(EntryKind::Init),
    }
}

/// The processes above that let people in this way, the nearest first.
pub(super) fn doors(event: &ProcessEvent, kind: EntryKind) -> Vec<Process> {
    let way_up = way_up(event);
    let above = way_up.iter().skip(1).map(|link| link.process);
    above
        .filter(|process| door_kind(process) == Some(kind))
        .cloned()
        .collect()
}

/// What a program lets in, if it lets anybody in.
fn door_kind(process: &Process) -> Option<EntryKind> {
    let name = match &process.executable[..] {
        [] => &process.name[..],
        executable => basename(executable),
    };
    let door = DOORS.iter().find(|(door, _)| is_name(name, door.as_bytes()));
    door.map(|(_, kind)| *kind)
}

/// Whether a name is this one, or as much of it as the kernel keeps of a process that has ended.
fn is_name(name: &[u8], door: &[u8]) -> bool {
    name == door || (name.len() == 15 && door.starts_with(name))
}

/// A process that is named by pid and start: one of those above, or what `/proc` says.
fn lookup(event: &ProcessEvent, named: &Process) -> Process {
    let found = way_up(event)
        .into_iter()
        .map(|link| link.process)
        .find(|it| is_same(it, named));
    found.cloned().unwrap_or_else(|| {
        let mut process = named.clone();
        if let Some(folder) = ProcessFolder::open(named) {
            folder.describe(&mut process);
        }
        process
    })
}

fn is_same(one: &Process, other: &Process) -> bool {
    one.pid == other.pid && one.start_boot_ns == other.start_boot_ns && one.pid != 0
}

#[cfg(test)]
mod tests;
