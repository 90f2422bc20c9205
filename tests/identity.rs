//! What runs, by its content: under another name, from memory, by a loader, replaced in place, and silent about
//! itself. And what is not asked for is not sent twice.

#[path = "identity/exchanged.rs"]
mod exchanged;
#[path = "identity/unread.rs"]
mod unread;

use std::{
    fs::{self, File},
    io::Write as _,
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, SystemTime},
};

use kubectl_watch_tests::{Daemon, Mount, Scene, apart, kubectl, run, unique};
use rustix::{
    fs::{MemfdFlags, memfd_create},
    io::{FdFlags, fcntl_setfd},
};
use serde_json::Value;

/// A daemon with one rule, and the folder of its file.
fn daemon(condition: &str) -> (Daemon, Scene) {
    let scene = Scene::new();
    let rule =
        format!("[rule]\nrule_id = 'content'\nname = 'By Content'\nquery = '''process where {condition}'''");
    let path = scene.path().join("rule.toml");
    fs::write(&path, rule).expect("the folder is ours");
    let daemon = Daemon::start(&["--rules", path.to_str().expect("it is text")]);
    (daemon, scene)
}

const TOOL: &str = "kubectl_watch.executable.tool == \"kubectl\" and process.name != \"kubectl\"";

/// Runs it with a word of its own, and gives the word.
fn version(program: &Path) -> String {
    let word = unique("content");
    run(Command::new(program)
        .args(["version", "--client", "--as", &word])
        .stdin(Stdio::null()));
    word
}

/// Waits until the last change of a file is so old that its version can be remembered: nothing but time tells.
fn age(path: &Path) {
    use std::os::unix::fs::MetadataExt as _;
    let file = fs::metadata(path).expect("it is there");
    let changed = Duration::new(
        file.ctime().try_into().expect("after 1970"),
        file.ctime_nsec().try_into().expect("a part of a second"),
    );
    let old = SystemTime::UNIX_EPOCH + changed + Duration::from_millis(200);
    while let Ok(left) = old.duration_since(SystemTime::now()) {
        thread::sleep(left);
    }
}

/// The loader of these tests.
fn loader() -> PathBuf {
    let maps = fs::read_to_string("/proc/self/maps").expect("there is one");
    let mut paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    let is_loader = |path: &&str| {
        path.rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("ld-"))
    };
    paths
        .find(is_loader)
        .expect("these tests are loaded by one")
        .into()
}

fn executable(document: &Value) -> &Value {
    &document["kubectl_watch"]["executable"]
}

/// The alert, or on a busy machine the update of it, that has this of its executable or of what is loaded by it.
fn known(daemon: &mut Daemon, word: &str, pointer: &str) -> Value {
    let alert = daemon.alert(word);
    if executable(&alert).pointer(pointer).is_some() {
        return alert;
    }
    let id = &alert["event"]["id"];
    daemon.document(&format!("an update with {pointer} of {alert}"), |document| {
        document["kubectl_watch"]["alert"]["id"] == *id && executable(document).pointer(pointer).is_some()
    })
}

#[test]
fn content_12_a_renamed_kubectl_and_its_hash() {
    let (mut daemon, scene) = daemon(TOOL);
    let path = scene.copy(kubectl(), "innocent");
    let expected = run(Command::new("sha256sum").arg(&path)).stdout;
    let expected = String::from_utf8(expected).expect("it is text");
    for round in 0..3 {
        let word = version(&path);
        let alert = daemon.alert(&word);
        assert_eq!(executable(&alert)["tool"], "kubectl", "{alert}");
        assert_eq!(executable(&alert)["tool_source"], "build_info");
        assert_eq!(alert["process"]["name"], "innocent");
        let id = alert["event"]["id"].as_str().expect("it has one");
        let known = &alert["process"]["hash"]["sha256"];
        let hash = if known.is_null() {
            let update = daemon.document("an update", |document| {
                document["kubectl_watch"]["alert"]["id"] == id
                    && document["event"]["action"] == "executable-identified"
            });
            assert_eq!(update["rule"]["name"], "By Content");
            update["process"]["hash"]["sha256"].clone()
        } else {
            known.clone()
        };
        assert_eq!(hash.as_str(), expected.get(..64), "round {round}");
        age(&path);
    }
}

