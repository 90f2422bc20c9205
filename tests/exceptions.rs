//! Exceptions by real execs of the real kubectl: the five harmless kinds of the public rule, each an alert without its
//! example of `docs/exceptions`, and none with it. What is the same but for one fact, a theft, stays an alert.

use std::{fs, path::Path, process::Command};

use kubectl_watch_tests::{
    SEED, Scene,
    harmless::{self, ANOTHER, NOBODY, alerts_by, alerts_of, example},
    kubectl, run, unique,
};

/// What is an alert without an exception, and not with it; and what is one either way, as is the first by another user.
fn is_excepted(exceptions: &str, more: &[&str], excepted: &str, others: &[&str]) {
    let lines: Vec<&str> = std::iter::once(excepted).chain(others.iter().copied()).collect();
    let (found, _) = alerts_of(more, &lines);
    assert!(found.iter().all(|found| *found), "without: {lines:?} {found:?}");
    let args: Vec<&str> = more.iter().copied().chain(["--exceptions", exceptions]).collect();
    let (found, stopped) = alerts_of(&args, &lines);
    let expected: Vec<bool> = (0..lines.len()).map(|index| index > 0).collect();
    assert_eq!(found, expected, "{lines:?}\n{}", stopped.log);
    assert!(!stopped.log.contains("hits=0 "), "{}", stopped.log);
    assert!(stopped.number("excepted") >= 1, "{}", stopped.log);
    let (found, _) = alerts_by(&args, &[(ANOTHER, excepted)]);
    assert_eq!(found, [true], "another user: {excepted}");
}

/// A kubeconfig that everybody may read, as one that was stolen and put down somewhere.
fn stolen(scene: &Scene) -> String {
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- {name: c, context: {cluster: c, user: u}}\n\
                clusters:\n- {name: c, cluster: {server: 'https://127.0.0.1:1'}}\nusers:\n- {name: u, user: {token: abc}}\n";
    let path = scene.path().join("stolen");
    fs::write(&path, text).expect("the folder is ours");
    path.display().to_string()
}

/// The same for what runs with the kubeconfig of a home, which is in the exception in place of another path.
fn is_excepted_at_home(scene: &Scene, exceptions: &str, excepted: &str, others: &[&str]) {
    run(Command::new("mkdir").arg(scene.path().join(".kube")));
    fs::copy(stolen(scene), scene.path().join(".kube/config")).expect("the folder is ours");
    let at_home = |line: &str| format!("HOME={} {line}", scene.path().display());
    let others: Vec<String> = others.iter().map(|line| at_home(line)).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    is_excepted(exceptions, &[], &at_home(excepted), &others);
}

/// Flags that bring another identity or another server along.
const ELSEWHERE: [&str; 8] = [
    "--context=prod --user=system:admin",
    "--cluster=prod",
    "--server=https://192.0.2.9",
    "--client-certificate=/stolen.crt --client-key=/stolen.key",
    "--username=admin --password=abc",
    "--as-uid=0",
    "--as-user-extra=scopes=all",
    "--kuberc=/evil",
];

#[test]
fn kind_1_an_administrator() {
    let scene = harmless::scene();
    let file = example(
        &scene,
        "administrator.toml",
        &[
            ("alice", "nobody"),
            ("/home/nobody", &scene.path().display().to_string()),
        ],
    );
    let stolen = stolen(&scene);
    let elsewhere =
        ELSEWHERE.map(|more| format!("kubectl version --client --namespace=% --as=auditor {more}"));
    let others = [
        "kubectl version --client --namespace=% --as=auditor --token=abc",
        &format!("kubectl version --client --namespace=% --as=auditor --kubeconfig={stolen}"),
        &format!("KUBECONFIG={stolen} kubectl version --client --namespace=% --as=auditor"),
        "HOME=/evil kubectl version --client --namespace=% --as=auditor",
        "KUBERC=/evil kubectl version --client --namespace=% --as=auditor",
        "LD_PRELOAD=/evil.so kubectl version --client --namespace=% --as=auditor",
        "sh -c 'kubectl version --client --namespace=% --as=auditor; true'",
        "kubectl version --client --namespace=% --as=system:admin",
        "kubectl version --client --namespace=% --as=auditor --as-group=system:masters",
        "kubectl version --client --namespace=% --as=auditor --as=system:admin",
    ];
    let others: Vec<&str> = others
        .into_iter()
        .chain(elsewhere.iter().map(String::as_str))
        .collect();
    is_excepted_at_home(
        &scene,
        &file,
        "kubectl version --client --namespace=% --as=auditor",
        &others,
    );
}

