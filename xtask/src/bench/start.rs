//! How long it takes from the start of the daemon until it watches.

use anyhow::Result;

use super::Bench;
use super::daemon::{Alerts, Daemon};
use super::report::Report;
use super::spread::Spread;

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let mut armed = Vec::new();
    for _ in 0..bench.pairs() {
        super::interrupt::check()?;
        let daemon = Daemon::start(&bench.daemon, Alerts::Counted)?;
        armed.push(daemon.armed_after.as_secs_f64() * 1e3);
        daemon.stop()?;
    }
    report.row(
        "start to armed, ms",
        format!("{:.0}", Spread::of(&armed)),
        "< 300",
    );
    Ok(())
}
