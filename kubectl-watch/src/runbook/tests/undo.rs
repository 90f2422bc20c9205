//! What was made is taken away where it is, and nothing else.

use super::*;
use crate::alert::samples::with_kubeconfig;

fn undone(facts: &Facts) -> Vec<Step> {
    let mut steps = Step::of(facts);
    steps.retain(|step| step.phase == Phase::Undo);
    steps
}

#[test]
fn what_cannot_be_named_is_looked_up_and_not_deleted() {
    let named = Facts {
        command: Some("create deployment".to_owned()),
        resource: Some("deployment".to_owned()),
        name: Some("web".to_owned()),
        namespace: Some("prod".to_owned()),
        ..Facts::default()
    };
    let nowhere = Facts {
        namespace: None,
        ..named.clone()
    };
    let unknown = Facts {
        outcome: Outcome::Unknown,
        ..named.clone()
    };
    for facts in [nowhere, unknown] {
        let steps = undone(&facts);
        let [look] = &steps[..] else { panic!("{steps:#?}") };
        assert!(look.command.starts_with("jq -r --arg name web "), "{look:?}");
        assert!(
            look.what.contains("are in the API server's audit log"),
            "{look:?}"
        );
    }
    let nothing = Facts {
        outcome: Outcome::Nothing,
        ..named
    };
    assert_eq!(undone(&nothing), []);
}

#[test]
fn an_audit_log_tells_what_was_made_and_where() {
    let facts = Facts {
        command: Some("create configmap".to_owned()),
        resource: Some("configmap".to_owned()),
        name: Some("web".to_owned()),
        time: Some("2026-11-24T15:55:07.788000000Z".to_owned()),
        outcome: Outcome::Unknown,
        ..Facts::default()
    };
    let event = |verb: &str, code: u16, second: u8, name: Option<&str>| {
        json!({
            "verb": verb, "responseStatus": {"code": code}, "user": {"username": "node"}, "impersonatedUser": {"username": "adm"},
            "objectRef": {"resource": "configmaps", "namespace": "prod", "name": name},
            "requestReceivedTimestamp": format!("2026-11-24T15:55:{second:02}.123456Z"),
        })
        .to_string()
    };
    let log = [
        event("create", 201, 6, Some("web-before")),
        event("create", 201, 8, Some("web-5f7d")),
        event("create", 409, 8, Some("web-there")),
        event("get", 200, 8, Some("web-read")),
        event("create", 201, 8, Some("other")),
        event("create", 201, 8, None),
    ];
    let folder = tempfile::tempdir().expect("there is room");
    std::fs::write(folder.path().join("audit.log"), log.join("\n")).expect("the folder is ours");
    let steps = undone(&facts);
    let mut bash = Command::new("bash");
    let done = bash
        .args(["-c", &steps[0].command])
        .current_dir(folder.path())
        .output();
    let done = done.expect("bash is there");
    assert_eq!(
        String::from_utf8_lossy(&done.stdout),
        "2026-11-24T15:55:08.123456Z\tadm\tconfigmaps\tprod\tweb-5f7d\n",
        "{done:?}"
    );
}

#[test]
fn a_step_says_in_which_cluster() {
    let facts = Facts {
        command: Some("create ns".to_owned()),
        resource: Some("ns".to_owned()),
        name: Some("web".to_owned()),
        namespace: Some("prod".to_owned()),
        ..Facts::default()
    };
    let there = Facts {
        context: Some("staging".to_owned()),
        cluster: Some("one\nkubectl delete ns two".to_owned()),
        server: Some("https://10.0.0.1:6443".to_owned()),
        kubeconfig: Some("/tmp/K".to_owned()),
        ..facts.clone()
    };
    for (facts, place) in [
        (facts, ", in the cluster that it was for"),
        (
            there,
            r", in the cluster of context staging, cluster $'one\nkubectl delete ns two', server https://10.0.0.1:6443, kubeconfig /tmp/K",
        ),
    ] {
        let steps = undone(&facts);
        assert_eq!(steps[1].command, "kubectl delete -- ns web");
        assert!(steps.iter().all(|step| step.what.contains(place)), "{steps:#?}");
    }
}

/// An alert with what the arguments say, and the kubeconfig.
fn of_line(line: &str, request: &serde_json::Value, kubeconfig: &serde_json::Value) -> Facts {
    let args: Vec<&str> = line.split(' ').collect();
    let document = json!({
        "@timestamp": "2026-11-24T15:55:07.788000000Z",
        "event": {"kind": "alert", "action": "exec", "id": "x"},
        "rule": {"id": "r", "name": "R"},
        "process": {"pid": 4711, "args": args, "args_count": args.len()},
        "kubectl_watch": {"request": request, "kubeconfig": kubeconfig},
    });
    let past = Past::from_text(document.to_string().as_bytes());
    Facts::of_past(past.alerts.first().expect("it is one"))
}

#[test]
fn the_namespace_is_the_flag_s_or_the_kubeconfig_s() {
    let line = "kubectl create deployment web --as=adm";
    let mut request = json!({"command": "create deployment", "resource": "deployment", "name": "web"});
    let kubeconfig = json!({"namespace": "prod", "context": "own", "server": "https://10.0.0.1:6443"});
    let facts = of_line(line, &request, &kubeconfig);
    assert_eq!(
        undone(&facts)[1].command,
        "kubectl delete --namespace=prod -- deployment web"
    );
    assert_eq!(facts.context.as_deref(), Some("own"));
    request["namespace"] = "shop".into();
    request["context"] = "staging".into();
    let facts = of_line(line, &request, &kubeconfig);
    assert_eq!(facts.namespace.as_deref(), Some("shop"));
    assert_eq!(facts.context.as_deref(), Some("staging"));
    assert_eq!(facts.server.as_deref(), Some("https://10.0.0.1:6443"));
    let facts = of_line(&format!("{line} --dry-run=server"), &request, &kubeconfig);
    assert_eq!(facts.outcome, Outcome::Nothing);
}

#[test]
fn an_alert_that_is_being_made_knows_what_its_document_says() {
    type Case<'c> = (&'c [&'c [u8]], Outcome, Option<&'c str>);
    let lines: [Case<'_>; 4] = [
        (&[b"create", b"deployment", b"web"], Outcome::Named, Some("shop")),
        (
            &[b"-n", b"prod", b"create", b"cm", b"web", b"--append-hash"],
            Outcome::Unknown,
            Some("prod"),
        ),
        (
            &[b"--context=staging", b"run", b"web", b"--dry-run=server"],
            Outcome::Nothing,
            Some("shop"),
        ),
        (
            &[
                b"--token",
                b"hunter22hunter22",
                b"--cluster=two",
                b"create",
                b"ns",
                b"web",
            ],
            Outcome::Named,
            Some("shop"),
        ),
    ];
    for (line, outcome, namespace) in lines {
        let args = [&[&b"kubectl"[..]], line].concat();
        let alert = with_kubeconfig().args(&args).alert();
        let facts = Facts::of_document(&alert.document);
        let past = Past::from_text(&alert.to_json_line());
        assert_eq!(Facts::of_past(past.alerts.first().expect("it is one")), facts);
        assert_eq!(facts.outcome, outcome, "{facts:?}");
        assert_eq!(facts.namespace.as_deref(), namespace, "{facts:?}");
        assert!(facts.context.is_some() && facts.cluster.is_some(), "{facts:?}");
    }
}