#[test]
fn kind_2_a_pipeline() {
    let scene = harmless::scene();
    let runner = scene.copy("/bin/bash", "runner");
    let runner = runner.display();
    let script = "#!/bin/bash\nkubectl version --client --namespace=$1 --as=${2:-deployer} $3\nread -r _\n";
    let deploy = scene.script("deploy.sh", script);
    let other = scene.script("other.sh", script);
    let file = example(
        &scene,
        "pipeline.toml",
        &[
            (
                "/opt/runner/bin/runner",
                &scene.path().join("runner").display().to_string(),
            ),
            ("user.name == \"runner\"", "user.name == \"nobody\""),
            ("/home/runner", &scene.path().display().to_string()),
        ],
    );
    let by = |script: &Path, more: &str| format!("{runner} -c '{} % {more}; read -r _'", script.display());
    is_excepted_at_home(
        &scene,
        &file,
        &by(&deploy, ""),
        &[
            &by(&other, ""),
            &by(&deploy, "cluster-admin"),
            &by(&deploy, "deployer --as-group=system:masters"),
            &by(&deploy, "deployer --token=abc"),
            &by(&deploy, "deployer --context=prod"),
            &by(&deploy, "deployer --server=https://192.0.2.9"),
            &by(&deploy, "deployer --as-uid=0"),
            &format!("HOME=/evil {}", by(&deploy, "")),
            &format!("LD_PRELOAD=/evil.so {}", by(&deploy, "")),
            &format!("KUBECONFIG={} {}", stolen(&scene), by(&deploy, "")),
            &format!("bash -c '{} %; read -r _'", deploy.display()),
        ],
    );
}

#[test]
fn kind_3_a_script_that_runs_by_itself() {
    let scene = harmless::scene();
    let script = "#!/bin/bash\nkubectl version --client --namespace=$1 --kubeconfig=${2:-/etc/backup/kubeconfig} $3\nread -r _\n";
    let backup = scene.script("backup.sh", script).display().to_string();
    let other = scene.script("other.sh", script).display().to_string();
    let file = example(
        &scene,
        "cron.toml",
        &[
            ("/usr/local/sbin/backup.sh", &backup),
            ("user.name == \"backup\"", "user.name == \"nobody\""),
        ],
    );
    is_excepted(
        &file,
        &[],
        &format!("{backup} %"),
        &[
            "kubectl version --client --namespace=% --kubeconfig=/etc/backup/kubeconfig",
            &format!("{other} %"),
            &format!("{backup} % {}", stolen(&scene)),
            &format!("LD_PRELOAD=/evil.so {backup} %"),
            &format!("{backup} % /etc/backup/kubeconfig --as=system:admin"),
            &format!("{backup} % /etc/backup/kubeconfig --token=abc"),
            &format!("{backup} % /etc/backup/kubeconfig --user=system:admin"),
            &format!("{backup} % /etc/backup/kubeconfig --server=https://192.0.2.9"),
        ],
    );
}

