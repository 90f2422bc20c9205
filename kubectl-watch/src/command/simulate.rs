//! `kubectl-watch simulate`: what rules, exceptions and suppression would have made of past alerts.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use crate::{
    cli::Simulate,
    exceptionset::ExceptionSet,
    exit::{ExitCode, Failure},
    past::{self, Past},
    ruleset::RuleSet,
    simulation::{Fate, Row, Simulation},
    suppression::Settings,
};

/// Alerts, and summaries, that are listed one by one.
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
    let settings = simulate.repeats.suppress.map(Settings::within);
    let simulation = Simulation::run(&past, &rules, &exceptions, settings.as_ref());
    super::print(report(&past, &simulation).as_bytes())?;
    Ok(faults(&past))
}

/// Says on standard error what is no document, and ends with a code that says so too where it should be one.
pub(super) fn faults(past: &Past) -> ExitCode {
    for fault in &past.faults {
        eprintln!("{fault}");
    }
    if past.passed_over > 0 {
        eprintln!("lines of a log, passed over: {}", past.passed_over);
    }
    if past.faults.is_empty() {
        ExitCode::Success
    } else {
        eprintln!("lines that could not be read: {}", past.faults.len());
        ExitCode::Config
    }
}

fn report(past: &Past, simulation: &Simulation<'_>) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = head(&mut out, past)
        .and_then(|()| tables(&mut out, simulation))
        .and_then(|()| repeats(&mut out, simulation))
        .and_then(|()| sums(&mut out, &simulation.sum))
        .and_then(|()| gone(&mut out, simulation));
    out
}

/// What is in the file.
fn head(out: &mut String, past: &Past) -> fmt::Result {
    let others: Vec<String> = past
        .others
        .iter()
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    let others = match others.len() {
        0 => String::new(),
        _ => format!(", and documents that are none: {}", others.join(", ")),
    };
    writeln!(out, "alerts: {}{others}", past.alerts.len())?;
    if past.repeats > 0 {
        writeln!(
            out,
            "matches that the summaries among them stand for, and that are not tried: {}",
            past.repeats
        )?;
    }
    Ok(())
}

/// The sums of each rule and each exception.
fn tables(out: &mut String, simulation: &Simulation<'_>) -> fmt::Result {
    writeln!(
        out,
        "\n{:>7} {:>7} {:>7} {:>8} {:>7}  first and last alert, rule",
        "alerts", "remain", "repeat", "excepted", "unsure"
    )?;
    for (name, row) in &simulation.rules {
        let Row {
            alerts,
            remain,
            repeats,
            excepted,
            unsure,
            ..
        } = row;
        writeln!(
            out,
            "{alerts:>7} {remain:>7} {repeats:>7} {excepted:>8} {unsure:>7}  {}  {name}",
            span(row.first, row.last)
        )?;
    }
    if !simulation.exceptions.is_empty() {
        writeln!(
            out,
            "\n{:>8} {:>7}  first and last alert, exception",
            "silences", "unsure"
        )?;
    }
    for (name, row) in &simulation.exceptions {
        writeln!(
            out,
            "{:>8} {:>7}  {}  {name}",
            row.excepted,
            row.unsure,
            span(row.first, row.last)
        )?;
    }
    Ok(())
}

/// The summaries that would be written.
fn repeats(out: &mut String, simulation: &Simulation<'_>) -> fmt::Result {
    let summaries = &simulation.summaries;
    if !summaries.is_empty() {
        writeln!(
            out,
            "\n{:>8}  first and last repeat, the alert that they repeat, rule",
            "repeats"
        )?;
    }
    for summary in summaries.iter().take(MAX_LISTED) {
        writeln!(
            out,
            "{:>8}  {}  {}  {}",
            summary.count,
            span(Some(summary.start), Some(summary.end)),
            past::shown(&summary.alert),
            past::shown(&summary.rule_name)
        )?;
    }
    and_more(out, summaries.len())
}

/// Where each alert is counted.
fn sums(out: &mut String, sum: &Row) -> fmt::Result {
    let Row {
        alerts,
        remain,
        repeats,
        excepted,
        unsure,
        unmatched,
        ..
    } = sum;
    let matched = sum.matched();
    writeln!(
        out,
        "\nalerts {alerts} = matched {matched} + not matched any more {unmatched} + unsure {unsure}"
    )?;
    writeln!(
        out,
        "matched {matched} = alerted {remain} + summarised {repeats} + excepted {excepted}"
    )
}

/// The alerts that would be in nothing that is written.
fn gone(out: &mut String, simulation: &Simulation<'_>) -> fmt::Result {
    let fates = simulation.fates.iter();
    let gone: Vec<_> = fates.filter(|(_, fate)| fate.is_gone()).collect();
    let sum = &simulation.sum;
    let counted = match sum.repeats {
        0 => String::new(),
        repeats => format!(", and {repeats} counted in summaries"),
    };
    writeln!(
        out,
        "\n{} of {} alerts would be no alerts any more{counted}",
        gone.len(),
        sum.alerts
    )?;
    for (alert, fate) in gone.iter().take(MAX_LISTED) {
        let why = match fate {
            Fate::Excepted(name) => format!("excepted by {name}"),
            Fate::NoMatch => "its rule does not match any more".to_owned(),
            Fate::NoRule => "its rule is not among those given".to_owned(),
            Fate::Remains | Fate::Repeats(_) | Fate::Unsure => continue,
        };
        writeln!(out, "  {}: {why}", alert.line())?;
    }
    and_more(out, gone.len())?;
    if sum.unsure > 0 {
        writeln!(
            out,
            "of {} it cannot be told: what it depends on was redacted, or is not in the alert",
            sum.unsure
        )?;
    }
    Ok(())
}

fn and_more(out: &mut String, listed: usize) -> fmt::Result {
    if listed > MAX_LISTED {
        writeln!(out, "  … and {} more", listed - MAX_LISTED)?;
    }
    Ok(())
}

/// When the first and the last of them happened.
fn span(first: Option<Timestamp>, last: Option<Timestamp>) -> String {
    let shown = |time: Option<Timestamp>| match time {
        Some(time) => format!("{time:.0}"),
        None => format!("{:<20}", "-"),
    };
    format!("{} {}", shown(first), shown(last))
}
