//! Ways past an exec monitor that are about who started kubectl, each tried for real: parents that are gone, parents
//! that are no shell, shells that are no parent, other namespaces, other users.

use std::{
    fs,
    io::Read as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Child, Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, apart, kubectl, run, unique};
use serde_json::Value;

const ELSEWHERE: &str = "Kubectl With Another Identity, Not From a Shell";
const REPLACED: &str = "Shell Replaced by Kubectl With Another Identity";

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

fn real(path: &str) -> String {
    let path = fs::canonicalize(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    path.to_str().expect("it is text").to_owned()
}

/// Starts a command as the process with this number, which nobody has. Others may be quicker, so it is tried again.
fn with_pid(pid: u32, command: &mut Command) -> Child {
    for _ in 0..1_000 {
        fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).expect(
            "this test needs a kernel that lets root choose the next pid (CONFIG_CHECKPOINT_RESTORE)",
        );
        let mut child = command.spawn().expect("it starts");
        if child.id() == pid {
            return child;
        }
        let _ended = child.kill();
        let _reaped = child.wait();
    }
    panic!("others always were quicker to take a pid");
}

#[test]
fn evasion_06_a_pid_that_somebody_else_has_at_once() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let (user, gate) = (unique("reused"), scene.path().join("gate"));
    assert!(run(Command::new("mkfifo").arg(&gate)).status.success());
    // What it leaves behind waits until there is somebody else with its number.
    let child = format!(
        "( read -r go < {}; exec kubectl version --client --as={user} ) > /dev/null 2>&1 &",
        gate.display()
    );
    let script = scene.script("a-parent-with-a-long-name.sh", &format!("#!/bin/bash\n{child}\n"));
    let mut parent = Command::new(&script)
        .stdin(Stdio::null())
        .spawn()
        .expect("it starts");
    let pid = parent.id();
    assert!(parent.wait().expect("it ends").success());
    let mut newcomer = with_pid(
        pid,
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()),
    );
    fs::write(&gate, "go\n").expect("somebody reads");

    let alert = daemon.alert_of(SEED, &user);
    let parent = &alert["process"]["parent"];
    assert_eq!(parent["pid"], pid);
    assert_eq!(parent["name"], "a-parent-with-a-long-name.sh");
    assert_eq!(parent["executable"], real("/bin/bash"));
    assert!(!parent.to_string().contains("\"cat\""), "{parent}");
    assert_eq!(alert["kubectl_watch"]["parent_left"], true);
    assert!(
        newcomer.try_wait().expect("it is ours").is_none(),
        "it is still there"
    );
    drop(newcomer.stdin.take());
    newcomer.wait().expect("it ends");
}

#[test]
fn evasion_09_a_shell_that_kubectl_takes_the_place_of() {
    let mut daemon = Daemon::start(&[]);
    let user = unique("replaced");
    let line = format!("kubectl version --client --as={user}");
    run(Command::new("perl").args(["-e", "system('bash', '-c', $ARGV[0])", &line]));
    let alert = daemon.alert_of(REPLACED, &user);
    assert_eq!(name(&alert["process"]["parent"]), "perl");
    assert_eq!(name(&alert["kubectl_watch"]["previous"]), "bash");
    assert_eq!(alert["process"]["previous"][0]["executable"], real("/bin/bash"));
    let stopped = daemon.stop();
    let found = stopped.rules_about(&user);
    assert!(found.contains(ELSEWHERE) && !found.contains(SEED), "{found:?}");
}

#[test]
fn evasion_23_parents_that_are_no_shell() {
    let mut daemon = Daemon::start(&[]);
    let python = "import subprocess, sys; subprocess.call(sys.argv[1:])";
    let perl = "system { $ARGV[0] } @ARGV";
    for (parent, words) in [
        ("/usr/bin/python3", &["-c", python][..]),
        ("/usr/bin/perl", &["-e", perl]),
        ("/usr/bin/find", &["/", "-maxdepth", "0", "-exec"]),
        ("/usr/bin/timeout", &["60"]),
        ("/usr/bin/xargs", &["-a", "/dev/null"]),
    ] {
        let user = unique("elsewhere");
        let mut command = Command::new(parent);
        command.args(words).args(["kubectl", "version", "--client"]);
        command.arg(format!("--as={user}")).stdin(Stdio::null());
        if parent.ends_with("find") {
            command.arg(";");
        }
        run(&mut command);
        let alert = daemon.alert_of(ELSEWHERE, &user);
        assert_eq!(alert["process"]["parent"]["executable"], real(parent), "{alert}");
    }
    let stopped = daemon.stop();
    let found = stopped.rules_about("elsewhere");
    assert!(!found.contains(SEED) && !found.contains(REPLACED), "{found:?}");
}

