//! Where kubectl takes a kubeconfig or a token from.

use super::{Exec, check};

const TEMPORARY: &str = "Kubeconfig Variable Names a Temporary, Hidden or Nameless File";
const UNUSUAL: &str = "Kubeconfig Variable Names an Unusual File";
const FLAG: &str = "Kubeconfig Flag Names a Temporary, Hidden or Nameless File";
const HOME: &str = "Kubeconfig From Another User's Home";
const TOKEN: &str = "Service Account Token Handed to Kubectl";

fn with(variable: &str) -> Exec {
    Exec::of("kubectl get pods").with(&["HOME=/home/ann", variable])
}

#[test]
fn a_variable_that_names_a_file_of_a_moment() {
    let finds = [
        "KUBECONFIG=/tmp/x",
        "KUBECONFIG=/var/tmp/x",
        "KUBECONFIG=/dev/shm/x",
        "KUBECONFIG=/proc/self/fd/3",
        "KUBECONFIG=/dev/fd/63",
        "KUBECONFIG=/home/ann/.kube/config:/tmp/x",
        "KUBECONFIG=/opt/.x/config",
        "KUBECONFIG=/opt/.x",
        "KUBECONFIG=/opt/.kub/config",
        "KUBECONFIG=/home/ann/.kube/.x",
        "KUBECONFIG=/home/ann/.kubeconfig",
        "KUBECONFIG=/home/ann/.kube/config:.x",
        "KUBECONFIG=/opt/..x/y",
        "KUBECONFIG=.x/y",
        "KUBECONFIG=/etc/../tmp/x",
        "KUBECONFIG=//tmp/x",
        "KUBECONFIG=/./tmp/x",
        "KUBECONFIG=/home/ann/.kube/config:/etc/../dev/./shm//x",
        "KUBECONFIG=../../tmp/x",
    ];
    let leaves = [
        "KUBECONFIG=",
        "KUBECONFIG=/home/ann/.kube/config",
        "KUBECONFIG=/home/ann/.kube/a:/home/ann/.kube/b",
        "KUBECONFIG=/etc/rancher/k3s/k3s.yaml",
        "KUBECONFIG=/tmpfs/x",
        "KUBECONFIG=../config",
        "KUBECONFIG=./config",
        "KUBECONFIG=/opt/./config",
        "PATH=/tmp/x",
    ];
    check(TEMPORARY, &finds.map(with), &leaves.map(with));
    let tools = |name: &str| Exec::of(name).with(&["KUBECONFIG=/tmp/x"]);
    check(TEMPORARY, &[tools("oc"), tools("kubecolor")], &[tools("helm")]);
}

#[test]
fn a_variable_that_names_a_file_where_none_is_kept() {
    let finds = [
        "KUBECONFIG=/opt/x",
        "KUBECONFIG=/run/x",
        "KUBECONFIG=/homes/x",
        "KUBECONFIG=/etcetera/x",
        "KUBECONFIG=config",
        "KUBECONFIG=./config",
        "KUBECONFIG=.kube/config",
        "KUBECONFIG=/home/ann/.kube/config:/srv/x",
        "KUBECONFIG=/etc/../srv/x",
        "KUBECONFIG=/home/ann/../../srv/x",
        "KUBECONFIG=/srv/x:/home/ann/.kube/config",
        "KUBECONFIG=:/srv/x",
    ];
    let leaves = [
        "KUBECONFIG=",
        "KUBECONFIG=/home/ann/.kube/config",
        "KUBECONFIG=/home/ann/.kube/a:/home/ann/.kube/b",
        "KUBECONFIG=/root/.kube/config",
        "KUBECONFIG=/etc/kubernetes/admin.conf",
        // The rule about temporary files has these.
        "KUBECONFIG=/tmp/x",
        "KUBECONFIG=/home/ann/.kube/config:/tmp/x",
        "KUBECONFIG=/etc/../tmp/x",
        "PATH=/opt/x",
    ];
    check(UNUSUAL, &finds.map(with), &leaves.map(with));
    // Of a variable that is there twice neither hides the other.
    let twice =
        Exec::of("kubectl get pods").with(&["KUBECONFIG=/srv/x", "KUBECONFIG=/home/ann/.kube/config"]);
    check(UNUSUAL, &[twice], &[]);
}

#[test]
fn a_flag_that_names_a_file_of_a_moment() {
    let kubectl = |args: &str| Exec::of(&format!("kubectl get pods {args}"));
    let finds = [
        "--kubeconfig=/tmp/x",
        "--kubeconfig /dev/shm/x",
        "--kubeconfig=/proc/self/fd/3",
        "--kubeconfig /dev/fd/63",
        "--kubeconfig=/dev/stdin",
        "--kubeconfig=/opt/.x/y",
        "--kubeconfig=.x",
        "--kubeconfig=/etc/../tmp/x",
        "--kubeconfig //tmp/x",
        "--kubeconfig ../../tmp/x",
    ];
    let leaves = [
        "--kubeconfig=/home/ann/.kube/config",
        "--kubeconfig config",
        "--kubeconfig=../config",
        "-f /tmp/x",
        "--as=/tmp/x",
    ];
    check(FLAG, &finds.map(kubectl), &leaves.map(kubectl));
}

