use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use rustix::fs::{CWD, Mode, mkfifoat, statfs};
use tempfile::TempDir;

use super::*;
use crate::enrich::process::NANOSECONDS_PER_TICK;
use crate::event::{FileVersion, Process};
use crate::identity::Named;

mod later;
mod loaded;

/// How long a test waits for what must come.
const LONG: Duration = Duration::from_mins(1);

/// What a set of rules about kubectl asks.
struct ForKubectl;

impl Wishes for ForKubectl {
    fn ask_for_tool(&self, name: &str) -> bool {
        name == "kubectl"
    }

    fn are_met(&self, event: &ProcessEvent) -> bool {
        tools(event).contains(&"kubectl")
    }
}

fn tools(event: &ProcessEvent) -> Vec<&'static str> {
    let identities = event
        .executable
        .contents()
        .filter_map(|content| content.identity.as_ref());
    identities
        .filter_map(|identity| Some(identity.tool?.name))
        .collect()
}

/// The machine's own kubectl, as a file that nobody has touched lately.
fn kubectl() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .map(|folder| folder.join("kubectl"))
        .find(|file| file.is_file());
    let found = found.expect(
        "these tests run a real kubectl, and none is on PATH: `cargo xtask setup` says how to get one",
    );
    fs::canonicalize(found).expect("it is there")
}

/// A process that runs until it is dropped.
struct Running {
    child: Child,
    _folder: TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A kubectl that waits for its configuration, which never comes.
fn waiting(program: &Path) -> Running {
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("config");
    mkfifoat(CWD, &fifo, Mode::RWXU).expect("a pipe");
    let mut command = Command::new(program);
    command.arg("config").arg("view").arg("--kubeconfig").arg(&fifo);
    run(&mut command, folder)
}

fn run(command: &mut Command, folder: TempDir) -> Running {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Running {
        child,
        _folder: folder,
    }
}

/// What the kernel says of a file.
fn file(path: &Path) -> File {
    let opened = fs::File::open(path).expect("it can be opened");
    let facts = version::facts(&opened).expect("it has facts");
    File {
        version: FileVersion {
            device: (facts.stx_dev_major << 20) | facts.stx_dev_minor,
            inode: facts.stx_ino,
            size: facts.stx_size,
            changed_ns: version::changed_ns(&facts),
        },
        file_system: version::magic(statfs(path).expect("it lies somewhere").f_type),
        mode: facts.stx_mode.into(),
        owner: facts.stx_uid,
        group: facts.stx_gid,
        links: facts.stx_nlink,
        is_nameless: false,
        is_settled: true,
    }
}

/// The exec by which a process came to run this file.
fn event(child: &Child, path: &Path, args: &[&str]) -> ProcessEvent {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).expect("it runs");
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .expect("a name")
        .split_whitespace()
        .collect();
    let ticks: u64 = fields[19].parse().expect("a number");
    ProcessEvent {
        sequence: child.id().into(),
        process: Process {
            pid: child.id(),
            start_boot_ns: ticks * NANOSECONDS_PER_TICK,
            executable: path.as_os_str().as_bytes().to_vec(),
            args: args.iter().collect(),
            ..Process::default()
        },
        file: Some(file(path)),
        ..ProcessEvent::default()
    }
}

fn executables() -> Executables {
    Executables::new(&HostRoot::open(Some(Path::new("/"))).expect("there is one")).expect("it can be opened")
}

/// A folder on the disk that this program is on.
fn folder() -> TempDir {
    let program = std::env::current_exe().expect("it runs");
    tempfile::tempdir_in(program.parent().expect("it is in one")).expect("it can be written to")
}

/// A program of one's own, of a version that is old enough to be remembered.
fn copy(from: &Path, folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, fs::read(from).expect("it is there")).expect("it can be written");
    aged(&path);
    path
}

fn aged(path: &Path) {
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let changed = file(path).version.changed_ns;
    while version::now_ns() - changed < 200_000_000 {
        std::thread::yield_now();
    }
}

/// Waits for one finding.
fn finding(executables: &mut Executables, ticket: Ticket) -> Finding {
    let end = Instant::now() + LONG;
    while Instant::now() < end {
        let found = executables.findings(Duration::from_millis(50));
        if let Some(finding) = found.into_iter().find(|finding| finding.ticket == ticket) {
            return finding;
        }
    }
    panic!("{ticket:?} is never answered");
}

#[test]
fn a_renamed_kubectl_is_known_and_remembered() {
    let folder = folder();
    let path = copy(&kubectl(), folder.path(), "innocent");
    let running = waiting(&path);
    let mut executables = executables();
    let mut first = event(&running.child, &path, &[]);
    let judgement = executables.judge(&mut first, &ForKubectl);
    assert_eq!(tools(&first), ["kubectl"], "{:?}", first.executable);
    assert_eq!(judgement.remember, Some((file(&path), Verdict::Wanted)));
    assert_eq!(judgement.tickets, []);

    // It is known for good, and nobody is asked again.
    let mut second = event(&running.child, &path, &[]);
    drop(running);
    fs::remove_file(&path).expect("it is ours");
    assert_eq!(executables.judge(&mut second, &ForKubectl), judgement);
    assert_eq!(tools(&second), ["kubectl"]);
}

