//! What is lost, and what must not be: storms, a daemon that stands still, readers that don't read. In a file of its
//! own, because files run one after another, and a storm fills the buffers of all daemons there are.

use std::{
    path::Path,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kubectl_watch_tests::{Daemon, Mount, PATIENCE, Scene, Stopped, apart, lines, run, unique};
use rustix::process::Signal;

/// One test at a time: a storm is everybody's.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Execs a program so often, with so many bytes of arguments.
fn storm(program: &Path, times: u32, bytes: u32, args: &str) {
    let line = format!(
        "x=$(printf '%*s' {bytes} '' | tr ' ' x); for i in {{1..{times}}}; do {} \"$x\" {args}; done",
        program.display()
    );
    assert!(run(apart("bash").args(["-c", &line])).status.success());
}

/// Runs a program once as a user, and gives its number.
fn start(program: &Path, user: &str) -> u32 {
    let mut child = apart(program)
        .arg(format!("--as={user}"))
        .spawn()
        .expect("it starts");
    child.wait().expect("it ends");
    child.id()
}

#[test]
fn evasion_18_a_storm_that_overflows_and_then_the_one() {
    let _alone = alone();
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    daemon.signal(Signal::STOP);
    // 400 times 100 kB is ten times what the buffer holds. By the letter of the rule none of them is an alert.
    storm(&program, 400, 100_000, "");
    let user = unique("hidden");
    let pid = start(&program, &user);
    daemon.signal(Signal::CONT);

    let notice = daemon.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "lost_execs"
    });
    assert_eq!(notice["event"]["kind"], "alert");
    assert_eq!(notice["event"]["severity"], 73);
    assert_eq!(notice["rule"]["name"], "kubectl-watch lost events");
    let count = notice["kubectl_watch"]["loss"]["count"]
        .as_u64()
        .expect("a number");
    assert!(count > 0, "{notice}");
    let text = |value: &serde_json::Value| value.as_str().expect("it is text").to_owned();
    let (start, end) = (text(&notice["event"]["start"]), text(&notice["event"]["end"]));
    assert!(start < end, "{notice}");
    let name = program
        .file_name()
        .and_then(|name| name.to_str())
        .expect("it is text");
    assert_eq!(notice["process"]["name"], name);
    assert!(
        notice["process"]["pid"].as_u64().is_some_and(|pid| pid > 0),
        "{notice}"
    );

    let stopped = daemon.stop();
    let lost: u64 = stopped
        .notices("events-lost")
        .iter()
        .filter(|notice| notice["kubectl_watch"]["loss"]["reason"] == "lost_execs")
        .filter_map(|notice| notice["kubectl_watch"]["loss"]["count"].as_u64())
        .sum();
    assert_eq!(lost, stopped.number("lost_execs"), "{}", stopped.log);
    assert!(stopped.number("watched") >= 401, "{}", stopped.log);
    assert_eq!(
        stopped.number("events") + lost,
        stopped.number("watched"),
        "{}",
        stopped.log
    );
    assert!(
        stopped.log.contains("the equation holds: watched"),
        "{}",
        stopped.log
    );
    assert_eq!(stopped.notices("tampering").len(), 0, "{}", stopped.log);
    // It was an alert, or it is the last of those that are lost, which a notice names.
    let names_it = |notice: &serde_json::Value| notice["process"]["pid"] == pid;
    let is_named = stopped.notices("events-lost").into_iter().any(names_it);
    assert_eq!(
        usize::from(is_named) + stopped.count(&user),
        1,
        "{pid}: {}",
        stopped.log
    );
}

#[test]
fn evasion_18_large_arguments_take_no_room_from_others() {
    let _alone = alone();
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    daemon.signal(Signal::STOP);
    // 5 MB, which only a stack without a limit has, are more than the buffer holds, and so are 80 times 100 kB.
    let line = format!(
        "ulimit -s unlimited; x=$(printf '%*s' 100000 '' | tr ' ' x); {} $(for i in {{1..50}}; do echo $x; done)",
        program.display()
    );
    assert!(run(apart("bash").args(["-c", &line])).status.success());
    storm(&program, 80, 100_000, "");
    let user = unique("behind");
    storm(&program, 1, 10, &format!("--as={user}"));
    daemon.signal(Signal::CONT);
    daemon.alert(&user);
    let stopped = daemon.stop();
    assert_eq!(stopped.count(&user), 1, "{}", stopped.log);
    assert_eq!(stopped.number("events"), 82, "{}", stopped.log);
    assert!(stopped.number("lost_args") > 0, "{}", stopped.log);
    assert!(!stopped.log.contains("lost_execs"), "{}", stopped.log);
}

