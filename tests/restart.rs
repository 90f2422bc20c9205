//! A daemon that is followed by another: what is missed in between, what is not, and what ran before.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use kubectl_watch_tests::{Daemon, Lasting, Manifest, Mount, Scene, Stopped, apart, binary, run, unique};
use rustix::process::Signal;
use serde_json::Value;

fn bash(line: &str) {
    assert!(
        run(Command::new("bash").args(["-c", &format!("{line}; true")]))
            .status
            .success()
    );
}

fn text(path: &Path) -> &str {
    path.to_str().expect("it is text")
}

/// The only set of pins.
fn set(pins: &Path) -> PathBuf {
    let mut sets = std::fs::read_dir(pins)
        .expect("it is there")
        .map(|entry| entry.expect("entry").path());
    let first = sets.next().expect("there is one");
    assert_eq!(sets.next(), None);
    first
}

/// Each of the numbered users is in just one alert of all these daemons.
fn assert_each_once(user: &str, numbers: std::ops::RangeInclusive<u32>, daemons: &[&Stopped]) {
    let logs: Vec<_> = daemons.iter().map(|daemon| &daemon.log).collect();
    for number in numbers {
        let counts: Vec<_> = daemons
            .iter()
            .map(|daemon| daemon.count(&format!("{user}-{number}.")))
            .collect();
        assert_eq!(counts.iter().sum::<usize>(), 1, "{number}: {counts:?} {logs:#?}");
    }
}

