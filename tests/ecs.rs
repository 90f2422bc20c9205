//! Documents against the fields of ECS: each that the daemon writes, and each sample of those that it seldom does.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use kubectl_watch_tests::{Daemon, Scene, ecs, run, unique};
use serde_json::{Value, json};

/// What is under each name. Elasticsearch refuses a document where that is something else than in one before.
#[derive(Default)]
struct Shapes(BTreeMap<String, &'static str>);

impl Shapes {
    fn agree(&mut self, name: &str, value: &Value) {
        let shape = match value {
            Value::Array(values) => return values.iter().for_each(|value| self.agree(name, value)),
            Value::Object(inner) => {
                for (key, value) in inner {
                    self.agree(&format!("{name}.{key}"), value);
                }
                "an object"
            }
            Value::String(_) => "text",
            Value::Number(_) => "a number",
            Value::Bool(_) => "true or false",
            Value::Null => "null",
        };
        let before = *self.0.entry(name.to_owned()).or_insert(shape);
        assert_eq!(before, shape, "{name}");
    }
}

/// The documents of the snapshots below a folder.
fn samples(folder: &Path, found: &mut Vec<(String, Value)>) {
    for entry in fs::read_dir(folder).expect("the sources are here").flatten() {
        let path = entry.path();
        if path.is_dir() {
            samples(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            let text = fs::read_to_string(&path).expect("it is text");
            let (_, json) = text
                .split_once("\n---\n")
                .expect("it has a head that ends in a line");
            let document = serde_json::from_str(json);
            let document = document.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            found.push((path.display().to_string(), document));
        }
    }
}

#[test]
fn every_sample_keeps_to_ecs() {
    let mut found = Vec::new();
    samples(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubectl-watch/src/alert"),
        &mut found,
    );
    assert!(found.len() > 15, "{}", found.len());
    let mut shapes = Shapes::default();
    for (path, document) in &found {
        assert_eq!(ecs::faults(document), [""; 0], "{path}");
        shapes.agree("", document);
    }
}

#[test]
fn every_kind_of_document_keeps_to_ecs() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/bash");
    let exceptions = scene.script(
        "exceptions.toml",
        "[[exception]]\nname = \"n\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n\
         condition = 'user.id == \"0\" and process.args == \"--as=ci\"'\n",
    );
    let exceptions = exceptions.to_str().expect("text");
    let mut daemon = Daemon::start(&[
        "--rules",
        &rule,
        "--exceptions",
        exceptions,
        "--write-excepted",
        "--suppress=1h",
        "--label",
        "environment=test",
    ]);
    let user = unique("ecs");
    let execs = |target: &str| {
        let line = "exec 3<>/dev/tcp/127.0.0.1/1";
        run(Command::new(&program)
            .env("SSH_CONNECTION", "192.0.2.7 50122 10.0.0.1 22")
            .args(["-c", line, &format!("--as={target}")]));
    };
    execs(&user);
    let alert = daemon.alert(&user);
    daemon.follow_up(&alert);
    for target in [&user, "ci"] {
        execs(target);
    }
    // It is told what is in a file that it knows already.
    fs::write(&rule, "# touched").expect("the folder is ours");
    daemon.notice("tampering", |_| true);
    // Each was held against ECS when it was read.
    let stopped = daemon.stop();
    let mut shapes = Shapes::default();
    let mut kinds = Vec::new();
    for document in &stopped.alerts {
        shapes.agree("", document);
        let is_excepted = document["kubectl_watch"]["exception"].is_object();
        let event = &document["event"];
        let action = if is_excepted {
            &json!("excepted")
        } else {
            &event["action"]
        };
        kinds.push(format!("{} {}", event["kind"], action).replace('"', ""));
    }
    for kind in [
        "event watch-start",
        "alert exec",
        "event executable-identified",
        "event followed-up",
        "event excepted",
        "alert tampering",
        "event alert-repeated",
        "event watch-stop",
    ] {
        assert!(
            kinds.iter().any(|it| it == kind),
            "no {kind}: {kinds:?}\n{}",
            stopped.log
        );
    }
}

#[test]
fn what_is_not_so_is_named() {
    let mut found = Vec::new();
    let folder = "../kubectl-watch/src/alert/snapshots";
    samples(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    let is_plain = |(path, _): &&(String, Value)| path.ends_with("document__plain.snap");
    let (_, plain) = found.iter().find(is_plain).expect("it is there");
    for (place, value, words) in [
        ("/process/pid", json!("1"), "process.pid is \"1\""),
        ("/process/args", json!("one"), "process.args is \"one\""),
        ("/process/args", json!([1]), "process.args is [1]"),
        (
            "/process/parent",
            json!({"nam": "x"}),
            "process.parent.nam is no field",
        ),
        (
            "/process/previous",
            json!({"executable": "/x"}),
            "process.previous is",
        ),
        ("/event/kind", json!("alarm"), "event.kind is \"alarm\""),
        ("/event/type", json!(["connection"]), "event.type is connection"),
        ("/event/category", json!(["kernel"]), "event.category is kernel"),
        ("/event/severity", json!(50), "event.severity is none"),
        ("/event/created", json!("yesterday"), "event.created is"),
        ("/event", json!({}), "event.id is missing"),
        ("/rule", json!({}), "rule.name is missing"),
        ("/labels", json!({"a": {"b": "c"}}), "labels.a is no text"),
        ("/data_stream/dataset", json!("other"), "event.dataset is not"),
        (
            "/kubectl_watch/matched",
            json!([null]),
            "kubectl_watch.matched is null",
        ),
    ] {
        let mut document = plain.clone();
        *document
            .pointer_mut(place)
            .unwrap_or_else(|| panic!("{place}: {plain}")) = value;
        let faults = ecs::faults(&document).join("\n");
        assert!(faults.contains(words), "{place}: {faults}");
    }
}
