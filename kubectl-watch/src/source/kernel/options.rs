//! How the kernel source is opened.

use std::path::PathBuf;

use super::KernelLog;

/// What is decided before anything is loaded.
#[derive(Clone, Debug)]
pub struct Options {
    /// The kernel's description of its types.
    pub btf: PathBuf,
    /// What the kernel program says of itself.
    pub log: KernelLog,
    /// Where the programs are pinned; none means that they end with the daemon.
    pub pins: Option<PathBuf>,
    /// Whether what follows processes is loaded, too.
    pub follow: bool,
}
