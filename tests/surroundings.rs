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
