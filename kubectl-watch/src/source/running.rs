//! What ran before the watch began: each process in `/proc` whose name is watched, as an event that says so.
//!
//! It is what the process shows of itself now: it may have changed its arguments, and who made it may be gone.
//! What cannot be had stays empty.

mod stat;

use jiff::{SignedDuration, Timestamp};

use super::kernel::Watch;
use crate::{
    enrich::{
        executable,
        host::has_all_pids,
        process::{NANOSECONDS_PER_TICK, ProcessFolder},
    },
    event::{Args, Credentials, Gap, Place, Process, ProcessEvent, basename},
};
use stat::{Stat, Status};

/// Bytes of arguments that are read; Linux allows no more, see `MAX_ARGS` of the wire contract.
const MAX_ARGS: usize = 6 * 1024 * 1024;
/// Bytes that are read of any other file.
const MAX_FILE: usize = 64 * 1024;
/// Bytes of a name that the kernel keeps.
const COMM_LEN: usize = 15;
/// An id that was never set.
const UNSET_ID: u32 = u32::MAX;

/// Looks through `/proc` once. Whoever starts meanwhile is for the kernel to report.
pub fn scan(watch: &Watch, booted: Timestamp) -> impl Iterator<Item = ProcessEvent> {
    if has_all_pids() == Some(false) {
        tracing::warn!(
            "in a pid namespace of its own: what /proc says of processes is not found, and what runs already is found \
             in here alone and by another pid; `kubectl-watch doctor` says more"
        );
    }
    // Content is judged later, so any name may be the one.
    let names = watch.names.as_ref().filter(|_| !watch.content);
    let names = names.map(|names| names.iter().map(|name| key(name)).collect::<Vec<_>>());
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(move |pid| {
        event(pid, booted, |name| {
            names.as_ref().is_none_or(|names| names.contains(&key(name)))
        })
    })
}

/// Whether an exec that the kernel reported is the one by which a process came to be what was found. One that
/// came later is another.
#[must_use]
pub fn is_of(found: &ProcessEvent, exec: &ProcessEvent) -> bool {
    let ticks = |process: &Process| process.start_boot_ns / NANOSECONDS_PER_TICK;
    found.process.pid == exec.process.pid
        && ticks(&found.process) == ticks(&exec.process)
        // While an exec is under way `/proc` shows some of it before the kernel reports it.
        && (exec.time <= found.time || exec.process.args == found.process.args)
}

/// What of a name the kernel compares.
fn key(name: &[u8]) -> Vec<u8> {
    name[..name.len().min(COMM_LEN)].to_ascii_lowercase()
}

fn event(pid: u32, booted: Timestamp, is_watched: impl Fn(&[u8]) -> bool) -> Option<ProcessEvent> {
    let folder = ProcessFolder::of_pid(pid)?;
    // Threads of the kernel run no file.
    let executable = folder.link("exe")?;
    let stat = Stat::parse(&folder.read("stat", MAX_FILE)?)?;
    if !is_watched(&stat.comm) && !is_watched(basename(&executable)) {
        return None;
    }
    let args = folder.read("cmdline", MAX_ARGS)?;
    let status = folder.read("status", MAX_FILE)?;
    let status = Status(&String::from_utf8_lossy(&status));
    let number = |name| {
        let bytes = folder.read(name, MAX_FILE)?;
        String::from_utf8(bytes).ok()?.trim().parse().ok()
    };
    let set = |id: Option<u32>| id.filter(|&id| id != UNSET_ID);
    let place = Place {
        ns_pid: status.numbers("NSpid").last().copied().unwrap_or_default(),
        pid_ns: folder.inode("ns/pid").unwrap_or_default(),
        mnt_ns: folder.inode("ns/mnt").unwrap_or_default(),
        tty: stat.tty(),
        ..Place::default()
    };
    let parent = parent(&folder, &stat, booted);
    let gaps = [
        (args.len() == MAX_ARGS, Gap::Args),
        (parent.is_none(), Gap::Parent),
    ];
    let gaps = gaps
        .into_iter()
        .filter_map(|(is, gap)| is.then_some(gap))
        .collect();
    let mut this = process(pid, &stat, executable, booted);
    this.args = Args::from_bytes(args);
    Some(ProcessEvent {
        found_running: true,
        file: executable::of_running(&folder),
        process: this,
        parent: parent.unwrap_or_default(),
        is_traced: status.numbers("TracerPid").iter().any(|&tracer| tracer != 0),
        credentials: Credentials {
            user: status.ids("Uid"),
            group: status.ids("Gid"),
            login_uid: set(number("loginuid")),
            audit_session: set(number("sessionid")),
            cap_effective: status.bits("CapEff"),
            cap_permitted: status.bits("CapPrm"),
        },
        place,
        gaps,
        // Everything was read before.
        time: Timestamp::now(),
        ..ProcessEvent::default()
    })
}

