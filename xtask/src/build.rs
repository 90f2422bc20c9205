//! Static programs: one file each that needs nothing of the machine it runs on, not even a C library.

use crate::program::{cargo, output, run};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The byte order of this machine, as cargo calls it.
pub(crate) const ENDIAN: &str = if cfg!(target_endian = "big") {
    "big"
} else {
    "little"
};

/// A program of this workspace.
pub(crate) struct Build {
    pub(crate) package: &'static str,
    pub(crate) binary: &'static str,
    /// Whether it is built to ship; else as fast as it compiles, and a panic in it can be caught.
    pub(crate) release: bool,
}

impl Build {
    /// What ships.
    pub(crate) const DAEMON: Self = Self {
        package: "kubectl-watch",
        binary: "kubectl-watch",
        release: true,
    };
}

/// Builds the daemon for this machine and says where it is.
pub(crate) fn release() -> Result<PathBuf> {
    native(&Build::DAEMON)
}

/// Builds a program for this machine.
pub(crate) fn native(what: &Build) -> Result<PathBuf> {
    built(what, cargo(), &triple(), &[])
}

/// Has a cargo build a program for a target, with these flags of rustc's besides.
pub(crate) fn built(what: &Build, mut cargo: Command, triple: &str, flags: &[String]) -> Result<PathBuf> {
    let flags = ["-C target-feature=+crt-static"]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join(" ");
    cargo
        .args(["build", "--package", what.package, "--bin", what.binary])
        .args(["--target", triple])
        // Cargo takes flags from one place only, and these two come first.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env(flags_variable(triple), flags);
    let profile = if what.release {
        cargo.arg("--release");
        "release"
    } else {
        // Its files are carried about, and nobody looks into them with a debugger.
        cargo.args([
            "--config",
            "profile.dev.debug=false",
            "--config",
            "profile.dev.strip=true",
        ]);
        "debug"
    };
    run(&mut cargo)?;
    let binary = target_folder()?.join(triple).join(profile).join(what.binary);
    ensure!(
        !needs_interpreter(&binary)?,
        "{} is not static: is the static C library (libc.a) installed?",
        binary.display()
    );
    Ok(binary)
}

/// Where cargo builds, absolute.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--no-deps", "--offline"]))?;
    let metadata: Value = serde_json::from_str(&metadata).context("cargo metadata")?;
    let folder = metadata["target_directory"]
        .as_str()
        .context("cargo metadata names no target folder")?;
    Ok(folder.into())
}

/// The variable by which cargo is told flags for a target alone, and not for build scripts.
pub(crate) fn flags_variable(triple: &str) -> String {
    format!(
        "CARGO_TARGET_{}_RUSTFLAGS",
        triple.replace('-', "_").to_uppercase()
    )
}

/// The target triple of this machine.
pub(crate) fn triple() -> String {
    let arch = if ARCH == "riscv64" { "riscv64gc" } else { ARCH };
    let libc = if cfg!(target_env = "musl") { "musl" } else { "gnu" };
    format!("{arch}-unknown-linux-{libc}")
}

/// Whether a 64-bit ELF file of this byte order asks for a dynamic loader (`PT_INTERP`).
fn needs_interpreter(binary: &Path) -> Result<bool> {
    const PT_INTERP: u32 = 3;
    let elf = fs::read(binary).with_context(|| format!("cannot read {}", binary.display()))?;
    interpreters(&elf, PT_INTERP).with_context(|| format!("{} is not a 64-bit ELF file", binary.display()))
}

/// Whether one of the program headers is of this kind; nothing where the file is not an ELF file.
fn interpreters(elf: &[u8], kind: u32) -> Option<bool> {
    let half = |at: usize| {
        Some(usize::from(u16::from_ne_bytes(
            elf.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    if !elf.starts_with(b"\x7fELF\x02") {
        return None;
    }
    let headers = usize::try_from(u64::from_ne_bytes(elf.get(32..40)?.try_into().ok()?)).ok()?;
    let (size, count) = (half(54)?, half(56)?);
    let mut found = false;
    for header in 0..count {
        let at = headers.checked_add(header * size)?;
        let this = u32::from_ne_bytes(elf.get(at..at.checked_add(4)?)?.try_into().ok()?);
        found |= this == kind;
    }
    Some(found)
}
