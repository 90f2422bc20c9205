//! Environments that are larger than anybody needs: what is of use is found in them, or it is said that it was not.

use std::{fs, process::Command};

use kubectl_watch_tests::{Daemon, Scene, run, unique};
use serde_json::Value;

/// Runs a program with so many variables of no use, all of which stand before those that are given.
fn run_with(program: &str, args: &[&str], filler: u32, variables: &[(&str, &str)]) {
    let mut command = Command::new(program);
    // They are sorted by name.
    let fillers = (0..filler).map(|number| (format!("A{number:05}"), ""));
    command
        .args(args)
        .env_clear()
        .envs(fillers)
        .envs(variables.iter().copied());
    assert!(run(&mut command).status.success());
}

fn variables(alert: &Value) -> Vec<&str> {
    let variables = alert["process"]["env_vars"].as_array();
    let texts = variables.into_iter().flatten().filter_map(Value::as_str);
    texts.collect()
}

#[test]
fn evasion_14_a_variable_behind_many_others_and_a_long_one() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let query = fs::read_to_string(&rule).expect("it was just written");
    let query = query.replace(
        "process.args : \"--as=*\"",
        "process.env_vars : \"KUBECONFIG=/tmp/*\"",
    );
    fs::write(&rule, query).expect("the folder is ours");
    let program = program.to_str().expect("it is text");
    let mut daemon = Daemon::start(&["--rules", &rule]);

    let (many, long) = (unique("many"), unique("long"));
    run_with(
        program,
        &[&many],
        50_000,
        &[("KUBECONFIG", "/tmp/x"), ("SECRET", "s")],
    );
    assert_eq!(variables(&daemon.alert(&many)), ["KUBECONFIG=/tmp/x"]);

    // Longer than a record.
    let value = format!("/tmp/{}/end", "x".repeat(100_000));
    run_with(
        program,
        &[&long],
        10,
        &[("HOME", "/h"), ("KUBECONFIG", &value), ("Z", "")],
    );
    let alert = daemon.alert(&long);
    let name = |variable: &str| variable.split('=').next().unwrap_or_default().to_owned();
    let found = variables(&alert);
    assert_eq!(
        found.iter().map(|it| name(it)).collect::<Vec<_>>(),
        ["HOME", "KUBECONFIG"]
    );
    assert_eq!(found[1], format!("KUBECONFIG={value}"));
    assert!(daemon.stop().log.contains("nothing lost"));
}

#[test]
fn an_environment_of_which_not_all_was_looked_at_is_said_to_be() {
    let scene = Scene::new();
    let (program, rule) = scene.watched("/bin/true");
    let program = program.to_str().expect("it is text");
    let mut daemon = Daemon::start(&["--rules", &rule]);
    let user = format!("--as={}", unique("too-many"));
    run_with(program, &[&user], 70_000, &[("KUBECONFIG", "/tmp/x")]);
    let alert = daemon.alert(&user);
    let gaps = alert["kubectl_watch"]["gaps"].as_array();
    assert!(
        gaps.is_some_and(|gaps| gaps.contains(&"process.env_vars".into())),
        "{gaps:?}"
    );

    // The same where no rule speaks of it.
    run_with(program, &["plain"], 70_000, &[("KUBECONFIG", "/tmp/x")]);
    let notice = daemon.notice("events-lost", |notice| {
        notice["kubectl_watch"]["loss"]["reason"] == "partial_execs"
    });
    assert_eq!(notice["kubectl_watch"]["loss"]["count"], 1);
    let stopped = daemon.stop();
    assert!(stopped.log.contains("cut_env 2"), "{}", stopped.log);
}
