//! The first exec of a file that nobody has judged yet, and its later ones, with over without.
//!
//! Each turn makes files of its own, so that the kernel knows none of them. With the daemon the first pass over
//! them wakes it for each; the second finds them judged.

use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::Bench;
use super::daemon::{Alerts, Daemon};
use super::report::Report;
use super::spread::{Pairs, Spread};

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let (mut first, mut later) = (Pairs::default(), Pairs::default());
    for round in 0..bench.pairs() {
        for with in [round % 2 == 0, round % 2 == 1] {
            let files = files(bench, round, with)?;
            let daemon = with
                .then(|| Daemon::start(&bench.daemon, Alerts::Counted))
                .transpose()?;
            for pairs in [&mut first, &mut later] {
                let median = pass(&files)?;
                if with {
                    pairs.on.push(median);
                } else {
                    pairs.off.push(median);
                }
            }
            daemon.map(Daemon::stop).transpose()?;
        }
    }
    for (what, pairs) in [("first exec of a new file", &first), ("its later execs", &later)] {
        let without = Spread::of(&pairs.off).per(1e3);
        report.row(
            format!("{what}, with over without"),
            format!("{}; without {:.1} µs", pairs.ratio(), without.median),
            "",
        );
    }
    Ok(())
}

/// Copies of the tiny program, each a file of its own.
fn files(bench: &Bench, round: u32, with: bool) -> Result<Vec<PathBuf>> {
    let folder = bench.workbench.folder(&format!("new-{round}-{with}"))?;
    let count = if bench.quick { 100 } else { 300 };
    (0..count)
        .map(|number| {
            let file = folder.join(format!("new-{number}"));
            fs::copy(&bench.workbench.unwatched, &file)
                .with_context(|| format!("cannot write {}", file.display()))?;
            Ok(file)
        })
        .collect()
}

/// Execs each once; the median in nanoseconds.
fn pass(files: &[PathBuf]) -> Result<f64> {
    let mut took = Vec::with_capacity(files.len());
    for file in files {
        let mut command = Command::new(file);
        command.stdin(Stdio::null());
        let begin = Instant::now();
        let status = command
            .status()
            .with_context(|| format!("cannot exec {}", file.display()))?;
        took.push(begin.elapsed().as_secs_f64() * 1e9);
        ensure!(status.success(), "{} failed: {status}", file.display());
    }
    Ok(Spread::of(&took).median)
}
