//! What the parts of a node are told: who they are, whom they trust, and where things are.

use super::network::{API, NODE, PODS};
use crate::program::output;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who asks the API server: a name, and the subject by which it knows him.
const CLIENTS: [(&str, &str); 4] = [
    ("admin", "/O=system:masters/CN=admin"),
    ("controller-manager", "/CN=system:kube-controller-manager"),
    ("scheduler", "/CN=system:kube-scheduler"),
    ("kubelet", "/O=system:nodes/CN=system:node:node1"),
];

/// Where everything of a node is.
pub(super) struct Settings {
    /// For short paths: sockets have no more than 108 bytes.
    pub(super) run: PathBuf,
    /// The folder of the network's plug-ins.
    pub(super) plugins: PathBuf,
}

impl Settings {
    /// Writes all of them.
    pub(super) fn write(&self) -> Result<()> {
        for folder in ["pki", "cni", "sysctl"] {
            fs::create_dir_all(self.at(folder)).with_context(|| format!("cannot make {folder}"))?;
        }
        self.make_keys()?;
        self.file("audit.yaml", AUDIT)?;
        self.file("containerd.toml", &self.containerd())?;
        self.file("cni/10-bridge.conflist", &self.network())?;
        self.file("kubelet.yaml", &self.kubelet())
    }

    /// A place among them, as a text.
    pub(super) fn at(&self, place: &str) -> String {
        self.run.join(place).display().to_string()
    }

    /// The kubeconfig of a client.
    pub(super) fn kubeconfig(&self, of: &str) -> String {
        self.at(&format!("pki/{of}.kubeconfig"))
    }

    fn file(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.at(name), text).with_context(|| format!("cannot write {name}"))
    }

    /// An authority, who is known by its certificates, and the keys of service accounts.
    fn make_keys(&self) -> Result<()> {
        let pki = self.run.join("pki");
        openssl(
            &pki,
            "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=cluster",
        )?;
        let names = format!("IP:{API},IP:{NODE},IP:127.0.0.1,DNS:localhost,DNS:kubernetes.default.svc");
        self.certify("apiserver", "/CN=kube-apiserver", &names)?;
        for (name, subject) in CLIENTS {
            self.certify(name, subject, &format!("IP:{NODE},DNS:node1"))?;
            self.file(&format!("pki/{name}.kubeconfig"), &self.kubeconfig_text(name))?;
        }
        openssl(&pki, "genrsa -out accounts.key 2048")?;
        openssl(&pki, "rsa -in accounts.key -pubout -out accounts.pub")
    }

    fn certify(&self, name: &str, subject: &str, names: &str) -> Result<()> {
        let pki = self.run.join("pki");
        let extensions = format!("extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName={names}\n");
        self.file("pki/extensions", &extensions)?;
        openssl(
            &pki,
            &format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj {subject}"),
        )?;
        openssl(
            &pki,
            &format!(
                "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 \
                 -out {name}.crt -extfile extensions"
            ),
        )
    }

    fn kubeconfig_text(&self, name: &str) -> String {
        let pki = self.at("pki");
        format!(
            r#"apiVersion: v1
kind: Config
current-context: here
clusters: [{{name: here, cluster: {{server: "https://{API}:443", certificate-authority: {pki}/ca.crt}}}}]
users: [{{name: {name}, user: {{client-certificate: {pki}/{name}.crt, client-key: {pki}/{name}.key}}}}]
contexts: [{{name: here, context: {{cluster: here, user: {name}}}}}]
"#
        )
    }

    fn containerd(&self) -> String {
        let (run, plugins) = (self.run.display(), self.plugins.display());
        format!(
            r#"version = 2
root = "{run}/containerd"
state = "{run}/containerd-state"
[grpc]
  address = "{run}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{image}"
  # Without CAP_SYS_RESOURCE nobody may make it harder to end a process.
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "{plugins}"
  conf_dir = "{run}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
"#,
            image = super::scene::IMAGE,
        )
    }

    fn network(&self) -> String {
        let run = self.run.display();
        let ranges = format!(r#"[[{{"subnet": "{PODS}"}}]]"#);
        format!(
            r#"{{"cniVersion": "0.4.0", "name": "pods", "plugins": [{{
  "type": "bridge", "bridge": "pods0", "isGateway": true,
  "ipam": {{"type": "host-local", "dataDir": "{run}/addresses", "ranges": {ranges}, "routes": [{{"dst": "0.0.0.0/0"}}]}}
}}]}}
"#
        )
    }

    fn kubelet(&self) -> String {
        let pki = self.at("pki");
        format!(
            r#"apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: {NODE}
authentication: {{anonymous: {{enabled: false}}, webhook: {{enabled: true}}, x509: {{clientCAFile: {pki}/ca.crt}}}}
authorization: {{mode: Webhook}}
tlsCertFile: {pki}/kubelet.crt
tlsPrivateKeyFile: {pki}/kubelet.key
cgroupDriver: cgroupfs
failSwapOn: false
enforceNodeAllocatable: []
# This machine is not the node's own: what it has left is nobody's business.
evictionHard: {{nodefs.available: "1%", imagefs.available: "1%", memory.available: "50Mi"}}
imageGCHighThresholdPercent: 100
resolvConf: ""
nodeStatusUpdateFrequency: 1s
"#
        )
    }
}

/// Each request once it is answered, without what was asked and answered.
const AUDIT: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
";

fn openssl(folder: &Path, line: &str) -> Result<()> {
    output(
        Command::new("openssl")
            .current_dir(folder)
            .args(line.split_whitespace()),
    )
    .map(drop)
}
