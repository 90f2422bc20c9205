//! Rules that name what is found out: real kubectls that they find, and ones that they don't.

use std::{
    fs,
    os::fd::AsRawFd as _,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Cgroup, Daemon, Mount, Scene, binary, kubectl, run, unique};

/// A token that says of itself that it is of `system:serviceaccount:prod:robot`.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiAiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIiwgInN1YiI6ICJzeXN0ZW06c2VydmljZWFjY291bnQ6cHJvZDpyb2JvdCIsICJrdWJlcm5ldGVzLmlvIjogeyJuYW1lc3BhY2UiOiAicHJvZCIsICJzZXJ2aWNlYWNjb3VudCI6IHsibmFtZSI6ICJyb2JvdCIsICJ1aWQiOiAiMTExMSJ9fX0.c2lnbmF0dXJl";

/// A rule about a kubectl under this name, in a file.
fn rule(scene: &Scene, program: &str, id: &str, condition: &str) -> String {
    let text = format!(
        "[rule]\nname = '{id}'\nrule_id = '{id}'\ntype = 'eql'\nlanguage = 'eql'\nseverity = 'low'\nrisk_score = 1\n\
         query = '''process where process.name == \"{program}\" and {condition}'''\n"
    );
    let path = scene.script(&format!("{id}.toml"), &text);
    path.to_str().expect("it is text").to_owned()
}

#[test]
fn a_rule_may_name_the_pod_the_kubeconfig_and_the_token() {
    let (scene, program) = (Scene::new(), unique("fields"));
    let (uid, id) = ("1b8a1c2d-3e4f-5061-7283-94a5b6c7d8e9", "4f2a".repeat(16));
    fs::create_dir(scene.path().join("etc")).expect("it is ours");
    fs::create_dir_all(scene.path().join(format!("var/log/pods/shop_web-0_{uid}/nginx")))
        .expect("it is ours");
    let cgroup = Cgroup::new(&format!("kubepods/pod{uid}/{id}"));
    scene.copy(kubectl(), &program);
    let config = "current-context: prod\ncontexts: [{name: prod, context: {cluster: c, user: u}}]\n\
                  clusters: [{name: c, cluster: {server: 'https://192.0.2.1:6443'}}]\n";
    scene.script("config", config);
    let of = "kubectl_watch.executable.tool == \"kubectl\" and";
    let rules = [
        ("pod", "orchestrator.namespace == \"shop\"".to_owned()),
        (
            "other-pod",
            "orchestrator.namespace == \"kube-system\"".to_owned(),
        ),
        ("no-pod", "orchestrator.namespace == null".to_owned()),
        (
            "context",
            format!("{of} kubectl_watch.kubeconfig.context == \"prod\""),
        ),
        (
            "server",
            format!("{of} kubectl_watch.kubeconfig.server : \"https://192.0.2.9:*\""),
        ),
        (
            "account",
            format!("{of} kubectl_watch.credential.token.service_account.name == \"robot\""),
        ),
        (
            "nobodys",
            format!("{of} kubectl_watch.credential.token.namespace == \"dev\""),
        ),
    ];
    let files: Vec<String> = rules
        .iter()
        .map(|(id, condition)| rule(&scene, &program, &format!("{program}-{id}"), condition))
        .collect();
    let mut args = vec!["--host-root", scene.path().to_str().expect("it is text")];
    for file in &files {
        args.extend(["--rules", file]);
    }
    let mut daemon = Daemon::start(&args);
    let word = unique("found");
    let join = format!("echo $$ > {}/cgroup.procs", cgroup.path().display());
    let line = format!("./{program} --kubeconfig=config --token={TOKEN} version --client --as={word}");
    run(Command::new("bash")
        .current_dir(scene.path())
        .args(["-c", &format!("{join} && {line}; true")]));
    for id in ["pod", "context", "account"] {
        let alert = daemon.alert_of(&format!("{program}-{id}"), &word);
        let matched = alert["kubectl_watch"]["matched"].to_string();
        let (_, condition) = rules.iter().find(|(of, _)| *of == id).expect("it is one");
        let field = condition
            .trim_start_matches(of)
            .trim()
            .split(' ')
            .next()
            .expect("it has one");
        assert!(matched.contains(field), "{matched}");
    }
    let stopped = daemon.stop();
    for (id, _) in &rules {
        let expected = usize::from(["pod", "context", "account"].contains(id));
        assert_eq!(
            stopped.count_of(&format!("{program}-{id}"), &word),
            expected,
            "{id}\n{}",
            stopped.log
        );
    }
    assert!(stopped.log.contains("unsure=0"), "{}", stopped.log);
}

#[test]
fn a_rule_is_decided_on_without_what_never_comes_and_that_is_counted() {
    let (scene, word) = (Scene::new(), unique("never"));
    let known = rule(
        &scene,
        "kubectl",
        "known",
        "kubectl_watch.kubeconfig.context != null",
    );
    let missing = rule(
        &scene,
        "kubectl",
        "missing",
        "kubectl_watch.kubeconfig.context == null",
    );
    let mut daemon = Daemon::start(&["--rules", &known, "--rules", &missing]);
    let fuse = fs::File::options().read(true).write(true).open("/dev/fuse");
    let fuse = fuse.expect("this test mounts a file system of its own, and needs /dev/fuse");
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", fuse.as_raw_fd());
    // Nobody serves it.
    let mount = Mount::new("fuse", &options, scene.path().join("stuck"));
    let mut stuck = Command::new("kubectl")
        .arg(format!("--kubeconfig={}", mount.path().join("k").display()))
        .args(["get", "pods", &word])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let alert = daemon.alert(&word);
    assert_eq!(alert["rule"]["id"], "missing", "{alert}");
    drop(fuse);
    stuck.wait().expect("it ends, as nobody holds it any more");
    let log = daemon.await_log("decided on rules without fields");
    assert!(log.contains("more="), "{log}");
    let stopped = daemon.stop();
    assert_eq!(stopped.count_of("known", &word), 0, "{}", stopped.log);
}

#[test]
fn check_knows_the_fields_and_none_besides() {
    let scene = Scene::new();
    let check = |condition: &str| {
        let file = rule(&scene, "kubectl", "checked", condition);
        let checked = run(Command::new(binary()).args(["check", "--strict", &file]));
        let said = [checked.stdout, checked.stderr].concat();
        (
            checked.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    };
    for field in [
        "kubectl_watch.credential.token.sub",
        "kubectl_watch.kubeconfig.context",
        "kubectl_watch.script.sha256",
        "orchestrator.namespace",
        "source.ip",
        "user.target.name",
    ] {
        let (is_fine, said) = check(&format!("{field} == \"x\""));
        assert!(is_fine, "{field}: {said}");
    }
    let (is_fine, said) = check("kubectl_watch.credential.token.secret == \"x\"");
    assert!(
        !is_fine && said.contains("kubectl_watch.credential.token.secret"),
        "{said}"
    );
}
