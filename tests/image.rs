//! The image, with what `deploy/daemonset.yaml` gives it: it sees what the node runs, and what runs in other containers.
//!
//! Its rights, its folders and its environment are read from that file. Only the seccomp profile is not the one of the
//! manifest: podman's forbids `bpf(2)`, and containerd's allows it to whom has the capability.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use kubectl_watch_tests::{Daemon, Folder, Manifest, SEED, Scene, kubectl, require_root, run, unique};

/// Nobody in these containers speaks to anybody, and a network of podman's takes programs that not every node has.
const NETWORK: &str = "--network=none";

/// podman, with the settings that `cargo xtask image` wrote where the machine needs any.
fn podman(args: &[&str]) -> Command {
    let mut podman = Command::new("podman");
    let tests = env::current_exe().expect("a test knows its own path");
    let settings = tests
        .ancestors()
        .nth(3)
        .expect("tests are deep in a folder")
        .join("containers.conf");
    if settings.is_file() && env::var_os("CONTAINERS_CONF").is_none() {
        podman.env("CONTAINERS_CONF", settings);
    }
    podman.args(args);
    podman
}

/// Runs podman to its end, and fails with what it says.
fn podman_does(args: &[&str]) -> String {
    let done = run(&mut podman(args));
    assert!(
        done.status.success(),
        "podman {args:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// The name of the image, built once.
fn image() -> &'static str {
    static IMAGE: OnceLock<String> = OnceLock::new();
    IMAGE.get_or_init(|| {
        require_root();
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("tests are in a workspace");
        let built = run(Command::new(cargo)
            .args(["xtask", "image"])
            .current_dir(workspace));
        assert!(
            built.status.success(),
            "no image: {}",
            String::from_utf8_lossy(&built.stderr)
        );
        let said = String::from_utf8_lossy(&built.stdout);
        said.lines().last().expect("it says the image's name").to_owned()
    })
}

/// A container that is removed at the end, however that comes.
struct Container(String);

impl Container {
    fn new(name: &str) -> Self {
        Self(unique(name))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        // It may have ended and removed itself, and then there is nothing to do.
        let _removed = podman(&["rm", "--force", "--ignore", "--time", "0", &self.0]).output();
    }
}

/// Runs the image as the manifest says. What the pod may write of the node, and what is of a kubelet that this machine
/// may not have, is in the scene.
fn daemon(container: &Container, scene: &Scene) -> Daemon {
    // First, as podman's settings come with it.
    let image = image();
    let manifest = Manifest::read();
    let mut podman = podman(&[
        "run",
        "--rm",
        "--security-opt=seccomp=unconfined",
        NETWORK,
        "--name",
    ]);
    podman.arg(&container.0).args(manifest.rights());
    for folder in manifest.folders() {
        let Folder {
            node,
            container,
            is_read_only,
        } = folder;
        let is_of_node = is_read_only && Path::new(&node).is_dir();
        let from = if is_of_node {
            PathBuf::from(&node)
        } else {
            scene.path().join(node.replace('/', "-"))
        };
        fs::create_dir_all(&from).expect("the folder is ours");
        let mode = if is_read_only { "ro" } else { "rw" };
        podman.arg(format!("--volume={}:{container}:{mode}", from.display()));
    }
    for (name, value) in manifest.env() {
        podman.arg(format!("--env={name}={value}"));
    }
    Daemon::start_by(podman.arg(image).args(manifest.args()), &[])
}

/// An image with a shell and the machine's kubectl.
fn image_with_kubectl() -> String {
    let context = tempfile::tempdir().expect("a folder can be made");
    let busybox = Path::new("/bin/busybox");
    assert!(
        busybox.is_file(),
        "this test needs Debian's busybox-static: `cargo xtask test` installs it"
    );
    let files: [(PathBuf, &str); 2] = [
        (busybox.into(), "sh"),
        (kubectl().canonicalize().expect("it is there"), "kubectl"),
    ];
    for (from, name) in files {
        fs::copy(from, context.path().join(name)).expect("it can be copied");
    }
    let file = "FROM scratch\nCOPY sh /bin/sh\nCOPY kubectl /usr/bin/kubectl\nENV PATH=/usr/bin:/bin\n";
    fs::write(context.path().join("Containerfile"), file).expect("the folder is ours");
    let tag = "localhost/kubectl-watch-test-tools:1".to_owned();
    podman_does(&[
        "build",
        "--pull=never",
        "--tag",
        &tag,
        context.path().to_str().expect("it is text"),
    ]);
    tag
}

#[test]
fn the_image_sees_an_exec_on_the_node_and_names_its_user() {
    let (container, scene) = (Container::new("kubectl-watch-test"), Scene::new());
    let mut daemon = daemon(&container, &scene);
    let user = unique("on-the-node");
    run(Command::new("bash").args(["-c", &format!("kubectl version --client --as={user}; true")]));
    let alert = daemon.alert(&user);
    assert_eq!(alert["process"]["parent"]["name"], "bash");
    // The image has no list of users: this is the node's.
    assert_eq!(alert["user"]["name"], "root");
    assert!(alert["container"].is_null(), "{}", alert["container"]);
    let stopped = daemon.stop();
    assert!(stopped.log.contains("nothing lost"), "{}", stopped.log);
}

#[test]
fn a_pod_says_since_when_nobody_watched_by_what_the_one_before_left() {
    let (container, scene) = (Container::new("kubectl-watch-test"), Scene::new());
    for known in ["from the boot of the node", "when kubectl-watch was told to end"] {
        let mut daemon = daemon(&container, &scene);
        let gap = daemon.notice("watch-gap", |_| true);
        let said = gap["event"]["reason"].as_str().expect("it is a sentence");
        assert!(said.contains(known), "{said}");
        daemon.stop();
    }
}

#[test]
fn evasion_16_another_container_is_seen_by_the_image_and_named() {
    let (container, other) = (
        Container::new("kubectl-watch-test"),
        Container::new("kubectl-watch-test-other"),
    );
    let scene = Scene::new();
    let mut daemon = daemon(&container, &scene);
    let tools = image_with_kubectl();
    let user = unique("in-a-container");
    // The container lives until it is told to end, so that its cgroup is there when the daemon looks.
    let line = format!(
        "echo 'current-context: inside' > /config; kubectl --kubeconfig=config version --client --as={user}; read end"
    );
    let id = podman_does(&[
        "run",
        "--detach",
        "--interactive",
        NETWORK,
        "--name",
        &other.0,
        &tools,
        "/bin/sh",
        "-c",
        &line,
    ]);
    let alert = daemon.whole_alert(&user);
    assert_eq!(alert["process"]["parent"]["name"], "sh");
    assert_eq!(
        alert["kubectl_watch"]["kubeconfig"]["context"], "inside",
        "{alert}"
    );
    assert_eq!(alert["kubectl_watch"]["kubeconfig"]["file"][0]["path"], "/config");
    assert_eq!(alert["process"]["executable"], "/usr/bin/kubectl");
    assert_eq!(alert["container"]["id"], id.as_str());
    // The node's number, and the container's own.
    let inside = &alert["kubectl_watch"]["namespace"]["process_pid"];
    assert!(inside.as_u64() < alert["process"]["pid"].as_u64(), "{alert}");
    for rule in [SEED, "Kubectl in a Container"] {
        assert_eq!(daemon.alert_of(rule, &user)["container"]["id"], id.as_str());
    }
}
