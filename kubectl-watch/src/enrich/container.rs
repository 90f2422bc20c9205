//! Which container and pod a process runs in, by the path of its cgroup: no API server, no runtime socket.
//!
//! Runtimes differ in how they write the path, and all of them end it with the container's id of 64 hexadecimal
//! digits. A path is never read from its start: a node may itself be a container. Whoever owns a cgroup names those
//! below it as he likes, so the outermost that fits counts, which a kubelet or a runtime has made.

use super::process::ProcessFolder;
use crate::event::ProcessEvent;

/// Bytes of the file that are read; one line each for a dozen hierarchies.
const MAX_FILE: usize = 64 * 1024;
/// Digits of a container's id.
const ID_LEN: usize = 64;

/// Looks the process up while it lives.
pub(super) fn fill(event: &mut ProcessEvent) {
    if event.place.container_id.is_some() {
        return;
    }
    let file = ProcessFolder::open(&event.process).and_then(|folder| folder.read("cgroup", MAX_FILE));
    if let Some(file) = file {
        (event.place.container_id, event.place.pod_uid) = parse(&String::from_utf8_lossy(&file));
    }
}

/// The container's id and the pod's UID in a `/proc/PID/cgroup`, of version 1 or 2: as the first hierarchy has them
/// that has a pod, or else a container.
pub(super) fn parse(file: &str) -> (Option<String>, Option<String>) {
    let paths = file.lines().filter_map(|line| line.splitn(3, ':').nth(2));
    let mut found: Vec<_> = paths.map(of_path).collect();
    let place = found.iter().position(|(_, pod)| pod.is_some());
    let place = place.or_else(|| found.iter().position(|(id, _)| id.is_some()));
    place.map_or((None, None), |place| found.swap_remove(place))
}

/// The outermost pod of a path and the outermost container in it; or, where there is no pod, the outermost container.
fn of_path(path: &str) -> (Option<String>, Option<String>) {
    let parts: Vec<&str> = path.split(['/', ':']).collect();
    // No kubelet works below a user's own service manager, but that user does.
    let of_user = parts.iter().position(|part| is_user_manager(part));
    let others = &parts[..of_user.unwrap_or(parts.len())];
    let pod = (others.iter().enumerate()).find_map(|(place, part)| Some((place, pod_uid(part)?)));
    let (below, uid) = pod.map_or((0, None), |(place, uid)| (place + 1, Some(uid)));
    (parts[below..].iter().find_map(|part| container(part)), uid)
}

/// `user@UID.service`, as systemd calls it.
fn is_user_manager(part: &str) -> bool {
    part.starts_with("user@") && part.ends_with(".service")
}

/// The id in a part of a path that is a container's.
fn container(part: &str) -> Option<String> {
    let part = part.strip_suffix(".scope").unwrap_or(part);
    let (prefix, id) = part.split_at_checked(part.len().checked_sub(ID_LEN)?)?;
    let is_id = id
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'));
    // `crio-conmon-…` and `libpod-conmon-…` hold the container's keeper, not the container.
    let is_container = prefix.is_empty() || (prefix.ends_with('-') && !prefix.contains("conmon"));
    (is_id && is_container).then(|| id.to_owned())
}

