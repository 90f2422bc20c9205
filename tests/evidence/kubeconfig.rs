//! What the kubeconfig of a real kubectl says, read as that kubectl sees it. The kubeconfigs are written by kubectl
//! itself, but for their users, the certificates by openssl.

use std::{
    fs,
    os::unix::{
        fs::{PermissionsExt as _, symlink},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use kubectl_watch_tests::{Daemon, Scene, Stopped, kubectl, run, unique};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};

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

/// Runs a command that has to succeed, and gives what it says.
fn does(command: &mut Command) -> String {
    let done = run(command);
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8(done.stdout).expect("it is text")
}

/// `kubectl config`, on this file.
fn config(file: &Path, words: &str) {
    does(
        Command::new(kubectl())
            .arg(format!("--kubeconfig={}", file.display()))
            .arg("config")
            .args(words.split(' ')),
    );
}

/// A kubeconfig as kubectl writes one: a cluster, a user with these credentials, and a context of both. The user is in it
/// first: `set-credentials` of Debian 12's own kubectl (1.20) ends with a fault of its runtime.
fn kubeconfig(folder: &Path, credentials: &str) -> PathBuf {
    let file = folder.join("kubeconfig");
    let users = format!("kind: Config\nusers: [{{name: someone, user: {{{credentials}}}}}]\n");
    fs::write(&file, users).expect("the folder is ours");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("it is ours");
    config(&file, "set-cluster one --server=https://api.example:6443");
    config(
        &file,
        "set-context prod --cluster=one --user=someone --namespace=shop",
    );
    config(&file, "use-context prod");
    file
}

/// Fails where any of it has the secret.
fn keeps(stopped: &Stopped, secret: &str) {
    for document in &stopped.alerts {
        assert!(!document.to_string().contains(secret), "{document}");
    }
    assert!(!stopped.log.contains(secret), "{}", stopped.log);
}

#[test]
fn a_kubeconfig_with_a_certificate_says_whose_and_where() {
    let mut daemon = Daemon::start(&["-vv"]);
    let (scene, word) = (Scene::new(), unique("certificate"));
    let folder = scene.path();
    let (key, certificate) = (folder.join("key.pem"), folder.join("cert.pem"));
    does(Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -set_serial 0x1234".split(' '))
        .args(["-subj", "/O=system:masters/O=ops/CN=kubernetes-admin", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate));
    let data = |path: &Path| does(Command::new("openssl").args(["base64", "-A", "-in"]).arg(path));
    let file = kubeconfig(
        folder,
        &format!(
            "client-certificate-data: {}, client-key-data: {}",
            data(&certificate),
            data(&key)
        ),
    );
    let der = folder.join("cert.der");
    does(
        Command::new("openssl")
            .args(["x509", "-outform", "der", "-in"])
            .arg(&certificate)
            .arg("-out")
            .arg(&der),
    );
    let hash = |path: &Path| does(Command::new("sha256sum").arg(path))[..64].to_owned();

    bash(
        folder,
        &format!("kubectl --kubeconfig kubeconfig --as=x version --client {word}"),
    );
    let alert = daemon.whole_alert(&word);
    let own = &alert["kubectl_watch"];
    assert_eq!(own["kubeconfig"]["context"], "prod", "{alert}");
    assert_eq!(own["kubeconfig"]["namespace"], "shop");
    assert_eq!(own["kubeconfig"]["auth"], json!(["client_certificate"]));
    let read = &own["kubeconfig"]["file"][0];
    assert_eq!(read["path"], file.to_str().expect("it is text"));
    assert_eq!(read["sha256"], hash(&file));
    assert_eq!((&read["owner"], &read["mode"]), (&json!("root"), &json!("0600")));
    assert_eq!(
        alert["orchestrator"]["cluster"],
        json!({"name": "one", "url": "https://api.example:6443"})
    );
    let x509 = &own["credential"]["x509"];
    assert_eq!(
        x509["subject"],
        json!({"common_name": "kubernetes-admin", "organization": ["system:masters", "ops"]})
    );
    assert_eq!(x509["serial_number"], "1234");
    assert_eq!(
        own["credential"]["id"],
        json!([format!("X509SHA256={}", hash(&der))])
    );
    assert_eq!(
        alert["user"]["target"]["name"], "x",
        "a flag counts before a certificate"
    );

    let secret = fs::read_to_string(&key).expect("it is ours");
    let secret = secret.lines().nth(1).expect("it has a line").to_owned();
    keeps(&daemon.stop(), &secret);
}

#[test]
fn a_kubeconfig_names_whom_no_flag_names() {
    let mut daemon = Daemon::start(&["-vv"]);
    let (scene, word) = (Scene::new(), unique("as"));
    let file = kubeconfig(scene.path(), "token: hunter22hunter22");
    let text = fs::read_to_string(&file).expect("it is ours");
    let text = text.replace(
        "    token:",
        "    as: system:admin\n    as-groups: [system:masters]\n    token:",
    );
    fs::write(&file, text).expect("it is ours");
    bash(
        scene.path(),
        &format!("kubectl --kubeconfig=./kubeconfig version --client {word}"),
    );
    let alert = daemon.whole_alert(&word);
    let kubeconfig = &alert["kubectl_watch"]["kubeconfig"];
    assert_eq!(
        kubeconfig["impersonated"],
        json!({"user": "system:admin", "groups": ["system:masters"]}),
        "{alert}"
    );
    assert_eq!(kubeconfig["auth"], json!(["token"]));
    keeps(&daemon.stop(), "hunter22hunter22");
}

#[test]
fn a_list_of_kubeconfigs_and_a_token_in_a_file() {
    let mut daemon = Daemon::start(&["-vv"]);
    let (scene, word) = (Scene::new(), unique("list"));
    let folder = scene.path();
    kubeconfig(folder, "username: bob, password: hunter22hunter22");
    fs::create_dir(folder.join("conf")).expect("it is ours");
    fs::write(folder.join("conf/token"), format!("{}\n", token())).expect("it is ours");
    let first = "users: [{name: someone, user: {tokenFile: token}}]";
    fs::write(folder.join("conf/first"), first).expect("it is ours");
    bash(
        folder,
        &format!("KUBECONFIG=none:conf/first:kubeconfig kubectl --as=x version --client {word}"),
    );
    let alert = daemon.whole_alert(&word);
    let own = &alert["kubectl_watch"];
    assert_eq!(
        own["kubeconfig"]["file"].as_array().map(Vec::len),
        Some(2),
        "{alert}"
    );
    assert_eq!(own["kubeconfig"]["auth"], json!(["token_file"]));
    assert_eq!(own["kubeconfig"]["server"], "https://api.example:6443");
    assert_eq!(own["credential"]["source"], "kubeconfig");
    assert_eq!(
        own["credential"]["token"]["sub"],
        "system:serviceaccount:prod:robot"
    );
    let stopped = daemon.stop();
    keeps(&stopped, SIGNATURE);
    keeps(&stopped, "hunter22hunter22");
}

#[test]
fn what_is_no_file_holds_up_nobody() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let folder = scene.path();
    does(Command::new("mkfifo").arg(folder.join("pipe")));
    symlink("/dev/null", folder.join("device")).expect("the folder is ours");
    symlink("loop", folder.join("loop")).expect("the folder is ours");
    fs::File::create(folder.join("large"))
        .and_then(|file| file.set_len(2 << 20))
        .expect("the folder is ours");
    fs::write(folder.join("binary"), [0xff; 100]).expect("the folder is ours");
    for (name, why) in [
        ("pipe", "unreadable"),
        ("device", "unreadable"),
        ("loop", "unreadable"),
        ("large", "unreadable"),
        ("binary", "unreadable"),
        ("none", "missing"),
        ("/proc/self/environ", "unreadable"),
    ] {
        let word = unique("no-file");
        // Some of these kubectl itself never gets to the end of.
        let mut shell = Command::new("bash")
            .current_dir(folder)
            .process_group(0)
            .args(["-c", &format!("kubectl --kubeconfig={name} --help {word}; true")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let alert = daemon.whole_alert(&word);
        let _ended = kill_process_group(Pid::from_child(&shell), Signal::KILL);
        shell.wait().expect("it is ours");
        let kubeconfig = &alert["kubectl_watch"]["kubeconfig"];
        assert_eq!(kubeconfig["file"][0]["unknown"], why, "{name}: {alert}");
        let is_gap = alert["kubectl_watch"]["gaps"]
            .to_string()
            .contains("kubectl_watch.kubeconfig");
        assert_eq!(is_gap, why != "missing", "{alert}");
    }
    assert!(daemon.stop().status.success());
}

#[test]
fn a_kubeconfig_is_read_below_the_root_of_its_process() {
    let mut daemon = Daemon::start(&[]);
    let scene = Scene::new();
    let jail = scene.path().join("jail");
    fs::create_dir_all(jail.join("conf")).expect("it is ours");
    fs::copy(kubectl(), jail.join("kubectl")).expect("it is ours");
    let outside = kubeconfig(scene.path(), "token: outside");
    let inside = kubeconfig(&jail.join("conf"), "token: inside");
    config(&inside, "rename-context prod jailed");
    symlink("/conf/kubeconfig", jail.join("link")).expect("it is ours");
    symlink(&outside, jail.join("out")).expect("it is ours");
    symlink("../../../../../../../..", jail.join("up")).expect("it is ours");
    let up = format!("/up{}", outside.display());
    for (path, resolved, context) in [
        ("/link", Some("/conf/kubeconfig"), json!("jailed")),
        ("conf/kubeconfig", Some("/conf/kubeconfig"), json!("jailed")),
        ("/out", None, Value::Null),
        (&up, None, Value::Null),
    ] {
        let word = unique("jail");
        bash(
            scene.path(),
            &format!(
                "chroot {} /kubectl --kubeconfig={path} --help {word}",
                jail.display()
            ),
        );
        let alert = daemon.whole_alert(&word);
        let kubeconfig = &alert["kubectl_watch"]["kubeconfig"];
        assert_eq!(kubeconfig["context"], context, "{path}: {alert}");
        let file = &kubeconfig["file"][0];
        match resolved {
            Some(resolved) => assert_eq!(file["path"], resolved, "{alert}"),
            None => assert_eq!(file["unknown"], "missing", "{alert}"),
        }
    }
}

#[test]
fn a_kubeconfig_is_read_in_the_mounts_of_its_process() {
    let mut daemon = Daemon::start(&[]);
    let (scene, word) = (Scene::new(), unique("mounts"));
    let folder = scene.path();
    fs::create_dir(folder.join("seen")).expect("it is ours");
    fs::create_dir(folder.join("hidden")).expect("it is ours");
    kubeconfig(&folder.join("seen"), "token: x");
    let file = kubeconfig(&folder.join("hidden"), "token: z");
    config(&file, "rename-context prod hidden");
    let line = format!(
        "mount --bind hidden seen && cd {}/seen && kubectl --kubeconfig=kubeconfig --help {word}",
        folder.display()
    );
    run(Command::new("unshare")
        .current_dir(folder)
        .args(["-m", "bash", "-c", &format!("{line}; true")]));
    let alert = daemon.whole_alert(&word);
    assert_eq!(
        alert["kubectl_watch"]["kubeconfig"]["context"], "hidden",
        "{alert}"
    );
}
