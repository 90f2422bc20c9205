//! The cases of the rule that ships, on the kernel at hand: what is run, and what the alert must say of it.
//!
//! They are those of `tests/live.rs` and `tests/evasions.rs` that depend on the kernel, with a static shell in place of
//! bash.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, Scene, run as run_command, unique};
use serde_json::Value;

use crate::account::{case, lacks, say};

/// Bytes of one argument of padding.
const PADDING: usize = 100_000;

/// All of them, with one daemon.
pub(crate) fn run() {
    let mut started = None;
    case("start", || started = Some(Daemon::start(&[])));
    let Some(mut daemon) = started else { return };
    case("plain", || plain(&mut daemon));
    for size in [100_000, 1_000_000, 1_900_000] {
        case(&format!("args-{size}"), || padded(&mut daemon, size));
    }
    case("environment", || environment(&mut daemon));
    case("parent-gone", || parent_gone(&mut daemon, "exec kubectl"));
    case("parent-gone-twice-replaced", || {
        parent_gone(&mut daemon, "exec busybox env kubectl");
    });
    case("long-script-name", || long_script_name(&mut daemon));
    case("namespaces", || namespaces(&mut daemon));
    case("thread", || thread(&mut daemon));
    case("followed", || followed(&mut daemon));
    case("missed-count", || missed_count(&daemon));
    case("losses", || {
        let stopped = daemon.stop();
        assert!(stopped.status.success(), "{}", stopped.log);
        assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
    });
}

