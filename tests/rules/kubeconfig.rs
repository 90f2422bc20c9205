//! The rules about where a kubeconfig comes from, by real programs and a real kernel.

use std::{
    fs,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, Stage, kubectl};
use rustix::process::Signal;

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
            &format!(
                "d=$(mktemp -d); mkdir $d/.kube; touch $d/.kube/config; {}; rm -r $d",
                with("HOME=$d")
            ),
            &format!("cd @; {}", with("KUBECONFIG=../../tmp/x")),
        ],
    );
    stage.leaves(
        TEMPORARY,
        &[
            kubectl,
            &with("KUBECONFIG=$HOME/.kube/config"),
            &with("HOME=/tmp"),
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

/// A kubeconfig with a context whose user acts as somebody, and one whose user does not.
fn contexts(current: &str) -> String {
    format!(
        "current-context: {current}\ncontexts: [{{name: acts, context: {{user: acts}}}}, \
         {{name: plain, context: {{user: plain}}}}]\n\
         users: [{{name: acts, user: {{as: system:admin}}}}, {{name: plain, user: {{token: x}}}}]\n"
    )
}

#[test]
fn evasion_14_a_kubeconfig_that_acts_as_somebody() {
    const ACTS: &str = "Kubeconfig Acts as Somebody Else";
    let mut stage = Stage::new(&[]);
    for home in ["acts", "plain"] {
        stage.file(&format!("{home}/.kube/config"), &contexts(home));
    }
    stage.file("user", "users: [{name: u, user: {as: system:admin}}]\n");
    stage.file(
        "context",
        "current-context: c\ncontexts: [{name: c, context: {user: u}}]\n",
    );
    stage.file("broken", "users: [{as: system:admin");
    let kubectl = "kubectl version --client --namespace=%";
    stage.finds(
        ACTS,
        &[
            &format!("HOME=@/acts {kubectl}"),
            &format!("HOME=@/plain {kubectl} --context=acts"),
            &format!("HOME=@/plain {kubectl} --user acts"),
            &format!("cd @/acts; env -u HOME {kubectl}"),
            &format!("KUBECONFIG=@/none:@/context:@/user {kubectl}"),
            &format!("{kubectl} --kubeconfig=@/acts/.kube/config"),
            &format!("HOME=@/acts {kubectl} --as=x"),
        ],
    );
    stage.leaves(
        ACTS,
        &[
            &format!("HOME=@/plain {kubectl}"),
            &format!("HOME=@/acts {kubectl} --context=plain"),
            &format!("HOME=@/acts {kubectl} --user=plain"),
            &format!("HOME=@/acts KUBECONFIG=@/plain/.kube/config {kubectl}"),
            &format!("KUBECONFIG=@/context {kubectl}"),
            &format!("HOME=@/none {kubectl}"),
            &format!("KUBECONFIG=@/broken {kubectl}"),
        ],
    );
    stage.leaves(SEED, &[&format!("HOME=@/acts {kubectl}")]);
    stage.end();
}

#[test]
fn no_kubeconfig_is_no_loss_and_one_that_cannot_be_read_is_one() {
    let scene = Scene::new();
    let mut daemon = Daemon::start(&[]);
    let kubectl = |home: &str| {
        let mut command = Command::new(kubectl());
        command
            .args(["version", "--client"])
            .env_remove("KUBECONFIG")
            .env("HOME", scene.path().join(home));
        let mut child = command.stdout(Stdio::null()).spawn().expect("it starts");
        child.wait().expect("it ends");
        child.id()
    };
    scene.file("plain/.kube/config", &contexts("plain"));
    fs::create_dir_all(scene.path().join("folder/.kube/config")).expect("the folder is ours");
    kubectl("none");
    kubectl("plain");
    let pid = kubectl("folder");
    let notice = daemon.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "partial_execs"
    });
    assert_eq!(notice["process"]["pid"], pid, "{notice}");
    let loss = &notice["kubectl_watch"]["loss"];
    assert_eq!(loss["count"], loss["total"], "{notice}");
    assert!(daemon.stop().status.success());
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
fn certificates_that_flags_give() {
    const CERTIFICATE: &str = "Client Certificate or Password Handed to Kubectl";
    let mut stage = Stage::new(&["kubectl"]);
    stage.finds(
        CERTIFICATE,
        &[
            "@/kubectl get % --client-certificate=@/x --client-key=@/y",
            "@/kubectl --client-certificate @/x get %",
        ],
    );
    stage.leaves(CERTIFICATE, &["@/kubectl get % --certificate-authority=@/x"]);
    stage.leaves(SEED, &["@/kubectl get % --client-certificate=@/x"]);
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
fn a_relative_kubeconfig_of_a_process_that_has_ended_is_a_loss_and_no_guess() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let name = program
        .file_name()
        .and_then(|name| name.to_str())
        .expect("it is text");
    let text = format!(
        "[rule]\nrule_id = 'named'\nname = 'Named'\nquery = '''process where process.name == \"{name}\" and \
         kubectl_watch.kubeconfig_named.flag like \"/tmp/*\"'''"
    );
    fs::write(&rule, text).expect("the folder is ours");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    daemon.signal(Signal::STOP);
    let started = |path: &str| {
        let mut command = Command::new(&program);
        let mut child = command.args(["--kubeconfig", path]).spawn().expect("it starts");
        child.wait().expect("it ends");
        child.id()
    };
    let pid = started("stolen");
    started("/etc/kubernetes/admin.conf");
    daemon.signal(Signal::CONT);
    let notice = daemon.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "partial_execs"
    });
    assert_eq!(notice["process"]["pid"], pid, "{notice}");
    assert_eq!(notice["kubectl_watch"]["loss"]["count"], 1, "{notice}");
}

#[test]
fn a_home_of_a_moment_that_nobody_could_look_into_is_a_loss() {
    let scene = Scene::under("/tmp");
    let kubectl = scene.copy("/bin/true", "kubectl");
    let mut daemon = Daemon::start(&[]);
    daemon.signal(Signal::STOP);
    let mut command = Command::new(&kubectl);
    let mut child = command.env("HOME", scene.path()).spawn().expect("it starts");
    child.wait().expect("it ends");
    daemon.signal(Signal::CONT);
    let notice = daemon.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "partial_execs"
    });
    assert_eq!(notice["process"]["pid"], child.id(), "{notice}");
}