#[test]
fn evasion_20_a_daemon_that_stands_still_loses_nothing_that_fits() {
    let _alone = alone();
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    let user = unique("meanwhile");
    daemon.signal(Signal::STOP);
    storm(&program, 100, 10_000, &format!("--as={user}-$i."));
    // The clock goes on without it: it must not take the time that it lost for a loss.
    run(Command::new("sleep").arg("3"));
    daemon.signal(Signal::CONT);
    daemon.alert(&format!("{user}-100."));
    let stopped = daemon.stop();
    for i in 1..=100 {
        assert_eq!(stopped.count(&format!("{user}-{i}.")), 1, "{i}; {}", stopped.log);
    }
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
    assert!(stopped.log.contains("the equation holds"), "{}", stopped.log);
    assert_eq!(stopped.notices("events-lost").len(), 0);
}

/// What was made is delivered, or counted as not delivered.
fn assert_adds_up(stopped: &Stopped, delivered: u64) {
    let number = |name| stopped.number(name);
    assert_eq!(number("delivered"), delivered, "{}", stopped.log);
    assert_eq!(
        number("alerts") + number("notices") + number("updates") + number("follow_ups"),
        delivered + number("undelivered"),
        "{}",
        stopped.log
    );
    assert!(number("undelivered") > 0, "{}", stopped.log);
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
    assert!(stopped.log.contains("the equation holds"), "{}", stopped.log);
}

#[test]
fn a_full_pipe_delays_nobody_and_the_counts_add_up() {
    let _alone = alone();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let mut daemon = Daemon::start_into(writer.into(), &["--rules", &rule]);
    // The pipe holds a few alerts, the queue 1,024 more at most, and every exec succeeds all the same.
    storm(&program, 1500, 10, "--as=unread");
    daemon.await_log("could not deliver alerts");
    // Read at last, the daemon writes what it kept, and then what comes.
    let lines = lines(reader);
    let mut all = Vec::new();
    let mut read_until = |words: &str| {
        while !all.last().is_some_and(|line: &String| line.contains(words)) {
            let next = lines.recv_timeout(PATIENCE);
            all.push(next.unwrap_or_else(|error| panic!("no {words:?} after {} lines: {error}", all.len())));
        }
    };
    // It says so in a document, too, and what is behind that one finds room again.
    read_until("\"undelivered\"");
    let user = unique("read");
    storm(&program, 1, 10, &format!("--as={user}"));
    read_until(&user);
    let stopped = daemon.stop();
    all.extend(lines.iter());
    let parsed = all.iter().map(|line| serde_json::from_str(line));
    let whole: Vec<serde_json::Value> = parsed.collect::<Result<_, _>>().expect("each line is whole");
    assert_adds_up(&stopped, whole.len() as u64);
    assert!(stopped.number("alerts") >= 1500, "{}", stopped.log);
}

#[test]
fn a_full_disk_is_said_and_counted_and_what_is_there_stays_whole() {
    let _alone = alone();
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let disk = Mount::new("tmpfs", "size=64k", scene.path().join("disk"));
    let path = disk.path().join("alerts");
    let alerts = std::fs::File::create(&path).expect("there is room for a name");
    let daemon = Daemon::start_into(alerts.into(), &["--rules", &rule]);
    storm(&program, 100, 10, "--as=full");
    let stopped = daemon.stop();
    assert!(stopped.status.success(), "{}", stopped.log);
    assert!(stopped.log.contains("No space left on device"), "{}", stopped.log);
    let text = std::fs::read(&path).expect("it is there");
    let lines = text.split(|&byte| byte == b'\n');
    let whole = lines
        .filter(|line| serde_json::from_slice::<serde_json::Value>(line).is_ok())
        .count();
    assert_adds_up(&stopped, whole as u64);
}
