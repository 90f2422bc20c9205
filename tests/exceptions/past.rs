//! What became of matches, afterwards: an exception made from a real alert, tried on past ones and then live; and what
//! an exception lets pass, written.

use std::{
    fs, io,
    os::unix::fs::symlink,
    process::{Command, Output},
};

use kubectl_watch_tests::{
    Daemon, PATIENCE, SEED, Scene, binary,
    harmless::{self, alerts_of, example, run_as_nobody},
    lines, run, unique,
};
use rustix::process::Signal;
use serde_json::Value;

fn kubectl_watch(args: &[&str]) -> Output {
    run(Command::new(binary()).args(args).env_remove("SUDO_USER"))
}

/// What a thief would do who runs as the same user from the same shell, and a line that is excepted.
fn thefts_are_alerts(scene: &Scene, file: &str, line: &str) {
    let kubeconfig = scene.script("kubeconfig", "apiVersion: v1\nkind: Config\n");
    let others = [
        line.replace("auditor", "system:admin"),
        line.replace("get pods", "get secrets"),
        line.replace("get pods", "delete pods"),
        line.replace("get pods", "get pods x"),
        line.replace("--namespace=ci", "--namespace=prod"),
        line.replace("--namespace=ci", "-A"),
        format!("{line} --as-group=system:masters"),
        format!("{line} --token=abc"),
        format!("{line} --context=prod"),
        format!("{line} --kubeconfig={}", kubeconfig.display()),
        format!("KUBECONFIG={} {line}", kubeconfig.display()),
        format!("HOME=/tmp KUBECONFIG=/nowhere:{} {line}", kubeconfig.display()),
        format!("HOME=/tmp {line}"),
        format!("KUBERC=/evil {line}"),
        format!("HTTPS_PROXY=http://192.0.2.9 {line}"),
        format!("KUBERNETES_SERVICE_HOST=192.0.2.9 {line}"),
        format!("LD_PRELOAD=/evil.so {line}"),
    ];
    let lines: Vec<&str> = [line]
        .into_iter()
        .chain(others.iter().map(String::as_str))
        .collect();
    let (found, stopped) = alerts_of(&["--exceptions", file], &lines);
    let expected: Vec<bool> = (0..lines.len()).map(|index| index > 0).collect();
    assert_eq!(found, expected, "{lines:?}: {}", stopped.log);
}

/// What is left out makes an exception broader.
fn what_is_left_out_is_said(id: &str, past: &str) {
    let broader = kubectl_watch(&[
        "allow",
        "--from-alert",
        id,
        "--alerts",
        past,
        "--without",
        "user.target",
        "--without",
        "process.command_line",
    ]);
    let said = String::from_utf8_lossy(&broader.stderr);
    assert!(
        said.contains("this was left out: user.target.name == \"auditor\"")
            && said.contains("it would have silenced 3 of "),
        "{said}"
    );
}

