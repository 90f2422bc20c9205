//! `cargo xtask test`: everything that is checked, and then every test, against the binary that would ship.
//!
//! All of it runs even where something fails, so one run tells all. A check that fails counts as a failed test,
//! and the last line is the sum.

mod structure;
mod tally;

use crate::program::{self, cargo, is_root};
use crate::toolchain::{self, REMEDY, Toolchain};
use crate::{bench, build, fuzz, setup};
use anyhow::{Result, anyhow};
use std::env;
use std::env::consts::ARCH;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread;
use tally::Tally;

/// Runs a test program of the package whose tests load programs into the kernel as root, any other as it is. A test must
/// find kubectl and podman as its user does, so sudo is told `PATH`.
const AS_ROOT: &str =
    r#"[ "$CARGO_PKG_NAME" != kubectl-watch-tests ] || set -- sudo -E -- env "PATH=$PATH" "$@"; exec "$@""#;
/// Tells the tests where the binary is.
const BINARY: &str = "KUBECTL_WATCH_BIN";
/// How long one test program may take, a few times what the slowest needs: one that hangs is a failure with a name,
/// and the others still run. It says itself which of its tests runs over 60 seconds.
const PATIENCE: [&str; 4] = ["timeout", "--verbose", "--kill-after=30s", "10m"];

/// What clippy doubts and the verifier wants: calls cost it a frame each, and lengths go to helpers as `u32`.
const USUAL_IN_KERNEL: [&str; 2] = ["clippy::inline_always", "clippy::cast_possible_truncation"];

/// What to test.
#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Run only the tests whose name contains this, and no checks.
    filter: Option<String>,
}

/// Runs everything and ends with one line: how many passed, and how many failed.
pub(crate) fn run(args: &Args) -> ExitCode {
    let mut tally = Tally::default();
    if let Err(error) = run_all(args, &mut tally) {
        tally.fail(&error);
    }
    let verdict = tally.verdict(env::var("CI").is_ok_and(|ci| ci == "true"));
    if let Err(reason) = &verdict {
        eprintln!("error: {reason}");
    }
    println!("{tally}");
    if verdict.is_ok() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run_all(args: &Args, tally: &mut Tally) -> Result<()> {
    setup::for_testing()?;
    let binary = thread::scope(|scope| {
        // The end of this build keeps one core busy for a minute: the checks have the others meanwhile.
        let binary = scope.spawn(build::release);
        if args.filter.is_none() {
            check(tally);
        }
        binary.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;

    // All packages at once: two by two they would have other features of what they share, and it would be built twice.
    let mut tests = cargo();
    tests
        .env(BINARY, &binary)
        .args(["test", "--no-fail-fast", "--workspace"])
        .args(&args.filter);
    let as_root: &[&str] = if is_root() {
        &[]
    } else {
        &["sh", "-c", AS_ROOT, "sh"]
    };
    let runner = [as_root, &PATIENCE].concat();
    tests.args(["--config", &format!("target.'cfg(unix)'.runner={runner:?}")]);
    tally.run(&mut tests)
}

/// Makes every check.
fn check(tally: &mut Tally) {
    tally.check("the formatting", || {
        program::run(cargo().args(["fmt", "--all", "--check"]))
    });
    tally.check("the structure", structure::check);
    tally.check("the lints", lint);
    tally.check("the lints of what runs in the kernel", || {
        lint_kernel_object(toolchain::PACKAGE)?;
        lint_kernel_object(toolchain::FOLLOW)?;
        lint_kernel_object(bench::EMPTY)
    });
    tally.check("the links in the documentation", document);
    tally.check("what reads hostile bytes", fuzz::briefly);
}

fn lint() -> Result<()> {
    program::run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

/// The host's clippy sees only the wire contract of that crate.
fn lint_kernel_object(object: &str) -> Result<()> {
    let toolchain = Toolchain::find().map_err(|missing| anyhow!("{missing} is missing: {REMEDY}"))?;
    let mut clippy = toolchain.cargo("clippy", object, ARCH, build::ENDIAN);
    clippy
        .arg("--target-dir")
        .arg(build::target_folder()?.join(toolchain::folder(ARCH)));
    clippy
        .current_dir(program::workspace())
        .args(["--", "-D", "warnings"]);
    for usual in USUAL_IN_KERNEL {
        clippy.args(["-A", usual]);
    }
    program::run(&mut clippy)
}

/// Private items are documented too, for those who work on them.
fn document() -> Result<()> {
    program::run(cargo().env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--quiet",
        "--workspace",
        "--no-deps",
        "--document-private-items",
    ]))
}
