mod undo;

use std::process::Command;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::past::Past;

fn commands(facts: &Facts) -> Vec<String> {
    Step::of(facts).into_iter().map(|step| step.command).collect()
}

fn impersonation() -> Facts {
    Facts {
        user: Some("system:admin".to_owned()),
        groups: vec!["system:masters".to_owned()],
        is_impersonated: true,
        node: Some("worker-3".to_owned()),
        pid: Some("4711".to_owned()),
        time: Some("2026-11-24T15:55:07.788000000Z".to_owned()),
        command: Some("create clusterrolebinding".to_owned()),
        resource: Some("clusterrolebinding".to_owned()),
        name: Some("mine".to_owned()),
        ..Facts::default()
    }
}

#[test]
fn an_impersonated_account_is_looked_into_kept_and_undone() {
    let commands = commands(&impersonation());
    for command in [
        "kubectl auth can-i --list --as=system:admin --as-group=system:masters",
        "kubectl cordon worker-3",
        "cp /proc/4711/exe executable-4711",
        "kubectl delete -- clusterrolebinding mine",
    ] {
        assert!(
            commands.iter().any(|it| it == command),
            "{command}: {commands:#?}"
        );
    }
    assert!(
        commands
            .iter()
            .any(|it| it.contains(".impersonatedUser.username == $user")),
        "{commands:#?}"
    );
    let phases: Vec<Phase> = Step::of(&impersonation()).iter().map(|step| step.phase).collect();
    assert!(phases.is_sorted(), "{phases:?}");
}

#[test]
fn a_bound_token_ends_with_its_pod_and_another_with_its_secret() {
    let bound = Facts {
        user: Some("system:serviceaccount:shop:cart".to_owned()),
        service_account: Some(("shop".to_owned(), "cart".to_owned())),
        credentials: vec!["JTI=0a1b".to_owned()],
        bound_pod: Some("cart-5".to_owned()),
        ..Facts::default()
    };
    let commands_of_bound = commands(&bound);
    assert!(
        commands_of_bound.contains(&"kubectl delete pod --namespace=shop -- cart-5".to_owned()),
        "{commands_of_bound:#?}"
    );
    assert!(
        commands_of_bound
            .iter()
            .any(|it| it.starts_with("jq -c --arg id JTI=0a1b "))
    );
    let unbound = Facts {
        bound_pod: None,
        ..bound.clone()
    };
    for step in [&bound, &unbound].into_iter().flat_map(Step::of) {
        assert!(
            step.phase != Phase::Contain
                || !step.command.starts_with("kubectl delete")
                || step
                    .what
                    .starts_with("Only if the audit log shows that the token was accepted"),
            "{step:?}"
        );
    }
    let commands = commands(&unbound);
    assert!(
        commands.contains(&"kubectl delete serviceaccount --namespace=shop -- cart".to_owned()),
        "{commands:#?}"
    );
}

#[test]
fn only_what_the_command_made_is_deleted_and_only_if_it_did() {
    let table = [
        ("expose", "deployment", Some("--namespace=prod -- service web")),
        (
            "expose --name",
            "deployment",
            Some("--namespace=prod -- service front"),
        ),
        (
            "autoscale",
            "deployment",
            Some("--namespace=prod -- horizontalpodautoscaler web"),
        ),
        ("create namespace", "namespace", Some("-- namespace web")),
        ("run", "pods", Some("--namespace=prod -- pod web")),
        ("create token", "serviceaccounts", None),
        ("apply view-last-applied", "deployment", None),
        ("apply", "deployment", None),
        ("get", "deployment", None),
    ];
    for (command, resource, made) in table {
        let facts = Facts {
            command: Some(command.to_owned()),
            resource: Some(resource.to_owned()),
            name: Some("web".to_owned()),
            namespace: Some("prod".to_owned()),
            new_name: command.ends_with("--name").then(|| "front".to_owned()),
            ..Facts::default()
        };
        let steps = Step::of(&facts);
        let Some(made) = made else {
            assert_eq!(steps, [], "{command}");
            continue;
        };
        let [look, delete] = &steps[..] else {
            panic!("{command}: {steps:#?}")
        };
        assert_eq!(
            look.command,
            format!("kubectl get -o jsonpath='{{.metadata.creationTimestamp}}' {made}")
        );
        assert_eq!(delete.command, format!("kubectl delete {made}"));
        assert!(
            delete.what.contains("only if the audit log"),
            "{command}: {}",
            delete.what
        );
    }
}

#[test]
fn an_alert_in_a_file_gives_what_the_live_one_gives() {
    let document = json!({
        "@timestamp": "2026-11-24T15:55:07.788000000Z",
        "event": {"kind": "alert", "action": "exec", "id": "x"},
        "rule": {"id": "r", "name": "R"},
        "process": {"pid": 4711, "args": ["kubectl", "create", "clusterrolebinding", "mine", "--token", "<redacted:token sha256:00112233>"], "args_count": 6, "command_line": "kubectl create clusterrolebinding mine --token <redacted:token sha256:00112233>"},
        "host": {"name": "worker-3"},
        "user": {"target": {"name": "system:admin", "group": {"name": ["system:masters"]}}},
        "labels": {"kubectl_watch.impersonated_user": "system:admin"},
        "kubectl_watch": {"request": {"command": "create clusterrolebinding", "resource": "clusterrolebinding", "name": "mine"}},
    });
    let past = Past::from_text(document.to_string().as_bytes());
    let alert = past.alerts.first().expect("it is one");
    assert_eq!(Facts::of_past(alert), impersonation());
    let shown = Runbook { alert, rule: None }.to_string();
    for part in [
        "where      node worker-3, process 4711",
        "acts as    system:admin",
        "<redacted:token",
        "# Which roles let somebody impersonate",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn what_is_not_known_makes_no_command() {
    assert_eq!(Step::of(&Facts::default()), []);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A real shell takes each command apart as it was put together: one simple word for each name.
    #[test]
    fn a_name_never_becomes_an_order(name in "[ -~\u{e9}\u{202e}\n\t]{1,40}") {
        let facts = Facts {
            user: Some(name.clone()),
            groups: vec![name.clone()],
            service_account: Some((name.clone(), name.clone())),
            bound_pod: Some(name.clone()),
            pod: Some((name.clone(), name.clone())),
            node: Some(name.clone()),
            ..Facts::default()
        };
        for command in commands(&facts) {
            // Up to a pipe or a redirection, which are ours.
            let simple = command.split(" | ").next().unwrap_or_default();
            prop_assert!(!command.contains('\n'));
            let Some(words) = simple.strip_prefix("kubectl ").filter(|_| !command.contains("jq")) else { continue };
            let words = words.strip_suffix("> pod.yaml").unwrap_or(words);
            let line = format!("printf '%s\\0' {words}");
            for locale in ["C", "C.UTF-8"] {
                let shown = Command::new("bash").args(["-c", &line]).env("LC_ALL", locale).output();
                let shown = String::from_utf8(shown.expect("bash is there").stdout).expect("it is text");
                let found = shown.split('\0').any(|word| word == name || word.ends_with(&format!("={name}")));
                prop_assert!(found, "{locale}: {command:?} gives {shown:?}");
            }
        }
    }
}
