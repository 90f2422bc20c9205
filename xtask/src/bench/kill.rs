//! How many of many real kubectls get a connection out, though each is killed at its alert.
//!
//! The bench listens where they want to go, and asks after each whether it came: who has ended can't come any more.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;

use super::daemon::{Alerts, Daemon};
use super::report::Report;
use super::spread::Spread;
use super::{Bench, interrupt};
use crate::program;

/// The rule that all of them match.
const RULE: &str = "3c6685eb-9eaa-43a4-be1b-a7f9f1f5e63d";

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    const WHAT: &str = "kubectls that are killed at their alert and connect all the same";
    let Some(kubectl) = program::find("kubectl") else {
        report.row(WHAT, "not measured: kubectl is not installed", "");
        return Ok(());
    };
    let count = if bench.quick { 50 } else { 1000 };
    let listener = TcpListener::bind("127.0.0.1:0").context("cannot listen")?;
    listener.set_nonblocking(true).context("cannot listen")?;
    let port = listener.local_addr().context("cannot listen")?.port();
    let server = format!("--server=http://127.0.0.1:{port}");
    let args = [
        server.clone(),
        "--as=x".to_owned(),
        "--request-timeout=1s".to_owned(),
        "get".to_owned(),
        "--raw=/api".to_owned(),
    ]
    .map(OsString::from);

    // Without a response all of them come, or else this would show nothing.
    let daemon = Daemon::start(&bench.daemon, Alerts::Counted)?;
    let (few, mut free) = (5, 0);
    for _ in 0..few {
        run(bench, &kubectl, &args)?;
        free += u32::from(come(&listener)? > 0);
    }
    daemon.stop()?;
    report.row(
        "kubectls that are left alone and connect",
        format!("{free} of {few}"),
        "all",
    );

    let order = format!("kill:{RULE}");
    let respond = ["--respond", &order, "--respond-limit", "1000000"];
    let daemon = Daemon::start_with(&bench.daemon, Alerts::Read, &respond)?;
    let (mut connected, mut killed, mut after) = (0, 0, Vec::new());
    for _ in 0..count {
        interrupt::check()?;
        run(bench, &kubectl, &args)?;
        connected += u32::from(come(&listener)? > 0);
        let alert = daemon.alert_about(&server)?;
        let alert: serde_json::Value = serde_json::from_slice(&alert.line).context("an alert is JSON")?;
        let response = &alert["kubectl_watch"]["response"];
        killed += u32::from(response["outcome"] == "done");
        after.extend(response["after"].as_f64().map(|after| after / 1e6));
    }
    daemon.stop()?;
    report.row(WHAT, format!("{connected} of {count}"), "0");
    report.row("kubectls that were killed", format!("{killed} of {count}"), "all");
    report.row("exec to signal, ms", format!("{:.2}", Spread::of(&after)), "");
    Ok(())
}

/// Runs one to its end.
fn run(bench: &Bench, kubectl: &Path, args: &[OsString]) -> Result<()> {
    let mut stepper = bench.workbench.stepper(kubectl, args)?;
    stepper.step()?;
    stepper.finish()
}

/// How many came since this was last asked.
fn come(listener: &TcpListener) -> Result<u32> {
    let mut count = 0;
    loop {
        match listener.accept() {
            Ok(_) => count += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(count),
            Err(error) => bail!("cannot accept: {error}"),
        }
    }
}