/// The UID in a part that is `pod<uid>`, with hyphens.
fn pod_uid(part: &str) -> Option<String> {
    let part = part.strip_suffix(".slice").unwrap_or(part);
    let uid = part.rsplit_once("pod").map(|(_, uid)| uid.replace('_', "-"))?;
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let groups: Vec<_> = uid.split('-').collect();
    let is_uuid = groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]);
    // A static pod's is the hash of its manifest.
    let is_hash = uid.len() == 32 && groups.len() == 1;
    ((is_uuid || is_hash) && groups.into_iter().all(is_hex)).then_some(uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f2a9c0d4b5e6f708192a3b4c5d6e7f83f2a9c0d4b5e6f708192a3b4c5d6e7f8";
    const UID: &str = "0b8a1c2d-3e4f-5061-7283-94a5b6c7d8e9";

    #[test]
    fn each_runtime_and_driver_is_understood() {
        let underscored = UID.replace('-', "_");
        let pod = Some(UID);
        let hash = "1f".repeat(16);
        for (path, id, uid) in [
            (
                format!(
                    "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{underscored}.slice/cri-containerd-{ID}.scope"
                ),
                Some(ID),
                pod,
            ),
            (format!("0::/kubepods/burstable/pod{UID}/{ID}"), Some(ID), pod),
            (
                format!(
                    "5:memory:/system.slice/containerd.service/kubepods-burstable-pod{underscored}.slice:cri-containerd:{ID}"
                ),
                Some(ID),
                pod,
            ),
            (
                format!("0::/kubepods.slice/kubepods-pod{underscored}.slice/crio-{ID}.scope"),
                Some(ID),
                pod,
            ),
            (
                format!("0::/kubepods.slice/kubepods-pod{underscored}.slice/crio-conmon-{ID}.scope"),
                None,
                pod,
            ),
            (format!("0::/kubepods/pod{hash}/{ID}"), Some(ID), Some(&*hash)),
            (format!("0::/system.slice/docker-{ID}.scope"), Some(ID), None),
            (format!("4:pids:/docker/{ID}"), Some(ID), None),
            (
                format!("0::/machine.slice/libpod-{ID}.scope/container"),
                Some(ID),
                None,
            ),
            (format!("0::/machine.slice/libpod-conmon-{ID}.scope"), None, None),
            (
                format!(
                    "0::/docker/{}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{underscored}.slice/cri-containerd-{ID}.scope",
                    "a".repeat(64)
                ),
                Some(ID),
                pod,
            ),
            (format!("0::/system.slice/nerdctl-{ID}.scope"), Some(ID), None),
            (
                "0::/user.slice/user-1000.slice/session-1.scope".into(),
                None,
                None,
            ),
            ("0::/".into(), None, None),
            (format!("0::/x{ID}"), None, None),
            ("0::/kubepods/pod12345/x".into(), None, None),
            (String::new(), None, None),
        ] {
            let expected = (id.map(str::to_owned), uid.map(str::to_owned));
            assert_eq!(parse(&path), expected, "{path}");
        }
    }

    #[test]
    fn what_somebody_made_below_his_own_cgroup_is_not_believed() {
        let (other_id, other_pod) = ("e".repeat(64), UID.replace('0', "f"));
        let forged = format!("kubepods/pod{other_pod}/{other_id}");
        let user = "user.slice/user-1000.slice/user@1000.service";
        for (path, id, uid) in [
            (
                format!("0::/kubepods/pod{UID}/{ID}/{forged}"),
                Some(ID),
                Some(UID),
            ),
            (
                format!("0::/kubepods/pod{UID}/{ID}/{other_id}"),
                Some(ID),
                Some(UID),
            ),
            (
                format!(
                    "0::/kubepods.slice/kubepods-pod{}.slice:cri-containerd:{ID}/{forged}",
                    UID.replace('-', "_")
                ),
                Some(ID),
                Some(UID),
            ),
            // Docker in a container is that container's own affair.
            (format!("0::/docker/{ID}/docker/{other_id}"), Some(ID), None),
            (format!("0::/{user}/kubepods/pod{other_pod}"), None, None),
            (
                format!("0::/{user}/user.slice/libpod-{ID}.scope/container/pod{other_pod}"),
                Some(ID),
                None,
            ),
        ] {
            let expected = (id.map(str::to_owned), uid.map(str::to_owned));
            assert_eq!(parse(&path), expected, "{path}");
        }
        // A pod of one hierarchy and a container of another are no pair.
        let file = format!("9:name=x:/docker/{other_id}\n0::/kubepods/pod{UID}/{ID}\n");
        assert_eq!(parse(&file), (Some(ID.to_owned()), Some(UID.to_owned())));
    }

    #[test]
    fn the_first_hierarchy_that_knows_is_believed() {
        let file = format!("9:name=systemd:/docker/{ID}\n3:cpu:/\n0::/system.slice/containerd.service\n");
        assert_eq!(parse(&file), (Some(ID.to_owned()), None));
    }
}