#[test]
fn what_no_rule_asks_for_is_plain() {
    let path = fs::canonicalize("/bin/sleep").expect("there is one");
    let running = run(
        Command::new(&path).arg("1000"),
        tempfile::tempdir().expect("a folder"),
    );
    let mut event = event(&running.child, &path, &[]);
    let judgement = executables().judge(&mut event, &ForKubectl);
    assert_eq!(
        judgement.remember,
        Some((file(&path), Verdict::Plain)),
        "{:?}",
        event.executable
    );
}

#[test]
fn a_version_that_could_come_twice_is_not_remembered() {
    let path = kubectl();
    let running = waiting(&path);
    let fresh = |change: &dyn Fn(&mut File)| {
        let mut event = event(&running.child, &path, &[]);
        if let Some(file) = &mut event.file {
            change(file);
        }
        let mut executables = executables();
        let judgement = executables.judge(&mut event, &ForKubectl);
        for ticket in judgement.tickets {
            finding(&mut executables, ticket).tell(&mut event, &ForKubectl);
        }
        (
            judgement.remember.is_some(),
            event.executable.content.unknown,
            tools(&event),
        )
    };
    let known = vec!["kubectl"];
    assert_eq!(fresh(&|_| ()), (true, None, known.clone()));
    assert_eq!(
        fresh(&|file| file.is_settled = false),
        (false, None, known.clone())
    );
    // A file system that anybody may answer for, and one that it is not.
    assert_eq!(
        fresh(&|file| file.file_system = 0x6573_5546),
        (false, None, known.clone())
    );
    assert_eq!(fresh(&|file| file.file_system ^= 1), (false, None, known.clone()));
    // It runs, so what was changed of it since is not what is in it.
    let changes: [fn(&mut File); 2] = [|file| file.version.changed_ns += 1, |file| file.mode ^= 1];
    for change in changes {
        assert_eq!(fresh(&change), (false, None, known.clone()));
    }
    let changes: [fn(&mut File); 2] = [|file| file.version.size += 1, |file| file.version.inode += 1];
    for change in changes {
        assert_eq!(fresh(&change), (false, Some(Unknown::Changed), vec![]));
    }
}

#[test]
fn a_file_in_memory_is_not_remembered() {
    let folder = tempfile::tempdir_in("/dev/shm").expect("there is memory");
    let path = copy(&kubectl(), folder.path(), "innocent");
    let running = waiting(&path);
    let mut event = event(&running.child, &path, &[]);
    let judgement = executables().judge(&mut event, &ForKubectl);
    assert_eq!((judgement.remember, tools(&event)), (None, vec!["kubectl"]));
}

#[test]
fn what_was_changed_a_moment_ago_is_asked_for_again() {
    let folder = folder();
    let path = copy(&kubectl(), folder.path(), "innocent");
    let running = waiting(&path);
    // A change of the owner's rights is one of the inode, and the moment before is now.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).expect("it is ours");
    let mut event = event(&running.child, &path, &[]);
    let judgement = executables().judge(&mut event, &ForKubectl);
    assert_eq!((judgement.remember, tools(&event)), (None, vec!["kubectl"]));
}

#[test]
fn a_process_that_is_gone_is_looked_up_by_its_path() {
    let path = kubectl();
    let running = waiting(&path);
    let mut gone = event(&running.child, &path, &[]);
    drop(running);
    let mut executables = executables();
    let judgement = executables.judge(&mut gone, &ForKubectl);
    if let Some(&ticket) = judgement.tickets.first() {
        finding(&mut executables, ticket).tell(&mut gone, &ForKubectl);
    }
    assert_eq!(tools(&gone), ["kubectl"]);

    gone.file = Some(file(Path::new("/bin/sleep")));
    gone.executable = crate::event::Executable::default();
    assert_eq!(executables.judge(&mut gone, &ForKubectl).remember, None);
    assert_eq!(gone.executable.content.unknown, Some(Unknown::Changed));

    gone.process.executable = b"/nowhere/at/all".to_vec();
    let judgement = executables.judge(&mut gone, &ForKubectl);
    if let Some(&ticket) = judgement.tickets.first() {
        finding(&mut executables, ticket).tell(&mut gone, &ForKubectl);
    }
    assert_eq!(gone.executable.content.unknown, Some(Unknown::Gone));
}

#[test]
fn a_file_that_was_replaced_or_deleted_is_read_through_the_process() {
    let folder = folder();
    let path = copy(&kubectl(), folder.path(), "innocent");
    let running = waiting(&path);
    let mut event = event(&running.child, &path, &[]);
    let other = copy(Path::new("/bin/sleep"), folder.path(), "other");
    fs::rename(&other, &path).expect("both are ours");
    // The kernel reports what it was at the exec, and to lose a name has changed it.
    let judgement = executables().judge(&mut event, &ForKubectl);
    assert_eq!(tools(&event), ["kubectl"], "{:?}", event.executable);
    assert_eq!(judgement.remember, None);
}
