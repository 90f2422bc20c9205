//! `cargo xtask bench-spawn`: the process that execs, a program of its own so that its path can be chosen.
//!
//! It execs one program again and again by the usual way of the standard library (`posix_spawn`), or makes the
//! cheapest system call, and prints how long that took. It knows nothing of who watches.

use anyhow::{Context, Result, anyhow};
use clap::Subcommand;
use std::ffi::OsString;
use std::hint::black_box;
use std::io::{BufRead, stdin};
use std::process::{Command, Stdio};
use std::thread::{self, ScopedJoinHandle, sleep};
use std::time::{Duration, Instant};

use super::spread::{quantile, sorted};

/// System calls that are timed together: reading the clock costs about as much as one.
const BATCH: u32 = 10_000;
/// As long as a sleep lasts longer than asked, about.
const OVERSLEEP: Duration = Duration::from_micros(60);

/// What to do.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    load: Load,
}

#[derive(Subcommand)]
enum Load {
    /// Exec so often; print the median in nanoseconds, and how long all took.
    Exec {
        #[arg(long)]
        count: u32,
        /// Before the clock runs.
        #[arg(long, default_value_t = 0)]
        warm_up: u32,
        /// In a second at most, from all CPUs together.
        #[arg(long)]
        rate: Option<u32>,
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// Exec once for each line of the input.
    Step {
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// Make the cheapest system call so often; print the median in nanoseconds, and how long all took.
    Call {
        #[arg(long)]
        count: u32,
    },
}

pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.load {
        Load::Exec {
            count,
            warm_up,
            rate,
            command,
        } => {
            for _ in 0..*warm_up {
                exec(command)?;
            }
            let times = match rate {
                Some(rate) => paced_on_all(*count, *rate, || exec(command)),
                None => timed(*count, || exec(command)),
            }?;
            times.print();
        }
        Load::Step { command } => {
            for line in stdin().lock().lines() {
                line.context("cannot read the input")?;
                exec(command)?;
            }
        }
        Load::Call { count } => {
            let mut times = timed(count / BATCH, || {
                for _ in 0..BATCH {
                    black_box(rustix::process::getppid());
                }
                Ok(())
            })?;
            for batch in &mut times.each {
                *batch /= f64::from(BATCH);
            }
            times.print();
        }
    }
    Ok(())
}

/// How long each took, in nanoseconds, and all.
struct Times {
    each: Vec<f64>,
    all: Duration,
}

impl Times {
    fn print(&self) {
        println!("{} {}", quantile(&sorted(&self.each), 0.5), self.all.as_nanos());
    }
}

fn timed(count: u32, mut what: impl FnMut() -> Result<()>) -> Result<Times> {
    let mut each = Vec::with_capacity(count as usize);
    let begin = Instant::now();
    for _ in 0..count {
        let begin = Instant::now();
        what()?;
        each.push(begin.elapsed().as_secs_f64() * 1e9);
    }
    Ok(Times {
        each,
        all: begin.elapsed(),
    })
}

/// On all CPUs, each with its part.
fn paced_on_all(count: u32, rate: u32, what: impl Fn() -> Result<()> + Sync) -> Result<Times> {
    let cpus = thread::available_parallelism().context("how many CPUs are there?")?;
    let cpus = u32::try_from(cpus.get()).context("how many CPUs are there?")?;
    let begin = Instant::now();
    let parts: Vec<Result<Times>> = thread::scope(|scope| {
        // The first takes what does not divide.
        let part = |number: u32, of: u32| of / cpus + if number == 0 { of % cpus } else { 0 };
        let threads: Vec<_> = (0..cpus)
            .map(|number| (part(number, count), part(number, rate)))
            .map(|(count, rate)| {
                scope.spawn({
                    let what = &what;
                    move || paced(count, rate, what)
                })
            })
            .collect();
        let times = threads.into_iter().map(ScopedJoinHandle::join);
        times
            .map(|times| times.unwrap_or_else(|_| Err(anyhow!("a thread of the spawner failed"))))
            .collect()
    });
    let mut each = Vec::with_capacity(count as usize);
    for part in parts {
        each.extend(part?.each);
    }
    Ok(Times {
        each,
        all: begin.elapsed(),
    })
}

/// One that comes late is not waited for, so that the rate holds over the whole time.
fn paced(count: u32, rate: u32, mut what: impl FnMut() -> Result<()>) -> Result<Times> {
    let begin = Instant::now();
    let mut number = 0;
    timed(count, || {
        let due = Duration::from_secs_f64(f64::from(number) / f64::from(rate));
        let early = due.saturating_sub(begin.elapsed());
        if early > OVERSLEEP {
            sleep(early.saturating_sub(OVERSLEEP));
        }
        number += 1;
        what()
    })
}

/// The program may end as it likes.
fn exec(command: &[OsString]) -> Result<()> {
    let (program, args) = command.split_first().context("no program")?;
    Command::new(program)
        .args(args)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(drop)
        .with_context(|| format!("cannot exec {}", program.display()))
}
