//! Exceptions by real execs of the real kubectl: the five harmless kinds of the public rule, each an alert without its
//! example of `docs/exceptions`, and none with it.

use std::{path::PathBuf, process::Command};

use kubectl_watch_tests::{
    harmless::{self, alerts_of, example},
    kubectl, run,
};

/// What is an alert without an exception, and not with it; and what is one either way.
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
}

#[test]
fn kind_1_an_administrator() {
    let scene = harmless::scene();
    let file = example(&scene, "administrator.toml", &[("alice", "nobody")]);
    is_excepted(
        &file,
        &[],
        "kubectl version --client --namespace=% --as=auditor",
        &[
            "kubectl version --client --namespace=% --as=system:admin",
            "kubectl version --client --namespace=% --as=auditor --as-group=system:masters",
            "kubectl version --client --namespace=% --as=auditor --as=system:admin",
        ],
    );
}

#[test]
fn kind_2_a_pipeline() {
    let scene = harmless::scene();
    let runner = scene.copy("/bin/bash", "runner");
    let runner = runner.display();
    let script = "#!/bin/bash\nkubectl version --client --namespace=$1 --as=deployer\nread -r _\n";
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
            ("\"runner\"", "\"nobody\""),
        ],
    );
    let by = |script: &PathBuf| format!("{runner} -c '{} %; read -r _'", script.display());
    is_excepted(
        &file,
        &[],
        &by(&deploy),
        &[
            &by(&other),
            &format!("bash -c '{} %; read -r _'", deploy.display()),
        ],
    );
}

#[test]
fn kind_3_a_script_that_runs_by_itself() {
    let scene = harmless::scene();
    let script = "#!/bin/bash\nkubectl version --client --namespace=$1 --kubeconfig=/etc/backup/kubeconfig\nread -r _\n";
    let backup = scene.script("backup.sh", script).display().to_string();
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
        &["kubectl version --client --namespace=% --kubeconfig=/etc/backup/kubeconfig"],
    );
}

#[test]
fn kind_4_a_tool_with_a_token() {
    let scene = harmless::scene();
    let script = "#!/bin/bash\nsub=$(printf '{\"sub\":\"system:serviceaccount:sync:sync\"}' | base64 -w0 | tr -d =)\n\
                  \"$2\" version --client --namespace=$1 --token=eyJhbGciOiJub25lIn0.$sub.c2ln\nread -r _\n";
    let sync = scene.script("sync.sh", script).display().to_string();
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
            &format!("{kubectl} version --client --namespace=% --token=abc"),
        ],
    );
}

#[test]
fn kind_5_a_machine_for_development() {
    let scene = harmless::scene();
    let kubectl = real_kubectl();
    let file = example(
        &scene,
        "development.toml",
        &[("\"dev\"", "\"nobody\""), ("/usr/bin/kubectl", &kubectl)],
    );
    let copy = scene.copy("/bin/true", "kubectl").display().to_string();
    let line = "kubectl version --client --namespace=% --as=a";
    is_excepted(
        &file,
        &["--label", "environment=development"],
        line,
        &[&format!("{copy} get --namespace=% --as=a")],
    );
    let (found, _) = alerts_of(
        &["--label", "environment=production", "--exceptions", &file],
        &[line],
    );
    assert_eq!(found, [true], "on another node");
}

fn real_kubectl() -> String {
    kubectl()
        .canonicalize()
        .expect("it is there")
        .display()
        .to_string()
}
