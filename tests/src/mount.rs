//! A file system of a test's own.

use std::{
    ffi::CString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_remount, unmount};

use crate::run;

/// A mounted file system. It is unmounted when it is dropped.
pub struct Mount(PathBuf);

impl Mount {
    /// Mounts a new one of this type, with these options, on a new folder. By the system call itself, for `mount(8)`
    /// would be a child that has to be given what the options name, and leave it to every other child too.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn new(kind: &str, options: &str, folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        fs::create_dir(folder).expect("the folder above is ours");
        let data = CString::new(options).expect("options are text");
        mount(kind, folder, kind, MountFlags::empty(), data.as_c_str())
            .unwrap_or_else(|error| panic!("cannot mount {kind} with {options}: {error}"));
        Self(folder.to_owned())
    }

    /// Mounts the file system in a file on a new folder.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn image(image: impl AsRef<Path>, folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        fs::create_dir(folder).expect("the folder above is ours");
        let mut mount = Command::new("mount");
        let done = run(mount.args(["-o", "loop"]).arg(image.as_ref()).arg(folder));
        assert!(
            done.status.success(),
            "this test mounts an image of its own: {done:?}"
        );
        Self(folder.to_owned())
    }

    /// Shows a folder on a new one as well, for reading only, as the kubelet shows a `ConfigMap` to a container.
    ///
    /// # Panics
    ///
    /// When it cannot.
    pub fn read_only(shown: impl AsRef<Path>, folder: impl AsRef<Path>) -> Self {
        let (shown, folder) = (shown.as_ref(), folder.as_ref());
        fs::create_dir(folder).expect("the folder above is ours");
        mount_bind(shown, folder).unwrap_or_else(|error| panic!("cannot bind {}: {error}", shown.display()));
        let this = Self(folder.to_owned());
        mount_remount(folder, MountFlags::BIND | MountFlags::RDONLY, c"")
            .unwrap_or_else(|error| panic!("{} stays writable: {error}", folder.display()));
        this
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Whoever waits for an answer of it is let go (that is `FORCE`); whoever has a file open there keeps it until
        // then, and nothing more can be done here.
        let _done = unmount(&self.0, UnmountFlags::DETACH | UnmountFlags::FORCE);
    }
}
