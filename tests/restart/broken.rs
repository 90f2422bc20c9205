//! Pinned programs that cannot be taken over, because a part of what was pinned is gone.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use kubectl_watch_tests::{Daemon, Mount, Scene, Stopped, run, unique};

/// A daemon that follows one whose pins somebody has taken something from, when they had sent one exec. And whether that
/// exec is in an alert of it.
fn follow(take: impl Fn(&Path)) -> (Stopped, usize) {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let bpf = Mount::new("bpf", "mode=0700", scene.path().join("bpf"));
    let pins = bpf.path().join("pins");
    let (pin, state) = (
        format!("--pin={}", pins.display()),
        format!("--state={}", scene.path().join("state").display()),
    );
    let args = ["--rules", &rule, &pin, &state];
    Daemon::start(&args).stop();
    let user = unique("kept");
    run(Command::new(&program).arg(format!("--as={user}")));
    let sets = fs::read_dir(&pins).expect("it is there");
    let sets: Vec<PathBuf> = sets.map(|set| set.expect("an entry").path()).collect();
    take(&sets[0]);

    let mut second = Daemon::start(&args);
    let after = unique("after");
    run(Command::new(&program).arg(format!("--as={after}")));
    second.alert(&after);
    let stopped = second.stop();
    // Nobody knows whether the old ones still watched.
    assert_eq!(stopped.notices("watch-gap").len(), 1, "{}", stopped.log);
    assert!(stopped.log.contains("cannot be taken over"), "{}", stopped.log);
    assert_eq!(
        fs::read_dir(&pins).expect("it is there").count(),
        1,
        "the old ones are gone"
    );
    let count = stopped.count(&user);
    (stopped, count)
}

fn unread(stopped: &Stopped, reason: &str) -> usize {
    let losses = stopped.notices("events-lost");
    let of = losses
        .iter()
        .filter(|notice| notice["kubectl_watch"]["loss"]["reason"] == reason);
    of.count()
}

#[test]
fn what_they_had_sent_is_read_all_the_same() {
    let (stopped, count) = follow(|set| fs::remove_file(set.join("program_fork")).expect("it is ours"));
    assert_eq!(count, 1, "{}", stopped.log);
    assert_eq!(stopped.notices("events-lost").len(), 0, "{}", stopped.log);
}

#[test]
fn what_nobody_can_read_any_more_is_counted() {
    let (stopped, count) = follow(|set| {
        for part in ["READER", "link_fork"] {
            fs::remove_file(set.join(part)).expect("it is ours");
        }
    });
    assert_eq!(
        (count, unread(&stopped, "unread_bytes")),
        (0, 1),
        "{}",
        stopped.log
    );
    let (stopped, count) = follow(|set| {
        for part in ["EVENTS", "link_fork"] {
            fs::remove_file(set.join(part)).expect("it is ours");
        }
    });
    assert_eq!(
        (count, unread(&stopped, "unread_buffers")),
        (0, 1),
        "{}",
        stopped.log
    );
}
