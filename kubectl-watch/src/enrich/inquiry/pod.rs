//! What Kubernetes calls a pod and its container, by the folders that the kubelet keeps for their logs: no API server,
//! no runtime.

use std::fs;
use std::os::fd::AsRawFd as _;
use std::sync::Arc;

use crate::enrich::root::HostRoot;
use crate::event::{PodNames, ProcessEvent, Unknown};

/// `NAMESPACE_POD_UID`, and in it a folder for each container.
const PODS: &str = "/var/log/pods";
/// `POD_NAMESPACE_CONTAINER-ID.log`.
const CONTAINERS: &str = "/var/log/containers";
/// Entries of a folder that are looked at. A node has some hundred pods, of a few containers each.
const MAX_ENTRIES: usize = 16 * 1024;

/// What is asked.
#[derive(Debug)]
pub(super) struct Question {
    uid: String,
    container: Option<String>,
    root: Arc<HostRoot>,
}

impl Question {
    /// None where the process is in no pod.
    pub(super) fn of(event: &ProcessEvent, root: &Arc<HostRoot>) -> Option<Self> {
        Some(Self {
            uid: event.place.pod_uid.clone()?,
            container: event.place.container_id.clone(),
            root: Arc::clone(root),
        })
    }

    /// An error where the folder is not to be seen, or does not have the pod.
    pub(super) fn answer(&self) -> Result<Option<PodNames>, Unknown> {
        let pod = |entry: &str| {
            let (names, uid) = entry.rsplit_once('_')?;
            let (namespace, name) = names.split_once('_')?;
            (uid == self.uid).then(|| (entry.to_owned(), namespace.to_owned(), name.to_owned()))
        };
        let (folder, namespace, name) = self
            .entries(PODS)?
            .iter()
            .find_map(|it| pod(it))
            .ok_or(Unknown::Gone)?;
        let by_id = self.container.as_ref().and_then(|id| {
            let end = format!("-{id}.log");
            let begin = format!("{name}_{namespace}_");
            let entries = self.entries(CONTAINERS).ok()?;
            let found = entries
                .iter()
                .find_map(|it| it.strip_suffix(&end)?.strip_prefix(&begin));
            found.map(str::to_owned)
        });
        // Where there is but one, it is that one.
        let container = by_id.or_else(|| match &self.entries(&format!("{PODS}/{folder}")).ok()?[..] {
            [only] => Some(only.clone()),
            _ => None,
        });
        Ok(Some(PodNames {
            namespace,
            name,
            container,
        }))
    }

    /// The names in a folder of the node. What is no text was not made by a kubelet.
    fn entries(&self, folder: &str) -> Result<Vec<String>, Unknown> {
        let folder = self.root.file(folder)?;
        let entries = fs::read_dir(format!("/proc/self/fd/{}", folder.as_raw_fd()))?;
        let names = entries
            .take(MAX_ENTRIES)
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(names.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f2a9c0d4b5e6f708192a3b4c5d6e7f83f2a9c0d4b5e6f708192a3b4c5d6e7f8";
    const UID: &str = "0b8a1c2d-3e4f-5061-7283-94a5b6c7d8e9";

    fn ask(
        folder: &std::path::Path,
        uid: &str,
        container: Option<&str>,
    ) -> Result<Option<PodNames>, Unknown> {
        let root = Arc::new(HostRoot::open(Some(folder)).expect("root"));
        Question {
            uid: uid.to_owned(),
            container: container.map(str::to_owned),
            root,
        }
        .answer()
    }

    #[test]
    fn a_pod_is_named_by_its_logs() {
        let node = tempfile::tempdir().expect("folder");
        let (pods, containers) = (
            node.path().join("var/log/pods"),
            node.path().join("var/log/containers"),
        );
        // Of a static pod the UID is the hash of its manifest.
        let hash = "1f".repeat(16);
        for pod in [
            format!("shop_web.front-0_{UID}"),
            format!("kube-system_etcd-node_{hash}"),
        ] {
            for container in ["nginx", "side-car"] {
                fs::create_dir_all(pods.join(&pod).join(container)).expect("folder");
            }
        }
        fs::create_dir_all(pods.join("not a pod")).expect("folder");
        assert_eq!(ask(node.path(), "other", None), Err(Unknown::Gone));
        fs::remove_dir(pods.join(format!("kube-system_etcd-node_{hash}/side-car"))).expect("ours");
        fs::create_dir(&containers).expect("folder");
        fs::write(containers.join(format!("web.front-0_shop_side-car-{ID}.log")), "").expect("file");

        let names = |namespace: &str, name: &str, container: Option<&str>| {
            Ok(Some(PodNames {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                container: container.map(str::to_owned),
            }))
        };
        assert_eq!(
            ask(node.path(), UID, Some(ID)),
            names("shop", "web.front-0", Some("side-car"))
        );
        assert_eq!(ask(node.path(), UID, None), names("shop", "web.front-0", None));
        assert_eq!(
            ask(node.path(), &hash, Some(ID)),
            names(
                "kube-system",
                "etcd-node",
                Some("etcd".replace("etcd", "nginx").as_str())
            )
        );
        let empty = tempfile::tempdir().expect("folder");
        assert_eq!(ask(empty.path(), UID, Some(ID)), Err(Unknown::Gone));
    }
}
