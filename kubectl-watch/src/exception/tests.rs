mod breadth;

use super::*;
use crate::event::{Process, ProcessEvent};
use crate::facts::Node;

const HEAD: &str = "[[exception]]\nname = \"n\"\nreason = \"r\"\nowner = \"o\"\nexpires = 2999-01-01\n";

fn refusal(text: &str) -> String {
    match Exception::from_toml(text) {
        Ok(exceptions) => panic!("taken: {text}: {exceptions:?}"),
        Err(error) => error.to_string(),
    }
}

fn one(text: &str) -> Exception {
    let mut exceptions = Exception::from_toml(text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(exceptions.len(), 1);
    exceptions.remove(0)
}

fn with(condition: &str) -> String {
    format!("{HEAD}condition = '''\n{condition}\n'''\n")
}

fn item(entries: &str) -> String {
    format!(
        "{{\"name\":\"i\",\"list_id\":\"l\",\"type\":\"simple\",\"expire_time\":\"2999-01-01T00:00:00Z\",\"entries\":[{entries}]}}"
    )
}

/// An exec of `kubectl --as=a` by a user, from a parent.
fn event(user: &str, parent: &str) -> ProcessEvent {
    let mut event = ProcessEvent {
        process: Process {
            name: b"kubectl".to_vec(),
            args: ["kubectl", "--as=a"].iter().collect(),
            ..Process::default()
        },
        ..ProcessEvent::default()
    };
    event.names.user = Some(user.into());
    event.parent.executable = parent.as_bytes().to_vec();
    event
}

fn holds(exception: &Exception, event: &ProcessEvent) -> bool {
    let node = Node {
        labels: [("environment".to_owned(), "development".to_owned())].into(),
        ..Node::default()
    };
    exception.judge(&Facts::of(event, &node), &|_| true) == Some(true)
}

#[test]
fn an_exception_holds_for_what_it_names() {
    let ci = event("ci", "/opt/runner/run");
    for text in [
        with("user.name == \"ci\" and process.parent.executable == \"/opt/runner/run\""),
        with("process where user.name == \"ci\""),
        with("user.name == \"ci\" and labels.environment == \"development\""),
        with("user.target.name == \"a\" and user.name == \"ci\" // by a flag"),
        format!(
            "{HEAD}[exception.match]\n\"user.name\" = \"ci\"\n\"process.parent.executable\" = \"/opt/runner/*\"\n"
        ),
        format!("{HEAD}[exception.match]\nuser.name = [\"x\", \"ci\"]\nuser.id = 0\n"),
    ] {
        let exception = one(&text);
        assert!(holds(&exception, &ci), "{text}");
        assert!(!holds(&exception, &event("bob", "/opt/runner/run")), "{text}");
        assert!(exception.doubts.is_empty(), "{text}: {:?}", exception.doubts);
        assert!(exception.is_about("any"));
    }
    let narrow = one(&format!(
        "{HEAD}rules = [\"a\"]\ncondition = 'user.name == \"ci\"'\n"
    ));
    assert!(narrow.is_about("a") && !narrow.is_about("b"));
    assert!(narrow.is_over(narrow.expires) && !narrow.is_over(Timestamp::UNIX_EPOCH));
}

#[test]
fn a_mistake_is_told_with_its_place_and_its_remedy() {
    for (text, words) in [
        (
            with("user.nam == \"ci\""),
            "n: line 7, column 1: there is no field `user.nam`; `user.name` is one\n    user.nam == \"ci\"\n    ^",
        ),
        (
            with("user.name == \"ci\" and\n  nonsense.of.mine == 1"),
            "line 8, column 3: there is no field `nonsense.of.mine`; docs/exceptions.md",
        ),
        (with("user.name = \"ci\""), "n: line 7, column 11: "),
        (
            with("process.code_signature.trusted == true"),
            "no event of this sensor has the field `process.code_signature.trusted`",
        ),
        (with("event.type == \"end\""), "it can never hold"),
        (
            format!("{HEAD}[exception.match]\n\"user.nam\" = \"ci\"\n"),
            "line 7, column 1: there is no field `user.nam`; `user.name` is one",
        ),
        (
            format!("{HEAD}[exception.match]\n\"user.name\" = 1.5\n"),
            "user.name needs a text, a number, true or false",
        ),
        (
            format!("{HEAD}until = 1\ncondition = 'user.name == \"ci\"'\n"),
            "line 6, column 1: unknown field `until`",
        ),
        (
            HEAD.replace("2999-01-01", "\"never\"") + "condition = 'user.name == \"ci\"'\n",
            "line 5, column 11: `never` is no time to expire at: write a date, as in 2027-06-30",
        ),
        (
            HEAD.replace("reason = \"r\"\n", "") + "condition = 'user.name == \"ci\"'\n",
            "missing field `reason`",
        ),
        (
            HEAD.replace("owner = \"o\"\n", "owner = \" \"\n") + "condition = 'user.name == \"ci\"'\n",
            "n: line 4, column 9: owner is empty",
        ),
        (
            HEAD.replace("expires = 2999-01-01\n", "") + "condition = 'user.name == \"ci\"'\n",
            "missing field `expires`",
        ),
        (
            format!("{HEAD}rules = []\ncondition = 'user.name == \"ci\"'\n"),
            "rules is empty",
        ),
        (String::new(), "it has no [[exception]]"),
    ] {
        let said = refusal(&text);
        assert!(said.contains(words), "{text}\ndoes not say {words:?}:\n{said}");
    }
}

#[test]
fn items_of_elastic_load_as_they_are() {
    let sample = r#"{"list_id":"kubectl-impersonation","name":"gitops runner","type":"simple","namespace_type":"single","entries":[
        {"field":"user.name","operator":"included","type":"match","value":"argocd"},
        {"field":"process.parent.executable","operator":"included","type":"wildcard","value":"/opt/ci/*"},
        {"field":"process.name","operator":"included","type":"match_any","value":["kubectl","oc"]},
        {"field":"container.id","operator":"excluded","type":"exists"}],"expire_time":"2026-06-01T00:00:00Z"}"#;
    let items = Exception::from_json(sample).expect("it loads");
    let [exception] = &items.exceptions[..] else {
        panic!("{items:?}")
    };
    assert_eq!(exception.name, "gitops runner");
    assert_eq!(exception.owner, "whoever keeps the list kubectl-impersonation");
    assert_eq!(exception.expires.to_string(), "2026-06-01T00:00:00Z");
    assert!(holds(exception, &event("argocd", "/opt/ci/run")));
    assert!(!holds(exception, &event("argocd", "/opt/other")));
    let mut in_container = event("argocd", "/opt/ci/run");
    in_container.place.container_id = Some("c".into());
    assert!(!holds(exception, &in_container));

    let nested = r#"{"field":"process.parent","type":"nested","entries":[{"field":"executable","operator":"included","type":"match","value":"/a"}]}"#;
    let full = item(nested).replace(
        "\"list_id\":\"l\"",
        "\"description\":\"why\",\"created_by\":\"ann\",\"os_types\":[\"linux\"]",
    );
    let export = format!(
        "{{\"list_id\":\"l\",\"name\":\"the list\",\"type\":\"detection\"}}\n{full}\n{{\"exported_exception_list_item_count\":1}}\n"
    );
    let items = Exception::from_json(&export).expect("it loads");
    assert_eq!(
        (items.exceptions.len(), items.passed_over.len()),
        (1, 2),
        "{items:?}"
    );
    let exception = &items.exceptions[0];
    assert_eq!(
        (exception.reason.as_str(), exception.owner.as_str()),
        ("why", "ann")
    );
    assert!(holds(exception, &event("x", "/a")) && !holds(exception, &event("x", "/b")));
    assert_eq!(
        Exception::from_json(&format!("[{full}]"))
            .expect("a list")
            .exceptions
            .len(),
        1
    );

    for (text, words) in [
        (
            item(r#"{"field":"user.name","operator":"included","type":"list","list":{"id":"x"}}"#),
            "is of type list",
        ),
        (
            item(r#"{"field":"user.nam","operator":"included","type":"match","value":"a"}"#),
            "`user.name` is one",
        ),
        (
            item(r#"{"field":"user.name","operator":"maybe","type":"match","value":"a"}"#),
            "neither included nor excluded",
        ),
        (
            sample.replace(r#""expire_time":"2026-06-01T00:00:00Z""#, r#""x":1"#),
            "it has no expire_time",
        ),
        (format!("{full}\n{{\n"), "line 2, column 1: this line is no JSON"),
        (
            "{\"name\":\"x\"}".to_owned(),
            "x: line 1, column 1: this is no exception item: missing field `entries`",
        ),
        (full.replace("linux", "windows"), "it is for windows"),
    ] {
        let error = Exception::from_json(&text).expect_err(&text).to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
}

#[test]
fn what_is_not_known_yet_leaves_it_open() {
    let exception = one(&with("user.name == \"ci\" and process.hash.sha256 == \"00\""));
    let node = Node::default();
    let judge = |user: &str| {
        let event = event(user, "");
        let name = |field| {
            exception
                .condition
                .fields()
                .find(|(read, _)| *read == field)
                .map(|(_, name)| name)
        };
        exception.judge(&Facts::of(&event, &node), &|field| {
            name(field) != Some("process.hash.sha256")
        })
    };
    assert_eq!(judge("ci"), None);
    assert_eq!(judge("bob"), Some(false), "whatever the hash is");
}
