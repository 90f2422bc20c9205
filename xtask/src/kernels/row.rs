//! The kernels that are booted: the matrix, as data.

use crate::dist::Arch;

use super::verdict::Degradation;

/// One kernel, started in one way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// What it is called on the command line, with the architecture: `6.12-amd64`.
    pub(crate) name: &'static str,
    pub(crate) arch: Arch,
    /// The suite of Debian that has it.
    pub(crate) suite: &'static str,
    /// The package that stands for the newest of its kind there.
    pub(crate) package: &'static str,
    /// What the kernel is told besides.
    pub(crate) parameters: &'static str,
    /// Whether kubectl is a real one there. It is large, and slow under emulation.
    pub(crate) real_kubectl: bool,
    /// What may be less than on the newest kernel. Anything else is a failure.
    pub(crate) may_lack: &'static [Degradation],
}

const PLAIN: Row = Row {
    name: "",
    arch: Arch::X86_64,
    suite: "",
    package: "",
    parameters: "",
    real_kubectl: false,
    may_lack: &[],
};

const CLOUD_AMD64: Row = Row {
    package: "linux-image-cloud-amd64",
    ..PLAIN
};

const CLOUD_ARM64: Row = Row {
    arch: Arch::Aarch64,
    package: "linux-image-cloud-arm64",
    ..PLAIN
};

/// All of them, the oldest first.
pub(crate) const ROWS: &[Row] = &[
    Row {
        name: "5.10-amd64",
        suite: "bullseye",
        may_lack: &[Degradation::NoMissedCount],
        ..CLOUD_AMD64
    },
    Row {
        name: "5.10-arm64",
        suite: "bullseye",
        may_lack: &[Degradation::NoMissedCount],
        ..CLOUD_ARM64
    },
    Row {
        name: "6.1-amd64",
        suite: "bookworm",
        ..CLOUD_AMD64
    },
    Row {
        name: "6.1-arm64",
        suite: "bookworm",
        ..CLOUD_ARM64
    },
    Row {
        name: "6.1-full-amd64",
        suite: "bookworm",
        package: "linux-image-amd64",
        ..CLOUD_AMD64
    },
    Row {
        name: "6.1-locked-amd64",
        suite: "bookworm",
        parameters: "lockdown=confidentiality",
        may_lack: &[Degradation::Locked],
        ..CLOUD_AMD64
    },
    Row {
        name: "6.12-amd64",
        suite: "trixie",
        real_kubectl: true,
        ..CLOUD_AMD64
    },
    Row {
        name: "6.12-arm64",
        suite: "trixie",
        ..CLOUD_ARM64
    },
    Row {
        name: "6.12-rt-amd64",
        suite: "trixie",
        package: "linux-image-rt-amd64",
        ..CLOUD_AMD64
    },
    Row {
        name: "6.12-locked-amd64",
        suite: "trixie",
        parameters: "lockdown=confidentiality",
        ..CLOUD_AMD64
    },
    Row {
        name: "6.12-locked-arm64",
        suite: "trixie",
        parameters: "lockdown=confidentiality",
        ..CLOUD_ARM64
    },
    Row {
        name: "sid-amd64",
        suite: "sid",
        ..CLOUD_AMD64
    },
    Row {
        name: "newest-amd64",
        suite: "trixie-backports",
        ..CLOUD_AMD64
    },
    Row {
        name: "newest-locked-amd64",
        suite: "trixie-backports",
        parameters: "lockdown=confidentiality",
        ..CLOUD_AMD64
    },
    Row {
        name: "newest-arm64",
        suite: "trixie-backports",
        ..CLOUD_ARM64
    },
    Row {
        name: "newest-16k-arm64",
        suite: "trixie-backports",
        package: "linux-image-arm64-16k",
        ..CLOUD_ARM64
    },
];

/// Every suite that a kernel or the shell comes from, once.
pub(crate) fn suites() -> Vec<&'static str> {
    let mut suites: Vec<&str> = ROWS.iter().map(|row| row.suite).chain(["bookworm"]).collect();
    suites.sort_unstable();
    suites.dedup();
    suites
}
