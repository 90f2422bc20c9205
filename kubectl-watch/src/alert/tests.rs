//! Documents as snapshots, and what they must not say.

use super::samples::{JWT, Sample, with_kubeconfig, with_kuberc, with_secrets};
use crate::event::Args;

macro_rules! snapshots {
    ($($sample:ident,)*) => {
        $(
            #[test]
            fn $sample() {
                let alert = crate::alert::samples::$sample().alert();
                insta::assert_json_snapshot!(stringify!($sample), alert.document);
                let line = alert.to_json_line();
                let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
                assert_eq!(value, serde_json::to_value(&alert.document).expect("document"));
                assert_eq!(line.iter().position(|&byte| byte == b'\n'), Some(line.len() - 1), "one line");
            }
        )*
    };
}

mod document {
    snapshots!(
        plain,
        hostile,
        orphan,
        in_pod,
        with_secrets,
        in_memory,
        loaded,
        with_token,
        with_kubeconfig,
        with_kuberc,
    );
}

#[test]
fn no_secret_is_in_any_part() {
    let alert = with_secrets().alert();
    let line = String::from_utf8(alert.to_json_line()).expect("text");
    let debug = format!("{alert:?}");
    for secret in ["hunter22", JWT, "c2lnbmF0dXJl"] {
        assert!(!line.contains(secret) && !debug.contains(secret), "{line}");
    }
}

#[test]
fn a_secret_matched_by_its_value_alone_stays_a_secret() {
    let mut sample = Sample::new().args(&[b"kubectl", b"--token", b"hunter22", b"hunter2"]);
    sample.matched = vec![
        ("process.args", b"hunter22".into()),
        ("process.args", b"hunter2".into()),
    ];
    let alert = sample.alert();
    let shown: Vec<_> = alert
        .document
        .kubectl_watch
        .matched
        .iter()
        .map(|one| one.value.shown())
        .collect();
    assert!(shown[0].starts_with("<redacted:token sha256:"), "{shown:?}");
    assert_eq!(shown[1], "hunter2");
    assert_eq!(alert.matched_args, [2, 3]);
}

#[test]
fn a_token_that_a_rule_names_stays_a_secret() {
    let mut sample = Sample::new();
    sample.matched = vec![("kubectl_watch.request.token", b"hunter22hunter22".into())];
    let line = String::from_utf8(sample.alert().to_json_line()).expect("it is text");
    assert!(
        line.contains("<redacted:token sha256:") && !line.contains("hunter22"),
        "{line}"
    );
}

#[test]
fn a_long_command_line_is_whole_and_said_once() {
    let long = vec![b'x'; 1_900_000];
    let mut sample = Sample::new().args(&[b"kubectl", &long, b"--as=x"]);
    sample.matched = vec![("process.args", long.clone())];
    let alert = sample.alert();
    let line = alert.to_json_line();
    let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
    assert_eq!(
        value["process"]["args"][1].as_str().map(str::len),
        Some(long.len())
    );
    assert_eq!(value["process"]["args_count"], 3);
    assert!(value["process"].get("command_line").is_none());
    assert_eq!(value["labels"]["kubectl_watch.impersonated_user"], "x");
    assert!(line.len() < long.len() + 8192, "{}", line.len());
}

