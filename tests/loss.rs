//! What is lost, and what must not be: storms, a daemon that stands still, readers that don't read. In a file of its
//! own, because files run one after another, and a storm fills the buffers of all daemons there are.

use std::{
    path::Path,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, run, unique};
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
    assert!(run(Command::new("bash").args(["-c", &line])).status.success());
}

#[test]
fn evasion_18_a_storm_that_overflows_and_then_the_one() {
    let _alone = alone();
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let program = scene.copy("/bin/true", "kubectl");
    daemon.signal(Signal::STOP);
    // 400 times 100 kB is ten times what the buffer holds. By the letter of the rule none of them is an alert.
    storm(&program, 400, 100_000, "");
    let user = unique("hidden");
    run(Command::new("bash").args(["-c", &format!("{} --as={user}; true", program.display())]));
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
    assert_eq!(notice["process"]["name"], "kubectl");
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
    // It was an alert, or it is the last of those that are lost.
    let alerts = stopped.count_of(SEED, &user);
    let final_one = stopped
        .notices("events-lost")
        .into_iter()
        .next_back()
        .expect("there is one");
    assert!(
        alerts == 1 || final_one["kubectl_watch"]["loss"]["count"].as_u64() >= Some(1),
        "{final_one}"
    );
}

#[test]
fn evasion_20_a_daemon_that_stands_still_loses_nothing_that_fits() {
    let _alone = alone();
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let program = scene.copy("/bin/true", "kubectl");
    let user = unique("meanwhile");
    daemon.signal(Signal::STOP);
    storm(&program, 100, 10_000, &format!("--as={user}-$i."));
    // The clock goes on without it: it must not take the time that it lost for a loss.
    run(Command::new("sleep").arg("3"));
    daemon.signal(Signal::CONT);
    daemon.alert(&format!("{user}-100."));
    let stopped = daemon.stop();
    for i in 1..=100 {
        assert_eq!(
            stopped.count_of(SEED, &format!("{user}-{i}.")),
            1,
            "{i}; {}",
            stopped.log
        );
    }
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
    assert!(stopped.log.contains("the equation holds"), "{}", stopped.log);
    assert_eq!(stopped.notices("events-lost").len(), 0);
}
