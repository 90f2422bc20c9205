//! The rules about files that give kubectl another identity and that nothing names, by a real kubectl and a real kernel.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, Stage, go_program, kubectl, run, unique};
use serde_json::Value;

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

/// In a folder as its root, where both kubeconfigs can be: the programs need no library.
#[test]
fn evasion_15_a_kubeconfig_that_a_distribution_takes_by_itself() {
    const ACTS: &str = "Kubeconfig Acts as Somebody Else";
    let mut daemon = Daemon::start(&[]);
    let mut left_alone = Vec::new();
    for (tool, module, own) in [
        ("k3s", "github.com/k3s-io/k3s", "etc/rancher/k3s/k3s.yaml"),
        ("k0s", "github.com/k0sproject/k0s", "var/lib/k0s/pki/admin.conf"),
    ] {
        let scene = Scene::new();
        let program = go_program(scene.path(), module, &format!("cmd/{tool}"));
        scene.copy(&program, "kubectl");
        let run = |words: &[&str]| {
            let word = unique("own");
            let mut command = Command::new("chroot");
            command
                .arg(scene.path())
                .args(words)
                .arg(format!("--namespace={word}"));
            command.env_remove("KUBECONFIG").env("HOME", "/home");
            let child = command.stdin(Stdio::piped()).spawn().expect("it starts");
            (word, child)
        };
        let file = |alert: &Value| alert["kubectl_watch"]["kubeconfig"]["file"][0]["path"].clone();
        scene.file("home/.kube/config", &contexts("plain"));
        scene.file(own, &contexts("acts"));
        for words in [
            &["/kubectl", "get", "pods"][..],
            &[inside(&scene, &program), "kubectl", "get"],
        ] {
            let (word, mut child) = run(words);
            let alert = daemon.alert_of(ACTS, &word);
            assert_eq!(file(&alert), format!("/{own}"), "{alert}");
            assert_eq!(alert["user"]["target"]["name"], "system:admin", "{alert}");
            drop(child.stdin.take());
            assert!(child.wait().expect("it ends").success());
        }
        // The other way round.
        scene.file("home/.kube/config", &contexts("acts"));
        scene.file(own, &contexts("plain"));
        let (word, mut child) = run(&["/kubectl", "get", "pods", "--as=somebody"]);
        let alert = daemon.whole_alert(&word);
        assert_eq!(file(&alert), format!("/{own}"), "{alert}");
        drop(child.stdin.take());
        assert!(child.wait().expect("it ends").success());
        left_alone.push(word);
    }
    let stopped = daemon.stop();
    for word in left_alone {
        assert!(
            !stopped.rules_about(&word).contains(ACTS),
            "{word}: {}",
            stopped.log
        );
    }
}

/// The path of a file below a folder for who has that as the root.
fn inside<'a>(scene: &Scene, program: &'a Path) -> &'a str {
    let below = program
        .to_str()
        .and_then(|path| path.strip_prefix(scene.path().to_str()?));
    below.expect("it is there")
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
    stage.file("entry/.kube/kuberc", &kuberc("context"));
    stage.file("plain/.kube/kuberc", &kuberc("output"));
    stage.file("server/.kube/kuberc", &kuberc("server"));
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
            &format!("HOME=@/entry {kubectl}"),
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
            &format!("HOME=@/server {kubectl}"),
            &format!("HOME=@/none {kubectl}"),
            &format!("HOME=@/acts KUBERC=off {kubectl}"),
            &format!("HOME=@/plain KUBERC=@/broken {kubectl}"),
        ],
    );
    stage.leaves(SEED, &[&format!("HOME=@/acts {kubectl}")]);
    stage.end();
}

#[test]
fn nobody_is_named_whom_preferences_may_replace() {
    const ACTS: &str = "Kubeconfig Acts as Somebody Else";
    let (mut daemon, scene) = (Daemon::start(&[]), Scene::new());
    scene.file("home/.kube/config", &contexts("acts"));
    let kuberc = "kind: Preference\ndefaults: [{command: get, options: [{name: OPTION, default: x}]}]\n";
    for (option, is_named) in [("output", true), ("user", false)] {
        scene.file("home/.kube/kuberc", &kuberc.replace("OPTION", option));
        let word = unique("named");
        let mut command = Command::new(kubectl());
        command.args(["version", "--client", "--namespace", &word]);
        command
            .env_remove("KUBECONFIG")
            .env("HOME", scene.path().join("home"));
        assert!(run(command.stdin(Stdio::null())).status.success());
        let alert = daemon.alert_of(ACTS, &word);
        assert_eq!(alert["kubectl_watch"]["kuberc"]["options"][0], option, "{alert}");
        assert_eq!(!alert["user"]["target"].is_null(), is_named, "{alert}");
    }
    assert!(daemon.stop().status.success());
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
