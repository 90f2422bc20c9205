//! `cargo xtask setup`: what a build needs and is not here yet is installed, and nothing else.
//!
//! It keeps no record of what it did. It looks for the things themselves, so it also repairs, and where all is
//! there it is done at once.

mod apt;
mod linker;

use crate::archive;
use crate::dist::Arch;
use crate::program;
use crate::toolchain::{Compiler, Toolchain, linker as find_linker};
use anyhow::{Context, Result, ensure};
use std::env;
use std::path::Path;
use std::process::Command;

/// The two families in which Debian and its relatives ship a compiler for BPF: the one that security updates
/// keep new enough for browsers, and the usual one.
const COMPILERS: [[&str; 3]; 2] = [
    ["rustc-web", "cargo-web", "libstd-rust-web-dev-bpf"],
    ["rustc", "cargo", "libstd-rust-dev-bpf"],
];

/// Its program is what the tests need, not the service that comes with it.
const SSH_SERVER: &str = "openssh-server";

/// What the tests use: the file or program by which it is known, and the package that brings it.
const TEST_NEEDS: [(&str, &str); 16] = [
    ("podman", "podman"),
    ("runc", "runc"),
    ("conmon", "conmon"),
    ("/usr/lib/podman/netavark", "netavark"),
    ("/bin/busybox", "busybox-static"),
    ("kubectl", "kubernetes-client"),
    ("strip", "binutils"),
    ("/usr/sbin/mkfs.xfs", "xfsprogs"),
    ("/usr/bin/python3", "python3-minimal"),
    ("curl", "curl"),
    ("jq", "jq"),
    ("openssl", "openssl"),
    ("sudo", "sudo"),
    ("go", "golang-go"),
    ("ssh", "openssh-client"),
    ("/usr/sbin/sshd", SSH_SERVER),
];

/// All that `cargo build` needs.
pub(crate) fn for_building() -> Result<()> {
    if Toolchain::find().is_ok() {
        return Ok(());
    }
    let compiler = match Compiler::of_system().or_else(Compiler::of_rustup) {
        Some(compiler) => compiler,
        None => install_compiler()?,
    };
    if find_linker().is_none() {
        linker::install(&compiler)?;
    }
    Toolchain::find()
        .map(drop)
        .map_err(|missing| anyhow::anyhow!("all is installed, and yet this does not work: {missing}"))
}

/// All that the tests need besides. The kernel object is linted by its own compiler's clippy.
pub(crate) fn for_testing() -> Result<()> {
    for_building()?;
    let mut packages = missing("the tests run", &TEST_NEEDS)?;
    packages.extend(missing_tools()?);
    if packages.is_empty() {
        return Ok(());
    }
    ensure!(
        apt::is_here(),
        "the tests need what Debian calls {}: install it",
        packages.join(", ")
    );
    apt::install("for the tests", &packages)?;
    if packages.contains(&SSH_SERVER) && Path::new("/run/systemd/system").is_dir() {
        eprintln!(
            "  turning off the SSH server that came with {SSH_SERVER}: the tests start one of their own"
        );
        return program::run_quietly(program::as_root("systemctl").args([
            "disable",
            "--now",
            "ssh.socket",
            "ssh.service",
        ]));
    }
    Ok(())
}

/// What the fuzzer needs besides: it is C++.
pub(crate) fn for_fuzzing() -> Result<()> {
    for_building()?;
    if is_here("c++") {
        return Ok(());
    }
    ensure!(apt::is_here(), "the fuzzer needs a C++ compiler: install one");
    apt::install("for the fuzzer", &["g++"])
}

/// The packages of clippy and rustfmt that the compilers lack: the distribution's, for BPF and perhaps for all,
/// and the one that runs this.
fn missing_tools() -> Result<Vec<&'static str>> {
    let [clippy, rustfmt] = if apt::is_installed("rustc-web") {
        ["rust-web-clippy", "rustfmt-web"]
    } else {
        ["rust-clippy", "rustfmt"]
    };
    let is_here = |tool| program::output(program::cargo().args([tool, "--version"])).is_ok();
    let of_distribution = env::var_os("CARGO").is_some_and(|cargo| Path::new(&cargo).starts_with("/usr"));
    ensure!(
        of_distribution || is_here("fmt") && is_here("clippy"),
        "the checks need clippy and rustfmt: `rustup component add clippy rustfmt`"
    );

    let mut packages = Vec::new();
    if Compiler::of_system().is_some_and(|compiler| !compiler.bin.join("cargo-clippy").is_file()) {
        packages.push(clippy);
    }
    if of_distribution && !is_here("fmt") {
        packages.push(rustfmt);
    }
    Ok(packages)
}

