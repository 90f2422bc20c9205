//! Real commands with a secret in each place that is covered, run by real shells: no piece of it leaves.

use std::{fs, process::Command};

use kubectl_watch_tests::{Daemon, SEED, Scene, Stopped, binary, run, unique};

/// Bytes that are too few to find a secret by.
const PIECE: usize = 8;

/// What is secret. A shell leaves it as it is in single quotes.
const SECRET: &str = "Kq7=$,-@wZ0pR5mXb";

/// Lines of bash with `{s}` in place of the secret, and `{u}` in place of whom kubectl acts as.
const LINES: &[&str] = &[
    "kubectl --as={u} --token '{s}' version --client",
    "kubectl --as={u} version --client -n x --token='{s}'",
    "kubectl --as={u} version --client --username bob --password \"\"'{s}'",
    "kubectl --as={u} create secret docker-registry r --dry-run=client --docker-server=r.example --docker-username=bob --docker-password '{s}'",
    "kubectl --as={u} create secret generic x --dry-run=client --from-literal 'k={s}'",
    "kubectl --as={u} run x --image=i --dry-run=client --env 'A={s}'",
    "kubectl --as={u} config set-credentials bob --kubeconfig \"$CONFIG\" --token='{s}'",
    "kubectl --as={u} config set-credentials bob --exec-command=login --exec-arg=--token --exec-arg='{s}' --kubeconfig \"$CONFIG\"",
    "kubectl --as={u} config set users.bob.token --kubeconfig \"$CONFIG\" '{s}'",
    "kubectl --as={u} config set users.b@ob.password --kubeconfig=\"$CONFIG\" -- '--{s}'",
    "kubectl --as={u} version --client --server 'https://bob:{s}@127.0.0.1:1'",
    "kubectl --as={u} version --client --token=\"$(echo \"$(echo '{s}')\" | rev)\"",
    "kubectl --as={u} version --client --token \"`echo \"a\" '{s}'`\"",
    "kubectl --as={u} version --client --token=$(case x in x) echo '{s}';; esac)",
    "DB_PASSWORD='{s}' kubectl --as={u} version --client",
    "sh -c \"kubectl --as={u} version --client --token='{s}'; true\"; true",
    "eval \"sh -c \\\"kubectl --as={u} version --client --token='{s}'; true\\\"\"; true",
    "cat <<E > /dev/null\nit's\nE\nkubectl --as={u} version --client --token '{s}'",
];

/// That no piece of a secret is in a text.
fn keeps(text: &str, secret: &str) {
    for piece in secret.as_bytes().windows(PIECE) {
        let piece = String::from_utf8_lossy(piece);
        assert!(!text.contains(&*piece), "{piece} of {secret}: {text}");
    }
}

/// That none is in anything that the daemon said.
fn keep_all(stopped: &Stopped, secret: &str) {
    keeps(&stopped.log, secret);
    for document in &stopped.alerts {
        keeps(&document.to_string(), secret);
    }
}

#[test]
fn no_piece_of_a_secret_leaves_wherever_it_is() {
    let scene = Scene::new();
    let mut daemon = Daemon::start(&["--kernel-log", "debug", "-v"]);
    for line in LINES {
        let user = unique("eve");
        let line = line.replace("{s}", SECRET).replace("{u}", &user);
        run(Command::new("bash")
            .args(["-c", &format!("{line}; true")])
            .env("CONFIG", scene.path().join("config")));
        let alert = daemon.alert_of(SEED, &user);
        let file = scene.path().join("alert.json");
        fs::write(&file, alert.to_string()).expect("the folder is ours");
        let told = run(Command::new(binary()).args(["runbook", "--alert"]).arg(&file));
        let told = String::from_utf8(told.stdout).expect("it is text");
        keeps(&told, SECRET);
        assert!(alert.to_string().contains("<redacted:"), "{line}: {alert}");
    }
    keep_all(&daemon.stop(), SECRET);
}

/// What is run from a folder that is called like a token.
#[test]
fn no_piece_of_a_secret_leaves_with_a_path() {
    const SIGNATURE: &str = "c2lnbmF0dXJlIG9mIG91cnM";
    let scene = Scene::new();
    let folder = scene
        .path()
        .join(format!("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.{SIGNATURE}"));
    fs::create_dir(&folder).expect("the folder is ours");
    let own = Scene::under(&folder);
    let mut daemon = Daemon::start(&["--kernel-log", "debug", "-v"]);
    let user = unique("eve");
    let worker = own.script("run.sh", "#!/bin/bash\nkubectl version --client --as=$1\ntrue\n");
    run(Command::new(&worker).arg(&user).current_dir(&folder));
    let alert = daemon.alert_of(SEED, &user);
    assert!(alert.to_string().contains("<redacted:jwt "), "{alert}");
    let renamed = unique("eve");
    let other = own.copy("/bin/true", "kubectl");
    run(Command::new("bash").args(["-c", &format!("{} --as={renamed}; true", other.display())]));
    let alert = daemon.alert_of(SEED, &renamed);
    let executable = alert["process"]["executable"].as_str().expect("it is known");
    assert!(executable.contains("/<redacted:jwt sha256:"), "{executable}");
    keep_all(&daemon.stop(), SIGNATURE);
}
