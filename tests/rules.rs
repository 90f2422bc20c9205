//! Each rule that ships, by real programs and a real kernel: what it finds, and what it leaves alone. Those about the
//! content of files are in `evasions/content.rs` and `evasions/place.rs`, those about parents in `evasions/lineage.rs`.

use std::{
    net::TcpListener,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, run, unique};

/// A daemon, and a folder with programs that do nothing under the names that rules ask for.
struct Stage {
    daemon: Daemon,
    scene: Scene,
    /// What was run, with the rule that it is for, and whether that finds it.
    expected: Vec<(String, &'static str, bool)>,
}

impl Stage {
    fn new(names: &[&str]) -> Self {
        let scene = Scene::new();
        for name in names {
            scene.copy("/bin/true", name);
        }
        Self {
            daemon: Daemon::start(&[]),
            scene,
            expected: Vec::new(),
        }
    }

    /// Runs a line in bash, which stays the parent; `%` in it is a word of its own, `@` the folder.
    fn run(&mut self, rule: &'static str, is_found: bool, line: &str) {
        let word = unique("rule");
        let folder = self.scene.path().display().to_string();
        let line = line.replace('%', &word).replace('@', &folder);
        run(Command::new("bash")
            .args(["-c", &format!("{line}; true")])
            .env_remove("KUBECONFIG")
            .stdin(Stdio::null()));
        self.expected.push((word, rule, is_found));
    }

    fn finds(&mut self, rule: &'static str, lines: &[&str]) {
        for line in lines {
            self.run(rule, true, line);
        }
    }

    fn leaves(&mut self, rule: &'static str, lines: &[&str]) {
        for line in lines {
            self.run(rule, false, line);
        }
    }

    fn end(self) {
        let stopped = self.daemon.stop();
        for (word, rule, is_found) in &self.expected {
            let found = stopped.rules_about(word);
            assert_eq!(
                found.contains(rule),
                *is_found,
                "{rule}, {word}: {found:?}\n{}",
                stopped.log
            );
        }
    }
}

#[test]
fn evasion_14_kubeconfig_in_the_environment() {
    const TEMPORARY: &str = "Kubeconfig Variable Names a Temporary, Hidden or Nameless File";
    const UNUSUAL: &str = "Kubeconfig Variable Names an Unusual File";
    let mut stage = Stage::new(&["helm"]);
    let kubectl = "kubectl version --client --namespace=%";
    let with = |variables: &str| format!("{variables} {kubectl}");
    stage.finds(
        TEMPORARY,
        &[
            &with("KUBECONFIG=/tmp/x"),
            &with("KUBECONFIG=/dev/shm/x"),
            &with("KUBECONFIG=$HOME/.kube/config:/var/tmp/x"),
            &with("KUBECONFIG=@/.hidden/x"),
            &format!("exec 9< /dev/null; KUBECONFIG=/proc/self/fd/9 {kubectl}"),
            &with("KUBECONFIG=<(true)"),
            &with("KUBECONFIG=/etc/../tmp/x"),
            &with("KUBECONFIG=//tmp/x"),
            &with("KUBECONFIG=/./tmp/x"),
            &with("KUBECONFIG=/etc/x:$HOME/.kube/config:/etc/..//dev/./shm/x"),
            &format!("cd /tmp; {}", with("KUBECONFIG=x")),
            &format!("cd @; {}", with("KUBECONFIG=../../tmp/x")),
        ],
    );
    stage.leaves(
        TEMPORARY,
        &[
            kubectl,
            &with("KUBECONFIG=$HOME/.kube/config"),
            "KUBECONFIG=/tmp/x @/helm list -n %",
        ],
    );
    stage.finds(
        UNUSUAL,
        &[
            &with("KUBECONFIG=@/config"),
            &format!("cd @; {}", with("KUBECONFIG=config")),
            &with("KUBECONFIG=/etc/..@/config"),
        ],
    );
    stage.leaves(
        UNUSUAL,
        &[
            kubectl,
            &with("KUBECONFIG=/etc/kubernetes/admin.conf"),
            &with("KUBECONFIG=/tmp/x"),
            &with("KUBECONFIG=/etc/../tmp/x"),
        ],
    );
    stage.leaves(SEED, &[&with("KUBECONFIG=/tmp/x"), &with("KUBECONFIG=@/config")]);
    stage.end();
}

#[test]
fn evasion_14_flags_that_come_from_a_file_of_preferences() {
    const KUBERC: &str = "Kuberc Named by a Flag or a Variable";
    let mut stage = Stage::new(&["kubectl"]);
    stage.finds(
        KUBERC,
        &[
            "@/kubectl get % --kuberc=@/x",
            "@/kubectl get % --kuberc @/x",
            "KUBERC=@/x @/kubectl get %",
        ],
    );
    stage.leaves(KUBERC, &["@/kubectl get %", "KUBERC=off @/kubectl get %"]);
    stage.leaves(SEED, &["KUBERC=@/x @/kubectl get %"]);
    stage.end();
}

#[test]
fn kubeconfigs_by_flag_and_of_others() {
    const FLAG: &str = "Kubeconfig Flag Names a Temporary, Hidden or Nameless File";
    const HOME: &str = "Kubeconfig From Another User's Home";
    const TOKEN: &str = "Service Account Token Handed to Kubectl";
    let mut stage = Stage::new(&["kubectl"]);
    stage.finds(
        FLAG,
        &[
            "@/kubectl get % --kubeconfig=/tmp/x",
            "@/kubectl get % --kubeconfig /dev/shm/x",
            "@/kubectl get % --kubeconfig <(true)",
            "@/kubectl get % --kubeconfig=@/.x",
            "@/kubectl get % --kubeconfig=/etc/../tmp/x",
            "cd /tmp; kubectl version --client --namespace=% --kubeconfig x",
        ],
    );
    stage.leaves(
        FLAG,
        &["@/kubectl get % --kubeconfig=@/x", "@/kubectl get % -f /tmp/x"],
    );
    stage.finds(
        HOME,
        &[
            "HOME=/home/bob @/kubectl get %",
            "KUBECONFIG=/home/bob/.kube/config @/kubectl get %",
            "KUBECONFIG=/etc/../home/bob/.kube/config @/kubectl get %",
            "@/kubectl get % --kubeconfig=/home/bob/.kube/config",
        ],
    );
    stage.leaves(
        HOME,
        &[
            "HOME=/root @/kubectl get %",
            "HOME=/home/bob KUBECONFIG=/root/x @/kubectl get %",
            "HOME=/root @/kubectl get % --kubeconfig=/root/x",
        ],
    );
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIn0.c2lnbmF0dXJl";
    stage.finds(
        TOKEN,
        &[
            &format!("@/kubectl get % --token={jwt}"),
            &format!("@/kubectl get % --token {jwt}"),
            "@/kubectl get % --kubeconfig=/var/run/secrets/kubernetes.io/serviceaccount/x",
        ],
    );
    stage.leaves(TOKEN, &["@/kubectl get % --token=x", "@/kubectl get %"]);
    stage.end();
}

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
