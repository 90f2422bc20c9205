//! What surrounds an alert, by real execs: who looks for a kubeconfig and then acts as somebody else.

use std::process::{Command, Stdio};

use kubectl_watch_tests::{Daemon, SEED, Scene, run, unique};
use serde_json::{Value, json};

const LOOKED_FOR: &str = "Kubeconfig Looked For";

/// Runs a line in a bash that leads a session of its own.
fn session(scene: &Scene, line: &str) {
    let mut setsid = Command::new("setsid");
    let line = format!("{line}; true");
    run(setsid
        .args(["--wait", "bash", "-c", &line])
        .current_dir(scene.path())
        .stdin(Stdio::null()));
}

/// How an alert says that it is joined to an earlier one.
fn joined_by(alert: &Value, earlier: &Value) -> Vec<String> {
    let surroundings = alert["kubectl_watch"]["surroundings"].as_array();
    let surroundings = surroundings.map(Vec::as_slice).unwrap_or_default().iter();
    surroundings
        .filter(|it| it["alert"]["id"] == earlier["event"]["id"])
        .map(|it| it["by"].as_str().expect("text").to_owned())
        .collect()
}

#[test]
fn who_looked_for_a_kubeconfig_and_acts_as_somebody_else_is_worse() {
    let (scene, word) = (Scene::new(), unique("around"));
    let mut daemon = Daemon::start(&[]);
    session(
        &scene,
        &format!(
            "find . -path '*/.kube/config' -name {word}-found; kubectl version --client --as={word}-used"
        ),
    );
    session(&scene, &format!("kubectl version --client --as={word}-elsewhere"));
    let found = daemon.alert_of(LOOKED_FOR, &format!("{word}-found"));
    assert_eq!(joined_by(&found, &found), [""; 0], "{found}");
    let used = daemon.alert_of(SEED, &format!("{word}-used"));
    assert_eq!(joined_by(&used, &found), ["session"], "{used}");
    let raised = json!({ "from": "low", "to": "medium", "by": found["event"]["id"] });
    assert_eq!(used["kubectl_watch"]["raised"], raised);
    assert_eq!(
        (&used["event"]["severity"], &used["event"]["risk_score"]),
        (&json!(47), &json!(47))
    );
    let elsewhere = daemon.alert_of(SEED, &format!("{word}-elsewhere"));
    // Where the tests themselves run in a login or a container, that still joins it.
    for by in joined_by(&elsewhere, &found) {
        assert!(by == "login" || by == "container", "{by}: {elsewhere}");
    }
    let is_joined = !joined_by(&elsewhere, &found).is_empty();
    let severity = if is_joined { 47 } else { 21 };
    assert_eq!(elsewhere["event"]["severity"], severity, "{elsewhere}");
}

#[test]
fn what_is_excepted_surrounds_nothing_and_a_repeat_does_by_its_first_alert() {
    let (scene, word) = (Scene::new(), unique("quiet"));
    // A file of its own, so that what other tests do is not the first of its repeats.
    scene.copy("/usr/bin/find", "find");
    let exceptions = scene.script(
        "exceptions.toml",
        &format!(
            "[[exception]]\nname = \"known\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n\
             condition = 'user.id == 0 and process.args == \"{word}-known\"'\n"
        ),
    );
    let exceptions = exceptions.to_str().expect("text");
    let daemon = Daemon::start(&["--exceptions", exceptions, "--suppress=1h"]);
    let find = |what: &str| format!("./find . -path '*/.kube/config' -name {word}-{what}");
    let used = |whom: &str| format!("kubectl version --client --as={word}-{whom}");
    let (a, b, c) = (used("a"), used("b"), used("c"));
    session(&scene, &format!("{a}; {}; {a}; {a}", find("x")));
    session(&scene, &format!("{}; {b}", find("x")));
    session(&scene, &format!("{}; {c}", find("known")));
    let stopped = daemon.stop();
    let alerts_of = |rule: &str, words: &str| -> Vec<Value> {
        let is_of = |it: &&Value| {
            let line = it["process"]["command_line"].as_str().unwrap_or_default();
            it["event"]["kind"] == "alert" && it["rule"]["name"] == rule && line.ends_with(words)
        };
        stopped.alerts.iter().filter(is_of).cloned().collect()
    };
    let found = alerts_of(LOOKED_FOR, &format!("{word}-x"));
    assert_eq!(found.len(), 1, "the second is a repeat: {}", stopped.log);
    let severities = |alerts: &[Value]| -> Vec<Value> {
        alerts.iter().map(|it| it["event"]["severity"].clone()).collect()
    };
    let a = alerts_of(SEED, &format!("{word}-a"));
    assert_eq!(severities(&a), [21, 47], "what is raised is no repeat: {a:?}");
    let b = alerts_of(SEED, &format!("{word}-b"));
    assert_eq!(severities(&b), [47]);
    assert_eq!(joined_by(&b[0], &found[0]), ["session"], "{b:?}");
    let c = alerts_of(SEED, &format!("{word}-c"));
    assert!(alerts_of(LOOKED_FOR, &format!("{word}-known")).is_empty());
    let by_session = |it: &Value| it["by"] == "session";
    let surroundings = c[0]["kubectl_watch"]["surroundings"].as_array();
    assert!(
        !surroundings.is_some_and(|all| all.iter().any(by_session)),
        "{c:?}"
    );
}
