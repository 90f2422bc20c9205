//! A real kubectl in a real kernel, and what the daemon says of it.

use std::process::Command;

use kubectl_watch_tests::{Daemon, SEED, Scene, apart, kubectl, run, unique};
use serde_json::json;

/// Runs a line in bash, which stays the parent of what it runs.
fn bash(line: &str) {
    run(Command::new("bash").args(["-c", &format!("{line}; true")]));
}

#[test]
fn kubectl_as_somebody_else_is_an_alert_with_its_whole_command_line_and_its_parent() {
    let mut daemon = Daemon::start(&[]);
    let user = unique("admin");
    bash(&format!("kubectl version --client --as={user}"));
    let alert = daemon.alert_of(SEED, &user);

    assert_eq!(alert["event"]["kind"], "alert");
    assert_eq!(alert["event"]["severity"], 21);
    let process = &alert["process"];
    assert_eq!(process["name"], "kubectl");
    assert_eq!(
        process["args"],
        json!(["kubectl", "version", "--client", format!("--as={user}")])
    );
    assert_eq!(
        process["command_line"],
        format!("kubectl version --client --as={user}")
    );
    assert_eq!(process["args_count"], 4);
    let real = kubectl().canonicalize().expect("it is there");
    assert_eq!(process["executable"], real.to_str().expect("it is text"));
    assert_eq!(process["parent"]["name"], "bash");
    let bash = std::fs::canonicalize("/bin/bash").expect("it is there");
    assert_eq!(
        process["parent"]["executable"],
        bash.to_str().expect("it is text")
    );
    assert_eq!(process["user"]["id"], "0");
    assert_eq!(process["user"]["name"], "root");

    let stopped = daemon.stop();
    assert!(stopped.status.success(), "{}", stopped.log);
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
    assert_eq!(stopped.count_of(SEED, &user), 1);
}

#[test]
fn a_secret_is_seen_by_the_rule_and_by_nobody_else() {
    let mut daemon = Daemon::start(&["--kernel-log", "debug", "-v"]);
    let (secret, marker) = (unique("very-secret-token"), unique("marker"));
    bash(&format!("kubectl version --client --token={secret} {marker}"));
    let alert = daemon.alert(&marker);
    assert!(
        alert["process"]["args"][3]
            .as_str()
            .is_some_and(|arg| arg.starts_with("--token=<redacted:"))
    );
    let stopped = daemon.stop();
    for alert in &stopped.alerts {
        assert!(!alert.to_string().contains(&secret), "{alert}");
    }
    assert!(!stopped.log.contains(&secret), "{}", stopped.log);
}

#[test]
fn without_another_identity_or_without_a_shell_there_is_no_alert() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let worker = scene.copy("/bin/dash", "worker");
    let (plain, no_shell, capital, last) = (
        unique("plain"),
        unique("no-shell"),
        unique("capital"),
        unique("last"),
    );
    bash(&format!("kubectl version --client as={plain}"));
    run(Command::new(&worker).args(["-c", &format!("kubectl version --client --as={no_shell}; true")]));
    let other = scene.copy("/bin/true", "Kubectl");
    bash(&format!("{} --as={capital}", other.display()));
    bash(&format!("kubectl version --client --as={last}"));
    daemon.alert_of(SEED, &last);
    let stopped = daemon.stop();
    for negative in [plain, no_shell, capital] {
        assert_eq!(stopped.count_of(SEED, &negative), 0, "{negative}");
    }
}

/// What is long above is not long in each alert below. What the process itself was given is whole.
#[test]
fn one_long_command_line_does_not_make_each_alert_below_it_long() {
    let mut daemon = Daemon::start(&[]);
    let (long, own) = ("x".repeat(50_000), "y".repeat(9_000));
    let secret = unique("very-secret-token");
    // More than is shown, and then more than is read.
    for count in [1, 10] {
        let user = unique("below");
        let line = format!("kubectl version --client --as={user} {own}; true");
        let mut shell = Command::new("setsid");
        shell
            .args(["-w", "bash", "-c", &line, "-"])
            .args(vec![&long; count]);
        run(shell.args(["--token", &secret]));
        let alert = daemon.alert_of(SEED, &user);
        let process = &alert["process"];
        assert_eq!(process["args"][4], own, "its own are whole");
        let gaps = alert["kubectl_watch"]["gaps"].as_array().expect("there are some");
        for of in ["parent", "session_leader", "group_leader"] {
            let args = process[of]["args"].as_array().expect("it has some");
            let shown: usize = args.iter().filter_map(|arg| arg.as_str()).map(str::len).sum();
            assert!(args[1] == "-c" && shown <= 4096 + "…".len(), "{shown}");
            assert!(gaps.contains(&json!(format!("process.{of}.args"))), "{gaps:?}");
            let whole = (count == 1).then_some(json!(7));
            assert_eq!(process[of].get("args_count"), whole.as_ref(), "{of}");
        }
        assert!(!alert.to_string().contains(&secret));
    }
}

#[test]
fn an_ended_parent_is_still_named() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let user = unique("gone");
    let name = "a-very-long-deployment-name.sh";
    let script = scene.script(
        name,
        &format!("#!/bin/bash\nkubectl version --client --as={user}\ntrue\n"),
    );
    // While the daemon cannot look, everything happens, and nobody of it is left when it can.
    daemon.signal(rustix::process::Signal::STOP);
    run(&mut Command::new(&script));
    drop(scene);
    daemon.signal(rustix::process::Signal::CONT);
    let parent = &daemon.alert(&user)["process"]["parent"];
    assert_eq!(parent["name"], name);
    assert_eq!(
        parent["executable"],
        std::fs::canonicalize("/bin/bash")
            .expect("it is there")
            .to_str()
            .expect("text")
    );
}

#[test]
fn three_hundred_at_once_are_three_hundred_alerts() {
    let daemon = Daemon::start(&[]);
    let scene = Scene::new();
    scene.copy("/bin/true", "kubectl");
    let user = unique("storm");
    let line = format!(
        "for i in {{1..300}}; do {}/kubectl --as={user}-$i. & done; wait",
        scene.path().display()
    );
    run(apart("bash").args(["-c", &line]));
    let stopped = daemon.stop();
    for i in 1..=300 {
        assert_eq!(
            stopped.count_of(SEED, &format!("{user}-{i}.")),
            1,
            "{i}; {}",
            stopped.log
        );
    }
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
}

#[test]
fn the_public_layout_of_rules_is_read_as_it_is() {
    let scene = Scene::new();
    let rule = r#"
        [metadata]
        creation_date = "2026/01/01"
        integration = ["endpoint"]
        maturity = "production"
        [rule]
        author = ["somebody"]
        language = "eql"
        license = "none"
        name = "Any kubectl"
        risk_score = 47
        rule_id = "0b6e8c5e-0000-4000-8000-000000000001"
        severity = "medium"
        type = "eql"
        query = '''
        process where event.type == "start" and process.name : "KUBE?TL" and process.args_count >= 3
        '''
        [[rule.threat]]
        framework = "MITRE ATT&CK"
        [rule.threat.tactic]
        id = "TA0006"
        name = "Credential Access"
        reference = "https://attack.mitre.org/tactics/TA0006/"
    "#;
    let path = scene.script("any.toml", rule);
    let mut daemon = Daemon::start(&["--rules", path.to_str().expect("it is text")]);
    let word = unique("word");
    bash(&format!("kubectl version --client {word}"));
    let alert = daemon.alert(&word);
    assert_eq!(alert["rule"]["name"], "Any kubectl");
    assert_eq!(alert["event"]["severity"], 47);
}
