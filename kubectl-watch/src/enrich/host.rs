//! What the node is called and what runs on it, read once when the daemon starts.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use super::root::{HostRoot, own_file, read_up_to};
use crate::alert::{Boot, Host, Os};

/// Bytes of a file that are read; all of them are short.
const MAX_FILE: u64 = 64 * 1024;

/// Reads what can be had. The name is what Kubernetes calls the node, where somebody says it.
#[must_use]
pub fn read(root: &HostRoot, node_name: Option<&str>) -> Host {
    let kernel = rustix::system::uname();
    let node_name = node_name.filter(|name| !name.is_empty());
    // A container has a hostname of its own, usually its pod's: where somebody says the node's name, and the node's
    // root is not to be seen, that name is the better one.
    let own_name =
        || node_name.map_or_else(|| kernel.nodename().to_string_lossy().into_owned(), str::to_owned);
    let hostname = if root.is_own() {
        None
    } else {
        line(root, "/etc/hostname")
    }
    .unwrap_or_else(own_name);
    let release = ["/etc/os-release", "/usr/lib/os-release"]
        .iter()
        .find_map(|path| text(root, path))
        .map(|text| Release::parse(&text))
        .unwrap_or_default();
    Host {
        name: node_name.unwrap_or(&hostname).to_owned(),
        hostname,
        id: line(root, "/etc/machine-id"),
        architecture: kernel.machine().to_string_lossy().into_owned(),
        boot: boot_id().map(|id| Boot { id }),
        os: Os {
            kernel: kernel.release().to_string_lossy().into_owned(),
            family: release.family(),
            platform: release.get("ID"),
            name: release.get("NAME"),
            version: release.get("VERSION_ID"),
            full: release.get("PRETTY_NAME"),
            ..Os::default()
        },
        ..Host::default()
    }
}

/// The inode of the first pid namespace; the kernel's `PROC_PID_INIT_INO`.
const FIRST_PID_NAMESPACE: u64 = 0xefff_fffc;

/// Whether `/proc` has all processes of the node, by the pids that the kernel says. None where that is not known.
#[must_use]
pub fn has_all_pids() -> Option<bool> {
    let namespace = fs::metadata("/proc/self/ns/pid").ok()?;
    Some(namespace.ino() == FIRST_PID_NAMESPACE)
}

/// The id of this start of the kernel; the same in every container.
fn boot_id() -> Option<String> {
    let file = own_file(Path::new("/proc/sys/kernel/random/boot_id")).ok()?;
    let bytes = read_up_to(file, MAX_FILE).ok()?;
    Some(String::from_utf8(bytes).ok()?.trim().to_owned())
}

fn text(root: &HostRoot, path: &str) -> Option<String> {
    let (bytes, _) = root.read(path, MAX_FILE).ok()?;
    String::from_utf8(bytes).ok()
}

/// The first line that says something.
fn line(root: &HostRoot, path: &str) -> Option<String> {
    let text = text(root, path)?;
    text.lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
}

/// An `os-release` file.
#[derive(Debug, Default)]
pub(super) struct Release(Vec<(String, String)>);

impl Release {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| {
            let (name, value) = line.trim().split_once('=')?;
            let quoted = ['"', '\'']
                .iter()
                .find_map(|&mark| value.strip_prefix(mark)?.strip_suffix(mark));
            Some((name.to_owned(), quoted.unwrap_or(value).to_owned()))
        });
        Self(pairs.collect())
    }

    fn get(&self, name: &str) -> Option<String> {
        let found = self
            .0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty());
        found.map(|(_, value)| value.clone())
    }

    /// What Elastic's agents call the family of a distribution.
    pub(super) fn family(&self) -> Option<String> {
        let ids = [self.get("ID"), self.get("ID_LIKE")]
            .map(Option::unwrap_or_default)
            .join(" ");
        ids.split_whitespace().find_map(|id| {
            let family = match id {
                "debian" | "ubuntu" => "debian",
                "rhel" | "fedora" | "centos" | "amzn" | "rocky" | "almalinux" | "ol" => "redhat",
                "suse" | "sles" | "opensuse" => "suse",
                "arch" => "arch",
                "alpine" => "alpine",
                _ => return None,
            };
            Some(family.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_node_is_read_from_its_own_root() {
        let folder = tempfile::tempdir().expect("folder");
        fs::create_dir_all(folder.path().join("etc")).expect("etc");
        for (file, text) in [
            ("hostname", "# set by the installer\n\nip-10-0-0-7\n"),
            ("machine-id", "0123456789abcdef0123456789abcdef\n"),
            (
                "os-release",
                "NAME=\"Rocky Linux\"\nID='rocky'\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=9.4\nbad\nPRETTY_NAME=\"\"\n",
            ),
        ] {
            fs::write(folder.path().join("etc").join(file), text).expect("file");
        }
        let root = HostRoot::open(Some(folder.path())).expect("root");
        assert!(!root.is_own());
        let host = read(&root, Some("node-1"));
        assert_eq!(
            (host.name.as_str(), host.hostname.as_str()),
            ("node-1", "ip-10-0-0-7")
        );
        assert_eq!(host.id.as_deref(), Some("0123456789abcdef0123456789abcdef"));
        assert_eq!(host.os.family.as_deref(), Some("redhat"));
        assert_eq!(host.os.name.as_deref(), Some("Rocky Linux"));
        assert_eq!(host.os.version.as_deref(), Some("9.4"));
        assert_eq!(host.os.full, None);
        assert_eq!(read(&root, None).name, "ip-10-0-0-7");
        assert_eq!(read(&root, Some("")).name, "ip-10-0-0-7");
    }

    #[test]
    fn a_node_without_files_still_has_a_name() {
        let folder = tempfile::tempdir().expect("folder");
        let host = read(&HostRoot::open(Some(folder.path())).expect("root"), None);
        assert!(!host.name.is_empty() && !host.os.kernel.is_empty());
        assert_eq!(host.id, None);
        assert_eq!(Release::parse("ID=gentoo").family(), None);
    }
}
