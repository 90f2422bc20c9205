//! Who told kubectl which identity to use, and what it replaced to do so.

use std::sync::Arc;

use super::{Exec, SEED, check, rules};
use crate::event::File;
use crate::identity::Identity;

const ELSEWHERE: &str = "Kubectl With Another Identity, Not From a Shell";
const REPLACED: &str = "Shell Replaced by Kubectl With Another Identity";
const TOOLS: &str = "Kubernetes Tool Other Than Kubectl With Another Identity";

#[test]
fn whoever_the_parent_is_one_rule_finds_it_and_one_only() {
    let rules = rules();
    for (name, executable, is_seeds) in [
        ("bash", "/usr/bin/bash", true),
        ("fish", "/usr/bin/fish", true),
        ("deploy.sh", "/usr/bin/env", true),
        (".x", "/usr/bin/perl", true),
        ("worker", "/tmp/worker", true),
        ("worker", "/root/worker", true),
        ("python3", "/home/ann/venv/bin/python3", true),
        ("python3.11", "/usr/bin/python3.11", false),
        ("cron", "/usr/sbin/cron", false),
        ("sshd", "/usr/sbin/sshd", false),
        ("node", "/usr/bin/node", false),
        ("systemd", "/usr/lib/systemd/systemd", false),
        ("Bash", "/usr/bin/Bash", false),
        ("bash5", "/usr/bin/bash5", false),
        ("busybox", "/bin/busybox", false),
        ("worker", "/tmpfs/worker", false),
        ("deploy.SH", "/usr/bin/env", false),
        ("", "", false),
    ] {
        for previous in [("", ""), ("bash", "/usr/bin/bash")] {
            for flag in [
                "--as=x",
                "--AS",
                "--assume",
                "--token",
                "--kubeconfig=y",
                "--as-uid=0",
                "--as-group=g",
            ] {
                let exec = Exec::of(&format!("kubectl get pods {flag} x"))
                    .by(name, executable)
                    .was(previous.0, previous.1);
                let found = exec.found(&rules);
                assert_eq!(found.contains(SEED), is_seeds, "{exec:?}");
                assert_eq!(found.contains(ELSEWHERE), !is_seeds, "{exec:?}");
            }
            let harmless = Exec::of("kubectl get pods as=x").by(name, executable);
            assert!(harmless.found(&rules).is_empty(), "{harmless:?}");
        }
    }
    check(
        ELSEWHERE,
        &[],
        &[
            Exec::of("kubectl2 get pods --as=x"),
            Exec::of("Kubectl get pods --as=x"),
        ],
    );
}

#[test]
fn a_shell_that_kubectl_took_the_place_of() {
    let kubectl = || Exec::of("kubectl get pods --as=x");
    check(
        REPLACED,
        &[
            kubectl().was("bash", "/usr/bin/bash"),
            kubectl().was("sh", "/bin/dash").by("sshd", "/usr/sbin/sshd"),
            kubectl().was("deploy.sh", "/usr/bin/env"),
            kubectl().was(".x", "/usr/bin/perl"),
            kubectl().was("worker", "/dev/shm/worker"),
        ],
        &[
            kubectl(),
            kubectl().was("env", "/usr/bin/env"),
            // The public rule has this one.
            kubectl().was("bash", "/usr/bin/bash").by("bash", "/usr/bin/bash"),
            Exec::of("kubectl get pods").was("bash", "/usr/bin/bash"),
        ],
    );
}

#[test]
fn tools_that_do_what_kubectl_does() {
    check(
        TOOLS,
        &[
            Exec::of("k3s kubectl get pods --as=x"),
            Exec::of("minikube kubectl -- get pods --as x"),
            Exec::of("microk8s kubectl get pods --kubeconfig=x"),
            Exec::of("microk8s.kubectl get pods --token x"),
            Exec::of("rke2 kubectl --as-group=x"),
            Exec::of("k0s kc get pods --as=x"),
            Exec::of("oc get pods --as=system:admin"),
            Exec::of("k9s --as x"),
            Exec::of("kubecolor get pods --as=x"),
            Exec::of("helm list --kube-as-user=x"),
            Exec::of("helm list --kube-token x"),
        ],
        &[
            Exec::of("k3s server --token=x"),
            Exec::of("k3s agent --token x"),
            Exec::of("minikube start --kubernetes-version=x"),
            Exec::of("k3s kubectl get pods"),
            Exec::of("oc get pods"),
            Exec::of("helm list --kubeconfig=x"),
            Exec::of("kubectl get pods --as=x"),
            Exec::of("octave --as=x"),
        ],
    );
}

