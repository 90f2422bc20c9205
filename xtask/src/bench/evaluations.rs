//! How fast rules are evaluated, by the daemon's own example `evaluate`, which the bench only runs and reads.
//!
//! A line of the example that counts is `WHAT: NUMBER UNIT`.

use anyhow::Result;
use std::collections::BTreeMap;
use std::process::Command;

use super::report::Report;
use super::spread::Spread;
use super::{Bench, interrupt};
use crate::program::output;

pub(crate) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let runs = if bench.quick { 1 } else { 5 };
    let mut lines: BTreeMap<(String, String), Vec<f64>> = BTreeMap::new();
    for _ in 0..runs {
        interrupt::check()?;
        let said = output(Command::new(&bench.evaluate).args(&bench.rules))?;
        for (what, value, unit) in said.lines().filter_map(line) {
            let key = (what.to_owned(), unit.to_owned());
            lines.entry(key).or_default().push(value);
        }
    }
    for ((what, unit), values) in lines {
        let aim = if unit.contains("million") {
            "≥ 2"
        } else {
            "≤ 25"
        };
        report.row(
            format!("rules on a core, {what}, {unit}"),
            format!("{:.2}", Spread::of(&values)),
            aim,
        );
    }
    if bench.rules.is_empty() {
        report.row(
            "rules on a core, all public ones",
            "not measured: give their folder with --rules",
            "≤ 25 µs",
        );
    }
    Ok(())
}

/// The parts of a line that counts.
fn line(line: &str) -> Option<(&str, f64, &str)> {
    let (what, rest) = line.split_once(": ")?;
    let (number, unit) = rest.split_once(' ')?;
    let is_measured = unit.starts_with("million") || unit.starts_with("µs");
    (is_measured && !what.starts_with(' ')).then_some((what, number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn lines_that_count() {
        for (said, expected) in [
            (
                "one rule, a mix of execs: 3.25 million events a second",
                Some(("one rule, a mix of execs", 3.25, "million events a second")),
            ),
            (
                "189 rules: 12.5 µs an exec",
                Some(("189 rules", 12.5, "µs an exec")),
            ),
            ("  kubectl get pods: 2 [\"one\"]", None),
            ("4 skipped", None),
        ] {
            assert_eq!(line(said), expected, "{said}");
        }
    }
}