/// The other products that `cargo xtask bench` measures beside ours. Without one of them it says so and goes on.
pub(crate) fn for_measuring_others(packages: &[&str]) {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !apt::is_installed(package))
        .collect();
    if !missing.is_empty()
        && apt::is_here()
        && let Err(error) = apt::install("what is measured beside it", &missing)
    {
        eprintln!("{error:#}");
    }
}

/// What `cargo xtask image` needs, where no program that builds images is here.
pub(crate) fn for_images() -> Result<()> {
    ensure!(
        apt::is_here(),
        "an image is built with podman, buildah or docker: install one of them"
    );
    apt::install("to build the image", &["podman", "runc", "conmon", "netavark"])
}

/// What `cargo xtask dist` needs to link for another architecture.
pub(crate) fn for_linking(arch: Arch) -> Result<()> {
    let debian = arch.debian();
    let gcc = format!("gcc-{}-linux-gnu", arch.name().replace('_', "-"));
    ensure!(
        apt::is_here(),
        "to link for {arch}, what Debian calls {gcc} and libc6-dev-{debian}-cross is needed: install it"
    );
    let purpose = format!("to link for {arch}");
    apt::install(&purpose, &[&gcc, &format!("libc6-dev-{debian}-cross")])
}

/// What it takes to unpack packages of Debian.
pub(crate) fn for_archives() -> Result<()> {
    ensure!(
        apt::is_here(),
        "what is needed here comes from Debian's archive: this works where apt is"
    );
    if archive::has_keyring() {
        return Ok(());
    }
    apt::install("Debian's key", &["debian-archive-keyring"])
}

/// What `cargo xtask cluster` needs besides images: the rest comes unpacked, from Debian's archive.
pub(crate) fn for_cluster() -> Result<()> {
    let packages = missing(
        "a cluster is made",
        &[
            ("ip", "iproute2"),
            ("openssl", "openssl"),
            ("dpkg-source", "dpkg-dev"),
            ("/bin/busybox", "busybox-static"),
        ],
    )?;
    if packages.is_empty() {
        return Ok(());
    }
    apt::install("to run a cluster", &packages)
}

/// The packages of what is not here. An error where nothing can bring them.
fn missing(what: &str, needs: &[(&str, &'static str)]) -> Result<Vec<&'static str>> {
    let missing = needs.iter().filter(|(known_by, _)| !is_here(known_by));
    let packages: Vec<&str> = missing.map(|(_, package)| *package).collect();
    ensure!(
        packages.is_empty() || apt::is_here(),
        "{what} with what Debian calls {}: install it",
        packages.join(", ")
    );
    Ok(packages)
}

/// What `cargo xtask kernels` needs: the emulators.
pub(crate) fn for_emulation() -> Result<()> {
    let packages = missing(
        "kernels are booted",
        &[
            ("qemu-system-x86_64", "qemu-system-x86"),
            ("qemu-system-aarch64", "qemu-system-arm"),
        ],
    )?;
    if packages.is_empty() {
        return Ok(());
    }
    let purpose = "to boot kernels";
    apt::install(purpose, &packages).or_else(|refusal| {
        // A machine that has other parts of a newer qemu takes only all of it from there.
        apt::install_from_backports(purpose, &packages).map_err(|error| error.context(refusal))
    })
}

/// A compiler with `core` for BPF: the distribution's, or rustup's nightly.
fn install_compiler() -> Result<Compiler> {
    if apt::is_here() {
        for packages in COMPILERS {
            if apt::offers(&packages, env!("CARGO_PKG_RUST_VERSION"))? {
                apt::install("a Rust compiler for BPF", &packages)?;
                return Compiler::of_system().context("the distribution's compiler does not work");
            }
        }
    }
    let advice = format!(
        "a Rust compiler for BPF is missing: neither does this distribution have one (rustc {} or newer with \
         libstd-rust-dev-bpf), nor rustup; get it with `rustup toolchain install nightly --component rust-src`",
        env!("CARGO_PKG_RUST_VERSION")
    );
    ensure!(program::find("rustup").is_some(), advice);
    eprintln!("Installing a Rust compiler for BPF: rustup's nightly with rust-src");
    let mut rustup = Command::new("rustup");
    rustup.args([
        "toolchain",
        "install",
        "nightly",
        "--profile",
        "minimal",
        "--component",
        "rust-src",
    ]);
    program::run_quietly(&mut rustup).context(advice)?;
    Compiler::of_rustup().context("rustup's nightly does not work")
}

/// Whether a file, or a program on PATH, exists.
fn is_here(known_by: &str) -> bool {
    if known_by.starts_with('/') {
        Path::new(known_by).exists()
    } else {
        program::find(known_by).is_some()
    }
}
