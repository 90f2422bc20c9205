//! What to do about an alert: in the alert, and printed with its rule's words.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use kubectl_watch_tests::{Daemon, Scene, binary, kubectl, run, unique};

fn runbook(file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(binary());
    run(command.args(["runbook", "--alert"]).arg(file).args(more))
}

#[test]
fn an_alert_says_what_to_do_and_the_runbook_says_it_all() {
    let scene = Scene::new();
    let mut daemon = Daemon::start(&[]);
    let account = unique("it's me $(reboot)");
    let script = "\"$0\" version --client --as=\"$1\"; true";
    run(Command::new("bash")
        .args(["-c", script])
        .arg(kubectl())
        .arg(&account));
    let alert = daemon.alert(&account);
    daemon.stop();
    let steps = alert["kubectl_watch"]["runbook"]
        .as_array()
        .expect("it has steps");
    let commands: Vec<&str> = steps.iter().filter_map(|step| step["command"].as_str()).collect();
    assert!(
        commands[0].starts_with("kubectl auth can-i --list $'--as=it\\'s me $(reboot)"),
        "{commands:#?}"
    );
    let host = alert["host"]["name"].as_str().expect("it has a name");
    assert!(
        commands.contains(&format!("kubectl cordon {host}").as_str()),
        "{commands:#?}"
    );

    let file = scene.path().join("alert.json");
    fs::write(&file, alert.to_string()).expect("the folder is ours");
    let done = runbook(&file, &[]);
    let text = String::from_utf8(done.stdout).expect("it is text");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    for words in commands
        .iter()
        .chain(&["How to look into it", "What to do when it is real"])
    {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[test]
fn a_mistake_is_told() {
    let scene = Scene::new();
    let file = scene.path().join("alerts.ndjson");
    fs::write(&file, "{}\n").expect("the folder is ours");
    for (more, words) in [
        (
            &[][..],
            "has 0 alerts, and the runbook is about one: say which with --id",
        ),
        (&["--id", "x"], "there is no alert x among the 0"),
    ] {
        let done = runbook(&file, more);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(78), "{said}");
        assert!(said.contains(words), "{said}");
    }
    let done = runbook(&scene.path().join("none"), &[]);
    assert_eq!(done.status.code(), Some(78));
}
