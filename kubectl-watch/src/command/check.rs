//! `kubectl-watch check`: load rules and exceptions, and say of each file what became of it.

use std::fmt::Write as _;

use crate::{
    cli::Check,
    exceptionset::ExceptionSet,
    exit::{ExitCode, Failure},
    ruleset::{RuleSet, Watch},
};

pub(super) fn execute(check: &Check) -> Result<ExitCode, Failure> {
    let rules = RuleSet::load(&check.paths, check.paths.is_empty()).map_err(Failure::config)?;
    let exceptions = ExceptionSet::load(&check.exceptions.paths).map_err(Failure::config)?;
    let doubts = exceptions.warnings(&rules);
    let mut report = report(&rules);
    for doubt in &doubts {
        let _never_fails = writeln!(report, "warning  {doubt}");
    }
    if !exceptions.exceptions().is_empty() {
        let _never_fails = writeln!(report, "exceptions: {}", exceptions.exceptions().len());
    }
    super::print(report.as_bytes())?;
    let flawless = rules.skipped().is_empty() && rules.warnings().is_empty() && doubts.is_empty();
    let good = !rules.rules().is_empty() && (flawless || !check.strict);
    Ok(if good { ExitCode::Success } else { ExitCode::Config })
}

fn report(rules: &RuleSet) -> String {
    let mut report = String::new();
    for skipped in rules.skipped() {
        let _never_fails = writeln!(report, "skipped  {skipped}");
    }
    for warning in rules.warnings() {
        let _never_fails = writeln!(report, "warning  {warning}");
    }
    let counts = [
        (rules.rules().len(), "run"),
        (rules.skipped().len(), "skipped"),
        (rules.warnings().len(), "warnings"),
    ];
    let counts: Vec<_> = counts
        .iter()
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let _never_fails = writeln!(report, "{}", counts.join(", "));
    let _never_fails = match rules.watch() {
        Watch::Some { names, content } => {
            let also = if content {
                " and of every file that a rule asks for by its content"
            } else {
                ""
            };
            writeln!(report, "the kernel sends execs of {} names{also}", names.len())
        }
        Watch::All { because } => {
            writeln!(
                report,
                "the kernel sends every exec, because of {}",
                because.join(", ")
            )
        }
    };
    report
}
