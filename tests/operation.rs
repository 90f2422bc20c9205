//! How the daemon behaves as a program that others run: signals, reloads, pipes, a second one beside it.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, Mount, SEED, Scene, apart, binary, require_root, run, unique};
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

/// A folder that is everybody's by its mode, as the kubelet makes one for a `ConfigMap`, with a file in it.
fn config_map(folder: PathBuf, file: &str, text: &str) -> PathBuf {
    fs::create_dir(&folder).expect("the folder above is ours");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("the folder is ours");
    publish(&folder, "..1", file, text);
    symlink(Path::new("..data").join(file), folder.join(file)).expect("the folder is ours");
    folder
}

/// Puts a file into a folder as the kubelet does: in a folder of its own, which is swapped for the one before it.
fn publish(folder: &Path, version: &str, file: &str, text: &str) {
    fs::create_dir(folder.join(version)).expect("the folder is ours");
    fs::write(folder.join(version).join(file), text).expect("the folder is ours");
    symlink(version, folder.join("..data_tmp")).expect("the folder is ours");
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).expect("the folder is ours");
}

#[test]
fn rules_and_exceptions_are_read_from_config_maps_as_the_kubelet_mounts_them() {
    require_root();
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let rule = fs::read_to_string(rule).expect("it was written");
    let exception = |target: &str| {
        format!(
            "[[exception]]\nname = \"{target}\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n\
             condition = 'user.name == \"root\" and process.args == \"--as={target}\"'\n"
        )
    };
    let (first, second) = (unique("first"), unique("second"));
    let rules = config_map(scene.path().join("rules"), "rule.toml", &rule);
    let exceptions = config_map(scene.path().join("exceptions"), "x.toml", &exception(&first));
    let rules = Mount::read_only(&rules, scene.path().join("mounted-rules"));
    let mounted = Mount::read_only(&exceptions, scene.path().join("mounted-exceptions"));
    let text = |path: &Path| path.display().to_string();

    let check = |path: &Path| run(Command::new(binary()).args(["check", "-x"]).arg(path));
    let refused = check(&exceptions);
    let said = String::from_utf8_lossy(&refused.stdout) + String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(78), "{said}");
    assert!(said.contains("everybody may write it"), "{said}");
    assert!(check(mounted.path()).status.success());

    let (rules, mounted) = (text(rules.path()), text(mounted.path()));
    let args = [
        "run",
        "--rules",
        &rules,
        "--exceptions",
        &mounted,
        "--write-excepted",
    ];
    let mut daemon = Daemon::start(&args);
    let is_excepted = |daemon: &mut Daemon, target: &str| {
        run(Command::new(&program).arg(format!("--as={target}")));
        !daemon.alert(target)["kubectl_watch"]["exception"].is_null()
    };
    assert!(is_excepted(&mut daemon, &first));
    assert!(!is_excepted(&mut daemon, &second));
    publish(&exceptions, "..2", "x.toml", &exception(&second));
    daemon.signal(Signal::HUP);
    daemon.await_log("reloaded the exceptions");
    assert!(is_excepted(&mut daemon, &second));
    daemon.stop();
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
