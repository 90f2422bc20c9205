//! The rules about where a kubeconfig comes from, by real programs and a real kernel.

use std::{fs, process::Command};

use kubectl_watch_tests::{Daemon, SEED, Scene, Stage};
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
    let rule = scene.rule(
        "kubectl_watch.kubeconfig_named.home like \"/tmp/*\" and kubectl_watch.kubeconfig.file.path != null",
    );
    let mut daemon = Daemon::start(&["--rules", &rule]);
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
