//! What is known of an event, and when.

use super::*;
use crate::credential::kubeconfig::Impersonated;
use crate::credential::{Certificate, Kubeconfig, Kuberc};
use crate::event::{Args, Content, Environment, File, NamedKubeconfig, Process, Unknown};

fn values(facts: &Facts<'_>, name: &str) -> Vec<String> {
    let field = FactSchema
        .field(name)
        .unwrap_or_else(|| panic!("no field {name}"));
    assert_eq!(FactSchema.name(field), name);
    let mut values = Vec::new();
    facts.any(field, &mut |value| {
        values.push(match value {
            Value::Str(text) => String::from_utf8_lossy(text).into_owned(),
            other => format!("{other:?}"),
        });
        false
    });
    values
}

#[test]
fn what_is_in_a_file_that_is_still_read_is_not_known() {
    let node = Node::default();
    let is_known = |event: &ProcessEvent, name: &str| {
        let field = FactSchema.field(name).expect("it is a field");
        let facts = Facts::of(event, &node);
        (facts.is_early(field), facts.is_known(field))
    };
    let (module, inode) = (
        "kubectl_watch.executable.go_module",
        "kubectl_watch.executable.inode",
    );
    let mut event = ProcessEvent {
        file: Some(File::default()),
        ..ProcessEvent::default()
    };
    assert_eq!(is_known(&event, module), (true, true));
    // A hash is nobody's guess, not even a rule's.
    assert_eq!(is_known(&event, HASH), (false, false));
    for (content, known) in [
        (Content::unknown(Unknown::Slow), false),
        (Content::unknown(Unknown::Busy), false),
        (
            Content {
                is_open: true,
                ..Content::default()
            },
            false,
        ),
        // Nobody will ever say it.
        (Content::unknown(Unknown::Gone), true),
    ] {
        event.executable.content = content;
        assert_eq!(is_known(&event, module), (true, known), "{event:?}");
        assert_eq!(is_known(&event, inode), (true, true));
    }
    event.executable.content.sha256 = Some([0; 32]);
    assert_eq!(is_known(&event, HASH), (true, true));
    let late = |name| FactSchema.is_late(FactSchema.field(name).expect("it is a field"));
    assert!(late(module) && late(HASH) && !late(inode));
}

#[test]
fn a_fact_is_the_truth_of_the_event_or_of_its_node() {
    let args = [
        "kubectl",
        "get",
        "pods",
        "--as=a",
        "--as-group=g",
        "--as-group=h",
        "--token=t",
    ];
    let event = ProcessEvent {
        process: Process {
            name: b"kubectl".to_vec(),
            args: args.iter().collect(),
            ..Process::default()
        },
        ..ProcessEvent::default()
    };
    let node = Node {
        name: "worker-3".into(),
        labels: BTreeMap::from([("environment".into(), "development".into())]),
        ..Node::default()
    };
    let facts = Facts::of(&event, &node);
    for (name, expected) in [
        ("process.name", &["kubectl"][..]),
        ("host.name", &["worker-3"]),
        ("host.id", &[]),
        ("user.target.name", &["a"]),
        ("user.target.group.name", &["g", "h"]),
        ("kubectl_watch.request.command", &["get"]),
        ("kubectl_watch.request.token", &["t"]),
        ("labels.environment", &["development"]),
        ("labels.role", &[]),
    ] {
        assert_eq!(values(&facts, name), expected, "{name}");
    }
    assert_eq!(FactSchema.field("process.nam"), None);
    for name in FactSchema.filled() {
        let field = FactSchema.field(name).expect("it is known");
        assert_eq!(FactSchema.name(field), name);
    }
}

