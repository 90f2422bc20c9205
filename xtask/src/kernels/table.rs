//! What came of all kernels: as a table to read at once, and as the document `docs/kernels.md`.

use super::row::Row;
use super::verdict::{Account, Degradation, Verdict};
use std::time::Duration;

/// What came of one.
pub(crate) struct Outcome {
    pub(crate) row: &'static Row,
    /// The version of its package.
    pub(crate) version: String,
    pub(crate) account: Account,
    pub(crate) verdict: Verdict,
    /// From power on to power off.
    pub(crate) took: Duration,
}

impl Outcome {
    fn cells(&self) -> [String; 6] {
        let Row { name, parameters, .. } = self.row;
        let kubectl = if self.row.real_kubectl {
            "a real kubectl"
        } else {
            ""
        };
        let told: Vec<&str> = [*parameters, kubectl]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
        [
            (*name).to_owned(),
            self.account.kernel.clone(),
            self.version.clone(),
            told.join(", "),
            self.account.passed.to_string(),
            self.verdict.to_string(),
        ]
    }
}

const HEAD: [&str; 6] = ["name", "kernel", "package", "with", "cases", "verdict"];

/// To be read as it is.
pub(crate) fn plain(outcomes: &[Outcome]) -> String {
    let rows = outcomes.iter().map(|outcome| {
        let mut cells = outcome.cells().to_vec();
        cells.insert(5, format!("{:.0} s", outcome.took.as_secs_f32()));
        cells
    });
    let mut head: Vec<String> = HEAD.map(ToOwned::to_owned).to_vec();
    head.insert(5, "time".to_owned());
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
    let padded = lines.iter().map(|line| {
        let cells = line.iter().enumerate();
        let cells =
            cells.map(|(column, cell)| format!("{cell:width$}", width = width(column).unwrap_or_default()));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    padded.collect::<Vec<_>>().join("\n")
}

/// The document.
pub(crate) fn document(outcomes: &[Outcome]) -> String {
    let head = format!("| {} |\n|{}\n", HEAD.join(" | "), "---|".repeat(HEAD.len()));
    let rows = outcomes
        .iter()
        .map(|outcome| format!("| {} |\n", outcome.cells().join(" | ")));
    let meanings = Degradation::ALL
        .into_iter()
        .map(|degradation| format!("- **{degradation}**: {}\n", degradation.meaning()));
    let rows: String = rows.collect();
    let meanings: String = meanings.collect();
    [BEFORE, &head, &rows, BETWEEN, &meanings, AFTER].concat()
}

const BEFORE: &str = include_str!("document/before.md");
const BETWEEN: &str = "\n## What may be less\n\n";
const AFTER: &str = include_str!("document/after.md");
