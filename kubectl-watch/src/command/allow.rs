//! `kubectl-watch allow`: an exception for an alert, and what else it would have silenced.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use super::simulate;
use crate::{
    allowance::{Allowance, Wording, default_expiry},
    cli::Allow,
    exit::{ExitCode, Failure},
    past::{self, Past, PastAlert},
    simulation::judge,
    sink::kept,
};

/// Alerts that are listed one by one.
const MAX_LISTED: usize = 20;

pub(super) fn execute(allow: &Allow) -> Result<ExitCode, Failure> {
    let own = Path::new(&allow.from_alert);
    let is_file = allow.from_alert == "-" || fs::metadata(own).is_ok_and(|file| !file.is_dir());
    // What a terminal showed is kept.
    let kept = Some(kept::usual()).filter(|kept| !is_file && kept.exists());
    let others = allow
        .alerts
        .as_ref()
        .or(kept.as_ref())
        .map(|path| past::read(path));
    let others = others.transpose().map_err(Failure::config)?;
    let file = is_file
        .then(|| past::read(own))
        .transpose()
        .map_err(Failure::config)?;
    let alert = match (&file, &others) {
        (Some(file), others) => only(file, others.as_ref(), &allow.from_alert)?,
        (None, Some(others)) => others.get(&allow.from_alert).ok_or_else(|| {
            let error = anyhow::anyhow!(
                "there is no alert {0} among the {1} that were read, and no file {0}; if it is the id of an alert, say \
                 where that is with --alerts FILE",
                allow.from_alert,
                others.alerts.len()
            );
            Failure::config(error)
        })?,
        (None, None) => {
            let error = anyhow::anyhow!(
                "there is no file {0}; if {0} is the id of an alert, say where that is with --alerts FILE",
                allow.from_alert
            );
            return Err(Failure::config(error));
        }
    };
    let wording = Wording {
        name: allow.name.clone(),
        reason: allow.reason.clone(),
        owner: allow.owner.clone().unwrap_or_else(|| "nobody yet".to_owned()),
        expires: allow
            .expires
            .clone()
            .unwrap_or_else(|| default_expiry(Timestamp::now())),
        without: allow.without.clone(),
    };
    let allowance = wording.exception(alert).map_err(Failure::config)?;
    super::print(allowance.text.as_bytes())?;
    say(&allowance, alert, others.as_ref());
    let whole = [file.as_ref(), others.as_ref()]
        .into_iter()
        .flatten()
        .map(simulate::faults);
    Ok(whole.fold(ExitCode::Success, |sum, code| {
        if code == ExitCode::Success { sum } else { code }
    }))
}

/// The one alert of a file, with what updates among the others say of it.
fn only<'a>(file: &'a Past, others: Option<&'a Past>, path: &str) -> Result<&'a PastAlert, Failure> {
    match &file.alerts[..] {
        [alert] => Ok(others.and_then(|others| others.get(alert.id())).unwrap_or(alert)),
        alerts => {
            let error = anyhow::anyhow!(
                "{path} has {} alerts, and the exception is made from one: give its id, and `--alerts {path}`",
                alerts.len()
            );
            Err(Failure::config(error))
        }
    }
}

/// Says what the exception would have silenced.
fn say(allowance: &Allowance, alert: &PastAlert, others: Option<&Past>) {
    let Allowance {
        exception,
        left_out,
        redacted,
        ..
    } = allowance;
    match judge(exception, alert) {
        Some(true) => {}
        // It ends before the alert.
        Some(false) => eprintln!("warning: it would not have silenced the alert that it was made from"),
        None => eprintln!(
            "warning: whether it would have silenced the alert that it was made from cannot be told: what it depends on \
             was redacted, or is not in the alert"
        ),
    }
    for field in redacted {
        eprintln!(
            "broader than it could be, as a secret was redacted in {field}: name what stays of it by a pattern, or keep \
             secrets out of it"
        );
    }
    for test in left_out {
        eprintln!("broader than it could be, as this was left out: {test}");
    }
    for doubt in &exception.doubts {
        eprintln!("warning: {doubt}");
    }
    let Some(others) = others else {
        eprintln!("give past alerts with --alerts FILE to see what else it would have silenced");
        return;
    };
    let judged = |wanted: Option<bool>| {
        let alerts = others.alerts.iter();
        alerts.filter(move |other| judge(exception, other) == wanted)
    };
    let silenced: Vec<&PastAlert> = judged(Some(true)).collect();
    let unsure = judged(None).count();
    eprintln!(
        "it would have silenced {} of {} alerts",
        silenced.len(),
        others.alerts.len()
    );
    for other in silenced.iter().take(MAX_LISTED) {
        eprintln!("  {}", other.line());
    }
    if silenced.len() > MAX_LISTED {
        eprintln!("  … and {} more", silenced.len() - MAX_LISTED);
    }
    if unsure > 0 {
        eprintln!("of {unsure} it cannot be told: what it depends on was redacted, or is not in the alert");
    }
}