#[test]
fn evasion_16_namespaces_and_another_root() {
    let mut daemon = Daemon::start(&[]);
    let line = |user: &str| format!("kubectl version --client --as={user}; true");

    let user = unique("pid-namespace");
    let mut unshare = Command::new("unshare");
    run(unshare.args(["--pid", "--fork", "--mount-proc", "bash", "-c", &line(&user)]));
    let alert = daemon.alert_of(SEED, &user);
    // The host's number, and the one inside, where few have come before.
    let (outside, inside) = (
        alert["process"]["pid"].as_u64().expect("it has one"),
        alert["kubectl_watch"]["namespace"]["process_pid"]
            .as_u64()
            .expect("it has one"),
    );
    assert!(inside < 10 && inside < outside, "{alert}");
    assert_eq!(name(&alert["process"]["parent"]), "bash");

    let user = unique("user-namespace");
    let nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"];
    let inside = ["unshare", "--user", "--map-root-user", "bash", "-c", &line(&user)];
    run(Command::new("setpriv").args(nobody).args(inside));
    // Root in there, and on the host who it is.
    let process = daemon.alert_of(SEED, &user)["process"].clone();
    assert_eq!(process["user"]["id"], "65534");
    assert_eq!(process["real_user"]["id"], "65534");

    let scene = Scene::new();
    scene.copy("/bin/busybox", "sh");
    scene.copy(kubectl(), "kubectl");
    let user = unique("another-root");
    let line = format!("/kubectl version --client --as={user}; true");
    run(Command::new("chroot")
        .arg(scene.path())
        .args(["/sh", "-c", &line]));
    let process = daemon.alert_of(SEED, &user)["process"].clone();
    assert_eq!(name(&process["parent"]), "sh");
    let executable = process["executable"].as_str().expect("it has one");
    assert!(Path::new(executable).ends_with("kubectl"), "{executable}");
}

#[test]
fn evasion_21_setuid_and_sudo() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let program = scene.copy(kubectl(), "kubectl");
    for (path, mode) in [(scene.path(), 0o755), (&program, 0o4755)] {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
    }
    // Whoever logs in is marked so; nobody is who logged in here.
    let login = "echo 65534 > /proc/self/loginuid && exec \"$@\"";
    let user = unique("setuid");
    let line = format!("{} version --client --as={user}; true", program.display());
    let nobody = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "bash",
        "-c",
        &line,
    ];
    let done = run(Command::new("bash")
        .args(["-c", login, "login", "setpriv"])
        .args(nobody));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let alert = daemon.alert_of(SEED, &user);
    assert_eq!(alert["process"]["user"]["id"], "0");
    assert_eq!(alert["process"]["real_user"]["id"], "65534");
    assert_eq!(alert["process"]["saved_user"]["id"], "0");
    assert_eq!(alert["kubectl_watch"]["login_user"]["id"], "65534");

    let user = unique("sudo");
    let words = ["sudo", "-n", "-u", "#65534", "kubectl", "version", "--client"];
    let mut bash = Command::new("bash");
    bash.args(["-c", login, "login"])
        .args(words)
        .arg(format!("--as={user}"));
    let done = run(&mut bash);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let alert = daemon.alert_of(ELSEWHERE, &user);
    assert_eq!(alert["process"]["user"]["id"], "65534");
    assert_eq!(alert["process"]["real_user"]["id"], "65534");
    assert_eq!(alert["kubectl_watch"]["login_user"]["id"], "65534");
    let above = [&alert["process"]["parent"], &alert["kubectl_watch"]["previous"]];
    assert!(above.iter().any(|process| name(process) == "sudo"), "{alert}");
}