#[test]
fn an_alert_becomes_an_exception_that_silences_just_that() {
    let scene = harmless::scene();
    // The word is what differs by each run of the same job.
    let line = "kubectl get pods --namespace=ci --as=auditor --cache-dir=/tmp/% --request-timeout=1s";
    let other = &line.replace("auditor", "system:admin");
    let mut daemon = Daemon::start(&[]);
    let words = [unique("exception"), unique("exception"), unique("exception")];
    for (line, word) in [line, line, other.as_str()].iter().zip(&words) {
        run_as_nobody(&line.replace('%', word));
    }
    let alert = daemon.alert_of(SEED, &words[0]);
    let id = alert["event"]["id"].as_str().expect("it has an id");
    daemon.document("its hash", |document| {
        document["kubectl_watch"]["alert"]["id"] == id
    });
    let stopped = daemon.stop();
    let is_ours = |document: &&Value| {
        let is_of = |word: &String| document.to_string().contains(word.as_str());
        words.iter().any(is_of) || document["event"]["action"] == "executable-identified"
    };
    let lines: Vec<String> = stopped
        .alerts
        .iter()
        .filter(is_ours)
        .map(Value::to_string)
        .collect();
    let past = scene.path().join("past.ndjson").display().to_string();
    fs::write(&past, lines.join("\n")).expect("the folder is ours");

    let allowed = kubectl_watch(&[
        "allow",
        "--from-alert",
        id,
        "--alerts",
        &past,
        "--owner",
        "me",
        "--reason",
        "it is",
    ]);
    let (text, said) = (
        String::from_utf8_lossy(&allowed.stdout),
        String::from_utf8_lossy(&allowed.stderr),
    );
    assert!(allowed.status.success(), "{said}");
    for words in [
        "user.name == \"nobody\"",
        "process.hash.sha256 == ",
        "process.parent.executable == ",
        "user.target.name == \"auditor\"",
        "user.target.group.name == null",
        "kubectl_watch.request.command == \"get\"",
        "kubectl_watch.request.resource == \"pods\"",
        "kubectl_watch.request.namespace == \"ci\"",
        "kubectl_watch.request.token == null",
        "kubectl_watch.kubeconfig.file.path == null",
        "process.env_vars == \"HOME=/nonexistent\"",
        "not process.env_vars like (\"KUBERC=*\", ",
        "--cache-dir=/tmp/exception-*-* --request-timeout=1s",
        "are never all there is",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    assert!(!text.contains("process.name =="), "{text}");
    assert!(said.contains("it would have silenced 2 of "), "{said}");

    let file = scene.path().join("allowed.toml").display().to_string();
    fs::write(&file, text.as_bytes()).expect("the folder is ours");
    let simulated = kubectl_watch(&["simulate", "--alerts", &past, "--exceptions", &file]);
    let report = String::from_utf8_lossy(&simulated.stdout);
    assert!(
        report.starts_with("alerts: ") && report.contains("\n2 of "),
        "{report}"
    );
    assert!(
        report.contains(&format!("{id}  {SEED}: excepted by nobody from bash")),
        "{report}"
    );
    thefts_are_alerts(&scene, &file, line);
    what_is_left_out_is_said(id, &past);

    fs::write(&past, format!("{}\n{{torn\n", lines.join("\n"))).expect("the folder is ours");
    let simulated = kubectl_watch(&["simulate", "--alerts", &past]);
    let said = String::from_utf8_lossy(&simulated.stderr).into_owned();
    assert_eq!(simulated.status.code(), Some(78));
    assert!(
        said.contains(&format!("line {}: it is no JSON: ", lines.len() + 1))
            && said.ends_with("\nlines that could not be read: 1\n"),
        "{said}"
    );
}

#[test]
fn what_is_excepted_can_be_written_and_a_broken_file_changes_nothing() {
    let scene = harmless::scene();
    // Nobody has no kubeconfig at home.
    let of_kubeconfig = "  kubectl_watch.kubeconfig.file.path == \"/home/alice/.kube/config\" and\n";
    let replaced = [(of_kubeconfig, ""), ("alice", "nobody")];
    let file = example(&scene, "administrator.toml", &replaced);
    let over = scene.path().join("over.toml");
    let text = fs::read_to_string(&file).expect("it is there");
    let text = text
        .replace("alice tests", "once tested")
        .replace("nobody tests", "once tested");
    fs::write(&over, text.replace("2999-06-30", "2020-01-01")).expect("the folder is ours");
    let mut daemon = Daemon::start(&[
        "--exceptions",
        scene.path().to_str().expect("text"),
        "--write-excepted",
    ]);
    let run = |target: &str| {
        let word = unique("excepted");
        run_as_nobody(&format!(
            "kubectl version --client --namespace={word} --as={target}"
        ));
        word
    };
    let word = run("auditor");
    let event = daemon.alert_of(SEED, &word);
    assert_eq!(event["event"]["kind"], "event");
    assert_eq!(event["event"]["outcome"], "success");
    assert_eq!(
        event["kubectl_watch"]["exception"]["name"],
        "nobody tests what the auditor may do"
    );
    assert_eq!(event["kubectl_watch"]["exception"]["owner"], "platform team");

    fs::write(&file, "[[exception]]\nname = 1\n").expect("the folder is ours");
    daemon.signal(Signal::HUP);
    daemon.await_log("kept the old exceptions, as the new ones cannot be used");
    let word = run("auditor");
    assert_eq!(daemon.alert_of(SEED, &word)["event"]["kind"], "event");
    fs::remove_file(&file).expect("it was there");
    daemon.signal(Signal::HUP);
    daemon.await_log("reloaded the exceptions");
    let word = run("auditor");
    assert_eq!(daemon.alert_of(SEED, &word)["event"]["kind"], "alert");
    daemon.signal(Signal::USR1);
    daemon.await_log("every match is accounted for: matched ");
    let stopped = daemon.stop();
    assert!(
        stopped.log.contains("this exception has expired"),
        "{}",
        stopped.log
    );
}

#[test]
fn what_a_terminal_says_to_allow_an_alert_does_so() {
    let scene = harmless::scene();
    symlink(binary(), scene.path().join("kubectl-watch")).expect("the folder is ours");
    let state = scene.path().join("state").display().to_string();
    let (reader, writer) = io::pipe().expect("there are pipes");
    let daemon = Daemon::start_shown(writer.into(), &["--state", &state]);
    let shown = lines(reader);
    let word = unique("exception");
    let line = "kubectl version --client --cache-dir=/tmp/% --as=auditor";
    run_as_nobody(&line.replace('%', &word));
    let await_line = |words: &str| loop {
        let line = shown.recv_timeout(PATIENCE).expect("it is shown");
        if line.contains(words) {
            return line;
        }
    };
    await_line(&word);
    let allow = await_line("  allow  ");
    let command = allow.trim_start().trim_start_matches("allow").trim();
    assert!(
        command.ends_with(&format!("--alerts {state}/alerts.ndjson")),
        "{allow}"
    );
    let path = format!(
        "PATH={}:$PATH; {command} --owner me --reason fine",
        scene.path().display()
    );
    let allowed = run(Command::new("bash").args(["-c", &path]));
    let text = String::from_utf8_lossy(&allowed.stdout).into_owned();
    let said = String::from_utf8_lossy(&allowed.stderr);
    assert!(
        allowed.status.success() && said.contains("it would have silenced "),
        "{said}"
    );
    assert!(text.contains("user.target.name == \"auditor\""), "{text}");
    drop(daemon);

    let file = scene.script("allowed.toml", &text).display().to_string();
    let (found, stopped) = alerts_of(
        &["--exceptions", &file],
        &[line, &line.replace("auditor", "admin")],
    );
    assert_eq!(found, [false, true], "{text}{}", stopped.log);
}