#[test]
fn without_pins_the_gap_is_stated_and_what_ran_in_it_was_not_seen() {
    let scene = Scene::new();
    let kubectl = scene.copy("/bin/true", "kubectl");
    let state = scene.path().join("state");
    let args = ["--state", text(&state)];
    let first = Daemon::start(&args).stop();
    let begin = first.notices("watch-gap");
    assert_eq!(begin[0]["kubectl_watch"]["watch_gap"]["since"], "boot");

    let user = unique("in-the-gap");
    let now = || {
        let done = run(Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%S.%NZ"]));
        String::from_utf8(done.stdout).expect("text").trim().to_owned()
    };
    let before = now();
    bash(&format!("{} --as={user}", kubectl.display()));
    let after = now();

    let mut second = Daemon::start(&args);
    let gap = second.notice("watch-gap", |_| true);
    assert_eq!(gap["kubectl_watch"]["watch_gap"]["since"], "stopped");
    assert_eq!(gap["event"]["kind"], "event");
    let span = |of: &str| gap["event"][of].as_str().expect("a time").to_owned();
    assert!(
        span("start") < before && after < span("end"),
        "{before} {after} {gap}"
    );
    second.signal(Signal::KILL);
    let second = second.ended();
    assert_eq!(second.count(&user), 0, "{}", second.log);

    let mut third = Daemon::start(&args);
    let gap = third.notice("watch-gap", |_| true);
    assert_eq!(gap["kubectl_watch"]["watch_gap"]["since"], "broken");
    assert_eq!(
        (&gap["event"]["kind"], &gap["event"]["severity"]),
        (&"alert".into(), &47.into())
    );
    assert_eq!(gap["rule"]["name"], "kubectl-watch did not watch");
    let stopped = third.stop();
    let (start, stop) = (stopped.notices("watch-start"), stopped.notices("watch-stop"));
    assert_eq!((start.len(), stop.len()), (1, 1));
    let sensor = &stop[0]["kubectl_watch"]["sensor"];
    assert!(
        sensor["sum"]
            .as_str()
            .is_some_and(|sum| sum.contains("the equation holds")),
        "{sensor}"
    );
    for hash in ["rules_sha256", "config_sha256"] {
        assert!(
            sensor[hash].as_str().is_some_and(|hash| hash.len() == 64),
            "{sensor}"
        );
    }
}

#[test]
fn evasion_20_a_pinned_restart_under_load_misses_nothing_and_says_nothing_twice() {
    let scene = Scene::new();
    let (kubectl, rule) = scene.watched("/bin/true");
    let bpf = Mount::new("bpf", "mode=0700", scene.path().join("bpf"));
    let pins = bpf.path().join("pins");
    let pin = format!("--pin={}", pins.display());
    let user = unique("pinned");
    let load = |from: u32, to: u32| {
        let line = format!(
            "for i in {{{from}..{to}}}; do {} --as={user}-$i.; done; true",
            kubectl.display()
        );
        apart("bash").args(["-c", &line]).spawn().expect("bash starts")
    };

    let mut first = Daemon::start(&["--rules", &rule, &pin]);
    // What comes while nobody reads has to fit: at most 500 of these, with 32 ancestors each.
    let mut running = load(1, 600);
    first.alert(&format!("{user}-100."));
    let first = first.stop();
    assert!(first.log.contains("the programs stay"), "{}", first.log);
    // Nobody reads now, and the programs go on.
    bash(&format!("{} --as={user}-2000.", kubectl.display()));
    let mut second = Daemon::start(&["--rules", &rule, &pin]);
    second.alert(&format!("{user}-2000."));
    assert!(running.wait().expect("it ends").success());
    // On a slow machine the first has them all, so the second is awaited by one more.
    bash(&format!("{} --as={user}-2001.", kubectl.display()));
    second.alert(&format!("{user}-2001."));
    let second = second.stop();
    assert!(second.log.contains("took over the programs"), "{}", second.log);
    assert_each_once(&user, 1..=600, &[&first, &second]);
    assert_eq!(second.notices("watch-gap").len(), 0, "{}", second.log);
    assert_eq!(second.notices("events-lost").len(), 0, "{}", second.log);
    assert_eq!(second.notices("tampering").len(), 0, "{}", second.log);

    // What another version left in its buffer is read as well, if its records are like ours.
    bash(&format!("{} --as={user}-3000.", kubectl.display()));
    let ours = set(&pins);
    let name = ours
        .file_name()
        .and_then(|name| name.to_str())
        .expect("text")
        .to_owned();
    let contract = name.split('-').next().expect("there is one");
    std::fs::rename(&ours, pins.join(format!("{contract}-0123456789abcdef"))).expect("renamed");
    let mut running = load(4001, 4500);
    let mut third = Daemon::start(&["--rules", &rule, &pin]);
    third.alert(&format!("{user}-3000."));
    assert!(running.wait().expect("it ends").success());
    third.alert(&format!("{user}-4500."));
    let third = third.stop();
    assert!(
        third.log.contains("the equation of the replaced programs holds"),
        "{}",
        third.log
    );
    assert_each_once(&user, 4001..=4500, &[&third]);
    assert_eq!(set(&pins).file_name(), ours.file_name(), "the old ones are gone");

    // And if not, it is said how much that was.
    bash(&format!("{} --as={user}-5000.", kubectl.display()));
    std::fs::rename(&ours, pins.join("0123456789abcdef-0123456789abcdef")).expect("renamed");
    let mut fourth = Daemon::start(&["--rules", &rule, &pin]);
    let unread = fourth.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "unread_bytes"
    });
    assert!(
        unread["kubectl_watch"]["loss"]["count"].as_u64() > Some(100),
        "{unread}"
    );
    assert_eq!(fourth.stop().count(&format!("{user}-5000.")), 0);

    let done = run(Command::new(binary()).arg("unpin").arg(&pins));
    assert!(done.status.success() && !pins.exists(), "{done:?}");
    let done = run(Command::new(binary()).arg("unpin").arg(&pins));
    assert!(
        String::from_utf8_lossy(&done.stdout).contains("nothing is pinned"),
        "{done:?}"
    );
}