/// What an alert says is missing.
fn gaps(alert: &Value) -> Vec<&str> {
    let gaps = alert["kubectl_watch"]["gaps"].as_array();
    gaps.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[test]
fn who_forked_a_process_before_the_watch_is_not_known() {
    let scene = Scene::new();
    let (user, gate) = (unique("older"), scene.path().join("gate"));
    assert!(run(Command::new("mkfifo").arg(&gate)).status.success());
    // The outer shell ends, and somebody who did not fork the inner one is its parent when it calls exec.
    let line = format!(
        "( read -r go < {}; exec kubectl version --client --as={user} ) > /dev/null 2>&1 &",
        gate.display()
    );
    assert!(run(Command::new("bash").args(["-c", &line])).status.success());
    let mut daemon = Daemon::start(&[]);
    fs::write(&gate, "go\n").expect("somebody reads");
    let alert = daemon.alert(&user);
    assert_ne!(name(&alert["process"]["parent"]), "bash", "{alert}");
    assert!(gaps(&alert).contains(&"process.parent"), "{alert}");

    let user = unique("younger");
    run(Command::new("bash").args(["-c", &format!("kubectl version --client --as={user}; true")]));
    let alert = daemon.alert_of(SEED, &user);
    assert!(!gaps(&alert).contains(&"process.parent"), "{alert}");
}

#[test]
fn more_processes_above_than_are_sent() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let user = unique("deep");
    let text = format!(
        "#!/bin/bash\nif (( $1 )); then \"$0\" $(( $1 - 1 )); else kubectl version --client --as={user}; fi; true\n"
    );
    run(Command::new(scene.script("deeper.sh", &text)).arg("33"));
    let alert = daemon.alert_of(SEED, &user);
    let above = alert["kubectl_watch"]["ancestors"]
        .as_array()
        .expect("there are some");
    assert_eq!(above.len(), 32, "{alert}");
    assert!(gaps(&alert).contains(&"process.entry_leader"), "{alert}");
    let stopped = daemon.stop();
    assert!(stopped.log.contains("cut_ancestors"), "{}", stopped.log);
}

#[test]
fn parent_gone_at_once_a_thousand_times() {
    const TIMES: usize = 1_000;
    let daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let program = scene.copy("/bin/true", "kubectl");
    let mark = unique("orphan");
    // Each parent has a name of its own, and has ended before or while its child execs.
    let text = format!("#!/bin/bash\n{} --as={mark}-${{0##*-}} &\n", program.display());
    let script = scene.script("script", &text);
    let parent = |number: usize| format!("parent-with-a-long-name-{number}.sh");
    for number in 1..=TIMES {
        symlink(&script, scene.path().join(parent(number))).expect("the folder is ours");
    }
    let load = "for i in {1..4000}; do /bin/true; done";
    let mut load: Vec<Child> = (0..2)
        .map(|_| apart("bash").args(["-c", load]).spawn().expect("it starts"))
        .collect();
    // Whoever is left has an end of it, and when nobody is, all have been started.
    let (mut left, end) = std::io::pipe().expect("there is one");
    for number in 1..=TIMES {
        let mut script = apart(scene.path().join(parent(number)));
        let end = end.try_clone().expect("there is one");
        assert!(script.stdout(end).status().expect("it starts").success());
    }
    drop(end);
    left.read_to_end(&mut Vec::new()).expect("it ends");
    for load in &mut load {
        load.wait().expect("it ends");
    }

    let stopped = daemon.stop();
    let (mut right, mut unknown) = (0, 0);
    for number in 1..=TIMES {
        let arg = format!("--as={mark}-{number}.sh");
        let of = |alert: &&Value| {
            alert["process"]["args"][1] == *arg && [SEED, ELSEWHERE].contains(&name(&alert["rule"]))
        };
        let alerts: Vec<&Value> = stopped.alerts.iter().filter(of).collect();
        assert_eq!(alerts.len(), 1, "{arg}: {}", stopped.log);
        let named = &alerts[0]["process"]["parent"]["name"];
        if named.is_null() {
            // Then no rule about parents may have counted on it.
            assert_eq!(name(&alerts[0]["rule"]), ELSEWHERE);
            unknown += 1;
        } else {
            assert_eq!(named.as_str(), Some(parent(number).as_str()), "{}", alerts[0]);
            right += 1;
        }
    }
    println!("of {TIMES} parents that were gone, {right} were named right, {unknown} unknown, 0 wrong");
    // A machine under load may run others between a fork and the end of the parent, but not so many.
    assert!(
        right >= TIMES * 9 / 10,
        "{unknown} of {TIMES} parents are not known"
    );
}
