//! What a dynamic loader was told to run: `ld.so [options] program [arguments]`; and what a program says is to be
//! started in its place, where that is no usual loader.
//!
//! The name is looked up where the process is, by the path that it gave. Unlike an executable it may have been
//! another file when the loader looked: that is soon after the exec, and nobody holds the file.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use super::open::{self, Opened, why};
use crate::enrich::process::ProcessFolder;
use crate::event::{Args, Process, ProcessEvent, Unknown};

/// Folders of `--library-path` in which it is looked for.
const MAX_FOLDERS: usize = 8;

/// Options of the loaders of glibc and musl that have a value in the next argument.
const WITH_VALUE: [&[u8]; 7] = [
    b"--library-path",
    b"--preload",
    b"--argv0",
    b"--audit",
    b"--inhibit-rpath",
    b"--glibc-hwcaps-prepend",
    b"--glibc-hwcaps-mask",
];

/// A way to a program from where a process is.
#[derive(Debug)]
pub(super) struct Walk {
    /// Where it may be, in this order.
    paths: Vec<Vec<u8>>,
    /// The folder that the process is in, and that folder's path below its root.
    folder: OwnedFd,
    folder_path: Vec<u8>,
    root: OwnedFd,
}

/// The program's name, and the way to it where there is one. None where no argument names a program.
pub(super) fn program(event: &ProcessEvent) -> Option<(Vec<u8>, Option<Walk>)> {
    let (name, folders) = named(&event.process.args)?;
    // A child begins where its parent is, so where it has ended its parent is asked.
    let walk = [&event.process, &event.parent]
        .into_iter()
        .find_map(|process| Walk::from(process, name, &folders));
    Some((name.to_vec(), walk))
}

/// The way to the interpreter that a program names, as the kernel went it.
pub(super) fn interpreter(event: &ProcessEvent, path: &[u8]) -> Option<Walk> {
    [&event.process, &event.parent]
        .into_iter()
        .find_map(|process| Walk::from(process, path, &[]))
}

/// The first argument that is not the loader's own, and the folders where one without a slash is looked for too.
fn named(args: &Args) -> Option<(&[u8], Vec<&[u8]>)> {
    let mut args = args.iter().skip(1);
    let mut folders = Vec::new();
    while let Some(arg) = args.next() {
        let value = match arg.strip_prefix(b"--library-path=") {
            Some(value) => Some(value),
            None if WITH_VALUE.contains(&arg) => args.next(),
            None => None,
        };
        if arg.starts_with(b"--library-path") {
            let list = value
                .unwrap_or_default()
                .split(|&byte| byte == b':' || byte == b';');
            folders.extend(list.take(MAX_FOLDERS - folders.len()));
        }
        if arg == b"--" {
            return Some((args.next()?, folders));
        }
        if !arg.starts_with(b"-") {
            let is_searched = !arg.contains(&b'/');
            return Some((arg, if is_searched { folders } else { Vec::new() }));
        }
    }
    None
}

impl Walk {
    /// The way from where a process is. None where it has ended.
    fn from(process: &Process, name: &[u8], folders: &[&[u8]]) -> Option<Self> {
        let process = ProcessFolder::open(process)?;
        let (folder_path, root_path) = (process.link("cwd")?, process.link("root")?);
        let root_path = root_path.strip_suffix(b"/").unwrap_or(&root_path);
        let in_folders = folders.iter().map(|folder| [folder, &b"/"[..], name].concat());
        Some(Self {
            paths: std::iter::once(name.to_vec()).chain(in_folders).collect(),
            folder: process.place("cwd").ok()?,
            folder_path: folder_path
                .strip_prefix(root_path)
                .unwrap_or(&folder_path)
                .to_vec(),
            root: process.place("root").ok()?,
        })
    }

    /// Goes there.
    pub(super) fn find(&self) -> Result<Opened, Unknown> {
        let mut worst = Unknown::Gone;
        for path in &self.paths {
            match self.place(path).and_then(Opened::at) {
                Ok(opened) => return Ok(opened),
                Err(Unknown::Gone) => {}
                Err(unknown) => worst = unknown,
            }
        }
        Err(worst)
    }

    fn place(&self, path: &[u8]) -> Result<OwnedFd, Unknown> {
        if path.starts_with(b"/") {
            return open::within(self.root.as_fd(), path, ResolveFlags::empty());
        }
        let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        openat2(&self.folder, path, flags, Mode::empty(), how).or_else(|error| {
            // The path leaves the folder; links in it are the process's own, so its root bounds them.
            let path = [&self.folder_path[..], b"/", path].concat();
            open::within(self.root.as_fd(), &path, ResolveFlags::empty()).map_err(|_| why(error))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_the_first_argument_that_is_not_the_loaders() {
        for (args, name, folders) in [
            (&["ld.so", "./kubectl", "get"][..], Some("./kubectl"), &[][..]),
            (
                &["ld.so", "--argv0", "bash", "/x/kubectl"],
                Some("/x/kubectl"),
                &[],
            ),
            (
                &["ld.so", "--library-path", "/a:/b", "kubectl"],
                Some("kubectl"),
                &["/a", "/b"],
            ),
            (
                &["ld.so", "--library-path", "/a", "./kubectl"],
                Some("./kubectl"),
                &[],
            ),
            (
                &["ld.so", "--library-path=/a", "kubectl"],
                Some("kubectl"),
                &["/a"],
            ),
            (
                &["ld.so", "--inhibit-cache", "--preload", "x.so", "a"],
                Some("a"),
                &[],
            ),
            (&["ld.so", "--", "--odd"], Some("--odd"), &[]),
            (&["ld.so", "--list"], None, &[]),
            (&["ld.so", "--argv0"], None, &[]),
            (&["ld.so"], None, &[]),
            (&[], None, &[]),
        ] {
            let args: Args = args.iter().collect();
            let folders: Vec<_> = folders.iter().map(|folder| folder.as_bytes()).collect();
            let expected = name.map(|name| (name.as_bytes(), folders));
            assert_eq!(named(&args), expected, "{args:?}");
        }
    }
}
