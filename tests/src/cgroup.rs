//! Control groups as a kubelet names them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A control group, removed at the end.
#[derive(Debug)]
pub struct Cgroup(PathBuf);

impl Cgroup {
    /// Below one of the hierarchies that a process can be moved in.
    ///
    /// # Panics
    ///
    /// When there is none, or none can be made.
    pub fn new(path: &str) -> Self {
        let hierarchies = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/pids"];
        let usable = hierarchies
            .iter()
            .find(|folder| Path::new(folder).join("cgroup.procs").exists());
        let folder = Path::new(usable.expect("there are control groups")).join(path);
        fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        Self(folder)
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for folder in self.0.ancestors().take(3) {
            // What another test uses stays.
            let _done = fs::remove_dir(folder);
        }
    }
}
