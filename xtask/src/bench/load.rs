//! Many watched execs for some seconds: what is lost, and what it costs the daemon.

use anyhow::Result;

use super::Bench;
use super::daemon::{Alerts, Daemon, Ended};
use super::process::cpu_time;
use super::report::Report;
use super::workbench::{HARMLESS, MATCHING};

/// Watched execs in a second.
const RATE: u32 = 5_000;

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let seconds = if bench.quick { 2 } else { 10 };
    for (what, args, alerts) in [
        ("no alert", &HARMLESS[..], 0),
        ("an alert each", &MATCHING[..], RATE * seconds),
    ] {
        let count = RATE * seconds;
        let daemon = Daemon::start(&bench.daemon, Alerts::Counted)?;
        let before = cpu_time(daemon.pid())?;
        let took = bench
            .workbench
            .exec_paced(count, Some(RATE), &bench.workbench.watched, args)?;
        let spent = cpu_time(daemon.pid())?.saturating_sub(before);
        let ended = daemon.stop()?;

        let wall = took.all.as_secs_f64();
        let name = format!("{count} watched execs, {what}");
        report.row(
            format!("{name}: execs in a second"),
            format!("{:.0}", f64::from(count) / wall),
            "5,000",
        );
        report.row(format!("{name}: lost"), lost(&ended, count, alerts)?, "0");
        report.row(
            format!("{name}: CPU of the daemon"),
            format!(
                "{:.0} % of a core, {:.0} µs an exec",
                spent.as_secs_f64() / wall * 100.0,
                spent.as_secs_f64() / f64::from(count) * 1e6
            ),
            "",
        );
    }
    Ok(())
}

/// What the daemon says it lost, and what it does not account for.
fn lost(ended: &Ended, execs: u32, alerts: u32) -> Result<String> {
    let missing = |name, expected: u32| anyhow::Ok(u64::from(expected).saturating_sub(ended.number(name)?));
    let (events, alerts) = (missing("events", execs)?, missing("delivered", alerts)?);
    Ok(if ended.nothing_lost() && events + alerts == 0 {
        "0".to_owned()
    } else {
        format!("{events} execs, {alerts} alerts: {}", ended.line())
    })
}
