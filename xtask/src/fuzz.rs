//! `cargo xtask fuzz`: what reads hostile bytes is fed with ever new ones, steered by which code they reach.
//!
//! The fuzzer is LLVM's libFuzzer with the address sanitizer, on the toolchain that builds everything else. Each
//! input has a limit of time and of memory. What it found to be interesting stays in the target folder, so the
//! next run goes on from there; a finding stays there too, and belongs into `fuzz/seeds` once it is mended.

mod summary;

use crate::program::{self, cargo, shown, workspace};
use crate::{build, setup};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{self, ScopedJoinHandle};
use summary::Summary;

/// The package, and the folder that it is in.
const PACKAGE: &str = "kubectl-watch-fuzz";
const FOLDER: &str = "fuzz";

/// Every target, each a file in `fuzz/src`.
const TARGETS: [&str; 7] = ["argv", "btf", "elf", "eql", "node", "record", "rule"];

/// What steers the fuzzer: which branches an input takes, and what it is compared with. All of it is stable.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];
/// What notices reads and writes out of bounds in whatever is unsafe below. It needs `RUSTC_BOOTSTRAP`.
const SANITIZER: &str = "-Zsanitizer=address";

/// Bytes of an input at most: a rule is rarely longer, and what costs more than it should shows with less.
const MAX_LEN: u32 = 16 * 1024;
/// Seconds that one input may take, on a busy machine too.
const TIMEOUT: u32 = 20;
/// Megabytes that the process may take: the sanitizer alone takes some hundred.
const MEMORY: u32 = 2048;
/// Megabytes that may be asked for at once.
const ALLOCATION: u32 = 256;

/// What to fuzz.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One target alone, a file in `fuzz/src`.
    #[arg(value_parser = TARGETS)]
    target: Option<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Fuzzes, as many targets at once as there are cores, and fails if anything was found.
pub(crate) fn run(args: &Args) -> Result<()> {
    let (binaries, seconds) = (&build()?, args.seconds);
    let targets: Vec<&str> = TARGETS
        .into_iter()
        .filter(|target| args.target.as_deref().is_none_or(|it| it == *target))
        .collect();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    println!("{}", Summary::HEADER);
    let mut found = 0;
    for targets in targets.chunks(cores) {
        let summaries: Vec<Result<Summary>> = thread::scope(|scope| {
            let start = |target| scope.spawn(move || fuzz(binaries, target, seconds));
            let running: Vec<_> = targets.iter().copied().map(start).collect();
            let ended = running.into_iter().map(ScopedJoinHandle::join);
            ended
                .map(|ended| ended.unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        });
        for summary in summaries {
            let summary = summary?;
            println!("{summary}");
            found += usize::from(summary.finding.is_some());
        }
    }
    ensure!(
        found == 0,
        "{found} targets found something; their last lines are above"
    );
    Ok(())
}

/// Each target for a few seconds: enough to see that it still runs and that its seeds pass.
pub(crate) fn briefly() -> Result<()> {
    run(&Args {
        target: None,
        seconds: 5,
    })
}

/// Builds every target, and says in which folder they are.
fn build() -> Result<std::path::PathBuf> {
    setup::for_fuzzing()?;
    let triple = build::triple();
    let mut flags = COVERAGE.to_vec();
    let sanitizes =
        triple.ends_with("-gnu") && (triple.starts_with("x86_64") || triple.starts_with("aarch64"));
    flags.extend(sanitizes.then_some(SANITIZER));
    let mut cargo = cargo();
    cargo
        .args(["build", "--quiet", "--profile", FOLDER, "--package", PACKAGE])
        .args(["--bins", "--features", "engine", "--target", &triple])
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env(build::flags_variable(&triple), flags.join(" "));
    if sanitizes {
        cargo.env("RUSTC_BOOTSTRAP", "1");
    }
    program::run(&mut cargo)?;
    Ok(build::target_folder()?.join(triple).join(FOLDER))
}

/// Runs one target.
fn fuzz(binaries: &Path, target: &str, seconds: u32) -> Result<Summary> {
    let kept = build::target_folder()?.join(FOLDER);
    let (corpus, findings) = (
        kept.join("corpus").join(target),
        kept.join("findings").join(target),
    );
    for folder in [&corpus, &findings] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    let ours = workspace().join(FOLDER);
    let mut fuzzer = Command::new(binaries.join(target));
    fuzzer
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-max_len={MAX_LEN}"))
        .arg(format!("-timeout={TIMEOUT}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg(format!("-malloc_limit_mb={ALLOCATION}"))
        .arg(format!("-artifact_prefix={}/", findings.display()))
        .args(["-print_final_stats=1", "-reload=0"])
        // What is not freed at the end is no finding, and looking for it takes the right to trace.
        .env("ASAN_OPTIONS", "detect_leaks=0");
    let words = ours.join("words").join(target);
    if words.is_file() {
        fuzzer.arg(format!("-dict={}", words.display()));
    }
    fuzzer.arg(&corpus).arg(ours.join("seeds").join(target));
    let mut child = fuzzer
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", shown(&fuzzer)))?;
    let said = child.stderr.take().context("the fuzzer says nothing")?;
    let mut summary = Summary::new(target, seconds);
    for line in BufReader::new(said).split(b'\n') {
        summary.line(&String::from_utf8_lossy(
            &line.context("cannot read what the fuzzer says")?,
        ));
    }
    let status = child.wait().with_context(|| format!("lost {}", shown(&fuzzer)))?;
    if !status.success() {
        summary.fail(&findings);
    }
    Ok(summary)
}
