//! Ways in, as processes have them on a node.

use super::*;

/// A process by its executable and pid.
fn process(executable: &str, pid: u32) -> Process {
    Process {
        pid,
        start_boot_ns: u64::from(pid),
        executable: executable.into(),
        name: basename(executable.as_bytes()).to_vec(),
        ..Process::default()
    }
}

/// Executable, pid, session, and the major number of the terminal.
type Step = (&'static str, u32, u32, u32);

/// Who came in, and how.
type Entry = Option<(u32, EntryKind)>;

fn found(way: &[Step]) -> Entry {
    let processes: Vec<Process> = way.iter().map(|(name, pid, ..)| process(name, *pid)).collect();
    let links: Vec<Link<'_>> = processes
        .iter()
        .zip(way)
        .map(|(process, &(_, _, session, tty))| Link {
            process,
            place: SessionPlace {
                session,
                tty: (tty != 0).then_some((tty, 0)),
            },
        })
        .collect();
    entry(&links).map(|(process, kind)| (process.pid, kind))
}

#[test]
fn the_nearest_door_counts() {
    let init = ("/usr/lib/systemd/systemd", 1, 1, 0);
    let table: [(&str, &[Step], Entry); 9] = [
        (
            "a login over SSH",
            &[
                ("/usr/bin/kubectl", 50, 40, 136),
                ("/usr/bin/bash", 40, 40, 136),
                ("/usr/sbin/sshd", 30, 20, 0),
                ("/usr/sbin/sshd", 10, 10, 0),
                init,
            ],
            Some((40, EntryKind::Sshd)),
        ),
        (
            "a command over SSH, without a terminal",
            &[
                ("/usr/bin/kubectl", 40, 40, 0),
                ("/usr/lib/openssh/sshd-session", 30, 20, 0),
                init,
            ],
            Some((40, EntryKind::Sshd)),
        ),
        (
            "a container",
            &[
                ("/usr/bin/kubectl", 50, 40, 0),
                ("/bin/sh", 40, 40, 0),
                ("/usr/bin/containerd-shim-runc-v2", 30, 10, 0),
                init,
            ],
            Some((40, EntryKind::Container)),
        ),
        (
            "a shim that has ended, of which the kernel kept 15 bytes",
            &[("/bin/sh", 40, 40, 0), ("containerd-shim", 30, 0, 0), init],
            Some((40, EntryKind::Container)),
        ),
        (
            "a service",
            &[
                ("/usr/bin/kubectl", 50, 40, 0),
                ("/usr/sbin/cron", 40, 40, 0),
                init,
            ],
            Some((40, EntryKind::Init)),
        ),
        (
            "a terminal emulator",
            &[
                ("/usr/bin/kubectl", 50, 40, 136),
                ("/usr/bin/bash", 40, 40, 136),
                ("/usr/bin/tmux", 30, 30, 0),
                init,
            ],
            Some((40, EntryKind::Terminal)),
        ),
        (
            "a virtual console",
            &[("/usr/bin/bash", 40, 40, 4), ("/usr/bin/login", 30, 30, 4), init],
            Some((40, EntryKind::Console)),
        ),
        (
            "a terminal in a terminal is no entry",
            &[
                ("/usr/bin/bash", 60, 60, 137),
                ("/usr/bin/sudo", 50, 40, 136),
                ("/usr/bin/bash", 40, 40, 136),
                ("/usr/sbin/sshd", 30, 20, 0),
                init,
            ],
            Some((40, EntryKind::Sshd)),
        ),
        (
            "nobody knows who is above",
            &[("/usr/bin/kubectl", 50, 40, 0), ("bash", 40, 0, 0)],
            None,
        ),
    ];
    for (case, way, expected) in table {
        assert_eq!(found(way), expected, "{case}");
    }
}

#[test]
fn a_leader_that_is_above_is_not_looked_up() {
    let mut event = ProcessEvent {
        process: process("/usr/bin/kubectl", 50),
        parent: process("/usr/bin/bash", 40),
        ..ProcessEvent::default()
    };
    event.lineage.session_leader.pid = 40;
    event.lineage.session_leader.start_boot_ns = 40;
    event.lineage.group_leader.pid = 40;
    // The same pid, and another process.
    event.lineage.group_leader.start_boot_ns = 41;
    fill(&mut event);
    assert_eq!(event.lineage.session_leader.name, b"bash");
    assert_eq!(event.lineage.group_leader.name, b"");
}
