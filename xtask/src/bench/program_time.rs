//! The time that the kernel counts for the programs themselves, beside an empty one on the same hook.
//!
//! Both are attached at once, so that the execs are the same; who is attached first changes by turns, because the
//! second finds the task in the cache.

use anyhow::{Context, Result};
use std::path::Path;

use super::Bench;
use super::daemon::{Alerts, Daemon};
use super::programs::{self, Counting, Empty};
use super::report::Report;
use super::spread::{Pairs, Spread};
use super::workbench::MATCHING;

/// A kind of exec, and what was measured of it.
struct Load<'a> {
    name: &'static str,
    program: &'a Path,
    args: &'a [&'a str],
    /// On is our program for an exec, off the empty one.
    exec: Pairs,
    fork: Vec<f64>,
}

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let bodies = &bench.workbench;
    let load = |name, program, args| Load {
        name,
        program,
        args,
        exec: Pairs::default(),
        fork: Vec::new(),
    };
    let mut loads = [
        load("unwatched exec", &bodies.unwatched, &[]),
        load("unwatched exec of a script", &bodies.script, &[]),
        load("unwatched exec by a link", &bodies.link, &[]),
        load("watched exec", &bodies.watched, &MATCHING),
    ];
    let counting = Counting::begin()?;
    for round in 0..bench.pairs() {
        turn(bench, &mut loads, round % 2 == 1)?;
    }
    let others = execsnoop(bench)?;
    drop(counting);

    for load in &loads {
        let aim = if load.name == "unwatched exec" {
            "≤ 3"
        } else {
            ""
        };
        report.row(
            format!("BPF time, {}, over an empty program", load.name),
            format!("{:.2}", load.exec.ratio()),
            aim,
        );
    }
    for load in &loads {
        report.row(
            format!("BPF time, {}, ns", load.name),
            format!("{:.0}", Spread::of(&load.exec.on)),
            "",
        );
    }
    let empty: Vec<f64> = loads.iter().flat_map(|load| load.exec.off.clone()).collect();
    let forks: Vec<f64> = loads.iter().flat_map(|load| load.fork.clone()).collect();
    report.row(
        "BPF time, the empty program, ns",
        format!("{:.0}", Spread::of(&empty)),
        "",
    );
    report.row("BPF time, a fork, ns", format!("{:.0}", Spread::of(&forks)), "");
    report.row("BPF time, an exec under execsnoop, ns", others, "");
    Ok(())
}

fn turn(bench: &Bench, loads: &mut [Load], empty_first: bool) -> Result<()> {
    let attach = || Empty::attach(&bench.empty);
    let early = empty_first.then(attach).transpose()?;
    let daemon = Daemon::start(&bench.daemon, Alerts::Counted)?;
    let late = (!empty_first).then(attach).transpose()?;
    let empty = early.or(late).context("there is no empty program")?;
    for load in loads {
        let looks = || anyhow::Ok((programs::of_process(daemon.pid())?, empty.taken()?));
        let before = looks()?;
        let count = execs(bench);
        bench.workbench.exec(count, load.program, load.args)?;
        let after = looks()?;
        load.exec
            .on
            .push(programs::each_run("exec", &before.0, &after.0)?);
        load.exec
            .off
            .push(programs::each_run("empty", &before.1, &after.1)?);
        load.fork.push(programs::each_run("fork", &before.0, &after.0)?);
    }
    daemon.stop().map(drop)
}

/// All of its programs together, for one exec.
fn execsnoop(bench: &Bench) -> Result<String> {
    let Some(execsnoop) = bench
        .monitors
        .iter()
        .find(|candidate| candidate.name == "execsnoop")
    else {
        return Ok("not measured".to_owned());
    };
    let monitor = match &execsnoop.monitor {
        Ok(monitor) => monitor,
        Err(error) => return Ok(format!("not measured: {error:#}")),
    };
    let mut each = Vec::new();
    for _ in 0..bench.pairs() {
        let watching = monitor.start()?;
        let before = programs::of_process(watching.pid())?;
        let count = execs(bench);
        bench
            .workbench
            .exec::<&str>(count, &bench.workbench.unwatched, &[])?;
        let after = programs::of_process(watching.pid())?;
        watching.stop()?;
        // The spawner execs a tenth more, before its clock runs.
        each.push(programs::all_runs(&before, &after) / f64::from(count + count / 10));
    }
    Ok(format!("{:.0}", Spread::of(&each)))
}

const fn execs(bench: &Bench) -> u32 {
    if bench.quick { 500 } else { 2_000 }
}
