//! What compiles the kernel object: a Rust compiler that has `core` for BPF, and bpf-linker.
//!
//! Two worlds are known. Distributions such as Debian ship a stable compiler with a compiled `core` for BPF;
//! everywhere else it is rustup's nightly, which compiles `core` from `rust-src`. The first is preferred: it
//! takes what the distribution keeps patched and changes nothing under the user. The daemon's build script
//! includes this file, so it knows only the standard library.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The crate that holds the kernel object, and the name of the object.
pub(crate) const PACKAGE: &str = "kubectl-watch-ebpf";

/// The object that follows alerted processes.
pub(crate) const FOLLOW: &str = "follow";

/// The folder in which the inner cargo works, below the one in which the outer works: every profile of the outer
/// takes the same object from it.
pub(crate) fn folder(arch: &str) -> String {
    format!("kernel-{arch}")
}

/// The one thing to do about everything that is missing.
pub(crate) const REMEDY: &str = "run `cargo xtask setup`";

/// A compiler that has, or can make, `core` for BPF.
pub(crate) struct Compiler {
    /// Where its `rustc`, `cargo` and, perhaps, `cargo-clippy` are.
    pub(crate) bin: PathBuf,
    /// It has no compiled `core`, so the object's build starts with that.
    builds_core: bool,
}

/// All that the kernel object needs.
pub(crate) struct Toolchain {
    /// What compiles it.
    pub(crate) compiler: Compiler,
    /// What makes one BPF object of it.
    pub(crate) linker: PathBuf,
}

impl Toolchain {
    /// Finds both, or says in a few words what is missing.
    pub(crate) fn find() -> Result<Self, &'static str> {
        let compiler = Compiler::of_system().or_else(Compiler::of_rustup);
        match (compiler, linker()) {
            (Some(compiler), Some(linker)) => Ok(Self { compiler, linker }),
            (None, Some(_)) => Err("a Rust compiler for BPF"),
            (Some(_), None) => Err("bpf-linker"),
            (None, None) => Err("a Rust compiler for BPF, and bpf-linker"),
        }
    }

    /// `cargo SUBCOMMAND` on one object of the kernel's crate, for a kernel of this architecture and byte order.
    ///
    /// What an outer cargo says to its children would be taken for orders by the inner one, so the command
    /// starts from an environment without it.
    pub(crate) fn cargo(&self, subcommand: &str, object: &str, arch: &str, endian: &str) -> Command {
        let target = if endian == "big" {
            "bpfeb-unknown-none"
        } else {
            "bpfel-unknown-none"
        };
        // What aya-ebpf calls the architectures: the many kinds of riscv64 are one.
        let arch = if arch.starts_with("riscv64") {
            "riscv64"
        } else {
            arch
        };

        let mut cargo = Command::new(self.compiler.bin.join("cargo"));
        for (name, _) in env::vars_os().filter(|(name, _)| is_of_outer_cargo(&name.to_string_lossy())) {
            cargo.env_remove(name);
        }
        cargo
            .env("RUSTC", self.compiler.bin.join("rustc"))
            .env("PATH", self.path())
            // aya-ebpf uses one unstable feature, for its inline assembly.
            .env("RUSTC_BOOTSTRAP", "1")
            .env(
                format!("CARGO_TARGET_{}_LINKER", target.replace('-', "_").to_uppercase()),
                &self.linker,
            )
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                [
                    &format!("--cfg=bpf_target_arch=\"{arch}\""),
                    "-Cdebuginfo=2",
                    "-Clink-arg=--btf",
                ]
                .join("\x1f"),
            )
            .args([
                subcommand,
                "--quiet",
                "--locked",
                "--release",
                "--package",
                PACKAGE,
            ])
            .args(["--bin", object, "--features", "kernel", "--target", target]);
        if self.compiler.builds_core {
            cargo.arg("-Zbuild-std=core");
        }
        cargo
    }

    /// The compiler's own programs first: cargo finds its subcommands and their drivers by PATH.
    fn path(&self) -> OsString {
        let rest = env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.compiler.bin.clone()).chain(env::split_paths(&rest));
        env::join_paths(folders).unwrap_or(rest)
    }
}

impl Compiler {
    /// The distribution's, if it brings `core` for BPF and is as new as this workspace asks.
    pub(crate) fn of_system() -> Option<Self> {
        let bin = PathBuf::from("/usr/bin");
        // Without RUSTUP_TOOLCHAIN, because the file may be a proxy of rustup's.
        let sysroot = stdout(Command::new(bin.join("rustc")).args(["--print", "sysroot"]))?;
        let has_core = Path::new(&sysroot)
            .join("lib/rustlib/bpfel-unknown-none/lib")
            .is_dir();
        let usable = has_core && bin.join("cargo").is_file() && is_new_enough(&bin.join("rustc"));
        usable.then_some(Self {
            bin,
            builds_core: false,
        })
    }

    /// Rustup's nightly, if the source of `core` is there.
    pub(crate) fn of_rustup() -> Option<Self> {
        let rustc = stdout(Command::new("rustup").args(["which", "--toolchain", "nightly", "rustc"]))?;
        let bin = Path::new(&rustc).parent()?.to_owned();
        let source = bin.parent()?.join("lib/rustlib/src/rust/library/core");
        (source.is_dir() && is_new_enough(Path::new(&rustc))).then_some(Self {
            bin,
            builds_core: true,
        })
    }
}

/// bpf-linker, on PATH or where `cargo install` puts it, if it starts: it may have lost its LLVM.
pub(crate) fn linker() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    env::split_paths(&path)
        .chain(
            [cargo_home, home]
                .into_iter()
                .flatten()
                .map(|folder| folder.join("bin")),
        )
        .map(|folder| folder.join("bpf-linker"))
        .filter(|file| file.is_file())
        .find(|file| stdout(Command::new(file).arg("--version")).is_some())
}

/// Whether this `rustc` is at least the workspace's `rust-version`.
fn is_new_enough(rustc: &Path) -> bool {
    let Some(text) = stdout(Command::new(rustc).arg("--version")) else {
        return false;
    };
    let version = |text: &str| -> Option<(u32, u32)> {
        let mut parts = text.split('.').map(|part| part.parse().ok());
        Some((parts.next()??, parts.next()??))
    };
    let found = text.split_whitespace().nth(1).and_then(version);
    found.is_some() && found >= version(env!("CARGO_PKG_RUST_VERSION"))
}

/// What a program says on its first line, if it starts and succeeds.
fn stdout(command: &mut Command) -> Option<String> {
    let output = command
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("RUSTUP_AUTO_INSTALL", "0")
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().to_owned())
}

/// What cargo and rustup set for their children, and what a user sets for the outer build alone. How to reach
/// a registry, where things are kept and how many jobs run stays.
fn is_of_outer_cargo(name: &str) -> bool {
    const KEPT: [&str; 7] = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_MAKEFLAGS",
        "CARGO_NET_",
        "CARGO_REGISTR",
        "CARGO_SOURCE_",
        "RUSTUP_HOME",
    ];
    let of_cargo = ["CARGO", "RUST", "CLIPPY_"]
        .iter()
        .any(|prefix| name.starts_with(prefix));
    // Both point to libraries of the outer toolchain.
    let of_loader = matches!(name, "LD_LIBRARY_PATH" | "SYSROOT");
    (of_cargo || of_loader) && !KEPT.iter().any(|prefix| name.starts_with(prefix))
}
