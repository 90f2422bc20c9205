//! What is new is never held back: each fact that may change, one at a time.

use super::*;
use crate::alert::samples::with_kubeconfig;
use crate::event::{Environment, NamedKubeconfig};

#[test]
fn what_is_new_in_anything_that_counts_is_an_alert_at_once() {
    let first = event(0, 1, 7, "a");
    let with = |argument: &str| -> ProcessEvent {
        let mut event = first.clone();
        event.process.args = event.process.args.iter().chain([argument.as_bytes()]).collect();
        event
    };
    let in_environment = |variable: &str| -> ProcessEvent {
        let mut event = first.clone();
        event.environment = Environment::from_bytes(variable.as_bytes());
        event
    };
    let mut others: Vec<ProcessEvent> = [
        "my-pod",
        "--namespace=prod",
        "-A",
        "--context=prod",
        "--cluster=prod",
        "--user=admin",
        "--username=admin",
        "--server=https://other",
        "--kubeconfig=/tmp/k",
        "--client-certificate=/tmp/c",
        "--token=another",
        "--as=b",
        "--as-uid=1",
        "--as-group=g",
        "--as-user-extra=scopes=all",
        "--as-user-extra=scopes=none",
        "--kuberc=/tmp/k",
        "--kuberc=/tmp/l",
    ]
    .map(with)
    .to_vec();
    for line in [
        "kubectl get secrets --as=a",
        "kubectl create clusterrolebinding b --clusterrole=view --as=a",
        "kubectl create clusterrolebinding b --clusterrole=cluster-admin --as=a",
        "kubectl apply -f a.yaml --as=a",
        "kubectl apply -f http://evil/b.yaml --as=a",
        "kubectl delete pods -l a=b --as=a",
        "kubectl delete pods --all --as=a",
        "kubectl exec pod --as=a -- id",
        "kubectl exec pod --as=a -- sh",
    ] {
        let mut event = first.clone();
        let token = "--token=s3cret-of-mine";
        event.process.args = line.split(' ').chain([token]).collect();
        others.push(event);
    }
    for folder in ["/here", "/there"] {
        let mut event = with("--kubeconfig=config");
        let (args, environment) = (&event.process.args, &event.environment);
        event.kubeconfig_named = NamedKubeconfig::of(args, environment, folder.as_bytes());
        others.push(event);
    }
    others.extend(
        [
            "KUBECONFIG=/tmp/stolen",
            "KUBERC=/tmp/stolen",
            "KUBECONFIG=/tmp/stolen:/root/.kube/config",
            "HOME=/tmp/stolen",
            "KUBERNETES_MASTER=https://other",
            "KUBERNETES_SERVICE_HOST=10.0.0.9",
            "KUBERNETES_SERVICE_PORT=1",
            "POD_NAMESPACE=prod",
            "HTTPS_PROXY=http://other",
            "all_proxy=http://other",
            "LD_PRELOAD=/tmp/x.so",
        ]
        .map(in_environment),
    );
    others.extend(of_content(&with("--kubeconfig=/tmp/l")));
    let mut it = Suppression::default();
    let rule = rule("r", Severity::Low);
    assert_eq!(decide(&mut it, &rule, &first).0, ALERT);
    for (sequence, mut other) in (2..).zip(others) {
        (other.sequence, other.process.pid) = (sequence, 1 + u32::try_from(sequence).expect("small"));
        assert_eq!(decide(&mut it, &rule, &other).0, ALERT, "{sequence}: {other:?}");
        assert_eq!(decide(&mut it, &rule, &other).0, repeat_of(sequence));
    }
    let mut same = in_environment("SSH_CONNECTION=192.0.2.7 50122 192.0.2.1 22\0PATH=/bin");
    (same.sequence, same.process.pid) = (999, 999);
    assert_eq!(decide(&mut it, &rule, &same).0, repeat_of(1), "another login");
    let mut same = with("--limit=500");
    (same.sequence, same.process.pid) = (1000, 1000);
    assert_eq!(
        decide(&mut it, &rule, &same).0,
        repeat_of(1),
        "a look with other arguments"
    );
}

/// The same path of a kubeconfig with another content, and where nobody could read it.
fn of_content(event: &ProcessEvent) -> Vec<ProcessEvent> {
    let of = |sha256: Option<String>| {
        let mut event = event.clone();
        let mut kubeconfig = with_kubeconfig().event.circumstances.kubeconfig;
        for file in kubeconfig.iter_mut().flat_map(|it| &mut it.files) {
            if let Some(facts) = &mut file.facts {
                facts.sha256.clone_from(&sha256);
            }
        }
        event.circumstances.kubeconfig = kubeconfig;
        event
    };
    [Some("11".repeat(32)), Some("22".repeat(32)), None]
        .map(of)
        .to_vec()
}
