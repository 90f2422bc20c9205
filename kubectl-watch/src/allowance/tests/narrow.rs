//! What an exception of `allow` lets pass is that job again, and nothing else that the same person, script or pod does.

mod variables;

use super::*;
use crate::alert::samples::{with_kubeconfig, with_token};
use crate::event::Environment;

const LINE: &str =
    "kubectl get pods runner-7d9f8b6c5-x7k2p --namespace=ci --context=ci --as=deployer --as-group=ci";

/// What somebody else does, or the same person otherwise.
type Change = fn(&mut Sample);

fn args(sample: &mut Sample, line: &str) {
    sample.event.process.args = line.split(' ').collect();
}

/// The job: a script that looks at a pod as somebody else, with a kubeconfig.
fn job() -> Sample {
    let mut sample = with_kubeconfig();
    args(&mut sample, LINE);
    sample.matched = Vec::new();
    sample.event.gaps = Vec::new();
    sample.event.environment = Environment::from_bytes(b"KUBECONFIG=/tmp/tmp.Xa8Kd02LmQ/config");
    let kubeconfig = sample
        .event
        .circumstances
        .kubeconfig
        .as_mut()
        .expect("it has one");
    kubeconfig.files.truncate(1);
    kubeconfig.files[0].path = b"/tmp/tmp.Xa8Kd02LmQ/config".to_vec();
    kubeconfig.unknown = None;
    sample
}

fn kubeconfig(sample: &mut Sample) -> &mut crate::credential::Kubeconfig {
    sample
        .event
        .circumstances
        .kubeconfig
        .as_mut()
        .expect("it has one")
}

const ASKED: &[&str] = &[
    "kubectl get secrets runner-7d9f8b6c5-x7k2p --namespace=ci --context=ci --as=deployer --as-group=ci",
    "kubectl delete pods runner-7d9f8b6c5-x7k2p --namespace=ci --context=ci --as=deployer --as-group=ci",
    "kubectl get pods database-0 --namespace=ci --context=ci --as=deployer --as-group=ci",
    "kubectl get pods --namespace=ci --context=ci --as=deployer --as-group=ci",
    "kubectl get pods runner-7d9f8b6c5-x7k2p --namespace=prod --context=ci --as=deployer --as-group=ci",
    "kubectl get pods runner-7d9f8b6c5-x7k2p -A --context=ci --as=deployer --as-group=ci",
    "kubectl get pods runner-7d9f8b6c5-x7k2p --namespace=ci --context=prod --as=deployer --as-group=ci",
    "kubectl get pods runner-7d9f8b6c5-x7k2p --namespace=ci --as=deployer --as-group=ci",
    "kubectl get pods runner-7d9f8b6c5-x7k2p --namespace=ci --context=ci --as=admin --as-group=ci",
    "kubectl get pods runner-7d9f8b6c5-x7k2p --namespace=ci --context=ci --as=deployer --as-group=system:masters",
    "kubectl get pods runner-7d9f8b6c5-x7k2p --namespace=ci --context=ci --as=deployer",
];

/// Flags that the job does not give.
const FLAGS: &[&str] = &[
    "--cluster=prod",
    "--user=admin",
    "--username=admin",
    "--server=https://192.0.2.9",
    "--client-certificate=/tmp/c",
    "--token=stolen",
    "--as-uid=1",
];

#[test]
fn another_command_of_the_same_job_is_an_alert() {
    for without in [&[][..], &["process.command_line"]] {
        let (text, exception, alert) = allow_without(&job(), without);
        assert_eq!(judge(&exception, &alert), Some(true), "{text}");
        let more = FLAGS.iter().map(|flag| format!("{LINE} {flag}"));
        for line in ASKED.iter().map(|&line| line.to_owned()).chain(more) {
            let mut other = job();
            args(&mut other, &line);
            assert_eq!(judge(&exception, &past(&other)), Some(false), "{line}: {text}");
        }
    }
    // What only the arguments say.
    let (text, exception, _) = allow(&job());
    let mut other = job();
    args(&mut other, &format!("{LINE} -f /tmp/x"));
    assert_eq!(judge(&exception, &past(&other)), Some(false), "{text}");
}

#[test]
fn another_identity_kubeconfig_script_or_start_is_an_alert() {
    let (text, exception, alert) = allow(&job());
    assert_eq!(judge(&exception, &alert), Some(true), "{text}");
    let changes: &[(&str, Change)] = &[
        ("user", |it| it.event.names.user = Some("mallory".into())),
        ("starter", |it| {
            it.event.parent.executable = b"/opt/other".to_vec();
        }),
        ("program", |it| {
            it.event.process.executable = b"/opt/kubectl".to_vec();
        }),
        ("script", |it| {
            let script = it.event.circumstances.script.as_mut().expect("it has one");
            script.facts.as_mut().expect("it is known").sha256 = Some("00".repeat(32));
        }),
        ("kubeconfig", |it| {
            kubeconfig(it).files[0].facts.as_mut().expect("known").sha256 = Some("00".repeat(32));
        }),
        ("no kubeconfig", |it| kubeconfig(it).files.clear()),
        ("a kubeconfig before it", |it| {
            it.event.environment =
                Environment::from_bytes(b"KUBECONFIG=/tmp/evil:/tmp/tmp.Xa8Kd02LmQ/config");
            let mut evil = kubeconfig(it).files[0].clone();
            evil.facts.as_mut().expect("known").sha256 = Some("00".repeat(32));
            kubeconfig(it).files.insert(0, evil);
        }),
        ("certificate", |it| {
            kubeconfig(it).certificate.as_mut().expect("it has one").sha256 = "00".repeat(32);
        }),
        ("origin", |it| {
            it.event
                .circumstances
                .source
                .as_mut()
                .expect("it has one")
                .address = [192, 0, 2, 99].into();
        }),
        ("container", |it| {
            it.event.place.container_id = Some("ab".repeat(32));
        }),
    ];
    for (what, change) in changes {
        let mut other = job();
        change(&mut other);
        assert_eq!(judge(&exception, &past(&other)), Some(false), "{what}: {text}");
    }
}

