//! What was measured: shown as it comes, and once more as a table at the end. Nothing is judged.

use std::io::{self, Write};

/// Says something to who waits. Where nobody listens any more the bench still has to tidy up, so that is no error.
pub(crate) fn say(line: &str) {
    let _said = writeln!(io::stderr(), "{line}");
}

/// One line of the table.
struct Row {
    what: String,
    measured: String,
    aim: &'static str,
}

/// All that was measured.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a line; the aim is empty where there is none.
    pub(crate) fn row(&mut self, what: impl Into<String>, measured: impl Into<String>, aim: &'static str) {
        let (what, measured) = (what.into(), measured.into());
        say(&format!("  {what}: {measured}"));
        self.rows.push(Row { what, measured, aim });
    }

    /// The table in Markdown, or padded to be read as it is.
    pub(crate) fn table(&self, markdown: bool) -> String {
        let head = ["what", "measured", "aim"];
        let rows = self
            .rows
            .iter()
            .map(|row| [row.what.as_str(), row.measured.as_str(), row.aim]);
        let lines: Vec<[&str; 3]> = std::iter::once(head).chain(rows).collect();
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let [what, measured] = [0, 1].map(|column| width(column).unwrap_or_default());
        let mut table: Vec<String> = lines
            .iter()
            .map(|line| {
                if markdown {
                    return format!("| {} |", line.join(" | "));
                }
                let padded = format!("{:what$}  {:measured$}  {}", line[0], line[1], line[2]);
                padded.trim_end().to_owned()
            })
            .collect();
        if markdown {
            table.insert(1, "|---|---|---|".to_owned());
        }
        table.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn tables() {
        let mut report = Report::default();
        report.row("latency", "1.00", "≤ 1.01");
        report.row("memory", "9 MB", "");
        assert_eq!(
            report.table(false),
            "what     measured  aim\nlatency  1.00      ≤ 1.01\nmemory   9 MB"
        );
        assert_eq!(
            report.table(true),
            "| what | measured | aim |\n|---|---|---|\n| latency | 1.00 | ≤ 1.01 |\n| memory | 9 MB |  |"
        );
    }
}
