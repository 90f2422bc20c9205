//! Which script ran a kubectl, and what is said where none can be named.

use std::{fs, process::Command};

use kubectl_watch_tests::{Daemon, Scene, run, unique};
use serde_json::{Value, json};

/// Runs a line below a door, so that nothing that runs the tests is above it.
fn behind_a_door(scene: &Scene, line: &str) {
    let door = scene.path().join("sshd");
    if !door.exists() {
        scene.copy("/bin/bash", "sshd");
    }
    let inner = scene.script("line", line);
    let line = format!("bash -c 'eval \"$(cat {})\"; true'; true", inner.display());
    run(Command::new(door).current_dir(scene.path()).args(["-c", &line]));
}

fn script_of(alert: &Value) -> &Value {
    &alert["kubectl_watch"]["script"]
}

#[test]
fn a_script_is_named_with_its_hash_and_its_owner() {
    let scene = Scene::new();
    let text = "#!/bin/bash\nkubectl version --client --as=$1\ntrue\n";
    let deploy = scene.script("deploy.sh", text);
    let mut daemon = Daemon::start(&[]);
    let hash = run(Command::new("sha256sum").arg(&deploy)).stdout;
    let hash = String::from_utf8_lossy(&hash[..64]).into_owned();
    let path = deploy.to_str().expect("it is text");
    for line in [
        "./deploy.sh",
        "bash -e deploy.sh",
        "sh -c \"./deploy.sh %; true\"",
        "timeout 60 ./deploy.sh",
    ] {
        let word = unique("script");
        let line = if line.contains('%') {
            line.replace('%', &word)
        } else {
            format!("{line} {word}")
        };
        behind_a_door(&scene, &line);
        let alert = daemon.whole_alert(&word);
        let script = script_of(&alert);
        assert_eq!(script["path"], path, "{line}: {script}");
        assert_eq!(script["sha256"], hash.as_str(), "{line}: {script}");
        assert_eq!(
            [
                &script["owner"],
                &script["mode"],
                &script["writable_by_others"],
                &script["unknown"]
            ],
            [&json!("root"), &json!("0755"), &json!(false), &Value::Null],
            "{line}"
        );
    }
}

#[test]
fn what_is_no_script_is_called_what_it_is() {
    let scene = Scene::new();
    scene.script(
        "gone.sh",
        "#!/bin/bash\nrm -- \"$0\"\nkubectl version --client --as=$1\ntrue\n",
    );
    let pipe = scene.path().join("pipe");
    run(Command::new("mkfifo").arg(&pipe));
    let mut daemon = Daemon::start(&[]);
    let kubectl = "kubectl version --client --as=%; true";
    for (line, why) in [
        (kubectl.to_owned(), "command_line"),
        (format!("bash -c \"{kubectl}\""), "command_line"),
        (format!("echo \"{kubectl}\" | bash"), "stdin"),
        (format!("bash <(echo \"{kubectl}\")"), "descriptor"),
        (format!("echo \"{kubectl}\" > pipe & bash pipe"), "unreadable"),
        ("./gone.sh %".to_owned(), "missing"),
    ] {
        let word = unique("no-script");
        behind_a_door(&scene, &line.replace('%', &word));
        let alert = daemon.whole_alert(&word);
        let script = script_of(&alert);
        assert_eq!(script["unknown"], why, "{line}: {script}");
        assert_eq!(script["sha256"], Value::Null, "{line}: {script}");
    }
    assert!(fs::metadata(&pipe).is_ok(), "nobody took it away");
}