#[test]
fn what_may_have_been_cut_off_is_not_taken_for_absent() {
    let mut event = ProcessEvent::default();
    event.process.name = b"kubectl".to_vec();
    event.process.args = ["kubectl", "get", "pods"].iter().collect();
    let node = Node::default();
    let is_known = |event: &ProcessEvent, name: &str| {
        let field = FactSchema.field(name).expect("it is one");
        Facts::of(event, &node).is_known(field)
    };
    for (gap, names) in [
        (
            Gap::Args,
            &[
                "process.args",
                "process.command_line",
                "kubectl_watch.request.token",
                "kubectl_watch.kubeconfig_named.flag",
            ][..],
        ),
        (
            Gap::Environment,
            &[
                "process.env_vars",
                "kubectl_watch.kubeconfig.file.path",
                "kubectl_watch.kubeconfig_named.home_of_others",
                "user.target.name",
            ],
        ),
    ] {
        for name in names {
            event.gaps = Vec::new();
            assert!(is_known(&event, name), "{name}");
            event.gaps = vec![gap];
            assert!(!is_known(&event, name), "{name}");
        }
        assert!(is_known(&event, "user.name"));
    }
    event.process.args = ["kubectl", "get", "pods", "--as=a"].iter().collect();
    assert!(is_known(&event, "user.target.name"), "a flag says it");
}

#[test]
fn what_preferences_may_give_is_not_claimed() {
    const FIELDS: [&str; 5] = [
        "user.target.name",
        "user.target.group.name",
        "kubectl_watch.credential.id",
        "orchestrator.cluster.name",
        "orchestrator.cluster.url",
    ];
    let some = |text: &str| Some(text.to_owned());
    let mut event = ProcessEvent::default();
    event.process.name = b"kubectl".to_vec();
    event.circumstances.kubeconfig = Some(Box::new(Kubeconfig {
        cluster: some("one"),
        server: some("https://one"),
        certificate: Some(Certificate {
            common_name: some("ann"),
            sha256: "ab".to_owned(),
            ..Certificate::default()
        }),
        impersonated: Impersonated {
            user: some("admin"),
            groups: vec!["masters".to_owned()],
            ..Impersonated::default()
        },
        ..Kubeconfig::default()
    }));
    let all = ["admin", "masters", "X509SHA256=ab", "one", "https://one"];
    let node = Node::default();
    for (options, flags, expected) in [
        (&[][..], "", all),
        (&["output", "namespace"], "", all),
        (&["as"], "", ["", "", all[2], all[3], all[4]]),
        (&["as"], "--as=x", ["x", all[1], all[2], all[3], all[4]]),
        (&["as-group"], "", [all[0], "", all[2], all[3], all[4]]),
        (&["token"], "", ["", "", "", all[3], all[4]]),
        (&["user"], "", ["", "", "", all[3], all[4]]),
        (&["context"], "", [""; 5]),
        (&["kubeconfig"], "--as=x", ["x", "", "", "", ""]),
        (&["context"], "--context=x", all),
        (&["server"], "", [all[0], all[1], all[2], all[3], ""]),
        (&["cluster"], "", [all[0], all[1], all[2], "", ""]),
        (&["cluster"], "--server=x", [all[0], all[1], all[2], "", all[4]]),
    ] {
        event.process.args = ["kubectl", "get", flags].iter().collect();
        event.circumstances.kuberc = Some(Box::new(Kuberc {
            options: options.iter().map(|&option| option.to_owned()).collect(),
            ..Kuberc::default()
        }));
        let facts = Facts::of(&event, &node);
        let said = FIELDS.map(|field| values(&facts, field).concat());
        assert_eq!(said, expected, "{options:?} {flags}");
    }
}

#[test]
fn a_path_from_a_folder_that_nobody_knows_is_not_known() {
    let node = Node::default();
    for (folder, expected) in [(&b"/tmp"[..], true), (b"", false)] {
        let environment = Environment::from_bytes(b"KUBECONFIG=x");
        let event = ProcessEvent {
            kubeconfig_named: NamedKubeconfig::of(&Args::default(), &environment, folder),
            environment,
            ..ProcessEvent::default()
        };
        let field = FactSchema.field("kubectl_watch.kubeconfig_named.variable");
        let is_known = Facts::of(&event, &node).is_known(field.expect("it is one"));
        assert_eq!(is_known, expected, "{folder:?}");
    }
}
