//! A file system in memory, as the kernel unpacks it at start: the `newc` form of a cpio archive.
//!
//! The form is described in `Documentation/driver-api/early-userspace/buffer-format.rst` of Linux.

use anyhow::{Context, Result};
use std::fs;
use std::io::Write;
use std::path::Path;

const FOLDER: u32 = 0o04_0755;
const PROGRAM: u32 = 0o10_0755;
const TEXT: u32 = 0o10_0644;
const LINK: u32 = 0o12_0777;

/// An archive that grows.
#[derive(Default)]
pub(crate) struct Initramfs {
    bytes: Vec<u8>,
    entries: u32,
}

impl Initramfs {
    /// Adds a folder. Those above it must have been added.
    pub(crate) fn folder(&mut self, path: &str) -> Result<()> {
        self.entry(path, FOLDER, &[])
    }

    /// Adds a program, from a file of this machine.
    pub(crate) fn program(&mut self, path: &str, from: &Path) -> Result<()> {
        let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
        self.entry(path, PROGRAM, &content)
    }

    /// Adds a text.
    pub(crate) fn text(&mut self, path: &str, text: &str) -> Result<()> {
        self.entry(path, TEXT, text.as_bytes())
    }

    /// Adds a symbolic link.
    pub(crate) fn link(&mut self, path: &str, to: &str) -> Result<()> {
        self.entry(path, LINK, to.as_bytes())
    }

    /// The whole archive.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>> {
        self.entry("TRAILER!!!", 0, &[])?;
        Ok(self.bytes)
    }

    /// The head is numbers of eight digits to the base 16; names and contents are padded to four bytes.
    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<()> {
        self.entries += 1;
        let links = if mode == FOLDER { 2 } else { 1 };
        let size = u32::try_from(content.len()).context("a file is too large for an archive of this form")?;
        let name = u32::try_from(path.len() + 1).context("a path is too long")?;
        // Inode, mode, owner, group, links, time, size, device (2), device that it is (2), name, checksum.
        let numbers = [self.entries, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name, 0];
        self.bytes.extend_from_slice(b"070701");
        for number in numbers {
            write!(self.bytes, "{number:08x}")?;
        }
        self.bytes.extend_from_slice(path.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(content);
        self.pad();
        Ok(())
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_its_heads_where_they_belong() {
        let mut archive = Initramfs::default();
        archive.folder("etc").expect("it fits");
        archive.text("etc/passwd", "root").expect("it fits");
        let bytes = archive.finish().expect("it fits");
        // A head of 110 bytes and a name of 4 with its NUL, padded to 116, and the same again.
        assert!(bytes.starts_with(b"070701"));
        assert_eq!(&bytes[110..114], b"etc\0");
        assert_eq!(&bytes[116..122], b"070701");
        assert_eq!(&bytes[116 + 54..116 + 62], b"00000004");
        assert_eq!(&bytes[116 + 110..116 + 120], b"etc/passwd");
        assert_eq!(bytes.len() % 4, 0);
        assert!(bytes.windows(10).any(|window| window == b"TRAILER!!!"));
    }
}