/// Runs a line in the shell, which stays the parent of what it runs; further words are `$1`, `$2` …
fn shell(line: &str, words: &[&str]) {
    let done = run_command(
        Command::new("sh")
            .args(["-c", &format!("{line}; true"), "sh"])
            .args(words),
    );
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn args(alert: &Value) -> Vec<&str> {
    let args = alert["process"]["args"].as_array().expect("there are arguments");
    args.iter()
        .map(|arg| arg.as_str().expect("they are text"))
        .collect()
}

fn plain(daemon: &mut Daemon) {
    let user = unique("plain");
    shell(&format!("kubectl version --client --as={user}"), &[]);
    let alert = daemon.alert(&user);
    let process = &alert["process"];
    assert_eq!(
        args(&alert),
        ["kubectl", "version", "--client", &format!("--as={user}")]
    );
    assert_eq!(process["name"], "kubectl");
    assert_eq!(process["executable"], "/usr/bin/kubectl");
    assert_eq!(process["parent"]["name"], "sh");
    assert_eq!(process["parent"]["executable"], "/bin/busybox");
    assert_eq!(process["user"]["name"], "root");
    // Only what is read of a program and of its shell, if they had ended by then.
    let gaps = alert["kubectl_watch"]["gaps"].as_array();
    let missing: Vec<&Value> = gaps.into_iter().flatten().collect();
    let of_processes = [
        "kubectl_watch.kubeconfig",
        "kubectl_watch.kuberc",
        "kubectl_watch.script",
    ];
    assert!(
        missing.iter().all(|gap| of_processes.iter().any(|of| *gap == of)),
        "{missing:?}"
    );
}

/// Every byte of the arguments, or an alert that says that some are missing.
fn padded(daemon: &mut Daemon, size: usize) {
    let user = unique("padded");
    let padding = "x".repeat(PADDING);
    let words = vec![padding.as_str(); size / PADDING];
    shell(&format!("kubectl version --client \"$@\" --as={user}"), &words);
    let alert = daemon.alert(&user);
    let args = args(&alert);
    assert_eq!(args.len(), 4 + words.len());
    assert_eq!(args.iter().filter(|arg| **arg == padding).count(), words.len());
    assert_eq!(alert["process"]["args_count"], args.len());
}

/// A long variable behind many others, of which nothing is shown.
fn environment(daemon: &mut Daemon) {
    let user = unique("environment");
    let value = format!("/nowhere/{}", "x".repeat(40_000));
    let mut shell = Command::new("sh");
    let others = (0..2000).map(|number| (format!("OTHER{number}"), "secret"));
    shell
        .args(["-c", &format!("kubectl version --client --as={user}; true")])
        .envs(others)
        .env("KUBECONFIG", &value);
    assert!(run_command(&mut shell).status.success());
    let alert = daemon.alert(&user);
    let variables = alert["process"]["env_vars"].as_array().expect("there are some");
    let is_kubeconfig = |it: &&Value| it.as_str() == Some(&format!("KUBECONFIG={value}"));
    assert_eq!(variables.iter().filter(is_kubeconfig).count(), 1, "{variables:?}");
    assert!(!alert.to_string().contains("secret"));
}

/// The inner shell waits until the outer one, which made it, is gone and another has it.
fn parent_gone(daemon: &mut Daemon, exec: &str) {
    let user = unique("orphan");
    let wait = "while kill -0 $$; do :; done";
    let line = format!("( {{ {wait}; }} 2>/dev/null; {exec} version --client --as={user} ) &");
    // Its output is nobody's, so that nothing waits for what it leaves behind.
    let mut outer = Command::new("sh");
    outer
        .args(["-c", &line])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert!(outer.status().expect("the shell starts").success());
    let alert = daemon.alert(&user);
    assert_eq!(alert["kubectl_watch"]["parent_left"], true);
    assert_eq!(alert["process"]["parent"]["name"], "sh");
}

/// The interpreter is no shell that the rule names, so that only the script's name can match.
fn long_script_name(daemon: &mut Daemon) {
    let scene = Scene::new();
    let folder = scene.path();
    fs::copy("/bin/busybox", folder.join("busybox")).expect("the folder is ours");
    let name = "a-very-long-deployment-name.sh";
    let user = unique("script");
    let text = format!(
        "#!{} sh\nkubectl version --client --as={user}\ntrue\n",
        folder.join("busybox").display()
    );
    run_command(&mut Command::new(scene.script(name, &text)));
    assert_eq!(daemon.alert(&user)["process"]["parent"]["name"], name);
}

/// What a container is made of: mounts, pids and users of its own, and another root.
fn namespaces(daemon: &mut Daemon) {
    let scene = Scene::under("/run");
    let jail = scene.path();
    fs::create_dir(jail.join("bin")).expect("the folder is ours");
    for (program, name) in [("/bin/busybox", "busybox"), ("/usr/bin/kubectl", "kubectl")] {
        fs::copy(program, jail.join("bin").join(name)).expect("the folder is ours");
    }
    std::os::unix::fs::symlink("busybox", jail.join("bin/sh")).expect("the folder is ours");
    let user = unique("jailed");
    let inner = format!("/bin/kubectl version --client --as={user}; true");
    let done = run_command(
        Command::new("busybox")
            .args([
                "unshare", "-m", "-u", "-i", "-p", "-f", "-U", "-r", "busybox", "chroot",
            ])
            .arg(jail)
            .args(["/bin/sh", "-c", &inner]),
    );
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let alert = daemon.alert(&user);
    let process = &alert["process"];
    let executable = process["executable"].as_str().unwrap_or_default();
    assert!(executable.ends_with("/bin/kubectl"), "{executable}");
    assert_eq!(process["parent"]["name"], "sh");
    let namespace = &alert["kubectl_watch"]["namespace"];
    let number = |value: &Value| value.as_u64().expect("it is a number");
    // The shell is the first process there, so that what it runs is the second.
    assert_eq!(number(&namespace["process_pid"]), 2);
    assert!(number(&process["pid"]) > 2, "{process}");
    let own = |kind| fs::read_link(Path::new("/proc/self/ns").join(kind)).expect("it is there");
    for (kind, key) in [("pid", "pid"), ("mnt", "mnt")] {
        let own = own(kind).display().to_string();
        assert!(!own.contains(&namespace[key].to_string()), "{own} {namespace}");
    }
}

fn thread(daemon: &mut Daemon) {
    let user = unique("thread");
    shell(
        &format!("/init from-thread kubectl version --client --as={user}"),
        &[],
    );
    let alert = daemon.alert(&user);
    assert_eq!(alert["process"]["name"], "kubectl");
    assert_eq!(alert["process"]["pid"], alert["process"]["thread"]["id"]);
    assert_eq!(alert["process"]["parent"]["name"], "sh");
}

/// Where the child of an alerted process connects, and how the process ends. It waits until it is followed.
fn followed(daemon: &mut Daemon) {
    let (scene, user) = (Scene::new(), unique("followed"));
    let up = run_command(Command::new("busybox").args(["ifconfig", "lo", "up"]));
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    let go = scene.path().join("go");
    let wait = format!("while [ ! -e {} ]; do :; done", go.display());
    let text = format!("#!/bin/sh\n{wait}\nbusybox nc -w 1 127.0.0.1 1\nexit 7\n");
    let kubectl = scene.script("kubectl", &text);
    let line = format!("{} --as={user}; true", kubectl.display());
    let mut shell = Command::new("sh").args(["-c", &line]).spawn().expect("it starts");
    let alert = daemon.alert(&user);
    fs::write(&go, "").expect("the folder is ours");
    shell.wait().expect("it ends");
    let found = daemon.document("the follow-up", |document| {
        document["event"]["action"] == "followed-up"
            && document["kubectl_watch"]["alert"]["id"] == alert["event"]["id"]
    });
    assert_eq!(found["process"]["exit_code"], 7, "{found}");
    let connection = &found["kubectl_watch"]["follow_up"]["connections"][0];
    assert_eq!(connection["destination"]["ip"], "127.0.0.1", "{found}");
    assert_eq!(connection["destination"]["port"], 1, "{found}");
    assert_eq!(connection["outcome"], "refused", "{found}");
}

/// Whether the kernel counts the execs that it could not show the program. That is on its page about a program.
fn missed_count(daemon: &Daemon) {
    let folder = format!("/proc/{}/fdinfo", daemon.pid());
    let pages = fs::read_dir(folder).expect("the daemon runs").map(|page| {
        let page = page.expect("it is readable").path();
        // One that is gone by now was of a descriptor that is closed.
        fs::read_to_string(page).unwrap_or_default()
    });
    let of_programs: Vec<String> = pages.filter(|page| page.contains("prog_type:")).collect();
    assert!(!of_programs.is_empty(), "the daemon holds no program");
    if !of_programs[0].contains("recursion_misses:") {
        say(&of_programs[0].replace(['\n', '\t'], " "));
        lacks("no-missed-count", "of execs that were not shown");
    }
}
