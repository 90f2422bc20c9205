//! `cargo xtask bench`: what watching costs and how fast alerts are, as ratios from one run.
//!
//! It builds everything in release, becomes root, and prints what it measured with the aim beside it. It asserts
//! nothing: another machine has other numbers. Beside ours it measures other products in the same way, and a pair
//! of nobody and nobody, which shows how much of a difference is noise.

mod alert_time;
mod auditd;
mod daemon;
mod elf;
mod evaluations;
mod execsnoop;
mod first_connect;
mod interrupt;
mod kill;
mod latency;
mod load;
mod memory;
mod monitor;
mod new_file;
mod other;
mod process;
mod program_time;
mod programs;
mod report;
mod spawn;
mod spread;
mod start;
mod workbench;

use crate::program::{as_root, cargo, output, run as run_program, shown, workspace};
use crate::toolchain::{self, REMEDY, Toolchain};
use crate::{build, setup};
use anyhow::{Context, Error, Result, anyhow, ensure};
use clap::ValueEnum;
use monitor::{Candidate, Other};
use report::{Report, say};
pub(crate) use spawn::{Args as SpawnArgs, run as spawn};
use std::env;
use std::env::consts::ARCH;
use std::fs;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use workbench::Workbench;

/// The object with a program that does nothing.
pub(crate) const EMPTY: &str = "empty";

/// What to measure.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Measure less of everything, for a first look.
    #[arg(long)]
    quick: bool,
    /// Measure only this; may be given again.
    #[arg(long, value_enum, value_name = "NAME", num_args = 1..)]
    only: Vec<Measurement>,
    /// Other products to measure alike; none where no name follows.
    #[arg(long, value_enum, value_name = "NAME", num_args = 0.., default_values_t = [Other::Execsnoop])]
    beside: Vec<Other>,
    /// A folder of public rules, to evaluate all of them on one exec.
    #[arg(long, value_name = "DIR")]
    rules: Vec<PathBuf>,
    /// Print the table in Markdown.
    #[arg(long)]
    markdown: bool,
}

/// The same, and what was built.
#[derive(clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    args: Args,
    #[arg(long)]
    daemon: PathBuf,
    #[arg(long)]
    empty: PathBuf,
    #[arg(long)]
    evaluate: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measurement {
    /// Exec and null system call, with over without.
    Latency,
    /// Time in BPF programs.
    Program,
    /// Exec of files that were not judged yet, and then were.
    NewFile,
    /// Resident memory.
    Memory,
    /// Start to armed.
    Start,
    /// Exec to alert.
    Alert,
    /// Alert before kubectl's first connect.
    Connect,
    /// Connections of a kubectl that is killed.
    Kill,
    /// Evaluation of rules.
    Rules,
    /// Many watched execs.
    Load,
}

/// What every measurement has.
struct Bench {
    quick: bool,
    rules: Vec<PathBuf>,
    daemon: PathBuf,
    empty: PathBuf,
    evaluate: PathBuf,
    /// Who is measured.
    monitors: Vec<Candidate>,
    /// After those that work in it.
    workbench: Workbench,
}

/// Builds what is measured and what measures, and becomes the latter, as root.
pub(crate) fn run(args: &Args) -> Result<()> {
    setup::for_building()?;
    let packages: Vec<&str> = args.beside.iter().map(|other| other.package()).collect();
    setup::for_measuring_others(&packages);
    let daemon = build::release()?;
    let empty = build_empty()?;
    let release = build::target_folder()?.join("release");
    run_program(cargo().args(["build", "--release", "--package", "xtask"]))?;
    if args.includes(Measurement::Rules) {
        let example = ["--package", "kubectl-watch", "--example", "evaluate"];
        run_program(cargo().args(["build", "--release"]).args(example))?;
    }

    let path = env::var("PATH").unwrap_or_default();
    let mut bench = as_root("env");
    bench.arg(format!("PATH={path}")).arg(release.join("xtask"));
    bench.arg("bench-run").args(env::args_os().skip(2));
    bench.arg("--daemon").arg(daemon).arg("--empty").arg(empty);
    bench.arg("--evaluate").arg(release.join("examples/evaluate"));
    let error = bench.exec();
    Err(Error::new(error).context(format!(
        "the bench needs root, and cannot start {}",
        shown(&bench)
    )))
}

