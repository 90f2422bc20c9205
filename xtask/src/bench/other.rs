//! Programs of others: where they are, and that they do not outlive the bench.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use crate::program;

/// Where a program is. Those for root are often not on a user's PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    program::find(name).or_else(|| {
        let of_root = Path::new("/usr/sbin").join(name);
        of_root.is_file().then_some(of_root)
    })
}

/// A command that the kernel kills when the bench is gone.
pub(crate) fn bound(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args([OsStr::new("--pdeathsig"), OsStr::new("KILL"), OsStr::new("--")]);
    command.arg(program);
    command
}

/// What a program that has ended said of it.
pub(crate) fn last_words(child: &mut Child) -> String {
    let mut said = String::new();
    if let Some(stderr) = child.stderr.as_mut() {
        // What cannot be read was not said.
        let _read = stderr.read_to_string(&mut said);
    }
    said.trim().replace('\n', "; ")
}
