//! How the daemon behaves as a program that others run: signals, reloads, pipes, a second one beside it.

use std::{
    fs,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, apart, binary, require_root, run, unique};
use rustix::process::{Pid, Signal, kill_process};

fn bash(line: &str) {
    run(Command::new("bash").args(["-c", &format!("{line}; true")]));
}

fn rule(name: &str, word: &str) -> String {
    format!(
        "[rule]\nname = \"{name}\"\nrule_id = \"{name}\"\ntype = \"eql\"\nlanguage = \"eql\"\n\
         severity = \"high\"\nrisk_score = 73\nquery = 'process where process.args == \"{word}\"'\n"
    )
}

#[test]
fn what_is_in_the_buffer_at_the_end_is_still_said() {
    let daemon = Daemon::start(&[]);
    let scene = Scene::new();
    scene.copy("/bin/true", "kubectl");
    let user = unique("drained");
    daemon.signal(Signal::STOP);
    let line = format!(
        "for i in {{1..50}}; do {}/kubectl --as={user}; done",
        scene.path().display()
    );
    run(apart("bash").args(["-c", &line]));
    daemon.signal(Signal::TERM);
    daemon.signal(Signal::CONT);
    let stopped = daemon.ended();
    assert!(stopped.status.success(), "{}", stopped.log);
    assert_eq!(stopped.count_of(SEED, &user), 50, "{}", stopped.log);
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
}

#[test]
fn a_reload_takes_new_rules_and_keeps_the_old_ones_where_the_new_are_broken() {
    let scene = Scene::new();
    let (first, second, third) = (unique("first"), unique("second"), unique("third"));
    let path = scene.script("rule.toml", &rule("one", &first));
    let mut daemon = Daemon::start(&["--rules", path.to_str().expect("it is text")]);
    run(Command::new("true").arg(&first));
    assert_eq!(daemon.alert(&first)["rule"]["name"], "one");

    fs::write(
        &path,
        rule("two", &second).replace("process.args ==", "process.args ==== "),
    )
    .expect("ours");
    daemon.signal(Signal::HUP);
    let said = daemon.await_log("rules");
    assert!(said.contains("kept") || said.contains("keep"), "{said}");
    run(Command::new("true").arg(&first));
    assert_eq!(daemon.alert(&first)["rule"]["name"], "one");

    fs::write(&path, rule("three", &third)).expect("ours");
    daemon.signal(Signal::HUP);
    daemon.await_log("reloaded");
    run(Command::new("true").arg(&third));
    assert_eq!(daemon.alert(&third)["rule"]["name"], "three");
}

#[test]
fn a_closed_standard_output_ends_it_cleanly() {
    require_root();
    let mut daemon = Command::new(binary())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut log = std::io::BufReader::new(daemon.stderr.take().expect("it is piped"));
    let mut line = String::new();
    while !line.contains("watching") {
        line.clear();
        let read = std::io::BufRead::read_line(&mut log, &mut line).expect("it can be read");
        assert!(read > 0, "it ended before it watched");
    }
    drop(daemon.stdout.take());
    bash(&format!("kubectl version --client --as={}", unique("closed")));
    let status = daemon.wait().expect("it ends");
    assert_eq!(status.code(), Some(0));
}

#[test]
fn in_a_pid_namespace_it_says_that_it_sees_less() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let mut unshare = Command::new("unshare");
    unshare.args(["--pid", "--fork", "--mount-proc"]).arg(binary());
    let mut daemon = Daemon::start_by(&mut unshare, &["run", "--rules", &rule]);
    let user = unique("outside");
    run(Command::new(program).arg(format!("--as={user}")));
    daemon.alert(&user);
    // What waits for it does not hand the signal on.
    let children = format!("/proc/{0}/task/{0}/children", daemon.pid());
    let child = fs::read_to_string(children).expect("it waits for its child");
    let pid = Pid::from_raw(child.trim().parse().expect("it is one number")).expect("it is no zero");
    kill_process(pid, Signal::TERM).expect("it runs");
    let stopped = daemon.ended();
    assert_eq!(stopped.count(&user), 1, "{}", stopped.log);
    assert!(
        stopped.log.contains("in a pid namespace of its own"),
        "{}",
        stopped.log
    );
}

#[test]
fn two_side_by_side_see_the_same() {
    let mut first = Daemon::start(&[]);
    let mut second = Daemon::start(&[]);
    let user = unique("both");
    bash(&format!("kubectl version --client --as={user}"));
    let (one, two) = (first.alert(&user), second.alert(&user));
    assert_eq!(one["process"]["entity_id"], two["process"]["entity_id"]);
    assert_ne!(one["event"]["id"], two["event"]["id"]);
}