/// Who is its parent now. None where that one ends meanwhile: its number may be another's by the time it is looked up,
/// but then the child has got another parent before.
fn parent(child: &ProcessFolder, of_child: &Stat, booted: Timestamp) -> Option<Process> {
    let parent = ProcessFolder::of_pid(of_child.parent)?;
    let stat = Stat::parse(&parent.read("stat", MAX_FILE)?)?;
    let executable = parent.link("exe").unwrap_or_default();
    let after = Stat::parse(&child.read("stat", MAX_FILE)?)?;
    of_child
        .is_child(&stat, &after)
        .then(|| process(of_child.parent, &stat, executable, booted))
}

fn process(pid: u32, stat: &Stat, executable: Vec<u8>, booted: Timestamp) -> Process {
    let start_boot_ns = stat.start_ticks * NANOSECONDS_PER_TICK;
    let since_boot = SignedDuration::from_nanos(i64::try_from(start_boot_ns).unwrap_or(i64::MAX));
    let name = match basename(&executable) {
        b"" => &stat.comm,
        name => name,
    };
    Process {
        pid,
        tid: pid,
        start: booted.checked_add(since_boot).unwrap_or(Timestamp::MAX),
        start_boot_ns,
        comm: stat.comm.clone(),
        name: name.to_vec(),
        executable,
        ..Process::default()
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_process_that_runs_is_found_by_its_name_and_by_no_other() {
        let mut child = Command::new("sleep")
            .arg("600")
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        // `spawn` returns when the child has exec'd.
        let booted = Timestamp::UNIX_EPOCH;
        let found = |name: &[u8]| {
            let watch = Watch {
                names: Some(vec![name.to_vec()]),
                content: false,
            };
            let mut all = scan(&watch, booted);
            all.find(|event| event.process.pid == child.id())
        };
        let event = found(b"SLEEP");
        let other = found(b"slee");
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        let event = event.expect("it is there");
        assert_eq!(other, None);
        assert!(event.found_running);
        assert_eq!(event.process.args.command_line(), b"sleep 600");
        assert_eq!(
            (event.process.name.as_slice(), event.process.comm.as_slice()),
            (&b"sleep"[..], &b"sleep"[..])
        );
        assert_eq!(event.parent.pid, std::process::id());
        let own_uid = rustix::process::getuid().as_raw();
        assert_eq!(event.credentials.user.real, own_uid);

        let exec = |change: &dyn Fn(&mut ProcessEvent)| {
            let mut exec = event.clone();
            exec.process.start_boot_ns += NANOSECONDS_PER_TICK - 1;
            change(&mut exec);
            is_of(&event, &exec)
        };
        let later = event.time + SignedDuration::from_secs(1);
        assert!(exec(&|_| ()) && exec(&|exec| exec.time = later));
        assert!(exec(&|exec| exec.process.args = Args::default()));
        assert!(
            !exec(&|exec| (exec.time, exec.process.args) = (later, Args::default())),
            "it exec'd again"
        );
        assert!(!exec(&|exec| exec.process.pid += 1));
        assert!(
            !exec(&|exec| exec.process.start_boot_ns += 1),
            "the pid was used again"
        );
    }
}
