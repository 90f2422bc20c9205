//! A login over SSH, whose shell replaced another one.

use super::time;
use crate::event::{Ancestor, EntryKind, Lineage, Process as EventProcess};

/// The lineage of the process in each sample.
pub(super) fn lineage() -> Lineage {
    let process = |pid: u32, name: &str| EventProcess {
        pid,
        name: name.into(),
        executable: format!("/usr/bin/{name}").into_bytes(),
        start: time(i64::from(pid) / 100),
        start_boot_ns: u64::from(pid),
        ..EventProcess::default()
    };
    let leader = EventProcess {
        args: ["-bash"].iter().collect(),
        ..process(4000, "bash")
    };
    let sshd = Ancestor {
        process: process(3900, "sshd"),
        ..Ancestor::default()
    };
    Lineage {
        previous: process(0, "dash"),
        ancestors: vec![sshd],
        session_leader: leader.clone(),
        group_leader: process(4242, "kubectl"),
        entry_leader: leader,
        entry_kind: Some(EntryKind::Sshd),
        ..Lineage::default()
    }
}
