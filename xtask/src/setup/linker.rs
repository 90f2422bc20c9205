//! bpf-linker, which is compiled here against the LLVM that the compiler for BPF speaks.

use super::apt;
use crate::program::{self, cargo, output, run_quietly};
use crate::toolchain::Compiler;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, iter};

const VERSION: &str = "0.13.0";
/// The LLVMs that this version can be built with.
const KNOWN_LLVMS: [&str; 3] = ["21", "22", "23"];

/// Installs it to where cargo keeps its programs.
pub(crate) fn install(compiler: &Compiler) -> Result<()> {
    let llvm = llvm_of(compiler)?;
    let config = llvm_config(&llvm)?;
    ensure!(
        config.is_some() && KNOWN_LLVMS.contains(&llvm.as_str()),
        "bpf-linker is missing, and to compile it LLVM {llvm} with its headers: get the former ready-made from \
         https://github.com/aya-rs/bpf-linker#installation, or install the latter"
    );

    eprintln!("Installing bpf-linker {VERSION}, compiled against LLVM {llvm}: this takes minutes");
    let begin = Instant::now();
    let paths = env::var_os("PATH").unwrap_or_default();
    let first = config.as_deref().and_then(Path::parent).map(Path::to_owned);
    let path = env::join_paths(first.into_iter().chain(env::split_paths(&paths)))?;
    let mut install = cargo();
    install
        .env("PATH", path)
        .env_remove("CARGO_TARGET_DIR")
        // Its own profile asks for debug information, which takes long to make.
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .args(["install", "--locked", "--force", "--no-default-features"])
        .args(["--features", &format!("llvm-{llvm}"), "--root"])
        .arg(cargo_home()?)
        .arg(format!("bpf-linker@{VERSION}"));
    run_quietly(&mut install)?;
    eprintln!("  done in {:.0} s", begin.elapsed().as_secs_f32());
    Ok(())
}

/// The major version of the compiler's LLVM. A linker with an older one cannot read what it writes.
fn llvm_of(compiler: &Compiler) -> Result<String> {
    let rustc = compiler.bin.join("rustc");
    let version = output(Command::new(&rustc).arg("-vV"))?;
    let llvm = version
        .lines()
        .find_map(|line| line.strip_prefix("LLVM version: "));
    let major = llvm.and_then(|version| version.split('.').next());
    Ok(major
        .with_context(|| format!("{} names no LLVM", rustc.display()))?
        .to_owned())
}

/// The `llvm-config` of this major version: one that is here, or the one that apt brings.
fn llvm_config(llvm: &str) -> Result<Option<PathBuf>> {
    if apt::is_here() {
        let polly = format!("libpolly-{llvm}-dev");
        let packages = [
            &format!("llvm-{llvm}-dev"),
            &polly,
            "libzstd-dev",
            "zlib1g-dev",
            "g++",
        ];
        let missing: Vec<&str> = packages
            .into_iter()
            .filter(|package| !apt::is_installed(package))
            .collect();
        if !missing.is_empty() && apt::offers(&missing, "0")? {
            apt::install(&format!("LLVM {llvm}, to compile bpf-linker"), &missing)?;
        }
    }
    let of_debian = PathBuf::from(format!("/usr/lib/llvm-{llvm}/bin/llvm-config"));
    let on_path = ["llvm-config", &format!("llvm-config-{llvm}")].map(program::find);
    let found = iter::once(of_debian)
        .chain(on_path.into_iter().flatten())
        .find(|config| {
            output(Command::new(config).arg("--version")).is_ok_and(|version| version.starts_with(llvm))
        });
    Ok(found)
}

fn cargo_home() -> Result<PathBuf> {
    let of_user = env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or(of_user)
        .context("neither CARGO_HOME nor HOME is set")
}