#[test]
fn kubectl_by_its_content() {
    let line = "/opt/worker get pods";
    let worker = || Exec::of(line).being("kubectl");
    let named = |name: &str| Exec::of(&format!("{name} get pods")).being("kubectl");
    check(
        "Kubectl Under Another Name",
        &[
            worker(),
            named("k"),
            named("Kubectl"),
            named("kubectlx"),
            named("memfd:kubectl"),
        ],
        &[
            Exec::of(line),
            Exec::of(line).being("helm"),
            named("kubectl"),
            named("kubectl.1.30"),
            named("kubectl-v1.30.1"),
        ],
    );
    // Whatever its name and its parent, another identity is found by one rule and one only.
    let flagged = Exec::of("/opt/worker get pods --as=x").being("kubectl");
    for exec in [flagged.clone(), flagged.by("bash", "/usr/bin/bash")] {
        let found = exec.found(&rules());
        assert!(found.contains(ELSEWHERE) && !found.contains(SEED), "{found:?}");
    }
    check(
        TOOLS,
        &[
            Exec::of("/opt/worker kubectl get pods --as=x").being("k3s"),
            Exec::of("/opt/worker get pods --as=x").being("oc"),
            Exec::of("/opt/worker tree --as=x").being("kubectl-plugin"),
        ],
        &[
            Exec::of("/opt/worker server --token=x").being("k3s"),
            Exec::of("/opt/worker get pods --as=x").being("busybox"),
        ],
    );
}

#[test]
fn a_tracer_of_kubectl() {
    let traced = |line: &str| {
        let mut exec = Exec::of(line);
        exec.0.is_traced = true;
        exec
    };
    check(
        "Kubectl Started Under a Tracer",
        &[
            traced("kubectl version"),
            traced("/opt/worker get pods").being("kubectl"),
        ],
        &[traced("kubelet"), Exec::of("kubectl version")],
    );
}

#[test]
fn files_of_a_moment_and_packed_ones() {
    let file = |links, is_nameless| File {
        links,
        is_nameless,
        ..File::default()
    };
    let kubectl = |file| Exec::of("kubectl get pods").of_file(file);
    check(
        "Kubectl From Memory, a Deleted File or a Fresh One",
        &[
            kubectl(file(0, true)),
            kubectl(file(0, false)),
            Exec::of("worker get pods")
                .being("kubectl")
                .of_file(file(0, true)),
        ],
        &[
            kubectl(file(1, false)),
            Exec::of("worker get pods").of_file(file(0, true)),
        ],
    );
    let packed = |line: &str| {
        let mut exec = Exec::of(line);
        exec.0.executable.content.identity = Some(Arc::new(Identity {
            packed: Some("upx"),
            ..Identity::default()
        }));
        exec
    };
    check(
        "Packed Program With Kubectl's Flags",
        &[packed("worker get pods --as=x"), packed("worker --kubeconfig x")],
        &[
            packed("worker get pods"),
            packed("worker --assume=x"),
            Exec::of("worker --as=x"),
        ],
    );
}

#[test]
fn certificates_and_passwords_that_flags_give() {
    check(
        "Client Certificate or Password Handed to Kubectl",
        &[
            Exec::of("kubectl get pods --client-certificate=/tmp/c --client-key=/tmp/k"),
            Exec::of("kubectl --client-certificate /tmp/c get pods"),
            Exec::of("kubectl get pods --client-key /tmp/k"),
            Exec::of("oc login --username=ann"),
            Exec::of("kubectl --username ann --password x get pods"),
        ],
        &[
            Exec::of("kubectl get pods"),
            Exec::of("kubectl get pods --client-certificate="),
            Exec::of("kubectl get pods --certificate-authority=/tmp/c"),
            Exec::of("helm list --client-certificate=/tmp/c"),
        ],
    );
}
