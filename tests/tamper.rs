//! Somebody with root and bpf(2) against the daemon: what he can do, and what of it is noticed.

use std::{fs, io, path::Path, process::Command};

use aya::maps::{Array, HashMap, Map, MapData, MapInfo, PerCpuArray, PerCpuValues, RingBuf};
use kubectl_watch_tests::{Daemon, Mount, Scene, apart, binary, run, unique};
use rustix::process::Signal;

/// The numbers behind a key in what the kernel says of the daemon's descriptors.
fn numbers(daemon: &Daemon, key: &str) -> Vec<u32> {
    let folder = fs::read_dir(format!("/proc/{}/fdinfo", daemon.pid())).expect("it runs");
    let pages = folder
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path()).ok());
    pages
        .filter_map(|page| {
            page.lines()
                .find_map(|line| line.strip_prefix(key)?.trim().parse().ok())
        })
        .collect()
}

/// A map of this very daemon.
fn map(daemon: &Daemon, name: &str) -> Map {
    let is_it = |id: &u32| MapInfo::from_id(*id).is_ok_and(|info| info.name() == name.as_bytes());
    let id = numbers(daemon, "map_id:")
        .into_iter()
        .find(is_it)
        .expect("it has one");
    Map::from_map_data(MapData::from_id(id).expect("root may")).expect("it is of a known type")
}

fn bash(line: &str) {
    assert!(
        run(Command::new("bash").args(["-c", &format!("{line}; true")]))
            .status
            .success()
    );
}

/// The next notice that this was touched.
fn touched(daemon: &mut Daemon, target: &str) -> serde_json::Value {
    let notice = daemon.notice("tampering", |notice| {
        notice["kubectl_watch"]["tampering"]["target"] == target
    });
    assert_eq!(notice["event"]["kind"], "alert");
    assert_eq!(notice["rule"]["name"], "kubectl-watch was tampered with");
    notice
}

fn names(daemon: &Daemon) -> HashMap<MapData, [u64; 2], u8> {
    map(daemon, "WATCHED_NAMES").try_into().expect("it is one")
}

#[test]
fn names_that_are_taken_out_of_the_kernel_are_put_back_and_reported() {
    let mut daemon = Daemon::start(&[]);
    let mut names = names(&daemon);
    let before: Vec<_> = names.keys().map(|name| name.expect("it can be read")).collect();
    // It looks in between where it can.
    daemon.signal(Signal::STOP);
    for name in &before {
        names.remove(name).expect("root may");
    }
    daemon.signal(Signal::CONT);
    let notice = touched(&mut daemon, "names");
    assert_eq!(notice["event"]["severity"], 99);
    let found = notice["event"]["reason"].as_str().expect("text");
    let said = format!("{0} of {0} names are missing", before.len());
    assert!(found.contains(&said), "{found}");
    let user = unique("again");
    bash(&format!("kubectl version --client --as={user}"));
    daemon.alert(&user);

    let sieve = map(&daemon, "SIEVE");
    let mut sieve: Array<_, [u64; SIEVE_WORDS]> = sieve.try_into().expect("it is one");
    sieve.set(0, [0; SIEVE_WORDS], 0).expect("root may");
    let found = touched(&mut daemon, "names")["event"]["reason"].clone();
    assert!(
        found.as_str().is_some_and(|found| found.contains("overwritten")),
        "{found}"
    );
    let user = unique("and-again");
    bash(&format!("kubectl version --client --as={user}"));
    daemon.alert(&user);
}

/// 64 groups, and two numbers before them.
const SIEVE_WORDS: usize = 66;

#[test]
fn who_reads_the_buffer_takes_nothing_from_the_daemon() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let kubectl = scene.copy("/bin/true", "kubectl");
    let user = unique("stolen");
    daemon.signal(Signal::STOP);
    let exec = |numbers: &str| {
        let line = format!(
            "for i in {numbers}; do {} --as={user}-$i.; done",
            kubectl.display()
        );
        run(apart("bash").args(["-c", &line]));
    };
    exec("{1..5}");
    let mut ring = RingBuf::try_from(map(&daemon, "EVENTS")).expect("it is one");
    let mut stolen = 0;
    while ring.next().is_some() {
        stolen += 1;
    }
    assert!(stolen >= 5);
    drop(ring);
    daemon.signal(Signal::CONT);
    exec("6");
    daemon.alert(&format!("{user}-6."));
    let stopped = daemon.stop();
    for i in 1..=6 {
        assert_eq!(stopped.count(&format!("{user}-{i}.")), 1, "{i}: {}", stopped.log);
    }
    assert!(stopped.log.contains("the equation holds"), "{}", stopped.log);
}

