//! `cargo xtask dist`: the daemon as one static file for each architecture.

mod cross;

use crate::build::{self, Build, target_folder};
use crate::setup;
use anyhow::{Context, Result};
use clap::ValueEnum;
use std::env::consts::ARCH;
use std::fmt;
use std::fs;
use std::path::PathBuf;

/// What to make.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only for these architectures.
    #[arg(value_enum, value_name = "ARCH")]
    only: Vec<Arch>,
}

/// An architecture that nodes have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arch {
    /// What Kubernetes calls amd64.
    #[value(name = "x86_64", alias = "amd64")]
    X86_64,
    /// What Kubernetes calls arm64.
    #[value(name = "aarch64", alias = "arm64")]
    Aarch64,
}

impl Arch {
    /// What Rust calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    /// That of this machine.
    pub(crate) fn native() -> Result<Self> {
        let is_it = |arch: &Self| arch.name() == ARCH;
        let known = [Self::X86_64, Self::Aarch64].into_iter().find(is_it);
        known.with_context(|| format!("this does not work on {ARCH}"))
    }

    /// What Debian calls it.
    pub(crate) const fn debian(self) -> &'static str {
        match self {
            Self::X86_64 => "amd64",
            Self::Aarch64 => "arm64",
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        into.write_str(self.name())
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let all = [Arch::X86_64, Arch::Aarch64];
    let wanted = if args.only.is_empty() {
        &all[..]
    } else {
        &args.only
    };
    let folder = target_folder()?.join("dist");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for &arch in wanted {
        let file = folder.join(format!("kubectl-watch-{arch}"));
        let binary = daemon(arch)?;
        fs::copy(&binary, &file).with_context(|| format!("cannot copy {}", binary.display()))?;
        let bytes = fs::metadata(&file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .len();
        println!("{}  {} kB, static", file.display(), bytes / 1000);
    }
    Ok(())
}

/// The daemon for an architecture.
pub(crate) fn daemon(arch: Arch) -> Result<PathBuf> {
    program(arch, &Build::DAEMON)
}

/// Builds a static program for an architecture, this machine's or another.
pub(crate) fn program(arch: Arch, what: &Build) -> Result<PathBuf> {
    setup::for_building()?;
    if arch.name() == std::env::consts::ARCH {
        build::native(what)
    } else {
        cross::build(arch, what)
    }
}
