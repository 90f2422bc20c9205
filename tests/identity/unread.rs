//! What runs, where it could not be read: a loss, unless it is nothing that a rule asks for.

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    os::fd::AsRawFd as _,
    process::{Command, Stdio},
    sync::{Mutex, MutexGuard, PoisonError},
};

use kubectl_watch_tests::{Daemon, Mount, Unanswered, kubectl, run, unique};
use rustix::process::Signal;
use serde_json::Value;

use super::{TOOL, age, daemon, executable, known, loader, version};

/// Held by each of these tests: the losses of a moment are one notice, with the name of the last, and a test's own would
/// not be told by that where another makes some.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The next notice of programs that could not be read, of which the last had this name.
fn unread(daemon: &mut Daemon, name: &str) -> Value {
    daemon.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "unread_executables" && notice["process"]["name"] == name
    })
}

#[test]
fn content_behind_a_file_system_that_never_answers() {
    let _alone = alone();
    let (mut daemon, scene) = daemon(&format!(
        "({TOOL}) or kubectl_watch.executable.loaded.path != null"
    ));
    let fuse = File::options().read(true).write(true).open("/dev/fuse");
    let fuse = fuse.expect("this test mounts a file system of its own, and needs /dev/fuse");
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", fuse.as_raw_fd());
    let mount = Mount::new("fuse", &options, scene.path().join("stuck"));
    // Nobody serves it, so whoever asks for a file of it waits: the loader does, and whoever looks for its program.
    let word = unique("stuck");
    let mut command = Command::new(loader());
    let mut stuck = command
        .arg(mount.path().join("program"))
        .arg(&word)
        .stdin(Stdio::null())
        .spawn()
        .expect("the loader is there");
    let alert = daemon.alert(&word);
    assert_eq!(executable(&alert)["loaded"]["unknown"], "slow", "{alert}");
    // Nobody else waits for it.
    let path = scene.copy(kubectl(), "innocent");
    let alert = daemon.alert(&version(&path));
    assert_eq!(executable(&alert)["tool"], "kubectl", "{alert}");
    // Nor does who asks for a file that only such a thread may look for.
    let word = unique("beside");
    let mut command = Command::new(loader());
    run(command
        .arg(kubectl())
        .args(["version", "--client", "--as", &word]));
    let alert = known(&mut daemon, &word, "/loaded/tool");
    assert_eq!(executable(&alert)["loaded"]["tool"], "kubectl", "{alert}");
    // Who waits is let go when the connection ends.
    drop(fuse);
    stuck.kill().expect("it is ours");
    stuck.wait().expect("it is ours");
}

#[test]
fn what_looks_at_programs_by_their_loader_is_no_loss() {
    let _alone = alone();
    let (daemon, _scene) = daemon(TOOL);
    daemon.signal(Signal::STOP);
    // All of it has ended when it is looked at.
    run(Command::new("ldd").args(["/bin/true", "/bin/bash"]));
    daemon.signal(Signal::CONT);
    let stopped = daemon.stop();
    assert_eq!(stopped.notices("events-lost").len(), 0, "{}", stopped.log);
}

#[test]
fn a_program_that_nobody_can_read_is_a_loss_and_delays_no_alert() {
    let _alone = alone();
    let (mut daemon, scene) = daemon(TOOL);
    let mut files = Unanswered::new(&kubectl(), scene.path().join("unanswered"));
    let mut hidden = Command::new(files.program());
    hidden.args(["version", "--client"]).stdin(Stdio::null());
    let mut hidden = hidden.spawn().expect("it is answered until then");
    let fuse = files.await_silence();
    let path = scene.copy(kubectl(), "innocent");
    let alert = daemon.alert(&version(&path));
    assert_eq!(executable(&alert)["tool"], "kubectl", "{alert}");
    // It waits for as long as a rule may wait, and says so while nobody has answered.
    let notice = unread(&mut daemon, "program");
    assert_eq!(notice["process"]["pid"], hidden.id(), "{notice}");
    drop(fuse);
    hidden.kill().expect("it is ours");
    hidden.wait().expect("it is ours");
}

#[test]
fn what_lies_beyond_the_end_of_a_search_is_a_loss() {
    let _alone = alone();
    let (mut daemon, scene) = daemon(TOOL);
    let path = scene.copy("/bin/true", "vast");
    let mut vast = File::options().write(true).open(&path).expect("it is ours");
    // A gigabyte of nothing, and then what would tell.
    vast.seek(SeekFrom::Start(1 << 30)).expect("it can be");
    vast.write_all(&fs::read(kubectl()).expect("it is there"))
        .expect("there is room");
    drop(vast);
    age(&path);
    // The second time it is known that a search would not come to its end, and none is begun.
    for _ in 0..2 {
        version(&path);
        unread(&mut daemon, "vast");
    }
}
