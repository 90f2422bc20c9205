//! The rules about files that give kubectl another identity and that nothing names, by a real kubectl and a real kernel.

use std::{
    fs,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, Stage, kubectl};

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
fn evasion_14_preferences_that_give_another_identity() {
    const GIVES: &str = "Kuberc Gives Kubectl Another Identity";
    let mut stage = Stage::new(&[]);
    let kuberc = |option: &str| {
        format!(
            "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n\
             defaults: [{{command: get, options: [{{name: {option}, default: x}}]}}]\n"
        )
    };
    stage.file("acts/.kube/kuberc", &kuberc("as"));
    stage.file("plain/.kube/kuberc", &kuberc("output"));
    let alias = "aliases: [{name: g, command: get, prependArgs: [pods, --as-group=system:masters]}]";
    stage.file("alias", &format!("kind: Preference\n{alias}\n"));
    stage.file(
        "alpha",
        "kind: Preference\noverrides: [{command: get, flags: [{name: token, default: x}]}]\n",
    );
    stage.file("broken", "defaults: [{options: [{name: as");
    let kubectl = "kubectl version --client --namespace=%";
    stage.finds(
        GIVES,
        &[
            &format!("HOME=@/acts {kubectl}"),
            &format!("cd @/acts; env -u HOME {kubectl}"),
            &format!("HOME=@/plain {kubectl} --kuberc=@/acts/.kube/kuberc"),
            &format!("cd @; HOME=@/plain {kubectl} --kuberc alpha"),
            &format!("HOME=@/plain KUBERC=@/alias {kubectl}"),
            &format!("HOME=@/acts KUBERC=@/plain/.kube/kuberc {kubectl}"),
        ],
    );
    stage.leaves(
        GIVES,
        &[
            &format!("HOME=@/plain {kubectl}"),
            &format!("HOME=@/none {kubectl}"),
            &format!("HOME=@/acts KUBERC=off {kubectl}"),
            &format!("HOME=@/plain KUBERC=@/broken {kubectl}"),
        ],
    );
    stage.leaves(SEED, &[&format!("HOME=@/acts {kubectl}")]);
    stage.end();
}

#[test]
fn no_kubeconfig_is_no_loss_and_one_that_cannot_be_read_is_one() {
    let scene = Scene::new();
    let program = scene.copy(kubectl(), "kubectl");
    let rule = scene.rule("kubectl_watch.kubeconfig.impersonated.user != null");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    let kubectl = |home: &str| {
        let mut command = Command::new(&program);
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
    assert_eq!(notice["kubectl_watch"]["loss"]["total"], 1, "{notice}");
    assert!(daemon.stop().status.success());
}
