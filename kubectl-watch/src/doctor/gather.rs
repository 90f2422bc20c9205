//! Looks at the node. Nothing it finds or misses ends it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::{Bpf, Btf, Findings, Lockdown};
use crate::enrich::host::has_all_pids;
use crate::enrich::root::HostRoot;
use crate::source::kernel;

/// What a BTF file of this machine begins with.
const BTF_MAGIC: [u8; 2] = 0xeb9f_u16.to_ne_bytes();

/// Looks at everything. The probe makes a BPF object and says what became of it.
pub fn gather(btf: &Path, host_root: Option<&Path>, probe: impl FnOnce() -> io::Result<()>) -> Findings {
    Findings {
        kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
        btf: (btf.to_owned(), look_at_btf(btf)),
        capabilities: fs::read_to_string("/proc/self/status")
            .ok()
            .as_deref()
            .and_then(capabilities),
        bpf: outcome(probe()),
        lockdown: fs::read_to_string("/sys/kernel/security/lockdown")
            .ok()
            .as_deref()
            .and_then(lockdown),
        seccomp: Path::new("/proc/sys/kernel/seccomp/actions_avail").exists(),
        host_pids: has_all_pids(),
        bpf_fs: kernel::is_bpf_fs(Path::new("/sys/fs/bpf")),
        host_root: look_at_root(host_root),
    }
}

fn look_at_btf(path: &Path) -> Btf {
    let mut magic = [0; 2];
    match File::open(path).and_then(|mut file| file.read_exact(&mut magic)) {
        Ok(()) if magic == BTF_MAGIC => Btf::Valid,
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Btf::Unreadable(error.to_string()),
        _ => Btf::Invalid,
    }
}

fn outcome(result: io::Result<()>) -> Bpf {
    match result {
        Ok(()) => Bpf::Allowed,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Bpf::Denied,
        Err(error) => Bpf::Failed(error.to_string()),
    }
}

fn look_at_root(path: Option<&Path>) -> Result<std::path::PathBuf, String> {
    let said = path.map_or_else(String::new, |path| format!("{}: ", path.display()));
    let root = HostRoot::open(path).map_err(|error| format!("{said}{error}"))?;
    match root.file("/etc/passwd") {
        Ok(_) => Ok(root.path().to_owned()),
        Err(error) => Err(format!("{}: {error}", root.path().join("etc/passwd").display())),
    }
}

/// The effective capabilities in a `/proc/PID/status`.
fn capabilities(status: &str) -> Option<u64> {
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:"))?;
    u64::from_str_radix(set.trim(), 16).ok()
}

/// The mode in brackets.
fn lockdown(modes: &str) -> Option<Lockdown> {
    match modes.split_once('[')?.1.split_once(']')?.0 {
        "none" => Some(Lockdown::None),
        "integrity" => Some(Lockdown::Integrity),
        "confidentiality" => Some(Lockdown::Confidentiality),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_kernel_are_read() {
        assert_eq!(
            capabilities("Name:\tx\nCapEff:\t000001ffffffffff\n"),
            Some(0x1ff_ffff_ffff)
        );
        assert_eq!(capabilities("Name:\tx\n"), None);
        assert_eq!(
            lockdown("none [integrity] confidentiality\n"),
            Some(Lockdown::Integrity)
        );
        assert_eq!(lockdown(""), None);
    }

    #[test]
    fn a_btf_file_is_known_by_its_beginning() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("btf");
        assert!(matches!(look_at_btf(&file), Btf::Unreadable(_)));
        for (bytes, want) in [
            (&BTF_MAGIC[..], Btf::Valid),
            (b"\x7fELF", Btf::Invalid),
            (b"", Btf::Invalid),
        ] {
            fs::write(&file, bytes).expect("file");
            assert_eq!(look_at_btf(&file), want);
        }
    }

    #[test]
    fn a_probe_is_taken_at_its_word() {
        let findings = |result| gather(Path::new("/nowhere"), Some(Path::new("/nowhere")), || result);
        assert_eq!(findings(Ok(())).bpf, Bpf::Allowed);
        assert_eq!(findings(Err(io::Error::from_raw_os_error(1))).bpf, Bpf::Denied);
        let failed = findings(Err(io::Error::from_raw_os_error(38)));
        assert!(
            matches!(failed.bpf, Bpf::Failed(_)) && failed.host_root.is_err() && !failed.kernel.is_empty()
        );
    }
}