#[test]
fn of_processes_above_the_first_arguments_are_shown_and_what_matched() {
    let mut sample = Sample::new();
    let filler = "word".repeat(25);
    let long: Args = std::iter::repeat_n(&filler[..], 100)
        .chain(["--token", "hunter22", "deploy"])
        .collect();
    let lineage = &mut sample.event.lineage;
    sample.event.process.args = long.clone();
    sample.event.parent.args = long.clone();
    lineage.session_leader.args = long.clone();
    lineage.group_leader.args = long.clone().cut();
    let mut with = |matched: &[(&'static str, &str)]| {
        sample.matched = matched
            .iter()
            .map(|(field, value)| (*field, value.as_bytes().into()))
            .collect();
        let alert = sample.alert();
        (
            serde_json::to_value(&alert.document).expect("document"),
            alert.args_bytes(),
        )
    };
    let (document, bytes) = with(&[("process.parent.command_line", "x")]);
    let process = &document["process"];
    assert_eq!(
        process["args"].as_array().map(Vec::len),
        Some(103),
        "its own are all there"
    );
    assert_eq!(process["parent"]["args"].as_array().map(Vec::len), Some(41));
    assert_eq!(
        process["parent"]["args"][40],
        "wordwordwordwordwordwordwordwordwordwordwordwordwordword…"
    );
    assert_eq!(process["parent"]["args_count"], 103, "as many as there were");
    assert_eq!(
        process["session_leader"]["command_line"],
        process["parent"]["command_line"]
    );
    assert_eq!(process["group_leader"].get("args_count"), None, "nobody knows");
    let gaps = [
        "process.parent.args",
        "process.session_leader.args",
        "process.group_leader.args",
    ];
    let named = document["kubectl_watch"]["gaps"]
        .as_array()
        .expect("there are some");
    assert!(gaps.iter().all(|gap| named.contains(&(*gap).into())), "{named:?}");
    assert!(!named.contains(&"process.entry_leader.args".into()), "{named:?}");
    assert!(bytes < long.command_line().len() + 3 * 4200, "{bytes}");

    let (document, _) = with(&[
        ("process.parent.args", "deploy"),
        ("process.session_leader.args", "hunter22"),
    ]);
    let matched = &document["kubectl_watch"]["matched"];
    assert_eq!(matched[0]["value"], "deploy");
    assert!(
        matched[1]["value"]
            .as_str()
            .is_some_and(|it| it.starts_with("<redacted:token ")),
        "{matched}"
    );
    assert_eq!(
        document["process"]["parent"]["args"].as_array().map(Vec::len),
        Some(41)
    );
}

#[test]
fn the_impersonated_user_is_the_one_that_kubectl_reads() {
    for (args, want) in [
        (&["kubectl", "--as=a", "--as", "b"][..], Some("b")),
        (&["kubectl", "--as", "a", "--as="], None),
        (&["kubectl", "--as-group=g", "--assume=x", "--as"], None),
        (&["kubectl", "exec", "p", "--", "x", "--as=a"], None),
        (&["kubectl", "--token", "--as=a"], None),
    ] {
        let mut sample = Sample::new();
        sample.event.process.args = args.iter().collect();
        let line = sample.alert().to_json_line();
        let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        let label = value["labels"]["kubectl_watch.impersonated_user"]
            .as_str()
            .map(str::to_owned);
        assert_eq!(label.as_deref(), want, "{args:?}");
    }
}

#[test]
fn nobody_is_named_whom_preferences_may_replace() {
    for (option, is_named) in [("output", true), ("context", false), ("as", false)] {
        let mut sample = with_kubeconfig();
        let kuberc = with_kuberc().event.circumstances.kuberc;
        let kuberc = kuberc.map(|mut it| {
            it.options = [option.to_owned()].into();
            it
        });
        sample.event.circumstances.kuberc = kuberc;
        let document = serde_json::to_value(&sample.alert().document).expect("document");
        assert_eq!(document["user"].get("target").is_some(), is_named, "{option}");
        // What the kubeconfig has is no claim about who it is.
        assert_eq!(
            document["kubectl_watch"]["kubeconfig"]["user"], "admin",
            "{option}"
        );
        let has_cluster = document["orchestrator"].get("cluster").is_some();
        assert_eq!(has_cluster, option != "context", "{option}");
        let has_credential = document["kubectl_watch"].get("credential").is_some();
        assert_eq!(has_credential, option != "context", "{option}");
    }
}

#[test]
fn a_process_is_named_by_node_boot_pid_and_start() {
    let name = |change: &dyn Fn(&mut Sample)| {
        let mut sample = Sample::new();
        change(&mut sample);
        sample.alert().document.process.common.entity_id
    };
    let first = name(&|_| ());
    assert_eq!(first, name(&|sample| sample.event.process.args = Args::default()));
    assert_ne!(first, name(&|sample| sample.event.process.pid += 1));
    assert_ne!(first, name(&|sample| sample.event.process.start_boot_ns += 1));
    assert_ne!(first, name(&|sample| sample.host.boot = None));
    assert_ne!(first, name(&|sample| sample.host.id = None));
    assert_eq!(None, name(&|sample| sample.event.process.start_boot_ns = 0));
}

#[test]
fn an_update_names_its_alert_and_says_what_is_new() {
    let sample = super::samples::in_memory();
    let update = super::Update::new(&super::UpdateParts {
        alert: "01970000-0000-7000-8000-000000000001",
        rule: ("3c6685eb", "Potential Impersonation Attempt via Kubectl"),
        news: super::News::Executable,
        event: &sample.event,
        host: &sample.host,
        id: uuid::Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0002),
        created: sample.event.time,
    });
    insta::assert_json_snapshot!("update", update.document);
    let line = update.to_json_line();
    let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
    assert_eq!(value, serde_json::to_value(&update.document).expect("document"));
}

#[test]
fn an_update_says_what_else_was_found() {
    let sample = super::samples::with_kubeconfig();
    let update = super::Update::new(&super::UpdateParts {
        alert: "01970000-0000-7000-8000-000000000001",
        rule: ("3c6685eb", "Potential Impersonation Attempt via Kubectl"),
        news: super::News::Circumstances,
        event: &sample.event,
        host: &sample.host,
        id: uuid::Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0003),
        created: sample.event.time,
    });
    insta::assert_json_snapshot!("update_of_circumstances", update.document);
}

#[test]
fn a_follow_up_names_its_alert_and_says_what_came_next() {
    use super::samples::followed;
    for (name, follow_up) in [
        ("follow_up_ended", followed::ended()),
        ("follow_up_killed", followed::killed()),
        ("follow_up_missed", followed::missed()),
    ] {
        insta::assert_json_snapshot!(name, follow_up.document);
        let line = follow_up.to_json_line();
        let value: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        assert_eq!(
            value,
            serde_json::to_value(&follow_up.document).expect("document")
        );
    }
}

#[test]
fn a_response_is_told_with_its_reason() {
    use crate::response::{Action, Outcome, Response};
    let sample = Sample::new();
    for (outcome, word, reason) in [
        (Outcome::Done, "done", serde_json::Value::Null),
        (
            Outcome::Protected("it is the first process"),
            "protected",
            "it is the first process".into(),
        ),
        (Outcome::Refused(1), "refused", "error 1".into()),
    ] {
        let response = Response {
            action: Action::Kill,
            outcome,
            after: jiff::SignedDuration::from_micros(700),
        };
        let alert = super::Alert::new(&super::AlertParts {
            rule: &sample.rule,
            event: &sample.event,
            host: &sample.host,
            matched: &[],
            surroundings: &crate::surroundings::Surroundings::default(),
            response: Some(&response),
            id: uuid::Uuid::nil(),
            created: sample.event.time,
        });
        let value: serde_json::Value = serde_json::from_slice(&alert.to_json_line()).expect("JSON");
        let found = &value["kubectl_watch"]["response"];
        assert_eq!(
            (&found["action"], &found["outcome"]),
            (&"kill".into(), &word.into())
        );
        assert_eq!((&found["reason"], &found["after"]), (&reason, &700_000.into()));
    }
}
