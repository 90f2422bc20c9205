//! What a dynamic loader was told to run: `ld.so [options] program [arguments]`; and what a program says is to be
//! started in its place, where that is no usual loader.
//!
//! The name is looked up where the process is, by the path that it gave. Unlike an executable it may have been
//! another file when the loader looked: that is soon after the exec, and nobody holds the file.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2, readlink};

use super::open::{self, Opened, why};
use super::version;
use crate::enrich::process::ProcessFolder;
use crate::event::{Args, ProcessEvent, Unknown};

/// Folders of `--library-path` in which it is looked for.
const MAX_FOLDERS: usize = 8;

/// Options of the loaders of glibc and musl that have a value: in the next argument, or behind `=`.
const WITH_VALUE: [&[u8]; 7] = [
    b"--library-path",
    b"--preload",
    b"--argv0",
    b"--audit",
    b"--inhibit-rpath",
    b"--glibc-hwcaps-prepend",
    b"--glibc-hwcaps-mask",
];

/// One without.
const WITHOUT_VALUE: &[u8] = b"--inhibit-cache";

/// With these nothing is run. The other options that run nothing are younger: an older loader takes them for the
/// program's name.
const RUNS_NOTHING: [&[u8]; 2] = [b"--list", b"--verify"];

/// Where Nix and Guix keep each loader they have. On the node nobody but root puts anything there.
const STORES: [&[u8]; 2] = [b"/nix/store/", b"/gnu/store/"];

/// What a loader was told to run.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    name: &'a [u8],
    /// Where it is looked for, if the name has no slash.
    folders: Vec<&'a [u8]>,
}

/// A way to a program from where a process is.
#[derive(Debug)]
pub(super) struct Walk {
    /// Where it may be, in this order.
    paths: Vec<Vec<u8>>,
    /// Whether there are more places than these where the loader looks: a variable lists some, and a cache.
    is_searched: bool,
    from: From,
}

/// From where a path is seen.
#[derive(Debug)]
enum From {
    /// From where the process is.
    Process {
        root: OwnedFd,
        /// The folder that the process is in, and that folder's path below its root.
        folder: OwnedFd,
        folder_path: Vec<u8>,
    },
    /// The process has ended: from a root that could have been its own.
    Others {
        roots: Vec<OwnedFd>,
        /// What was exec'd, and where that led.
        filename: Vec<u8>,
        executable: Vec<u8>,
    },
}

/// The program's name, and the way to it where there is one. None where no argument names a program.
pub(super) fn program(event: &ProcessEvent) -> Option<(Vec<u8>, Option<Walk>)> {
    let named = Named::of(&event.process.args)?;
    Some((named.name.to_vec(), Walk::of(event, &named)))
}

/// The interpreter that an executable names, if that is no loader of the node's.
pub(super) fn interpreter(event: &ProcessEvent) -> Option<&Vec<u8>> {
    let identity = event.executable.content.identity.as_ref()?;
    let is_in_store = |path: &Vec<u8>| {
        STORES.iter().any(|store| path.starts_with(store)) && !path.windows(4).any(|part| part == b"/../")
    };
    let path = identity.interpreter.as_ref();
    path.filter(|path| !(is_in_store(path) && version::is_on_node(event)))
}

/// The way to the interpreter that a program names, as the kernel went it.
pub(super) fn way_to(event: &ProcessEvent, path: &[u8]) -> Option<Walk> {
    let mut walk = Walk::of(
        event,
        &Named {
            name: path,
            folders: Vec::new(),
        },
    )?;
    // The kernel searches nowhere.
    walk.is_searched = false;
    Some(walk)
}

impl<'a> Named<'a> {
    /// The first argument that is not the loader's own. What looks like an option, and is none that is known, is a name to
    /// the loader or an error.
    fn of(args: &'a Args) -> Option<Self> {
        let mut args = args.iter().skip(1).peekable();
        let mut folders = Vec::new();
        while let Some(arg) = args.next() {
            let equals = arg.iter().position(|&byte| byte == b'=').unwrap_or(arg.len());
            let (option, value) = arg.split_at(equals);
            if WITH_VALUE.contains(&option) {
                let value = value.strip_prefix(b"=").or_else(|| args.next())?;
                if option == b"--library-path" {
                    let list = value.split(|&byte| byte == b':' || byte == b';');
                    folders.extend(list.take(MAX_FOLDERS - folders.len()));
                }
                continue;
            }
            if RUNS_NOTHING.contains(&arg) {
                return None;
            }
            if arg == WITHOUT_VALUE {
                continue;
            }
            let name = if arg == b"--" { args.next()? } else { arg };
            // Of itself `--help` is no name, and a program without arguments would do nothing.
            let is_name = !name.starts_with(b"--") || args.peek().is_some();
            return is_name.then_some(Self { name, folders });
        }
        None
    }
}

