//! Kubeconfigs and tokens that are looked for.

use super::{Exec, check};

#[test]
fn kubeconfigs() {
    let finds = [
        "cat /home/bob/.kube/config",
        "find / -name .kube",
        "find / -path */.kube/config",
        "grep -r client-key-data /",
        "tar cz /root/.kube",
        "cp .kube/config /tmp/x",
        "base64 -w0 /opt/x-kubeconfig.yaml",
        "busybox cat /root/.kube/config",
        "less .kube/config",
    ];
    let leaves = [
        "cat /etc/hosts",
        "find / -name config",
        "kubectl /root/.kube/config",
        "vim /root/.kube/config",
        "ls",
    ];
    check(
        "Kubeconfig Looked For",
        &finds.map(Exec::of),
        &leaves.map(Exec::of),
    );
}

#[test]
fn what_a_node_keeps_for_itself() {
    let finds = [
        "cat /etc/kubernetes/admin.conf",
        "cp /host/etc/kubernetes/kubelet.conf /tmp",
        "ls /etc/kubernetes/pki/",
        "head /var/lib/kubelet/pki/kubelet-client-current.pem",
        "tar c /var/lib/kubelet",
        "cat /etc/rancher/k3s/k3s.yaml",
        "find / -name admin.conf",
    ];
    let leaves = [
        "cat /etc/kubernetes/manifests/x.yaml",
        "ls /etc",
        "kubelet /var/lib/kubelet/config.yaml",
        "cat admin.config",
    ];
    check(
        "Node or Administrator Credentials Looked For",
        &finds.map(Exec::of),
        &leaves.map(Exec::of),
    );
}

#[test]
fn tokens_of_service_accounts() {
    let finds = [
        "cat /var/run/secrets/kubernetes.io/serviceaccount/token",
        "ls /run/secrets/kubernetes.io",
        "find /proc/1/root/var/run/secrets/kubernetes.io -type f",
        "head -c9 /var/lib/kubelet/pods/x/volumes/kubernetes.io~projected/kube-api-access-y/token",
        "cat /var/run/secrets/eks.amazonaws.com/serviceaccount/token",
    ];
    let leaves = [
        "cat /run/secrets/password",
        "ls /run",
        "kubectl /run/secrets/kubernetes.io",
    ];
    check(
        "Service Account Token Looked For",
        &finds.map(Exec::of),
        &leaves.map(Exec::of),
    );
}
