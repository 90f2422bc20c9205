//! How long it takes from an exec until its alert has been read, one exec at a time, each after the alert before.
//!
//! The exec's time is the kernel's own, which the alert carries as `@timestamp`.

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::Value;

use super::daemon::{Alerts, Daemon, Heard};
use super::report::Report;
use super::spread::{quantile, sorted};
use super::workbench::MATCHING;
use super::{Bench, interrupt};

/// The first alert has pages to fetch, as nothing after it has.
const WARM_UP: usize = 20;

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let count = if bench.quick { 200 } else { 2_000 };
    let daemon = Daemon::start(&bench.daemon, Alerts::Read)?;
    let mut stepper = bench.workbench.stepper(&bench.workbench.watched, &MATCHING)?;
    let mark = bench.workbench.watched.display().to_string();
    let mut times = Vec::new();
    for _ in 0..count + WARM_UP {
        interrupt::check()?;
        stepper.step()?;
        times.push(since_exec(&daemon.alert_about(&mark)?)?);
    }
    stepper.finish()?;
    daemon.stop()?;

    let first = times.first().copied().unwrap_or_default();
    let times = sorted(times.get(WARM_UP..).unwrap_or_default());
    for (what, part, aim) in [("p50", 0.5, "< 300"), ("p99", 0.99, "< 1,000"), ("max", 1.0, "")] {
        let time = quantile(&times, part);
        report.row(
            format!("exec to alert, {what} of {count}, µs"),
            format!("{time:.0}"),
            aim,
        );
    }
    report.row("exec to alert, the first, µs", format!("{first:.0}"), "");
    Ok(())
}

/// Microseconds between an exec and the reading of its alert.
fn since_exec(heard: &Heard) -> Result<f64> {
    let alert: Value = serde_json::from_slice(&heard.line).context("an alert is no JSON")?;
    let exec = alert["@timestamp"].as_str().context("an alert without a time")?;
    let exec: Timestamp = exec.parse().context("the time of an alert")?;
    #[expect(clippy::cast_precision_loss, reason = "a difference of far less than a day")]
    let nanoseconds = (heard.at - exec.as_nanosecond()) as f64;
    Ok(nanoseconds / 1e3)
}
