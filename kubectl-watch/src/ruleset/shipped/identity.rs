//! Who told kubectl which identity to use, and what it replaced to do so.

use super::{Exec, SEED, check, rules};

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
            // The seed's rule has this one.
            kubectl().was("bash", "/usr/bin/bash").by("bash", "/usr/bin/bash"),
            Exec::of("kubectl get pods").was("bash", "/usr/bin/bash"),
        ],
    );
}

#[test]
#[expect(clippy::large_stack_arrays, reason = "a table of whole events, in a test")]
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