#[test]
fn preferences_that_somebody_names() {
    let named = |variable: &str| Exec::of("kubectl get pods").with(&["HOME=/home/ann", variable]);
    check(
        "Kuberc Named by a Flag or a Variable",
        &[
            Exec::of("kubectl get pods --kuberc=/home/ann/x"),
            Exec::of("kubectl --kuberc x get pods"),
            named("KUBERC=/tmp/x"),
            named("KUBERC=x"),
            named("KUBERC=o"),
            named("KUBERC=of"),
            named("KUBERC=oft"),
            named("KUBERC=other"),
            named("KUBERC=off/x"),
            // Of a variable that is there twice neither hides the other.
            named("KUBERC=/x\0KUBERC=off"),
            named("KUBERC=off\0KUBERC=/x"),
        ],
        &[
            Exec::of("kubectl get pods"),
            Exec::of("helm list --kuberc=x"),
            Exec::of("kubectl kuberc view"),
            named("KUBERC=off"),
            named("KUBERC="),
            named("KUBERC=\0KUBERC=off"),
        ],
    );
}

#[test]
fn a_home_that_is_somebody_elses() {
    let flag = |args: &str| Exec::of(&format!("kubectl get pods {args}")).with(&["HOME=/home/ann"]);
    let home = |user: (u32, &str), variables: &[&str]| {
        Exec::of("kubectl get pods").user(user.0, user.1).with(variables)
    };
    let (ann, root) = ((1000, "ann"), (0, "root"));
    check(
        HOME,
        &[
            home(ann, &["HOME=/home/bob"]),
            home(ann, &["HOME=/home/anna"]),
            home(ann, &["HOME=/home/ann", "KUBECONFIG=/home/bob/.kube/config"]),
            home(ann, &["HOME=/root"]),
            home(
                ann,
                &[
                    "HOME=/home/bob",
                    "KUBECONFIG=",
                    "KUBECONFIG=/home/ann/.kube/config",
                ],
            ),
            home(root, &["HOME=/home/bob"]),
            home(ann, &["KUBECONFIG=/root/.kube/config"]),
            home(ann, &["HOME=/etc/../home/bob"]),
            home(ann, &["HOME=//root"]),
            home(ann, &["KUBECONFIG=/etc/../home/bob/.kube/config"]),
            home(ann, &["KUBECONFIG=/home/ann/../bob/.kube/config"]),
            home(ann, &["KUBECONFIG=/home/ann/.kube/config:/home/bob/.kube/config"]),
            home(ann, &["KUBECONFIG=/etc/../root/x"]),
            flag("--kubeconfig=/home/bob/.kube/config"),
            flag("--kubeconfig /home/bob/.kube/config"),
            flag("--kubeconfig=/root/.kube/config"),
            flag("--kubeconfig /root/.kube/config"),
            flag("--kubeconfig=/etc/../home/bob/.kube/config"),
            flag("--kubeconfig /./root/x"),
        ],
        &[
            home(ann, &["HOME=/home/ann"]),
            home(ann, &["HOME=/home/ann/"]),
            home(ann, &["HOME=/home/ann", "KUBECONFIG=/home/ann/.kube/config"]),
            // This HOME decides nothing.
            home(ann, &["HOME=/home/bob", "KUBECONFIG=/home/ann/.kube/config"]),
            home(root, &["HOME=/root"]),
            home(ann, &["HOME=/var/lib/x"]),
            home((5000, ""), &["HOME=/home/app"]),
            flag("--kubeconfig=/home/ann/.kube/config"),
            flag("--kubeconfig /home/ann/.kube/config"),
            flag("-f /home/bob/x"),
            flag("--kubeconfig=/etc/x"),
        ],
    );
}

#[test]
fn a_token_that_is_handed_over() {
    let kubectl = |args: &str| Exec::of(&format!("kubectl get pods {args}"));
    let finds = [
        "--token=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
        "--token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
        "--kubeconfig=/var/run/secrets/kubernetes.io/serviceaccount/kubeconfig",
        "--certificate-authority=/run/secrets/kubernetes.io/serviceaccount/ca.crt",
        "-f /var/run/secrets/kubernetes.io/serviceaccount/token",
    ];
    let leaves = [
        "--token=x",
        "--token x",
        "eyJx",
        "--kubeconfig=/etc/x",
        "-f /run/secrets/x",
    ];
    check(TOKEN, &finds.map(kubectl), &leaves.map(kubectl));
    let variables = [
        "KUBECONFIG=/var/run/secrets/kubernetes.io/x",
        "KUBECONFIG=/var/run/secrets//kubernetes.io/x",
    ];
    let variables = variables.map(|variable| Exec::of("oc get pods").with(&[variable]));
    check(
        TOKEN,
        &variables,
        &[kubectl("--kubeconfig=/var/run/secrets/../kubernetes.io/x")],
    );
}
