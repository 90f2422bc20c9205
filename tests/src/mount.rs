//! A file system of a test's own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run;

/// A mounted file system. It is unmounted when it is dropped.
pub struct Mount(PathBuf);

impl Mount {
    /// Mounts a new one of this type, with these options, on a new folder.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn new(kind: &str, options: &str, folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        fs::create_dir(folder).expect("the folder above is ours");
        let done = run(Command::new("mount")
            .args(["-t", kind, "-o", options, kind])
            .arg(folder));
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        Self(folder.to_owned())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Whoever still has a file open there keeps it until then, and nothing more can be done here.
        let _done = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
