//! What happens: a token is taken out of one pod and used from another, first as it is, then to act as somebody else.

use super::node::{Client, Node};
use super::source::Programs;
use super::story::{Act, Story};
use crate::image;
use crate::program::{output, run, workspace};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

/// The image of all pods but one: a shell, and kubectl. It waits, as what holds a pod together does.
pub(super) const IMAGE: &str = "localhost/tools:1";
const CONTAINERFILE: &str = "FROM scratch
COPY bin /bin
ENV PATH=/bin
ENTRYPOINT [\"/bin/sleep\", \"2147483647\"]
";
/// The parts of busybox that are there.
const SHELL: [&str; 4] = ["sh", "sleep", "cat", "true"];

const SCENE: &str = include_str!("scene.yaml");
const NAMESPACE: &str = "--namespace=shop";
/// Where a pod finds its own token.
const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
/// What a thief asks for, once by the token alone and once as somebody who may do everything.
const ACTS: [&str; 2] = [
    "get secrets --namespace=kube-system",
    "--as=system:admin --as-group=system:masters create clusterrolebinding mine --clusterrole=cluster-admin --user=me",
];

/// Builds the image of the pods.
pub(super) fn build_image(programs: &Programs, folder: &Path) -> Result<()> {
    let context = tempfile::tempdir().context("cannot make a folder")?;
    let bin = context.path().join("bin");
    fs::create_dir(&bin).context("cannot make a folder")?;
    fs::copy("/bin/busybox", bin.join("busybox")).context("cannot copy busybox")?;
    fs::copy(programs.get("kubectl")?, bin.join("kubectl")).context("cannot copy kubectl")?;
    for name in SHELL {
        symlink("busybox", bin.join(name)).context("cannot name a part of busybox")?;
    }
    let containerfile = context.path().join("Containerfile");
    fs::write(&containerfile, CONTAINERFILE).context("cannot write the Containerfile")?;
    let engine = image::engine()?;
    engine.build(context.path(), &containerfile, IMAGE)?;
    engine.save(IMAGE, &folder.join("tools.tar"))
}

/// Plays it on a node, and collects what is told of it.
pub(super) fn play(node: &mut Node) -> Result<Story> {
    let client = node.client();
    apply(&client, &daemon_set()?)?;
    apply(&client, SCENE)?;
    eprintln!("Waiting for the pods");
    let rolled_out = [
        "rollout",
        "status",
        "daemonset/kubectl-watch",
        "--namespace=kubectl-watch",
        "--timeout=2m",
    ];
    run(&mut client.kubectl(rolled_out))?;
    let ready = [
        "wait",
        "pod",
        "--all",
        "--for=condition=Ready",
        NAMESPACE,
        "--timeout=2m",
    ];
    run(&mut client.kubectl(ready))?;
    node.until("kubectl-watch watches", || {
        log(&client).is_ok_and(|log| log.contains(" watching "))
    })?;

    let token = output(&mut client.kubectl(["exec", "deployer", NAMESPACE, "--", "cat", TOKEN]))?;
    let token = token.trim();
    ensure!(token.split('.').count() == 3, "the pod has no token");
    eprintln!("Acting from pod web-0 with the token of pod deployer");
    let server = "--server=https://10.96.0.1 --insecure-skip-tls-verify";
    for act in ACTS {
        let line = format!("kubectl {server} --token={token} {act}; true");
        let said = output(&mut client.kubectl(["exec", "web-0", NAMESPACE, "--", "sh", "-c", &line]))?;
        eprint!("{said}");
    }
    let mut documents = Vec::new();
    node.until("both are told of, and what came of them", || {
        let log = log(&client).unwrap_or_default();
        let lines = log.lines().filter(|line| line.starts_with('{'));
        documents = lines
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .collect();
        ACTS.iter()
            .all(|act| Act::find(&documents, last_word(act)).is_some())
    })?;
    let acts = ACTS.iter().map(|act| Act::find(&documents, last_word(act)));
    let acts: Vec<Act> = acts
        .collect::<Option<_>>()
        .context("they were there a moment ago")?;

    let mut lines = node.audit_log()?;
    lines.truncate(lines.rfind('\n').map_or(0, |end| end + 1));
    let requests = lines
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<Vec<Value>, _>>();
    let story = Story::new(acts, &requests.context("the audit log is no JSON")?)?;
    story.check(token, &documents)?;
    story.with_runbook(runbook)
}

/// By which word of its own an act is found again.
fn last_word(act: &str) -> &str {
    act.rsplit(' ').next().unwrap_or(act)
}

/// The `DaemonSet` that ships, but for how it is replaced: Kubernetes knows `maxSurge` since 1.22.
fn daemon_set() -> Result<String> {
    let text =
        fs::read_to_string(workspace().join("deploy/daemonset.yaml")).context("cannot read the DaemonSet")?;
    let (before, rest) = text
        .split_once("  updateStrategy:\n")
        .context("the DaemonSet has no updateStrategy")?;
    let (_, after) = rest
        .split_once("  template:\n")
        .context("the DaemonSet has no template")?;
    Ok(format!("{before}  template:\n{after}"))
}

fn apply(client: &Client, text: &str) -> Result<()> {
    let mut child = client
        .kubectl(["apply", "--filename=-"])
        .stdin(Stdio::piped())
        .spawn()
        .context("cannot start kubectl")?;
    let mut input = child.stdin.take().context("kubectl has no input")?;
    input
        .write_all(text.as_bytes())
        .context("kubectl takes no input")?;
    drop(input);
    ensure!(
        child.wait().context("lost kubectl")?.success(),
        "kubectl apply failed"
    );
    Ok(())
}

/// All that kubectl-watch wrote.
fn log(client: &Client) -> Result<String> {
    output(&mut client.kubectl(["logs", "daemonset/kubectl-watch", "--namespace=kubectl-watch"]))
}

/// What to do about an alert, by the program itself.
fn runbook(documents: &str) -> Result<String> {
    let file = tempfile::NamedTempFile::new().context("cannot make a file")?;
    fs::write(file.path(), documents).context("cannot write the alert")?;
    let binary = crate::build::release()?;
    output(Command::new(binary).args(["runbook", "--alert"]).arg(file.path()))
}