#[test]
fn counters_that_are_set_back_are_reported() {
    let mut daemon = Daemon::start(&[]);
    let user = unique("counted");
    bash(&format!("kubectl version --client --as={user}"));
    daemon.alert(&user);
    let mut counters: PerCpuArray<_, u64> = map(&daemon, "COUNTERS").try_into().expect("it is one");
    let cpus = aya::util::nr_cpus().expect("they are known");
    for counter in 0..counters.len() {
        let zeroes = PerCpuValues::try_from(vec![0; cpus]).expect("one for each");
        counters.set(counter, zeroes, 0).expect("root may");
    }
    let notice = touched(&mut daemon, "records");
    assert_eq!(notice["event"]["severity"], 99);
    let stopped = daemon.stop();
    assert!(
        stopped.log.contains("the equation does not hold"),
        "{}",
        stopped.log
    );
}

#[test]
fn rules_that_are_replaced_on_disk_are_reported_and_not_used() {
    let scene = Scene::new();
    let rule = |word: &str| {
        format!(
            "[rule]\nname = \"{word}\"\nrule_id = \"{word}\"\ntype = \"eql\"\nlanguage = \"eql\"\nseverity = \"low\"\n\
             risk_score = 1\nquery = 'process where process.name == \"true\" and process.args == \"{word}\"'\n"
        )
    };
    let (first, second) = (unique("first"), unique("second"));
    let path = scene.script("rule.toml", &rule(&first));
    let mut daemon = Daemon::start(&["--rules", path.to_str().expect("it is text")]);
    let new = scene.script("new", &rule(&second));
    fs::rename(new, &path).expect("the folder is ours");
    let notice = touched(&mut daemon, "rules");
    assert_eq!(notice["event"]["severity"], 47);
    bash(&format!("/bin/true {second}; /bin/true {first}"));
    daemon.alert(&first);
    let stopped = daemon.stop();
    assert_eq!(stopped.count(&second), 0);
    assert_eq!(stopped.notices("tampering").len(), 1, "{}", stopped.log);
}

#[test]
fn a_program_file_that_is_replaced_is_reported() {
    let scene = Scene::new();
    let program = scene.copy(binary(), "kubectl-watch");
    let mut daemon = Daemon::start_by(&mut Command::new(&program), &[]);
    let new = scene.script("new", "#!/bin/sh\n");
    fs::rename(new, &program).expect("the folder is ours");
    let found = touched(&mut daemon, "binary")["event"]["reason"].clone();
    assert!(
        found
            .as_str()
            .is_some_and(|found| found.contains("kubectl-watch")),
        "{found}"
    );
    let user = unique("goes-on");
    bash(&format!("kubectl version --client --as={user}"));
    daemon.alert(&user);
}

#[test]
fn links_cannot_be_detached_by_others_and_pins_that_go_are_reported() {
    let scene = Scene::new();
    let bpf = Mount::new("bpf", "mode=0700", scene.path().join("bpf"));
    let pins = bpf.path().join("pins");
    let mut daemon = Daemon::start(&[&format!("--pin={}", pins.display())]);
    let links = numbers(&daemon, "link_id:");
    assert_eq!(links.len(), 2);
    for id in links {
        let error = detach(id).expect_err("the kernel has no such operation for them");
        assert!(
            matches!(error.raw_os_error(), Some(libc::EOPNOTSUPP | libc::EINVAL)),
            "{error}"
        );
    }
    let user = unique("still");
    bash(&format!("kubectl version --client --as={user}"));
    daemon.alert(&user);

    let set = fs::read_dir(&pins)
        .expect("it is there")
        .next()
        .expect("there is one")
        .expect("entry")
        .path();
    fs::remove_file(Path::new(&set).join("link_exec")).expect("root may");
    touched(&mut daemon, "pins");
    let user = unique("even-so");
    bash(&format!("kubectl version --client --as={user}"));
    daemon.alert(&user);
}

/// `BPF_LINK_DETACH` on a link of somebody else's.
fn detach(id: u32) -> io::Result<()> {
    const BPF_LINK_GET_FD_BY_ID: libc::c_int = 30;
    const BPF_LINK_DETACH: libc::c_int = 34;
    let call = |command: libc::c_int, argument: u32| {
        let attributes = [argument, 0, 0, 0];
        // SAFETY: both commands read at most these 16 bytes, and write nothing.
        let result = unsafe {
            libc::syscall(
                libc::SYS_bpf,
                command,
                attributes.as_ptr(),
                size_of_val(&attributes),
            )
        };
        u32::try_from(result).map_err(|_| io::Error::last_os_error())
    };
    let descriptor = call(BPF_LINK_GET_FD_BY_ID, id)?;
    // It stays open until the test ends, which harms nobody.
    call(BPF_LINK_DETACH, descriptor).map(|_| ())
}