#[test]
fn the_next_run_of_the_same_job_is_not() {
    let (text, exception, _) = allow(&job());
    let mut next = job();
    args(&mut next, &LINE.replace("7d9f8b6c5-x7k2p", "5c6d7f8b9-q4z8n"));
    next.event.environment = Environment::from_bytes(b"KUBECONFIG=/tmp/tmp.Qw3rTy91Zx/config");
    kubeconfig(&mut next).files[0].path = b"/tmp/tmp.Qw3rTy91Zx/config".to_vec();
    (next.event.process.pid, next.event.parent.pid) = (9, 8);
    (next.event.process.start_boot_ns, next.event.place.cgroup_id) = (7, 6);
    assert_eq!(judge(&exception, &past(&next)), Some(true), "{text}");
}

#[test]
fn without_a_kubeconfig_none_may_be_there() {
    let sample = sample();
    let (text, exception, alert) = allow(&sample);
    assert_eq!(judge(&exception, &alert), Some(true), "{text}");
    let mut other = copy(&sample);
    other.event.circumstances.kubeconfig = job().event.circumstances.kubeconfig;
    assert_eq!(judge(&exception, &past(&other)), Some(false), "{text}");
    // One that nobody can read is there all the same.
    kubeconfig(&mut other).files[0].facts = None;
    kubeconfig(&mut other).files[0].unknown = Some(crate::event::Unknown::Unreadable);
    assert_eq!(judge(&exception, &past(&other)), Some(false), "{text}");
}

/// As root in a pod, with a token.
fn in_pod() -> Sample {
    let mut sample = without_secret(with_token());
    sample.event.names.real_user = Some("root".into());
    (sample.event.names.login_user, sample.event.credentials.login_uid) = (None, None);
    sample.event.circumstances.pod.as_mut().expect("it has one").name = "front-x7k2p".into();
    sample
}

#[test]
fn what_a_token_says_of_itself_is_never_enough() {
    let sample = in_pod();
    let (text, exception, alert) = allow(&sample);
    assert_eq!(judge(&exception, &alert), Some(true), "{text}");
    for words in [
        "by its own word, which nobody has checked",
        "orchestrator.namespace == \"shop\"",
        "orchestrator.resource.name like \"front-*\"",
        "container.name == \"nginx\"",
        "kubectl_watch.request.token != null",
        "process.command_line like \"kubectl --token * get secrets\"",
        "process.args_count == 5",
        "# Nothing but the pod or the container tells this from an intruder",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
    let changes: &[Change] = &[
        |it| it.event.circumstances.pod.as_mut().expect("it has one").namespace = "other".into(),
        |it| it.event.process.args = ["kubectl", "get", "secrets"].iter().collect(),
        |it| args(it, "kubectl --token abc get secrets"),
    ];
    for change in changes {
        let mut other = in_pod();
        change(&mut other);
        assert_eq!(judge(&exception, &past(&other)), Some(false), "{text}");
    }
}

#[test]
fn a_field_can_be_left_out_and_what_gets_broader_is_said() {
    let (text, exception, _) = allow_without(&job(), &["kubectl_watch.request", "process.command_line"]);
    let broader =
        "# Broader than it could be, as this was left out: kubectl_watch.request.resource == \"pods\"\n";
    assert!(text.contains(broader), "{text}");
    let mut other = job();
    args(&mut other, ASKED[0]);
    assert_eq!(judge(&exception, &past(&other)), Some(true), "{text}");
    args(&mut other, ASKED[8]);
    assert_eq!(
        judge(&exception, &past(&other)),
        Some(false),
        "as somebody else: {text}"
    );

    let wording = Wording {
        name: None,
        reason: None,
        owner: "me".into(),
        expires: "2999-01-01".into(),
        without: vec!["process.pid".into()],
    };
    let error = wording
        .exception(&past(&job()))
        .expect_err("it does not go by it");
    let said = error.to_string();
    assert!(
        said.contains("does not go by process.pid") && said.contains("user.name, "),
        "{said}"
    );
}

#[test]
fn an_exception_that_everybody_can_meet_says_so() {
    let mut sample = sample();
    sample.event.names.user = Some("root".into());
    sample.event.names.real_user = Some("root".into());
    let (text, exception, _) = allow(&sample);
    assert!(
        !exception.doubts.is_empty() && text.contains("# Every intruder who gets this far"),
        "{text}"
    );
    let doubt = &exception.doubts[0];
    assert!(
        doubt.contains("whoever runs a program chooses process.executable, ")
            && doubt.contains(" more, and everybody can have that user.name"),
        "{doubt}"
    );
    let (text, exception, _) = allow(&job());
    assert!(exception.doubts.is_empty() && !text.contains("ntruder"), "{text}");
}
