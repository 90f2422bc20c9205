//! `kubectl-watch simulate`: what rules and exceptions would have made of past alerts.

use std::fmt::Write as _;

use jiff::Timestamp;

use crate::{
    cli::Simulate,
    exceptionset::ExceptionSet,
    exit::{ExitCode, Failure},
    past::{self, Past},
    ruleset::RuleSet,
    simulation::{Fate, Row, Simulation},
};

/// Alerts that are listed one by one.
const MAX_LISTED: usize = 20;

pub(super) fn execute(simulate: &Simulate) -> Result<ExitCode, Failure> {
    let rules =
        RuleSet::load(&simulate.rules.paths, simulate.rules.paths.is_empty()).map_err(Failure::config)?;
    let exceptions = ExceptionSet::load(&simulate.exceptions.paths).map_err(Failure::config)?;
    let past = past::read(&simulate.alerts).map_err(Failure::config)?;
    for skipped in rules.skipped() {
        eprintln!("skipped  {skipped}");
    }
    for what in exceptions.passed_over() {
        eprintln!("{what}");
    }
    for warning in exceptions.warnings(&rules) {
        eprintln!("warning  {warning}");
    }
    for counted in exceptions.exceptions() {
        if counted.exception.is_over(Timestamp::now()) {
            eprintln!(
                "expired  {}, and counts for older alerts only",
                counted.exception.name
            );
        }
    }
    let simulation = Simulation::run(&past, &rules, &exceptions);
    super::print(report(&past, &simulation).as_bytes())?;
    Ok(faults(&past))
}

/// Says on standard error what is no document, and ends with a code that says so too.
pub(super) fn faults(past: &Past) -> ExitCode {
    for fault in &past.faults {
        eprintln!("{fault}");
    }
    if past.faults.is_empty() {
        ExitCode::Success
    } else {
        eprintln!("{} lines could not be read", past.faults.len());
        ExitCode::Config
    }
}

fn report(past: &Past, simulation: &Simulation<'_>) -> String {
    // Writing to a String cannot fail, here and below.
    let mut out = String::new();
    let others: Vec<String> = past
        .others
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let _ = writeln!(
        out,
        "{} alerts{}",
        past.alerts.len(),
        match others.len() {
            0 => String::new(),
            _ => format!(", and documents that are none: {}", others.join(", ")),
        }
    );
    let _ = writeln!(
        out,
        "\n{:>7} {:>7} {:>7} {:>7}  first and last alert, rule",
        "alerts", "remain", "excepted", "unsure"
    );
    for (name, row) in &simulation.rules {
        let Row {
            alerts,
            remain,
            excepted,
            unsure,
            ..
        } = row;
        let _ = writeln!(
            out,
            "{alerts:>7} {remain:>7} {excepted:>7} {unsure:>7}  {}  {name}",
            span(row)
        );
    }
    if !simulation.exceptions.is_empty() {
        let _ = writeln!(
            out,
            "\n{:>8} {:>7}  first and last alert, exception",
            "silences", "unsure"
        );
    }
    for (name, row) in &simulation.exceptions {
        let _ = writeln!(
            out,
            "{:>8} {:>7}  {}  {name}",
            row.excepted,
            row.unsure,
            span(row)
        );
    }
    let gone: Vec<_> = simulation
        .fates
        .iter()
        .filter(|(_, fate)| fate.is_gone())
        .collect();
    let _ = writeln!(
        out,
        "\n{} of {} alerts would be no alerts any more",
        gone.len(),
        past.alerts.len()
    );
    for (alert, fate) in gone.iter().take(MAX_LISTED) {
        let why = match fate {
            Fate::Excepted(name) => format!("excepted by {name}"),
            Fate::NoMatch => "its rule does not match any more".to_owned(),
            Fate::NoRule => "its rule is not among those given".to_owned(),
            Fate::Remains | Fate::Unsure => continue,
        };
        let _ = writeln!(out, "  {}: {why}", alert.line());
    }
    if gone.len() > MAX_LISTED {
        let _ = writeln!(out, "  … and {} more", gone.len() - MAX_LISTED);
    }
    let unsure = simulation
        .fates
        .iter()
        .filter(|(_, fate)| *fate == Fate::Unsure)
        .count();
    if unsure > 0 {
        let _ = writeln!(
            out,
            "of {unsure} it cannot be told: what it depends on was redacted, or is not in the alert"
        );
    }
    out
}

/// When the first and the last of them happened.
fn span(row: &Row) -> String {
    let shown = |time: Option<Timestamp>| match time {
        Some(time) => format!("{time:.0}"),
        None => format!("{:<20}", "-"),
    };
    format!("{} {}", shown(row.first), shown(row.last))
}
