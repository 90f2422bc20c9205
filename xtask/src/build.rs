//! The release binary: one file that needs nothing of the machine it runs on, not even a C library.

use crate::program::{cargo, output, run};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::env::consts::ARCH;
use std::fs;
use std::path::{Path, PathBuf};

/// The byte order of this machine, as cargo calls it.
pub(crate) const ENDIAN: &str = if cfg!(target_endian = "big") {
    "big"
} else {
    "little"
};

/// Builds it and says where it is.
pub(crate) fn release() -> Result<PathBuf> {
    let triple = triple();
    run(cargo()
        .args([
            "build",
            "--release",
            "--package",
            "kubectl-watch",
            "--target",
            &triple,
        ])
        // Cargo takes flags from one place only, and these two come first.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env(flags_variable(&triple), "-C target-feature=+crt-static"))?;
    let binary = target_folder()?.join(triple).join("release/kubectl-watch");
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

/// Whether a 64-bit ELF file of this machine asks for a dynamic loader (`PT_INTERP`).
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
