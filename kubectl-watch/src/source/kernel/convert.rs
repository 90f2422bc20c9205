//! A record of the wire contract in, a [`ProcessEvent`] out.

use jiff::Timestamp;
use kubectl_watch_ebpf as wire;

use super::{
    clock::Boot,
    record::{AncestorRecord, ExecRecord},
};
use crate::event::{
    Ancestor, Args, Circumstances, Credentials, Environment, Executable, File, FileVersion, Gap, Ids,
    Lineage, NamedKubeconfig, Names, Place, Process, ProcessEvent, SessionPlace, basename,
    is_file_descriptor,
};

/// Makes the event, all but its arguments and its environment, which may come in parts.
pub(super) fn event(record: &ExecRecord<'_>, sequence: u64, boot: Boot) -> ProcessEvent {
    let exec = &record.exec;
    ProcessEvent {
        time: boot.time(exec.boot_ns),
        sequence,
        found_running: false,
        file: file(exec),
        executable: Executable::default(),
        process: process(&exec.task, record.filename, record.executable, boot),
        parent: process(
            &exec.parent,
            record.parent_filename,
            record.parent_executable,
            boot,
        ),
        parent_left: exec.flags & wire::FLAG_PARENT_LEFT != 0,
        is_traced: exec.flags & wire::FLAG_TRACED != 0,
        credentials: credentials(exec),
        names: Names::default(),
        place: place(exec, boot),
        lineage: lineage(record, boot),
        environment: Environment::default(),
        kubeconfig_named: NamedKubeconfig::default(),
        circumstances: Circumstances::default(),
        gaps: gaps(exec),
    }
}

/// A process above the parent.
pub(super) fn ancestor(record: &AncestorRecord<'_>, boot: Boot) -> Ancestor {
    let ancestor = &record.ancestor;
    Ancestor {
        process: process(&ancestor.task, record.filename, record.executable, boot),
        place: session(&ancestor.place),
        has_left: ancestor.flags & wire::FLAG_PARENT_LEFT != 0,
    }
}

/// What came before the process and what is around it; the ancestors come by themselves.
fn lineage(record: &ExecRecord<'_>, boot: Boot) -> Lineage {
    let exec = &record.exec;
    let leader = |of: &wire::Process| Process {
        pid: of.pid,
        start: start(of.start_ns, boot),
        start_boot_ns: of.start_ns,
        ..Process::default()
    };
    let previous = if record.previous_executable.is_empty() {
        Process::default()
    } else {
        let task = wire::Task {
            comm: [0; 16],
            ..exec.task
        };
        process(&task, record.previous_filename, record.previous_executable, boot)
    };
    Lineage {
        previous,
        parent: session(&exec.parent_place),
        ancestors: Vec::new(),
        session_leader: leader(&exec.session),
        group_leader: leader(&exec.group),
        ..Lineage::default()
    }
}

fn session(place: &wire::SessionPlace) -> SessionPlace {
    SessionPlace {
        session: place.session,
        tty: tty(place.tty),
    }
}

fn tty(tty: wire::Tty) -> Option<(u32, u32)> {
    (tty.major != 0).then_some((tty.major, tty.minor))
}

fn file(exec: &wire::Exec) -> Option<File> {
    let file = &exec.file;
    (file.mode != 0).then_some(File {
        version: FileVersion {
            device: file.device,
            inode: file.inode,
            size: file.size,
            changed_ns: file.changed_ns,
        },
        file_system: file.file_system,
        mode: file.mode,
        owner: file.owner,
        group: file.group,
        links: file.links,
        is_nameless: exec.flags & wire::FLAG_EXECUTABLE_NAMELESS != 0,
        is_settled: exec.flags & wire::FLAG_FILE_SETTLED != 0,
    })
}

fn start(start_ns: u64, boot: Boot) -> Timestamp {
    if start_ns == 0 {
        Timestamp::UNIX_EPOCH
    } else {
        boot.time(start_ns)
    }
}

fn process(task: &wire::Task, filename: &[u8], executable: &[u8], boot: Boot) -> Process {
    let comm = task.comm.split(|&byte| byte == 0).next().unwrap_or_default();
    let executable = path(executable);
    let name = match (filename, &executable[..]) {
        (b"", b"") => comm,
        (b"", executable) => basename(executable),
        // What is exec'd by a descriptor has no name in that path; its file has one.
        (filename, executable) if is_file_descriptor(filename) && !executable.is_empty() => {
            basename(executable)
        }
        (filename, _) => basename(filename),
    };
    Process {
        pid: task.pid,
        tid: task.tid,
        start: start(task.start_ns, boot),
        start_boot_ns: task.start_ns,
        comm: comm.to_vec(),
        name: name.to_vec(),
        executable,
        filename: filename.to_vec(),
        args: Args::default(),
    }
}

