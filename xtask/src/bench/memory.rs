//! Resident memory: when it watches, at rest, and after many execs of which some are watched.

use std::{thread, time::Duration};

use anyhow::{Context, Result};

use super::Bench;
use super::process::resident;
use super::report::Report;
use super::workbench::MATCHING;

const UNWATCHED: u32 = 19_000;
const WATCHED: u32 = 1_000;
/// How long after the start it is at rest: what is begun at the start is done, and its clock has ticked a few times.
const AT_REST: Duration = Duration::from_secs(5);

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    for candidate in &bench.monitors {
        let name = candidate.name;
        let ours = name == "kubectl-watch";
        let aim = |aim| if ours { aim } else { "" };
        let monitor = match &candidate.monitor {
            Ok(monitor) => monitor,
            Err(error) => {
                report.row(format!("memory: {name}"), format!("not measured: {error:#}"), "");
                continue;
            }
        };
        let watching = monitor.start()?;
        let idle = resident(watching.pid())?;
        report.row(
            format!("memory at the start: {name}"),
            megabytes(idle),
            aim("< 12 MB"),
        );
        thread::sleep(AT_REST);
        let at_rest = resident(watching.pid())?;
        report.row(
            format!("memory 5 s later: {name}"),
            megabytes(at_rest),
            aim("< 12 MB"),
        );
        let bodies = &bench.workbench;
        bodies.exec_paced::<&str>(UNWATCHED, None, &bodies.unwatched, &[])?;
        bodies.exec_paced(WATCHED, None, &bodies.watched, &MATCHING)?;
        watching.settle(WATCHED).context("after many execs")?;
        let after = resident(watching.pid())?;
        report.row(
            format!("memory after 20,000 execs, 1,000 of them watched: {name}"),
            megabytes(after),
            aim("< 20 MB"),
        );
        watching.stop()?;
    }
    Ok(())
}

fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a size in memory")]
    let megabytes = bytes as f64 / 1e6;
    format!("{megabytes:.1} MB")
}
