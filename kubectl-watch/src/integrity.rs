//! Whether the daemon's own files are still what it started with: its program, its rules. Looking is cheap; only a
//! file that looks changed is read again.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use crate::alert::notice::{Tampering, Target};

/// Bytes that are read at a time.
const CHUNK: usize = 64 * 1024;

/// Files that should not change.
#[derive(Debug, Default)]
pub struct Files(Vec<Watched>);

#[derive(Debug)]
struct Watched {
    path: PathBuf,
    target: Target,
    /// None where it is not known yet, or the file is a folder.
    sha256: Option<String>,
    /// What it looked like; none where it was not looked at yet, or was not there.
    stamp: Option<Stamp>,
    is_new: bool,
}

/// Tells one state of a file from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Files {
    /// Watches over the program that runs now. Its content is not known before [`learn`](Self::learn).
    pub fn program(&mut self) {
        if let Ok(path) = std::env::current_exe() {
            // The file that runs, whatever lies at its path by now.
            let stamp = Stamp::of(Path::new("/proc/self/exe"));
            self.add(path, Target::Binary, None, stamp);
        }
    }

    /// Watches over a file of rules, or, without a hash, over which files there are in a folder.
    pub fn rules(&mut self, path: PathBuf, sha256: Option<String>) {
        // A file that was read is read again at the first look: it may have been replaced since.
        let stamp = if sha256.is_some() { None } else { Stamp::of(&path) };
        self.add(path, Target::Rules, sha256, stamp);
    }

    /// Forgets the rules, to be told of new ones.
    pub fn forget_rules(&mut self) {
        self.0.retain(|file| file.target != Target::Rules);
    }

    /// What the program that runs is by content.
    pub fn learn(&mut self, sha256: &str) {
        for file in self.0.iter_mut().filter(|file| file.target == Target::Binary) {
            file.sha256 = Some(sha256.to_owned());
        }
    }

    fn add(&mut self, path: PathBuf, target: Target, sha256: Option<String>, stamp: Option<Stamp>) {
        self.0.push(Watched {
            path,
            target,
            sha256,
            is_new: stamp.is_none(),
            stamp,
        });
    }

    /// What changed since it was last looked. Each change is told once.
    pub fn check(&mut self) -> Vec<Tampering> {
        self.0.iter_mut().filter_map(Watched::check).collect()
    }
}

impl Watched {
    fn check(&mut self) -> Option<Tampering> {
        let stamp = Stamp::of(&self.path);
        if stamp == self.stamp && !std::mem::take(&mut self.is_new) {
            return None;
        }
        self.stamp = stamp;
        let path = self.path.display();
        let found = match (stamp, &self.sha256) {
            (None, _) => format!("{path} is not there any more"),
            (Some(_), None) => format!("{path} has changed"),
            (Some(_), Some(before)) => match sha256(&self.path) {
                Ok(now) if now == *before => return None,
                Ok(now) => {
                    let found = format!("{path} had the SHA-256 {before} and has {now}");
                    self.sha256 = Some(now);
                    found
                }
                Err(error) => format!("{path} has changed and cannot be read: {error}"),
            },
        };
        Some(Tampering {
            target: self.target,
            found,
            done: "what runs is what was started",
        })
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let file = fs::metadata(path).ok()?;
        Some(Self {
            place: (file.dev(), file.ino()),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

/// The SHA-256 of a file, in hexadecimal digits.
pub fn sha256(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; CHUNK]);
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(hex(hash)),
            read => hash.update(&chunk[..read]),
        }
    }
}

/// The SHA-256 of some bytes, in hexadecimal digits.
#[must_use]
pub fn sha256_of(bytes: &[u8]) -> String {
    hex(Sha256::new().chain_update(bytes))
}

fn hex(hash: Sha256) -> String {
    use std::fmt::Write as _;
    hash.finalize()
        .iter()
        .fold(String::with_capacity(64), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_content_is_told_once_and_a_copy_is_none() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("rule.toml");
        fs::write(&path, "one").expect("file");
        let mut files = Files::default();
        files.rules(path.clone(), Some(sha256(&path).expect("hash")));
        files.rules(folder.path().to_owned(), None);
        assert_eq!(files.check(), []);

        let replace = |text: &str| {
            fs::write(folder.path().join("new"), text).expect("file");
            fs::rename(folder.path().join("new"), &path).expect("renamed");
        };
        replace("one");
        let found: Vec<_> = files.check().into_iter().map(|one| one.found).collect();
        assert_eq!(found.len(), 1, "the folder alone has changed: {found:?}");
        replace("two");
        let found = files.check();
        let said = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed and has 3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";
        assert!(found[0].found.ends_with(said), "{found:?}");
        assert_eq!(files.check(), []);
        fs::remove_file(&path).expect("removed");
        assert!(files.check()[0].found.ends_with("is not there any more"));

        files.forget_rules();
        fs::write(&path, "three").expect("file");
        assert_eq!(files.check(), []);
    }

    #[test]
    fn the_program_that_runs_is_the_one_on_disk() {
        let mut files = Files::default();
        files.program();
        files.learn(&sha256(Path::new("/proc/self/exe")).expect("it can be read"));
        assert_eq!(files.check(), []);
        assert_eq!(files.0.len(), 1);
    }
}
