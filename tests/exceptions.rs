//! Exceptions by real execs of the real kubectl: the five harmless kinds of the seed's rule, each an alert without its
//! example of `docs/exceptions` and none with it, and what `allow` and `simulate` make of those alerts.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, binary, kubectl, run, unique};
use rustix::process::Signal;
use serde_json::Value;

/// The number of a user that every machine has.
const NOBODY: u32 = 65534;

/// A folder with the examples, as they fit this machine.
struct Stage {
    scene: Scene,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { scene: Scene::new() };
        let folder = stage.scene.path();
        // Others than root run what lies here.
        run(Command::new("chmod").arg("755").arg(folder));
        stage
    }

    fn path(&self, name: &str) -> String {
        self.scene.path().join(name).display().to_string()
    }

    /// An example of the documentation, with what the machine calls other than it does.
    fn example(&self, name: &str, replaced: &[(&str, &str)]) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../docs/exceptions")
            .join(name);
        let mut text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (from, to) in replaced.iter().chain(&[("2027-06-30", "2999-06-30")]) {
            assert!(text.contains(from), "{name} has no {from}");
            text = text.replace(from, to);
        }
        let path = self.scene.path().join(name);
        fs::write(&path, text).expect("the folder is ours");
        path.display().to_string()
    }

    /// Runs a line in bash as nobody; bash stays the parent.
    fn run(line: &str) {
        run(Command::new("bash")
            .args(["-c", &format!("{line}; true")])
            .env_remove("KUBECONFIG")
            .env("HOME", "/nonexistent")
            .uid(NOBODY)
            .stdin(Stdio::null()));
    }
}

fn real_kubectl() -> String {
    kubectl()
        .canonicalize()
        .expect("it is there")
        .display()
        .to_string()
}

/// Runs each line under a daemon with these arguments and says which of them were alerts of the seed's rule. `%` in a
/// line is a word of its own.
fn alerts_of(args: &[&str], lines: &[&str]) -> (Vec<bool>, kubectl_watch_tests::Stopped) {
    let daemon = Daemon::start(args);
    let words: Vec<String> = lines.iter().map(|_| unique("exception")).collect();
    for (line, word) in lines.iter().zip(&words) {
        Stage::run(&line.replace('%', word));
    }
    let stopped = daemon.stop();
    let found = words
        .iter()
        .map(|word| stopped.count_of(SEED, word) == 1)
        .collect();
    (found, stopped)
}

/// What is an alert without an exception, and not with it; and what is one either way.
fn is_excepted(exceptions: &str, more: &[&str], excepted: &str, others: &[&str]) {
    let lines: Vec<&str> = std::iter::once(excepted).chain(others.iter().copied()).collect();
    let (found, _) = alerts_of(more, &lines);
    assert!(found.iter().all(|found| *found), "without: {lines:?} {found:?}");
    let args: Vec<&str> = more.iter().copied().chain(["--exceptions", exceptions]).collect();
    let (found, stopped) = alerts_of(&args, &lines);
    let expected: Vec<bool> = (0..lines.len()).map(|index| index > 0).collect();
    assert_eq!(found, expected, "{lines:?}\n{}", stopped.log);
    assert!(stopped.log.contains("hits=1 "), "{}", stopped.log);
    assert!(stopped.number("excepted") >= 1, "{}", stopped.log);
}

#[test]
fn kind_1_an_administrator() {
    let stage = Stage::new();
    let file = stage.example("administrator.toml", &[("alice", "nobody")]);
    is_excepted(
        &file,
        &[],
        "kubectl version --client --namespace=% --as=auditor",
        &[
            "kubectl version --client --namespace=% --as=system:admin",
            "kubectl version --client --namespace=% --as=auditor --as-group=system:masters",
            "kubectl version --client --namespace=% --as=auditor --as=system:admin",
        ],
    );
}

#[test]
fn kind_2_a_pipeline() {
    let stage = Stage::new();
    let runner = stage.scene.copy("/bin/bash", "runner");
    let runner = runner.display();
    let script = "#!/bin/bash\nkubectl version --client --namespace=$1 --as=deployer\ntrue\n";
    let deploy = stage.scene.script("deploy.sh", script);
    let other = stage.scene.script("other.sh", script);
    let file = stage.example(
        "pipeline.toml",
        &[
            ("/opt/runner/bin/runner", &stage.path("runner")),
            ("\"runner\"", "\"nobody\""),
        ],
    );
    let by = |script: &PathBuf| format!("{runner} -c '{} %; true'", script.display());
    is_excepted(
        &file,
        &[],
        &by(&deploy),
        &[&by(&other), &format!("bash -c '{} %; true'", deploy.display())],
    );
}