#[test]
fn kind_4_a_tool_with_a_token() {
    let scene = harmless::scene();
    let script = "#!/bin/bash\nsub=$(printf '{\"sub\":\"system:serviceaccount:sync:'${3:-sync}'\"}' | base64 -w0 | tr -d =)\n\
                  \"$2\" version --client --namespace=$1 --token=eyJhbGciOiJub25lIn0.$sub.c2ln $4\nread -r _\n";
    let sync = scene.script("sync.sh", script).display().to_string();
    let brought = scene.script("brought.sh", script).display().to_string();
    let kubectl = real_kubectl();
    let other = scene.copy("/bin/true", "kubectl").display().to_string();
    let sum = run(Command::new("sha256sum").arg(&kubectl));
    let sum = String::from_utf8_lossy(&sum.stdout);
    let sum = sum.split_whitespace().next().expect("it has a hash");
    let zeros = "0".repeat(64);
    let file = example(
        &scene,
        "in-cluster-tool.toml",
        &[
            (&zeros, sum),
            ("user.name == \"sync\"", "user.name == \"nobody\""),
        ],
    );
    // The hash is not known when the first of these runs: what an exception may let pass waits for it.
    is_excepted(
        &file,
        &[],
        &format!("{sync} % {kubectl}"),
        &[
            &format!("{sync} % {other}"),
            &format!("{brought} % {kubectl}"),
            &format!("{sync} % {kubectl} admin"),
            &format!("{sync} % {kubectl} sync --as=system:admin"),
            &format!("{kubectl} version --client --namespace=% --token=abc"),
        ],
    );
}

#[test]
fn kind_5_a_machine_for_development() {
    let (scene, file) = development();
    let elsewhere = harmless::scene();
    let copy = elsewhere.copy("/bin/true", "kubectl").display().to_string();
    let line = "kubectl version --client --namespace=% --as=a";
    // A wrapper of somebody's own, and a plug-in that kubectl finds and runs itself.
    let text = "#!/bin/bash\nbash -c \"kubectl version --client --namespace=$1 --as=a; read -r _\"\n";
    let wrapper = scene.script("k", text).display().to_string();
    scene.script("kubectl-demo", text);
    let plug_in = format!("PATH={}:$PATH {} demo %", scene.path().display(), real_kubectl());
    let label = &["--label", "environment=development"][..];
    for harmless in [line, &format!("{wrapper} %"), &plug_in] {
        is_excepted(
            &file,
            label,
            harmless,
            &[
                &format!("{copy} get --namespace=% --as=a"),
                "sh -c 'kubectl version --client --namespace=% --as=a; true'",
            ],
        );
        let (found, _) = alerts_of(
            &["--label", "environment=production", "--exceptions", &file],
            &[harmless],
        );
        assert_eq!(found, [true], "on another node: {harmless}");
    }
}

#[test]
fn kind_5_a_wrapper_called_kubectl_that_runs_the_real_one() {
    let (scene, file) = development();
    let text = format!("#!/usr/bin/bash\nexec {} \"$@\"\n", real_kubectl());
    let wrapper = scene.script("kubectl", &text).display().to_string();
    let label = ["--label", "environment=development", "--exceptions", &file];
    for (user, is_excepted) in [(NOBODY, true), (ANOTHER, false)] {
        let word = unique("wrapped");
        let line = format!("{wrapper} version --client --namespace=% --cluster={word} --as=a");
        let (_, stopped) = alerts_by(&label, &[(user, &line)]);
        let of_wrapper = stopped.alerts.iter().filter(|document| {
            document["rule"]["name"] == SEED && document["process"]["args"].to_string().contains(&word)
        });
        let found: Vec<bool> = of_wrapper
            .map(|document| document["kubectl_watch"]["exception"].is_object())
            .collect();
        // Both execs, in one process.
        assert_eq!(found, [is_excepted; 2], "{}", stopped.log);
    }
}

/// The example for machines for development, as it fits this one.
fn development() -> (Scene, String) {
    let scene = harmless::scene();
    let file = example(
        &scene,
        "development.toml",
        &[("\"dev\"", "\"nobody\""), ("/usr/bin/kubectl", &real_kubectl())],
    );
    (scene, file)
}

fn real_kubectl() -> String {
    kubectl()
        .canonicalize()
        .expect("it is there")
        .display()
        .to_string()
}
