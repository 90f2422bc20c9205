//! One node, and the control plane on it.

use super::network::{self, API, NODE};
use super::processes::Processes;
use super::settings::Settings;
use super::source::Programs;
use crate::program::{output, run};
use anyhow::{Context, Result, ensure};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// Parameters of the kernel that a kubelet sets for the whole machine.
const SYSCTLS: [&str; 3] = ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"];
/// Folders of the machine in whose place the node has its own.
const OWN: [&str; 4] = [
    "/var/log/pods",
    "/var/log/containers",
    "/var/lib/kubectl-watch",
    "/run/netns",
];
/// Tokens in pods that end with the pod, as newer versions have them.
const BOUND_TOKENS: &str = "--feature-gates=BoundServiceAccountTokenVolume=true";
/// Images to be had without a registry, by their files.
const IMAGES: [&str; 2] = ["kubectl-watch.tar", "tools.tar"];

/// A node that runs until it is dropped.
pub(super) struct Node {
    processes: Processes,
    settings: Settings,
    client: Client,
    path: String,
}

/// Who may do everything there.
#[derive(Clone)]
pub(super) struct Client {
    kubectl: PathBuf,
    kubeconfig: String,
}

impl Client {
    /// kubectl, as him.
    pub(super) fn kubectl<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut kubectl = Command::new(&self.kubectl);
        kubectl.env("KUBECONFIG", &self.kubeconfig).args(args);
        kubectl
    }
}

impl Node {
    /// Starts all of it, and waits until pods can run there.
    pub(super) fn start(programs: &Programs, folder: &Path, run: &Path) -> Result<Self> {
        let settings = Settings {
            run: run.to_owned(),
            plugins: programs.plugins.clone(),
        };
        settings.write()?;
        let mut this = Self {
            processes: Processes::new(&folder.join("logs"))?,
            client: Client {
                kubectl: programs.get("kubectl")?,
                kubeconfig: settings.kubeconfig("admin"),
            },
            path: programs.path(),
            settings,
        };
        network::make()?;
        this.mount()?;
        eprintln!("Starting the control plane");
        this.start_control_plane(programs)?;
        eprintln!("Starting the node");
        this.start_kubelet(programs, folder)?;
        Ok(this)
    }

    /// Who may do everything.
    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// What the API server logged, a line for each request.
    pub(super) fn audit_log(&self) -> Result<String> {
        fs::read_to_string(self.settings.at("audit.log")).context("cannot read the audit log")
    }

    /// Waits until something holds.
    pub(super) fn until(&mut self, what: &str, holds: impl FnMut() -> bool) -> Result<()> {
        self.processes.until(what, holds)
    }

    /// Gives the node what a kubelet writes to, so that the machine keeps its own.
    fn mount(&self) -> Result<()> {
        run(Command::new("mount").args(["--make-rshared", "/"]))?;
        for sysctl in SYSCTLS {
            let of_machine = format!("/proc/sys/{sysctl}");
            let own = self.settings.at(&format!("sysctl/{}", sysctl.replace('/', ".")));
            fs::copy(&of_machine, &own).with_context(|| format!("cannot copy {of_machine}"))?;
            run(Command::new("mount").args(["--bind", &own, &of_machine]))?;
        }
        for folder in OWN {
            run(Command::new("mount").args(["-t", "tmpfs", "node", folder]))?;
        }
        // Namespaces of the network are mounted there, and have to be seen where containers are made.
        run(Command::new("mount").args(["--make-rshared", "/run/netns"]))
    }

