//! Ways past an exec monitor that are about what runs, each tried for real: under other names, by other tools, and
//! with arguments that change while they are read.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io::Write as _,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, SEED, Scene, apart, go_program, kubectl, run, unique};
use serde_json::Value;

const ELSEWHERE: &str = "Kubectl With Another Identity, Not From a Shell";
const OTHER_NAME: &str = "Kubectl Under Another Name";
const PACKED: &str = "Packed Program With Kubectl's Flags";
const TRACED: &str = "Kubectl Started Under a Tracer";
const TOOLS: &str = "Kubernetes Tool Other Than Kubectl With Another Identity";

/// Runs a program in bash, which stays its parent, as somebody else; gives that name.
fn as_somebody(program: &Path, words: &str) -> String {
    let user = unique("content");
    let line = format!("{} {words} --as={user}; true", program.display());
    run(Command::new("bash").args(["-c", &line]).stdin(Stdio::null()));
    user
}

fn tool(alert: &Value) -> Option<&str> {
    alert["kubectl_watch"]["executable"]["tool"].as_str()
}

#[test]
fn evasion_12_other_names() {
    let mut daemon = Daemon::start(&[]);
    let (scene, memory) = (Scene::new(), Scene::under("/dev/shm"));
    let real = kubectl().canonicalize().expect("it is there");
    let copy = scene.copy(&real, "worker");
    let at = |name: &str| scene.path().join(name);
    symlink(&real, at("link")).expect("the folder is ours");
    fs::hard_link(&copy, at("hard-link")).expect("the folder is ours");
    let mut strip = Command::new("strip");
    strip.arg("--strip-all").arg("-o").arg(at("stripped")).arg(&real);
    assert!(run(&mut strip).status.success());
    for program in [
        copy.clone(),
        at("link"),
        at("hard-link"),
        at("stripped"),
        memory.copy(&real, "worker"),
    ] {
        let user = as_somebody(&program, "version --client");
        let alert = daemon.alert_of(OTHER_NAME, &user);
        assert_eq!(tool(&alert), Some("kubectl"), "{alert}");
        assert_ne!(alert["process"]["name"], "kubectl");
        daemon.alert_of(ELSEWHERE, &user);
    }
    // A version in the name hides nothing, and the flags count all the same.
    let user = as_somebody(&scene.copy(&real, "kubectl.1.30"), "version --client");
    daemon.alert_of(ELSEWHERE, &user);
    let stopped = daemon.stop();
    assert!(
        !stopped.rules_about(&user).contains(OTHER_NAME),
        "{}",
        stopped.log
    );
    assert!(
        !stopped.rules_about("content").contains(SEED),
        "by its letter it knows one name"
    );
}

/// UPX is not in every distribution, so this is a program with its mark at the end of its file, where it has it too.
#[test]
fn evasion_12_as_if_packed() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let program = scene.copy("/bin/true", "worker");
    let file = File::options().append(true).open(&program);
    file.expect("it is ours")
        .write_all(b"UPX!")
        .expect("there is room");
    let user = as_somebody(&program, "get pods");
    let alert = daemon.alert_of(PACKED, &user);
    assert_eq!(alert["kubectl_watch"]["executable"]["packed"], "upx");
    let plain = as_somebody(&scene.copy("/bin/true", "plain"), "get pods");
    let stopped = daemon.stop();
    assert!(
        stopped.rules_about(&plain).is_empty(),
        "{:?}",
        stopped.rules_about(&plain)
    );
}