impl Walk {
    /// None where nobody is left to see it from.
    fn of(event: &ProcessEvent, named: &Named<'_>) -> Option<Self> {
        let Named { name, folders } = named;
        let is_searched = !name.contains(&b'/');
        let folders = folders.iter().filter(|_| is_searched);
        let in_folders = folders.map(|folder| [folder, &b"/"[..], name].concat());
        let from = match ProcessFolder::open(&event.process).and_then(|process| From::process(&process)) {
            Some(from) => from,
            None => From::others(event, name)?,
        };
        Some(Self {
            paths: std::iter::once(name.to_vec()).chain(in_folders).collect(),
            is_searched,
            from,
        })
    }

    /// Goes there, to each place, until one has what is wanted. An error where the program may be elsewhere.
    pub(super) fn find<T>(
        &self,
        look: impl Fn(&Opened) -> Result<T, Unknown>,
        is_wanted: impl Fn(&T) -> bool,
    ) -> Result<T, Unknown> {
        let mut worst = Unknown::Gone;
        for path in &self.paths {
            let found = self.from.place(path).and_then(Opened::at);
            match found.and_then(|opened| look(&opened)) {
                Ok(found) if !self.is_searched || is_wanted(&found) => return Ok(found),
                Ok(_) | Err(Unknown::Gone) => {}
                Err(unknown) => worst = unknown,
            }
        }
        Err(worst)
    }
}

impl From {
    fn process(process: &ProcessFolder) -> Option<Self> {
        let (folder_path, root_path) = (process.link("cwd")?, process.link("root")?);
        let root_path = root_path.strip_suffix(b"/").unwrap_or(&root_path);
        Some(Self::Process {
            root: process.place("root").ok()?,
            folder: process.place("cwd").ok()?,
            folder_path: folder_path
                .strip_prefix(root_path)
                .unwrap_or(&folder_path)
                .to_vec(),
        })
    }

    /// Others of the same mount namespace. In which folder it was nobody knows any more.
    fn others(event: &ProcessEvent, name: &[u8]) -> Option<Self> {
        let above = event.lineage.ancestors.iter();
        let above = above.filter(|it| !it.has_left).map(|it| &it.process);
        let mut above = std::iter::once(&event.parent).chain(above);
        let is_near = |process: &ProcessFolder| process.inode("ns/mnt") == Some(event.place.mnt_ns);
        let others = [above.find_map(ProcessFolder::open), ProcessFolder::of_pid(1)];
        let others = others.into_iter().flatten().filter(is_near);
        let roots: Vec<_> = others.filter_map(|it| it.place("root").ok()).collect();
        let is_absolute = name.starts_with(b"/") && event.process.filename.starts_with(b"/");
        (is_absolute && !roots.is_empty()).then(|| Self::Others {
            roots,
            filename: event.process.filename.clone(),
            executable: event.process.executable.clone(),
        })
    }

    fn place(&self, path: &[u8]) -> Result<OwnedFd, Unknown> {
        let below = |root: &OwnedFd, path: &[u8]| open::within(root.as_fd(), path, ResolveFlags::empty());
        match self {
            Self::Process { root, .. } if path.starts_with(b"/") => below(root, path),
            Self::Process {
                root,
                folder,
                folder_path,
            } => {
                let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
                let flags = OFlags::PATH | OFlags::CLOEXEC;
                openat2(folder, path, flags, Mode::empty(), how).or_else(|error| {
                    // The path leaves the folder; links in it are the process's own, so its root bounds them.
                    below(root, &[folder_path, &b"/"[..], path].concat()).map_err(|_| why(error))
                })
            }
            Self::Others {
                roots,
                filename,
                executable,
            } => {
                // In a changed root the same names lead elsewhere.
                let is_its_own = |root: &&OwnedFd| {
                    let found = below(root, filename).and_then(|place| path_of(&place));
                    found.is_ok_and(|found| found == *executable)
                };
                let root = roots.iter().find(is_its_own).ok_or(Unknown::Gone)?;
                below(root, path)
            }
        }
    }
}

/// The path of an open place, as the kernel has it.
fn path_of(place: &OwnedFd) -> Result<Vec<u8>, Unknown> {
    let link = format!("/proc/self/fd/{}", place.as_raw_fd());
    Ok(readlink(link, Vec::new()).map_err(why)?.into_bytes())
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
                &["/a"],
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
            (&["ld.so", "--argv0=x", "a"], Some("a"), &[]),
            (&["ld.so", "--", "--odd", "get"], Some("--odd"), &[]),
            (&["ld.so", "-d/kubectl", "get"], Some("-d/kubectl"), &[]),
            (&["ld.so", "--help", "get"], Some("--help"), &[]),
            (&["ld.so", "--verify", "/bin/true"], None, &[]),
            (&["ld.so", "--list", "/bin/true"], None, &[]),
            (&["ld.so", "--list"], None, &[]),
            (&["ld.so", "--help"], None, &[]),
            (&["ld.so", "--argv0"], None, &[]),
            (&["ld.so"], None, &[]),
            (&[], None, &[]),
        ] {
            let args: Args = args.iter().collect();
            let folders: Vec<_> = folders.iter().map(|folder| folder.as_bytes()).collect();
            let expected = name.map(|name| Named {
                name: name.as_bytes(),
                folders,
            });
            assert_eq!(Named::of(&args), expected, "{args:?}");
        }
    }
}
