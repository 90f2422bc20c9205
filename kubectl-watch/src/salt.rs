//! The salt of an installation, with which it hashes secrets: read from a file at the start.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rustix::fs::Mode;

/// Bytes that nobody guesses.
const MIN: usize = 16;
/// More adds nothing.
const MAX: u64 = 4096;
/// How to have one.
const REMEDY: &str = "make one with `(umask 077; head -c 32 /dev/urandom > FILE)`";

/// Reads the file, which nobody else may read or write.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let shown = path.display();
    // Opening a pipe must not wait for somebody to write to it.
    let opened = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path);
    let file = opened.with_context(|| format!("cannot read the salt, {shown}; {REMEDY}"))?;
    let facts = file
        .metadata()
        .with_context(|| format!("cannot read the salt, {shown}"))?;
    ensure!(facts.is_file(), "the salt, {shown}, is not a file; {REMEDY}");
    let mode = Mode::from_raw_mode(facts.mode());
    ensure!(
        !mode.intersects(Mode::RWXG | Mode::RWXO),
        "the salt, {shown}, can be read or changed by others (mode {:04o}): run `chmod 600 {shown}`, or in \
         Kubernetes set `defaultMode: 0400` for the volume",
        mode.as_raw_mode()
    );
    let mut salt = Vec::new();
    let read = file.take(MAX + 1).read_to_end(&mut salt);
    read.with_context(|| format!("cannot read the salt, {shown}"))?;
    ensure!(
        salt.len() >= MIN && salt.len() as u64 <= MAX,
        "the salt, {shown}, has {} bytes, and needs {MIN} to {MAX}; {REMEDY}",
        salt.len()
    );
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_salt_is_long_and_nobody_elses() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("salt");
        let error = |path: &Path| format!("{:#}", read(path).expect_err("it is refused"));
        assert!(error(&path).contains("head -c 32"));
        assert!(error(folder.path()).contains("not a file"));
        fs::write(&path, [7; 32]).expect("it is ours");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
        assert!(error(&path).contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
        assert_eq!(read(&path).expect("it is one"), [7; 32]);
        for length in [0, 15, 5000] {
            fs::write(&path, vec![7; length]).expect("it is ours");
            assert!(error(&path).contains("needs 16 to 4096"), "{length}");
        }
    }
}
