//! What kubectl was told to do as somebody else, and where it ran.

use super::{Exec, check};

/// As root, by a shell, in no container: the rules about acts ask for none of that.
fn kubectl(line: &str) -> Exec {
    Exec::of(&format!("kubectl {line}"))
}

#[test]
fn rights_are_listed() {
    let finds = [
        "auth can-i --list --as=x",
        "auth can-i --list=true --as x",
        "--token=x auth can-i --list -n y",
        "auth whoami --as=x",
    ];
    let leaves = [
        "auth can-i --list",
        "auth can-i get pods --as=x",
        "auth can-i --list --kubeconfig=x",
        "can-i --list --as=x",
        "auth whoami",
    ];
    check(
        "Rights of Another Identity Listed",
        &finds.map(kubectl),
        &leaves.map(kubectl),
    );
}

#[test]
fn secrets_are_read() {
    let finds = [
        "get secrets -A --as=x",
        "get secret y -o yaml --as x",
        "describe secret/y --token=x",
        "get pods,secrets --as-group=x",
        "get SECRETS --as-uid=x",
        "edit secret y --as=x",
        "get --raw /api/v1/namespaces/y/secrets/z --as=x",
        "get --raw=/api/v1/secrets --as=x",
    ];
    let leaves = [
        "get secrets",
        "get secrets --kubeconfig=x",
        "get pods --as=x",
        "delete secret y --as=x",
        "get --raw /api/v1/pods --as=x",
        "get secretstores --as=x",
    ];
    check(
        "Secrets Read With Another Identity",
        &finds.map(kubectl),
        &leaves.map(kubectl),
    );
}

#[test]
fn credentials_and_rights_are_made() {
    let finds = [
        "create token y --as=x",
        "certificate approve y --as x",
        "create clusterrolebinding y --clusterrole=cluster-admin --user=z --token=x",
        "create rolebinding y --as=x",
        "set subject rolebinding y --as=x",
        "auth reconcile -f y --as=x",
    ];
    let leaves = [
        "create token y",
        "create pod y --as=x",
        "certificate deny y --as=x",
        "get rolebinding y --as=x",
        "create token y --kubeconfig=x",
    ];
    let rule = "Credentials or Rights Made With Another Identity";
    check(rule, &finds.map(kubectl), &leaves.map(kubectl));
}

#[test]
fn ways_into_workloads() {
    let finds = [
        "exec -it y --as=x -- sh",
        "cp y:/z . --as=x",
        "attach y --token x",
        "debug node/y --as=x",
        "port-forward y 1 --as=x",
        "proxy --as=x",
        "run y --image=z --as=x",
    ];
    let leaves = [
        "exec -it y -- sh",
        "get pods --as=x",
        "exec y --kubeconfig=x",
        "executor --as=x",
    ];
    check(
        "Way Into a Workload With Another Identity",
        &finds.map(kubectl),
        &leaves.map(kubectl),
    );
}

#[test]
fn in_a_container() {
    check(
        "Kubectl in a Container",
        &[kubectl("get pods").in_container(), kubectl("").in_container()],
        &[kubectl("get pods"), Exec::of("kubelet").in_container()],
    );
}