fn build_empty() -> Result<PathBuf> {
    let toolchain = Toolchain::find().map_err(|missing| anyhow!("{missing} is missing: {REMEDY}"))?;
    let target = build::target_folder()?.join(toolchain::folder(ARCH));
    let mut build = toolchain.cargo("build", EMPTY, ARCH, build::ENDIAN);
    build.arg("--target-dir").arg(&target).current_dir(workspace());
    run_program(&mut build)?;
    let triple = if build::ENDIAN == "big" {
        "bpfeb-unknown-none"
    } else {
        "bpfel-unknown-none"
    };
    Ok(target.join(triple).join("release").join(EMPTY))
}

/// Measures.
pub(crate) fn run_as_root(args: RunArgs) -> Result<()> {
    ensure!(crate::program::is_root(), "the bench needs root");
    let RunArgs {
        args,
        daemon,
        empty,
        evaluate,
    } = args;
    let all = Measurement::value_variants().iter();
    let measurements: Vec<Measurement> = all.copied().filter(|it| args.includes(*it)).collect();
    interrupt::listen()?;
    let workbench = Workbench::set_up()?;
    let bench = Bench {
        quick: args.quick,
        monitors: monitor::all(&daemon, &workbench, &args.beside),
        rules: args.rules,
        daemon,
        empty,
        evaluate,
        workbench,
    };
    let mut report = Report::default();
    let mut failed = false;
    for measurement in measurements {
        say(&format!("Measuring {measurement:?}"));
        if let Err(error) = measurement.make(&bench, &mut report) {
            if interrupt::check().is_err() {
                say("Interrupted; this was measured until then.");
                failed = true;
                break;
            }
            report.row(format!("{measurement:?}"), format!("failed: {error:#}"), "");
            failed = true;
        }
    }
    let (setting, table) = (bench.setting()?, report.table(args.markdown));
    writeln!(io::stdout(), "{setting}\n\n{table}").context("cannot print the table")?;
    ensure!(!failed, "not everything could be measured");
    Ok(())
}

impl Measurement {
    fn make(self, bench: &Bench, report: &mut Report) -> Result<()> {
        match self {
            Self::Latency => latency::measure(bench, report),
            Self::Program => program_time::measure(bench, report),
            Self::NewFile => new_file::measure(bench, report),
            Self::Memory => memory::measure(bench, report),
            Self::Start => start::measure(bench, report),
            Self::Alert => alert_time::measure(bench, report),
            Self::Connect => first_connect::measure(bench, report),
            Self::Kill => kill::measure(bench, report),
            Self::Rules => evaluations::measure(bench, report),
            Self::Load => load::measure(bench, report),
        }
    }
}

impl Args {
    fn includes(&self, measurement: Measurement) -> bool {
        self.only.is_empty() || self.only.contains(&measurement)
    }
}

impl Bench {
    /// How many pairs, or turns, are taken.
    const fn pairs(&self) -> u32 {
        if self.quick { 5 } else { 21 }
    }

    /// Where this was measured and how.
    fn setting(&self) -> Result<String> {
        let kernel = output(Command::new("uname").args(["-srm"]))?;
        let processors = std::thread::available_parallelism().context("how many CPUs are there?")?;
        let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = model.lines().find_map(|line| line.strip_prefix("model name"));
        let model = model.map_or("", |model| model.trim_start_matches([':', ' ', '\t']));
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').next().unwrap_or_default();
        Ok(format!(
            "{}, {processors} CPUs {model}, {} pairs by turns; median (least to greatest); load average {load}",
            kernel.trim(),
            self.pairs()
        ))
    }
}
