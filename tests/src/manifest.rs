//! What `deploy/daemonset.yaml` gives the pod, read from that file.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

/// One of the documents of the file, as far as the tests ask for it.
#[derive(Deserialize)]
struct Document {
    kind: String,
    spec: Option<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    template: Template,
}

#[derive(Deserialize)]
struct Template {
    spec: Pod,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pod {
    #[serde(rename = "hostPID")]
    host_pid: bool,
    containers: [Container; 1],
    volumes: Vec<Volume>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Container {
    args: Vec<String>,
    env: Vec<Variable>,
    security_context: Rights,
    volume_mounts: Vec<VolumeMount>,
}

#[derive(Deserialize)]
struct Variable {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rights {
    privileged: bool,
    allow_privilege_escalation: bool,
    read_only_root_filesystem: bool,
    run_as_user: u32,
    run_as_group: u32,
    capabilities: Capabilities,
}

#[derive(Deserialize)]
struct Capabilities {
    drop: Vec<String>,
    add: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VolumeMount {
    name: String,
    mount_path: String,
    #[serde(default)]
    read_only: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Volume {
    name: String,
    host_path: HostPath,
}

#[derive(Deserialize)]
struct HostPath {
    path: String,
}

/// The `DaemonSet`.
pub struct Manifest(Pod);

/// A folder of the node that the pod sees.
#[derive(Debug)]
pub struct Folder {
    /// Where it is on the node.
    pub node: String,
    /// Where it is in the container.
    pub container: String,
    /// Whether it is for reading only.
    pub is_read_only: bool,
}

impl Manifest {
    /// Reads it.
    ///
    /// # Panics
    ///
    /// When it is not there, or not as it should be.
    pub fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/daemonset.yaml");
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let documents: Vec<Document> = serde_saphyr::from_multiple(&text).expect("it is YAML");
        let set = documents.into_iter().find(|it| it.kind == "DaemonSet");
        Self(set.and_then(|set| set.spec).expect("it has one").template.spec)
    }

    /// The capabilities that are added.
    pub fn capabilities(&self) -> &[String] {
        &self.0.containers[0].security_context.capabilities.add
    }

    /// What the program is told, and what the environment says that is the same on every node.
    pub fn args(&self) -> &[String] {
        &self.0.containers[0].args
    }

    /// The variables whose value is the same on every node.
    pub fn env(&self) -> impl Iterator<Item = (&str, &str)> {
        let env = self.0.containers[0].env.iter();
        env.filter_map(|it| Some((it.name.as_str(), it.value.as_deref()?)))
    }

    /// The folders of the node.
    pub fn folders(&self) -> Vec<Folder> {
        let of_node: BTreeMap<&str, &str> = self
            .0
            .volumes
            .iter()
            .map(|it| (it.name.as_str(), it.host_path.path.as_str()))
            .collect();
        let mounts = self.0.containers[0].volume_mounts.iter();
        mounts
            .map(|mount| Folder {
                node: of_node[mount.name.as_str()].to_owned(),
                container: mount.mount_path.clone(),
                is_read_only: mount.read_only,
            })
            .collect()
    }

    /// The rights, as podman says them; all but the seccomp profile, which each runtime has its own of.
    ///
    /// # Panics
    ///
    /// When the manifest gives more than it says it does.
    pub fn rights(&self) -> Vec<String> {
        let rights = &self.0.containers[0].security_context;
        assert!(!rights.privileged, "the pod is not privileged");
        assert_eq!(rights.capabilities.drop, ["ALL"]);
        let mut said = vec![
            "--cap-drop=ALL".to_owned(),
            format!("--user={}:{}", rights.run_as_user, rights.run_as_group),
            format!("--read-only={}", rights.read_only_root_filesystem),
            // Podman mounts a few of its own there, which can be written to.
            "--read-only-tmpfs=false".to_owned(),
        ];
        said.extend(self.capabilities().iter().map(|it| format!("--cap-add={it}")));
        if self.0.host_pid {
            said.push("--pid=host".to_owned());
        }
        if !rights.allow_privilege_escalation {
            said.push("--security-opt=no-new-privileges".to_owned());
        }
        said
    }
}
