//! Static programs for another architecture than this machine's.
//!
//! It takes a linker with a static C library, and Rust's standard library, for that architecture. The linker is gcc's
//! cross compiler. The standard library is what the compiler at hand has, or rustup adds to it; where neither is so,
//! as on a machine that has Debian's packages only, it is that of Debian's compiler, unpacked beside it.

use crate::archive::{self, Archive};
use crate::build::{Build, built, target_folder};
use crate::program::{cargo, find, output, run_quietly};
use crate::setup;
use anyhow::{Context, Result, ensure};
use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Arch;

/// The packages of Debian's compilers, the one that is kept new for browsers first, and of their standard libraries.
const FAMILIES: [[&str; 2]; 2] = [["rustc-web", "libstd-rust-web-dev"], ["rustc", "libstd-rust-dev"]];

/// Builds a program.
pub(crate) fn build(arch: Arch, what: &Build) -> Result<PathBuf> {
    let triple = format!("{arch}-unknown-linux-gnu");
    let linker = linker(arch)?;
    let (mut cargo, flags) = if has_library(&triple) || add_library(&triple) {
        (cargo(), Vec::new())
    } else {
        let sysroot = library_of_debian(arch, &triple)?;
        (of_debian(), vec![format!("--sysroot={}", sysroot.display())])
    };
    cargo.env(
        format!("CARGO_TARGET_{}_LINKER", triple.replace('-', "_").to_uppercase()),
        linker,
    );
    built(what, cargo, &triple, &flags)
}

/// The cross compiler, which links.
fn linker(arch: Arch) -> Result<PathBuf> {
    let name = format!("{arch}-linux-gnu-gcc");
    if find(&name).is_none() {
        setup::for_linking(arch)?;
    }
    find(&name).with_context(|| format!("to link for {arch}, {name} and a static C library are needed"))
}

/// Whether the compiler that runs this has a standard library for the target.
fn has_library(triple: &str) -> bool {
    let sysroot = output(Command::new(rustc()).args(["--print", "sysroot"]));
    sysroot.is_ok_and(|sysroot| {
        Path::new(sysroot.trim())
            .join("lib/rustlib")
            .join(triple)
            .join("lib")
            .is_dir()
    })
}

/// Has rustup add it, where the compiler is rustup's and it can be had.
fn add_library(triple: &str) -> bool {
    let Some(toolchain) = env::var_os("RUSTUP_TOOLCHAIN") else {
        return false;
    };
    let mut rustup = Command::new("rustup");
    rustup
        .args(["target", "add", triple, "--toolchain"])
        .arg(toolchain);
    run_quietly(&mut rustup).is_ok() && has_library(triple)
}

/// The compiler beside the cargo that runs this.
fn rustc() -> PathBuf {
    let beside = env::var_os("CARGO").map(|cargo| Path::new(&cargo).with_file_name("rustc"));
    beside
        .filter(|rustc| rustc.is_file())
        .unwrap_or_else(|| "rustc".into())
}

/// Debian's own cargo and compiler.
fn of_debian() -> Command {
    let mut cargo = Command::new("/usr/bin/cargo");
    cargo
        .current_dir(crate::program::workspace())
        .env("RUSTC", "/usr/bin/rustc")
        .env("CARGO", "/usr/bin/cargo")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("RUSTDOC");
    cargo
}

/// A folder that Debian's compiler takes for where it is installed: with the standard library of the target in it, of
/// exactly its version, and its own.
fn library_of_debian(arch: Arch, triple: &str) -> Result<PathBuf> {
    let family = FAMILIES.into_iter().find_map(|[compiler, library]| {
        let version = output(Command::new("dpkg-query").args([
            "--show",
            "--showformat=${db:Status-Abbrev}${Version}",
            compiler,
        ]));
        Some((library, version.ok()?.strip_prefix("ii ")?.to_owned()))
    });
    let (library, version) = family.with_context(|| {
        format!(
            "there is no Rust standard library for {triple}: `rustup target add {triple}` brings it, and on Debian \
             the compiler that `cargo xtask setup` installs has one"
        )
    })?;
    let folder = target_folder()?.join("dist").join(format!("{library}-{version}"));
    let sysroot = folder.join("sysroot");
    let own = folder.join("usr/lib/rustlib").join(triple);
    if !own.is_dir() {
        eprintln!("Downloading Rust's standard library for {triple}");
        let archive = Archive::open(&target_folder()?.join("dist/apt"), &archive::of_machine()?)?;
        archive.unpack(&format!("{library}:{}", arch.debian()), &version, &[], &folder)?;
    }
    ensure!(own.is_dir(), "{library} {version} has nothing for {triple}");

    let libraries = sysroot.join("lib/rustlib");
    fs::create_dir_all(&libraries).with_context(|| format!("cannot make {}", libraries.display()))?;
    let others = fs::read_dir("/usr/lib/rustlib").context("Debian's compiler has no libraries")?;
    let others: Vec<PathBuf> = others.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    for from in others.iter().chain([&own]) {
        let link = libraries.join(from.file_name().unwrap_or_default());
        if !link.exists() {
            symlink(from, &link).with_context(|| format!("cannot make {}", link.display()))?;
        }
    }
    Ok(sysroot)
}