/// Turns components from the leaf to the root into a path. A file that hangs in no folder has one component.
fn path(components: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(components.len() + 1);
    let components = components.strip_suffix(b"\0").unwrap_or(components);
    if components.is_empty() {
        return path;
    }
    for component in components.rsplit(|&byte| byte == 0) {
        path.push(b'/');
        path.extend_from_slice(component);
    }
    path
}

fn credentials(exec: &wire::Exec) -> Credentials {
    let ids = |ids: &wire::Ids| Ids {
        real: ids.real,
        effective: ids.effective,
        saved: ids.saved,
    };
    let set = |id| (id != wire::UNSET_ID).then_some(id);
    Credentials {
        user: ids(&exec.uids),
        group: ids(&exec.gids),
        login_uid: set(exec.login_uid),
        audit_session: set(exec.audit_session),
        cap_effective: exec.cap_effective,
        cap_permitted: exec.cap_permitted,
    }
}

fn place(exec: &wire::Exec, boot: Boot) -> Place {
    Place {
        cgroup_id: exec.cgroup_id,
        ns_pid: exec.ns_pid,
        pid_ns: exec.pid_ns,
        mnt_ns: exec.mnt_ns,
        tty: tty(exec.tty),
        container_start: (exec.container_start_ns != 0).then(|| boot.time(exec.container_start_ns)),
        ..Place::default()
    }
}

fn gaps(exec: &wire::Exec) -> Vec<Gap> {
    let flags = [
        (wire::FLAG_ARGS_UNREADABLE | wire::FLAG_ARGS_CUT, Gap::Args),
        (wire::FLAG_EXECUTABLE_CUT, Gap::Executable),
        (wire::FLAG_PARENT_EXECUTABLE_CUT, Gap::ParentExecutable),
        (
            wire::FLAG_PARENT_WITHOUT_MEMORY | wire::FLAG_CREATOR_UNKNOWN,
            Gap::Parent,
        ),
        (wire::FLAG_ENV_CUT, Gap::Environment),
        (wire::FLAG_ANCESTORS_CUT, Gap::Ancestors),
    ];
    flags
        .into_iter()
        .filter(|(flag, _)| exec.flags & flag != 0)
        .map(|(_, gap)| gap)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_turned_around() {
        let table: [(&[u8], &[u8]); 4] = [
            (b"kubectl\0bin\0usr\0", b"/usr/bin/kubectl"),
            (b"memfd:x\0", b"/memfd:x"),
            (b"", b""),
            (b"\xff\0", b"/\xff"),
        ];
        for (components, expected) in table {
            assert_eq!(path(components), expected);
        }
    }

    #[test]
    fn a_process_is_called_what_was_execd() {
        let task = wire::Task {
            comm: *b"a-long-deploy-s\0",
            ..wire::Task::default()
        };
        let table: [(&[u8], &[u8], &[u8]); 6] = [
            (
                b"./a-long-deploy-script.sh",
                b"bash\0bin\0",
                b"a-long-deploy-script.sh",
            ),
            (b"/bin/sh", b"dash\0bin\0", b"sh"),
            (b"", b"dash\0bin\0", b"dash"),
            (b"", b"", b"a-long-deploy-s"),
            (b"/dev/fd/7", b"kubectl\0bin\0", b"kubectl"),
            (b"/dev/fd/7/kubectl", b"other\0", b"kubectl"),
        ];
        for (filename, executable, name) in table {
            let process = process(&task, filename, executable, Boot::default());
            assert_eq!(process.name, name, "{}", String::from_utf8_lossy(filename));
        }
    }

    #[test]
    fn what_is_unset_is_none() {
        let exec = wire::Exec {
            login_uid: wire::UNSET_ID,
            flags: u32::MAX,
            ..wire::Exec::default()
        };
        assert_eq!(
            (credentials(&exec).login_uid, credentials(&exec).audit_session),
            (None, Some(0))
        );
        assert_eq!(place(&exec, Boot::default()).tty, None);
        assert_eq!(
            gaps(&exec),
            [
                Gap::Args,
                Gap::Executable,
                Gap::ParentExecutable,
                Gap::Parent,
                Gap::Environment,
                Gap::Ancestors
            ]
        );
    }
}
