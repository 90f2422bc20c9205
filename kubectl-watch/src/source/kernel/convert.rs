//! A record of the wire contract in, a [`ProcessEvent`] out.

use jiff::Timestamp;
use kubectl_watch_ebpf as wire;

use super::{clock::Boot, record::ExecRecord};
use crate::event::{
    Args, Credentials, Gap, Ids, Names, Place, Process, ProcessEvent, basename, is_file_descriptor,
};

/// Makes the event, all but its arguments, which may come in parts.
pub(super) fn event(record: &ExecRecord<'_>, sequence: u64, boot: Boot) -> ProcessEvent {
    let exec = &record.exec;
    ProcessEvent {
        time: boot.time(exec.boot_ns),
        sequence,
        found_running: false,
        file: None,
        process: process(&exec.task, record.filename, record.executable, boot),
        parent: process(
            &exec.parent,
            record.parent_filename,
            record.parent_executable,
            boot,
        ),
        parent_left: exec.flags & wire::FLAG_PARENT_LEFT != 0,
        credentials: credentials(exec),
        names: Names::default(),
        place: place(exec),
        gaps: gaps(exec),
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
        start: if task.start_ns == 0 {
            Timestamp::UNIX_EPOCH
        } else {
            boot.time(task.start_ns)
        },
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

fn place(exec: &wire::Exec) -> Place {
    Place {
        cgroup_id: exec.cgroup_id,
        ns_pid: exec.ns_pid,
        pid_ns: exec.pid_ns,
        mnt_ns: exec.mnt_ns,
        tty: (exec.tty_major != 0).then_some((exec.tty_major, exec.tty_minor)),
        ..Place::default()
    }
}

fn gaps(exec: &wire::Exec) -> Vec<Gap> {
    let flags = [
        (wire::FLAG_ARGS_UNREADABLE, Gap::Args),
        (wire::FLAG_EXECUTABLE_CUT, Gap::Executable),
        (wire::FLAG_PARENT_EXECUTABLE_CUT, Gap::ParentExecutable),
        (wire::FLAG_PARENT_WITHOUT_MEMORY, Gap::Parent),
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
        assert_eq!(place(&exec).tty, None);
        assert_eq!(
            gaps(&exec),
            [Gap::Args, Gap::Executable, Gap::ParentExecutable, Gap::Parent]
        );
    }
}