#[test]
fn content_12_a_kubectl_that_says_nothing_of_itself() {
    let (mut daemon, scene) = daemon(TOOL);
    let mut bytes = fs::read(kubectl()).expect("it is there");
    let mark = b"\xff Go buildinf:";
    let place = bytes.windows(mark.len()).position(|window| window == mark);
    bytes[place.expect("Go built it")..][..mark.len()].fill(0);
    let path = scene.script("silent", "");
    fs::write(&path, bytes).expect("it is ours");
    let alert = daemon.alert(&version(&path));
    assert_eq!(executable(&alert)["tool_source"], "strings", "{alert}");
    assert_eq!(executable(&alert)["tool"], "kubectl");
}

#[test]
fn content_11_a_kubectl_in_memory() {
    let (mut daemon, _scene) = daemon(TOOL);
    let memory = memfd_create("harmless", MemfdFlags::empty()).expect("there is memory");
    let mut memory = File::from(memory);
    memory
        .write_all(&fs::read(kubectl()).expect("it is there"))
        .expect("it fits");
    let reading = File::open(format!("/proc/self/fd/{}", memory.as_raw_fd())).expect("it is ours");
    drop(memory);
    fcntl_setfd(&reading, FdFlags::empty()).expect("it is open");
    let path = PathBuf::from(format!("/proc/self/fd/{}", reading.as_raw_fd()));
    let alert = daemon.alert(&version(&path));
    assert_eq!(executable(&alert)["tool"], "kubectl", "{alert}");
    assert_eq!(executable(&alert)["memfd"], true);
}

#[test]
fn content_of_a_file_that_was_replaced_in_place() {
    let (mut daemon, scene) = daemon(TOOL);
    let path = scene.copy("/bin/true", "innocent");
    age(&path);
    // Judged, and plain from now on.
    for _ in 0..3 {
        version(&path);
    }
    fs::write(&path, fs::read(kubectl()).expect("it is there")).expect("nobody runs it");
    let alert = daemon.alert(&version(&path));
    assert_eq!(executable(&alert)["tool"], "kubectl", "{alert}");
}

#[test]
fn content_of_what_a_loader_is_told_to_run() {
    let (mut daemon, scene) = daemon("kubectl_watch.executable.loaded.path : \"*/told\"");
    let told = scene.copy("/bin/true", "told");
    let word = unique("loaded");
    for _ in 0..2 {
        run(Command::new(loader())
            .args(["--argv0", "x"])
            .arg(&told)
            .arg(&word));
        let alert = known(&mut daemon, &word, "/loaded/kind");
        assert_eq!(executable(&alert)["kind"], "loader", "{alert}");
        assert_eq!(executable(&alert)["loaded"]["kind"], "elf-dynamic", "{alert}");
    }
}

#[test]
fn content_on_overlayfs() {
    let (mut daemon, scene) = daemon(TOOL);
    let [lower, upper, work] = ["lower", "upper", "work"].map(|name| scene.path().join(name));
    for folder in [&lower, &upper, &work] {
        fs::create_dir(folder).expect("the folder is ours");
    }
    fs::copy(kubectl(), lower.join("below")).expect("the folder is ours");
    fs::copy(kubectl(), lower.join("copied-up")).expect("the folder is ours");
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        lower.display(),
        upper.display(),
        work.display()
    );
    let mount = Mount::new("overlay", &options, scene.path().join("merged"));
    fs::copy(kubectl(), mount.path().join("above")).expect("it is writable");
    // A change makes a copy of it in the upper layer.
    let copied_up = mount.path().join("copied-up");
    fs::File::options()
        .append(true)
        .open(&copied_up)
        .expect("it is writable");
    for name in ["below", "above", "copied-up"] {
        let path = mount.path().join(name);
        age(&path);
        for _ in 0..2 {
            let alert = daemon.alert(&version(&path));
            assert_eq!(executable(&alert)["tool"], "kubectl", "{name}: {alert}");
            assert_eq!(executable(&alert)["file_system"], "overlay", "{name}");
        }
    }
}

#[test]
fn content_that_nobody_asks_for_is_sent_once() {
    const EXECS: u64 = 3000;
    let (daemon, scene) = daemon(TOOL);
    let path = scene.copy("/bin/true", "plain");
    age(&path);
    let line = format!("for i in {{1..{EXECS}}}; do {}; done", path.display());
    run(apart("bash").args(["-c", &line]));
    let stopped = daemon.stop();
    let watched = stopped.number("watched");
    assert!(watched < EXECS / 2, "{watched} execs were sent:\n{}", stopped.log);
}