    fn start_control_plane(&mut self, programs: &Programs) -> Result<()> {
        let settings = &self.settings;
        let at = |place: &str| settings.at(place);
        let mut etcd = Command::new(programs.get("etcd")?);
        etcd.args([
            "--data-dir",
            &at("etcd"),
            "--unsafe-no-fsync",
            "--log-level",
            "warn",
        ]);
        self.processes.start("etcd", &mut etcd)?;

        let mut server = Command::new(programs.get("kube-apiserver")?);
        server.args([
            "--etcd-servers=http://127.0.0.1:2379",
            "--secure-port=443",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            "--anonymous-auth=false",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/24",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--kubelet-preferred-address-types=InternalIP",
            BOUND_TOKENS,
            &format!("--bind-address={API}"),
            &format!("--advertise-address={NODE}"),
        ]);
        for (flag, place) in [
            ("tls-cert-file", "pki/apiserver.crt"),
            ("tls-private-key-file", "pki/apiserver.key"),
            ("client-ca-file", "pki/ca.crt"),
            ("service-account-key-file", "pki/accounts.pub"),
            ("service-account-signing-key-file", "pki/accounts.key"),
            ("kubelet-certificate-authority", "pki/ca.crt"),
            ("kubelet-client-certificate", "pki/admin.crt"),
            ("kubelet-client-key", "pki/admin.key"),
            ("audit-policy-file", "audit.yaml"),
            ("audit-log-path", "audit.log"),
        ] {
            server.arg(format!("--{flag}={}", at(place)));
        }
        self.processes.start("kube-apiserver", &mut server)?;
        let client = self.client();
        self.processes.until("the API server is ready", || {
            output(&mut client.kubectl(["get", "--raw=/readyz"])).is_ok()
        })?;

        for name in ["controller-manager", "scheduler"] {
            let kubeconfig = self.settings.kubeconfig(name);
            let mut command = Command::new(programs.get(&format!("kube-{name}"))?);
            command.args(["--bind-address=127.0.0.1", "--port=0", "--leader-elect=false"]);
            for flag in [
                "kubeconfig",
                "authentication-kubeconfig",
                "authorization-kubeconfig",
            ] {
                command.arg(format!("--{flag}={kubeconfig}"));
            }
            if name == "controller-manager" {
                command
                    .args([BOUND_TOKENS, "--use-service-account-credentials=true"])
                    .arg(format!("--root-ca-file={}", self.settings.at("pki/ca.crt")))
                    .arg(format!(
                        "--service-account-private-key-file={}",
                        self.settings.at("pki/accounts.key")
                    ));
            }
            self.processes.start(&format!("kube-{name}"), &mut command)?;
        }
        Ok(())
    }

    fn start_kubelet(&mut self, programs: &Programs, folder: &Path) -> Result<()> {
        let socket = self.settings.at("containerd.sock");
        let mut containerd = Command::new(programs.get("containerd")?);
        containerd
            .env("PATH", &self.path)
            .args(["--config", &self.settings.at("containerd.toml")]);
        self.processes.start("containerd", &mut containerd)?;
        let ctr = programs.get("ctr")?;
        let ask = |words: &[&str]| {
            let mut command = Command::new(&ctr);
            output(
                command
                    .args(["--address", &socket, "--namespace", "k8s.io"])
                    .args(words),
            )
        };
        self.processes
            .until("containerd answers", || ask(&["version"]).is_ok())?;
        for image in IMAGES {
            ask(&["images", "import", &folder.join(image).display().to_string()])?;
        }

        let mut kubelet = Command::new(programs.get("kubelet")?);
        kubelet.env("PATH", &self.path).args([
            "--container-runtime=remote",
            &format!("--container-runtime-endpoint=unix://{socket}"),
            &format!("--config={}", self.settings.at("kubelet.yaml")),
            &format!("--kubeconfig={}", self.settings.kubeconfig("kubelet")),
            &format!("--root-dir={}", self.settings.at("kubelet")),
            &format!("--cert-dir={}", self.settings.at("kubelet-pki")),
            &format!("--node-ip={NODE}"),
            "--hostname-override=node1",
        ]);
        self.processes.start("kubelet", &mut kubelet)?;
        let client = self.client();
        self.processes.until("the node is ready", || {
            let condition = "-o=jsonpath={.status.conditions[?(@.type=='Ready')].status}";
            output(&mut client.kubectl(["get", "node", "node1", condition])).is_ok_and(|is| is == "True")
        })
    }
}

/// What a node leaves on the machine, which is gone when this is dropped: to be kept outside of its namespaces.
pub(super) struct Traces {
    made: Vec<&'static str>,
}

impl Traces {
    /// Makes what has to be there before.
    pub(super) fn prepare() -> Result<Self> {
        ensure!(
            pod_cgroups().is_empty(),
            "a kubelet runs on this machine, or has left its cgroups: two of them would share those"
        );
        let made: Vec<_> = OWN
            .into_iter()
            .filter(|folder| !Path::new(folder).exists())
            .collect();
        for folder in &made {
            fs::create_dir_all(folder).with_context(|| format!("cannot make {folder}"))?;
        }
        Ok(Self { made })
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        let removed = self.made.iter().map(fs::remove_dir);
        let pods = pod_cgroups().into_iter().map(|root| remove_cgroups(&root));
        for error in removed.chain(pods).filter_map(Result::err) {
            eprintln!("something is left of the node: {error}");
        }
    }
}

/// The cgroups of all pods.
fn pod_cgroups() -> Vec<PathBuf> {
    let roots = fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten();
    let roots = roots.map(|root| root.path()).chain(["/sys/fs/cgroup".into()]);
    roots
        .map(|root| root.join("kubepods"))
        .filter(|place| place.is_dir())
        .collect()
}

/// Removes a cgroup and those below: their files go with them.
fn remove_cgroups(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_cgroups(&entry.path())?;
        }
    }
    fs::remove_dir(root)
}
