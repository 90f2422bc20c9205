//! What an alert has besides the exec: whose token, in which pod, from where.

use std::{
    fs,
    net::TcpListener,
    os::{
        fd::AsRawFd as _,
        unix::{fs::PermissionsExt as _, process::CommandExt as _},
    },
    path::Path,
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Cgroup, Daemon, Mount, Scene, run, unique};
use serde_json::json;

/// The claims of `system:serviceaccount:prod:robot`, in base64.
const CLAIMS: &str = "eyJhdWQiOlsiYXBpIl0sImV4cCI6MTg5MzQ1NjAwMCwiaXNzIjoiaHR0cHM6Ly9rdWJlcm5ldGVzLmRlZmF1bHQuc3ZjIiwianRpIjoiN2Q1YyIsImt1YmVybmV0ZXMuaW8iOnsibmFtZXNwYWNlIjoicHJvZCIsInBvZCI6eyJuYW1lIjoid2ViLTAiLCJ1aWQiOiIyMjIyIn0sInNlcnZpY2VhY2NvdW50Ijp7Im5hbWUiOiJyb2JvdCIsInVpZCI6IjExMTEifX0sInN1YiI6InN5c3RlbTpzZXJ2aWNlYWNjb3VudDpwcm9kOnJvYm90In0";
/// The signature, which is what makes a token a secret.
const SIGNATURE: &str = "c2lnbmF0dXJlLXRoYXQtaXMtc2VjcmV0";

fn token() -> String {
    format!("eyJhbGciOiJSUzI1NiJ9.{CLAIMS}.{SIGNATURE}")
}

/// Runs a line in bash, which stays the parent of what it runs.
fn bash(folder: &Path, line: &str) {
    run(Command::new("bash")
        .current_dir(folder)
        .args(["-c", &format!("{line}; true")]));
}

#[test]
fn a_token_says_whose_it_is() {
    let mut daemon = Daemon::start(&["-vv"]);
    let (scene, word) = (Scene::new(), unique("token"));
    bash(
        scene.path(),
        &format!("kubectl version --client --token={} {word}", token()),
    );
    let alert = daemon.whole_alert(&word);
    let credential = &alert["kubectl_watch"]["credential"];
    assert_eq!(credential["source"], "argument", "{alert}");
    assert_eq!(credential["id"], json!(["JTI=7d5c"]));
    assert_eq!(credential["token"]["sub"], "system:serviceaccount:prod:robot");
    assert_eq!(
        credential["token"]["pod"],
        json!({"name": "web-0", "uid": "2222"})
    );
    assert_eq!(credential["token"]["exp"], "2030-01-01T00:00:00.000000000Z");
    assert_eq!(
        alert["user"]["target"]["name"],
        "system:serviceaccount:prod:robot"
    );
    assert!(alert["labels"].is_null(), "nobody acts as somebody else");
    let stopped = daemon.stop();
    assert!(!stopped.log.contains(SIGNATURE), "{}", stopped.log);
    let mut documents = stopped.alerts.iter();
    assert!(documents.all(|document| !document.to_string().contains(SIGNATURE)));
}

#[test]
fn a_pod_is_named_without_asking_anybody() {
    let (scene, word) = (Scene::new(), unique("pod"));
    let (uid, id) = ("0b8a1c2d-3e4f-5061-7283-94a5b6c7d8e9", "3f2a".repeat(16));
    fs::create_dir(scene.path().join("etc")).expect("it is ours");
    fs::create_dir_all(scene.path().join(format!("var/log/pods/shop_web-0_{uid}/nginx")))
        .expect("it is ours");
    let cgroup = Cgroup::new(&format!("kubepods/pod{uid}/{id}"));
    let mut daemon = Daemon::start(&["--host-root", scene.path().to_str().expect("it is text")]);
    let join = format!("echo $$ > {}/cgroup.procs", cgroup.path().display());
    bash(
        scene.path(),
        &format!("{join} && kubectl version --client --as={word}"),
    );
    let alert = daemon.whole_alert(&word);
    assert_eq!(alert["container"], json!({"id": id, "name": "nginx"}), "{alert}");
    assert_eq!(alert["orchestrator"]["namespace"], "shop");
    assert_eq!(
        alert["orchestrator"]["resource"],
        json!({"type": "pod", "id": uid, "name": "web-0"})
    );
}