#[test]
fn evasion_15_other_tools_under_other_names() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    for (name, module, package, words) in [
        ("k3s", "github.com/k3s-io/k3s", "cmd/k3s", "kubectl get pods"),
        (
            "microk8s",
            "github.com/canonical/microk8s",
            "cmd/microk8s",
            "kubectl get pods",
        ),
        (
            "minikube",
            "k8s.io/minikube",
            "cmd/minikube",
            "kubectl -- get pods",
        ),
        ("oc", "github.com/openshift/oc", "cmd/oc", "get pods"),
    ] {
        let program = go_program(scene.path(), module, package);
        let user = as_somebody(&program, words);
        let alert = daemon.alert_of(TOOLS, &user);
        assert_eq!(tool(&alert), Some(name), "{alert}");
        assert_eq!(alert["process"]["name"], "worker");
        // By its name, whatever it is.
        let named = scene.copy("/bin/true", name);
        daemon.alert_of(TOOLS, &as_somebody(&named, words));
    }
    let stopped = daemon.stop();
    assert!(
        !stopped.rules_about("content").contains(SEED),
        "by its letter it knows one name"
    );
}

#[test]
fn evasion_17_arguments_that_change_during_the_exec() {
    const TIMES: usize = 200;
    let scene = Scene::new();
    let rule = scene.script(
        "any.toml",
        "[rule]\nname = \"any\"\nrule_id = \"any\"\nquery = 'process where process.name == \"kubectl\"'\n",
    );
    let daemon = Daemon::start(&["--rules", rule.to_str().expect("it is text")]);
    // It says itself how it was started.
    let program = scene.copy("/bin/cat", "kubectl");
    let mut said = HashMap::new();
    for _ in 0..TIMES {
        let child = apart(env!("CARGO_BIN_EXE_exec-while-rewriting"))
            .arg(&program)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let pid = child.id();
        let output = child.wait_with_output().expect("it ends").stdout;
        let args = output.split(|&byte| byte == 0).map(String::from_utf8_lossy);
        let args: Vec<String> = args.map(Into::into).collect();
        assert_eq!(args.len(), 5, "it did not say how it was started: {args:?}");
        said.insert(pid, args[..4].to_vec());
    }
    let stopped = daemon.stop();
    let mut compared = 0;
    for alert in &stopped.alerts {
        // What is found out later of a file is no exec.
        let is_update = !alert["kubectl_watch"]["alert"]["id"].is_null();
        if is_update || alert["process"]["executable"].as_str() != program.to_str() {
            continue;
        }
        let pid = alert["process"]["pid"]
            .as_u64()
            .and_then(|pid| u32::try_from(pid).ok());
        let ran = &said[&pid.expect("it has one")];
        assert_eq!(alert["process"]["args"], serde_json::json!(ran));
        compared += 1;
    }
    assert_eq!(compared, TIMES, "{}", stopped.log);
    let kinds: BTreeSet<_> = said.values().map(|args| &args[3]).collect();
    println!(
        "of {TIMES} execs all were reported as they ran, in {} forms",
        kinds.len()
    );
    assert!(kinds.len() > 1, "nothing changed on the way: {kinds:?}");
}

#[test]
fn evasion_17_arguments_that_a_tracer_writes() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    // It says itself what it took.
    let program = scene.copy("/bin/cat", "kubectl");
    let (given, taken) = ("--namespace=x", "--as=impostor");
    let tracer = env!("CARGO_BIN_EXE_exec-while-traced");
    let done = run(Command::new(tracer)
        .arg(&program)
        .args(["--", "/proc/self/cmdline", given, taken]));
    let took = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(took.contains(taken) && !took.contains(given), "{took:?}");

    let alert = daemon.document("the exec under a tracer", |document| {
        document["rule"]["name"] == TRACED && document["process"]["executable"].as_str() == program.to_str()
    });
    assert_eq!(alert["process"]["args"][3], given, "what it was given: {alert}");
    assert_eq!(alert["kubectl_watch"]["traced"], true, "{alert}");
    let user = unique("untraced");
    let line = format!("{} --as={user}; true", program.display());
    run(Command::new("bash").args(["-c", &line]).stdin(Stdio::null()));
    let other = daemon.alert_of(SEED, &user);
    assert!(other["kubectl_watch"]["traced"].is_null(), "{other}");
}
