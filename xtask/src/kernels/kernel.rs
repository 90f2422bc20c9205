//! A kernel's image, from the package that a row names, and the shell for a machine: kept by version, so that each is
//! downloaded once.

use crate::archive::Archive;
use crate::dist::Arch;
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

use super::row::Row;

/// An image to boot.
pub(crate) struct Kernel {
    /// The version of its package.
    pub(crate) version: String,
    pub(crate) image: PathBuf,
}

/// The kernel of a row.
pub(crate) fn fetch(archive: &Archive, folder: &Path, row: &Row) -> Result<Kernel> {
    let arch = row.arch.debian();
    let meta = format!("{}:{arch}", row.package);
    let of_suite = |package: &str| archive.version(package, Some(row.suite));
    let version = of_suite(&meta)?.with_context(|| format!("{} has no {meta}", row.suite))?;
    // The package that stands for the newest depends on it by name: `linux-image-6.1.0-50-cloud-amd64 (= …)`.
    let depends = archive.depends(&meta, &version)?;
    let release = depends
        .split([' ', ','])
        .find_map(|word| word.strip_prefix("linux-image-"))
        .with_context(|| format!("{meta} {version} depends on no kernel"))?;

    // From 6.19 on the image is in a package of its own, which is much smaller.
    let mut found = None;
    for kind in ["linux-binary", "linux-image"] {
        let package = format!("{kind}-{release}:{arch}");
        if let Some(version) = of_suite(&package)? {
            found = Some((package, version));
            break;
        }
    }
    let (package, version) = found.with_context(|| format!("{} has no kernel {release}", row.suite))?;
    let image = folder.join(format!("vmlinuz-{release}-{version}"));
    if !image.is_file() {
        eprintln!("Downloading {package} {version}");
        let unpacked = tempfile::tempdir_in(folder).context("cannot make a folder")?;
        let places = ["./boot/vmlinuz-*", "./usr/lib/modules/*/vmlinuz"];
        archive.unpack(&package, &version, &places, unpacked.path())?;
        let from = only_file(unpacked.path())?.with_context(|| format!("{package} has no image"))?;
        fs::rename(&from, &image).with_context(|| format!("cannot write {}", image.display()))?;
    }
    Ok(Kernel { version, image })
}

/// A static shell.
pub(crate) fn busybox(archive: &Archive, folder: &Path, arch: Arch) -> Result<PathBuf> {
    let package = format!("busybox-static:{}", arch.debian());
    let version = archive.version(&package, Some("bookworm"))?;
    let version = version.with_context(|| format!("there is no {package}"))?;
    let file = folder.join(format!("busybox-{arch}-{version}"));
    if !file.is_file() {
        eprintln!("Downloading {package} {version}");
        let unpacked = tempfile::tempdir_in(folder).context("cannot make a folder")?;
        archive.unpack(
            &package,
            &version,
            &["./bin/busybox", "./usr/bin/busybox"],
            unpacked.path(),
        )?;
        let from = only_file(unpacked.path())?.with_context(|| format!("{package} has no busybox"))?;
        fs::rename(&from, &file).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(file)
}

/// The first regular file in a folder, wherever in it.
fn only_file(folder: &Path) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let kind = fs::symlink_metadata(&path)?.file_type();
        if kind.is_file() {
            return Ok(Some(path));
        }
        if kind.is_dir()
            && let Some(found) = only_file(&path)?
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