#[test]
fn a_login_over_ssh_is_told_by_its_socket_before_its_environment() {
    let mut daemon = Daemon::start(&[]);
    let (scene, word) = (Scene::new(), unique("ssh"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("it is allowed");
    let port = listener.local_addr().expect("it has one").port();
    let sshd = scene.copy("/bin/bash", "sshd");
    let told = "SSH_CONNECTION='192.0.2.7 50122 10.0.0.1 22'";
    let line = format!("bash -c \"{told} kubectl version --client --as={word}; true\"; true");
    run(Command::new(&sshd).args(["-c", &format!("exec 5<>/dev/tcp/127.0.0.1/{port}; {line}")]));
    let alert = daemon.whole_alert(&word);
    assert_eq!(
        alert["source"],
        json!({"ip": "127.0.0.1", "port": port}),
        "{alert}"
    );
    assert_eq!(alert["kubectl_watch"]["source"]["known_by"], "socket");
    assert_eq!(alert["related"]["ip"], json!(["127.0.0.1"]));

    // Anybody can call a program so.
    let word = unique("no-server");
    let line = format!("bash -c \"{told} kubectl version --client --as={word}; true\"; true");
    fs::set_permissions(scene.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
    run(Command::new(&sshd)
        .uid(1000)
        .args(["-c", &format!("exec 5<>/dev/tcp/127.0.0.1/{port}; {line}")]));
    let alert = daemon.whole_alert(&word);
    assert_eq!(alert["source"]["ip"], "192.0.2.7", "{alert}");
    let gaps = alert["kubectl_watch"]["gaps"].to_string();
    assert!(gaps.contains("\"source\""), "{gaps}");

    let word = unique("told");
    bash(
        scene.path(),
        &format!("{told} kubectl version --client --as={word}"),
    );
    let alert = daemon.whole_alert(&word);
    assert_eq!(
        alert["source"],
        json!({"ip": "192.0.2.7", "port": 50122}),
        "{alert}"
    );
    assert_eq!(alert["kubectl_watch"]["source"]["known_by"], "environment");
}

#[test]
fn a_salt_changes_what_stands_for_a_secret() {
    let (scene, word) = (Scene::new(), unique("salted"));
    let salt = scene.path().join("salt");
    fs::write(&salt, "0123456789abcdef").expect("it is ours");
    fs::set_permissions(&salt, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let mut daemon = Daemon::start(&["--redact-salt", salt.to_str().expect("it is text")]);
    bash(
        scene.path(),
        &format!("kubectl version --client --token=hunter22 {word}"),
    );
    let hmac = run(Command::new("bash").args([
        "-c",
        "printf hunter22 | openssl dgst -sha256 -hmac 0123456789abcdef | grep -oE '[0-9a-f]{64}'",
    ]));
    let hmac = String::from_utf8(hmac.stdout).expect("it is text");
    let alert = daemon.whole_alert(&word);
    let expected = format!("--token=<redacted:token hmac-sha256:{}>", &hmac[..8]);
    assert_eq!(alert["process"]["args"][3], expected, "{alert}");
    assert!(alert.to_string().contains("hmac-sha256"));
}

#[test]
fn kubectl_itself_says_the_same_of_its_kubeconfigs() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let config = |file: &str, words: &str| {
        bash(
            scene.path(),
            &format!("kubectl config --kubeconfig={file} {words} >/dev/null"),
        );
    };
    config("a", "set-cluster one --server=https://first:6443");
    config("a", "set-context test --cluster=two --user=bob --namespace=a");
    // Debian 12's own kubectl (1.20) cannot write users.
    let users = ["alice", "bob", "eve"].map(|name| format!("{{name: {name}, user: {{token: x}}}}"));
    scene.file("b", &format!("kind: Config\nusers: [{}]\n", users.join(", ")));
    config("b", "set-cluster one --server=https://second:6443");
    config("b", "set-cluster two --server=https://two:6443");
    config(
        "b",
        "set-context prod --cluster=one --user=alice --namespace=shop",
    );
    config("b", "set-context test --cluster=one --user=eve");
    config("b", "use-context prod");
    let shown =
        "-o jsonpath='{.clusters[0].cluster.server} {.users[0].name} {.contexts[0].context.namespace}'";
    for flag in ["", "--context=test", "--context=prod"] {
        let word = unique("same");
        let view = format!("KUBECONFIG=a:b kubectl config view --minify {flag} {shown}");
        let says = run(Command::new("bash").current_dir(scene.path()).args(["-c", &view]));
        let says = String::from_utf8(says.stdout).expect("it is text");
        let line = format!("KUBECONFIG=a:b kubectl version --client {flag} --as={word}");
        bash(scene.path(), &line);
        let alert = daemon.whole_alert(&word);
        let kubeconfig = &alert["kubectl_watch"]["kubeconfig"];
        let seen = ["server", "user", "namespace"].map(|name| kubeconfig[name].as_str().unwrap_or_default());
        assert_eq!(seen.join(" "), says, "{flag}: {alert}");
        assert!(says.starts_with("https://"), "{says}");
    }
}

#[test]
fn a_kubeconfig_that_never_answers_holds_up_no_alert() {
    let mut daemon = Daemon::start(&[]);
    let (scene, word) = (Scene::new(), unique("stuck"));
    let fuse = fs::File::options().read(true).write(true).open("/dev/fuse");
    let fuse = fuse.expect("this test mounts a file system of its own, and needs /dev/fuse");
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", fuse.as_raw_fd());
    let mount = Mount::new("fuse", &options, scene.path().join("stuck"));
    // Nobody serves it, so whoever asks for a file of it waits: kubectl does, and whoever reads what it reads.
    let path = mount.path().join("k");
    let line = format!("kubectl --kubeconfig={} get pods {word}; true", path.display());
    let mut stuck = Command::new("bash")
        .args(["-c", &line])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let alert = daemon.alert(&word);
    assert_eq!(alert["kubectl_watch"]["kubeconfig"]["unknown"], "slow", "{alert}");
    // Nobody else waits for it.
    fs::write(scene.path().join("k"), "current-context: there").expect("it is ours");
    let other = unique("other");
    bash(
        scene.path(),
        &format!("kubectl --kubeconfig=k version --client {other}"),
    );
    let other = daemon.whole_alert(&other);
    assert_eq!(
        other["kubectl_watch"]["kubeconfig"]["context"], "there",
        "{other}"
    );
    // Who waits is let go when the connection ends, and what is known then is told.
    drop(fuse);
    let update = daemon.document("an update", |document| {
        document["kubectl_watch"]["alert"]["id"] == alert["event"]["id"]
            && document["event"]["action"] == "circumstances-found"
    });
    let file = &update["kubectl_watch"]["kubeconfig"]["file"][0];
    assert_eq!(file["unknown"], "unreadable", "{update}");
    stuck.wait().expect("it is ours");
}
