//! How much longer an exec and a null system call take while somebody watches, by pairs of with and without.
//!
//! The order within a pair changes from pair to pair. A pair of without and without shows the noise.

use anyhow::Result;

use super::Bench;
use super::monitor::{Candidate, Monitor};
use super::report::Report;
use super::spread::{Pairs, Spread};

/// One of those whose pairs are taken by turns.
struct Side<'a> {
    name: &'static str,
    /// Nobody, for the pair that shows the noise.
    monitor: Option<&'a dyn Monitor>,
    exec: Pairs,
    call: Pairs,
}

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let watching = bench.monitors.iter().filter_map(|candidate| {
        let monitor = candidate.monitor.as_ref().ok()?;
        Some((candidate.name, Some(monitor.as_ref())))
    });
    let mut sides: Vec<Side> = std::iter::once(("nobody (noise)", None))
        .chain(watching)
        .map(|(name, monitor)| Side {
            name,
            monitor,
            exec: Pairs::default(),
            call: Pairs::default(),
        })
        .collect();

    for round in 0..bench.pairs() {
        for side in &mut sides {
            side.pair(bench, round % 2 == 1)?;
        }
    }
    report_all(
        &bench.monitors,
        "exec",
        "≤ 1.01",
        &sides,
        |side| &side.exec,
        report,
    );
    report_all(
        &bench.monitors,
        "null system call",
        "1.00",
        &sides,
        |side| &side.call,
        report,
    );
    Ok(())
}

/// A line for each, also for those that could not be measured.
fn report_all(
    candidates: &[Candidate],
    what: &str,
    aim: &'static str,
    sides: &[Side],
    of: impl for<'a> Fn(&'a Side) -> &'a Pairs,
    report: &mut Report,
) {
    for side in sides {
        let pairs = of(side);
        let without = Spread::of(&pairs.off).per(if what == "exec" { 1e3 } else { 1.0 });
        let unit = if what == "exec" { "µs" } else { "ns" };
        report.row(
            format!("{what}, with over without: {}", side.name),
            format!("{}; without {:.1} {unit}", pairs.ratio(), without.median),
            if side.name == "kubectl-watch" { aim } else { "" },
        );
    }
    for candidate in candidates {
        if let Err(error) = &candidate.monitor {
            report.row(
                format!("{what}, with over without: {}", candidate.name),
                format!("not measured: {error:#}"),
                "",
            );
        }
    }
}

impl Side<'_> {
    fn pair(&mut self, bench: &Bench, with_first: bool) -> Result<()> {
        if with_first {
            self.with(bench)?;
        }
        let (exec, call) = load(bench)?;
        self.exec.off.push(exec);
        self.call.off.push(call);
        if !with_first {
            self.with(bench)?;
        }
        Ok(())
    }

    fn with(&mut self, bench: &Bench) -> Result<()> {
        let watching = self.monitor.map(Monitor::start).transpose()?;
        let (exec, call) = load(bench)?;
        if let Some(watching) = watching {
            watching.stop()?;
        }
        self.exec.on.push(exec);
        self.call.on.push(call);
        Ok(())
    }
}

/// The median of an unwatched exec and of a null system call, in nanoseconds.
fn load(bench: &Bench) -> Result<(f64, f64)> {
    let (execs, calls) = if bench.quick {
        (500, 500_000)
    } else {
        (2_000, 2_000_000)
    };
    let exec = bench
        .workbench
        .exec::<&str>(execs, &bench.workbench.unwatched, &[])?;
    let call = bench.workbench.call(calls)?;
    Ok((exec.median, call.median))
}
