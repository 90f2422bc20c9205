//! Each rule that ships, by real programs and a real kernel: what it finds, and what it leaves alone. Those about
//! kubeconfigs are in `rules/kubeconfig.rs`, those about the content of files in `evasions/content.rs` and
//! `evasions/place.rs`, those about parents in `evasions/lineage.rs`.

use std::net::TcpListener;

use kubectl_watch_tests::{SEED, Stage};

#[test]
fn acts_as_somebody_else() {
    const RIGHTS: &str = "Rights of Another Identity Listed";
    const SECRETS: &str = "Secrets Read With Another Identity";
    const MADE: &str = "Credentials or Rights Made With Another Identity";
    const WAY_IN: &str = "Way Into a Workload With Another Identity";
    let mut stage = Stage::new(&["kubectl", "oc", "helm"]);
    stage.finds(
        RIGHTS,
        &["@/kubectl auth can-i --list --as=%", "@/oc auth whoami --as %"],
    );
    stage.leaves(
        RIGHTS,
        &[
            "@/kubectl auth can-i --list -n %",
            "@/kubectl auth can-i get pods --as=%",
        ],
    );
    stage.finds(
        SECRETS,
        &[
            "@/kubectl get secrets -A --as=%",
            "@/kubectl describe secret/x --as %",
            "@/kubectl get --raw /api/v1/namespaces/x/secrets --as=%",
        ],
    );
    stage.leaves(
        SECRETS,
        &["@/kubectl get secrets -n %", "@/kubectl get pods --as=%"],
    );
    stage.finds(
        MADE,
        &[
            "@/kubectl create token x --as=%",
            "@/kubectl certificate approve x --as=%",
            "@/kubectl create clusterrolebinding x --clusterrole=cluster-admin --as=%",
        ],
    );
    stage.leaves(
        MADE,
        &["@/kubectl create token x -n %", "@/kubectl get csr --as=%"],
    );
    stage.finds(
        WAY_IN,
        &["@/kubectl exec x --as=% -- sh", "@/kubectl debug node/x --as=%"],
    );
    stage.leaves(
        WAY_IN,
        &["@/kubectl exec x -n % -- sh", "@/kubectl get pods --as=%"],
    );
    stage.finds(
        "Kubernetes Tool Other Than Kubectl With Another Identity",
        &["@/oc get pods --as=%", "@/helm list --kube-as-user=%"],
    );
    stage.leaves(
        "Kubernetes Tool Other Than Kubectl With Another Identity",
        &[
            "@/oc get pods -n %",
            "@/helm list --kubeconfig=%",
            "@/kubectl get pods --as=%",
        ],
    );
    stage.end();
}

#[test]
fn evasion_24_the_api_server_without_kubectl() {
    const HEADERS: &str = "API Server Asked With Impersonation Headers";
    const TOKEN: &str = "API Server Asked With a Token by a General Program";
    // A port that nobody listens at any more.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let server = format!("https://127.0.0.1:{}", port.expect("one is free").port());
    let mut stage = Stage::new(&[]);
    let python = "/usr/bin/python3 -c \"headers={'Impersonate-Group': 'system:masters'}  # %\"";
    stage.finds(
        HEADERS,
        &[
            &format!("curl -sk -H 'Impersonate-User: %' {server}/api/v1/secrets"),
            &format!("curl -sk -H 'impersonate-uid:%' {server}/api/v1/secrets"),
            python,
        ],
    );
    stage.leaves(
        HEADERS,
        &[
            &format!("curl -sk -H 'Accept: %' {server}/impersonate"),
            "printf %s Impersonate-User:%",
        ],
    );
    stage.finds(
        TOKEN,
        &[
            &format!("curl -sk -H 'Authorization: Bearer x' {server}/api/v1/pods?%"),
            &format!("curl -sk --oauth2-bearer x {server}/apis/%"),
        ],
    );
    stage.leaves(
        TOKEN,
        &[
            &format!("curl -sk -H 'Authorization: Bearer x' {server}/%"),
            &format!("curl -sk {server}/api/v1/pods?%"),
        ],
    );
    stage.leaves(
        SEED,
        &[&format!(
            "curl -sk -H 'Impersonate-User: %' {server}/api/v1/secrets"
        )],
    );
    stage.end();
}

#[test]
fn what_is_looked_for() {
    const KUBECONFIG: &str = "Kubeconfig Looked For";
    const NODE: &str = "Node or Administrator Credentials Looked For";
    const TOKEN: &str = "Service Account Token Looked For";
    let mut stage = Stage::new(&[]);
    stage.finds(
        KUBECONFIG,
        &[
            "cat %/.kube/config",
            "find @ -path '*/.kube/config' -o -name %",
            "grep -r client-key-data @/%",
        ],
    );
    stage.leaves(KUBECONFIG, &["cat %/config", "find @ -name %"]);
    stage.finds(
        NODE,
        &[
            "cat @/%/etc/kubernetes/admin.conf",
            "ls @/%/var/lib/kubelet/pki",
            "cp /etc/kubernetes/kubelet.conf @/%/",
        ],
    );
    stage.leaves(NODE, &["cat @/%/etc/kubernetes/manifests/x.yaml", "ls @/%"]);
    stage.finds(
        TOKEN,
        &[
            "cat @/%/var/run/secrets/kubernetes.io/serviceaccount/token",
            "base64 @/%/run/secrets/kubernetes.io/serviceaccount/token",
        ],
    );
    stage.leaves(TOKEN, &["cat @/%/run/secrets/password"]);
    stage.end();
}
