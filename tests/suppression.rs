//! Suppression by real execs: a storm whose numbers add up, and a dispatcher that runs the real program.

use std::process::Command;

use kubectl_watch_tests::{Daemon, Scene, Stopped, apart, binary, kubectl, run, unique};
use serde_json::Value;

/// A folder with a rule about kubectl in a namespace that nobody else uses.
struct Stage {
    scene: Scene,
    word: String,
    rule: String,
}

impl Stage {
    fn new(more: &str) -> Self {
        let (scene, word) = (Scene::new(), unique("storm"));
        let text = format!(
            "format = 1\n[rule]\nname = \"{word}\"\nrule_id = \"{word}\"\nseverity = \"low\"\nrisk_score = 1\n\
             description = \"d\"\nquery = '''process where process.name == \"kubectl\" and \
             process.args == \"--namespace={word}\"'''\n{more}"
        );
        let rule = scene.script("rule.toml", &text).display().to_string();
        Self { scene, word, rule }
    }

    fn run(&self, line: &str) {
        let line = line.replace('%', &format!("--namespace={}", self.word));
        let line = line.replace('@', &self.scene.path().display().to_string());
        run(apart("bash").args(["-c", &format!("{line}; true")]));
    }

    /// An exception for whoever acts as `ci`.
    fn exceptions(&self) -> String {
        let exceptions = self.scene.script(
            "exceptions.toml",
            "[[exception]]\nname = \"ci\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n\
             condition = 'user.id == \"0\" and user.target.name == \"ci\"'\n",
        );
        exceptions.to_str().expect("text").to_owned()
    }

    /// 310 execs: 100 each as a, b and ci, and ten as a by another kubectl for something else.
    fn storm(&self) {
        self.scene.copy("/bin/true", "kubectl");
        self.run("for i in {1..100}; do for who in a b ci; do @/kubectl get pods --chunk-size=$i % --as=$who; done; done");
        self.run(&format!(
            "for i in {{1..10}}; do {} version --client % --as=a; done",
            kubectl().display()
        ));
    }

    fn of_kind<'a>(&self, stopped: &'a Stopped, is_of: impl Fn(&Value) -> bool) -> Vec<&'a Value> {
        let documents = stopped.alerts.iter();
        documents
            .filter(|document| document["rule"]["id"] == self.word.as_str() && is_of(document))
            .collect()
    }
}

fn is_alert(document: &Value) -> bool {
    document["event"]["kind"] == "alert"
}

fn is_summary(document: &Value) -> bool {
    document["event"]["action"] == "alert-repeated"
}

fn is_excepted(document: &Value) -> bool {
    document["kubectl_watch"]["exception"].is_object()
}

fn repeats(summaries: &[&Value]) -> u64 {
    let count = |summary: &&Value| summary["kubectl_watch"]["suppression"]["count"].as_u64();
    summaries
        .iter()
        .map(|summary| count(summary).expect("a number"))
        .sum()
}

#[test]
fn the_numbers_of_a_storm_add_up() {
    let stage = Stage::new("");
    let daemon = Daemon::start(&[
        "--rules",
        &stage.rule,
        "--exceptions",
        &stage.exceptions(),
        "--suppress=1h",
        "--write-excepted",
    ]);
    stage.storm();
    let stopped = daemon.stop();
    let alerts = stage.of_kind(&stopped, is_alert);
    let summaries = stage.of_kind(&stopped, is_summary);
    let excepted = stage.of_kind(&stopped, is_excepted);
    // As a, as b, and as a by another kubectl for something else.
    assert_eq!(alerts.len(), 3, "{}", stopped.log);
    assert_eq!(
        (summaries.len(), repeats(&summaries)),
        (3, 99 + 99 + 9),
        "{summaries:?}"
    );
    assert_eq!(excepted.len(), 100, "{}", stopped.log);
    for summary in &summaries {
        let alert = &summary["kubectl_watch"]["alert"]["id"];
        assert!(alerts.iter().any(|it| it["event"]["id"] == *alert), "{summary}");
        assert!(summary["event"]["start"].as_str() <= summary["event"]["end"].as_str());
        let values = &summary["kubectl_watch"]["suppression"]["values"];
        assert_eq!(values["rule.name"][0], stage.word.as_str());
    }
    let sum = "every match is accounted for: matched 310 = alerted 3 + summarised 207 (0 not written yet) + excepted 100";
    assert!(stopped.log.contains(sum), "{}", stopped.log);
    assert_eq!(stopped.number("alerts"), 3, "{}", stopped.log);
    assert!(
        stopped.log.contains("exception=\"ci\"") && stopped.log.contains("hits=100 "),
        "{}",
        stopped.log
    );
}

#[test]
fn what_is_simulated_of_a_storm_is_what_would_have_come_of_it() {
    let stage = Stage::new("");
    let daemon = Daemon::start(&["--rules", &stage.rule]);
    stage.storm();
    let stopped = daemon.stop();
    let documents: Vec<String> = stopped.alerts.iter().map(Value::to_string).collect();
    let alerts = stage.scene.script("alerts.ndjson", &documents.join("\n"));
    let simulated = run(Command::new(binary())
        .arg("simulate")
        .arg("--alerts")
        .arg(alerts)
        .args(["--rules", &stage.rule, "--exceptions", &stage.exceptions()])
        .arg("--suppress=1h"));
    let report = String::from_utf8_lossy(&simulated.stdout);
    for sum in [
        "alerts 310 = matched 310 + not matched any more 0 + unsure 0",
        "matched 310 = alerted 3 + summarised 207 + excepted 100",
    ] {
        assert!(
            report.contains(sum),
            "{report}{}",
            String::from_utf8_lossy(&simulated.stderr)
        );
    }
}

#[test]
fn a_dispatcher_and_what_it_runs_are_one_alert() {
    let stage = Stage::new(
        "[rule.alert_suppression]\ngroup_by = [\"process.executable\"]\nduration = { value = 1, unit = \"h\" }\n",
    );
    let line = format!("#!/bin/bash\nexec {} \"$@\"\n", kubectl().display());
    stage.scene.script("kubectl", &line);
    let daemon = Daemon::start(&["--rules", &stage.rule]);
    stage.run("@/kubectl version --client % --as=a");
    let stopped = daemon.stop();
    assert_eq!(stage.of_kind(&stopped, is_alert).len(), 1, "{}", stopped.log);
    let summaries = stage.of_kind(&stopped, is_summary);
    assert_eq!(repeats(&summaries), 1, "{summaries:?}");
}

#[test]
fn without_a_word_about_it_every_match_is_an_alert() {
    let stage = Stage::new("");
    stage.scene.copy("/bin/true", "kubectl");
    let daemon = Daemon::start(&["--rules", &stage.rule]);
    stage.run("for i in {1..5}; do @/kubectl get pods % --as=a; done");
    let stopped = daemon.stop();
    assert_eq!(stage.of_kind(&stopped, is_alert).len(), 5, "{}", stopped.log);
    let sum = "matched 5 = alerted 5 + summarised 0 (0 not written yet) + excepted 0";
    assert!(stopped.log.contains(sum), "{}", stopped.log);
}
