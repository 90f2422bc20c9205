//! What to do about an alert: in the alert, and printed with its rule's words.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use kubectl_watch_tests::{Daemon, PATIENCE, Scene, binary, kubectl, lines, require_root, run, unique};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

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

/// What the alert about a line says that would undo it: the commands, and where. The line is run with this kubeconfig,
/// in which no server answers.
fn undone(daemon: &mut Daemon, kubeconfig: &Path, line: &str) -> (Vec<String>, String) {
    let account = unique("maker");
    let line = format!(
        "{} {line} --as={account} --kubeconfig={}; true",
        kubectl().display(),
        kubeconfig.display()
    );
    run(Command::new("bash").args(["-c", &line]));
    let alert = daemon.alert(&account);
    let steps = alert["kubectl_watch"]["runbook"].as_array();
    let steps = steps.into_iter().flatten().filter(|step| step["phase"] == "undo");
    let is_of_rights = |step: &&Value| {
        let command = step["command"].as_str().unwrap_or_default();
        command.starts_with("kubectl auth reconcile ")
    };
    let steps: Vec<&Value> = steps.filter(|step| !is_of_rights(step)).collect();
    let texts = |key: &str| {
        steps
            .iter()
            .filter_map(|step| step[key].as_str().map(str::to_owned))
            .collect()
    };
    let (commands, what): (Vec<String>, Vec<String>) = (texts("command"), texts("what"));
    (commands, what.join("\n"))
}

#[test]
fn what_a_command_made_is_deleted_where_it_was_made_and_nothing_else() {
    let scene = Scene::new();
    let kubeconfig = scene.path().join("kubeconfig");
    let text = r#"{"apiVersion": "v1", "kind": "Config", "current-context": "here", "users": [{"name": "u", "user": {}}],
        "clusters": [
            {"name": "one", "cluster": {"server": "https://127.0.0.1:9"}},
            {"name": "two", "cluster": {"server": "https://127.0.0.2:9"}}],
        "contexts": [
            {"name": "here", "context": {"cluster": "one", "user": "u", "namespace": "shop"}},
            {"name": "there", "context": {"cluster": "two", "user": "u"}}]}"#;
    fs::write(&kubeconfig, text).expect("the folder is ours");
    let mut daemon = Daemon::start(&[]);
    let here = "in the cluster of context here, cluster one, server https://127.0.0.1:9, kubeconfig ";
    let there = "in the cluster of context there, cluster two, server https://127.0.0.2:9, kubeconfig ";
    for (line, command, place) in [
        (
            "create configmap web",
            Some("kubectl delete --namespace=shop -- configmap web"),
            here,
        ),
        (
            "create configmap web -n prod --context there",
            Some("kubectl delete --namespace=prod -- configmap web"),
            there,
        ),
        (
            "--server=https://127.0.0.3:9 create configmap web",
            Some("kubectl delete --namespace=shop -- configmap web"),
            "in the cluster of context here, cluster one, server https://127.0.0.3:9, kubeconfig ",
        ),
        (
            "create namespace web --context=there",
            Some("kubectl delete -- namespace web"),
            there,
        ),
        (
            "run web --image=i",
            Some("kubectl delete --namespace=shop -- pod web"),
            here,
        ),
        (
            "expose deployment web --port=80 --name=door",
            Some("kubectl delete --namespace=shop -- service door"),
            here,
        ),
        // In which namespace, or under which name, only the API server knows.
        ("create configmap web --context=there", None, there),
        ("create configmap web --append-hash", None, here),
    ] {
        let (commands, what) = undone(&mut daemon, &kubeconfig, line);
        assert!(what.contains(place), "{line}: {what}");
        if let Some(command) = command {
            assert_eq!(commands[1], command, "{line}: {commands:#?}");
        } else {
            let [command] = &commands[..] else {
                panic!("{line}: {commands:#?}")
            };
            assert!(command.starts_with("jq -r --arg name web "), "{line}: {command}");
        }
    }
    for line in [
        "create configmap web --dry-run=client",
        "create configmap web --dry-run=server -n prod",
        "run web --image=i --dry-run",
        "get configmap web",
    ] {
        let (commands, _) = undone(&mut daemon, &kubeconfig, line);
        assert!(commands.is_empty(), "{line}: {commands:#?}");
    }
    daemon.stop();
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

/// Both streams of a daemon in one, as `kubectl logs` gives them, from its start to its end; and an alert among them.
fn container_log(more: &[&str]) -> (Vec<String>, Value) {
    let mut daemon = Command::new("sh")
        .args(["-c", "exec \"$0\" run \"$@\" 2>&1"])
        .arg(binary())
        .args(more)
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let log = lines(daemon.stdout.take().expect("it is piped"));
    let next = || log.recv_timeout(PATIENCE).expect("it goes on");
    let mut all = vec![next()];
    while !all[all.len() - 1].contains("watching") {
        all.push(next());
    }
    let user = unique("logged");
    let line = format!("kubectl version --client --as={user}; true");
    run(Command::new("bash").args(["-c", &line]));
    let alert = loop {
        let line = next();
        let document: Option<Value> = serde_json::from_str(&line).ok();
        all.push(line);
        let is_wanted =
            |it: &Value| it["event"]["kind"] == "alert" && it["user"]["target"]["name"] == user.as_str();
        if let Some(alert) = document.filter(is_wanted) {
            break alert;
        }
    };
    kill_process(Pid::from_child(&daemon), Signal::TERM).expect("it runs");
    assert!(daemon.wait().expect("it ends").success());
    all.extend(log.iter());
    (all, alert)
}

#[test]
fn what_kubectl_logs_gives_will_do() {
    require_root();
    let scene = Scene::new();
    let file = scene.path().join("log");
    for more in [&[][..], &["--log-format", "json"]] {
        let (log, alert) = container_log(more);
        fs::write(&file, log.join("\n")).expect("the folder is ours");
        let path = file.to_str().expect("it is text");
        let id = alert["event"]["id"].as_str().expect("it has an id");
        let is_document = |line: &&String| line.starts_with("{\"@timestamp\"");
        let logged = log.len() - log.iter().filter(is_document).count();
        assert!(logged > 2, "{log:#?}");
        for args in [
            &["runbook", "--alert", path, "--id", id][..],
            &["allow", "--from-alert", id, "--alerts", path],
            &["simulate", "--alerts", path],
        ] {
            let done = run(Command::new(binary()).args(args));
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(done.status.success(), "{args:?}: {said}");
            assert!(
                said.contains(&format!("lines of a log, passed over: {logged}\n")),
                "{args:?}, of {logged}: {said}"
            );
        }
    }
}