#[test]
fn pins_are_one_daemons_and_on_a_bpf_file_system() {
    let scene = Scene::new();
    let elsewhere = format!("--pin={}", scene.path().join("pins").display());
    let done = run(Command::new(binary()).arg(&elsewhere));
    assert_eq!(done.status.code(), Some(78), "{done:?}");
    assert!(
        String::from_utf8_lossy(&done.stderr).contains("mount -t bpf"),
        "{done:?}"
    );

    let bpf = Mount::new("bpf", "mode=0700", scene.path().join("bpf"));
    let pins = format!("--pin={}", bpf.path().join("pins").display());
    let first = Daemon::start(&[&pins]);
    let done = run(Command::new(binary()).arg(&pins));
    assert_eq!(done.status.code(), Some(1), "{done:?}");
    assert!(
        String::from_utf8_lossy(&done.stderr).contains("held by another"),
        "{done:?}"
    );
    assert!(first.stop().status.success());
}

#[test]
fn pins_are_taken_over_with_the_rights_of_a_pod() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let bpf = Mount::new("bpf", "mode=0700", scene.path().join("bpf"));
    let pin = format!("--pin={}", bpf.path().join("pins").display());
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_with-capabilities"));
        command
            .arg(Manifest::read().capabilities().join(","))
            .arg(binary());
        Daemon::start_by(&mut command, &["run", "--rules", &rule, &pin])
    };
    assert!(start().stop().status.success());
    let user = unique("between");
    bash(&format!("{} --as={user}", program.display()));
    let mut second = start();
    second.alert(&user);
    let second = second.stop();
    assert!(second.log.contains("took over the programs"), "{}", second.log);
    assert!(second.notices("watch-gap").is_empty(), "{}", second.log);
}

#[test]
fn what_ran_before_is_reported_once_and_marked() {
    let scene = Scene::new();
    let kubectl = scene.copy("/bin/dash", "kubectl");
    let user = unique("before");
    let mut first = Daemon::start(&[]);
    let mut lasting = Lasting::new();
    lasting.start(&kubectl, &user);
    let exec = first.alert(&user);
    let mut second = Daemon::start(&[]);
    let found = second.alert(&user);
    assert_eq!(exec["event"]["action"], "exec");
    assert_eq!(
        (&found["event"]["action"], &found["event"]["type"][0]),
        (&"already_running".into(), &"info".into())
    );
    for same in [
        "/process/pid",
        "/process/args",
        "/process/executable",
        "/process/name",
        "/process/parent/pid",
        "/process/parent/name",
        "/process/user/id",
        "/user/name",
        "/rule/name",
    ] {
        assert_eq!(exec.pointer(same), found.pointer(same), "{same}");
        assert!(
            found.pointer(same).is_some_and(|value| *value != Value::Null),
            "{same}"
        );
    }
    assert_eq!(found["process"].get("entity_id"), None);
    lasting.end();
    assert_eq!((first.stop().count(&user), second.stop().count(&user)), (1, 1));
}

#[test]
fn what_begins_while_the_watch_begins_is_reported_just_once() {
    let scene = Scene::new();
    let (kubectl, rule) = scene.watched("/bin/dash");
    let user = unique("meanwhile");
    // They begin one after another until the daemon watches, and a few more.
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let starter = std::thread::spawn({
        let user = user.clone();
        move || {
            let mut lasting = Lasting::new();
            let mut more = 10;
            while lasting.count() < 2000 && more > 0 {
                lasting.start(&kubectl, &format!("{user}-{}.", lasting.count() + 1));
                if stopped.try_recv() != Err(std::sync::mpsc::TryRecvError::Empty) {
                    more -= 1;
                }
            }
            lasting
        }
    });
    let mut daemon = Daemon::start(&["--rules", &rule]);
    drop(stop);
    let lasting = starter.join().expect("it ends");
    let count = u32::try_from(lasting.count()).expect("there are few");
    daemon.alert(&format!("{user}-{count}."));
    daemon.alert(&format!("{user}-1."));
    let daemon = daemon.stop();
    lasting.end();
    assert_each_once(&user, 1..=count, &[&daemon]);
    let found = daemon.notices("already_running").len();
    assert!(found > 0 && found < daemon.count(&user), "{found} of {count}");
}