#[test]
fn kind_3_a_script_that_runs_by_itself() {
    let stage = Stage::new();
    let script =
        "#!/bin/bash\nkubectl version --client --namespace=$1 --kubeconfig=/etc/backup/kubeconfig\ntrue\n";
    let backup = stage.scene.script("backup.sh", script).display().to_string();
    let file = stage.example(
        "cron.toml",
        &[
            ("/usr/local/sbin/backup.sh", &backup),
            ("user.name == \"backup\"", "user.name == \"nobody\""),
        ],
    );
    is_excepted(
        &file,
        &[],
        &format!("{backup} %"),
        &["kubectl version --client --namespace=% --kubeconfig=/etc/backup/kubeconfig"],
    );
}

#[test]
fn kind_4_a_tool_with_a_token() {
    let stage = Stage::new();
    let script = "#!/bin/bash\n\"$2\" version --client --namespace=$1 --token=abc\ntrue\n";
    let sync = stage.scene.script("sync.sh", script).display().to_string();
    let kubectl = real_kubectl();
    let other = stage.scene.copy("/bin/true", "kubectl").display().to_string();
    let sum = run(Command::new("sha256sum").arg(&kubectl));
    let sum = String::from_utf8_lossy(&sum.stdout);
    let sum = sum.split_whitespace().next().expect("it has a hash");
    let zeros = "0".repeat(64);
    let file = stage.example(
        "in-cluster-tool.toml",
        &[
            (&zeros, sum),
            ("user.name == \"sync\"", "user.name == \"nobody\""),
        ],
    );
    // The hash is not known when the first of these runs: what an exception may let pass waits for it.
    is_excepted(
        &file,
        &[],
        &format!("{sync} % {kubectl}"),
        &[
            &format!("{sync} % {other}"),
            &format!("{kubectl} version --client --namespace=% --token=abc"),
        ],
    );
}

#[test]
fn kind_5_a_machine_for_development() {
    let stage = Stage::new();
    let kubectl = real_kubectl();
    let file = stage.example(
        "development.toml",
        &[("\"dev\"", "\"nobody\""), ("/usr/bin/kubectl", &kubectl)],
    );
    let copy = stage.scene.copy("/bin/true", "kubectl").display().to_string();
    let line = "kubectl version --client --namespace=% --as=a";
    is_excepted(
        &file,
        &["--label", "environment=development"],
        line,
        &[&format!("{copy} get --namespace=% --as=a")],
    );
    let (found, _) = alerts_of(
        &["--label", "environment=production", "--exceptions", &file],
        &[line],
    );
    assert_eq!(found, [true], "on another node");
}

fn kubectl_watch(args: &[&str]) -> Output {
    run(Command::new(binary()).args(args).env_remove("SUDO_USER"))
}

#[test]
fn an_alert_becomes_an_exception_that_silences_just_that() {
    let stage = Stage::new();
    let line = "kubectl version --client --namespace=% --as=auditor";
    let other = "kubectl version --client --namespace=% --as=system:admin";
    let mut daemon = Daemon::start(&[]);
    let words = [unique("allow"), unique("allow"), unique("allow")];
    for (line, word) in [line, line, other].iter().zip(&words) {
        Stage::run(&line.replace('%', word));
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
    let past = stage.path("past.ndjson");
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
        "are never all there is",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    assert!(!text.contains("process.name =="), "{text}");
    assert!(said.contains("it would have silenced 2 of "), "{said}");

    let file = stage.path("allowed.toml");
    fs::write(&file, text.as_bytes()).expect("the folder is ours");
    let simulated = kubectl_watch(&["simulate", "--alerts", &past, "--exceptions", &file]);
    let report = String::from_utf8_lossy(&simulated.stdout);
    assert!(report.contains("\n2 of "), "{report}");
    assert!(
        report.contains(&format!("{id}  {SEED}: excepted by nobody from bash")),
        "{report}"
    );
    let (found, stopped) = alerts_of(&["--exceptions", &file], &[line, other]);
    assert_eq!(found, [false, true], "{}", stopped.log);

    fs::write(&past, format!("{}\n{{torn\n", lines.join("\n"))).expect("the folder is ours");
    let simulated = kubectl_watch(&["simulate", "--alerts", &past]);
    let said = String::from_utf8_lossy(&simulated.stderr).into_owned();
    assert_eq!(simulated.status.code(), Some(78));
    assert!(
        said.contains(&format!("line {}: it is no JSON", lines.len() + 1)),
        "{said}"
    );
}

#[test]
fn what_is_excepted_can_be_written_and_a_broken_file_changes_nothing() {
    let stage = Stage::new();
    let file = stage.example("administrator.toml", &[("alice", "nobody")]);
    let over = stage.scene.path().join("over.toml");
    let text = fs::read_to_string(&file).expect("it is there");
    let text = text
        .replace("alice tests", "once tested")
        .replace("nobody tests", "once tested");
    fs::write(&over, text.replace("2999-06-30", "2020-01-01")).expect("the folder is ours");
    let mut daemon = Daemon::start(&[
        "--exceptions",
        stage.scene.path().to_str().expect("text"),
        "--write-excepted",
    ]);
    let run = |target: &str| {
        let word = unique("excepted");
        Stage::run(&format!(
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
